"""What serves: its release, its rules and the schema it was written for."""

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field

from hallofshame.rules.constants import RULES_VERSION
from hallofshame.store.schema import REVISION

from .source import ATTRIBUTION
from .world import world

routes = Blueprint("version", __name__, url_prefix="/api/version")


class Version(BaseModel):
    """What serves."""

    release: str | None = Field(description="null: it runs from no release")
    rules_version: int
    schema_revision: str = Field(description="what this release needs; the database may be ahead of it")
    attribution: dict[str, str]


@routes.get("")
def get_version() -> Response:
    """Tell what serves, without asking the database."""
    told = Version(
        release=world().release, rules_version=RULES_VERSION, schema_revision=REVISION, attribution=ATTRIBUTION
    )
    response = jsonify(told.model_dump())
    response.cache_control.no_store = True
    return response

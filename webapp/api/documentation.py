"""The API's own description: the OpenAPI document, and a page of it that needs no script and nobody else's server."""

from importlib import resources

from flask import Blueprint, Response, json, render_template

from ..revalidation import revalidated

routes = Blueprint("documentation", __name__, url_prefix="/api")
routes.after_request(revalidated)

_DOCUMENT = "openapi.json"


@routes.get("/openapi.json")
def get_openapi() -> Response:
    """The document, as it is committed."""
    return Response(_document(), mimetype="application/json", headers={"Cache-Control": "public, max-age=3600"})


@routes.get("/docs")
def get_docs() -> str:
    """The same to read."""
    return render_template("api.html", document=json.loads(_document()))


def _document() -> bytes:
    return resources.files(__package__).joinpath(_DOCUMENT).read_bytes()

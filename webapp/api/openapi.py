"""The OpenAPI document, made of the table of routes and of the models that validate and answer.

The one that is served is committed (`openapi.json`); `python -m scripts.write_openapi` writes it, a test holds it.
"""

import re
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from ..health import Alive, Health
from ..source import ATTRIBUTION
from ..version import Version
from . import questions
from .route import CSV, JSON, STALE_HEADER, Route
from .table import ROUTES

PROBLEM_JSON = "application/problem+json"
_REF = "#/components/schemas/{model}"
_CONVERTER = re.compile(r"<int:(\w+)>")

DESCRIPTION = (
    "Which theme park rides are reported closed during operating hours, how often, and how sure we are. Figures come "
    "from Queue-Times.com, polled every ten minutes; show “Powered by Queue-Times.com” with its link wherever you show "
    "them. Operating days begin at 04:00 in each park's own zone; moments are UTC; units stand in names; what is not "
    "known is null. One client may ask 60 times a minute and 5,000 times a day. Answers carry an ETag: ask again with "
    "If-None-Match."
)


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="what is wrong, and what is allowed")
    instance: str
    attribution: dict[str, str]


_PROBLEMS = {
    400: "A parameter or value that this route does not know; the detail says what is allowed",
    404: "There is no such park, ride or page",
    405: "Only GET and HEAD are answered",
    413: "A body that is too large",
    414: "A query that is too long",
    415: "A body: this API reads none",
    429: "Too many requests; Retry-After says when to come back",
    500: "A mistake of ours",
    503: "The database is away, and this was never asked for before; Retry-After says when to come back",
}


def document() -> dict[str, Any]:
    """The document, complete."""
    models: list[type[BaseModel]] = [Problem, Health, Alive, Version, *(route.envelope_kind for route in ROUTES)]
    _, schemas = models_json_schema([(model, "serialization") for model in models], ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Theme Park Hall of Shame", "version": "1", "description": DESCRIPTION},
        "externalDocs": {"description": ATTRIBUTION["text"], "url": ATTRIBUTION["url"]},
        "paths": {
            **{_path(route): {"get": _operation(route)} for route in ROUTES},
            "/api/version": {"get": _plain("version", "What serves", Version)},
            "/api/health": {
                "get": _plain("health", "Whether the site can answer, and whether its data come in", Health)
            },
            "/api/health/live": {"get": _plain("alive", "Whether the process answers", Alive)},
        },
        "components": {"schemas": dict(sorted(schemas["$defs"].items()))},
    }


def _ref(model: type[BaseModel]) -> dict[str, str]:
    """Where the document holds a model: under its name."""
    return {"$ref": _REF.format(model=model.__name__)}


def _path(route: Route) -> str:
    return "/api/v1" + _CONVERTER.sub(r"{\1}", route.path)


def _operation(route: Route) -> dict[str, Any]:
    content = {JSON: {"schema": _ref(route.envelope_kind)}}
    if route.is_list:
        content[CSV.partition(";")[0]] = {"schema": {"type": "string"}}
    return {
        "operationId": route.endpoint,
        "summary": route.summary,
        "parameters": [*_ids(route), *_query(route)],
        "responses": {
            "200": {"description": route.summary, "headers": _HEADERS, "content": content},
            "304": {"description": "What If-None-Match named is still so"},
            **_problems(
                400,
                *([404] if _ids(route) or "id" in route.question.model_fields else []),
                405,
                413,
                414,
                415,
                429,
                500,
                503,
            ),
        },
    }


_HEADERS = {
    "ETag": {"schema": {"type": "string"}},
    STALE_HEADER: {"description": "true: our database is away, this is the last answer", "schema": {"type": "string"}},
}


def _plain(operation: str, summary: str, model: type[BaseModel]) -> dict[str, Any]:
    answer = {"description": summary, "content": {JSON: {"schema": _ref(model)}}}
    unhealthy = {"503": answer} if model is Health else {}
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": answer, **_problems(405, 413, 414, 415, 500), **unhealthy},
    }


def _ids(route: Route) -> list[dict[str, Any]]:
    schema = {"type": "integer", "minimum": 0, "maximum": questions.LARGEST_ID}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in _CONVERTER.findall(route.path)]


def _query(route: Route) -> list[dict[str, Any]]:
    schema = route.question.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of_one}
        for name, of_one in schema.get("properties", {}).items()
    ]


def _problems(*statuses: int) -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": _ref(Problem)}}
    return {str(status): {"description": _PROBLEMS[status], "content": content} for status in statuses}

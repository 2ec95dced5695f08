"""One route of the API, as the table declares it, and how each is served: cached, enveloped, with its ETag."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any, get_args
from urllib.parse import urlencode

from flask import Response, request
from pydantic import BaseModel, create_model
from werkzeug.exceptions import NotFound

from hallofshame.errors import Transient
from hallofshame.store import engine

from .. import world as worlds
from ..data_version import DataVersion
from ..response_cache import Kept, Token
from . import csv_table, envelope, questions
from .envelope import Answer, Envelope
from .questions import ListQuestion, PagedQuestion, Question

JSON, CSV = "application/json", "text/csv; charset=utf-8"
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
STALE_HEADER = "Data-Stale"

_HEADERS = (("Cache-Control", CACHE_CONTROL), ("Vary", "Accept"))

View = Callable[..., Answer[Any]]  # (conn, question, now, **ids of the path)


@dataclass(frozen=True)
class Route:
    """A path with the view that answers it, the parameters it takes, and the shape of its data."""

    path: str
    view: View
    question: type[Question]
    data: Any
    summary: str

    @property
    def endpoint(self) -> str:
        return f"{self.view.__module__.rpartition('.')[2]}_{self.view.__name__}"

    @property
    def is_list(self) -> bool:
        """Tell whether it can be had as a table."""
        return issubclass(self.question, ListQuestion)

    @cached_property
    def envelope_kind(self) -> type[BaseModel]:
        """The envelope with data of this shape: RankedParkListAnswer, ParkDetailAnswer."""
        [row_kind] = get_args(self.data) or [None]
        name = f"{row_kind.__name__}ListAnswer" if row_kind else f"{self.data.__name__}Answer"
        generic: Any = Envelope  # of what stands in the table, which no type checker sees
        return create_model(name, __base__=generic[self.data], __doc__=self.summary)

    def serve(self, **ids: int) -> Response:
        """Answer a request: from the cache while nothing has changed, or while the database is away."""
        here, environ = worlds.world(), request.environ  # read as it is: most requests need nothing else
        wants_csv = "text/csv" in environ.get("HTTP_ACCEPT", "")
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""), wants_csv)
        kept = here.cache.get(key)
        now = here.clock.now()
        try:
            version = here.versions.current()
            token = Token.of(version, now)
            if kept is None or kept.token != token:
                make = partial(self._make, version, now, ids, wants_csv=wants_csv, token=token)
                kept = here.cache.renewed(key, kept, token, make)
        except Transient:
            if kept is None:
                raise
            return _response(_as_stale(kept), ((STALE_HEADER, "true"),))
        return _response(kept)

    def _make(self, version: DataVersion, now: datetime, ids: dict[str, int], *, wants_csv: bool, token: Token) -> Kept:
        if max(ids.values(), default=0) > questions.LARGEST_ID:
            raise NotFound
        question = questions.read(self.question, request.args)
        with engine.read(worlds.world().engine) as conn:
            answer = self.view(conn, question, now, **ids)
        told = self.envelope_kind(
            data=answer.data,
            meta=envelope.meta(answer, version, now, _next_page(question, answer)),
            attribution=envelope.attribution(),
        )
        if isinstance(question, ListQuestion) and (question.format == "csv" or (wants_csv and question.format is None)):
            [row_kind] = get_args(self.data)
            body, mimetype = csv_table.write(row_kind, told.model_dump(mode="json")["data"]), CSV
        else:
            body, mimetype = told.model_dump_json().encode(), JSON
        return _kept(token, body, mimetype)


def _kept(token: Token, body: bytes, mimetype: str) -> Kept:
    return Kept(token, body, mimetype, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"')


def _next_page(question: Question, answer: Answer[Any]) -> str | None:
    if answer.next_offset is None or not isinstance(question, PagedQuestion):
        return None
    asked = question.model_dump(exclude_defaults=True) | {"offset": answer.next_offset}
    return f"{request.path}?{urlencode(asked)}"


def _as_stale(kept: Kept) -> Kept:
    """The same once more, saying so. A table has no place to; its header does."""
    if kept.mimetype != JSON:
        return kept
    told = json.loads(kept.body)
    told["meta"] |= {"stale": True, "reason": envelope.DATABASE_AWAY}
    return _kept(kept.token, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), JSON)


def _response(kept: Kept, more_headers: tuple[tuple[str, str], ...] = ()) -> Response:
    headers = [("ETag", kept.etag), *_HEADERS, ("Content-Type", kept.mimetype), *more_headers]
    if kept.etag in request.environ.get("HTTP_IF_NONE_MATCH", ""):
        return Response(status=304, headers=headers)
    return Response(kept.body, headers=headers)

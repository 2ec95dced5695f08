"""Parks and rides by name, whatever the case, the accents and the signs in it."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache

from pydantic import BaseModel, Field

from hallofshame.model import Park
from hallofshame.store import names, parks
from hallofshame.store.engine import Connection

from ..source import park_page, ride_page
from .envelope import Answer
from .questions import ListQuestion

Line = tuple[int | None, int, str]  # id (None: a park), park id, name

MOST_FOUND = 20

_NO_LETTER = re.compile(r"[^\w\s]|_")  # marks that stand alone after decomposition, too
_NOT_DECOMPOSED = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


class SearchQuestion(ListQuestion):
    """What to look for."""

    q: str = Field(min_length=1, max_length=100, description="part of a name")


class Found(BaseModel):
    """A park or ride of that name."""

    ride_id: int | None = Field(description="null: a park")
    name: str
    park_id: int
    park_name: str
    country: str
    queue_times_url: str


def get(conn: Connection, asked: SearchQuestion, now: datetime) -> Answer[list[Found]]:
    """The first 20 by name: those that begin so, then those with a word that does, then the others."""
    sought = _plain(asked.q)
    if not sought:
        return Answer([], total=0)
    by_id = {park.park_id: park for park in parks.every(conn)}
    lines = [*((None, park.park_id, park.name) for park in by_id.values()), *names.of_rides(conn)]
    found = sorted(_order(line, sought) for line in lines if sought in _plain(line[2]))
    return Answer([_found(line, by_id[line[1]]) for *_, line in found[:MOST_FOUND]], total=len(found))


def _order(line: Line, sought: str) -> tuple[int, bool, str, int, Line]:
    ride_id, park_id, name = line
    plain = _plain(name)
    place = 0 if plain.startswith(sought) else 1 if f" {sought}" in plain else 2
    return place, ride_id is not None, plain, ride_id or park_id, line


def _found(line: Line, park: Park) -> Found:
    ride_id, park_id, name = line
    return Found(
        ride_id=ride_id,
        name=name,
        park_id=park_id,
        park_name=park.name,
        country=park.country,
        queue_times_url=park_page(park_id) if ride_id is None else ride_page(park_id, ride_id),
    )


@lru_cache(maxsize=20_000)  # every name there is, with room
def _plain(text: str) -> str:
    """Small letters and digits, one space between words: `Hiccup's Wing Gliders™` is `hiccups wing gliders`."""
    letters = unicodedata.normalize("NFKD", text.replace("™", "").replace("-", " ")).casefold()
    return " ".join(_NO_LETTER.sub("", letters.translate(_NOT_DECOMPOSED)).split())

"""The last good body of each URL with its validators, on disk, so that an unchanged one need not be sent again.

Only what parsed is kept: a half body that the server vouches for would otherwise come back with each 304. A disk that
is full or gone costs only what this would have saved.
"""

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


class LastBodies:
    """A folder of bodies, one file a URL. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, url: str) -> tuple[dict[str, str], bytes]:
        """The request headers that ask for a body only if it changed, and that body; both empty where none is kept."""
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(self._file(url).read_text(encoding="utf8"))
            return kept["conditions"], kept["body"].encode("latin-1")
        return {}, b""

    def keep(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep a body that parsed, if its answer carried a validator."""
        conditions = {condition: headers[name] for name, condition in _VALIDATORS.items() if name in headers}
        if conditions:
            content = {"url": url, "conditions": conditions, "body": body.decode("latin-1")}
            with suppress(OSError):
                self._write(self._file(url), json.dumps(content))

    def _write(self, file: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        unfinished.write_text(text, encoding="utf8")
        unfinished.replace(file)

    def _file(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"

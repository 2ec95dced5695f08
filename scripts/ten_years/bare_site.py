"""The floor of the web server: a Flask application that returns bytes from memory, those of a folder's files."""

import os
from pathlib import Path

from flask import Flask, Response

app = Flask(__name__)
_BODIES = {file.name: file.read_bytes() for file in Path(os.environ["BARE_SITE_BODIES"]).iterdir()}


@app.get("/<name>")
def body(name: str) -> Response:
    """Return the bytes of a file."""
    return Response(_BODIES[name], content_type="application/json")

"""Write the OpenAPI document that the site serves, after a route or a model of the API has changed."""

import json
from pathlib import Path

from webapp.api import openapi

OPENAPI = Path(__file__).resolve().parent.parent / "webapp" / "api" / "openapi.json"


def text() -> str:
    """The document as it is committed."""
    return json.dumps(openapi.document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    OPENAPI.write_text(text(), encoding="utf8")

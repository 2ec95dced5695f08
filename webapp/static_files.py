"""Files beside the pages, each at an address that names its content, so that browsers may keep it for ever.

Apache serves them and says how long (deployment/apache/site-common.conf); without it they are served from here.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("static")

_NAMED_BY_CONTENT = re.compile(r"(.+)\.[0-9a-f]{40}(\.\w+)")


@cache
def address(name: str) -> str:
    """Where a file is found as it is now."""
    # SHA-1 is what Apache is able to compare with.
    digest = hashlib.sha1((FOLDER / name).read_bytes(), usedforsecurity=False).hexdigest()
    stem, _, suffix = name.rpartition(".")
    return f"/static/{stem}.{digest}.{suffix}"


def name_of(addressed: str) -> str:
    """The file that an address below /static means."""
    return _NAMED_BY_CONTENT.sub(r"\1\2", addressed)

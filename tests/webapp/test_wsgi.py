"""What the web server loads."""

import os
import subprocess
import sys
from pathlib import Path

ASKED = "import gc, webapp.wsgi; print(gc.get_freeze_count())"
LOADED_AT_LEAST = 10_000


def test_what_is_loaded_with_the_application_is_never_looked_through_for_garbage(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOS_DATABASE_URL": f"sqlite:///{tmp_path}/hall.db"}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > LOADED_AT_LEAST

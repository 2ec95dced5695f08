"""The environment that job and wrapper run in: what the line adds to it, what it demands, where state is kept."""

# ruff: noqa: PTH100, PTH123 - pathlib would delay every job

import os

from hallofshame import host_file
from hallofshame.release import of_path

STATE_DIRECTORY = "HOS_STATE_DIR"
RELEASE = "HOS_RELEASE"


def load(env_file: str | None, required: list[str]) -> str | None:
    """Load the file into this process's environment. Returns what is missing of what the line demands, or None."""
    if env_file is not None:
        try:
            os.environ.update(read_env_file(env_file))
        except (OSError, ValueError) as error:
            return f"--env-file {env_file}: {error}"
    missing = [name for name in required if not os.environ.get(name)]
    return f"not set in the environment: {', '.join(missing)}" if missing else None


def state_directory() -> str:
    """Where this host keeps its state: HOS_STATE_DIR, else ./var."""
    configured = _setting(STATE_DIRECTORY)
    try:
        return os.path.abspath(configured or "var")
    except FileNotFoundError:  # the working directory has been removed; a job that can live with that shall run
        return configured or "var"


def release() -> str | None:
    """Which release of this program runs: HOS_RELEASE, else the folder below `releases` that it is in, if it is."""
    return _setting(RELEASE) or of_path(__file__)


def _setting(name: str) -> str | None:
    """A setting from the environment, `.env` here or the host's file, as every other program reads it."""
    configured = os.environ.get(name)
    for path in (".env", os.environ.get(host_file.VARIABLE) or host_file.PATH):
        if configured:
            break
        try:
            configured = read_env_file(path).get(name)
        except (OSError, ValueError):  # the job, which reads it as well, says so
            continue
    return configured


def read_env_file(path: str) -> dict[str, str]:
    """Read lines of NAME=value. Knows comments, `export`, and quotes around a whole value; expands nothing."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.strip() for line in file]
    variables = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or "\0" in line:
            raise ValueError(f"line {number} is not NAME=value")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        variables[name] = value
    return variables

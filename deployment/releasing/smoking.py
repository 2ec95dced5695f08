"""The smoke test (`smoke`) of a release, as its own Python runs it, within a limit of time."""

from dataclasses import dataclass

from .host import Host

_MODULE = "hallofshame.deployment.releasing.smoke"


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """How it asks. `flags`: of its command line, but for the release."""

    host: Host
    flags: tuple[str, ...]
    seconds: float

    def run(self, name: str) -> str:
        """What it says of a release. Raises Permanent, with that, where something is wrong or it takes too long."""
        # -P: what lies in the folder it starts in is not meant.
        argv = ["-P", "-m", _MODULE, "--release", name, *self.flags]
        return self.host.python(self.host.prefix / "releases" / name, *argv, within_seconds=self.seconds).strip()

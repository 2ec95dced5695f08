"""What starts the jobs follows the release: crontab or timers, whichever is installed on this host."""

from pathlib import Path

from .host import JOBS_USER, Host

CRONTAB = Path("/etc/cron.d/hallofshame")
TIMERS = Path("/etc/systemd/system")


def install(host: Host, release: Path) -> None:
    """Bring it to a release's jobs.toml. Raises Permanent."""
    if CRONTAB.exists():
        host.hos_as_root(release, "crontab", "install", "--file", str(CRONTAB), "--user", JOBS_USER)
    if any(TIMERS.glob("hos-job-*.timer")):
        host.hos_as_root(release, "timers", "install")

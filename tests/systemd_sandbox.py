"""A real systemd, as process 1 of namespaces of its own: what it writes, starts and listens on ends with it.

It sees this machine's files below a layer in memory, folders of the test where they are bound, and a network with
nothing but a loopback. Needs root. No limit of processor or memory holds in it: it is given no such controller.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30
PATIENCE_SECONDS = 30.0
UNITS = "etc/systemd/system"

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_CGROUPS = Path("/sys/fs/cgroup")

# $1: an empty folder for all of it; $2: lines of two paths, one of this machine and where it is bound.
_BOOT = """\
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
root=$1/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
# Of this machine's units none but those of systemd itself, and of those none that wants a machine.
find "$root/etc/systemd/system" -mindepth 1 -delete
for wants in "$root"/lib/systemd/system/*.wants; do find "$wants" -type l -delete; done
for folder in srv etc/cron.d var/log; do mount -t tmpfs -o mode=755 tmpfs "$root/$folder"; done
for folder in tmp var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"; done
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
# As tmpfiles.d has it: group systemd-journal may read what is printed.
mkdir "$root/run/log"
install -d -m 2755 -g systemd-journal "$root/run/log/journal"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
printf '%s\\n' "$2" | while read -r source target; do
  [ -n "$source" ] || continue
  if [ -d "$source" ]; then mkdir -p "$root$target"; else mkdir -p "$(dirname "$root$target")"; : >"$root$target"; fi
  mount --bind "$source" "$root$target"
done
printf '[Unit]\\nDefaultDependencies=no\\nWants=systemd-journald.service systemd-journald.socket\\n' \\
  >"$root/etc/systemd/system/sandbox.target"
ip link set lo up
cd "$root"
# No chroot: in one nobody may make a namespace of users, which PrivateUsers= is.
pivot_root . .
umount --lazy .
cd /
exec env -i container=sandbox PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=sandbox.target
"""


class Systemd:
    """A running one."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.root = Path(f"/proc/{pid}/root")

    def run(self, *argv: str, is_checked: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command in there, as root."""
        enter = ["nsenter", "-t", str(self._pid), "-m", "-p", "-n", "-i", "-u", "-r", "-w"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": ""}
        done = subprocess.run(
            [*enter, *argv], env=environment, capture_output=True, text=True, check=False, timeout=timeout
        )
        if is_checked:
            assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def install(self, *units: Path, **texts: str) -> None:
        """Put unit files where an administrator does, and have them read. A text's key is its name, `_` for `.`."""
        for unit in units:
            shutil.copy(unit, self.root / UNITS)
        for name, text in texts.items():
            (self.root / UNITS / name.replace("_", ".")).write_text(text, encoding="utf8")
        self.run("systemctl", "daemon-reload")

    def drop_in(self, unit: str, text: str) -> None:
        """Change a unit for this test alone."""
        folder = self.root / UNITS / f"{unit}.d"
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text(text, encoding="utf8")
        self.run("systemctl", "daemon-reload")

    def show(self, unit: str, name: str) -> str:
        """One property of a unit, such as MainPID."""
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def wait_until(self, unit: str, name: str, *values: str, timeout: float = PATIENCE_SECONDS) -> str:
        """Wait until a property has one of the values."""
        give_up_at = time.monotonic() + timeout
        while (value := self.show(unit, name)) not in values:
            assert time.monotonic() < give_up_at, f"{unit}: {name} is {value}\n{self.journal(unit)}"
            time.sleep(0.1)
        return value

    def journal(self, unit: str) -> str:
        """What a unit has printed, and systemd said of it."""
        return self.run("journalctl", "--unit", unit, "--output", "cat", "--no-pager").stdout

    def add_user(self, name: str, *, groups: Sequence[str] = ()) -> None:
        """A user as a package of the distribution makes one for a service."""
        further = ["--groups", ",".join(groups)] if groups else []
        self.run("useradd", "--system", "--user-group", "--no-create-home", *further, name)

    def pids(self, pid_inside: int | str) -> Path:
        """The folder in /proc of a process, by its id in there."""
        return self.root / "proc" / str(pid_inside)

    @contextmanager
    def network(self) -> Iterator[None]:
        """In here this thread, and each that it starts, has the network in there."""
        own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        theirs = os.open(f"/proc/{self._pid}/ns/net", os.O_RDONLY)
        try:
            _enter_network(theirs)
            yield
        finally:
            _enter_network(own)
            os.close(own)
            os.close(theirs)


@contextmanager
def running(binds: Mapping[str, Path] | None = None) -> Iterator[Systemd]:
    """Start one. `binds`: folders, files and sockets of this machine, by where they are to be seen in there."""
    assert os.geteuid() == 0, "systemd needs root"
    for program in ("/lib/systemd/systemd", "unshare", "nsenter", "ip"):
        assert shutil.which(program), f"no {program} here: scripts/test says what to install"
    folder = Path(tempfile.mkdtemp(prefix="hos-systemd-"))
    cgroups = _cgroups(folder.name)
    process = _boot(folder, cgroups, binds or {})
    try:
        yield Systemd(_ready(process, folder))
    finally:
        process.kill()  # its child, process 1 in there, is killed with it, and with that all others
        process.wait()
        for cgroup in cgroups:
            _remove(cgroup)
        shutil.rmtree(folder)


def _boot(folder: Path, cgroups: Sequence[Path], binds: Mapping[str, Path]) -> subprocess.Popen[bytes]:
    lines = "".join(f"{source} {target}\n" for target, source in binds.items())
    unshare = "unshare --mount --pid --fork --kill-child --ipc --uts --cgroup --net --propagation private"
    script = f'for cgroup in $3; do echo $$ >"$cgroup/cgroup.procs"; done; exec {unshare} sh -c "$4" sh "$1" "$2"'
    said = (folder / "said").open("wb")
    with said:
        return subprocess.Popen(
            ["sh", "-c", script, "sh", str(_made(folder / "all")), lines, " ".join(map(str, cgroups)), _BOOT],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def _ready(process: subprocess.Popen[bytes], folder: Path) -> int:
    """The id of systemd, once it can be talked to."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            [pid] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            systemd = Systemd(int(pid))
            name = Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip()
            is_up = name == "systemd" and (systemd.root / "run/systemd/private").is_socket()
            if is_up and systemd.run("systemctl", "is-system-running", is_checked=False).stdout.strip() == "running":
                return int(pid)
        time.sleep(0.05)
    raise AssertionError(f"systemd did not start: {(folder / 'said').read_text(encoding='utf8')}")


def _cgroups(name: str) -> list[Path]:
    """Wherever systemd keeps units: those that run at once, with units of the same names, would else share them."""
    is_unified = (_CGROUPS / "cgroup.controllers").exists()
    hierarchies = [_CGROUPS] if is_unified else [_CGROUPS / "systemd", _CGROUPS / "unified"]
    return [_made(each / name) for each in hierarchies if (each / "cgroup.procs").exists()]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _remove(cgroup: Path) -> None:
    """Remove it with all below, once the last process has left."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while cgroup.exists() and time.monotonic() < give_up_at:
        for each in sorted((path for path in cgroup.rglob("*") if path.is_dir()), reverse=True):
            with contextlib.suppress(OSError):
                each.rmdir()
        with contextlib.suppress(OSError):
            cgroup.rmdir()
        time.sleep(0.02)


def _enter_network(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")

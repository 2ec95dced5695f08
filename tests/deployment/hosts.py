"""A folder that deployment/setup-host takes for the root of a host."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "deployment" / "setup-host"


def bare(root: Path) -> Path:
    """What Debian has there before anything of ours: the files that users are in, and the folders of services."""
    for folder in ("etc/systemd/system", "etc/logrotate.d", "etc/apache2/sites-available", "usr/local/bin"):
        (root / folder).mkdir(parents=True)
    for name, line in {
        "passwd": "root:x:0:0:root:/root:/bin/bash",
        "shadow": "root:*:19000:0:99999:7:::",
        "group": "root:x:0:",
        "gshadow": "root:*::",
    }.items():
        (root / "etc" / name).write_text(f"{line}\n", encoding="utf8")
    return root


def set_up(root: Path, *options: object, before: tuple[object, ...] = ()) -> str:
    """Run setup-host on it; returns what it said."""
    line = [*map(str, before), str(SETUP), "--root", str(root), *map(str, options)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


def everything(root: Path) -> dict[str, tuple[object, ...]]:
    """Each path with its mode, owner and content; what useradd keeps of before is left out."""
    return {
        path.relative_to(root).as_posix(): (
            oct(path.lstat().st_mode),
            path.lstat().st_uid,
            path.lstat().st_gid,
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(root.rglob("*"))
        if not re.fullmatch(r"(passwd|group|shadow|gshadow)-", path.name)
    }

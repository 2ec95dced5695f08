"""`deployment/deploy`: deploy, rollback, smoke, status, list, prune. What is wrong is a line, with what to do."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from hallofshame import deploys
from hallofshame.clock import SystemClock
from hallofshame.errors import HallOfShameError, Permanent

from . import history, host, interruptions, lock, releases, source, telling
from .building import Builder
from .changing import Change, Down, RolledBack
from .host import Host
from .interruptions import Stopped, say
from .smoking import SmokeTest

PREFIX = Path("/srv/hallofshame")
SMOKE_SECONDS = 30.0
DONE, REFUSED, ROLLED_BACK, DOWN = 0, 1, 3, 4  # 2 is that of a wrong command line

_EXIT_CODES = "exit: 0 done; 1 refused, nothing changed; 3 rolled back; 4 neither release starts"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what is asked for; the exit code says what became of it."""
    given = _parser().parse_args(argv)
    os.umask(0o022)  # services read what is built
    interruptions.watch()
    try:
        code: int = given.do(given)
    except Down as error:
        say(f"deploy: {error}", is_error=True)
        return DOWN
    except RolledBack as error:
        say(f"deploy: {error}", is_error=True)
        return ROLLED_BACK
    except (HallOfShameError, OSError) as error:
        say(f"deploy: {error}", is_error=True)
        return REFUSED
    except Stopped as error:
        say(f"deploy: stopped by {error}; nothing was changed", is_error=True)
        return REFUSED
    return code


def _deploy(given: argparse.Namespace) -> int:
    now = SystemClock().now()
    with lock.held(given.prefix, f"deploy of {given.reference}", now):
        _tidy(given.prefix)
        wanted = source.find(given.checkout, given.reference)
        there = [each for each in releases.built(given.prefix).values() if each.commit == wanted.commit]
        change = _change(given, "deploy")
        if there and not given.rebuild:
            name = there[-1].name
            if name == change.fallback() == releases.current(given.prefix):
                say(f"{name} serves already; --rebuild builds it anew")
                return DONE
            say(f"{name} is built already")
        else:
            say(f"building {wanted.commit[:7]}")
            name = Builder(given.prefix, given.wheels, given.offline).build(wanted, now)
        change.to(name, migrates=True)
        _prune(given.prefix)
    say(f"{name} serves")
    return DONE


def _rollback(given: argparse.Namespace) -> int:
    with lock.held(given.prefix, "rollback", SystemClock().now()):
        name = releases.named(given.prefix, given.release).name if given.release else _before(given.prefix)
        _change(given, "rollback").to(name, migrates=False)
    say(f"{name} serves")
    return DONE


def _before(prefix: Path) -> str:
    """The release that a roll-back goes to. Raises Permanent where none is known."""
    lines = deploys.read(prefix)
    there = releases.built(prefix)
    stayed = [name for name in history.proven(lines) if name in there]
    before = stayed if history.broken_off(lines) else stayed[:-1]
    if not before:
        raise Permanent(f"no release before this one is known; name one of: {', '.join(there) or 'none'}")
    return before[-1]


def _prune(prefix: Path) -> list[str]:
    stayed = history.proven(deploys.read(prefix))
    gone = releases.prune(prefix, {releases.current(prefix), *stayed[-2:]})
    for name in gone:
        say(f"removed {name}")
    return gone


def _prune_alone(given: argparse.Namespace) -> int:
    with lock.held(given.prefix, "prune", SystemClock().now()):
        _tidy(given.prefix)
        if not _prune(given.prefix):
            say("nothing to remove")
    return DONE


def _tidy(prefix: Path) -> None:
    for name in releases.remove_unfinished(prefix):
        say(f"removed {name}, which was not built to its end")


def _smoke(given: argparse.Namespace) -> int:
    serving = releases.current(given.prefix)
    if serving is None:
        raise Permanent("nothing serves yet: deployment/deploy deploy")
    say(_smoke_test(given).run(serving))
    return DONE


def _status(given: argparse.Namespace) -> int:
    for line in telling.status(given.prefix):
        say(line)
    return REFUSED if history.broken_off(deploys.read(given.prefix)) and not lock.holder(given.prefix) else DONE


def _list(given: argparse.Namespace) -> int:
    for line in telling.every(given.prefix):
        say(line)
    return DONE


def _change(given: argparse.Namespace, by: str) -> Change:
    smoke_test = None if given.no_smoke else _smoke_test(given)
    return Change(Host(given.prefix, given.etc), by, smoke_test, has_window=not given.no_window)


def _smoke_test(given: argparse.Namespace) -> SmokeTest:
    on = Host(given.prefix, given.etc)
    url = given.url or _asked_at(on)
    flags = ["--no-alert-test"] if given.no_alert_test else []
    # Apache adds the headers, and whoever asks Gunicorn itself does not see them.
    flags += ["--no-headers"] if url.rstrip("/") == host.SITE else []
    return SmokeTest(on, ("--url", url, *flags), given.smoke_seconds)


def _asked_at(on: Host) -> str:
    """Where the smoke test asks: where visitors do. Apache's site comes with the first release, and serves after it."""
    is_first = releases.current(on.prefix) is None
    return host.SITE if is_first else on.settings().get("HOS_SITE_URL") or host.SITE


def _parser() -> argparse.ArgumentParser:
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--prefix", type=Path, default=PREFIX, metavar="DIR", help=f"where releases lie; {PREFIX}")
    parser = argparse.ArgumentParser(prog="deploy", description="Releases of this host.", epilog=_EXIT_CODES)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, do, text in (
        ("status", _status, "what serves, what came before, what goes on or broke off"),
        ("list", _list, "every release on this host"),
        ("prune", _prune_alone, f"remove all but {releases.KEPT} releases; none that is in use"),
    ):
        commands.add_parser(name, parents=[every], help=text, description=text).set_defaults(do=do)
    text = "go back to the release before, or to another that is there; the schema stays"
    rollback = commands.add_parser("rollback", parents=[every], help=text, description=text, epilog=_EXIT_CODES)
    rollback.add_argument("release", nargs="?", metavar="NAME", help="its name or commit; default: the one before")
    rollback.set_defaults(do=_rollback)
    text = "build, validate, switch, restart and smoke a commit; keep it or go back"
    deploy = commands.add_parser("deploy", parents=[every], help=text, description=text, epilog=_EXIT_CODES)
    _add_source(deploy)
    deploy.set_defaults(do=_deploy)
    text = "ask what serves whether it does its work, and change nothing"
    smoke = commands.add_parser("smoke", parents=[every], help=text, description=text)
    smoke.set_defaults(do=_smoke)
    for each in (rollback, deploy, smoke):
        _add_smoke_test(each)
    for each in (rollback, deploy):
        _add_change(each)
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    own = Path(__file__).resolve().parents[2]
    parser.add_argument("reference", nargs="?", default="HEAD", metavar="COMMIT", help="branch, tag or id; HEAD")
    parser.add_argument(
        "--checkout", type=Path, default=own, metavar="DIR", help="a git checkout; the one of this file"
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="a folder of packages, asked first")
    parser.add_argument("--offline", action="store_true", help="ask no index: all packages are in --wheels")
    parser.add_argument("--rebuild", action="store_true", help="build a commit anew that is built already")


def _add_smoke_test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--etc", type=Path, default=host.ETC, metavar="DIR", help=f"the host's settings; {host.ETC}")
    parser.add_argument("--url", help="where the smoke test asks; HOS_SITE_URL, the first time the site without Apache")
    parser.add_argument("--no-alert-test", action="store_true", help="leave SendGrid out of the smoke test")
    parser.add_argument(
        "--smoke-seconds", type=float, default=SMOKE_SECONDS, metavar="N", help=f"its limit; {SMOKE_SECONDS:.0f}"
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-smoke", action="store_true", help="do not smoke: when what it asks for is down anyway")
    parser.add_argument("--no-window", action="store_true", help="open no maintenance window: mails go on")


if __name__ == "__main__":
    raise SystemExit(main())

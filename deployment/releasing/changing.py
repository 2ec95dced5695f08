"""The change from one release to another: validated before, smoked after, taken back where anything is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hallofshame import deploys
from hallofshame.clock import SystemClock
from hallofshame.deploys import Event, Line
from hallofshame.errors import HallOfShameError, Permanent

from . import apache, interruptions, releases, schedule, web_unit
from .history import proven
from .host import Host
from .interruptions import Stopped, say
from .smoking import SmokeTest

WINDOW = "10m"  # without mails; it ends by itself where the deploy was killed


class Refused(Permanent):
    """Nothing was changed: what served goes on serving."""


class RolledBack(Permanent):
    """It served, and does no more: what served before serves again."""


class Down(Permanent):
    """Neither the new release nor the one before could be started."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a host comes from what serves to a release. `smoke_test`: None leaves it out."""

    host: Host
    by: str
    smoke_test: SmokeTest | None
    has_window: bool = True

    def to(self, name: str, *, migrates: bool) -> None:
        """Have a release serve. Raises Refused, RolledBack or Down."""
        before = self.fallback()
        folder = self._folder(name)
        try:
            self._refuse_faults(folder, but_database=migrates)
            with self._window(before or name):
                if migrates:
                    say(self.host.migrate(folder).strip())
                    self._refuse_faults(folder)
                self._record(Event.SWITCHING, name, before)
                self._serve(name, before)
        except (RolledBack, Down):
            raise
        except (HallOfShameError, OSError, Stopped) as error:
            self._note(Event.REFUSED, name, before, str(error))
            raise Refused(f"{name} is refused: {error}") from None

    def fallback(self) -> str | None:
        """What is gone back to: the newest release that stayed, which `current` need not be after a break."""
        there = releases.built(self.host.prefix)
        stayed = [name for name in proven(deploys.read(self.host.prefix)) if name in there]
        current = releases.current(self.host.prefix)
        return stayed[-1] if stayed else current if current in there else None

    def _serve(self, name: str, before: str | None) -> None:
        try:
            say(f"switching from {before or 'nothing'} to {name}")
            self._switch(name)
            if self.smoke_test:
                say(self.smoke_test.run(name))
            schedule.install(self.host, self._folder(name))
            self._record(Event.KEPT, name, before)
        except (HallOfShameError, OSError, Stopped) as error:
            with interruptions.none():
                self._take_back(name, before, error)

    def _switch(self, name: str) -> None:
        """Point `current` to a release, and have it served by whatever serves here."""
        was = releases.current(self.host.prefix)
        folder = self._folder(name)
        releases.switch(self.host.prefix, name)
        if apache.has_application():
            apache.load_application()
        else:
            web_unit.restart()
        apache.reload_where_changed(self._folder(was) if was else None, folder)

    def _take_back(self, name: str, before: str | None, error: BaseException) -> None:
        why = f"stopped by {error}" if isinstance(error, Stopped) else str(error)
        say(f"{name} does not stay: {why}", is_error=True)
        try:
            if before is None:
                releases.switch(self.host.prefix, None)
                web_unit.stop()
            else:
                self._switch(before)
                schedule.install(self.host, self._folder(before))
        except (HallOfShameError, OSError) as another:
            self._note(Event.REFUSED, name, before, f"{why}; and back: {another}")
            raise Down(
                f"{before} does not start again: {another}\n"
                f"  look at: systemctl status {web_unit.SERVICE} {apache.SERVICE}"
            ) from None
        self._note(Event.ROLLED_BACK, name, before, why)
        raise RolledBack(f"{name} was rolled back; {before or 'nothing'} serves: {why}")

    def _refuse_faults(self, folder: Path, *, but_database: bool = False) -> None:
        faults = self.host.validate(folder)
        found = [fault.told for fault in faults if not (but_database and fault.check == "database")]
        if found:
            raise Refused("\n  ".join(["hos validate finds faults:", *found]))

    @contextmanager
    def _window(self, name: str) -> Iterator[None]:
        """No mails meanwhile; a window that is open already is an operator's, and stays as it is.

        A host whose alerts do not work can be deployed to all the same: that may mend them.
        """
        is_ours = self.has_window and self._has_told_alerts(name, "mute", "--all", WINDOW, "--new")
        try:
            yield
        finally:
            if is_ours:
                self._has_told_alerts(releases.current(self.host.prefix) or name, "resume")

    def _has_told_alerts(self, name: str, *argv: str) -> bool:
        with interruptions.none():
            try:
                self.host.hos(self._folder(name), *argv)
            except HallOfShameError as error:
                say(f"going on without `hos {' '.join(argv)}`: {error}", is_error=True)
                return False
            return True

    def _folder(self, name: str) -> Path:
        return self.host.prefix / "releases" / name

    def _note(self, event: Event, name: str, before: str | None, why: str) -> None:
        """Record what is so whether it can be recorded or not."""
        try:
            self._record(event, name, before, why)
        except OSError as error:
            say(f"cannot write to {deploys.NAME}: {error.strerror}", is_error=True)

    def _record(self, event: Event, name: str, before: str | None, why: str = "") -> None:
        deploys.append(self.host.prefix, Line(SystemClock().now(), event, name, before, self.by, why))

"""The two roots of every error we raise: a retry may help, or it cannot.

Adapters translate a library's errors into one of these at the boundary. The message says what is wrong, where, and
what to do.
"""


class HallOfShameError(Exception):
    """An error whose message is meant for the operator."""


class Transient(HallOfShameError):
    """The neighbour may answer next time: a retry may help."""


class Permanent(HallOfShameError):
    """The same call will fail again until somebody changes something."""


class SettingsError(Permanent):
    """One or more settings are wrong; `problems` holds one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))

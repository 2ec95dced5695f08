"""What the record of deploys says of now: which release is proven, which came before it, what broke off."""

from collections.abc import Sequence

from hallofshame.deploys import Event, Line


def proven(lines: Sequence[Line]) -> list[str]:
    """The releases that stayed, oldest first: a roll-back takes away what came after the one it goes to."""
    stack: list[str] = []
    for line in lines:
        if line.event is Event.KEPT:
            if line.release in stack:
                del stack[stack.index(line.release) :]
            stack.append(line.release)
    return stack


def broken_off(lines: Sequence[Line]) -> Line | None:
    """The change that was begun last, if it was never said to be over."""
    last = next((line for line in reversed(lines) if line.event is not Event.REFUSED), None)
    return last if last and last.event is Event.SWITCHING else None

"""Where all chance in the simulation comes from."""

import random


def draws(*key: object) -> random.Random:
    """Random draws that depend on the key alone, so that parks and days can be drawn in any order."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 a simulation is to be repeatable, not secret

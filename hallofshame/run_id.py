"""Run ids: UUIDv7, made by hand because the uuid module would delay every job. They sort by the time of the start."""

import os


def new_run_id(epoch_seconds: float) -> str:
    """A fresh id: 48 bits of milliseconds, 74 random bits, version and variant between (RFC 9562, 5.7)."""
    random = int.from_bytes(os.urandom(10), "big")
    value = int(epoch_seconds * 1_000) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

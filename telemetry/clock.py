"""UTC that never steps back.

The computer's clock may be corrected while a vehicle flies; an age computed from it could turn old data into fresh.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_START_UTC_S = time.time()
_START_MONOTONIC_S = time.monotonic()


def utc_s() -> float:
    """Seconds since 1970 (UTC): the computer's clock as it was at start, carried on by the monotonic one."""
    return _START_UTC_S + (time.monotonic() - _START_MONOTONIC_S)


def utc_now() -> datetime:
    """The same as aware UTC."""
    return datetime.fromtimestamp(utc_s(), UTC)

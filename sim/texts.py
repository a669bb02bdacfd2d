"""MAV_SEVERITY of status texts."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How much a text matters, the smaller the more."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7

"""Whether a plan's hours are those of the flight."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from planner.errors import InputError, SettingError
from planner.window import Window, window_from_json
from qyran.flying import Order
from qyran.work import PLAN_FILE

LONGEST_FLIGHT_S = 3600.0
"""Taken where nobody foretold how long a flight takes."""


def at_hours(order: Order, file: Path, now: datetime) -> tuple[Order, tuple[str, ...]]:
    """The order for a flight that begins now, blocked where zones hold by now that its plan goes through; and doubts.

    ``file`` is the mission's; the plan that stands beside it says its hours, where it is this mission's. Raises
    ``InputError`` where they cannot be read.
    """
    window = _window_beside(file, order.identity)
    if window is None:
        return order, ()
    end = now + timedelta(seconds=LONGEST_FLIGHT_S if order.predicted_s is None else order.predicted_s)
    barred = window.barred(now, end)
    return replace(order, blocked=(*order.blocked, *barred)), window.doubts(now, end)


def _window_beside(file: Path, identity: str) -> Window | None:
    plan_file = file.parent / PLAN_FILE
    try:
        report = json.loads(plan_file.read_text(encoding="utf-8"))
        if all(sortie["identity"] != identity for sortie in report["sorties"]):
            return None
        return window_from_json(report.get("window"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SettingError) as error:
        raise InputError(f"It cannot be read as Qyran's plan: {error}.", about=str(plan_file)) from None

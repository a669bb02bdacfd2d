"""When a plan is good: the hours that it was made for, and what would bar its way outside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely

from planner.checks.scene import Scene
from planner.errors import SettingError
from planner.heights import reaches
from planner.hours import Hours, hours_from_json, hours_to_json, moment_from
from planner.plan import Plan


@dataclass(frozen=True, slots=True)
class Resting:
    """A zone that the routes enter, because it does not hold at the plan's hours."""

    label: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Window:
    """From when (and until when, None: not said) a plan was made for, and the zones it enters because they rest."""

    starts: datetime
    ends: datetime | None = None
    entered: tuple[Resting, ...] = ()

    def barred(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """A sentence for each zone that the routes enter and that holds between two moments."""
        return tuple(
            f"The route enters {resting.label}, which holds now and did not at the hours that the plan was made for."
            for resting in self.entered
            if resting.hours.applies_during(start, end)
        )

    def doubts(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """A sentence where the plan was made for other hours than those between two moments."""
        until = "" if self.ends is None else f" to {_clock(self.ends)}"
        if start < self.starts or (self.ends is not None and end > self.ends):
            return (
                f"The plan was made for {_clock(self.starts)}{until}; this flight is from {_clock(start)} to "
                f"{_clock(end)}. Plan again where wind, light or zones differ.",
            )
        return ()


def window_of(plan: Plan) -> Window | None:
    """The window of a plan; None for one that is good at any hour, because every zone was taken as holding."""
    patrol = plan.patrol
    if patrol.starts is None:
        return None
    entered = []
    if plan.sorties and patrol.site.resting:
        scene = Scene(plan)
        altitude, return_m = patrol.pattern.altitude, patrol.vehicle.return_altitude_m
        for zone in patrol.site.resting:
            if zone.kind.forbids_entry and reaches(zone, altitude, return_m, scene.levels):
                shape = scene.frame.to_local(zone.shape)
                if np.any(shapely.dwithin(scene.legs, shape, patrol.limits.zone_margin_m)):
                    entered.append(Resting(f"the {zone.kind.value} zone {zone.label!r}", zone.hours))
    return Window(patrol.starts, patrol.ends, tuple(entered))


def window_to_json(window: Window | None) -> dict[str, object] | None:
    """A window as JSON values that ``window_from_json`` reads as an equal one."""
    if window is None:
        return None
    return {
        "starts": window.starts.isoformat(),
        "ends": None if window.ends is None else window.ends.isoformat(),
        "entered": [{"zone": one.label, "hours": hours_to_json(one.hours)} for one in window.entered],
    }


def window_from_json(value: object) -> Window | None:
    """A window from JSON values, None for null. Raises ``SettingError`` in words."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("starts"), str):
        raise SettingError("The plan's hours cannot be read.", mend="Plan again.")
    ends, entered = value.get("ends"), value.get("entered", [])
    if not isinstance(entered, list) or not all(isinstance(one, Mapping) for one in entered):
        raise SettingError("The plan's hours cannot be read.", mend="Plan again.")
    zones = tuple(Resting(str(one.get("zone")), hours_from_json(one.get("hours"))) for one in entered)
    return Window(moment_from(value["starts"]), None if ends is None else moment_from(str(ends)), zones)


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %Z")

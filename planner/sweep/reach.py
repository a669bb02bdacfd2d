"""Whether a sweep can be planned at all: settings in range, a usable area, and every part of it in reach."""

from __future__ import annotations

import math
from dataclasses import replace

import shapely
from shapely import MultiPolygon, Polygon

from planner.errors import GeometryError, PlanError, SettingError
from planner.paths import FreeSpace, polygonal
from planner.sweep.motion import Motion
from planner.sweep.task import Task, parts

_UNREACHED = 0.004

MOST_LANES = 1_500
"""About so many take minutes and gigabytes; more are a slip of the hand, such as a swath in kilometres."""

_MOST_STRIPS = 100_000
"""Across the longer side, where lanes are tried as well."""


def check_settings(swath_m: float, motion: Motion, heading_deg: float | None, time_limit_s: float) -> None:
    """Raise :class:`SettingError` for a number that makes no sense."""
    numbers = {
        "swath width": (swath_m, "m"),
        "speed": (motion.speed_mps, "m/s"),
        "acceleration": (motion.acceleration_mps2, "m/s²"),
        "time limit": (time_limit_s, "s"),
    }
    for name, (value, unit) in numbers.items():
        if not (math.isfinite(value) and value > 0):
            raise SettingError(f"The {name} must be above 0 {unit}, not {value} {unit}.", about="sweep")
    if heading_deg is not None and not math.isfinite(heading_deg):
        raise SettingError(f"The heading must be a number of degrees, not {heading_deg}.", about="sweep")


def check_area(area: Polygon | MultiPolygon) -> None:
    """Raise :class:`GeometryError` for an area that is empty, invalid or has no extent."""
    if area.is_empty or not area.is_valid or area.area <= 0:
        reason = "it is empty" if area.is_empty else shapely.is_valid_reason(area)
        raise GeometryError(f"The area to sweep is not a usable polygon: {reason}.", mend="Mend its outline.")


def check_size(area: Polygon | MultiPolygon, swath_m: float) -> None:
    """Raise :class:`SettingError` where lanes are so narrow for the area that there would be too many of them."""
    lengths = [math.dist(part.bounds[:2], part.bounds[2:]) for part in parts(area)]
    lanes = sum(part.area / length / swath_m for part, length in zip(parts(area), lengths, strict=True))
    if lanes > MOST_LANES or sum(lengths) / swath_m > _MOST_STRIPS:
        raise SettingError(
            f"Lanes {swath_m:.3g} m apart are too narrow for {area.area:,.0f} m² of area.",
            about="sweep",
            mend="Set a wider swath, fly higher, or make the area smaller.",
        )


def in_reach(task: Task) -> Task:
    """The task in the one part of free space from which the area can be seen."""
    rooms = parts(task.space.polygon)
    if len(rooms) > 1:
        if task.start is not None and bool(task.space.contains(shapely.get_coordinates(shapely.Point(task.start)))[0]):
            here = shapely.Point(task.start)
            room = min(rooms, key=lambda part: part.distance(here))
        else:
            room = max(rooms, key=lambda part: part.intersection(task.area).area)
        task = replace(task, space=FreeSpace(room))
    room = parts(task.space.polygon)[0]
    if not shapely.covers(room, task.area):
        _refuse_unseen(task, room)
    return task


def _refuse_unseen(task: Task, room: Polygon) -> None:
    """Raise where more of the area than may stay unseen is too far from free space to be seen."""
    dark = shapely.difference(task.area, room.buffer(task.swath_m / 2))
    if dark.area <= _UNREACHED * task.area.area:
        return
    pieces = parts(task.area)
    x, y = max(parts(polygonal(dark)), key=lambda part: part.area).representative_point().coords[0]
    lost = [k for k, part in enumerate(pieces, 1) if shapely.intersection(part, dark).area > 0.5 * part.area]
    if len(pieces) > 1 and lost:
        x, y = pieces[lost[0] - 1].representative_point().coords[0]
        raise PlanError(
            f"Part {lost[0]} of {len(pieces)} of the area, around ({x:.1f}, {y:.1f}) m, cannot be reached "
            "inside free space.",
            mend="Join it by free space, or plan it on its own.",
        )
    raise PlanError(
        f"{100 * dark.area / task.area.area:.1f} % of the area cannot be seen from free space, most of it "
        f"around ({x:.1f}, {y:.1f}) m.",
        mend="Widen free space there, or take that place out of the area.",
    )

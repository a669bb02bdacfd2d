"""Whether a sweep can be planned at all: settings in range, a usable area, and every part of it in reach."""

from __future__ import annotations

import math
from dataclasses import replace

import shapely
from shapely import MultiPolygon, Polygon

from planner.errors import GeometryError, PlanError, SettingError
from planner.paths import FreeSpace
from planner.sweep.plan import Task, parts

_UNREACHED = 0.004


def checked(task: Task, time_limit_s: float) -> Task:
    """The task, its space narrowed to the part of it that is flown; raises what :func:`planner.sweep.sweep` raises."""
    numbers = {
        "swath width": (task.swath_m, "m"),
        "speed": (task.motion.speed_mps, "m/s"),
        "acceleration": (task.motion.acceleration_mps2, "m/s²"),
        "time limit": (time_limit_s, "s"),
    }
    for name, (value, unit) in numbers.items():
        if not (math.isfinite(value) and value > 0):
            raise SettingError(f"The {name} must be above 0 {unit}, not {value} {unit}.", about="sweep")
    if task.angle is not None and not math.isfinite(task.angle):
        raise SettingError("The heading must be a number of degrees.", about="sweep")
    if task.area.is_empty or not task.area.is_valid or task.area.area <= 0:
        reason = "it is empty" if task.area.is_empty else shapely.is_valid_reason(task.area)
        raise GeometryError(f"The area to sweep is not a usable polygon: {reason}.", mend="Mend its outline.")
    return _in_reach(task)


def _in_reach(task: Task) -> Task:
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
    x, y = max(parts(_polygons(dark)), key=lambda part: part.area).representative_point().coords[0]
    lost = [k for k, part in enumerate(pieces, 1) if shapely.intersection(part, dark).area > 0.5 * part.area]
    if len(pieces) > 1 and lost:
        x, y = pieces[lost[0] - 1].representative_point().coords[0]
        raise PlanError(
            f"Part {lost[0]} of {len(pieces)} of the area, around ({x:.1f}, {y:.1f}) m, cannot be reached inside free space.",
            mend="Join it by free space, or plan it on its own.",
        )
    raise PlanError(
        f"{100 * dark.area / task.area.area:.1f} % of the area cannot be seen from free space, most of it "
        f"around ({x:.1f}, {y:.1f}) m.",
        mend="Widen free space there, or take that place out of the area.",
    )


def _polygons(shape: shapely.Geometry) -> MultiPolygon:
    """The polygons among the parts of a geometry."""
    return MultiPolygon([g for g in getattr(shape, "geoms", [shape]) if g.geom_type == "Polygon"])

"""Sweeps: paths that let the camera see all of a polygon, in little time and without leaving free space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from planner.paths import FreeSpace
from planner.sweep.measure import covered_share, lanes_of, outside_m, surely_seeing
from planner.sweep.motion import Motion
from planner.sweep.plan import plan
from planner.sweep.reach import check_area, check_settings, check_size, in_reach
from planner.sweep.task import ENOUGH, SURELY, Task
from planner.sweep.work import Watch, Work

__all__ = ["SweepPath", "Watch", "covered_share", "outside_m", "sweep"]


@dataclass(frozen=True, eq=False)
class SweepPath:
    """Corners (n, 2) in local metres; ``is_lane`` (n-1,) says on which legs the camera is needed."""

    points: NDArray[np.float64]
    is_lane: NDArray[np.bool_]


def sweep(
    area: Polygon | MultiPolygon,
    *,
    swath_m: float,
    space: FreeSpace | None = None,
    start: tuple[float, float] | None = None,
    end: tuple[float, float] | None = None,
    heading_deg: float | None = None,
    speed_mps: float = 10.0,
    acceleration_mps2: float = 3.0,
    time_limit_s: float = 0.8,
    seed: int = 0,
    watch: Watch | None = None,
) -> SweepPath:
    """A path that sees at least 99.5 % of ``area`` and never leaves ``space`` (the area itself, if not given).

    Local metres throughout. The camera sees what is within ``swath_m / 2`` of the path; every corner is a stop.
    ``start`` and ``end`` are where the drone comes from and goes to: they are not part of the path, but its ends are
    chosen for them. ``heading_deg``, clockwise from north (+y), keeps all lanes along one heading; None finds the best
    ones. ``time_limit_s`` is a budget of work, not read off a clock: the same input and ``seed`` give the same path. A
    first path takes a part of it, the rest makes that better. ``watch`` is told, several times a second where there is
    much to do, the share of the work that is done; what it raises stops the sweep.

    Raises :class:`SettingError` for a width, speed, acceleration, heading or limit that makes no sense, or lanes
    that are too narrow for the area, :class:`GeometryError` for an area that is no polygon, and :class:`PlanError`,
    naming the part or the place, where the camera cannot come.
    """
    motion = Motion(speed_mps, acceleration_mps2)
    check_settings(swath_m, motion, heading_deg, time_limit_s)
    check_area(area)
    check_size(area, swath_m)
    angle = None if heading_deg is None else math.radians(90.0 - heading_deg) % math.pi
    task = in_reach(Task(area, space or FreeSpace(area), swath_m, motion, start, end, angle))
    points, grid = plan(task, Work(time_limit_s * 1e6, watch))
    return SweepPath(points, surely_seeing(area, points, swath_m, lanes_of(points, grid), ENOUGH + SURELY))

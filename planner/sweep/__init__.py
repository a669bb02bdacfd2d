"""Sweeps: paths that let the camera see every part of a polygon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from planner.paths import FreeSpace
from planner.sweep.measure import covered_share, outside_m
from planner.sweep.motion import Motion
from planner.sweep.plan import Task, plan

__all__ = ["SweepPath", "covered_share", "outside_m", "sweep"]


@dataclass(frozen=True)
class SweepPath:
    """Corners (n, 2) in local metres; ``is_lane`` (n-1,) says which legs the camera is on for."""

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
    debug=None,
) -> SweepPath:
    """A path."""
    angle = None if heading_deg is None else math.radians(90.0 - heading_deg) % math.pi
    task = Task(area, space or FreeSpace(area), swath_m, Motion(speed_mps, acceleration_mps2), start, end, angle)
    points = plan(task, int(time_limit_s * 6000), debug)
    return SweepPath(points, np.ones(len(points) - 1, dtype=np.bool_))

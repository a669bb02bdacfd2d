"""A plan as it lies over the ground: its legs with heights above sea level, and the room under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geodesy import LocalFrame
from planner.plan import Plan, Sortie
from planner.quantities import AltitudeReference, LonLat
from planner.terrain.clearance import Room, over_ground
from planner.terrain.follow import home_height_m
from planner.terrain.ground import Ground
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class OverGround:
    """``home_m``: the launch above sea level, 0 on flat ground. Legs of all sorties: ``lines`` (n, 2, 2), local metres,
    ``heights`` (n, 2) of their ends as ``home_m`` counts, ``sorties`` (n,) and the room under each.
    """

    home_m: float
    lines: Floats
    heights: Floats
    sorties: NDArray[np.int64]
    room: Room

    def place(self, line: int, share: float, frame: LocalFrame) -> LonLat:
        """A place on a leg."""
        start, end = self.lines[line]
        east, north = start + share * (end - start)
        return frame.point_to_lonlat((float(east), float(north)))


def lay_over(plan: Plan, ground: Ground, frame: LocalFrame) -> OverGround:
    """Measure a plan over the ground. Raises ``InputError`` where the ground at the launch is unknown."""
    home_m = home_height_m(ground.terrain, plan.sorties[0].launch.position)
    lines: list[Floats] = []
    heights: list[Floats] = []
    for sortie in plan.sorties:
        points = frame.points_to_local(np.array([waypoint.position for waypoint in sortie.route.waypoints]))
        tops = _heights(sortie, points, home_m, ground.terrain, frame)
        lines.append(np.stack([points[:-1], points[1:]], axis=1))
        heights.append(np.stack([tops[:-1], tops[1:]], axis=1))
    sorties = np.repeat([sortie.number for sortie in plan.sorties], [len(part) for part in lines])
    every, ends = np.concatenate(lines), np.concatenate(heights)
    return OverGround(home_m, every, ends, sorties, over_ground(every, ends, ground.terrain, frame))


def _heights(sortie: Sortie, points: Floats, home_m: float, terrain: Terrain | None, frame: LocalFrame) -> Floats:
    """Waypoints' heights (n,) above sea level; those above ground by the ground under each."""
    altitudes = [waypoint.altitude for waypoint in sortie.route.waypoints]
    metres = np.array([altitude.metres for altitude in altitudes], dtype=np.float64)
    if terrain is None:
        return metres
    under = {
        AltitudeReference.HOME: np.full(len(points), home_m),
        AltitudeReference.AMSL: np.zeros(len(points)),
        AltitudeReference.AGL: terrain.heights(frame.points_to_lonlat(points)),
    }
    return np.asarray(metres + [under[altitude.reference][n] for n, altitude in enumerate(altitudes)])

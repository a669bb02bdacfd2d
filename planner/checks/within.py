"""What of a plan's legs lies inside a shape, and how far from a bound of heights it stays there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.checks.over_ground import Floats, OverGround
from planner.geodesy import LocalFrame
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.terrain.clearance import over_ground
from planner.terrain.surface import Terrain


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """The pieces of legs inside a shape: ``lines`` (k, 2, 2) local metres, ``heights`` (k, 2) above sea level."""

    lines: Floats
    heights: Floats
    home_m: float
    terrain: Terrain
    frame: LocalFrame

    def __len__(self) -> int:
        return len(self.lines)

    def above_m(self, bound: Altitude) -> tuple[float, LonLat]:
        """The least metres that the pieces are above a bound, and where; infinite where the ground is unknown."""
        return self._room(bound, 1.0)

    def below_m(self, bound: Altitude) -> tuple[float, LonLat]:
        """The least metres that the pieces are below a bound, and where; infinite where the ground is unknown."""
        return self._room(bound, -1.0)

    def _room(self, bound: Altitude, sign: float) -> tuple[float, LonLat]:
        if bound.reference is AltitudeReference.AGL:
            room = over_ground(self.lines, self.heights, self.terrain, self.frame)
            rooms, share = (room.least_m, room.least_at) if sign > 0 else (-room.most_m, room.most_at)
            rooms = rooms - sign * bound.metres
        else:
            level = bound.metres + (self.home_m if bound.reference is AltitudeReference.HOME else 0.0)
            ends = sign * (self.heights - level)
            rooms, share = ends.min(axis=1), ends.argmin(axis=1).astype(np.float64)
        worst = int(rooms.argmin())
        east, north = self.lines[worst, 0] + share[worst] * (self.lines[worst, 1] - self.lines[worst, 0])
        return float(rooms[worst]), self.frame.point_to_lonlat((float(east), float(north)))


def within(over: OverGround, shape: BaseGeometry, terrain: Terrain, frame: LocalFrame) -> Within:
    """The legs' pieces inside a shape in local metres, touching it included."""
    ways = np.asarray(shapely.linestrings(over.lines))
    shapely.prepare(shape)
    near = np.flatnonzero(shapely.intersects(shape, ways))
    parts, owner = shapely.get_parts(shapely.intersection(ways[near], shape), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    lines, legs = list[Floats](), list[int]()
    for part, leg in zip(parts, near[owner[inner]], strict=True):
        ends = shapely.get_coordinates(part)
        lines.append(np.stack([ends[0], ends[-1]]))
        legs.append(int(leg))
    pieces, numbers = np.array(lines).reshape(-1, 2, 2), np.array(legs, dtype=np.int64)
    starts, steps = over.lines[numbers, 0], over.lines[numbers, 1] - over.lines[numbers, 0]
    lengths = np.maximum((steps**2).sum(axis=1), 1e-12)
    shares = np.clip(((pieces - starts[:, None]) * steps[:, None]).sum(axis=2) / lengths[:, None], 0.0, 1.0)
    low, high = over.heights[numbers, 0], over.heights[numbers, 1]
    heights = low[:, None] + shares * (high - low)[:, None]
    stands = lengths <= 1e-6
    # a leg that only climbs passes every height between its ends
    heights[stands] = over.heights[numbers[stands]]
    return Within(pieces, heights, over.home_m, terrain, frame)

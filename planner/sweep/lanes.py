"""Parallel lanes over one region, in strips as wide as the camera sees."""

from __future__ import annotations

import heapq

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry import box

from planner.sweep.grid import SeenGrid
from planner.sweep.strips import Strips, turned

Lanes = NDArray[np.float64]

END_SHARE = 0.15
"""Lanes stop this share of the swath before the end of their strip: the camera sees that far ahead, and the turn
along the border sees the rest."""


def lay(region: Polygon, flyable: Polygon | MultiPolygon, strips: Strips, swath_m: float, spare_m2: float) -> Lanes:
    """Lanes (n, 2, 2) that see the region strip by strip.

    Each piece of the region in a strip gets the part of the centre line beside it that is flyable; where the centre
    line misses it, the middle line of what is missed; pieces below ``spare_m2`` are left out.
    """
    area = shapely.transform(region, lambda p: turned(p, -strips.angle))
    space = shapely.transform(flyable, lambda p: turned(p, -strips.angle))
    west, _, east, _ = space.bounds
    lanes: list[tuple[float, float, float, float]] = []
    bands = shapely.intersection(
        area, [box(west - 1, y - strips.pitch_m / 2, east + 1, y + strips.pitch_m / 2) for y in strips.centres_m]
    )
    lines = shapely.intersection(space, [shapely.LineString([(west - 1, y), (east + 1, y)]) for y in strips.centres_m])
    for y, band, line in zip(strips.centres_m.tolist(), bands, lines, strict=True):
        chords = _chords(line)
        for piece in _pieces(band):
            lanes.extend(_beside(piece, y, chords, space, swath_m=swath_m, spare_m2=spare_m2))
    if not lanes:
        return np.empty((0, 2, 2))
    return turned(np.array(lanes).reshape(-1, 2, 2), strips.angle)


def thinned(lanes: Lanes, grid: SeenGrid, allowed: int, stop_m: float) -> Lanes:
    """Lanes without those that show nothing, or little for their length, as long as ``allowed`` cells are unseen.

    Each stop counts as ``stop_m`` metres; those that show least for a metre go first.
    """
    legs = lanes.reshape(-1, 4)
    seen = grid.seen_from(legs)
    grid.clear()
    for cells in seen:
        grid.count[cells] += 1
    spare = allowed - len(grid.unseen)
    lengths = np.hypot(*(lanes[:, 1] - lanes[:, 0]).T) + stop_m
    keep = np.ones(len(lanes), dtype=np.bool_)

    def alone(k: int) -> int:
        return int(np.count_nonzero(grid.count[seen[k]] == 1))

    queue = [(alone(k) / lengths[k], k) for k in range(len(lanes))]
    heapq.heapify(queue)
    while queue:
        worth, k = heapq.heappop(queue)
        shown = alone(k)
        if shown / lengths[k] > worth:
            heapq.heappush(queue, (shown / lengths[k], k))
        elif shown <= max(spare, 0) and keep.sum() > 1:
            keep[k] = False
            grid.count[seen[k]] -= 1
            spare -= shown
        elif worth > 0 and spare <= 0:
            break
    grid.clear()
    return lanes[keep]


def _beside(
    piece: Polygon,
    y: float,
    chords: list[tuple[float, float]],
    space: shapely.Geometry,
    *,
    swath_m: float,
    spare_m2: float,
    depth: int = 0,
) -> list[tuple[float, float, float, float]]:
    """Level lanes that see a piece of a strip: on chords of its centre line, and on others where these do not reach."""
    x0, _, x1, _ = piece.bounds
    back = min(END_SHARE * swath_m, (x1 - x0) / 2)
    start, stop = x0 + back, x1 - back
    found = [(max(a, start), y, min(b, stop), y) for a, b in chords if min(b, stop) >= max(a, start)]
    if found and found[0][0] <= start + 1e-9 and found[-1][2] >= stop - 1e-9 and len(found) == 1:
        return found
    rest: shapely.Geometry = piece
    if found:
        seen = shapely.buffer(shapely.linestrings(np.array(found).reshape(-1, 2, 2)), swath_m / 2, quad_segs=4)
        rest = shapely.difference(piece, shapely.union_all(seen))
    if depth >= 2:
        return found
    for part in getattr(rest, "geoms", [rest]):
        if part.area > spare_m2:
            west, low, east, high = part.bounds
            middle = (low + high) / 2
            own = shapely.intersection(space, LineString([(west, middle), (east, middle)]))
            lines = _chords(own)
            if lines:
                found.extend(_beside(part, middle, lines, space, swath_m=swath_m, spare_m2=spare_m2, depth=depth + 1))
            else:
                x, h = shapely.get_coordinates(part.representative_point())[0].tolist()
                found.append((x, h, x, h))
    return found


def _pieces(band: shapely.Geometry) -> list[Polygon]:
    """The polygons of a band."""
    return [g for g in getattr(band, "geoms", [band]) if g.geom_type == "Polygon" and g.area > 1e-6]


def _chords(line: shapely.Geometry) -> list[tuple[float, float]]:
    """West and east ends of the pieces of a level line."""
    spans = [(g.bounds[0], g.bounds[2]) for g in getattr(line, "geoms", [line]) if g.geom_type == "LineString"]
    return sorted((a, b) for a, b in spans if b > a)

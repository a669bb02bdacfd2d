"""Parallel lanes over one region, in strips as wide as the camera sees."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import box

Lanes = NDArray[np.float64]

END_SHARE = 0.35
"""Lanes stop this share of the swath before the end of their strip: the camera sees that far ahead, and the turn
along the border sees the rest."""


def turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Points of shape (..., 2) turned about the origin by an angle in radians, counter-clockwise."""
    c, s = math.cos(angle), math.sin(angle)
    return np.stack([points[..., 0] * c - points[..., 1] * s, points[..., 0] * s + points[..., 1] * c], axis=-1)


def lay(
    region: Polygon | MultiPolygon,
    flyable: Polygon | MultiPolygon,
    angle: float,
    swath_m: float,
    strips: int,
    base: float,
    pitch: float,
) -> Lanes:
    """Lanes (n, 2, 2) along ``angle`` (radians from the x axis) that see the region strip by strip.

    In the frame turned back by the angle, strip k is centred on ``base + (k + 0.5) · pitch``. Each piece of the region
    in a strip gets the part of the centre line beside it that is flyable; where the centre line misses the piece,
    the middle line of the piece instead.
    """
    area = shapely.transform(region, lambda p: turned(p, -angle))
    space = shapely.transform(flyable, lambda p: turned(p, -angle))
    west, _, east, _ = space.bounds
    lanes: list[tuple[float, float, float, float]] = []
    bands = shapely.intersection(
        area, [box(west - 1, base + k * pitch, east + 1, base + (k + 1) * pitch) for k in range(strips)]
    )
    centres = base + (np.arange(strips) + 0.5) * pitch
    lines = shapely.intersection(space, [shapely.LineString([(west - 1, y), (east + 1, y)]) for y in centres])
    for y, band, line in zip(centres.tolist(), bands, lines, strict=True):
        chords = _chords(line)
        for x0, x1, low, high in _pieces(band):
            back = END_SHARE * swath_m
            start, stop = (x0 + back, x1 - back) if x1 - x0 > 2 * back else ((x0 + x1) / 2, (x0 + x1) / 2)
            beside = [(max(a, start), min(b, stop)) for a, b in chords if min(b, stop) >= max(a, start)]
            if beside:
                lanes.extend((a, y, b, y) for a, b in beside)
                continue
            middle = (low + high) / 2
            own = shapely.intersection(space, shapely.LineString([(west - 1, middle), (east + 1, middle)]))
            lanes.extend(
                (max(a, start), middle, min(b, stop), middle)
                for a, b in _chords(own)
                if min(b, stop) >= max(a, start)
            )
    if not lanes:
        return np.empty((0, 2, 2))
    return turned(np.array(lanes).reshape(-1, 2, 2), angle)


def _pieces(band: shapely.Geometry) -> list[tuple[float, float, float, float]]:
    """West, east, south, north of the pieces of a band, joined where they overlap along it."""
    found: list[tuple[float, float, float, float]] = []
    parts = [g for g in getattr(band, "geoms", [band]) if g.area > 1e-6]
    for x0, y0, x1, y1 in sorted(g.bounds for g in parts):
        if found and x0 <= found[-1][1]:
            a, b, low, high = found[-1]
            found[-1] = (a, max(b, x1), min(low, y0), max(high, y1))
        else:
            found.append((x0, x1, y0, y1))
    return found


def _chords(line: shapely.Geometry) -> list[tuple[float, float]]:
    """West and east ends of the pieces of a level line."""
    spans = [(g.bounds[0], g.bounds[2]) for g in getattr(line, "geoms", [line]) if g.geom_type == "LineString"]
    return sorted((a, b) for a, b in spans if b > a)

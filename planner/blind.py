"""The camera off where its picture would show what may not be seen."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from planner.chain import Chain


def without_blind(chain: Chain, blind: Polygon | MultiPolygon) -> Chain:
    """The same way with the camera off inside ``blind``: lanes that cross its border are cut there.

    Legs on which the camera is aimed see elsewhere, and stay as they are.
    """
    if blind.is_empty:
        return chain
    points, looks, stays, aims = [chain.points[0]], list[bool](), list[float](), list[NDArray[np.float64]]()
    for leg, (start, end) in enumerate(itertools.pairwise(chain.points)):
        line = LineString([start, end])
        cuts = {0.0, 1.0}
        looking = bool(chain.looks[leg]) and not np.isfinite(chain.aims[leg]).any()
        if looking and line.length > 0:
            crossings = shapely.get_coordinates(shapely.intersection(line, blind.boundary))
            cuts |= {line.project(shapely.Point(at), normalized=True) for at in crossings}
        for before, after in itertools.pairwise(sorted(cuts)):
            middle = shapely.Point(start + (before + after) / 2 * (end - start))
            points.append(start + after * (end - start))
            looks.append(bool(chain.looks[leg]) and not (looking and blind.intersects(middle)))
            stays.append(float(chain.stays_s[leg]) * (after - before))
            aims.append(chain.aims[leg])
    return Chain(np.array(points), np.array(looks, dtype=np.bool_), np.array(stays), np.array(aims))

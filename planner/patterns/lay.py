"""Wanted ways become one that can be flown: what leaves the space is cut off, and ways in the space join the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.chain import SAME_PLACE_M, Chain, joined, unseeing
from planner.errors import PlanError
from planner.paths import FreeSpace
from planner.patterns.pattern import Pattern, Place, Points, Thing, Wanted

SHORTEST_PIECE_M = 1.0
"""What is left of a leg between two zones, and is shorter, is not flown to."""

CORNER_M = 20.0
"""A corner of a way with the camera off counts as this many metres: braking and speeding up cost about two seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """A thing with the ways that are wanted for it."""

    thing: Thing
    ways: tuple[Wanted, ...]


def errands(pattern: Pattern, things: tuple[Thing, ...], start: Place, camera: Camera) -> tuple[Errand, ...]:
    """All that is wanted, one thing after the other, always the nearest next."""
    rest, at, found = list(things), start, list[Errand]()
    while rest:
        nearest = _nearest(rest, at)
        rest.remove(nearest)
        ways = pattern.wanted(nearest, at, camera)
        found.append(Errand(nearest, ways))
        if ways:
            at = (float(ways[-1].points[-1, 0]), float(ways[-1].points[-1, 1]))
    return tuple(found)


def laid(ways: list[Wanted], free: FreeSpace, start: Place, word: str) -> tuple[Chain, float]:
    """The way, in free space, from the first place that is wanted to the last; and metres that are left out.

    A stay outside free space moves to the nearest place in it, and counts as left out by so many metres. Raises
    ``PlanError`` where nothing is left.
    """
    space = free.polygon
    chains, left_out = list[Chain](), 0.0
    for way in ways:
        pieces, lost = _pieces(way, space)
        left_out += lost
        for piece in pieces:
            if chains:
                here, there = _place(chains[-1].points[-1]), _place(piece.points[0])
                chains.append(unseeing(free.path(here, there, corner_m=CORNER_M)))
            chains.append(piece)
    if not chains:
        raise PlanError(
            f"Nothing of the {word} lies where the drone may fly.",
            mend="Widen the keep-in zone, move the zones, or make the margins smaller.",
        )
    return joined(chains), left_out


def _nearest(things: list[Thing], at: Place) -> Thing:
    here = shapely.Point(at)
    return min(things, key=lambda thing: thing.shape.distance(here))


def _pieces(way: Wanted, space: BaseGeometry) -> tuple[list[Chain], float]:
    """What can be flown of a way, in its order, and metres of it that cannot."""
    points, lost = way.points, 0.0
    pieces: list[Chain] = []
    if len(points) > 1:
        runs, lost = _inside(points, space)
        pieces = [_chain(run, way) for run in runs]
    if way.stay_s > 0:
        stand = points[-1]
        if not space.dwithin(shapely.Point(stand), SAME_PLACE_M):
            nearest = shapely.shortest_line(shapely.Point(stand), space)
            lost += nearest.length
            stand = shapely.get_coordinates(nearest)[-1]
        aims = np.array([way.aim or (np.nan, np.nan)])
        pieces.append(Chain(np.array([stand, stand]), np.array([way.looks]), np.array([way.stay_s]), aims))
    return pieces, lost


def _chain(run: Points, way: Wanted) -> Chain:
    count = len(run) - 1
    aims = np.broadcast_to(np.array(way.aim or (np.nan, np.nan)), (count, 2))
    return Chain(run, np.full(count, way.looks), aims=aims.copy())


def _inside(points: Points, space: BaseGeometry) -> tuple[list[Points], float]:
    """The runs of a line (n, 2) that lie in a polygon, leg by leg, and metres that do not."""
    legs = np.asarray(shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)))
    wide = space.buffer(1e-6)
    shapely.prepare(wide)
    whole = np.asarray(shapely.covers(wide, legs))
    runs, lost = list[Points](), 0.0
    for leg, inside in zip(legs, whole, strict=True):
        for piece in [leg] if inside else _cut(leg, space):
            ends = shapely.get_coordinates(piece)[[0, -1]]
            if runs and np.hypot(*(runs[-1][-1] - ends[0])) <= SAME_PLACE_M:
                runs[-1] = np.vstack([runs[-1], ends[1]])
            else:
                runs.append(ends)
            lost -= piece.length
        lost += leg.length
    return runs, max(lost, 0.0)


def _cut(leg: BaseGeometry, space: BaseGeometry) -> list[BaseGeometry]:
    """The parts of a leg in a polygon, in the leg's direction."""
    start = shapely.Point(shapely.get_coordinates(leg)[0])
    parts = [part for part in shapely.get_parts(shapely.intersection(leg, space)) if part.length >= SHORTEST_PIECE_M]
    turned = [
        part
        if start.distance(shapely.Point(part.coords[0])) <= start.distance(shapely.Point(part.coords[-1]))
        else shapely.reverse(part)
        for part in parts
    ]
    return sorted(turned, key=start.distance)


def _place(point: Points) -> Place:
    return float(point[0]), float(point[1])

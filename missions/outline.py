"""Outlines with fewer vertices that forbid more, never less.

An autopilot stores few fence points. An outline is given up vertex by vertex, the least area first, and only so that
the forbidden side grows: a keep-out zone may become larger and a keep-in area smaller, and neither may come near
what has to stay free (the route). It is the idea of Visvalingam and Whyatt (1993) with a side and with obstacles.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LEAST = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """A ring in metres, shape (n, 2), not closed; ``forbids_inside`` tells which side of it a drone may not enter."""

    points: Points
    forbids_inside: bool

    @classmethod
    def of(cls, polygon: Polygon, *, forbids_inside: bool) -> Outline:
        """The outer ring of a polygon without repeated or needless vertices."""
        ring = shapely.get_coordinates(polygon.exterior)[:-1]
        return cls(_without_needless(ring), forbids_inside)


def _without_needless(ring: Points) -> Points:
    """The ring without vertices that lie within a millimetre of the line between their neighbours."""
    kept = ring[np.hypot(*(ring - np.roll(ring, 1, axis=0)).T) > 1e-3]
    before, after = np.roll(kept, 1, axis=0), np.roll(kept, -1, axis=0)
    along = after - before
    length = np.hypot(*along.T)
    off = np.abs(_cross(along, kept - before)) > 1e-3 * np.maximum(length, 1e-9)
    needed: Points = kept[off]
    return needed if len(needed) >= _LEAST else kept


def fewer_vertices(outlines: Sequence[Outline], most: int, free: Sequence[BaseGeometry]) -> tuple[Outline, ...] | None:
    """The outlines with at most ``most`` vertices in all, forbidding at least what they forbade.

    ``free`` says of each outline what must stay free of what it forbids beyond what was drawn.
    None where that cannot be done. Outlines that need no change come back as they are.
    """
    if sum(len(outline.points) for outline in outlines) <= most:
        return tuple(outlines)
    for geometry in free:
        shapely.prepare(geometry)
    rings = [_Ring(outline, geometry) for outline, geometry in zip(outlines, free, strict=True)]
    total = sum(ring.count for ring in rings)
    while total > most:
        heap = [
            (area, number, vertex, kind)
            for number, ring in enumerate(rings)
            for vertex in np.flatnonzero(ring.alive).tolist()
            for area, kind in ring.choices(vertex)
        ]
        heapq.heapify(heap)
        before = total
        while heap and total > most:
            area, number, vertex, kind = heapq.heappop(heap)
            ring = rings[number]
            if not ring.alive[vertex] or (area, kind) not in ring.choices(vertex) or not ring.apply(vertex, kind):
                continue
            total -= 1
            for near in ring.around(vertex):
                for again in ring.choices(near):
                    heapq.heappush(heap, (again[0], number, near, again[1]))
        if total == before:
            return None
    return tuple(ring.outline for ring in rings)


_DROP, _EXTEND = 0, 1


class _Ring:
    """A ring under work: vertices are dropped, or an edge gives way to where its neighbours meet.

    Turned so that the forbidden side is on the left: a right turn is a notch that may be filled (``_DROP``), an edge
    between two left turns may move outwards to the point where the edges beside it meet (``_EXTEND``). Both add one
    triangle to the forbidden side.
    """

    def __init__(self, outline: Outline, free: BaseGeometry) -> None:
        ccw = bool(shapely.is_ccw(shapely.linearrings(outline.points)))
        self._turned = ccw != outline.forbids_inside
        self._forbids_inside = outline.forbids_inside
        self.xy = np.array(outline.points[::-1] if self._turned else outline.points)
        n = len(self.xy)
        self.alive: Mask = np.ones(n, dtype=np.bool_)
        self.after = np.roll(np.arange(n), -1)
        self.before = np.roll(np.arange(n), 1)
        self.count = n
        self._free = free

    @property
    def outline(self) -> Outline:
        """What is left of the ring, in the direction it came."""
        points = self.xy[self.alive]
        return Outline(points[::-1] if self._turned else points, self._forbids_inside)

    def around(self, vertex: int) -> list[int]:
        """The vertices whose choices a change at ``vertex`` may have changed."""
        start = vertex if self.alive[vertex] else int(self.after[vertex])
        ids = [start]
        ahead = behind = start
        for _ in range(2):
            ahead, behind = int(self.after[ahead]), int(self.before[behind])
            ids += [ahead, behind]
        return list(dict.fromkeys(ids))

    def choices(self, vertex: int) -> list[tuple[float, int]]:
        """What may be done at a vertex, each with the area it adds in square metres."""
        if self.count <= _LEAST:
            return []
        b = self.xy[vertex]
        a, c = self.xy[self.before[vertex]], self.xy[self.after[vertex]]
        turn = float(_cross(b - a, c - b))
        if turn <= 0:
            return [(-turn / 2, _DROP)]
        meet = self._meeting(vertex)
        return [] if meet is None else [(abs(float(_cross(c - b, meet - b))) / 2, _EXTEND)]

    def _meeting(self, vertex: int) -> Points | None:
        """Where the edges before and after the edge from ``vertex`` meet outside, if they do."""
        a, b = self.xy[self.before[vertex]], self.xy[vertex]
        c, d = self.xy[self.after[vertex]], self.xy[self.after[self.after[vertex]]]
        first, last = b - a, c - d
        if _cross(b - a, c - b) <= 0 or _cross(c - b, d - c) <= 0:
            return None
        bend = float(_cross(first, last))
        if bend >= -1e-9 * float(np.hypot(*first) * np.hypot(*last)):
            return None
        share = float(_cross(c - b, last)) / bend
        meet: Points = b + share * first
        return meet if share > 0 and np.isfinite(meet).all() else None

    def apply(self, vertex: int, kind: int) -> bool:
        """Do it, where it keeps the ring simple and stays clear of what must be free."""
        following = int(self.after[vertex])
        if kind == _DROP:
            triangle = np.array([self.xy[self.before[vertex]], self.xy[vertex], self.xy[following]])
            own = [int(self.before[vertex]), vertex, following]
        else:
            meet = self._meeting(vertex)
            if meet is None:
                return False
            triangle = np.array([self.xy[vertex], meet, self.xy[following]])
            own = [int(self.before[vertex]), vertex, following, int(self.after[following])]
        if self._holds_others(triangle, own) or self._free.intersects(Polygon(triangle)):
            return False
        if kind == _EXTEND:
            if self._is_crossed(triangle[0], triangle[1], own) or self._is_crossed(triangle[1], triangle[2], own):
                return False
            self.xy[vertex] = triangle[1]
            self._unlink(following)
        else:
            self._unlink(vertex)
        return True

    def _unlink(self, vertex: int) -> None:
        self.alive[vertex] = False
        self.count -= 1
        self.after[self.before[vertex]] = self.after[vertex]
        self.before[self.after[vertex]] = self.before[vertex]

    def _holds_others(self, triangle: Points, own: list[int]) -> bool:
        """Whether another vertex lies in or on a triangle."""
        others = self.alive.copy()
        others[own] = False
        points = self.xy[others]
        sides = [_cross(triangle[k] - triangle[k - 1], points - triangle[k - 1]) for k in range(3)]
        inside = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
        return bool(np.any(inside))

    def _is_crossed(self, start: Points, end: Points, own: list[int]) -> bool:
        """Whether an edge that does not end at one of ``own`` crosses a new edge."""
        first = np.flatnonzero(self.alive)
        second = self.after[first]
        free = ~np.isin(first, own) | ~np.isin(second, own)
        p, q = self.xy[first[free]], self.xy[second[free]]
        side_p, side_q = _cross(end - start, p - start), _cross(end - start, q - start)
        side_s, side_e = _cross(q - p, start - p), _cross(q - p, end - p)
        return bool(np.any((side_p * side_q < 0) & (side_s * side_e < 0)))


def _cross(a: Points, b: Points) -> Points:
    """The z of the cross product, over the last axis."""
    result: Points = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return result

"""Shortest ways inside free space: a polygon with holes, in local metres.

A shortest way in a polygon bends only at reflex vertices (Lozano-Pérez and Wesley, 1979), so a graph of reflex vertices
that see each other, and of start and end, holds it. Two of them need a line only where the way could bend around both
(tangency), which leaves some per cent of all pairs to be tested against the border.

Ways keep ``MARGIN_M`` off the border, so that rounding to the autopilot's 1e-7 degrees (1.1 cm) stays within a few
centimetres of it. Where free space is narrower than that, the border itself is the limit.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.polygon import orient

from planner.errors import GeometryError, PlanError

MARGIN_M = 0.01
"""How far ways keep off the border, where there is room."""

_SLACK = 0.1
"""Lines are tested against a border this share of the margin further out than their vertices, against rounding."""

_ROUGHLY = 60
"""Near corners that a way's ends may be joined to where it need not be quite the shortest."""

_TOUCH_M = 1e-6
"""A point this far outside counts as on the border."""

Point = tuple[float, float]
Points = NDArray[np.float64]
Mask = NDArray[np.bool_]


class FreeSpace:
    """Where a drone may fly: a polygon with holes, or several; local metres.

    Everything is worked out when it is first asked for and kept.
    """

    def __init__(self, space: Polygon | MultiPolygon) -> None:
        if space.is_empty or not space.is_valid:
            reason = "it is empty" if space.is_empty else shapely.is_valid_reason(space)
            raise GeometryError(f"Free space is not a usable polygon: {reason}.", mend="Mend the outline.")
        self.polygon: Polygon | MultiPolygon = space

    @cached_property
    def _layers(self) -> tuple[_Layer, _Layer]:
        """With the margin, and for narrow places without."""
        return _layer(self.polygon, MARGIN_M), _layer(self.polygon, 0.0)

    @property
    def inner(self) -> Polygon | MultiPolygon:
        """Free space less the margin; may be empty where free space is thinner than that."""
        return self._layers[0].body

    def contains(self, points: Points) -> Mask:
        """Which of the (n, 2) points lie inside, border included; (n,)."""
        near = shapely.dwithin(self.polygon, shapely.points(np.atleast_2d(points)), _TOUCH_M)
        return np.asarray(near, dtype=np.bool_)

    def sees(self, starts: Points, ends: Points) -> Mask:
        """Whether the straight lines between (n, 2) starts and (n, 2) ends stay inside by the margin; (n,)."""
        return self._layers[0].sees(starts, ends)

    def distance(self, start: Point, end: Point) -> float:
        """Length of the shortest way, m; raises what :meth:`path` raises."""
        way = self.path(start, end)
        return float(np.hypot(*np.diff(way, axis=0).T).sum())

    def pulled_in(self, points: Points) -> Points:
        """(n, 2) points, those nearer to the border than the margin moved to keep it, where there is room."""
        layer = self._layers[0]
        return points if layer.body.is_empty else _pulled_in(layer.body, points)

    def ways(self, starts: Points, ends: Points, *, corner_m: float = 0.0) -> list[Points]:
        """As :meth:`path` for pairs of points (n, 2), much faster than one by one, and each not quite the shortest.

        Raises what :meth:`path` raises.
        """
        found = self._layers[0].ways(starts, ends, corner_m)
        for k, way in enumerate(found):
            if way is None:
                (ax, ay), (bx, by) = starts[k].tolist(), ends[k].tolist()
                found[k] = self.path((ax, ay), (bx, by), corner_m=corner_m)
        return [way for way in found if way is not None]

    def path(self, start: Point, end: Point, *, corner_m: float = 0.0) -> Points:
        """Shortest way from start to end, (n, 2), both included.

        A corner costs ``corner_m`` extra metres, so a way with fewer corners can win over a shorter one. Raises
        :class:`PlanError` where start or end is outside, or no way leads from one to the other.
        """
        for name, point in (("start", start), ("end", end)):
            if not self.contains(np.array([point]))[0]:
                gap = self.polygon.distance(shapely.Point(point))
                raise PlanError(
                    f"The {name} ({point[0]:.1f}, {point[1]:.1f}) m lies {gap:.1f} m outside free space.",
                    mend="Move it inside, or widen the area.",
                )
        for layer in self._layers:
            way = layer.path(np.array(start, dtype=np.float64), np.array(end, dtype=np.float64), corner_m)
            if way is not None:
                return way
        raise PlanError(
            f"No way leads inside free space from ({start[0]:.1f}, {start[1]:.1f}) m "
            f"to ({end[0]:.1f}, {end[1]:.1f}) m: they lie in different parts of it.",
            mend="Join the parts, or plan each on its own.",
        )


def _layer(space: Polygon | MultiPolygon, margin_m: float) -> _Layer:
    """Free space less a margin, ready for questions."""
    if margin_m == 0.0:
        return _Layer(space, space.buffer(2e-7, join_style="mitre"), space.buffer(5e-7, join_style="mitre"))
    body = space.buffer(-margin_m, join_style="mitre")
    limit = space.buffer(-margin_m * (1 - _SLACK), join_style="mitre")
    return _Layer(body, limit, space.buffer(5e-7, join_style="mitre"))


@dataclass(frozen=True, eq=False)
class _Layer:
    """Free space at one margin: vertices of ``body``, lines within ``limit``, ends joined to it within ``outer``."""

    body: Polygon | MultiPolygon
    limit: Polygon | MultiPolygon
    outer: Polygon | MultiPolygon

    @cached_property
    def _border(self) -> shapely.Geometry:
        border = self.limit.boundary
        shapely.prepare(border)
        shapely.prepare(self.limit)
        return border

    @cached_property
    def _reflex(self) -> tuple[Points, Points, Points]:
        """Vertices where a way may bend, with the vertices before and after them; three of (m, 2)."""
        return reflex_vertices(self.body)

    @cached_property
    def _graph(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Lines between reflex vertices as row starts (m+1,), columns and lengths."""
        at, before, after = self._reflex
        first, second = np.triu_indices(len(at), 1)
        bends = _bends(at[second], before[first], at[first], after[first])
        first, second = first[bends], second[bends]
        bends = _bends(at[first], before[second], at[second], after[second])
        first, second = first[bends], second[bends]
        clear = self.sees(at[first], at[second])
        one = np.concatenate([first[clear], second[clear]])
        two = np.concatenate([second[clear], first[clear]])
        order = np.argsort(one, kind="stable")
        rows = np.searchsorted(one[order], np.arange(len(at) + 1))
        lengths = np.hypot(*(at[one] - at[two]).T)
        return rows, two[order], lengths[order]

    def sees(self, starts: Points, ends: Points) -> Mask:
        if self.limit.is_empty:
            return np.zeros(len(starts), dtype=np.bool_)
        lines = shapely.linestrings(np.stack([starts, ends], axis=1))
        clear = np.asarray(~shapely.intersects(self._border, lines), dtype=np.bool_)
        clear[clear] = shapely.contains_xy(self.limit, starts[clear])
        return clear

    def ways(self, starts: Points, ends: Points, corner_m: float) -> list[Points | None]:
        """Ways between (n, 2) starts and ends, None where none is found from the corners near them."""
        if self.body.is_empty or len(starts) == 0:
            return [None] * len(starts)
        both = np.concatenate([starts, ends])
        inside = shapely.intersects_xy(self.limit, both[:, 0], both[:, 1])
        inside = inside[: len(starts)] & inside[len(starts) :]
        straight = np.zeros(len(starts), dtype=np.bool_)
        straight[inside] = self.sees(starts[inside], ends[inside])
        joins = self._joins(both, _ROUGHLY)
        found: list[Points | None] = []
        for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if straight[k]:
                found.append(np.array([start, end]))
            elif inside[k]:
                found.append(self._shortest(start, end, joins[k], joins[len(starts) + k], corner_m))
            else:
                found.append(None)
        return found

    def path(self, start: Points, end: Points, corner_m: float) -> Points | None:
        """The shortest way, or None where this layer has none."""
        if self.body.is_empty:
            return None
        ends = np.array([start, end])
        joined = _pulled_in(self.body, ends)
        hops = shapely.linestrings(np.stack([ends, joined], axis=1))
        if not shapely.covers(self.outer, hops).all():
            return None
        if self.sees(joined[:1], joined[1:])[0]:
            middle: Points | None = joined
        else:
            first, last = self._joins(joined, None)
            middle = self._shortest(joined[0], joined[1], first, last, corner_m)
        if middle is None:
            return None
        way = np.concatenate([[start], middle, [end]])
        return _without_twins(way)

    def _joins(self, points: Points, most: int | None) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
        """For each of (n, 2) points in the body: corners that a way may bend at and that it sees, and metres to them.

        ``most``: of so many near ones only.
        """
        at, before, after = self._reflex
        n, m = len(points), len(at)
        if most is None or m <= most:
            corner = np.tile(np.arange(m), n)
            owner = np.repeat(np.arange(n), m)
        else:
            far = np.hypot(*(points[:, None] - at[None]).transpose(2, 0, 1))
            corner = np.sort(np.argpartition(far, most, axis=1)[:, :most], axis=1).ravel()
            owner = np.repeat(np.arange(n), most)
        bends = _bends(points[owner], before[corner], at[corner], after[corner])
        corner, owner = corner[bends], owner[bends]
        clear = self.sees(points[owner], at[corner])
        corner, owner = corner[clear], owner[clear]
        lengths = np.hypot(*(at[corner] - points[owner]).T)
        cuts = np.searchsorted(owner, np.arange(n + 1)).tolist()
        return [(corner[a:b], lengths[a:b]) for a, b in pairwise(cuts)]

    def _shortest(
        self,
        start: Points,
        end: Points,
        first: tuple[NDArray[np.intp], NDArray[np.float64]],
        last_join: tuple[NDArray[np.intp], NDArray[np.float64]],
        corner_m: float,
    ) -> Points | None:
        """Dijkstra from start over reflex vertices to end, both inside the body and joined to some of these."""
        at = self._reflex[0]
        if len(first[0]) == 0 or len(last_join[0]) == 0:
            return None
        from_start, to_end = np.full(len(at), np.inf), np.full(len(at), np.inf)
        from_start[first[0]] = first[1] + corner_m
        to_end[last_join[0]] = last_join[1] + corner_m
        rows, columns, lengths = self._graph
        cost, came = from_start.copy(), np.full(len(at), -1)
        guess = np.hypot(*(at - end).T)
        queue = [(cost[i] + guess[i], int(i)) for i in np.flatnonzero(np.isfinite(cost))]
        heapq.heapify(queue)
        best, last, done = np.inf, -1, np.zeros(len(at), dtype=np.bool_)
        while queue:
            bound, here = heapq.heappop(queue)
            if bound >= best:
                break
            if done[here]:
                continue
            done[here] = True
            if cost[here] + to_end[here] < best:
                best, last = cost[here] + to_end[here], here
            span = slice(rows[here], rows[here + 1])
            reach = cost[here] + lengths[span] + corner_m
            better = reach < cost[columns[span]]
            for node, value in zip(columns[span][better].tolist(), reach[better].tolist(), strict=True):
                cost[node], came[node] = value, here
                heapq.heappush(queue, (value + guess[node], node))
        if last < 0:
            return None
        way = [end]
        while last >= 0:
            way.append(at[last])
            last = int(came[last])
        return np.array([*way, start][::-1])


def polygonal(shape: shapely.Geometry) -> MultiPolygon:
    """The polygons among the parts of a geometry."""
    parts = getattr(shape, "geoms", [shape])
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and not part.is_empty])


def reflex_vertices(space: Polygon | MultiPolygon) -> tuple[Points, Points, Points]:
    """Vertices at which the inside angle exceeds 180°, with those before and after them; three of (m, 2)."""
    found: list[tuple[Points, Points, Points]] = []
    for part in getattr(space, "geoms", [space]):
        ccw = orient(part)
        for ring in (ccw.exterior, *ccw.interiors):
            at = shapely.get_coordinates(ring)[:-1]
            at = at[np.any(at != np.roll(at, 1, axis=0), axis=1)]
            before, after = np.roll(at, 1, axis=0), np.roll(at, -1, axis=0)
            turn = _cross(at - before, after - at) < 0
            found.append((at[turn], before[turn], after[turn]))
    if not found:
        return np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value]


def _cross(one: Points, two: Points) -> NDArray[np.float64]:
    return np.asarray(one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0], dtype=np.float64)


def _bends(point: Points, before: Points, at: Points, after: Points) -> Mask:
    """Whether a shortest way from a point may bend at a reflex vertex: the line does not part its two neighbours."""
    line = at - point
    one, two = _cross(line, before - at), _cross(line, after - at)
    slack = 1e-9 * np.hypot(line[..., 0], line[..., 1])
    return np.asarray(((one <= slack) & (two <= slack)) | ((one >= -slack) & (two >= -slack)), dtype=np.bool_)


def _pulled_in(body: Polygon | MultiPolygon, points: Points) -> Points:
    """Points, those outside the body moved to the nearest one of its border."""
    outside = ~shapely.intersects_xy(body, points[:, 0], points[:, 1])
    if not outside.any():
        return points
    moved = points.copy()
    for i in np.flatnonzero(outside):
        point = shapely.Point(points[i])
        parts = list(getattr(body, "geoms", [body]))
        part = parts[int(np.argmin(shapely.distance(parts, point)))]
        moved[i] = shapely.get_coordinates(shapely.shortest_line(point, part))[-1]
    return moved


def _without_twins(way: Points) -> Points:
    """The way without points that repeat the one before, its two ends always kept."""
    keep = np.ones(len(way), dtype=np.bool_)
    keep[1:-1] = np.any(way[1:-1] != way[:-2], axis=1)
    if len(way) > 2 and np.array_equal(way[-2], way[-1]):
        keep[-2] = False
    keep[0] = keep[-1] = True
    return way[keep]

"""Times of transits between many points of free space, good enough to choose an order by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.paths import FreeSpace, polygonal, reflex_vertices
from planner.sweep.motion import Motion

Points = NDArray[np.float64]
Times = NDArray[np.float64]

_NEIGHBOURS = 40
_JOINS = 8
_MOST_NODES = 200


@dataclass(frozen=True, eq=False)
class Roads:
    """Corners of a coarser free space and the times between them."""

    space: FreeSpace
    motion: Motion
    nodes: Points
    times_s: Times
    hops: NDArray[np.intp]

    def ways(self, starts: Points, ends: Points) -> list[Points]:
        """Fast ways between pairs of points, (n, 2) each, that do not see each other; a way is (k, 2), ends included.

        Over the corners known here where they suffice, else about the shortest there is; raises :class:`PlanError`
        where there is none.
        """
        if len(starts) == 0:
            return []
        joins = self._joins(np.concatenate([starts, ends])) if len(self.nodes) else np.empty((0, 0))
        found: dict[int, Points] = {}
        for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
            way = self._over(joins[k], joins[len(starts) + k]) if len(joins) else None
            if way is not None:
                found[k] = np.array([start, *way, end])
        rest = [k for k in range(len(starts)) if k not in found]
        found.update(zip(rest, self.space.ways(starts[rest], ends[rest], corner_m=self.motion.stop_m), strict=True))
        return [found[k] for k in range(len(starts))]

    def _over(self, first: Times, last: Times) -> list[Points] | None:
        """The corners to go by, given the times to each from the start and from each to the end; None for no way."""
        one, two = np.flatnonzero(np.isfinite(first)), np.flatnonzero(np.isfinite(last))
        if len(one) == 0 or len(two) == 0:
            return None
        over = first[one, None] + self.times_s[np.ix_(one, two)] + last[None, two]
        row, column = divmod(int(np.argmin(over)), len(two))
        if not np.isfinite(over[row, column]):
            return None
        node, goal = int(one[row]), int(two[column])
        way = [self.nodes[node]]
        while node != goal:
            node = int(self.hops[node, goal])
            way.append(self.nodes[node])
        return way

    def matrix(self, points: Points) -> Times:
        """Times between (n, 2) points, (n, n), s: straight where they see each other, else over corners."""
        n = len(points)
        lengths = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
        straight = self.motion.times_s(lengths)
        first, second = np.triu_indices(n, 1)
        if n > _NEIGHBOURS * 2:
            reach = np.partition(lengths, _NEIGHBOURS, axis=1)[:, _NEIGHBOURS]
            near = lengths[first, second] <= np.maximum(reach[first], reach[second])
            first, second = first[near], second[near]
        clear = self.space.sees(points[first], points[second])
        times = np.full((n, n), np.inf)
        times[first[clear], second[clear]] = straight[first[clear], second[clear]]
        times = np.minimum(times, times.T)
        if len(self.nodes):
            joins = self._joins(points)
            few = min(_JOINS, len(self.nodes))
            nearest = np.argpartition(joins, few - 1, axis=1)[:, :few]
            over = np.full((n, len(self.nodes)), np.inf)
            for k in range(few):
                node = nearest[:, k]
                np.minimum(over, joins[np.arange(n), node][:, None] + self.times_s[node], out=over)
            over = np.ascontiguousarray(over.T)
            for k in range(few):
                node = nearest[:, k]
                np.minimum(times, over[node] + joins[np.arange(n), node][:, None], out=times)
            times = np.minimum(times, times.T)
        lost = ~np.isfinite(times)
        times[lost] = 1.5 * straight[lost] + 4.0 * self.motion.stop_s
        np.fill_diagonal(times, 0.0)
        return np.asarray(times, dtype=np.float64)

    def _joins(self, points: Points) -> Times:
        """Times from points to the corners they see, of the nearest ones."""
        lengths = np.hypot(*(points[:, None] - self.nodes[None]).transpose(2, 0, 1))
        near = min(_NEIGHBOURS // 2, len(self.nodes))
        second = np.argpartition(lengths, near - 1, axis=1)[:, :near].ravel()
        first = np.repeat(np.arange(len(points)), near)
        clear = self.space.sees(points[first], self.nodes[second])
        first, second = first[clear], second[clear]
        times = np.full(lengths.shape, np.inf)
        times[first, second] = self.motion.times_s(lengths[first, second])
        return np.asarray(times, dtype=np.float64)


def roads(space: FreeSpace, motion: Motion, coarse_m: float) -> Roads:
    """The corners of free space shrunk and simplified by ``coarse_m``, with shortest times between them."""
    body = space.inner
    nodes = np.empty((0, 2))
    for _ in range(6):
        nodes = reflex_vertices(polygonal(body.buffer(-coarse_m, quad_segs=2).simplify(coarse_m)))[0]
        if len(nodes) <= _MOST_NODES:
            break
        coarse_m *= 1.6
    nodes = nodes[:_MOST_NODES]
    m = len(nodes)
    times = np.full((m, m), np.inf)
    hops = np.tile(np.arange(m), (m, 1))
    first, second = np.triu_indices(m, 1)
    if m > _NEIGHBOURS * 2:
        lengths = np.hypot(*(nodes[first] - nodes[second]).T)
        table = np.full((m, m), np.inf)
        table[first, second] = table[second, first] = lengths
        reach = np.partition(table, _NEIGHBOURS, axis=1)[:, _NEIGHBOURS]
        near = lengths <= np.maximum(reach[first], reach[second])
        first, second = first[near], second[near]
    if len(first):
        clear = space.sees(nodes[first], nodes[second])
        first, second = first[clear], second[clear]
        times[first, second] = motion.times_s(np.hypot(*(nodes[first] - nodes[second]).T))
        times = np.minimum(times, times.T)
    np.fill_diagonal(times, 0.0)
    for k in range(m):
        over = times[:, k, None] + times[None, k]
        shorter = over < times
        times[shorter] = over[shorter]
        hops = np.where(shorter, hops[:, k, None], hops)
    return Roads(space, motion, nodes, times, hops)

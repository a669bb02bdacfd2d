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
_MOST_NODES = 90


@dataclass(frozen=True, eq=False)
class Roads:
    """Corners of a coarser free space and the times between them."""

    space: FreeSpace
    motion: Motion
    nodes: Points
    times_s: Times
    hops: NDArray[np.intp]

    def way(self, start: Points, end: Points) -> Points:
        """A fast way between two points (2,) that do not see each other, (n, 2), both included.

        Over the corners known here where they suffice, else the shortest there is; raises :class:`PlanError` where
        there is none.
        """
        if len(self.nodes):
            first, last = (self._seen(point) for point in (start, end))
            over = first[:, None] + self.times_s + last[None, :]
            here, goal = divmod(int(np.argmin(over)), len(last))
            if np.isfinite(over[here, goal]):
                way = [start, self.nodes[here]]
                while here != goal:
                    here = int(self.hops[here, goal])
                    way.append(self.nodes[here])
                return np.array([*way, end])
        return self.space.path((start[0], start[1]), (end[0], end[1]), corner_m=self.motion.stop_m)

    def _seen(self, point: Points) -> Times:
        """Times from a point to each corner, infinite where it does not see it."""
        starts = np.broadcast_to(point, self.nodes.shape)
        times = self.motion.times_s(np.hypot(*(self.nodes - point).T))
        return np.where(self.space.sees(starts, self.nodes), times, np.inf)

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
            over = np.full((n, len(self.nodes)), np.inf)
            for k in range(len(self.nodes)):
                np.minimum(over, joins[:, k, None] + self.times_s[None, k], out=over)
            for k in range(len(self.nodes)):
                np.minimum(times, over[:, k, None] + joins[None, :, k], out=times)
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

"""Where rays from a camera meet the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.geodesy import LocalFrame
from planner.terrain.surface import Terrain

Floats = NDArray[np.float64]

FARTHEST = 5.0
"""A ray is followed this many times as far as it would go over flat ground; what it meets later is no use to anyone."""

MOST_POSTS = 4_000_000
HALVINGS = 24
"""The place where a ray goes under ground is halved so often: a step of 100 m to less than a millimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The ground around places, as posts in a local frame: ``heights_m`` (rows, columns), row 0 in the south."""

    west_m: float
    south_m: float
    step_m: float
    heights_m: Floats

    @classmethod
    def around(cls, terrain: Terrain, frame: LocalFrame, places: Floats, reach_m: float) -> Patch:
        """Posts half as far apart as the terrain's own (more where they were too many), ``reach_m`` beyond places."""
        west, south = places.min(axis=0) - reach_m
        width, height = np.ptp(places, axis=0) + 2 * reach_m
        step = max(terrain.post_distance_m / 2, float(np.sqrt(width * height / MOST_POSTS)))
        xs, ys = (start + step * np.arange(int(size / step) + 2) for start, size in ((west, width), (south, height)))
        posts = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        heights = terrain.heights(frame.points_to_lonlat(posts)).reshape(len(ys), len(xs))
        return cls(float(west), float(south), step, heights)

    def heights(self, east: Floats, north: Floats) -> Floats:
        """Metres above sea level (n,); NaN outside and where unknown."""
        columns, rows = (east - self.west_m) / self.step_m, (north - self.south_m) / self.step_m
        most_row, most_column = np.array(self.heights_m.shape) - 1
        inside = (columns >= 0) & (columns <= most_column) & (rows >= 0) & (rows <= most_row)
        left = np.clip(np.nan_to_num(columns), 0, most_column - 1).astype(np.int64)
        below = np.clip(np.nan_to_num(rows), 0, most_row - 1).astype(np.int64)
        across, up = columns - left, rows - below
        posts = self.heights_m
        low = posts[below, left] * (1 - across) + posts[below, left + 1] * across
        high = posts[below + 1, left] * (1 - across) + posts[below + 1, left + 1] * across
        return np.where(inside, low * (1 - up) + high * up, np.nan)


def meet_ground(eyes: Floats, rays: Floats, terrain: Terrain, frame: LocalFrame) -> Floats:
    """Where rays meet the ground first, (n, 2) local metres; NaN where they do not, or unknown ground lies before.

    ``eyes`` (n, 3): east, north, metres above sea level; ``rays`` (n, 3): their directions, any length; only rays that
    go down are followed.
    """
    met = np.full((len(eyes), 2), np.nan)
    known = np.flatnonzero(np.isfinite(eyes).all(axis=1) & np.isfinite(rays).all(axis=1) & (rays[:, 2] < 0))
    if not len(known):
        return met
    above = eyes[known, 2] - terrain.heights(frame.points_to_lonlat(eyes[known, :2]))
    standing = above > 0
    known, above = known[standing], above[standing]
    if not len(known):
        return met
    units = rays[known] / np.linalg.norm(rays[known], axis=1)[:, None]
    ends = FARTHEST * above / -units[:, 2]
    flat = np.hypot(units[:, 0], units[:, 1])
    patch = Patch.around(terrain, frame, eyes[known, :2], float((ends * flat).max()))
    steps = np.minimum(patch.step_m / np.maximum(flat, 1e-9), ends)
    low, high = _bracket(eyes[known], units, steps, ends, patch)
    hit = np.isfinite(high)
    low, high, known, units = low[hit], high[hit], known[hit], units[hit]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        over = _over(eyes[known], units, middle, patch) > 0
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    met[known] = eyes[known, :2] + high[:, None] * units[:, :2]
    return met


def _bracket(eyes: Floats, units: Floats, steps: Floats, ends: Floats, patch: Patch) -> tuple[Floats, Floats]:
    """Distances along each ray, the last above ground and the first below it; NaN where there is none."""
    count = len(eyes)
    low, high = np.zeros(count), np.full(count, np.nan)
    going = np.arange(count)
    while len(going):
        ahead = np.minimum(low[going] + steps[going], ends[going])
        over = _over(eyes[going], units[going], ahead, patch)
        under = over <= 0
        high[going[under]] = ahead[under]
        on = (over > 0) & (ahead < ends[going])
        low[going[on]] = ahead[on]
        going = going[on]
    return low, high


def _over(eyes: Floats, units: Floats, distances: Floats, patch: Patch) -> Floats:
    """How far above the ground points on rays are, (n,); NaN unknown."""
    places = eyes + distances[:, None] * units
    return places[:, 2] - patch.heights(places[:, 0], places[:, 1])

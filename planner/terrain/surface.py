"""The ground's height at places and along lines, from as many terrain files as there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.terrain.files import read_tile, srtm_name, tile_files
from planner.terrain.grid import Grid

Floats = NDArray[np.float64]

CHUNK_M = 500.0
"""A line in the local frame is straight in a file's own reference system over this much, to a few millimetres."""

SHORTEST_SHARE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Lines cut where they cross the lattice: on each piece the ground's height is a parabola.

    ``line`` (m,): which line a piece is of; ``start``, ``end`` (m,): shares of the line, 0 to 1; ``ground`` (m, 3):
    metres above mean sea level at the start, in the middle and at the end, NaN unknown. Pieces follow one another.
    """

    line: NDArray[np.int64]
    start: Floats
    end: Floats
    ground: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The ground under a leg: ``distance_m`` (n,) from its start, ``ground_m`` (n,) above sea level, NaN unknown."""

    distance_m: Floats
    ground_m: Floats


class Terrain:
    """The ground of one or several files; where they overlap, the one given first counts, and the next fills its voids.

    Posts are joined bilinearly. Only the blocks that are asked about are read. Two are equal that have the same files.
    """

    def __init__(self, files: tuple[Path, ...], grids: tuple[Grid, ...]) -> None:
        self.files = files
        self._grids = grids

    @classmethod
    def open(cls, paths: Path | str | Iterable[Path | str]) -> Terrain:
        """Files, or folders of them: ``.hgt`` (also zipped), GeoTIFF.

        Raises ``InputError`` where one is missing, ``FileFormatError`` where one cannot be read.
        """
        given = [paths] if isinstance(paths, Path | str) else list(paths)
        files = tile_files(Path(path) for path in given)
        return cls(files, Grid.group([read_tile(path) for path in files]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terrain) and self.files == other.files

    def __hash__(self) -> int:
        return hash(self.files)

    def __reduce__(self) -> tuple[object, ...]:
        return (Terrain.open, (self.files,))

    def __repr__(self) -> str:
        return f"Terrain({', '.join(path.name for path in self.files)})"

    def heights(self, lonlat: Floats) -> Floats:
        """Metres above mean sea level (n,) at places (n, 2), longitude first; NaN where no file says."""
        places = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        return self._filled([grid.coordinates(places) for grid in self._grids])

    def height(self, place: LonLat) -> float:
        """Metres above mean sea level at one place, NaN unknown."""
        return float(self.heights(np.array([place]))[0])

    def missing(self, lonlat: Floats) -> tuple[str, ...]:
        """The names, as SRTM gives them, of the tiles that places (n, 2) lie in and no file covers."""
        places = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        covered = np.zeros(len(places), dtype=np.bool_)
        for grid in self._grids:
            covered |= grid.covers(grid.coordinates(places))
        return tuple(sorted({srtm_name(lon, lat) for lon, lat in places[~covered]}))

    def refuse_missing(self, lonlat: Floats) -> None:
        """Raises ``InputError`` that names the tiles where a place lies in no file."""
        names = self.missing(lonlat)
        if names:
            raise InputError(
                f"No terrain file covers {', '.join(names)}.",
                about=", ".join(path.name for path in self.files),
                mend="Add the missing tiles, or ask for flat ground.",
            )

    @property
    def post_distance_m(self) -> float:
        """About how far posts are apart where they are closest, metres."""
        return min(grid.step_m for grid in self._grids)

    def profile(self, start: LonLat, end: LonLat) -> Profile:
        """The ground along the straight way between two places, at least wherever it crosses the lattice."""
        frame = LocalFrame(start)
        to = frame.point_to_local(end)
        pieces = self.along(np.array([[(0.0, 0.0), to]]), frame)
        shares = np.append(np.stack([pieces.start, (pieces.start + pieces.end) / 2], axis=1).ravel(), 1.0)
        ground = np.append(pieces.ground[:, :2].ravel(), pieces.ground[-1, 2])
        return Profile(shares * float(np.hypot(*to)), ground)

    def along(self, lines: Floats, frame: LocalFrame) -> Pieces:
        """Lines (n, 2, 2), from and to in local metres, cut at every lattice line of every grid."""
        lines = np.asarray(lines, dtype=np.float64).reshape(-1, 2, 2)
        lengths = np.hypot(*(lines[:, 1] - lines[:, 0]).T)
        counts = np.maximum(np.ceil(lengths / CHUNK_M).astype(np.int64), 1)
        owner = np.repeat(np.arange(len(lines)), counts)
        order = _counted(counts)
        first, last = order / counts[owner], (order + 1) / counts[owner]
        steps = lines[owner, 1] - lines[owner, 0]
        starts, ends = (frame.points_to_lonlat(lines[owner, 0] + share[:, None] * steps) for share in (first, last))
        froms, tos = (tuple(grid.coordinates(places) for grid in self._grids) for places in (starts, ends))
        chunk, share = _crossings(len(owner), froms, tos, [grid.last for grid in self._grids])
        follows = np.flatnonzero((chunk[1:] == chunk[:-1]) & (share[1:] - share[:-1] > SHORTEST_SHARE))
        chunk, share, until = chunk[follows], share[follows], share[follows + 1]

        def at(shares: Floats) -> Floats:
            return self._filled(
                [a[chunk] + shares[:, None] * (b[chunk] - a[chunk]) for a, b in zip(froms, tos, strict=True)]
            )

        ground = np.column_stack([at(share), at((share + until) / 2), at(until)])
        width = (last - first)[chunk]
        return Pieces(owner[chunk], first[chunk] + share * width, first[chunk] + until * width, ground)

    def posts(self, around: Floats, frame: LocalFrame, most: int) -> tuple[NDArray[np.object_], Floats, Floats]:
        """The posts in the rectangle around places (n, 2) in local metres, as points and their heights, twice.

        Where there were more than ``most`` of a grid, squares of posts with the lowest and the highest of each; NaN
        where one of them is unknown.
        """
        places = frame.points_to_lonlat(_corners(around))
        shapes: list[NDArray[np.object_]] = []
        spans: list[Floats] = []
        for grid in self._grids:
            for square in grid.squares(grid.coordinates(places), most):
                lonlat = grid.lonlat(square.reshape(-1, 2))
                heights = self.heights(lonlat).reshape(square.shape[:2])
                spans.append(np.stack([heights.min(axis=1), heights.max(axis=1)]))
                local = frame.points_to_local(lonlat).reshape(square.shape)
                shapes.append(np.asarray(shapely.convex_hull(shapely.multipoints(local))))
        bottoms, tops = np.concatenate([np.empty((2, 0)), *spans], axis=1)
        return np.concatenate([np.empty(0, dtype=object), *shapes]), bottoms, tops

    def _filled(self, coordinates: list[Floats]) -> Floats:
        """Heights (n,) from the first grid that knows, by lattice coordinates (n, 2) of each grid."""
        heights = self._grids[0].heights(coordinates[0])
        for grid, places in zip(self._grids[1:], coordinates[1:], strict=True):
            unknown = np.flatnonzero(np.isnan(heights))
            if not len(unknown):
                break
            heights[unknown] = grid.heights(places[unknown])
        return heights


def _corners(points: Floats) -> Floats:
    """Places around points (n, 2): their rectangle's outline, close enough for it to bend with a projection."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    outline = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south, 1.0) / 16)
    return np.asarray(shapely.get_coordinates(outline))


def _counted(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … up to each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def _crossings(
    count: int, froms: tuple[Floats, ...], tos: tuple[Floats, ...], lasts: list[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], Floats]:
    """Where chunks cross lattice lines: chunk numbers and shares, sorted, with each chunk's ends."""
    every = np.arange(count)
    chunks, shares = [every, every], [np.zeros(count), np.ones(count)]
    for start, end, last in zip(froms, tos, lasts, strict=True):
        for axis in (0, 1):
            a, b = start[:, axis], end[:, axis]
            good = np.isfinite(a) & np.isfinite(b) & (a != b)
            low, high = np.where(good, np.minimum(a, b), 0.0), np.where(good, np.maximum(a, b), 0.0)
            lowest = np.maximum(np.floor(low).astype(np.int64) + 1, 0)
            highest = np.minimum(np.ceil(high).astype(np.int64) - 1, last[axis])
            counts = np.where(good, np.maximum(highest - lowest + 1, 0), 0)
            owner = np.repeat(every, counts)
            line = lowest[owner] + _counted(counts)
            chunks.append(owner)
            shares.append((line - a[owner]) / (b[owner] - a[owner]))
    chunk, share = np.concatenate(chunks), np.concatenate(shares)
    order = np.lexsort((share, chunk))
    return chunk[order], share[order]

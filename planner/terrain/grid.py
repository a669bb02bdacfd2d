"""Posts of one lattice, whichever files they lie in, read by the block when they are wanted."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import TransformerGroup

from planner.errors import FileFormatError
from planner.geodesy import WGS84
from planner.terrain.files import Tile

Floats = NDArray[np.float64]

BLOCK = 256
"""Posts along a block's side."""

MOST_BLOCKS = 256
"""Blocks kept in memory: 68 MB."""

MOST_TOGETHER = 200_000
"""Posts looked at in one go."""

SAME_LATTICE = 1e-3
"""Share of a pixel that tiles of one lattice may be off."""

NO_WEIGHT = 1e-9

COARSEST_M = 10.0
"""A change of reference system that PROJ calls less exact than this, or of unknown exactness, is refused."""


class Grid:
    """Tiles in one reference system whose pixels fall on one lattice.

    Lattice coordinates (column, row) are whole numbers at pixel centres, which are the posts; (0, 0) is the post
    farthest up and left of all tiles. Between posts the ground is bilinear; a post that is unknown makes the four cells
    around it unknown. Half a pixel around the outermost posts takes the height of the border.
    """

    def __init__(self, tiles: Sequence[Tile]) -> None:
        first = tiles[0]
        self._linear = _linear(first)
        self._back = np.linalg.inv(self._linear)
        places = np.round([self._post_of(tile, first) for tile in tiles]).astype(np.int64)
        least = places.min(axis=0)
        self._tiles = tuple(zip(tiles, (places - least).tolist(), strict=True))
        self._corner = _post(first) + self._linear @ least
        sizes = np.array([[tile.columns, tile.rows] for tile in tiles])
        self.last = (places - least + sizes).max(axis=0) - 1
        """The last column and row, (2,)."""
        self._transform = _from_wgs84(first, self._corner + self._linear @ (self.last / 2))
        self.step_m = self._step_m()
        """About how far posts are apart, metres."""
        self._blocks: OrderedDict[tuple[int, int], NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def group(tiles: Sequence[Tile]) -> tuple[Grid, ...]:
        """Tiles as grids, in the order in which they were given."""
        groups: list[list[Tile]] = []
        for tile in tiles:
            for group in groups:
                if _fits(tile, group[0]):
                    group.append(tile)
                    break
            else:
                groups.append([tile])
        return tuple(Grid(group) for group in groups)

    def _step_m(self) -> float:
        """The shorter of the distances from a post in the middle to its right and lower neighbour."""
        column, row = np.floor(self.last / 2)
        posts = self._corner + np.array([(column, row), (column + 1, row), (column, row + 1)]) @ self._linear.T
        lon, lat = self._transform.transform(posts[:, 0], posts[:, 1], direction="INVERSE")
        return float(min(WGS84.inv([lon[0]] * 2, [lat[0]] * 2, lon[1:], lat[1:])[2]))

    def coordinates(self, lonlat: Floats) -> Floats:
        """Lattice coordinates (n, 2) of places (n, 2) in degrees; infinite where the projection has none."""
        x, y = self._transform.transform(lonlat[:, 0], lonlat[:, 1])
        with np.errstate(invalid="ignore"):
            return np.asarray((np.column_stack([x, y]) - self._corner) @ self._back.T)

    def lonlat(self, coordinates: Floats) -> Floats:
        """Places (n, 2) in degrees at lattice coordinates (n, 2)."""
        x, y = (self._corner + coordinates @ self._linear.T).T
        return np.column_stack(self._transform.transform(x, y, direction="INVERSE"))

    def squares(self, around: Floats, most: int) -> Iterator[Floats]:
        """The posts in the rectangle around lattice coordinates (n, 2), by the square: (squares, posts, 2).

        Squares are of one post where there are at most ``most``; larger ones overlap by a row and a column.
        """
        known = around[np.isfinite(around).all(axis=1)]
        if not len(known):
            return
        first = np.maximum(np.floor(known.min(axis=0)), 0).astype(np.int64)
        last = np.minimum(np.ceil(known.max(axis=0)), self.last).astype(np.int64)
        if (last < first).any():
            return
        side = max(int(np.ceil(np.sqrt(np.prod(last - first + 1) / most))), 1)
        within = np.stack(np.meshgrid(*[np.arange(side + (side > 1))] * 2), axis=-1).reshape(-1, 2)
        columns, rows = np.arange(first[0], last[0] + 1, side), np.arange(first[1], last[1] + 1, side)
        together = max(MOST_TOGETHER // (len(columns) * len(within)), 1)
        for start in range(0, len(rows), together):
            corners = np.stack(np.meshgrid(columns, rows[start : start + together]), axis=-1).reshape(-1, 2)
            yield np.minimum(corners[:, None] + within, last).astype(np.float64)

    def heights(self, coordinates: Floats) -> Floats:
        """Metres above mean sea level (n,) at lattice coordinates (n, 2); NaN where there are none."""
        heights = np.full(len(coordinates), np.nan)
        with np.errstate(invalid="ignore"):
            inside = ((coordinates >= -0.5) & (coordinates <= self.last + 0.5)).all(axis=1)
        places = np.clip(coordinates[inside], 0, self.last)
        posts = np.minimum(places.astype(np.int64), np.maximum(self.last - 1, 0))
        shares = places - posts
        found = np.empty(len(places))
        blocks = posts // BLOCK
        keys = blocks[:, 1] * (int(self.last[0]) // BLOCK + 1) + blocks[:, 0]
        for key in np.unique(keys):
            here = keys == key
            column, row = blocks[here][0]
            found[here] = _bilinear(self._block(int(column), int(row)), posts[here] % BLOCK, shares[here])
        heights[inside] = found
        return heights

    def covers(self, coordinates: Floats) -> NDArray[np.bool_]:
        """Whether places (n, 2) lie in one of the files, known or not, (n,)."""
        covered = np.zeros(len(coordinates), dtype=np.bool_)
        with np.errstate(invalid="ignore"):
            for tile, place in self._tiles:
                at = coordinates - place
                covered |= ((at >= -0.5) & (at <= np.array([tile.columns, tile.rows]) - 0.5)).all(axis=1)
        return covered

    def _post_of(self, tile: Tile, first: Tile) -> Floats:
        return np.asarray(self._back @ (_post(tile) - _post(first)))

    def _block(self, column: int, row: int) -> NDArray[np.float32]:
        """Posts of a block and the first ones of its neighbours, (rows, columns)."""
        with self._lock:
            known = self._blocks.get((column, row))
            if known is not None:
                self._blocks.move_to_end((column, row))
                return known
        block = np.full((BLOCK + 1, BLOCK + 1), np.nan, dtype=np.float32)
        left, top = column * BLOCK, row * BLOCK
        for tile, (first_column, first_row) in self._tiles:
            west, east = max(left, first_column), min(left + BLOCK + 1, first_column + tile.columns)
            north, south = max(top, first_row), min(top + BLOCK + 1, first_row + tile.rows)
            if west >= east or north >= south:
                continue
            part = block[north - top : south - top, west - left : east - left]
            if not np.isnan(part).any():
                continue
            read = tile.read(north - first_row, west - first_column, south - north, east - west)
            np.copyto(part, read, where=np.isnan(part))
        with self._lock:
            self._blocks[(column, row)] = block
            while len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        return block


def _from_wgs84(tile: Tile, middle: Floats) -> Transformer:
    """From longitude and latitude to a tile's reference system, by the most exact way that PROJ has around its middle.

    Raises ``FileFormatError`` where none is known to be exact within ``COARSEST_M``: a datum that is not changed at all
    would put the ground of Kazakhstan 55 to 96 m off.
    """
    crs, about = CRS.from_wkt(tile.crs), str(tile.path)
    mend = "Export it in WGS 84 (EPSG:4326) with heights above mean sea level, e.g. with gdalwarp."
    if crs.is_geographic and len(crs.axis_info) > 2:
        raise FileFormatError("Its heights are above the ellipsoid, not above mean sea level.", about=about, mend=mend)
    roughly = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    lon, lat = roughly.transform(*middle, direction="INVERSE")
    if not (np.isfinite([lon, lat]).all() and abs(lon) <= 180 and abs(lat) <= 90):
        raise FileFormatError("It lies nowhere on the globe.", about=about, mend=mend)
    around = AreaOfInterest(max(lon - 0.1, -180), max(lat - 0.1, -90), min(lon + 0.1, 180), min(lat + 0.1, 90))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ways = TransformerGroup("EPSG:4326", crs, always_xy=True, area_of_interest=around).transformers
    if not ways or not 0 <= ways[0].accuracy <= COARSEST_M:
        exact = f"{ways[0].accuracy:g} m" if ways and ways[0].accuracy >= 0 else "unknown"
        raise FileFormatError(
            f"From {crs.name} to WGS 84 places cannot be told within {COARSEST_M:g} m there (PROJ: {exact}).",
            about=about,
            mend=mend,
        )
    return ways[0]


def _bilinear(block: NDArray[np.float32], posts: NDArray[np.int64], shares: Floats) -> Floats:
    """Heights (n,) between posts (n, 2) and the next ones; a post without weight does not count."""
    heights = np.zeros(len(posts))
    for right in (0, 1):
        for down in (0, 1):
            across = shares[:, 0] if right else 1 - shares[:, 0]
            along = shares[:, 1] if down else 1 - shares[:, 1]
            weight = across * along
            corner = block[posts[:, 1] + down, posts[:, 0] + right]
            heights += np.where(weight > NO_WEIGHT, weight * corner, 0.0)
    return heights


def _linear(tile: Tile) -> Floats:
    a, b, _, d, e, _ = tile.transform
    return np.array([[a, b], [d, e]])


def _post(tile: Tile) -> Floats:
    """Where a tile's first post lies, in its reference system."""
    _, _, x, _, _, y = tile.transform
    return np.asarray(np.array([x, y]) + _linear(tile) @ np.array([0.5, 0.5]))


def _fits(tile: Tile, other: Tile) -> bool:
    """Whether two tiles lie on one lattice: steps agree to a thousandth of a pixel over the larger one."""
    if tile.crs != other.crs:
        return False
    most = max(tile.columns, tile.rows, other.columns, other.rows)
    back = np.linalg.inv(_linear(other))
    if np.abs(back @ _linear(tile) - np.eye(2)).max() * most > SAME_LATTICE:
        return False
    steps = back @ (_post(tile) - _post(other))
    return bool(np.abs(steps - np.round(steps)).max() <= SAME_LATTICE * (1 + np.abs(steps).max() / most))

"""GeoPackages and shapefiles as zones, through GDAL (pyogrio); any reference system that PROJ knows exactly enough."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import Transformer, TransformerGroup
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from planner.errors import FileFormatError, GeometryError
from planner.zones.attributes import zone_of
from planner.zones.file import Found
from planner.zones.rings import checked

LARGEST_TABLE_BYTES = 256 * 1024 * 1024
MOST_ROWS = 200_000

COARSEST_M = 3.0
"""A change of reference system that PROJ calls less exact than this is refused."""


def table_zones(path: Path, source: str) -> Iterator[Found]:
    """The zones of every layer with polygons.

    Raises ``FileFormatError`` or ``GeometryError`` with layer and feature.
    """
    left: dict[str, int] = {}
    for row in table_rows(path, source):
        if not isinstance(row.shape, Polygon | MultiPolygon):
            left[row.layer] = left.get(row.layer, 0) + 1
            continue
        yield zone_of(checked(row.shape, row.about), row.attributes, number=row.number, about=row.about)
    for layer, count in left.items():
        yield Found(None, (f"{layer}: {count} features that are no polygons were left out.",))


@dataclass(frozen=True, slots=True)
class Row:
    """A feature in WGS 84 degrees (None: it has no geometry); ``number`` counts over all layers, from 1."""

    number: int
    layer: str
    about: str
    shape: BaseGeometry | None
    attributes: dict[str, object]


def table_rows(path: Path, source: str) -> Iterator[Row]:
    """The features of every layer that has geometries.

    Raises ``FileFormatError`` or ``GeometryError`` with layer and feature.
    """
    import pyogrio  # noqa: PLC0415 - GDAL takes 0.1 s to load, and few plans read tables

    if path.stat().st_size > LARGEST_TABLE_BYTES:
        raise FileFormatError(f"The file is larger than {LARGEST_TABLE_BYTES // 2**20} MB.", about=source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except pyogrio.errors.DataSourceError as error:
        raise FileFormatError(f"It cannot be read: {_said(error)}.", about=source) from None
    number = 0
    for layer in layers:
        about = source if len(layers) == 1 else f"{source}, layer {layer!r}"
        for row in _layer(path, layer, about, number):
            number += 1
            yield row


def _layer(path: Path, layer: str, source: str, before: int) -> Iterator[Row]:
    import pyogrio  # noqa: PLC0415
    import pyogrio.raw  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            meta, fids, wkb, columns = pyogrio.raw.read(
                path, layer=layer, force_2d=True, return_fids=True, max_features=MOST_ROWS + 1, datetime_as_string=True
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise FileFormatError(f"It cannot be read: {_said(error)}.", about=source) from None
    except UnicodeDecodeError:
        raise FileFormatError("Its texts are in an unknown encoding.", about=source, mend="Save it as UTF-8.") from None
    if wkb is None or len(wkb) == 0:
        return
    if len(wkb) > MOST_ROWS:
        raise FileFormatError(f"It has more than {MOST_ROWS} features.", about=source)
    change = _to_wgs84(meta["crs"], source)
    for row, (fid, blob) in enumerate(zip(fids, wkb, strict=True)):
        about = f"{source}, feature {fid}"
        shape = _shape(blob, about)
        if change is not None and shape is not None:
            shape = shapely.transform(shape, change)
        attributes = {str(name): _value(column[row]) for name, column in zip(meta["fields"], columns, strict=True)}
        yield Row(before + row + 1, source, about, shape, attributes)


def _shape(blob: bytes | None, about: str) -> BaseGeometry | None:
    if blob is None:
        return None
    try:
        shape: BaseGeometry = shapely.from_wkb(blob)
    except shapely.errors.GEOSException as error:
        raise GeometryError(f"The geometry cannot be read: {_said(error)}.", about=about) from None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise GeometryError("The geometry holds numbers that are not finite.", about=about)
    return shape


class _Change:
    """From a reference system to WGS 84 longitudes and latitudes."""

    def __init__(self, transformer: Transformer, about: str) -> None:
        self._transformer = transformer
        self._about = about

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        try:
            lon, lat = self._transformer.transform(points[:, 0], points[:, 1], errcheck=True)
        except ProjError as error:
            raise GeometryError(f"A place cannot be turned into WGS 84: {_said(error)}.", about=self._about) from None
        return np.column_stack([lon, lat])


def _to_wgs84(name: str | None, about: str) -> _Change | None:
    """How to change coordinates; None where they are WGS 84. Raises ``FileFormatError`` for an unknown system."""
    mend = "Export it in WGS 84 (EPSG:4326), e.g. in QGIS: Export → Save Features As."
    if not name:
        raise FileFormatError("The file does not say its reference system.", about=about, mend=mend)
    try:
        crs = CRS.from_user_input(name)
    except CRSError:
        raise FileFormatError(f"The reference system {name[:60]!r} is not known.", about=about, mend=mend) from None
    target = CRS.from_epsg(4326)
    if crs.equals(target, ignore_axis_order=True):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ways = TransformerGroup(crs, target, always_xy=True).transformers
    if not ways or not 0 <= ways[0].accuracy <= COARSEST_M:
        exact = f"{ways[0].accuracy:g} m" if ways and ways[0].accuracy >= 0 else "unknown"
        raise FileFormatError(
            f"From {crs.name} to WGS 84 places cannot be told within {COARSEST_M:g} m (PROJ: {exact}).",
            about=about,
            mend=mend,
        )
    return _Change(ways[0], about)


def _value(value: object) -> object:
    """A cell as Python has it; None where it is empty."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def _said(error: Exception) -> str:
    return str(error).splitlines()[0][:160].rstrip(".")

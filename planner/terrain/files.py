"""Terrain files as they lie on disk: what each covers, and its posts in metres.

An ``.hgt`` file (also zipped) is a tile of SRTM, and its name says which: ``N43E076.hgt`` has its south-west corner at
43° N, 76° E. A GeoTIFF says itself where it lies, in any reference system that it names. Heights are taken as above
mean sea level, whichever geoid the data's makers used (EGM96 for SRTM, EGM2008 for Copernicus: about a metre apart).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDINGS = (".hgt", ".hgt.zip", ".tif", ".tiff")
SRTM_NAME = re.compile(r"[NS]\d{2}[EW]\d{3}", re.IGNORECASE)
SRTM_VOID = -32768.0

LOWEST_M, HIGHEST_M = -500.0, 9000.0
"""No land lies outside these heights: a number beyond them is a void that the file does not call one (-9999)."""

METRES_IN = {
    "": 1.0,
    "m": 1.0,
    "metre": 1.0,
    "meter": 1.0,
    "metres": 1.0,
    "meters": 1.0,
    "ft": 0.3048,
    "foot": 0.3048,
    "feet": 0.3048,
    "us survey foot": 1200 / 3937,
    "ftus": 1200 / 3937,
    "cm": 0.01,
    "dm": 0.1,
}
"""Units that a file may name for its heights; one that names none has metres."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One file: its reference system (WKT), where its pixels lie, and how its numbers become metres.

    ``transform`` (a, b, c, d, e, f): x = a·col + b·row + c, y = d·col + e·row + f, of a pixel's upper left corner.
    """

    path: Path
    crs: str
    transform: tuple[float, float, float, float, float, float]
    columns: int
    rows: int
    void: float | None
    factor: float
    offset_m: float

    def read(self, first_row: int, first_column: int, rows: int, columns: int) -> NDArray[np.float32]:
        """A window of heights in metres, NaN where the file has none. Raises ``FileFormatError``."""
        import rasterio  # noqa: PLC0415 (late: brings GDAL and click)
        from rasterio.windows import Window  # noqa: PLC0415

        try:
            with _opened(self.path) as source:
                numbers = source.read(1, window=Window(first_column, first_row, columns, rows))
        except rasterio.errors.RasterioError as error:
            raise FileFormatError(f"Its heights cannot be read: {_reason(error)}.", about=str(self.path)) from None
        heights = np.asarray(numbers, dtype=np.float64)
        unknown = ~np.isfinite(heights) | (heights == SRTM_VOID)
        if self.void is not None:
            unknown |= heights == self.void
        heights = heights * self.factor + self.offset_m
        heights[unknown | (heights < LOWEST_M) | (heights > HIGHEST_M)] = np.nan
        return heights.astype(np.float32)


def tile_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The terrain files that paths of files and folders name, each once. Raises ``InputError`` where there is none."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = [file for file in sorted(path.iterdir()) if file.is_file() and _is_terrain(file)]
            if not inside:
                raise InputError(
                    "There is no terrain file in it.", about=str(path), mend=f"Put files in it: {', '.join(ENDINGS)}."
                )
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
        else:
            raise InputError("There is no such terrain file or folder.", about=str(path))
    if not found:
        raise InputError("No terrain file is given.", mend="Name files or a folder, or ask for flat ground.")
    return tuple(found)


def read_tile(path: Path) -> Tile:
    """What a file says of itself; raises ``FileFormatError`` with the file and the reason."""
    import rasterio  # noqa: PLC0415

    about = str(path)
    if not _is_terrain(path):
        raise FileFormatError(f"This is no terrain file: known are {', '.join(ENDINGS)}.", about=about)
    if ".hgt" in path.name.lower() and not SRTM_NAME.match(path.name):
        raise FileFormatError(
            "The file's name does not say which tile it is.", about=about, mend="Name it as SRTM does: N43E076.hgt."
        )
    try:
        with _opened(path) as source:
            if source.crs is None or source.transform.is_identity:
                raise FileFormatError(
                    "The file does not say where it lies.", about=about, mend="Export it with its reference system."
                )
            if source.count != 1:
                raise FileFormatError(
                    f"It has {source.count} bands, so it is a picture; heights are one band.",
                    about=about,
                    mend="Give a digital elevation model.",
                )
            unit = (source.units[0] or "").strip().lower()
            if unit not in METRES_IN:
                raise FileFormatError(f'Its heights are in "{source.units[0]}", which is no known unit.', about=about)
            metres = METRES_IN[unit]
            return Tile(
                path=path,
                crs=source.crs.to_wkt(),
                transform=tuple(source.transform)[:6],
                columns=source.width,
                rows=source.height,
                void=source.nodata,
                factor=source.scales[0] * metres,
                offset_m=source.offsets[0] * metres,
            )
    except rasterio.errors.RasterioError as error:
        raise FileFormatError(f"This terrain file cannot be read: {_reason(error)}.", about=about) from None


def srtm_name(lon: float, lat: float) -> str:
    """The name of the SRTM tile that a place lies in: N43E076."""
    south, west = int(np.floor(lat)), int(np.floor(lon))
    return f"{'S' if south < 0 else 'N'}{abs(south):02d}{'W' if west < 0 else 'E'}{abs(west):03d}"


def _is_terrain(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _opened(path: Path) -> Any:
    import rasterio  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        return rasterio.open(path, driver="SRTMHGT" if ".hgt" in path.name.lower() else "GTiff")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

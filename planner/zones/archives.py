"""ZIP archives of zones (KMZ, zipped shapefile) with limits: what they unpack to is measured while it is read."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planner.errors import FileFormatError
from planner.geojson.text import LARGEST_FILE_BYTES

MOST_FILES = 2_000
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What Python's reader of archives raises for a damaged, encrypted or unknown one."""

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive at a path. Raises ``FileFormatError`` where it is none, is broken, or holds too many files."""
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise FileFormatError(f"The archive cannot be read: {error}.", about=str(path)) from None
    with archive:
        if len(archive.infolist()) > MOST_FILES:
            raise FileFormatError(f"The archive holds more than {MOST_FILES} files.", about=str(path))
        yield archive


def names_with(archive: zipfile.ZipFile, ending: str) -> list[str]:
    """The files in an archive with this ending, in any case, shortest path first."""
    names = (info.filename for info in archive.infolist())
    found = [name for name in names if name.lower().endswith(ending) and "__MACOSX" not in name]
    return sorted(found, key=lambda name: (name.count("/"), name.lower() != "doc.kml", name))


def content(archive: zipfile.ZipFile, name: str, about: str, most_bytes: int = LARGEST_FILE_BYTES) -> bytes:
    """A file of an archive. Raises ``FileFormatError`` where it unpacks to more than ``most_bytes``."""
    try:
        with archive.open(name) as file:
            data = file.read(most_bytes + 1)
    except BROKEN as error:
        raise FileFormatError(f"{name[:60]} cannot be unpacked: {error}.", about=about) from None
    if len(data) > most_bytes:
        raise FileFormatError(
            f"{name[:60]} unpacks to more than {most_bytes // 2**20} MB.", about=about, mend="Keep only what is needed."
        )
    return data


def unpack_shapefile(archive: zipfile.ZipFile, name: str, folder: Path, about: str) -> Path:
    """Put a shapefile's parts into a folder under a name of our own; raises ``FileFormatError`` for too much."""
    stem = name[: -len(".shp")].lower()
    for info in archive.infolist():
        for ending in SHAPEFILE_PARTS:
            if info.filename.lower() == stem + ending:
                (folder / f"zones{ending}").write_bytes(content(archive, info.filename, about))
    return folder / "zones.shp"

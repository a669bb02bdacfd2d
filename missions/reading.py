"""Texts of unknown origin, taken in with limits; numbers that are what MAVLink can carry."""

from __future__ import annotations

import codecs
import math
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from missions.commands import has_degrees, has_place, may_be_nan, name_of
from missions.items import Frame, MissionItem
from missions.storage import single
from missions.wire import to_e7
from planner.errors import FileFormatError
from planner.geojson.text import parse_json

LARGEST_FILE_BYTES = 32 * 1024 * 1024
LARGEST_TABLE_BYTES = 256 * 1024 * 1024
"""Of a GeoPackage or a shapefile, which are not read into memory as they are."""
MOST_ITEMS = 65_535
"""MAVLink counts a mission's items in 16 bits."""

MOST_LINES = 4_000_000
"""A plan of 65,535 items, each value on a line of its own and lines ended as on Windows, has about as many."""

MOST_BRACKETS = 1_000_000
"""A plan of 65,535 items has a fifth of them; each takes some 60 bytes of memory."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_LONGEST_NUMBER = 400

_PLACES = frozenset(frame.value for frame in Frame)


def read_bytes(path: Path | str, most: int = LARGEST_FILE_BYTES) -> bytes:
    """What a plain file holds. Raises ``FileFormatError`` where it cannot be read, is none, or is larger than that."""
    data = _read(path, most, most + 1)
    if len(data) > most:
        raise _too_large(str(path), most)
    return data


def read_head(path: Path | str) -> bytes:
    """How a plain file of up to 256 MB begins. Raises as ``read_bytes``."""
    return _read(path, LARGEST_TABLE_BYTES, 64)


def _read(path: Path | str, most: int, count: int) -> bytes:
    about = str(path)
    try:
        facts = Path(path).stat()
        if not stat.S_ISREG(facts.st_mode):
            raise FileFormatError("This is no plain file.", about=about, mend="Give a file.")
        if facts.st_size > most:
            raise _too_large(about, most)
        with Path(path).open("rb") as file:
            return file.read(count)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileFormatError(f"The file cannot be read: {reason}.", about=about, mend="Check the path.") from None


def _too_large(about: str, most: int) -> FileFormatError:
    return FileFormatError(f"The file is larger than {most // 2**20} MB.", about=about, mend="No mission is that long.")


def read_text(path: Path | str) -> str:
    """The text of a file; see ``decoded``. Raises ``FileFormatError`` also where it cannot be read or is too large."""
    return decoded(read_bytes(path), str(path))


def decoded(data: bytes, about: str) -> str:
    """UTF-8 without its byte order mark, or UTF-16 where a byte order mark says so (Windows' own editors write it).

    Raises ``FileFormatError`` with the line for any other encoding, and for an empty file.
    """
    encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(
            f"This is not {encoding.upper().removesuffix('-SIG')} text.",
            about=f"{about}, line {line}",
            mend="Save it as UTF-8.",
        ) from None
    if text.count("\n") + text.count("\r") > MOST_LINES:
        raise FileFormatError(f"There are more than {MOST_LINES:,} lines in it.", about=about, mend="Export it again.")
    if not text.strip():
        raise FileFormatError("The file is empty.", about=about, mend="Export it again.")
    return text


def parsed_json(text: str, source: str) -> object:
    """A JSON value with as many objects and lists as a mission may need. Raises ``FileFormatError``."""
    if text.count("{") + text.count("[") > MOST_BRACKETS:
        raise FileFormatError(f"There are more than {MOST_BRACKETS:,} objects and lists in it.", about=source)
    return parse_json(text, source)


def parse_number(text: str) -> float | None:
    """A decimal number, infinite where it is beyond a double, NaN for ``nan``; None for anything else."""
    if text.lower() in ("nan", "+nan", "-nan"):
        return math.nan
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text)


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as a file has it: ``params`` 1 to 7, with latitude and longitude in degrees where it has any."""

    command: int
    frame: int
    params: tuple[float, float, float, float, float, float, float]
    autocontinue: bool = True


def checked_item(raw: RawItem, about: str) -> MissionItem:
    """An item that MAVLink can carry. Raises ``FileFormatError`` about ``about`` for one it cannot.

    Numbers must fit into single precision; only a yaw may be NaN; a place must be on the globe and in a frame of the
    globe; without a place, parameters 5 and 6 must be whole.
    """
    name = name_of(raw.command)
    for index, value in enumerate(raw.params):
        _check_number(index, value, raw.command, about)
    p1, p2, p3, p4, x, y, z = raw.params
    if has_place(raw.command) and raw.frame not in _PLACES:
        raise FileFormatError(f"Frame {raw.frame} of a {name} is no frame of the globe (0, 3, 10 are).", about=about)
    if not has_degrees(raw.command, raw.frame):
        counts = _whole(x, 5, about), _whole(y, 6, about)
        return MissionItem(raw.command, raw.frame, (p1, p2, p3, p4), *counts, z, raw.autocontinue)
    if abs(x) > 90:
        swapped = " Are latitude and longitude swapped?" if abs(y) <= 90 and abs(x) <= 180 else ""
        raise FileFormatError(f"Latitude {x:g} is not between -90 and 90 degrees.{swapped}", about=about)
    if abs(y) > 180:
        raise FileFormatError(f"Longitude {y:g} is not between -180 and 180 degrees.", about=about)
    return MissionItem(raw.command, raw.frame, (p1, p2, p3, p4), to_e7(x), to_e7(y), z, raw.autocontinue)


def _check_number(index: int, value: float, command: int, about: str) -> None:
    what = f"Parameter {index + 1}"
    if math.isnan(value):
        if not may_be_nan(command, index):
            raise FileFormatError(f"{what} of a {name_of(command)} is not a number (NaN).", about=about)
    elif math.isinf(value) or math.isinf(single(value)):
        raise FileFormatError(f"{what} is infinite or too large for MAVLink.", about=about)


def _whole(value: float, parameter: int, about: str) -> int:
    if value != int(value) or abs(value) >= 2**31:
        raise FileFormatError(
            f"Parameter {parameter} of a command without a place must be a whole number below 2^31, not {value:g}.",
            about=about,
        )
    return int(value)

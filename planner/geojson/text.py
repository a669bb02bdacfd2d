"""Bytes of a file as strict JSON: what Python's reader lets through and a map must not is refused here."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NoReturn

from planner.errors import FileFormatError

LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""A million vertices with 15 digits each are 40 MB; beyond that it is a country, not a patrol."""

LONGEST_NUMBER = 400
"""Characters; Python would spend quadratic time on millions of digits."""


def read_json(path: Path) -> object:
    """The JSON value in a UTF-8 file (a byte order mark is allowed).

    Raises ``FileFormatError`` with line and column where the text is not JSON, and for what JSON readers commonly let
    through: NaN and Infinity, numbers beyond a double, a key that stands twice in an object, endless nesting.
    """
    return parse_json(_text(path), str(path))


def parse_json(text: str, source: str) -> object:
    """The JSON value of a text; ``source`` names it in errors. Raises ``FileFormatError``."""
    try:
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, source),
            parse_constant=lambda word: _refuse_constant(word, text, source),
            parse_float=lambda digits: _number(digits, text, source),
            parse_int=lambda digits: _whole(digits, text, source),
        )
    except json.JSONDecodeError as error:
        raise _not_json(error, text, source) from None
    except RecursionError:
        raise FileFormatError(
            "The brackets are nested too deeply.", about=source, mend="GeoJSON needs no more than ten levels."
        ) from None


def _text(path: Path) -> str:
    about = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileFormatError(f"The file cannot be read: {reason}.", about=about, mend="Check the path.") from None
    if len(data) > LARGEST_FILE_BYTES:
        raise FileFormatError(
            f"The file is larger than {LARGEST_FILE_BYTES // 2**20} MB.",
            about=about,
            mend="Keep only the features of this patrol, or simplify the outlines.",
        )
    _refuse_other_formats(data, about)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(
            f"Line {line} is not UTF-8 (byte {error.start}).", about=about, mend="Save the file as UTF-8."
        ) from None


def _refuse_other_formats(data: bytes, about: str) -> None:
    head = data[:512].lstrip()
    for start, what in (
        (b"PK\x03\x04", "a ZIP archive (KMZ, zipped shapefile)"),
        (b"\x1f\x8b", "compressed with gzip"),
        (b"\x00\x00\x27\x0a", "an ESRI shapefile"),
        (b"SQLite format 3\x00", "a GeoPackage"),
        (b"<", "XML (KML, GPX)"),
        (b"QGC WPL", "a mission, not areas"),
    ):
        if head.startswith(start):
            raise FileFormatError(
                f"The file is {what}, not GeoJSON.", about=about, mend="Export it as GeoJSON in WGS 84, e.g. from QGIS."
            )
    if not head:
        raise FileFormatError("The file is empty.", about=about, mend="Draw an area first.")


def _object(pairs: list[tuple[str, object]], source: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in pairs:
        if key in values:
            raise FileFormatError(
                f"The key {key[:80]!r} stands twice in one object.",
                about=source,
                mend="Remove one of them: readers disagree on which counts.",
            )
        values[key] = value
    return values


def _refuse_constant(word: str, text: str, source: str) -> NoReturn:
    raise FileFormatError(
        f"{word} is no number in JSON{_where(word, text)}.", about=source, mend="Give a finite number."
    )


def _number(digits: str, text: str, source: str) -> float:
    value = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if math.isinf(value):
        raise FileFormatError(
            f"The number {digits[:40]} is out of range{_where(digits, text)}.",
            about=source,
            mend="Give a finite number.",
        )
    return value


def _whole(digits: str, text: str, source: str) -> int | float:
    if len(digits) > 300:
        return _number(digits + "e999", text, source)
    return int(digits)


def _where(word: str, text: str) -> str:
    at = text.find(word)
    return f" (line {text.count(chr(10), 0, at) + 1})" if at >= 0 else ""


def _not_json(error: json.JSONDecodeError, text: str, source: str) -> FileFormatError:
    if text.startswith("\x1e") or (error.msg == "Extra data" and text[error.pos : error.pos + 1] in "{\x1e"):
        return FileFormatError(
            f"There is a second JSON text at line {error.lineno}, column {error.colno}.",
            about=source,
            mend="Put the features into one FeatureCollection (this looks like line-delimited GeoJSON).",
        )
    return FileFormatError(
        f"Not JSON at line {error.lineno}, column {error.colno}: {error.msg}.",
        about=source,
        mend="Correct the text there, or export the file again.",
    )

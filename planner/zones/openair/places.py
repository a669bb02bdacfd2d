"""Coordinates as OpenAir writes them: latitude and longitude in degrees, minutes and seconds, with their letters."""

from __future__ import annotations

import re

from planner.quantities import LonLat
from planner.zones.openair.lines import Line

_PACKED = re.compile(r"(?P<d>\d{2,3})(?P<m>\d\d)(?P<s>\d\d(\.\d+)?)")
_HALF = r"(?P<{0}>\d[\d:.\s]*?)\s*(?P<{0}_sign>[{1}])"
_PLACE = re.compile(_HALF.format("lat", "NS") + r"\s*,?\s*" + _HALF.format("lon", "EW"), re.IGNORECASE | re.ASCII)
_USUAL = re.compile(r"(\d{1,2}):(\d\d):(\d\d(?:\.\d+)?) ?([NS]) +(\d{1,3}):(\d\d):(\d\d(?:\.\d+)?) ?([EW])", re.ASCII)
"""How nearly all files write a place; others are read part by part, which takes longer and tells what is wrong."""

MEND = 'Write for example "52:07:36 N 013:23:34 E".'


def place_from(words: str, line: Line) -> LonLat:
    """A place from "52:07:36 N 013:23:34 E", "52:07.6N 013:23.567E", "52.1267 N 13.3928 E" or "520736N 0132334E".

    Raises ``FileFormatError`` with the line.
    """
    usual = _USUAL.fullmatch(words)
    if usual is not None:
        d, m, s, north, e, n, t, east = usual.groups()
        lat, lon = (int(d) + int(m) / 60 + float(s) / 3600), (int(e) + int(n) / 60 + float(t) / 3600)
        if int(m) < 60 and float(s) < 60 and int(n) < 60 and float(t) < 60 and lat <= 90 and lon <= 180:
            return LonLat(-lon if east == "W" else lon, -lat if north == "S" else lat)
    found = _PLACE.fullmatch(words.strip())
    if found is None:
        raise line.wrong(f"{words.strip()[:60]!r} is no place.", MEND)
    lat = _degrees(found["lat"], 90, line) * (-1 if found["lat_sign"] in "Ss" else 1)
    lon = _degrees(found["lon"], 180, line) * (-1 if found["lon_sign"] in "Ww" else 1)
    return LonLat(lon, lat)


def _degrees(text: str, most: float, line: Line) -> float:
    """Degrees from whole or decimal degrees, minutes and seconds; minutes and seconds are below 60."""
    text = text.strip()
    packed = _PACKED.fullmatch(text)
    words = [packed["d"], packed["m"], packed["s"]] if packed else re.split(r"[:\s]+", text)
    try:
        parts = [float(word) for word in words]
    except ValueError:
        raise line.wrong(f"{text[:30]!r} is no angle.", MEND) from None
    if len(parts) > 3 or any("." in word for word in words[:-1]):
        raise line.wrong(f"{text[:30]!r} is no angle.", MEND)
    for value, name in zip(parts[1:], ("minutes", "seconds"), strict=False):
        if value >= 60:
            raise line.wrong(f"{value:g} {name} are no part of an angle: they are below 60.", MEND)
    degrees = sum((value / float(60**power) for power, value in enumerate(parts)), 0.0)
    if degrees > most:
        raise line.wrong(f"{text[:30]} is beyond {most:g} degrees.", MEND)
    return degrees

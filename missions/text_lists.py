"""Mission Planner's lists of places: ``.poly`` (an outline), ``.fen`` (an old fence), ``.ral`` (old rally points).

Lines of latitude and longitude in degrees with blanks or tabs between them; lines that begin with ``#`` are comments.
A fence's first place is where a plane returns to, and its outline's first corner stands again at its end. A rally
point is ``RALLY``, latitude, longitude, altitude above home, then break altitude, landing direction and flags.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from missions.items import Fence, FencePolygon, RallyPoint
from missions.reading import MOST_ITEMS, parse_number
from missions.wire import from_e7, to_e7, written_degrees
from planner.errors import FileFormatError
from planner.quantities import LonLat

_MEND = "Correct the line, or export the file again."
_RALLY = "RALLY"


def parse_poly(text: str, source: str) -> tuple[LonLat, ...]:
    """The corners of an outline, not closed. Raises ``FileFormatError`` with the line."""
    return _corners(list(_places(text, source)), source)


def parse_fen(text: str, source: str) -> Fence:
    """An old fence: one outline to stay inside, and a return point. Raises ``FileFormatError`` with the line."""
    places = list(_places(text, source))
    if not places:
        raise FileFormatError("There is no return point in it.", about=source, mend=_MEND)
    return Fence((FencePolygon(_corners(places[1:], source), inclusion=True),), return_point=places[0])


def parse_ral(text: str, source: str) -> tuple[tuple[RallyPoint, ...], tuple[str, ...]]:
    """Old rally points, and sentences on what of them is not taken in.

    Raises ``FileFormatError`` with the line.
    """
    points, notes = [], []
    for about, columns in _lines(text, source):
        if columns[0].upper() != _RALLY or len(columns) != 7:
            raise FileFormatError(f"A rally point is {_RALLY} and 6 numbers.", about=about, mend=_MEND)
        lat, lon, altitude, break_m, direction, flags = (_number(column, about) for column in columns[1:])
        points.append(RallyPoint(_place(lat, lon, about), altitude))
        if break_m or direction or flags:
            notes.append(f"{about}: Break altitude, landing direction and flags of a rally point are left out.")
    return tuple(points), tuple(notes)


def parse_places(text: str, source: str) -> tuple[LonLat, ...]:
    """Places in their order, of lines that may have commas between their numbers and more numbers behind them."""
    return tuple(_places(text.replace(",", " "), source, most=8))


def looks_like_places(text: str) -> bool:
    """Whether the first line that is no comment begins with two numbers."""
    for _, columns in _lines(text[:4096].replace(",", " "), ""):
        return len(columns) >= 2 and all(parse_number(column) is not None for column in columns[:2])
    return False


def looks_like_rally(text: str) -> bool:
    """Whether the first line that is no comment is an old rally point."""
    return next((columns[0].upper() == _RALLY for _, columns in _lines(text[:4096], "")), False)


def format_poly(corners: Sequence[LonLat]) -> str:
    """The text of an outline, closed."""
    return "#saved by Qyran\n" + "".join(f"{_pair(place)}\n" for place in (*corners, corners[0]))


def format_fen(fence: Fence, source: str) -> str:
    """The text of an old fence. Raises ``FileFormatError`` for one without exactly one inclusion and a return point."""
    inclusions = [polygon for polygon in fence.polygons if polygon.inclusion]
    if len(inclusions) != 1 or fence.return_point is None:
        raise FileFormatError(
            f"Such a fence has one outline to stay inside and a return point; this one has {len(inclusions)} and "
            f"{'no' if fence.return_point is None else 'a'} return point.",
            about=source,
            mend="Write a .fence: Mission Planner and MAVProxy read it too.",
        )
    corners = inclusions[0].vertices
    return "#saved by Qyran\n" + "".join(f"{_pair(place)}\n" for place in (fence.return_point, *corners, corners[0]))


def format_ral(points: Sequence[RallyPoint]) -> str:
    """The text of old rally points."""
    rows = (f"{_RALLY} {_pair(point.position, chr(9))}\t{point.altitude_home_m!r}\t0\t0\t0\n" for point in points)
    return "#saved by Qyran\n" + "".join(rows)


def _pair(place: LonLat, between: str = " ") -> str:
    lat, lon = (written_degrees(to_e7(degrees)) for degrees in (place.lat, place.lon))
    return f"{lat:.9f}{between}{lon:.9f}"


def _lines(text: str, source: str) -> Iterator[tuple[str, list[str]]]:
    """Where each line is, and its columns."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield f"{source}, line {number}", line.split()


def _places(text: str, source: str, most: int = 2) -> Iterator[LonLat]:
    for count, (about, columns) in enumerate(_lines(text, source)):
        if not 2 <= len(columns) <= most:
            raise FileFormatError(
                f"A place is a latitude and a longitude, and this line has {len(columns)} columns.",
                about=about,
                mend=_MEND,
            )
        if count == MOST_ITEMS:
            raise FileFormatError(f"There are more than {MOST_ITEMS} places.", about=about)
        yield _place(_number(columns[0], about), _number(columns[1], about), about)


def _corners(places: list[LonLat], source: str) -> tuple[LonLat, ...]:
    if len(places) > 1 and places[0] == places[-1]:
        places = places[:-1]
    if len(places) < 3:
        raise FileFormatError(f"An outline has three corners or more, not {len(places)}.", about=source, mend=_MEND)
    return tuple(places)


def _number(text: str, about: str) -> float:
    value = parse_number(text)
    if value is None or not abs(value) < 1e9:
        raise FileFormatError(f"“{text[:40]}” is no number that a place may have.", about=about, mend=_MEND)
    return value


def _place(lat: float, lon: float, about: str) -> LonLat:
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        swapped = " Are latitude and longitude swapped?" if abs(lon) <= 90 and abs(lat) <= 180 else ""
        raise FileFormatError(f"Latitude {lat:g}, longitude {lon:g} is no place.{swapped}", about=about, mend=_MEND)
    return LonLat(from_e7(to_e7(lon)), from_e7(to_e7(lat)))

"""A polygon with attributes of any origin (KML, GeoPackage, shapefile, foreign GeoJSON) as a zone.

Attributes that count, in any case: ``kind`` (one of ours; else it is airspace), ``id`` or ``identifier``, ``name``,
``class``, ``category`` or ``type``, ``floor`` and ``ceiling`` (or ``lower``, ``upper``, also with ``_limit``) with unit
and reference, ``start_time`` and ``end_time`` with a time zone. A height or time that is there and does not say what it
is measured from is not guessed: the zone is held at all heights, at all times, and that is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from shapely import MultiPolygon, Polygon

from planner.errors import SettingError
from planner.hours import ALWAYS, Hours, Period, moment_from
from planner.quantities import Altitude
from planner.site import Zone, ZoneKind
from planner.zones.file import Found, tidy
from planner.zones.heights import Side, height_from

NAMES = ("name", "title", "label")
IDS = ("id", "identifier", "ident")
CATEGORIES = ("category", "class", "type")
FLOORS = ("floor", "lower", "lower_limit", "lowerlimit", "minimum_altitude")
CEILINGS = ("ceiling", "upper", "upper_limit", "upperlimit", "maximum_altitude")
STARTS = ("start_time", "starttime", "startdatetime", "valid_from")
ENDS = ("end_time", "endtime", "enddatetime", "valid_to")

_KINDS = {kind.value: kind for kind in ZoneKind}


def zone_of(
    shape: Polygon | MultiPolygon, attributes: Mapping[str, object], *, number: int, about: str, name: str = ""
) -> Found:
    """The zone, and what of its attributes was not understood."""
    given = {key.lower().strip(): value for key, value in attributes.items() if value is not None}
    notes: list[str] = []
    kind = _KINDS.get(tidy(given.get("kind")).lower(), ZoneKind.AIRSPACE)
    floor, ceiling = _bounds(given, notes)
    zone = Zone(
        id=_first(given, IDS) or f"{kind.value}-{number}",
        kind=kind,
        shape=shape,
        name=name or _first(given, NAMES),
        floor=floor,
        ceiling=ceiling,
        hours=_hours(given, notes),
        category=_first(given, CATEGORIES),
    )
    return Found(zone, tuple(f"{about}: {note}" for note in notes))


def _first(given: Mapping[str, object], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := tidy(given.get(key)))), "")


def _bounds(given: Mapping[str, object], notes: list[str]) -> tuple[Altitude | None, Altitude | None]:
    """Floor and ceiling; both unknown where either is not understood, or they contradict one another."""
    words = [_first(given, FLOORS), _first(given, CEILINGS)]
    try:
        floor, ceiling = (height_from(word) if word else None for word in words)
    except SettingError as error:
        notes.append(f"{error.sentence} The zone is held at all heights.")
        return None, None
    if words[0] and floor is None:
        notes.append(f"The floor {words[0]!r} is no floor. The zone is held at all heights.")
        return None, None
    if floor is not None and ceiling is not None and floor.is_above(ceiling):
        notes.append(f"The floor ({words[0]}) lies above the ceiling ({words[1]}). The zone is held at all heights.")
        return None, None
    return (
        None if floor is None else floor.bound(Side.FLOOR),
        None if ceiling is None else ceiling.bound(Side.CEILING),
    )


def _hours(given: Mapping[str, object], notes: list[str]) -> Hours:
    words = [_first(given, STARTS), _first(given, ENDS)]
    if not any(words):
        return ALWAYS
    try:
        start, end = (moment_from(word) if word else None for word in words)
        return Hours((Period(start, end),))
    except SettingError as error:
        notes.append(f"{error.sentence} The zone is held at all times.")
        return ALWAYS

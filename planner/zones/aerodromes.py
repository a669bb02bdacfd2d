"""Aerodromes from public lists, and rules such as "within 5 km of an aerodrome at most 50 m above ground" as zones.

A rule file is TOML: ``[[rule]]`` with ``within_km`` and ``highest`` (``"GND"`` where nothing may fly), and aerodromes
from CSV files beside it (``aerodromes``, ``runways``) or written into it (``[[aerodrome]]``). Distances count from the
reference point and from every runway. A file that does not say ``verified = true`` is told to be unverified.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from planner.errors import FileFormatError, SettingError
from planner.quantities import FEET_PER_METRE, Altitude, LonLat
from planner.site import Zone, ZoneKind
from planner.zones.circles import LARGEST_RADIUS_M, band, circle
from planner.zones.file import Found, tidy
from planner.zones.heights import Datum, Side, height_from
from planner.zones.json_path import Node

LARGEST_LIST_BYTES = 64 * 1024 * 1024
CATEGORY = "AERODROME RULE"

_RULE = re.compile(r"^\s*\[\[\s*rule\s*\]\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Aerodrome:
    """A place where manned aircraft land; ``elevation_m`` above mean sea level, None where unknown."""

    ident: str
    name: str
    position: LonLat
    elevation_m: float | None = None
    kind: str = ""
    runways: tuple[tuple[LonLat, LonLat], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Within ``within_m`` of an aerodrome nobody flies above ``highest`` (None: not at all).

    ``kinds``: only for these kinds of aerodromes; empty: for all, and for those whose kind is not known.
    """

    within_m: float
    highest: Altitude | None
    kinds: frozenset[str] = frozenset()

    def zone(self, aerodrome: Aerodrome) -> Zone | None:
        """The airspace that the rule bars around an aerodrome; None where the rule is not for its kind."""
        if self.kinds and aerodrome.kind and aerodrome.kind not in self.kinds:
            return None
        allowed = f"at most {self.highest}" if self.highest is not None else "no flight"
        return Zone(
            id=f"{aerodrome.ident}-{self.within_m / 1000:g}km",
            kind=ZoneKind.AIRSPACE,
            shape=around(aerodrome, self.within_m),
            name=tidy(f"{aerodrome.name or aerodrome.ident} ({aerodrome.ident}): {allowed} within {self._far}"),
            floor=self.highest,
            category=CATEGORY,
        )

    @property
    def _far(self) -> str:
        return f"{self.within_m / 1000:g} km"


def around(aerodrome: Aerodrome, within_m: float) -> Polygon | MultiPolygon:
    """What lies within a distance of an aerodrome's reference point or of any of its runways."""
    about = f"aerodrome {aerodrome.ident}"
    parts: list[Polygon | MultiPolygon] = [circle(aerodrome.position, within_m, about)]
    parts += [band(np.array(ends), within_m, about) for ends in aerodrome.runways if ends[0] != ends[1]]
    whole = shapely.union_all(parts)
    return whole if isinstance(whole, Polygon | MultiPolygon) else parts[0]


def is_rules(text: str) -> bool:
    """Whether a text is a file of aerodrome rules."""
    return _RULE.search(text) is not None


def rule_zones(text: str, path: Path) -> Iterator[Found]:
    """The zones that the rules in a file make. Raises ``FileFormatError`` with key, or with file and line of a list."""
    try:
        root = Node(tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as error:
        raise FileFormatError(f"Not TOML: {error}.", about=str(path)) from None
    _known(root, {"name", "source", "verified", "aerodromes", "runways", "rule", "aerodrome"})
    rules = [_rule(node) for node in root["rule"]]
    aerodromes, notes = _aerodromes(root, path.parent)
    if not aerodromes:
        raise root.wrong(
            "The rules name no aerodrome.", 'Give aerodromes = ["airports.csv"], or [[aerodrome]] with ident, lat, lon.'
        )
    if root["verified"].value is not True:
        notes.append(f"{path}: These rules are marked as unverified; ask the aviation authority what holds.")
    yield Found(None, tuple(notes))
    for aerodrome in aerodromes:
        yield from (Found(zone) for rule in rules if (zone := rule.zone(aerodrome)) is not None)


def read_aerodromes(path: Path | str) -> tuple[Aerodrome, ...]:
    """The aerodromes of a CSV as airportsdata or OurAirports (airports.csv) make it; elevations there are in feet.

    Raises ``FileFormatError`` with the line.
    """
    found = []
    for row, node in _rows(Path(path)):
        if {"latitude_deg", "longitude_deg", "ident"} <= set(row):
            ident, lat, lon, feet = node["ident"], node["latitude_deg"], node["longitude_deg"], node["elevation_ft"]
        elif {"lat", "lon", "icao"} <= set(row):
            ident, lat, lon, feet = node.first("icao", "iata", "lid"), node["lat"], node["lon"], node["elevation"]
        else:
            raise node.wrong(
                "The columns are not those of a list of aerodromes.", "Known: airportsdata, OurAirports airports.csv."
            )
        kind = row.get("type") or ""
        if kind == "closed":
            continue
        found.append(
            Aerodrome(
                tidy(ident.text()),
                tidy(row.get("name")),
                LonLat(_within(lon, 180), _within(lat, 90)),
                None if feet.missing else feet.number() / FEET_PER_METRE,
                kind,
            )
        )
    return tuple(found)


def read_runways(path: Path | str) -> dict[str, tuple[tuple[LonLat, LonLat], ...]]:
    """Both ends of each runway by aerodrome, from OurAirports runways.csv; runways without places are left out.

    Raises ``FileFormatError`` with the line.
    """
    found: dict[str, tuple[tuple[LonLat, LonLat], ...]] = {}
    for row, node in _rows(Path(path)):
        keys = [f"{end}_{axis}_deg" for end in ("le", "he") for axis in ("longitude", "latitude")]
        if not {"airport_ident", *keys} <= set(row):
            raise node.wrong("The columns are not those of a list of runways.", "Known: OurAirports runways.csv.")
        if row.get("closed") == "1" or any(node[key].missing for key in keys):
            continue
        le_lon, le_lat, he_lon, he_lat = (_within(node[key], 90 if "lat" in key else 180) for key in keys)
        ident = tidy(node["airport_ident"].text())
        found[ident] = (*found.get(ident, ()), (LonLat(le_lon, le_lat), LonLat(he_lon, he_lat)))
    return found


def _aerodromes(root: Node, folder: Path) -> tuple[list[Aerodrome], list[str]]:
    """All aerodromes of a rule file, with their runways; one of which only runways are known lies amid them."""
    found: dict[str, Aerodrome] = {}
    for node in _list(root["aerodromes"]):
        found |= {one.ident: one for one in read_aerodromes(folder / node.text())}
    for node in _list(root["aerodrome"]):
        _known(node, {"ident", "name", "lat", "lon"})
        name = "" if node["name"].missing else tidy(node["name"].text())
        place = LonLat(_within(node["lon"], 180), _within(node["lat"], 90))
        found[tidy(node["ident"].text())] = Aerodrome(tidy(node["ident"].text()), name, place)
    notes = []
    for node in _list(root["runways"]):
        lone = 0
        for ident, runways in read_runways(folder / node.text()).items():
            if ident not in found:
                lone += 1
                (west, south), (east, north) = runways[0]
                found[ident] = Aerodrome(ident, "", LonLat((west + east) / 2, (south + north) / 2))
            found[ident] = replace(found[ident], runways=(*found[ident].runways, *runways))
        if lone:
            notes.append(f"{node.about}: {lone} aerodromes are known by their runways only.")
    return list(found.values()), notes


def _rule(node: Node) -> Rule:
    _known(node, {"within_km", "highest", "types"})
    within_m = node["within_km"].number() * 1000
    if not 0 < within_m <= LARGEST_RADIUS_M:
        raise node["within_km"].wrong(f"within_km must be above 0 and at most {LARGEST_RADIUS_M / 1000:g}.")
    try:
        height = height_from(node["highest"].text())
    except SettingError as error:
        raise node["highest"].wrong(error.sentence, error.mend) from None
    if height is None or height.datum is not Datum.GROUND or height.metres < 0:
        raise node["highest"].wrong("A rule's highest is above ground.", 'Write "50 m AGL", or "GND" for no flight.')
    kinds = frozenset(one.text() for one in _list(node["types"]))
    return Rule(within_m, height.bound(Side.FLOOR), kinds)


def _rows(path: Path) -> Iterator[tuple[Mapping[str, str | None], Node]]:
    """The rows of a CSV, each with a node whose faults name file and line."""
    try:
        if path.stat().st_size > LARGEST_LIST_BYTES:
            raise FileFormatError("The list is too large.", about=str(path))
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                yield row, Node(row, f"{path}, line {reader.line_num}")
    except OSError as error:
        raise FileFormatError(f"The file cannot be read: {error.strerror}.", about=str(path)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"Not a CSV file in UTF-8: {error}.", about=str(path)) from None


def _list(node: Node) -> Iterable[Node]:
    return () if node.missing else node


def _known(node: Node, keys: set[str]) -> None:
    for key in node.mapping():
        if key not in keys:
            raise node.wrong(f"There is no such setting: {key[:40]}.", f"Known here: {', '.join(sorted(keys))}.")


def _within(node: Node, most: float) -> float:
    value = node.number()
    if abs(value) > most:
        raise node.wrong(f"{value:g} is beyond {most:g} degrees.")
    return value

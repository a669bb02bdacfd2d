"""Only what matters of many zones: those near the work, cut to its surroundings, at the hours of the patrol.

A country's airspace has thousands of zones with thousands of corners; a patrol looks at the few around it. Cutting must
never open a way: where a zone is cut, a wall as wide as ``WALL_M`` stands around the surroundings, so that no route
goes where zones were not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from planner.geodesy import span_of
from planner.patrol import Patrol
from planner.site import Site, Zone, ZoneKind
from planner.zones.file import with_own_ids

REACH_M = 10_000.0
"""How far around the work zones are looked at."""

WALL_M = 500.0
WALL_ID = "beyond-the-surroundings"

_METRES_PER_DEGREE = 110_574.0
"""Of latitude at the equator, where it is least: reaches are never too short."""


def with_zones(site: Site, zones: Iterable[Zone]) -> Site:
    """The site with further zones, each with an id of its own."""
    things = (*site.watched, *site.zones, *site.launches, *site.safe_points)
    fresh = with_own_ids(zones, taken=(thing.id for thing in things))
    return replace(site, zones=(*site.zones, *fresh)) if fresh else site


def for_patrol(patrol: Patrol, flown: BaseGeometry) -> Patrol:
    """The patrol with only those zones that matter to it; ``flown`` is all that its routes may want, in WGS 84 degrees.

    The same patrol where all do. Zones that do not hold at its hours are kept as ``site.resting``; where it does not
    say its hours, all hold.
    """
    site = near_work(patrol.site, flown)
    if patrol.starts is not None:
        start, end = patrol.starts, patrol.ends
        resting = [zone for zone in site.zones if not zone.hours.applies_during(start, end)]
        if resting:
            holding = tuple(zone for zone in site.zones if zone not in resting)
            site = replace(site, zones=holding, resting=(*site.resting, *resting))
    return patrol if site is patrol.site else replace(patrol, site=site)


def near_work(site: Site, flown: BaseGeometry | None = None, *, reach_m: float = REACH_M) -> Site:
    """The site with only those zones that come within ``reach_m`` of its extent and of what is ``flown``.

    Zones that reach further are cut there. The same site where there is nothing to leave out or cut.
    """
    if not site.zones:
        return site
    work = site.extent if flown is None else shapely.GeometryCollection([site.extent, flown])
    if work.is_empty:
        return site
    box = _around(work, reach_m)
    shapes = np.array([zone.shape for zone in site.zones], dtype=object)
    tree = shapely.STRtree(shapes)
    near = set(tree.query(box, predicate="intersects").tolist())
    whole = set(tree.query(box, predicate="covers").tolist())
    if len(whole) == len(shapes):
        return site
    zones, cut = [], False
    for number, zone in enumerate(site.zones):
        if zone.kind is ZoneKind.KEEP_IN or number in whole:
            zones.append(zone)
        elif number in near and (part := _polygons(zone.shape.intersection(box))) is not None:
            zones.append(replace(zone, shape=part))
            cut = cut or zone.kind.forbids_entry
    if cut:
        wall = _polygons(_around(box, WALL_M).difference(box))
        assert wall is not None
        name = f"more than {reach_m / 1000:g} km from the work"
        zones += with_own_ids([Zone(WALL_ID, ZoneKind.AIRSPACE, wall, name)], taken=(zone.id for zone in zones))
    return replace(site, zones=tuple(zones))


def _around(shape: BaseGeometry, reach_m: float) -> Polygon | MultiPolygon:
    """A box in degrees that reaches at least so far beyond a geometry's bounds; cut at the antimeridian."""
    west, south, east, north = span_of(shape)
    up = reach_m / _METRES_PER_DEGREE
    farthest = min(max(abs(south), abs(north)) + up, 89.0)
    aside = up / math.cos(math.radians(farthest))
    south, north = max(south - up, -90.0), min(north + up, 90.0)
    west, east = west - aside, east + aside
    if east - west >= 360:
        return shapely.box(-180, south, 180, north)
    if west < -180 or east > 180:
        west, east = (west + 360, east) if west < -180 else (west, east - 360)
        return MultiPolygon([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
    return shapely.box(west, south, east, north)


def _polygons(shape: BaseGeometry) -> Polygon | MultiPolygon | None:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def without_cleared(zones: Iterable[Zone], cleared: Iterable[str]) -> tuple[tuple[Zone, ...], tuple[str, ...]]:
    """The zones that a patrol has no clearance for, and a sentence for each clearance.

    A clearance is a zone's id, or its category, or a word of that ("G", "TMA"); capitals do not matter.
    """
    left, notes = tuple(zones), []
    for word in dict.fromkeys(cleared):
        hit = [zone for zone in left if _is_meant(zone, word.casefold())]
        left = tuple(zone for zone in left if zone not in hit)
        names = ", ".join(repr(zone.label) for zone in hit[:5]) + (f" and {len(hit) - 5} more" if len(hit) > 5 else "")
        notes.append(f"Cleared by {word!r}: {names}." if hit else f"The clearance {word!r} fits no zone.")
    return left, tuple(notes)


def _is_meant(zone: Zone, word: str) -> bool:
    category = zone.category.casefold()
    return word in (zone.id.casefold(), category, *category.split())

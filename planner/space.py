"""Where a patrol may fly and what it has to watch, in local metres.

Where the user drew a keep-in zone, the drone may fly in it, ``border_margin_m`` inside its border. Where nobody drew
one, the border is derived: the areas, and corridors that join the launch and the areas' parts; the vehicle's fence
then stands ``FENCE_ROOM_M`` further out. Keep-out zones and airspace that reach the flown heights are cut out with
``zone_margin_m``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.heights import barring_zones, stands_in_climb
from planner.paths import FreeSpace
from planner.patrol import Limits, Patrol
from planner.patterns import Sweep
from planner.patterns.lay import Errand, errands
from planner.patterns.pattern import drawn as drawn_for
from planner.quantities import Altitude
from planner.site import Launch, Site, Zone, ZoneKind
from planner.terrain.levels import Levels

Region = Polygon | MultiPolygon

LOOK_STEPS = 20
LOOK_ROOM_M = 0.5
"""How a reach over terrain is sought: it grows until what lies within it needs no more."""

INSET_M = 0.05
"""Routes keep this far inside every border, so that rounding to 1e-7° (0.6 cm) never takes them across."""

WAY_ROOM_M = 3.0
"""How far a derived border lies beside the ways that a pattern wants."""

CORRIDOR_M = 0.4
"""Half the width of what a route may use of a corridor."""

FENCE_ROOM_M = 20.0
"""How far the fence of a derived keep-in stands outside what may be flown.

This is the one place that says so: a mission's fence is this keep-in, simplified outwards where it has many corners.
ArduPilot brakes from 10 m/s within 20 m (2.5 m/s²), so a breach is noticed and stopped about as far out again.
"""

FENCE_CORRIDOR_M = 25.0
"""Half the width of a corridor's fence."""

SLIVER_M2 = 1.0
"""Smaller parts left over by cutting are no places to fly to."""

SEEN_SHARE = 0.45
"""What lies within this share of a swath from where the camera may be can surely be seen; half would leave no play."""

ROUND_SEGMENTS = 8
ROUND_SHARE = math.cos(math.pi / 4 / ROUND_SEGMENTS)
"""A round border drawn with that many sides a quarter lies inside the true one by this share."""

TOUCH_M = 0.02
"""A launch this little outside a border is on it: two units of the last digit that a vehicle is told."""


@dataclass(frozen=True, slots=True)
class FlightSpace:
    """Where to fly and what to watch; polygons in local metres.

    ``space``: where routes may be. ``border``: what no route may leave (the drawn keep-in zone, or the areas and
    corridors where it was ``derived``). ``keep_in``: the vehicle's fence. ``barred``: zones not to be entered, without
    margin. ``watched``: areas less ``barred`` and what cannot be seen without seeing a no-look zone. ``blind``: where
    the camera must be off so that its picture stays clear of no-look zones. ``measured``: whether the share of
    ``watched`` that is seen says anything.
    """

    space: Region
    border: Region
    keep_in: Region
    derived: bool
    barred: Region
    watched: Region
    blind: Region
    measured: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What a pattern needs of the ground, polygons in local metres.

    ``flown``: what its ways lie in, of which a border is derived where nobody drew one. ``watched``: what is to be
    seen, None where the pattern has no such figure. ``parts``: the things drawn for it, each with a word for it.
    ``whole``: a derived fence has no hole in what the ways go around; the straight way home may lie across it.
    """

    flown: Region
    watched: Region | None
    parts: tuple[tuple[str, Region], ...]
    whole: bool = False

    @classmethod
    def of_areas(cls, site: Site, frame: LocalFrame) -> Ground:
        """All areas, to be seen wholly."""
        shapes = [(f"area {area.label!r}", _local(area.shape, frame)) for area in site.areas]
        whole = polygons(shapely.union_all([shape for _, shape in shapes]))
        return cls(whole, whole, tuple(shapes))


def flight_space(
    site: Site,
    frame: LocalFrame,
    limits: Limits,
    altitude: Altitude,
    launch: Launch,
    *,
    return_altitude_m: float = 0.0,
    swath_m: float = 0.0,
    look_m: float = 0.0,
    ground: Ground | None = None,
    levels: Levels | None = None,
) -> FlightSpace:
    """The space for one launch; ``look_m`` is how far from below the drone a picture reaches, corners included.

    ``ground`` None: all areas are to be seen. ``levels``: heights over terrain, where it is known.

    Raises ``PlanError`` where the launch is in a keep-out zone or outside the keep-in zone, where an area lies outside
    the keep-in zone, and where nothing is left to watch or no way leads to it.
    """
    zones = barring_zones(site, altitude, return_altitude_m, levels)
    start = Point(frame.point_to_local(launch.position))
    entered = [
        zone for zone in site.zones if zone.kind.forbids_entry and stands_in_climb(zone, altitude, levels, launch)
    ]
    _refuse_launch_in_zone(zones, entered, frame, launch, start=start, margin_m=limits.zone_margin_m)
    ground = ground or Ground.of_areas(site, frame)
    areas = ground.flown
    barred = polygons(shapely.union_all([_local(zone.shape, frame) for zone in zones]))
    cut = _grown(barred, limits.zone_margin_m + INSET_M)
    no_look = polygons(shapely.union_all([_local(zone.shape, frame) for zone in site.of_kind(ZoneKind.NO_LOOK)]))
    blind = no_look if no_look.is_empty else polygons(no_look.buffer(look_m / ROUND_SHARE, quad_segs=ROUND_SEGMENTS))
    if ground.watched is None:
        watched = areas
    else:
        watched = polygons(ground.watched.difference(barred).difference(no_look))
        _refuse_nothing(watched)
    drawn = [_local(zone.shape, frame) for zone in site.of_kind(ZoneKind.KEEP_IN)]
    border = polygons(shapely.union_all(drawn)) if drawn else areas
    if drawn:
        _refuse_outside(ground, border, launch, start)
    body = polygons(_inside(border, limits, drawn=bool(drawn)).difference(cut), SLIVER_M2)
    wide = [border, start.buffer(2 * TOUCH_M)] if drawn else [areas, start, barred]
    around = shapely.union_all(wide) if drawn else shapely.union_all(wide).convex_hull.buffer(100.0)
    ways = _joining_ways(start, body, FreeSpace(polygons(around.difference(cut))), launch)
    corridors = shapely.union_all([way.buffer(CORRIDOR_M) for way in ways]).intersection(around).difference(cut)
    space = _part_of(polygons(shapely.union_all([body, corridors])), start)
    if drawn:
        keep_in = border
    else:
        border = polygons(shapely.union_all([areas, *(way.buffer(CORRIDOR_M) for way in ways)]))
        fences = [way.buffer(FENCE_CORRIDOR_M) for way in ways]
        fences += [way.buffer(FENCE_CORRIDOR_M) for way in _ways_to_safe_points(site, frame, areas, around, cut)]
        keep_in = polygons(shapely.union_all([_grown(areas, FENCE_ROOM_M), start.buffer(FENCE_CORRIDOR_M), *fences]))
        if ground.whole:
            keep_in = polygons(shapely.union_all([Polygon(part.exterior) for part in shapely.get_parts(keep_in)]))
    if not space.dwithin(watched, max(swath_m / 2, INSET_M)):
        raise PlanError(
            "No way leads from the launch to the areas.",
            about=f"launch {launch.id!r} at {launch.position}",
            mend="Move the launch, widen the keep-in zone, or make the margins smaller.",
        )
    if not blind.is_empty and ground.watched is not None:
        lost = watched.intersection(blind).difference(space.difference(blind).buffer(swath_m * SEEN_SHARE))
        watched = polygons(watched.difference(lost), SLIVER_M2)
        _refuse_nothing(watched)
    return FlightSpace(space, border, keep_in, not drawn, barred, watched, blind, ground.watched is not None)


def frame_of(patrol: Patrol, launch: Launch) -> LocalFrame:
    """The local frame that a patrol is planned and checked in. Raises ``GeometryError`` where that is too large."""
    return LocalFrame.around(shapely.GeometryCollection([patrol.site.extent, Point(launch.position)]))


def errands_of(patrol: Patrol, frame: LocalFrame, launch: Launch) -> tuple[Errand, ...]:
    """What the patrol's pattern wants, thing by thing, from one launch; a sweep finds its own ways.

    Raises ``PlanError`` where nothing is drawn for the pattern.
    """
    things = drawn_for(patrol.pattern, patrol.site, frame, patrol.camera)
    if isinstance(patrol.pattern, Sweep):
        return tuple(Errand(thing, ()) for thing in things)
    return errands(patrol.pattern, things, frame.point_to_local(launch.position), patrol.camera)


def ground_of(patrol: Patrol, found: tuple[Errand, ...]) -> Ground:
    """The ground of what is wanted: bands, and room around the ways for corners."""
    kind = patrol.pattern.kinds[0]
    bands = [errand.thing.band for errand in found if errand.thing.band is not None]
    parts = []
    for errand in found:
        ways = [_line(way.points).buffer(WAY_ROOM_M) for way in errand.ways]
        band = [] if errand.thing.band is None else [errand.thing.band]
        parts.append((f"{kind} {errand.thing.label!r}", polygons(shapely.union_all([*ways, *band]))))
    every = shapely.union_all([shape for _, shape in parts])
    flown = polygons(every.convex_hull if patrol.pattern.roams and not bands else every)
    watched = polygons(shapely.union_all(bands)) if bands else None
    return Ground(flown, watched, tuple(parts), whole=not isinstance(patrol.pattern, Sweep))


def wanted_of(patrol: Patrol, frame: LocalFrame, launch: Launch) -> BaseGeometry:
    """All that a patrol's routes may want: its launch and its ground, in local metres. Raises ``PlanError``."""
    ground = ground_of(patrol, errands_of(patrol, frame, launch))
    return shapely.GeometryCollection([ground.flown, Point(frame.point_to_local(launch.position))])


def space_of(patrol: Patrol, frame: LocalFrame, launch: Launch) -> FlightSpace:
    """The flight space of a patrol from one launch; raises as :func:`flight_space`."""
    levels = Levels.of(patrol, launch, frame)
    return flight_space(
        patrol.site,
        frame,
        patrol.limits,
        patrol.pattern.altitude,
        launch,
        return_altitude_m=patrol.vehicle.return_altitude_m,
        swath_m=patrol.swath_m,
        look_m=look_reach_m(patrol, frame, levels),
        ground=ground_of(patrol, errands_of(patrol, frame, launch)),
        levels=levels,
    )


def look_m(patrol: Patrol) -> float:
    """How far from below the drone a picture reaches, corners included, metres on flat ground."""
    height, camera = patrol.pattern.altitude.metres, patrol.camera
    return math.hypot(camera.swath_m(height), camera.reach_m(height)) / 2


def look_reach_m(patrol: Patrol, frame: LocalFrame, levels: Levels | None) -> float:
    """How far from below the drone a picture may reach into any no-look zone, metres.

    Over terrain the drone may be higher above the zone's ground than above its own: it stands up to the tube's top over
    the highest ground within that very reach.
    """
    flat = look_m(patrol)
    height, zones = patrol.pattern.altitude, patrol.site.of_kind(ZoneKind.NO_LOOK)
    if levels is None or not zones:
        return flat
    slope, farthest = flat / height.metres, flat
    for zone in zones:
        shape = frame.to_local(zone.shape)
        lowest = levels.ground_in(shape).low_m
        reach = flat
        for _ in range(LOOK_STEPS):
            needed = slope * (levels.flown(height, shape.buffer(reach)).high_m - lowest)
            if not math.isfinite(needed) or needed <= reach:
                break
            reach = needed + LOOK_ROOM_M
        farthest = max(farthest, reach)
    return farthest


def polygons(shape: BaseGeometry, least_m2: float = 0.0) -> Region:
    """The polygons in a geometry, valid, without lines, points and parts of at most ``least_m2``."""
    shape = shape if shape.is_valid else shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon"]
    parts = [part for part in parts if part.area > least_m2]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _local(shape: Region, frame: LocalFrame) -> Region:
    return polygons(frame.to_local(shape))


def _grown(shape: Region, margin_m: float) -> Region:
    """A polygon grown (or shrunk) by at least a margin, with few corners."""
    if margin_m == 0 or shape.is_empty:
        return shape
    return polygons(shape.buffer(margin_m, join_style="mitre", mitre_limit=2.0))


def _inside(border: Region, limits: Limits, *, drawn: bool) -> Region:
    """A border less its margin; one that nobody asked for gives way where it would cut the border into parts."""
    inside = _grown(border, -max(limits.margin_inside_m(drawn=drawn), INSET_M))
    if limits.border_margin_m is None and len(shapely.get_parts(inside)) != len(shapely.get_parts(border)):
        return _grown(border, -INSET_M)
    return inside


def _part_of(region: Region, start: Point) -> Region:
    """The part of a region that a drone from ``start`` can get to."""
    near = [part for part in shapely.get_parts(region) if part.dwithin(start, TOUCH_M)]
    return polygons(shapely.union_all(near))


def _joining_ways(start: Point, body: Region, around: FreeSpace, launch: Launch) -> list[BaseGeometry]:
    """Lines that join the launch and the body's parts, the nearest first, each within ``around``.

    Parts that no way leads to are left out.
    """
    rest = [part for part in shapely.get_parts(body) if not part.is_empty]
    joined: BaseGeometry = start
    ways: list[BaseGeometry] = []
    for part in [part for part in rest if part.covers(start)]:
        rest.remove(part)
        joined = part
    while rest:
        rest.sort(key=joined.distance)
        part = rest.pop(0)
        ends = nearest_points(joined, part)
        try:
            way = around.path((ends[0].x, ends[0].y), (ends[1].x, ends[1].y))
        except PlanError:
            continue
        line = _line(way)
        ways.append(line)
        joined = shapely.union_all([joined, line, part])
    if not ways and joined is start:
        raise PlanError(
            "There is no room to fly: margins and zones leave nothing of the space around the launch.",
            about=f"launch {launch.id!r} at {launch.position}",
            mend="Make border_margin_m or zone_margin_m smaller, or move the launch.",
        )
    return ways


def _ways_to_safe_points(
    site: Site, frame: LocalFrame, areas: Region, around: BaseGeometry, cut: Region
) -> list[BaseGeometry]:
    """Lines from the areas to the safe points, so that a derived fence holds both; none to what lies in a zone."""
    points = [Point(frame.point_to_local(safe.position)) for safe in site.safe_points]
    wide = FreeSpace(polygons(shapely.union_all([around, *points]).convex_hull.buffer(1.0).difference(cut)))
    ways: list[BaseGeometry] = []
    for point in points:
        near = nearest_points(areas.difference(cut), point)[0]
        try:
            ways.append(_line(wide.path((near.x, near.y), (point.x, point.y))))
        except PlanError:
            continue
    return ways


def _line(way: NDArray[np.float64]) -> BaseGeometry:
    """A way (n, 2) as a line, or a point where it goes nowhere."""
    return shapely.LineString(way) if len(way) > 1 and np.ptp(way, axis=0).any() else Point(way[0])


def _refuse_launch_in_zone(
    zones: tuple[Zone, ...],
    entered: list[Zone],
    frame: LocalFrame,
    launch: Launch,
    *,
    start: Point,
    margin_m: float,
) -> None:
    """``entered``: the zones that stand in the climb; those in ``zones`` stand in the way."""
    about = f"launch {launch.id!r} at {launch.position}"
    for zone in dict.fromkeys([*zones, *entered]):
        away = _local(zone.shape, frame).distance(start)
        if away == 0:
            raise PlanError(
                f"The launch lies in the {zone.kind.value} zone {zone.label!r}.", about=about, mend="Move the launch."
            )
        if zone in zones and away <= margin_m + INSET_M:
            raise PlanError(
                f"The launch lies {away:.1f} m from the {zone.kind.value} zone {zone.label!r}; "
                f"{margin_m:g} m must be kept.",
                about=about,
                mend="Move the launch, or make zone_margin_m smaller.",
            )


def _refuse_nothing(watched: Region) -> None:
    if watched.is_empty:
        raise PlanError(
            "Nothing is left to watch: keep-out and no-look zones cover the areas.",
            mend="Move the zones or the areas, or fly lower so that pictures reach less far.",
        )


def _refuse_outside(ground: Ground, border: Region, launch: Launch, start: Point) -> None:
    away = border.distance(start)
    if away > TOUCH_M:
        raise PlanError(
            f"The launch lies {away:.1f} m outside the keep-in zone.",
            about=f"launch {launch.id!r} at {launch.position}",
            mend="Move the launch, or widen the keep-in zone around it.",
        )
    for word, shape in ground.parts:
        if polygons(shape.intersection(border)).area < min(SLIVER_M2, shape.area / 2):
            raise PlanError(
                f"The {word} lies wholly outside the keep-in zone.",
                about=word,
                mend="Widen the keep-in zone around it, or remove it.",
            )

"""The fence and the rally points of a sortie: what a vehicle's autopilot itself will hold it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from missions.items import Fence, FencePolygon, RallyPoint
from missions.outline import Outline, fewer_vertices
from missions.wire import from_e7, to_e7
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.heights import barring_zones, rally_height_m
from planner.plan import Plan, Sortie
from planner.quantities import LonLat
from planner.site import Launch, SafePoint, Zone
from planner.space import frame_of
from planner.teamwork.job import raised
from planner.terrain.levels import Levels

FENCE_BYTES = 560
"""What a copter's storage holds for fences on boards with 16 kB and more (``StorageManager``, ArduPilot 4.6)."""

RALLY_POINTS = 46
"""What it holds of rally points: 690 bytes, 15 each."""

SIMPLER_M = 5.0
"""How far the fence may stand outside a derived keep-in, which has the room it needs, to have fewer corners."""

NARROW_HOLE_M2 = 900.0
"""What is left of a hole in a border nobody drew, when the border was moved, and is smaller than this, is filled."""

CLEARANCE_M = 3.0
"""Simplified outlines come no nearer to the route than this."""

_LOOSER_M = (0.0, 10.0, 25.0, 50.0, 100.0)
"""How much more than the tolerance a derived border may lie outside, tried in order; bays twice as wide are filled."""

_TOUCH_M = 0.05
"""A route may lie on a border; this much across it is rounding."""

_VERTICES_MOST = 255


def fence_of(plan: Plan, sortie: Sortie, *, tolerance_m: float = SIMPLER_M, storage_bytes: int = FENCE_BYTES) -> Fence:
    """The fence for one sortie: one inclusion polygon around its launch, exclusion polygons for holes and zones.

    A drawn ``keep_in`` is taken exactly; one that nobody drew already stands off the
    patrol (``planner.space.FENCE_ROOM_M``), and is simplified outwards by up to twice ``tolerance_m``. Zones count that
    hold at the heights flown and touch the inclusion; they are joined where they overlap. ArduPilot takes the
    intersection of several inclusion polygons, so there is only ever one. What does not fit into ``storage_bytes`` is
    simplified, a drawn border only inwards, an exclusion only outwards, and never nearer than ``CLEARANCE_M`` to the
    route. Raises ``PlanError`` where the launch or the route lies outside, or where the fence cannot be made to fit.
    """
    frame = LocalFrame.around(plan.keep_in)
    way = _way(frame, sortie)
    clear = way.buffer(CLEARANCE_M)
    exact = _Exact(frame, plan)
    for looser_m, inside in _attempts(frame, plan, clear):
        border = _border(frame, plan, sortie, tolerance_m, looser_m)
        exclusions = _exclusions(frame, plan, sortie, border)
        _check(sortie, way, border, exclusions)
        outlines = [Outline.of(border, forbids_inside=False)]
        outlines += [Outline.of(exclusion, forbids_inside=True) for exclusion in exclusions]
        most = (storage_bytes - 5 - 2 * len(outlines)) // 8
        fitted = fewer_vertices(outlines, most, [inside, *[clear] * len(exclusions)])
        if fitted is not None and all(len(outline.points) <= _VERTICES_MOST for outline in fitted):
            return Fence(tuple(FencePolygon(exact.places(o), inclusion=not o.forbids_inside) for o in fitted))
    raise PlanError(
        f"The fence needs more points than an autopilot stores ({storage_bytes} bytes, about {storage_bytes // 8} "
        "vertices), and cannot be simplified further without touching the route.",
        about=f"sortie {sortie.number}",
        mend="Draw a simpler keep-in border, or keep the route further from borders and zones.",
    )


def _attempts(frame: LocalFrame, plan: Plan, clear: BaseGeometry) -> Iterator[tuple[float, BaseGeometry]]:
    """How loosely a border may be drawn, and what a simplified one must hold, the best first.

    A border that nobody drew stays outside the patrol as long as it can, and only then comes near the route alone.
    """
    if plan.derived_keep_in:
        patrolled = frame.to_local(plan.space).buffer(CLEARANCE_M).union(clear)
        yield from ((looser_m, patrolled) for looser_m in _LOOSER_M)
        yield from ((looser_m, clear) for looser_m in _LOOSER_M)
    else:
        yield 0.0, clear


def rally_of(plan: Plan, fence: Fence, home: Launch | None = None) -> tuple[RallyPoint, ...]:
    """The safe points that lie inside the fence, in their order, in whole metres above home (as they are stored).

    ``home``: the launch that is flown from; None: the first sortie's.

    A safe point without an altitude gets the vehicle's return altitude. On flat ground above ground is above home; over
    terrain all heights become heights above home. Raises ``PlanError`` for an altitude above sea level where no terrain
    says how high home is, and for more points than an autopilot stores.
    """
    inside = [safe for safe in plan.patrol.site.safe_points if _is_inside(safe.position, fence)]
    if len(inside) > RALLY_POINTS:
        raise PlanError(
            f"There are {len(inside)} safe points inside the fence, and an autopilot stores {RALLY_POINTS}.",
            mend="Leave some out.",
        )
    launch = home or plan.sorties[0].launch
    levels = Levels.of(plan.patrol, launch, frame_of(plan.patrol, launch)) if inside else None
    return tuple(RallyPoint(_rounded(safe.position), _rally_altitude_m(plan, safe, levels)) for safe in inside)


def _rally_altitude_m(plan: Plan, safe: SafePoint, levels: Levels | None) -> float:
    metres = rally_height_m(safe, plan.patrol.vehicle.return_altitude_m, levels)
    if metres is None:
        raise PlanError(
            "A safe point's altitude must be above home or above ground.",
            about=f"safe point {safe.name or safe.id}",
            mend="Give it as HOME or AGL, or name terrain that covers it.",
        )
    return metres


def _is_inside(place: LonLat, fence: Fence) -> bool:
    point = Point(place)
    return all(Polygon(polygon.vertices).intersects(point) == polygon.inclusion for polygon in fence.polygons)


def _way(frame: LocalFrame, sortie: Sortie) -> BaseGeometry:
    """The route and its launch on the ground, in local metres."""
    places = [sortie.launch.position, *(waypoint.position for waypoint in sortie.route.waypoints)]
    points = frame.points_to_local(np.array(places))
    return LineString(points) if len(points) > 1 else Point(points[0])


def _border(frame: LocalFrame, plan: Plan, sortie: Sortie, tolerance_m: float, looser_m: float) -> Polygon:
    """The part of the keep-in border around the launch, simplified outwards where nobody drew it."""
    space: BaseGeometry = frame.to_local(plan.keep_in)
    if plan.derived_keep_in:
        moved: BaseGeometry = space.buffer(tolerance_m + looser_m / 2, join_style="mitre", mitre_limit=2.0)
        if looser_m:
            # bays are filled by moving the border further out and back; what that cuts off at corners is put back
            moved = moved.union(moved.buffer(looser_m, join_style="mitre").buffer(-looser_m, join_style="mitre"))
        space = moved.simplify(tolerance_m + looser_m / 2)
    launch = Point(frame.point_to_local(sortie.launch.position))
    parts = [part for part in _polygons(space) if part.distance(launch) <= _TOUCH_M]
    if not parts:
        raise PlanError(
            f"The launch lies {space.distance(launch):.0f} m outside the keep-in border, so the vehicle would breach "
            "its fence on the ground.",
            about=f"sortie {sortie.number}",
            mend="Draw the keep-in zone around the launch, or move the launch.",
        )
    return max(parts, key=lambda part: part.area)


def _exclusions(frame: LocalFrame, plan: Plan, sortie: Sortie, border: Polygon) -> list[Polygon]:
    """Holes of the border and the zones that hold at the heights flown, joined where they overlap."""
    box = shapely.box(*border.bounds).buffer(50.0, join_style="mitre")
    least = NARROW_HOLE_M2 if plan.derived_keep_in else 0.0
    shapes: list[BaseGeometry] = [hole for hole in map(Polygon, border.interiors) if hole.area >= least]
    for zone in _barring(plan, sortie):
        local = frame.to_local(zone.shape)
        if local.intersects(border):
            shapes.append(local if local.within(box) else local.intersection(box))
    joined = shapely.union_all(shapes)
    return [part for part in _polygons(joined) if part.intersects(border)]


def _barring(plan: Plan, sortie: Sortie) -> list[Zone]:
    """The zones that reach the heights of any waypoint, or of the way home from it; the planner's own rule.

    Over terrain these are the zones that the plan was made around, by the patrol's own altitude.
    """
    home_m = plan.patrol.vehicle.return_altitude_m
    levels = Levels.of(plan.patrol, sortie.launch, frame_of(plan.patrol, sortie.launch))
    if levels is not None:
        altitude = raised(plan.patrol, sortie.raised_m).pattern.altitude
        return list(barring_zones(plan.patrol.site, altitude, home_m, levels))
    altitudes = dict.fromkeys(waypoint.altitude for waypoint in sortie.route.waypoints)
    barring = (barring_zones(plan.patrol.site, altitude, home_m) for altitude in altitudes)
    return list({zone.id: zone for zones in barring for zone in zones}.values())


def _check(sortie: Sortie, way: BaseGeometry, border: Polygon, exclusions: Sequence[Polygon]) -> None:
    """Refuse a route that its own fence would stop."""
    outside = way.difference(border.buffer(_TOUCH_M))
    if not outside.is_empty:
        raise PlanError(
            f"The route leaves the keep-in border by up to {_farthest_m(outside, border):.1f} m for "
            f"{outside.length:.0f} m, where the vehicle's fence would stop it.",
            about=f"sortie {sortie.number}",
            mend="Plan it again inside the border.",
        )
    for exclusion in exclusions:
        inside = way.intersection(Polygon(exclusion.exterior).buffer(-_TOUCH_M))
        if not inside.is_empty:
            raise PlanError(
                f"The route or its launch lies {inside.length:.0f} m long inside a zone or a hole of the border, "
                "where the vehicle's fence would stop it.",
                about=f"sortie {sortie.number}",
                mend="Plan it again around the zone, or give the zone the heights it holds at.",
            )


def _farthest_m(geometry: BaseGeometry, border: Polygon) -> float:
    """How far outside a border a geometry's farthest vertex lies."""
    return float(np.max(shapely.distance(shapely.points(shapely.get_coordinates(geometry)), border)))


def _polygons(geometry: BaseGeometry) -> Iterator[Polygon]:
    """The polygons of a geometry that have an area."""
    for part in shapely.get_parts(geometry):
        if isinstance(part, Polygon) and part.area > 0:
            yield part


class _Exact:
    """From local metres back to the very degrees that were drawn, where a vertex was drawn."""

    def __init__(self, frame: LocalFrame, plan: Plan) -> None:
        self._frame = frame
        self._drawn: dict[tuple[float, float], LonLat] = {}
        for shape in self._shapes(plan):
            lonlat = shapely.get_coordinates(shape)
            for local, place in zip(frame.points_to_local(lonlat).tolist(), lonlat.tolist(), strict=True):
                self._drawn[tuple(local)] = LonLat(*place)

    @staticmethod
    def _shapes(plan: Plan) -> Iterable[BaseGeometry]:
        yield plan.keep_in
        yield from (zone.shape for zone in plan.patrol.site.zones)

    def places(self, outline: Outline) -> tuple[LonLat, ...]:
        """An outline's vertices on WGS 84, in the 1e-7 degrees of the wire."""
        computed = self._frame.points_to_lonlat(outline.points).tolist()
        pairs = zip(outline.points.tolist(), computed, strict=True)
        return tuple(_rounded(self._drawn.get(tuple(local), LonLat(*place))) for local, place in pairs)


def _rounded(place: LonLat) -> LonLat:
    return LonLat(from_e7(to_e7(place.lon)), from_e7(to_e7(place.lat)))

"""Where the camera looks between lanes: past what it may not see.

Pictures are taken in lanes only, but a film camera looks all the way. Where its view straight down would show a no-look
zone, it is pitched to the horizon: it then sees the ground only far ahead. Where the zone lies there too, it is pitched
further up, until no ray meets the ground within ``STEEPEST_DEG`` of straight down, beyond which nothing can be made out
(:mod:`planner.seen`). While the drone turns at the start of a leg the camera sweeps over all between the old heading
and the new one, and while it is pitched, over all between below and ahead. It is pitched back before the next lane
begins, so that the first picture shows what lies below.

Over terrain a view reaches as far as the drone is above the lowest ground in it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.plan import Waypoint
from planner.quantities import AltitudeReference, LonLat
from planner.seen import STEEPEST_DEG
from planner.site import Launch, ZoneKind
from planner.space import look_m
from planner.terrain.levels import NOT_KNOWN, Levels, Span

Points = NDArray[np.float64]

DOWN_DEG = -90.0
HORIZON_DEG = 0.0

HIGHEST_DEG = 20.0
"""``MNT1_PITCH_MAX`` as ArduPilot has it: no gimbal is pitched further up."""

SWING_S = 3.0
"""A gimbal goes from straight down to the horizon, and a drone turns, in this time: 30 degrees a second."""

ASIDE_DEG = 45.0
"""While it is pitched a camera sees so far to either side ahead, and near itself all around."""

ABOUT_TURN_DEG = 150.0
"""A sharper turn may go either way round."""

SETTLED = math.nan
"""Before the first leg the camera is pitched while the drone climbs over the launch."""

_SIDES = 16
_ROUND = math.cos(math.pi / 4 / _SIDES)
_SHORT_M = 0.01
_DECIMALS = 7
_LOOKS_AROUND = 6
_ROOM_SHARE = 1.1
"""Ground is looked at a little further out than the last look asked for, so that one or two looks are enough."""


class Turn(NamedTuple):
    """What comes before a leg: the heading (east-north angle, radians; None: any) and the camera's pitch, degrees."""

    heading: float | None
    pitch_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What ways and their ground have in common: the patrol, its terrain where there is one, what is forbidden."""

    patrol: Patrol
    levels: Levels | None
    forbidden: BaseGeometry

    @classmethod
    def of(cls, patrol: Patrol, over: LonLat, frame: LocalFrame) -> View:
        """The view of a patrol that is launched at a place."""
        forbidden = no_look(patrol, frame)
        levels = None if forbidden.is_empty else Levels.of(patrol, Launch("launch", over), frame)
        return cls(patrol, levels, forbidden)

    def heights(self, start: Points, end: Points, ends: Sequence[Waypoint], *, reach: float) -> Span:
        """The least and the greatest height above ground on a leg; rays go up to ``reach`` metres for one down."""
        altitudes = [waypoint.altitude for waypoint in ends]
        metres = [altitude.metres for altitude in altitudes]
        flat = Span(min(metres), max(metres))
        if self.levels is None:
            return flat
        line = _way(start, end)
        flown = [self.levels.flown(altitude, line) for altitude in altitudes]
        low, high = min(span.low_m for span in flown), max(span.high_m for span in flown)
        under = self.levels.ground_in(line, everywhere=True)
        around = Span(under.low_m, under.high_m)
        for _ in range(_LOOKS_AROUND):
            if not math.isfinite(high - around.low_m):
                return flat
            needed = reach * (high - around.low_m) * _ROOM_SHARE
            wider = self.levels.ground_in(line.buffer(max(needed, 1.0), quad_segs=4), everywhere=True)
            if wider is NOT_KNOWN:
                return Span(max(low - around.high_m, 0.0), high - around.low_m)
            around, enough = wider, reach * (high - wider.low_m) <= needed
            if enough:
                break
        return Span(max(low - around.high_m, 0.0), high - around.low_m)

    def highest_m(self, ends: Sequence[Waypoint]) -> float:
        """The most that a leg may be above any ground around the work, metres; infinite where that is not known."""
        metres = max(waypoint.altitude.metres for waypoint in ends)
        if self.levels is None:
            return metres
        if ends[-1].altitude.reference is AltitudeReference.AGL:
            metres = self.levels.highest_flown_m(ends[-1].altitude)
        return metres - self.levels.ground_near.low_m

    def shown(
        self, start: Points, end: Points, ends: Sequence[Waypoint], pitch_deg: float, turn: Turn | None
    ) -> BaseGeometry:
        """All the ground that the camera may show on a leg between two waypoints, local metres."""
        slope = math.tan(math.radians(STEEPEST_DEG))
        swings = turn is not None and math.isfinite(turn.pitch_deg) and turn.pitch_deg != pitch_deg
        if pitch_deg <= DOWN_DEG and not swings:
            slope = look_m(self.patrol) / self.patrol.pattern.altitude.metres
        low, high = self.heights(start, end, ends, reach=slope)
        swing_m = SWING_S * ends[-1].speed_mps
        return footprint(start, end, high, pitch_deg, self.patrol, low_m=low, turn=turn, swing_m=swing_m)

    def is_clear(
        self, start: Points, end: Points, ends: Sequence[Waypoint], pitch_deg: float, turn: Turn | None
    ) -> bool:
        """Whether the camera shows nothing forbidden on a leg."""
        return not self.shown(start, end, ends, pitch_deg, turn).intersects(self.forbidden)

    def is_far(self, start: Points, end: Points, ends: Sequence[Waypoint]) -> bool:
        """Whether nothing forbidden is anywhere near a leg."""
        slope = math.tan(math.radians(STEEPEST_DEG))
        away = _way(start, end).distance(self.forbidden)
        if away > slope * self.highest_m(ends) + SWING_S * ends[-1].speed_mps:
            return True
        return away > slope * self.heights(start, end, ends, reach=slope).high_m + SWING_S * ends[-1].speed_mps


def with_pitches(waypoints: tuple[Waypoint, ...], patrol: Patrol, frame: LocalFrame) -> tuple[Waypoint, ...]:
    """The waypoints with the camera's pitch on each way, where a no-look zone asks for it on any; else as they are.

    The first waypoint is over the launch. A camera without a gimbal cannot be pitched. The way to the first waypoint is
    the climb over the launch: it has the pitch of the second. A waypoint is put in where the camera is pitched back
    before a lane.
    """
    if not patrol.site.of_kind(ZoneKind.NO_LOOK) or not patrol.camera.stabilised or len(waypoints) < 2:
        return waypoints
    view = View.of(patrol, waypoints[0].position, frame)
    shapely.prepare(view.forbidden)
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    made, pitches = [waypoints[0]], list[float]()
    turn = Turn(None, SETTLED)
    for number in range(1, len(waypoints)):
        start, end, ends = points[number - 1], points[number], waypoints[number - 1 : number + 1]
        waypoint = waypoints[number]
        steady = waypoint.leg.looks or waypoint.aim is not None
        pitch = DOWN_DEG if steady else _pitch(view, start, end, ends, turn)
        made.append(waypoint)
        pitches.append(pitch)
        turn = Turn(heading_of(start, end, turn.heading), pitch)
        lane_next = number + 1 < len(waypoints) and waypoints[number + 1].leg.looks
        if pitch > DOWN_DEG and lane_next and not waypoint.hold_s:
            back = _pitched_back(view, (start, end), ends, turn, frame)
            if back is not None:
                made[-1:] = [back, waypoint]
                pitches.append(DOWN_DEG)
                turn = Turn(turn.heading, DOWN_DEG)
    if all(pitch == DOWN_DEG for pitch in pitches):
        return waypoints
    return tuple(
        replace(waypoint, pitch_deg=pitch) for waypoint, pitch in zip(made, [pitches[0], *pitches], strict=True)
    )


def no_look(patrol: Patrol, frame: LocalFrame) -> BaseGeometry:
    """All that the camera may not see, local metres."""
    return shapely.union_all([frame.to_local(zone.shape) for zone in patrol.site.of_kind(ZoneKind.NO_LOOK)])


def footprint(
    start: Points,
    end: Points,
    height_m: float,
    pitch_deg: float,
    patrol: Patrol,
    *,
    low_m: float | None = None,
    turn: Turn | None = None,
    swing_m: float = 0.0,
) -> BaseGeometry:
    """All the ground that the camera may show on a straight way at a height above ground, local metres.

    ``height_m`` is the greatest height above the ground that is shown, ``low_m`` the least (None: the same, flat
    ground). Straight down: half a picture's diagonal around the way, whatever the heading. Else: what lies between the
    nearest and the farthest useful ray ahead, all along the way. At its start the drone turns from what ``turn`` says
    (None: from anywhere, at the same pitch); where the pitch changes too, all from below to the farthest ray is shown,
    over the first ``swing_m`` metres.
    """
    line = _way(start, end)
    swings = turn is not None and math.isfinite(turn.pitch_deg) and turn.pitch_deg != pitch_deg
    shapes = [_swung(line, height_m, patrol.camera, turn, swing_m)] if swings and turn is not None else []
    if pitch_deg <= DOWN_DEG:
        reach = look_m(patrol) * height_m / patrol.pattern.altitude.metres
        return shapely.union_all([*shapes, line.buffer(reach / _ROUND, quad_segs=_SIDES)])
    camera = patrol.camera
    near, far, across = _useful(camera, height_m if low_m is None else low_m, height_m, pitch_deg)
    if near >= far:
        return shapely.union_all(shapes)
    shapes.append(_turned(np.asarray(start), (near, far), math.atan(across), turn, _heading(start, end)))
    if line.length > 0:
        ahead = (end - start) / math.dist(start, end)
        right = np.array([ahead[1], -ahead[0]])
        corners = [
            place + distance * ahead + side * across * distance * right
            for place in (start, end)
            for distance in (near, far)
            for side in (-1, 1)
        ]
        shapes.append(shapely.MultiPoint(corners).convex_hull)
    return shapely.union_all(shapes)


def aimed_footprint(start: Points, end: Points, aim: Points, height_m: float, patrol: Patrol) -> BaseGeometry:
    """All the ground that a camera shows that is kept on a place ``aim`` while the drone flies straight, local metres.

    ``height_m`` above the aim's ground, which is taken as flat. Rays more than ``STEEPEST_DEG`` from straight down are
    followed that far only.
    """
    steps = max(math.ceil(math.dist(start, end) / _AIMED_STEP_M), 1)
    outlines = [
        _aimed_once(start + share * (end - start), aim, height_m, patrol.camera)
        for share in np.linspace(0.0, 1.0, steps + 1)
    ]
    hulls = [shapely.MultiPoint(np.vstack(pair)).convex_hull for pair in itertools.pairwise(outlines)]
    return shapely.union_all(hulls).buffer(_AIMED_ROOM_M)


_AIMED_STEP_M = 5.0
_AIMED_ROOM_M = 1.0


def _aimed_once(place: Points, aim: Points, height_m: float, camera: Camera) -> Points:
    """Where the rays of a picture's outline meet flat ground, (k, 2)."""
    flat = float(math.dist(place, aim))
    heading = math.atan2(*(aim - place)) if flat > _SHORT_M else 0.0
    depression = math.atan2(height_m, flat)
    across, along = _halves(camera)
    shares = np.linspace(-1.0, 1.0, 9)
    edge = [(s, u) for s in shares for u in (-1.0, 1.0)] + [(s, u) for u in shares for s in (-1.0, 1.0)]
    side, rise = np.array(edge).T * np.array([[across], [along]])
    ahead = math.cos(depression) + rise * math.sin(depression)
    down = math.sin(depression) - rise * math.cos(depression)
    level = np.hypot(ahead, side)
    down = np.maximum(down, level / math.tan(math.radians(STEEPEST_DEG)))
    forward, right = height_m * ahead / down, height_m * side / down
    east = place[0] + forward * math.sin(heading) + right * math.cos(heading)
    north = place[1] + forward * math.cos(heading) - right * math.sin(heading)
    return np.column_stack([east, north])


def _way(start: Points, end: Points) -> BaseGeometry:
    return shapely.LineString([start, end]) if math.dist(start, end) > _SHORT_M else shapely.Point(start)


def _heading(start: Points, end: Points) -> float | None:
    """The angle of a way, radians from north clockwise; None where it has no length."""
    return math.atan2(*(end - start)) if math.dist(start, end) > _SHORT_M else None


def heading_of(start: Points, end: Points, before: float | None) -> float | None:
    """The angle of a way, clockwise from north, radians; the one before where it has no length."""
    heading = _heading(start, end)
    return before if heading is None else heading


def _halves(camera: Camera) -> tuple[float, float]:
    """Half the picture's width and height a metre away."""
    return camera.sensor_width_mm / 2 / camera.focal_length_mm, camera.sensor_height_mm / 2 / camera.focal_length_mm


def _useful(camera: Camera, low_m: float, high_m: float, pitch_deg: float) -> tuple[float, float, float]:
    """How far ahead the nearest and the farthest useful ground lies, metres, and half its width a metre ahead.

    For pitches from the horizon up: a ray that meets the ground then lies below the picture's middle, and goes ahead by
    at least the cosine of the pitch for each unit along the middle.
    """
    half = math.atan(camera.sensor_height_mm / 2 / camera.focal_length_mm)
    pitch = math.radians(pitch_deg)
    farthest = math.tan(math.radians(STEEPEST_DEG))
    far = high_m * farthest
    nearest = 1 / math.tan(half - pitch) if half > pitch else math.inf
    near = far if nearest >= farthest else low_m * nearest
    return near, far, camera.sensor_width_mm / 2 / camera.focal_length_mm / math.cos(pitch)


def _sector(place: Points, near: float, far: float, first: float, last: float) -> BaseGeometry:
    """All between two distances from a place and two angles (clockwise from north, radians)."""
    count = max(math.ceil((last - first) / (math.pi / 2 / _SIDES)), 1)
    angles = np.linspace(first, last, count + 1)
    rim = np.column_stack([np.sin(angles), np.cos(angles)])
    outer = place + far / math.cos((last - first) / count / 2) * rim
    return shapely.make_valid(shapely.Polygon([*outer, *(place + near * rim)[::-1]]))


def _turned(
    place: Points, ring: tuple[float, float], half: float, turn: Turn | None, heading: float | None
) -> BaseGeometry:
    """What is shown while the drone turns on the spot: between the old heading and the new one, or all around.

    ``ring``: the nearest and the farthest metres.
    """
    near, far = ring
    if turn is None or turn.heading is None or heading is None:
        return _ring(place, near, far)
    angle = math.remainder(heading - turn.heading, 2 * math.pi)
    if abs(angle) > math.radians(ABOUT_TURN_DEG) or abs(angle) + 2 * half >= 2 * math.pi:
        return _ring(place, near, far)
    first, last = sorted((turn.heading, turn.heading + angle))
    return _sector(place, near, far, first - half, last + half)


def _ring(place: Points, near: float, far: float) -> BaseGeometry:
    around = shapely.Point(place)
    return around.buffer(far / _ROUND, quad_segs=_SIDES).difference(around.buffer(near, quad_segs=_SIDES))


def _swung(line: BaseGeometry, height_m: float, camera: Camera, turn: Turn, swing_m: float) -> BaseGeometry:
    """What is shown while the camera is pitched, from below to the farthest ray, at the start of a way."""
    ends = shapely.get_coordinates(line)
    heading = _heading(ends[0], ends[-1])
    far = height_m * math.tan(math.radians(STEEPEST_DEG))
    near_m = height_m * _beside(camera)
    along = line if line.length <= swing_m else shapely.LineString([ends[0], line.interpolate(swing_m)])
    first = _turned(ends[0], (0.0, far), math.radians(ASIDE_DEG), turn, heading)
    if heading is not None:
        last = shapely.get_coordinates(along)[-1]
        ahead = _sector(last, 0.0, far, heading - math.radians(ASIDE_DEG), heading + math.radians(ASIDE_DEG))
        first = shapely.union_all([first, ahead, shapely.union_all([ahead, _moved(ahead, ends[0] - last)]).convex_hull])
    return shapely.union_all([first, along.buffer(near_m / _ROUND, quad_segs=_SIDES)])


def _moved(shape: BaseGeometry, by: Points) -> BaseGeometry:
    return shapely.transform(shape, lambda places: places + by)


@lru_cache(maxsize=16)
def _beside(camera: Camera) -> float:
    """How far, a metre up, a camera at any pitch sees ground that is more than ``ASIDE_DEG`` off its heading."""
    across, along = _halves(camera)
    side, rise, depression = np.meshgrid(
        np.linspace(0, across, 40), np.linspace(-along, along, 80), np.radians(np.linspace(0, 90, 181)), indexing="ij"
    )
    ahead = np.cos(depression) + rise * np.sin(depression)
    down = np.sin(depression) - rise * np.cos(depression)
    level = np.hypot(ahead, side)
    aside = (down > 0) & (np.arctan2(side, ahead) > math.radians(ASIDE_DEG))
    aside &= level <= math.tan(math.radians(STEEPEST_DEG)) * down
    return float((level[aside] / down[aside]).max(initial=math.hypot(across, along))) * 1.05


def _pitch(view: View, start: Points, end: Points, ends: Sequence[Waypoint], turn: Turn) -> float:
    """The lowest pitch that shows nothing forbidden; the highest there is where none does."""
    if view.is_far(start, end, ends):
        return DOWN_DEG
    half = math.degrees(math.atan(_halves(view.patrol.camera)[1]))
    up = min(float(math.ceil(half - (90.0 - STEEPEST_DEG))), HIGHEST_DEG)
    pitches = (DOWN_DEG, HORIZON_DEG, max(up, HORIZON_DEG))
    for pitch in pitches:
        if view.is_clear(start, end, ends, pitch, turn):
            return pitch
    steady = Turn(turn.heading, SETTLED)
    return next((pitch for pitch in pitches if view.is_clear(start, end, ends, pitch, steady)), pitches[-1])


def _pitched_back(
    view: View, way: tuple[Points, Points], ends: Sequence[Waypoint], turn: Turn, frame: LocalFrame
) -> Waypoint | None:
    """A waypoint from which on the camera looks down again before a lane; None where that would show a zone."""
    start, end = way
    length, back_m = math.dist(start, end), SWING_S * ends[-1].speed_mps
    if length < 2 * back_m:
        return None
    share = 1 - back_m / length
    place = start + share * (end - start)
    if not view.is_clear(place, end, ends, DOWN_DEG, turn):
        return None
    low, high = (waypoint.altitude for waypoint in ends)
    metres = low.metres + share * (high.metres - low.metres)
    lonlat = LonLat(*np.round(frame.points_to_lonlat(place[None])[0], _DECIMALS).tolist())
    return replace(ends[-1], position=lonlat, altitude=replace(high, metres=metres))

"""Where the camera looks between lanes: past what it may not see.

Pictures are taken in lanes only, but a film camera looks all the way. Where its view straight down would show a no-look
zone, it is pitched to the horizon: it then sees the ground only far ahead. Where the zone lies there too, it is pitched
further up, until no ray meets the ground within ``STEEPEST_DEG`` of straight down, beyond which nothing can be made out
(:mod:`planner.seen`). While the drone turns at the start of a leg the camera may look any way.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.plan import Waypoint
from planner.seen import STEEPEST_DEG
from planner.site import ZoneKind
from planner.space import look_m

Points = NDArray[np.float64]

DOWN_DEG = -90.0
HORIZON_DEG = 0.0

HIGHEST_DEG = 20.0
"""``MNT1_PITCH_MAX`` as ArduPilot has it: no gimbal is pitched further up."""

_SIDES = 16
_SHORT_M = 0.01


def with_pitches(waypoints: tuple[Waypoint, ...], patrol: Patrol, frame: LocalFrame) -> tuple[Waypoint, ...]:
    """The waypoints with the camera's pitch on each way, where a no-look zone asks for it on any; else as they are.

    A camera without a gimbal cannot be pitched. The way to the first waypoint is the climb over the launch: it has the
    pitch of the second.
    """
    forbidden = no_look(patrol, frame)
    if forbidden.is_empty or not patrol.camera.stabilised or len(waypoints) < 2:
        return waypoints
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    pitches = [
        DOWN_DEG if waypoint.leg.looks or waypoint.aim is not None else _pitch(start, end, waypoint, patrol, forbidden)
        for start, end, waypoint in zip(points, points[1:], waypoints[1:], strict=False)
    ]
    if all(pitch == DOWN_DEG for pitch in pitches):
        return waypoints
    return tuple(
        replace(waypoint, pitch_deg=pitch) for waypoint, pitch in zip(waypoints, [pitches[0], *pitches], strict=True)
    )


def no_look(patrol: Patrol, frame: LocalFrame) -> BaseGeometry:
    """All that the camera may not see, local metres."""
    return shapely.union_all([frame.to_local(zone.shape) for zone in patrol.site.of_kind(ZoneKind.NO_LOOK)])


def footprint(start: Points, end: Points, height_m: float, pitch_deg: float, patrol: Patrol) -> BaseGeometry:
    """All the ground that the camera may show on a straight way at a height above flat ground, local metres.

    Straight down: half a picture's diagonal around the way, whatever the heading. Else: what lies between the nearest
    and the farthest useful ray ahead, all along the way, and all around at its start, where the drone turns.
    """
    line = shapely.LineString([start, end]) if math.dist(start, end) > _SHORT_M else shapely.Point(start)
    if pitch_deg <= DOWN_DEG:
        reach = look_m(patrol) * height_m / patrol.pattern.altitude.metres
        return line.buffer(reach / math.cos(math.pi / 4 / _SIDES), quad_segs=_SIDES)
    camera = patrol.camera
    near, far, across = _useful(camera, height_m, pitch_deg)
    if near >= far:
        return shapely.Point()
    around = shapely.Point(start)
    outer = around.buffer(far / math.cos(math.pi / 4 / _SIDES), quad_segs=_SIDES)
    ring = outer.difference(around.buffer(near, quad_segs=_SIDES))
    if line.length == 0:
        return ring
    ahead = (end - start) / line.length
    right = np.array([ahead[1], -ahead[0]])
    corners = [
        place + distance * ahead + side * across * distance * right
        for place in (start, end)
        for distance in (near, far)
        for side in (-1, 1)
    ]
    return shapely.union_all([ring, shapely.MultiPoint(corners).convex_hull])


def _useful(camera: Camera, height_m: float, pitch_deg: float) -> tuple[float, float, float]:
    """How far ahead the nearest and the farthest useful ground lies, metres, and half its width a metre ahead.

    For pitches from the horizon up: a ray that meets the ground then lies below the picture's middle, and goes ahead by
    at least the cosine of the pitch for each unit along the middle.
    """
    half = math.atan(camera.sensor_height_mm / 2 / camera.focal_length_mm)
    pitch = math.radians(pitch_deg)
    far = height_m * math.tan(math.radians(STEEPEST_DEG))
    near = height_m / math.tan(half - pitch) if half > pitch else far
    return near, far, camera.sensor_width_mm / 2 / camera.focal_length_mm / math.cos(pitch)


def _pitch(start: Points, end: Points, waypoint: Waypoint, patrol: Patrol, forbidden: BaseGeometry) -> float:
    """The lowest pitch that shows nothing forbidden; the highest there is where none does."""
    half = math.degrees(math.atan(patrol.camera.sensor_height_mm / 2 / patrol.camera.focal_length_mm))
    up = min(float(math.ceil(half - (90.0 - STEEPEST_DEG))), HIGHEST_DEG)
    for pitch in (DOWN_DEG, HORIZON_DEG, up):
        if not footprint(start, end, waypoint.altitude.metres, pitch, patrol).intersects(forbidden):
            return pitch
    return max(up, HORIZON_DEG)

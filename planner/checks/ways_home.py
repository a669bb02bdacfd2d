"""What both rules about coming home look at: the autopilot's own ways home from all of a sortie's route."""

from __future__ import annotations

import math

import numpy as np

from planner.checks.scene import Scene, Ways
from planner.heights import rally_height_m
from planner.quantities import Altitude, AltitudeReference
from planner.returning import Barrier, Refuge, Returns, cut, returns_of
from planner.site import SafePoint, Zone


def ways_home(scene: Scene, ways: Ways) -> Returns:
    """From every piece of a sortie's route to every place that may be chosen there.

    Where no terrain is given, the ground is taken as flat: heights above it are heights above home. Raises
    ``PlanError`` where a waypoint's height above home cannot be told.
    """
    waypoints, vehicle = ways.sortie.route.waypoints, scene.patrol.vehicle
    heights = scene.above_home(ways)
    speeds = np.array([waypoint.speed_mps for waypoint in waypoints])
    return returns_of(cut(ways.points, heights, speeds, vehicle), refuges(scene, ways), vehicle)


def refuges(scene: Scene, ways: Ways) -> tuple[Refuge, ...]:
    """Home first, then the safe points, as rally points are stored."""
    launch, frame = ways.sortie.launch, scene.frame
    home = Refuge(frame.point_to_local(launch.position), is_home=True, name=launch.name or launch.id)
    rally = [
        Refuge(frame.point_to_local(safe.position), _rally_m(scene, safe), name=safe.name or safe.id)
        for safe in scene.patrol.site.safe_points
    ]
    return (home, *rally)


def barrier(scene: Scene, ways: Returns, zone: Zone) -> Barrier:
    """A zone with its heights above home; a height that cannot be compared without terrain is unbounded."""
    shape = scene.frame.to_local(zone.shape)
    if scene.levels is not None:
        floor = -math.inf if zone.floor is None else scene.levels.span(zone.floor, shape).low_m
        return Barrier(
            shape, floor, math.inf if zone.ceiling is None else scene.levels.span(zone.ceiling, shape).high_m
        )
    stays = bool((ways.top_m <= ways.from_m + 0.01).all())
    own = scene.patrol.pattern.altitude.reference if stays else AltitudeReference.HOME

    def height(altitude: Altitude | None, unknown: float) -> float:
        if altitude is None or altitude.reference not in (AltitudeReference.HOME, own):
            return unknown
        return altitude.metres

    return Barrier(shape, height(zone.floor, -math.inf), height(zone.ceiling, math.inf))


def _rally_m(scene: Scene, safe: SafePoint) -> float:
    """A safe point whose height is not known is come to at the return altitude; its mission is refused."""
    metres = rally_height_m(safe, scene.patrol.vehicle.return_altitude_m, scene.levels)
    return scene.patrol.vehicle.return_altitude_m if metres is None else metres

"""What both rules about coming home look at: the autopilot's own ways home from all of a sortie's route."""

from __future__ import annotations

import math

import numpy as np

from planner.checks.scene import Scene, Ways
from planner.quantities import Altitude, AltitudeReference
from planner.returning import Barrier, Refuge, Returns, cut, returns_of
from planner.site import SafePoint, Zone


def ways_home(scene: Scene, ways: Ways) -> Returns:
    """From every piece of a sortie's route to every place that may be chosen there; the ground is taken as flat."""
    waypoints, vehicle = ways.sortie.route.waypoints, scene.patrol.vehicle
    heights = np.array([waypoint.altitude.metres for waypoint in waypoints])
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
    stays = bool((ways.top_m <= ways.from_m + 0.01).all())
    own = scene.patrol.pattern.altitude.reference if stays else AltitudeReference.HOME

    def height(altitude: Altitude | None, unknown: float) -> float:
        if altitude is None or altitude.reference not in (AltitudeReference.HOME, own):
            return unknown
        return altitude.metres

    return Barrier(scene.frame.to_local(zone.shape), height(zone.floor, -math.inf), height(zone.ceiling, math.inf))


def _rally_m(scene: Scene, safe: SafePoint) -> float:
    if safe.altitude is None or safe.altitude.reference is AltitudeReference.AMSL:
        return scene.patrol.vehicle.return_altitude_m
    return float(math.ceil(safe.altitude.metres))

"""The camera keeps up with the drone and sees as wide as lanes are apart."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity


class CameraInterval:
    """Blocking where pictures follow faster than the camera can; a warning where the overlap had to give."""

    name = "camera_interval"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The sortie with the shortest time between two pictures."""
        patrol = scene.patrol
        camera, pattern = patrol.camera, patrol.pattern
        speeds = [
            (sortie.trigger_distance_m / waypoint.speed_mps, sortie.number)
            for sortie in scene.plan.sorties
            for waypoint in sortie.route.waypoints
            if waypoint.leg.looks
        ]
        if not speeds:
            return
        shortest, number = min(speeds)
        room = shortest - camera.shortest_interval_s
        if room < -1e-9:
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"Pictures would follow every {shortest:.2f} s; the camera needs {camera.shortest_interval_s:g} s.",
                "Fly slower, or take pictures farther apart.",
                room,
                "s",
                sortie=number,
            )
            return
        reach = camera.reach_m(pattern.altitude.metres)
        overlap = 1 - patrol.trigger_distance_m / reach
        if overlap < pattern.front_overlap - 1e-9:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"At {pattern.speed_mps:g} m/s the camera is too slow for {pattern.front_overlap:.0%} overlap; "
                f"pictures {'overlap by ' + format(overlap, '.0%') if overlap >= 0 else 'leave gaps'}.",
                "Fly slower or higher.",
                (overlap - pattern.front_overlap) * 100,
                "%",
            )
            return
        yield holds(self.name, f"Pictures follow every {shortest:.1f} s or slower.", room, "s")


class CameraWidth:
    """A warning where lanes are farther apart than the camera sees: the coverage would be on paper only.

    Over terrain the camera sees least where the drone is nearest to the ground.
    """

    name = "camera_width"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Across the lane, where it is lowest above the ground."""
        patrol = scene.patrol
        looks = np.concatenate([ways.looks for ways in scene.ways])
        if patrol.spacing_m is None or not looks.any():
            return
        legs = np.flatnonzero(looks)
        lowest = int(legs[scene.heights_over_ground[0][legs].argmin()])
        height = float(scene.heights_over_ground[0][lowest])
        if not (math.isfinite(height) and height > 0):
            return
        seen = patrol.camera.swath_m(height)
        room = seen - patrol.swath_m
        above = f"{height:.0f} m above ground" if scene.levels is not None else str(patrol.pattern.altitude)
        if room < -1e-6:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"Lanes are {patrol.swath_m:.1f} m apart; from {above} the camera sees {seen:.1f} m.",
                "Fly higher, or lower the swath.",
                room,
                "m",
                scene.lonlat(scene.legs[lowest]),
            )
        else:
            yield holds(
                self.name, f"The camera sees {seen:.1f} m across, lanes are {patrol.swath_m:.1f} m apart.", room, "m"
            )

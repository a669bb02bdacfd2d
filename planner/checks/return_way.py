"""The way home that the autopilot takes by itself: a straight line at return altitude, whatever lies below.

ArduCopter's return does not go around fences or zones. A return across a keep-out zone is a warning, not blocking: it
happens only in an emergency, and where a launch lies behind a zone there may be no other place to launch from. A
return that leaves a drawn keep-in zone is a warning too; one that leaves a derived one is only told.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.quantities import Altitude
from planner.site import Zone

STEP_M = 25.0
"""Legs are tried at least this often."""

MEND = "Draw a safe point that can be reached straight, launch elsewhere, or be ready to bring it home by hand."


class ReturnWay:
    """Warnings where the straight way home crosses a zone or leaves the fence."""

    name = "return_way"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """From places along all legs to the launch."""
        home = np.array(scene.frame.point_to_local(scene.plan.sorties[0].launch.position))
        places = _along(scene.legs)
        ways = shapely.linestrings(np.stack([places, np.broadcast_to(home, places.shape)], axis=1))
        found = False
        for zone, shape in scene.barring:
            if _flown_over(zone, scene):
                continue
            crossing = shapely.intersects(shape, ways)
            if crossing.any():
                found = True
                yield self._finding(
                    scene, places[crossing], len(places), f"crosses the {zone.kind.value} zone {zone.label!r}"
                )
        wide = scene.keep_in.buffer(0.1)
        shapely.prepare(wide)
        leaving = ~shapely.covers(wide, ways)
        if leaving.any():
            severity = Severity.INFO if scene.plan.derived_keep_in else Severity.WARNING
            yield self._finding(scene, places[leaving], len(places), "leaves the fence", severity)
        elif not found:
            yield holds(self.name, "The straight way home is free from everywhere.")

    def _finding(
        self,
        scene: Scene,
        places: NDArray[np.float64],
        count: int,
        what: str,
        severity: Severity = Severity.WARNING,
    ) -> Finding:
        share = len(places) / count
        return Finding(
            self.name,
            severity,
            f"From {share:.0%} of the route the autopilot's straight way home {what}.",
            MEND,
            -share * 100,
            "%",
            scene.lonlat(shapely.Point(places[0])),
        )


def _along(legs: NDArray[np.object_]) -> NDArray[np.float64]:
    """Points (n, 2) on lines, no farther apart than ``STEP_M``."""
    return np.asarray(shapely.get_coordinates(shapely.segmentize(legs, STEP_M)))


def _flown_over(zone: Zone, scene: Scene) -> bool:
    """Whether the way home passes above a zone; unknown counts as no."""
    altitude, vehicle = scene.patrol.pattern.altitude, scene.patrol.vehicle
    height = Altitude(max(altitude.metres, vehicle.return_altitude_m), altitude.reference)
    return (
        zone.ceiling is not None
        and zone.ceiling.reference is height.reference
        and zone.ceiling.metres < height.metres
        and altitude.metres >= vehicle.return_altitude_m
    )

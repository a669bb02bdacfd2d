"""From everywhere on the route the battery takes the drone down with the reserve, wherever the autopilot would land."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, Ways, holds
from planner.checks.ways_home import ways_home
from planner.energy.reserve import reserve_wh
from planner.plan import Finding, Severity
from planner.quantities import LonLat
from planner.returning import needed_wh

ROUNDING = 1e-6


class ReturnEnergy:
    """Blocking where breaking off would eat into the reserve."""

    name = "return_energy"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The worst place of each sortie: usually the farthest one late in the flight."""
        least, reserve = float("inf"), 0.0
        for ways in scene.ways:
            sortie = ways.sortie
            worst = self._worst(scene, ways)
            if worst is None:
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"The forecast of sortie {sortie.number} does not say what its waypoints cost.",
                    "Plan again.",
                    sortie=sortie.number,
                )
                continue
            left, where, place = worst
            reserve = reserve_wh(scene.patrol, sortie.launch) / scene.patrol.vehicle.battery_wh
            least = min(least, left - reserve)
            if left < reserve - ROUNDING:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"Breaking off {where} of sortie {sortie.number}, the drone lands with {left:.0%} of the battery; "
                    f"{reserve:.0%} must be left.",
                    "Plan again with a larger reserve, launch nearer, or draw a safe point nearer to it.",
                    (left - reserve) * 100,
                    "%",
                    place,
                    sortie.number,
                )
        if -ROUNDING <= least < float("inf"):
            yield holds(
                self.name,
                f"Wherever the drone breaks off, it lands with {least + reserve:.0%} of the battery or more.",
                least * 100,
                "%",
            )

    def _worst(self, scene: Scene, ways: Ways) -> tuple[float, str, LonLat] | None:
        """The share of the battery that is left at worst, in words where, and the place."""
        sortie, full_wh = ways.sortie, scene.patrol.vehicle.battery_wh
        used, back = np.array(sortie.forecast.used_wh), np.array(sortie.forecast.return_wh)
        if len(used) == 0 or len(used) != len(back) or len(used) != len(ways.points):
            return None
        at_waypoints = 1 - (used + back) / full_wh
        nearest = int(np.argmin(at_waypoints))
        waypoint = sortie.route.waypoints[nearest].position
        worst = float(at_waypoints[nearest]), f"at waypoint {nearest + 1}", waypoint
        home = ways_home(scene, ways)
        if len(home) == 0:
            return worst
        between = (
            1 - needed_wh(home, used, scene.patrol.vehicle, wind_mps=scene.patrol.limits.energy_wind_mps) / full_wh
        )
        at = int(np.argmin(between))
        if between[at] >= worst[0] - ROUNDING:
            return worst
        piece = int(home.piece[at])
        leg = int(home.pieces.leg[piece])
        place = scene.lonlat(shapely.Point(home.pieces.ends[piece]))
        return float(between[at]), f"between waypoints {leg + 1} and {leg + 2}", place

"""From every waypoint the battery takes the drone home with the reserve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity, Sortie

ROUNDING = 1e-6


class ReturnEnergy:
    """Blocking where breaking off at a waypoint would eat into the reserve."""

    name = "return_energy"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The worst waypoint of each sortie: usually the farthest one late in the flight."""
        full, reserve = scene.patrol.vehicle.battery_wh, scene.patrol.limits.battery_reserve
        least = float("inf")
        for sortie in scene.plan.sorties:
            left = self._left(sortie, full)
            if left is None:
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"The forecast of sortie {sortie.number} does not say what its waypoints cost.",
                    "Plan again.",
                    sortie=sortie.number,
                )
                continue
            worst = int(np.argmin(left))
            least = min(least, float(left[worst]))
            if left[worst] < reserve - ROUNDING:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"Breaking off at waypoint {worst + 1} of sortie {sortie.number}, the drone lands with "
                    f"{left[worst]:.0%} of the battery; {reserve:.0%} must be left.",
                    "Plan again with a larger reserve, or launch nearer.",
                    float(left[worst] - reserve) * 100,
                    "%",
                    sortie.route.waypoints[worst].position,
                    sortie.number,
                )
        if reserve - ROUNDING <= least < float("inf"):
            yield holds(
                self.name,
                f"Wherever the drone breaks off, it lands with {least:.0%} of the battery or more.",
                (least - reserve) * 100,
                "%",
            )

    def _left(self, sortie: Sortie, full_wh: float) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
        used, back = np.array(sortie.forecast.used_wh), np.array(sortie.forecast.return_wh)
        if len(used) == 0 or len(used) != len(back):
            return None
        return np.asarray(1 - (used + back) / full_wh)

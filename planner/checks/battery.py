"""Every sortie lands with its reserve."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.energy.reserve import reserve_wh
from planner.plan import Finding, Severity

ROUNDING = 1e-6


class Battery:
    """Blocking where a sortie needs more than the battery less its reserve."""

    name = "battery"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each sortie; where all hold, the tightest."""
        launch = scene.plan.sorties[0].launch
        reserve = reserve_wh(scene.patrol, launch) / scene.patrol.vehicle.battery_wh
        left = {sortie.number: 1 - sortie.forecast.battery_used for sortie in scene.plan.sorties}
        short = {number: share for number, share in left.items() if share < reserve - ROUNDING}
        for number, share in short.items():
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"Sortie {number} lands with {share:.0%} of the battery; {reserve:.0%} must be left.",
                "Plan again, or take a larger battery.",
                (share - reserve) * 100,
                "%",
                sortie=number,
            )
        if not short:
            least = min(left.values())
            yield holds(
                self.name,
                f"Every sortie lands with {least:.0%} of the battery or more; {reserve:.0%} must be left.",
                (least - reserve) * 100,
                "%",
            )

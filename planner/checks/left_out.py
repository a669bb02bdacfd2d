"""All that was wanted is flown."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene
from planner.plan import Finding, Severity

LEAST_M = 1.0
"""Less is the rounding of borders."""


class LeftOut:
    """A warning where part of a wanted way lies in zones or outside the keep-in zone, and is flown around."""

    name = "left_out"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The plan's own sum; patterns that find their own lanes leave nothing out."""
        metres = scene.plan.left_out_m
        if metres > LEAST_M:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"{metres:.0f} m of the {scene.patrol.pattern.word} lie where the drone may not fly; it flies around.",
                "Move the zone or what is drawn, widen the keep-in zone, or make the margins smaller.",
                -metres,
                "m",
            )

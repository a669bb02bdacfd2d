"""The lanes see the areas."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity

ENOUGH = 0.99


class Coverage:
    """A warning where less than 99 % of what is to be watched lies within half a swath of a lane."""

    name = "coverage"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The plan's own share."""
        share = scene.plan.covered
        if share is None:
            return
        room = (share - ENOUGH) * 100
        if share < ENOUGH:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"The lanes cover {share:.1%} of what is to be watched.",
                "Make margins smaller, widen the keep-in zone, or narrow the swath.",
                room,
                "%",
            )
        else:
            yield holds(self.name, f"The lanes cover {share:.1%} of what is to be watched.", room, "%")

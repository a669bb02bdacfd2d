"""Zones that hold only at some hours: which ones the plan leaves out, and when it is good."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity


class ZoneHours:
    """A warning for a plan that is good only at its hours; told where zones are taken as always that are not.

    Silent where no zone has hours.
    """

    name = "hours"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The zones left out, and those with hours that were not looked at."""
        patrol = scene.patrol
        names = ", ".join(repr(zone.label) for zone in patrol.site.resting[:5])
        more = f" and {len(patrol.site.resting) - 5} more" if len(patrol.site.resting) > 5 else ""
        if patrol.starts is not None and patrol.site.resting:
            until = f"until {patrol.ends.isoformat()}" if patrol.ends is not None else "on"
            yield Finding(
                self.name,
                Severity.WARNING,
                f"The plan is good from {patrol.starts.isoformat()} {until} only; else {names}{more} may hold.",
                "Fly it within these hours, or plan again.",
            )
            return
        timed = [zone for zone, _ in scene.barring if not zone.hours.always]
        if patrol.starts is None and timed:
            yield holds(self.name, f"{len(timed)} zones that hold at some hours only are taken as always.")

"""The vehicle holds every sortie's mission items."""

from __future__ import annotations

from collections.abc import Iterator

from planner.chain import items_of
from planner.checks.scene import Scene, Ways, holds
from planner.plan import Finding, Severity


class Items:
    """Blocking where a sortie takes more items than the autopilot stores."""

    name = "items"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each sortie, by an upper bound of what compiling makes of it."""
        most = scene.patrol.vehicle.mission_items
        counts = {ways.sortie.number: items_of(ways.looks, ways.aims) + _pitches(ways) for ways in scene.ways}
        for number, count in counts.items():
            if count > most:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"Sortie {number} takes up to {count} mission items; the vehicle holds {most}.",
                    "Plan again, or simplify the outlines.",
                    most - count,
                    "items",
                    sortie=number,
                )
        largest = max(counts.values())
        if largest <= most:
            yield holds(self.name, f"Sorties take up to {largest} of {most} mission items.", most - largest, "items")


def _pitches(ways: Ways) -> int:
    """How often the camera is pitched, at most: told anew at each change, and after each place that it was kept on."""
    told = [(waypoint.pitch_deg, waypoint.aim) for waypoint in ways.sortie.route.waypoints]
    return sum(
        1 for before, now in zip([(None, None), *told], told, strict=False) if now != before and now[0] is not None
    )

"""Safe points lie inside the fence and in no zone that may not be entered."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.site import SafePoint


class SafePoints:
    """Blocking: a return to a rally point outside the fence breaches it (ArduPilot issue 7333)."""

    name = "safe_points"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each safe point."""
        least = float("inf")
        for safe in scene.patrol.site.safe_points:
            point = shapely.Point(scene.frame.point_to_local(safe.position))
            away = scene.keep_in.distance(point)
            if away > 0:
                yield self._bad(safe, f"lies {away:.1f} m outside the fence", -away)
                continue
            zones = [zone for zone, shape in scene.barring if shape.intersects(point)]
            if zones:
                yield self._bad(safe, f"lies in the {zones[0].kind.value} zone {zones[0].label!r}", None)
                continue
            least = min(least, scene.keep_in.boundary.distance(point))
        if least < float("inf"):
            yield holds(self.name, f"The safe points lie at least {least:.1f} m inside the fence.", least, "m")

    def _bad(self, safe: SafePoint, what: str, margin: float | None) -> Finding:
        return Finding(
            self.name,
            Severity.BLOCKING,
            f"The safe point {safe.name or safe.id!r} {what}.",
            "Move it, or widen the keep-in zone.",
            margin,
            "m" if margin is not None else "",
            safe.position,
        )

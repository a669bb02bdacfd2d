"""No leg enters a keep-out zone or airspace that reaches the flown heights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.space import TOUCH_M


class Zones:
    """Blocking inside a zone; a warning within its margin."""

    name = "zones"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Legs, not only waypoints; the worst of each zone."""
        wanted = scene.patrol.limits.zone_margin_m
        least = float("inf")
        for zone, shape in scene.barring:
            away = shapely.distance(shape, scene.legs)
            nearest = int(np.argmin(away))
            room = float(away[nearest])
            least = min(least, room)
            where = scene.lonlat(shapely.shortest_line(scene.legs[nearest], shape))
            if room == 0:
                metres = float(shapely.length(shapely.intersection(scene.legs, shape)).sum())
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"{metres:.1f} m of the route lie in the {zone.kind.value} zone {zone.label!r}.",
                    "Plan again.",
                    -metres,
                    "m",
                    where,
                )
            elif room < wanted - TOUCH_M:
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"The route passes {room:.1f} m from the {zone.kind.value} zone {zone.label!r}; "
                    f"{wanted:g} m are wanted.",
                    "Plan again.",
                    room - wanted,
                    "m",
                    where,
                )
        if wanted - TOUCH_M <= least < float("inf"):
            yield holds(self.name, f"The route keeps {least:.1f} m from every zone.", least - wanted, "m")

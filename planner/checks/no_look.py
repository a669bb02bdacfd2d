"""Pictures stay clear of what the camera may not see."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.site import ZoneKind
from planner.space import TOUCH_M, look_m


class NoLook:
    """Blocking where a picture taken in a lane would show a no-look zone."""

    name = "no_look"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Half a picture's diagonal around every leg that looks, for a camera that points straight down."""
        reach = look_m(scene.patrol)
        least = float("inf")
        lanes = np.concatenate([ways.legs[ways.looks] for ways in scene.ways])
        for zone in scene.patrol.site.of_kind(ZoneKind.NO_LOOK):
            if len(lanes) == 0:
                return
            shape = scene.frame.to_local(zone.shape)
            away = shapely.distance(shape, lanes)
            nearest = int(np.argmin(away))
            room = float(away[nearest]) - reach
            least = min(least, room)
            if room < -TOUCH_M:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"Pictures reach {-room:.1f} m into the no-look zone {zone.label!r}.",
                    "Plan again, or fly lower.",
                    room,
                    "m",
                    scene.lonlat(shapely.shortest_line(lanes[nearest], shape)),
                )
        if -TOUCH_M <= least < float("inf"):
            yield holds(
                self.name,
                f"The camera is off within {reach:.0f} m of no-look zones; what lies beside them stays unseen.",
                max(least, 0.0),
                "m",
            )

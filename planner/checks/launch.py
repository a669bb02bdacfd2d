"""The launch lies inside the fence, away from it, and in no zone that may not be entered."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.space import TOUCH_M

ROOM_M = 3.0
"""A GPS that settles after arming wanders this far."""


class LaunchPlace:
    """Blocking outside or in a zone; a warning at the fence."""

    name = "launch"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The launch of the first sortie is that of all."""
        launch = scene.plan.sorties[0].launch
        start = shapely.Point(scene.frame.point_to_local(launch.position))
        away = scene.keep_in.distance(start)
        if away > TOUCH_M:
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"The launch lies {away:.1f} m outside the fence: the vehicle will not arm.",
                "Move the launch, or widen the keep-in zone.",
                -away,
                "m",
                launch.position,
            )
            return
        for zone, shape in scene.barring:
            if shape.intersects(start):
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"The launch lies in the {zone.kind.value} zone {zone.label!r}.",
                    "Move the launch.",
                    place=launch.position,
                )
                return
        room = scene.keep_in.boundary.distance(start)
        if room < ROOM_M:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"The launch lies {room:.1f} m from the fence; the GPS alone may breach it.",
                "Move the launch inwards, or widen the keep-in zone there.",
                room - ROOM_M,
                "m",
                launch.position,
            )
            return
        yield holds(self.name, f"The launch lies {room:.1f} m inside the fence.", room - ROOM_M, "m")

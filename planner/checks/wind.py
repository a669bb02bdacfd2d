"""The forecast wind is within what the vehicle bears."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from planner.checks.scene import Scene, holds
from planner.motion import reachable_mps
from planner.plan import Finding, Severity

AHEAD = np.array([[1.0, 0.0, 0.0]])
ROUNDING_MPS = 0.05
NO_WAY_MPS = 0.5


class Wind:
    """Blocking above the vehicle's limit; a warning where it cannot hold its speed against the wind."""

    name = "wind"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """The limit, then the speed through the air."""
        wind, vehicle = scene.patrol.limits.wind_mps, scene.patrol.vehicle
        room = vehicle.max_wind_mps - wind
        if room < 0:
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"Wind of {wind:g} m/s is forecast; {vehicle.name} bears {vehicle.max_wind_mps:g} m/s.",
                "Wait for less wind.",
                room,
                "m/s",
            )
            return
        speed = scene.patrol.pattern.speed_mps
        held = float(reachable_mps(AHEAD, np.array([speed]), vehicle, (-wind, 0.0))[0])
        if held < speed - ROUNDING_MPS:
            makes = f"holds {held:.1f} m/s over ground at its lean limit, not the {speed:g} m/s asked for"
            lower = f"Lower speed_mps to {math.floor(held * 10) / 10:g} or less, or tell the vehicle's own drag."
            if held < NO_WAY_MPS:
                makes, lower = "makes no way at its lean limit", "Wait for less wind, or tell the vehicle's own drag."
            yield Finding(
                self.name,
                Severity.WARNING,
                f"Against {wind:g} m/s of wind the drone {makes}.",
                lower,
                held - speed,
                "m/s",
            )
            return
        yield holds(self.name, f"The forecast wind of {wind:g} m/s is within the vehicle's limit.", room, "m/s")

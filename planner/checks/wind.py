"""The forecast wind is within what the vehicle bears."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity


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
        if speed + wind > vehicle.top_speed_mps:
            yield Finding(
                self.name,
                Severity.WARNING,
                f"Against {wind:g} m/s of wind the drone cannot hold {speed:g} m/s: it would need "
                f"{speed + wind:g} m/s through the air, {vehicle.top_speed_mps:g} m/s is its most.",
                "Lower speed_mps.",
                vehicle.top_speed_mps - speed - wind,
                "m/s",
            )
            return
        yield holds(self.name, f"The forecast wind of {wind:g} m/s is within the vehicle's limit.", room, "m/s")

"""Floors and ceilings: of keep-in zones, and of the airspace above or below the patrol."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, holds
from planner.plan import Finding, Severity
from planner.quantities import Altitude
from planner.site import Zone, ZoneKind


class Ceiling:
    """Blocking where the patrol leaves a keep-in zone upwards or downwards; airspace that is passed is told."""

    name = "ceiling"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Zones that the route flies in, over or under."""
        altitude = scene.patrol.pattern.altitude
        barring = {zone.id for zone, _ in scene.barring}
        for zone in scene.patrol.site.zones:
            if zone.floor is None and zone.ceiling is None:
                continue
            if not np.any(shapely.intersects(scene.frame.to_local(zone.shape), scene.legs)):
                continue
            if zone.kind is ZoneKind.KEEP_IN:
                yield from self._inside(zone, altitude)
            elif zone.kind.forbids_entry and zone.id not in barring:
                yield self._passed(zone, altitude)

    def _inside(self, zone: Zone, altitude: Altitude) -> Iterator[Finding]:
        for bound, sign, word in ((zone.ceiling, 1, "above the ceiling"), (zone.floor, -1, "below the floor")):
            if bound is None:
                continue
            if bound.reference is not altitude.reference:
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"Whether {altitude} is {word} ({bound}) of the keep-in zone {zone.label!r} depends on the ground.",
                    f"Give it as {altitude.reference.value}.",
                )
                continue
            room = sign * (bound.metres - altitude.metres)
            if room < 0:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"{altitude} is {word} ({bound}) of the keep-in zone {zone.label!r}.",
                    "Change the altitude.",
                    room,
                    "m",
                )

    def _passed(self, zone: Zone, altitude: Altitude) -> Finding:
        rooms = [
            abs(bound.metres - altitude.metres)
            for bound in (zone.floor, zone.ceiling)
            if bound is not None and bound.reference is altitude.reference
        ]
        room = min(rooms, default=None)
        where = "above" if zone.ceiling is not None and zone.ceiling.metres < altitude.metres else "below"
        return holds(self.name, f"The route passes {where} the {zone.kind.value} zone {zone.label!r}.", room, "m")

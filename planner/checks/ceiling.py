"""Floors and ceilings: of keep-in zones, and of the airspace above or below the patrol.

Over terrain every leg is compared on its whole length inside the zone, whatever its heights are measured from; without
it only heights with the same reference can be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, holds
from planner.checks.within import Within, within
from planner.heights import HEIGHT_MARGIN_M
from planner.plan import Finding, Severity
from planner.quantities import Altitude
from planner.site import Zone, ZoneKind

TOUCH_M = 0.1


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
            shape = scene.frame.to_local(zone.shape)
            if not np.any(shapely.intersects(shape, scene.legs)):
                continue
            ground, over = scene.patrol.ground, scene.over_ground
            pieces = None
            if ground is not None and ground.terrain is not None and over is not None:
                pieces = within(over, shape, ground.terrain, scene.frame)
            if zone.kind is ZoneKind.KEEP_IN:
                yield from self._inside(zone, altitude) if pieces is None else self._inside_over(zone, pieces)
            elif zone.kind.forbids_entry and zone.id not in barring:
                yield self._passed(zone, altitude) if pieces is None else self._passed_over(zone, pieces)

    def _inside_over(self, zone: Zone, pieces: Within) -> Iterator[Finding]:
        for bound, words in ((zone.ceiling, "above the ceiling"), (zone.floor, "below the floor")):
            if bound is None:
                continue
            room, place = pieces.below_m(bound) if bound is zone.ceiling else pieces.above_m(bound)
            if room < -TOUCH_M:
                yield Finding(
                    self.name,
                    Severity.BLOCKING,
                    f"The route comes {-room:.0f} m {words} ({bound}) of the keep-in zone {zone.label!r}.",
                    "Change the altitude.",
                    room,
                    "m",
                    place,
                )

    def _passed_over(self, zone: Zone, pieces: Within) -> Finding:
        ways = []
        if zone.ceiling is not None:
            ways.append((*pieces.above_m(zone.ceiling), "above"))
        if zone.floor is not None:
            ways.append((*pieces.below_m(zone.floor), "below"))
        room, place, where = max(ways, key=lambda way: way[0])
        if room >= HEIGHT_MARGIN_M - TOUCH_M:
            sentence = f"The route passes {room:.0f} m {where} the {zone.kind.value} zone {zone.label!r}."
            return holds(self.name, sentence, room, "m")
        what = f"passes only {room:.0f} m {where}" if room > 0 else "enters"
        return Finding(
            self.name,
            Severity.BLOCKING,
            f"The route {what} the {zone.kind.value} zone {zone.label!r}; {HEIGHT_MARGIN_M:g} m must be kept.",
            "Change the altitude, or draw the keep-in zone nearer to what is to be watched.",
            room - HEIGHT_MARGIN_M,
            "m",
            place,
        )

    def _inside(self, zone: Zone, altitude: Altitude) -> Iterator[Finding]:
        for bound, sign, word in ((zone.ceiling, 1, "above the ceiling"), (zone.floor, -1, "below the floor")):
            if bound is None:
                continue
            if bound.reference is not altitude.reference:
                yield Finding(
                    self.name,
                    Severity.WARNING,
                    f"Whether {altitude} is {word} ({bound}) of the keep-in zone {zone.label!r} depends on the ground.",
                    f"Name terrain, or give it as {altitude.reference.value}.",
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

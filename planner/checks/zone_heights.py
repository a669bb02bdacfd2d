"""Zones that bar the way because their heights cannot be compared with the patrol's."""

from __future__ import annotations

from collections.abc import Iterator

import shapely

from planner.checks.scene import Scene
from planner.heights import is_comparable
from planner.plan import Finding, Severity
from planner.site import Zone

MOST_NAMED = 5


class ZoneHeights:
    """Told where zones are kept out of only because the ground's height is not known; silent elsewhere."""

    name = "zone_heights"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Zones inside the fence's surroundings; with terrain every height is compared through it."""
        if scene.levels is not None:
            return
        altitude = scene.patrol.pattern.altitude
        box = shapely.box(*scene.keep_in.bounds)
        zones = [zone for zone, shape in scene.barring if not is_comparable(zone, altitude) and shape.intersects(box)]
        if zones:
            more = f" and {len(zones) - MOST_NAMED} more" if len(zones) > MOST_NAMED else ""
            names = ", ".join(f"{zone.label!r} ({_heights(zone)})" for zone in zones[:MOST_NAMED])
            one = len(zones) == 1
            yield Finding(
                self.name,
                Severity.INFO,
                f"Whether {names}{more} {'reaches' if one else 'reach'} {altitude} depends on the ground's height; "
                f"{'it is' if one else 'they are'} kept out of.",
                "Name terrain, so that heights can be compared.",
            )


def _heights(zone: Zone) -> str:
    floor = "the ground" if zone.floor is None else str(zone.floor)
    return f"{floor} to {'no top' if zone.ceiling is None else zone.ceiling}"

"""Waypoints by hand: a way flown as it was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import shapely

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Pattern, Place, Thing, Wanted
from planner.site import Site


@dataclass(frozen=True, slots=True)
class Waypoints(Pattern):
    """Fly drawn routes from their first point to their last, every corner of them, the camera on."""

    word: ClassVar[str] = "waypoints"
    kinds: ClassVar[tuple[str, ...]] = ("route",)

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each route."""
        return tuple(Thing(route.label, frame.to_local(route.line)) for route in site.routes)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """The route itself."""
        return (Wanted(shapely.get_coordinates(thing.shape)),)

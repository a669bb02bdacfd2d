"""What the patterns of a shift have alike: how long it lasts, and the places that drones come to by turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import shapely

from planner.cameras import Camera
from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Pattern, Place, Thing, Wanted
from planner.site import Site


@dataclass(frozen=True, slots=True)
class Shift(Pattern):
    """A pattern that goes on for a shift; ``shift_s`` None: from the patrol's start to its end, else one hour."""

    shift_s: float | None = None

    roams: ClassVar[bool] = True

    def __post_init__(self) -> None:
        Pattern.__post_init__(self)
        self.refuse_not_positive("shift_s")

    def refuse_negative(self, *names: str) -> None:
        """Raise ``SettingError`` where one of these settings is set and not a finite number of at least zero."""
        for name in names:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise SettingError(f"{name} must be zero or more, not {value}.")

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """The place itself, to be flown over."""
        return (Wanted(shapely.get_coordinates(thing.shape)[:1], stay_s=1.0),)


def points_of(site: Site, frame: LocalFrame) -> tuple[Thing, ...]:
    """Each point, under a label that no other has."""
    labels = [point.label for point in site.points]
    return tuple(
        Thing(
            point.label if labels.count(point.label) == 1 else f"{point.label} ({point.id})",
            shapely.Point(frame.point_to_local(point.position)),
        )
        for point in site.points
    )


def along_outlines(site: Site, frame: LocalFrame, step_m: float) -> tuple[Thing, ...]:
    """Places along the perimeters (the areas' outlines where none is drawn), evenly, at most ``step_m`` apart."""
    things: list[Thing] = []
    for drawn in site.perimeters or site.areas:
        rings = [part.exterior for part in shapely.get_parts(frame.to_local(drawn.shape))]
        number = 0
        for ring in rings:
            count = max(math.ceil(ring.length / step_m), 3)
            for at in np.arange(count) / count:
                number += 1
                place = ring.interpolate(float(at), normalized=True)
                things.append(Thing(f"{drawn.label} {number}", place))
    return tuple(things)

"""The sweep: every place of the areas is seen once, in parallel lanes. How lanes are found: :mod:`planner.sweep`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from planner.cameras import Camera
from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Laned, Thing
from planner.site import Site


@dataclass(frozen=True, slots=True)
class Sweep(Laned):
    """See every place of the areas once, in parallel lanes.

    ``swath_m`` None: from the camera, the altitude and ``side_overlap``. ``heading_deg`` None: the best one.
    ``cross``: a second sweep at right angles to the first, for three-dimensional models and for what hides from one
    side.
    """

    heading_deg: float | None = None
    cross: bool = False

    word: ClassVar[str] = "sweep"
    kinds: ClassVar[tuple[str, ...]] = ("area",)

    def __post_init__(self) -> None:
        Laned.__post_init__(self)
        if self.heading_deg is not None and not math.isfinite(self.heading_deg):
            raise SettingError(f"heading_deg must be a number of degrees, not {self.heading_deg}.")

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """The areas, all of which is to be seen."""
        shapes = [(area.label, frame.to_local(area.shape)) for area in site.areas]
        return tuple(Thing(label, shape, shape) for label, shape in shapes)

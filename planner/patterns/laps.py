"""Laps: round and round through places for a shift, evenly spaced or unpredictable. How: :mod:`planner.laps`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from planner.cameras import Camera
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Thing
from planner.patterns.shift import Shift, along_outlines, points_of
from planner.site import Site

RHYTHMS = ("fixed", "unpredictable")


@dataclass(frozen=True, slots=True)
class Laps(Shift):
    """Go round all points for a shift, and stay ``stay_s`` at each (0: fly over it).

    ``rhythm``: ``"fixed"``, the same round evenly spaced, or ``"unpredictable"``, order and direction drawn anew for
    each round. ``longest_gap_s``: the longest that a place may be without a visit (None: three times a round shared by
    all drones). Where no point is drawn, the places lie along perimeters, else the areas' outlines, ``step_m`` apart.
    """

    rhythm: str = "fixed"
    longest_gap_s: float | None = None
    stay_s: float = 0.0
    step_m: float = 100.0

    word: ClassVar[str] = "laps"
    kinds: ClassVar[tuple[str, ...]] = ("point", "perimeter", "area")

    def __post_init__(self) -> None:
        Shift.__post_init__(self)
        self.refuse_other("rhythm", RHYTHMS)
        self.refuse_not_positive("longest_gap_s", "step_m")
        self.refuse_negative("stay_s")

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each point, or places along the outlines."""
        return points_of(site, frame) if site.points else along_outlines(site, frame, self.step_m)

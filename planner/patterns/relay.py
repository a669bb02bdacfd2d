"""The relay: a point or an area that is watched without a break for a whole shift, by drones that take turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from planner.cameras import Camera
from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.patterns.pattern import Place, Thing, Wanted
from planner.patterns.shift import Shift, points_of
from planner.patterns.sweep import Sweep
from planner.patterns.watch import Watch
from planner.site import Site

WATCHED = ("points", "areas")


@dataclass(frozen=True, slots=True)
class Relay(Shift):
    """Watch each point for a whole shift, as ``Watch`` does; or sweep the areas again and again (``of = "areas"``).

    ``of`` None: the points where any is drawn, else the areas. The next drone comes ``overlap_s`` before the one before
    leaves, because forecasts are not exact; the gap at a change should be at most ``gap_goal_s``. ``batteries`` and
    ``chargers`` there are at each launch; None: as many as it takes, and one charger for each battery.
    """

    of: str | None = None
    distance_m: float | None = None
    bearing_deg: float | None = None
    swath_m: float | None = None
    side_overlap: float = 0.2
    gap_goal_s: float = 8.0
    overlap_s: float = 30.0
    batteries: int | None = None
    chargers: int | None = None

    word: ClassVar[str] = "relay"
    kinds: ClassVar[tuple[str, ...]] = ("point", "area")

    def __post_init__(self) -> None:
        Shift.__post_init__(self)
        if self.of is not None:
            self.refuse_other("of", WATCHED)
        self.refuse_negative("distance_m", "gap_goal_s", "overlap_s")
        self.refuse_not_positive("swath_m")
        self.refuse_no_share("side_overlap")
        self.refuse_less_than_one("batteries")
        self.refuse_less_than_one("chargers")
        if self.bearing_deg is not None and not math.isfinite(self.bearing_deg):
            raise SettingError(f"bearing_deg must be a number of degrees, not {self.bearing_deg}.")

    def watches(self, site: Site) -> str:
        """What it is of on a site: ``"points"`` or ``"areas"``."""
        return self.of or ("points" if site.points else "areas")

    def as_sweep(self) -> Sweep:
        """One round over the areas."""
        return Sweep(self.altitude, self.speed_mps, self.front_overlap, self.swath_m, self.side_overlap)

    def spacing_m(self, camera: Camera) -> float | None:
        """Distance between the lanes over areas."""
        if self.of != "areas":
            return None
        return self.swath_m or camera.lane_spacing_m(self.altitude.metres, self.side_overlap)

    def things(self, site: Site, frame: LocalFrame, camera: Camera) -> tuple[Thing, ...]:
        """Each point, or each area with all of it to be seen."""
        if self.watches(site) == "points":
            return points_of(site, frame)
        shapes = [(area.label, frame.to_local(area.shape)) for area in site.areas]
        return tuple(Thing(label, shape, shape) for label, shape in shapes)

    def wanted(self, thing: Thing, at: Place, camera: Camera) -> tuple[Wanted, ...]:
        """One place to stay at, for a point."""
        if thing.band is not None:
            return ()
        watch = Watch(self.altitude, self.speed_mps, distance_m=self.distance_m, bearing_deg=self.bearing_deg)
        return watch.wanted(thing, at, camera)

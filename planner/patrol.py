"""The order: what to watch, how, with what, within which limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from planner.cameras import WIDE_4_3, Camera
from planner.errors import SettingError
from planner.quantities import Altitude, AltitudeReference
from planner.site import Site
from planner.vehicles import VehicleProfile

DRAWN_MARGIN_M = 3.0
"""A drawn keep-in border is the vehicle's fence: a corner is flown up to 2 m wide, and a gust does the rest."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What no plan may go beyond."""

    highest: Altitude = field(default_factory=lambda: Altitude.agl(120.0))
    battery_reserve: float = 0.25
    """Share of the battery that must be left at landing."""
    border_margin_m: float | None = None
    """How far lanes and transits stay inside the keep-in border, metres; None: ``DRAWN_MARGIN_M`` inside a drawn one,
    where that leaves it in one piece, and up to a derived one, because its fence stands further out."""
    zone_margin_m: float = 5.0
    """How far the route stays outside keep-out zones, metres."""
    wind_mps: float = 0.0
    """Forecast wind the plan has to hold in, m/s, from any direction."""

    def __post_init__(self) -> None:
        if not 0 <= self.battery_reserve < 1:
            raise SettingError(f"battery_reserve must be at least 0 and below 1, not {self.battery_reserve}.")
        for name in ("border_margin_m", "zone_margin_m", "wind_mps"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise SettingError(f"{name} must be zero or more, not {value}.")

    def margin_inside_m(self, *, drawn: bool) -> float:
        """How far the route stays inside the border, metres: one that was drawn, or one that was derived."""
        if self.border_margin_m is not None:
            return self.border_margin_m
        return DRAWN_MARGIN_M if drawn else 0.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """See every place of the areas once, in parallel lanes.

    ``swath_m`` None: from the camera, the altitude and ``side_overlap``. ``heading_deg`` None: the best one.
    """

    altitude: Altitude = field(default_factory=lambda: Altitude.agl(60.0))
    speed_mps: float = 10.0
    swath_m: float | None = None
    side_overlap: float = 0.2
    front_overlap: float = 0.6
    heading_deg: float | None = None

    def __post_init__(self) -> None:
        if self.altitude.reference is AltitudeReference.AMSL:
            raise SettingError("A sweep's altitude is above ground or above home, not above sea level.")
        for name, value in (
            ("altitude", self.altitude.metres),
            ("speed_mps", self.speed_mps),
            ("swath_m", self.swath_m),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise SettingError(f"{name} must be greater than zero, not {value}.")
        for name, value in (("side_overlap", self.side_overlap), ("front_overlap", self.front_overlap)):
            if not 0 <= value < 1:
                raise SettingError(f"{name} must be at least 0 and below 1, not {value}.")
        if self.heading_deg is not None and not math.isfinite(self.heading_deg):
            raise SettingError(f"heading_deg must be a number of degrees, not {self.heading_deg}.")


@dataclass(frozen=True, slots=True)
class Patrol:
    """The order for one piece of work: on whose authority, for what, where, how, with what."""

    name: str
    site: Site
    pattern: Sweep = field(default_factory=Sweep)
    vehicle: VehicleProfile = field(default_factory=VehicleProfile)
    camera: Camera = WIDE_4_3
    limits: Limits = field(default_factory=Limits)
    purpose: str = ""
    authority: str = ""
    seed: int = 0

    @property
    def swath_m(self) -> float:
        """Distance between lanes, metres: what the camera sees across, less the overlap."""
        if self.pattern.swath_m is not None:
            return self.pattern.swath_m
        return self.camera.lane_spacing_m(self.pattern.altitude.metres, self.pattern.side_overlap)

    @property
    def trigger_distance_m(self) -> float:
        """Metres flown between two pictures in a lane, never closer than the camera can follow at this speed."""
        wanted = self.camera.trigger_distance_m(self.pattern.altitude.metres, self.pattern.front_overlap)
        return max(wanted, self.camera.shortest_interval_s * self.pattern.speed_mps)

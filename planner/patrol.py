"""The order: what to watch, how, with what, within which limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from planner.cameras import WIDE_4_3, Camera
from planner.errors import SettingError
from planner.patterns import Pattern, Sweep
from planner.quantities import Altitude
from planner.site import Site
from planner.team import Team
from planner.terrain.ground import Ground
from planner.vehicles import VehicleProfile

DRAWN_MARGIN_M = 3.0
"""A drawn keep-in border is the vehicle's fence: a corner is flown up to 2 m wide, and a gust does the rest."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What no plan may go beyond."""

    highest: Altitude = field(default_factory=lambda: Altitude.agl(120.0))
    battery_reserve: float = 0.25
    """Share of the battery that must be left at landing."""
    reserve_minutes: float = 0.0
    """Minutes of hovering that must be left beside that share (see :mod:`planner.energy.reserve`)."""
    reserve_reaches_safe_point: bool = False
    """Whether the way from home on to the farthest safe point must be left beside that, too."""
    border_margin_m: float | None = None
    """How far lanes and transits stay inside the keep-in border, metres; None: ``DRAWN_MARGIN_M`` inside a drawn one,
    where that leaves it in one piece, and up to a derived one, because its fence stands further out."""
    zone_margin_m: float = 5.0
    """How far the route stays outside keep-out zones, metres."""
    wind_mps: float = 0.0
    """Forecast wind the plan has to hold in, m/s, from any direction."""
    wind_margin_mps: float = 0.0
    """So much more wind than forecast is reckoned with for energy."""
    battery_c: float | None = None
    """The battery's temperature at take-off, degrees Celsius; None: not known, and 20 °C is taken."""

    def __post_init__(self) -> None:
        if not 0 <= self.battery_reserve < 1:
            raise SettingError(f"battery_reserve must be at least 0 and below 1, not {self.battery_reserve}.")
        for name in ("border_margin_m", "zone_margin_m", "wind_mps", "wind_margin_mps", "reserve_minutes"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise SettingError(f"{name} must be zero or more, not {value}.")

    @property
    def energy_wind_mps(self) -> float:
        """The wind that energy is reckoned with, m/s."""
        return self.wind_mps + self.wind_margin_mps

    def margin_inside_m(self, *, drawn: bool) -> float:
        """How far the route stays inside the border, metres: one that was drawn, or one that was derived."""
        if self.border_margin_m is not None:
            return self.border_margin_m
        return DRAWN_MARGIN_M if drawn else 0.0


@dataclass(frozen=True, slots=True)
class Patrol:
    """The order for one piece of work: on whose authority, for what, where, how, with what."""

    name: str
    site: Site
    pattern: Pattern = field(default_factory=Sweep)
    vehicle: VehicleProfile = field(default_factory=VehicleProfile)
    camera: Camera = WIDE_4_3
    limits: Limits = field(default_factory=Limits)
    purpose: str = ""
    authority: str = ""
    seed: int = 0
    starts: datetime | None = None
    """From when it is flown; None: at any time, so that every zone holds."""
    ends: datetime | None = None
    """Until when the last drone is back; None: not known."""
    ground: Ground | None = None
    """The terrain and what stands on it; None: nothing was said of it, and it is taken as flat and bare."""
    team: Team = field(default_factory=Team)
    """How many drones, and from which launches."""

    def __post_init__(self) -> None:
        for key, moment in (("starts", self.starts), ("ends", self.ends)):
            if moment is not None and moment.utcoffset() is None:
                raise SettingError(f"{key} must say its time zone.", mend="Write it as 2026-05-01T06:00:00Z.")
        if self.starts is None and self.ends is not None:
            raise SettingError("ends stands without starts.", mend="Say when the patrol starts.")
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise SettingError("The patrol ends before it starts.")

    @property
    def spacing_m(self) -> float | None:
        """Distance between lanes, metres; None where the pattern has no lanes side by side."""
        return self.pattern.spacing_m(self.camera)

    @property
    def swath_m(self) -> float:
        """What a lane sees across, metres: the distance between lanes, or all that the camera sees."""
        spacing = self.spacing_m
        return self.camera.swath_m(self.pattern.altitude.metres) if spacing is None else spacing

    @property
    def trigger_distance_m(self) -> float:
        """Metres flown between two pictures in a lane, never closer than the camera can follow at this speed."""
        wanted = self.camera.trigger_distance_m(self.pattern.altitude.metres, self.pattern.front_overlap)
        return max(wanted, self.camera.shortest_interval_s * self.pattern.speed_mps)


__all__ = ["DRAWN_MARGIN_M", "Limits", "Patrol", "Pattern", "Sweep"]

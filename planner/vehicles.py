"""What a drone can do."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import Enum

from planner.errors import SettingError

_MAY_BE_ZERO = frozenset(
    {
        "return_cone_slope",
        "return_climb_m",
        "rally_limit_m",
        "payload_kg",
        "battery_cycles",
        "swap_s",
        "charge_s",
    }
)


class VehicleKind(Enum):
    """What a vehicle is, which decides what its autopilot can be told."""

    COPTER = "copter"
    PLANE = "plane"
    QUADPLANE = "quadplane"
    ROVER = "rover"

    @property
    def hovers(self) -> bool:
        """Whether it can stay where it is."""
        return self in (VehicleKind.COPTER, VehicleKind.ROVER)

    @property
    def flies(self) -> bool:
        """Whether it leaves the ground."""
        return self is not VehicleKind.ROVER


@dataclass(frozen=True, slots=True)
class VehicleProfile:
    """A multicopter's limits and appetite, with the ArduCopter parameter each speed stands for.

    Defaults are those of ArduCopter's own SITL quad, so that a plan made without a profile flies there as predicted.
    """

    name: str = "ArduCopter quad"
    climb_mps: float = 2.5
    """``WPNAV_SPEED_UP`` / ``WP_SPD_UP``."""
    descent_mps: float = 1.5
    """``WPNAV_SPEED_DN`` / ``WP_SPD_DN``."""
    land_speed_mps: float = 0.5
    """``LAND_SPEED`` / ``LAND_SPD_MS``: the last 10 m."""
    acceleration_mps2: float = 2.5
    """``WPNAV_ACCEL`` / ``WP_ACC``."""
    corner_acceleration_mps2: float = 5.0
    """``WPNAV_ACCEL_C``; 0 there means twice ``WPNAV_ACCEL``."""
    vertical_acceleration_mps2: float = 1.0
    """``WPNAV_ACCEL_Z`` / ``WP_ACC_Z``."""
    jerk_mps3: float = 1.0
    """``WPNAV_JERK`` / ``WP_JERK``."""
    waypoint_radius_m: float = 2.0
    """``WPNAV_RADIUS`` / ``WP_RADIUS_M``."""
    attitude_lag_s: float = 0.15
    """``ATC_INPUT_TC``: how slowly it leans; jerk builds up in twice that."""
    lean_limit_deg: float = 30.0
    """``ANGLE_MAX`` / ``ATC_ANGLE_MAX``: with drag it sets the top airspeed (SITL's quad: 10.4 m/s)."""
    drag_per_s: float = 0.252
    """Deceleration by the air in m/s² for each m/s of airspeed; measured on SITL's quad with ``drag_per_m``."""
    drag_per_m: float = 0.0282
    """The same for each (m/s)² of airspeed."""
    vertical_jerk_mps3: float = 5.0
    """``PSC_JERK_Z`` / ``PSC_JERK_D``: while taking off and landing."""
    return_altitude_m: float = 15.0
    """``RTL_ALT`` / ``RTL_ALT_M``, above home."""
    return_speed_mps: float = 10.0
    """``RTL_SPEED`` / ``RTL_SPEED_MS``, and ``WPNAV_SPEED`` / ``WP_SPD`` where that is 0."""
    return_loiter_s: float = 5.0
    """``RTL_LOIT_TIME``: the stay over home before landing."""
    return_cone_slope: float = 3.0
    """``RTL_CONE_SLOPE``: near home it climbs no higher than this times the distance; 0 is no cone."""
    return_climb_m: float = 0.0
    """``RTL_CLIMB_MIN``: it climbs at least this much before it comes home."""
    rally_limit_m: float = 300.0
    """``RALLY_LIMIT_KM`` in metres: where every rally point is farther, home is chosen; 0 is no limit."""
    rally_include_home: bool = True
    """``RALLY_INCL_HOME``: whether home is chosen where it is nearer than every rally point."""
    slow_landing_m: float = 10.0
    """``LAND_ALT_LOW`` / ``LAND_ALT_LOW_M``: from here down it sinks at ``land_speed_mps``."""
    top_speed_mps: float = 20.0
    """The fastest that may be asked for."""
    max_wind_mps: float = 12.0
    mass_kg: float = 3.0
    battery_wh: float = 200.0
    """Usable energy of a full battery at 20 °C; with ``hover_w``, half an hour of hovering."""
    hover_w: float = 355.0
    """Electric power in still-air hover."""
    cruise_w: float = 381.0
    """Electric power at 10 m/s through the air."""
    payload_kg: float = 0.0
    """Carried on top of ``mass_kg``; the powers above are without it."""
    battery_cycles: float = 0.0
    """How often the battery was charged."""
    battery_health: float = 1.0
    """Share of its capacity when new that was measured to be left; then leave ``battery_cycles`` at 0."""
    mission_items: int = 650
    """How many mission items the autopilot holds."""
    kind: VehicleKind = VehicleKind.COPTER
    """What missions are compiled for; times and energies are a multicopter's, whatever stands here."""
    swap_s: float = 120.0
    """Seconds on the ground between two sorties: another battery, another mission, a look at the drone."""
    charge_s: float = 3600.0
    """Seconds to charge an empty battery; less in proportion for one that is not empty."""

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if item.name in _MAY_BE_ZERO:
                if not (math.isfinite(value) and value >= 0):
                    raise SettingError(f"{item.name} must be zero or more, not {value}.", about=self.name)
            elif not value > 0:
                raise SettingError(f"{item.name} must be greater than zero, not {value}.", about=self.name)
        if self.battery_health > 1:
            raise SettingError(f"battery_health is a share of 1, not {self.battery_health}.", about=self.name)

"""What a simulator is told before it starts, and where its vehicles listen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from planner.errors import SettingError
from planner.quantities import LonLat

PORT_STEP = 10
"""Vehicle i listens at ``port + 10 * i``, as ArduPilot SITL's instances do."""

MAX_VEHICLES = 1_000
ALMATY = LonLat(76.9450, 43.2380)


class Transport(Enum):
    """How a vehicle talks."""

    TCP = "tcp"
    """The vehicle is a server, as ArduPilot SITL's first serial port."""
    UDP = "udp"
    """The vehicle sends to a ground station that listens, as SITL's ``--out``."""


@dataclass(frozen=True, slots=True)
class VehicleAddress:
    """Where a ground station finds one vehicle: ``tcp:HOST:PORT``, or ``udpin:HOST:PORT`` to listen at."""

    system_id: int
    address: str


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """A fleet of embedded multicopters.

    ``port`` 0 takes any free ports (TCP only). ``speedup`` is simulated seconds a second; 0 is as fast as the machine
    and the listening ground station allow. Wind is metres a second and the direction it blows from, degrees clockwise
    from true north; ``gust_mps`` is the standard deviation of its speed. ``parameters`` override the vehicles'
    defaults by ArduPilot name. Homes of further vehicles lie ``spacing_m`` metres east of one another.

    Raises ``SettingError`` where a value is out of range.
    """

    vehicles: int = 1
    host: str = "127.0.0.1"
    port: int = 5760
    transport: Transport = Transport.TCP
    home: LonLat = ALMATY
    home_amsl_m: float = 820.0
    speedup: float = 1.0
    seed: int = 0
    wind_mps: float = 0.0
    wind_from_deg: float = 180.0
    gust_mps: float = 0.0
    parameters: Mapping[str, float] = field(default_factory=dict)
    first_system_id: int = 1
    spacing_m: float = 5.0

    def __post_init__(self) -> None:
        _between("The number of vehicles", self.vehicles, 1, MAX_VEHICLES)
        _between("The first system id", self.first_system_id, 1, 255)
        _between("The port", self.port, 0, 65_535)
        if self.port == 0 and self.transport is Transport.UDP:
            raise SettingError("Over UDP the port is where the ground station listens; 0 is not one.")
        if self.port and self.port + PORT_STEP * (self.vehicles - 1) > 65_535:
            raise SettingError(
                f"{self.vehicles} vehicles from port {self.port} in steps of {PORT_STEP} go beyond port 65535.",
                mend="Start at a lower port.",
            )
        _between("The home latitude", self.home.lat, -85.0, 85.0)
        _between("The home longitude", self.home.lon, -180.0, 180.0)
        _between("The home altitude", self.home_amsl_m, -500.0, 9_000.0)
        _between("The speed-up", self.speedup, 0.0, 10_000.0)
        _between("The wind speed", self.wind_mps, 0.0, 60.0)
        _between("The wind direction", self.wind_from_deg, -360.0, 360.0)
        _between("The gusts", self.gust_mps, 0.0, 30.0)
        _between("The spacing of homes", self.spacing_m, 0.0, 100_000.0)

    def system_id(self, index: int) -> int:
        """The MAVLink system id of vehicle ``index``; MAVLink has 255, so a larger fleet counts around them."""
        return (self.first_system_id - 1 + index) % 255 + 1


def _between(what: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingError(f"{what} must lie between {low:g} and {high:g}, not {value}.")

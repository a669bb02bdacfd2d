"""Up from the ground and down to it: take-off and landing as all modes do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.modes.base import Hover
from sim.shaping import approach, clamp

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

ARMING_DELAY_S = 2.0
"""After arming the motors wait so long."""
_SLOW_SHARE = 0.1


class Takeoff:
    """A climb straight up to a height: rotors spool up, throttle grows until the weight is lifted, then it climbs."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.hover = Hover(vehicle)
        self.complete = False
        self._goal = 0.0
        self._spool = 0.0

    def start(self, height: float) -> None:
        """Climb to ``height`` metres up of the origin; at least a metre from the ground."""
        vehicle = self._vehicle
        here = vehicle.body.place[2]
        self._goal = max(height, here + (1.0 if vehicle.landed else 0.0))
        self.complete = False
        self._spool = 0.0
        self.hover.begin()

    @property
    def goal(self) -> float:
        """Metres up of the origin."""
        return self._goal

    def step(self, dt: float) -> None:
        """Climb for ``dt`` seconds."""
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        if vehicle.landed:
            if not vehicle.auto_armed or vehicle.now - vehicle.armed_at < ARMING_DELAY_S:
                return
            self._spool += dt
            lifting = parameters["MOT_THST_HOVER"] * parameters["TKOFF_SLEW_TIME"]
            if self._spool < parameters["MOT_SPOOL_TIME"] + lifting:
                return
            vehicle.leave_ground()
            self.hover.begin()
        self.hover.stop_level(dt)
        self.hover.climb_to(self._goal, dt)
        self.hover.show()
        up, speed = parameters.metres("WPNAV_SPEED_UP"), self.hover.height.speed
        slow = _SLOW_SHARE * up
        near = self._goal - 0.5 * slow * slow / parameters.metres("WPNAV_ACCEL_Z")
        self.complete = self.hover.height.position >= near and speed < slow


class Landing:
    """A way straight down: fast to ``LAND_ALT_LOW``, then at ``LAND_SPEED`` until the ground is felt."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.hover = Hover(vehicle)
        self._pause = 0.0

    def start(self, pause_s: float = 0.0) -> None:
        """Begin here; hold for ``pause_s`` seconds first, as failsafes do."""
        self.hover.begin()
        self._pause = pause_s

    def step(self, dt: float) -> None:
        """Sink for ``dt`` seconds."""
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        north, east = vehicle.pilot.velocity(parameters.metres("WPNAV_ACCEL") * 0.5)
        if not parameters["LAND_REPOSITION"]:
            north = east = 0.0
        self.hover.move(north, east, dt)
        if self._pause > 0.0:
            self._pause -= dt
            self.hover.climb_at(0.0, dt)
        else:
            self.hover.climb_at(-self._sink_rate(dt), dt)
        self.hover.show()

    def _sink_rate(self, dt: float) -> float:
        vehicle, parameters = self._vehicle, self._vehicle.parameters
        slow = abs(parameters.metres("LAND_SPEED"))
        fast = parameters.metres("LAND_SPEED_HIGH") or abs(parameters.metres("WPNAV_SPEED_DN"))
        above = vehicle.body.place[2] - vehicle.body.ground
        low = max(parameters.metres("LAND_ALT_LOW"), 1.0)
        rate = -approach(low - above, parameters["PSC_POSZ_P"], parameters.metres("WPNAV_ACCEL_Z"), dt)
        return clamp(rate, slow, max(fast, slow))

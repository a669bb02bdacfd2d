"""The flying body: it follows a target as a tuned multicopter does, leans for it, and is pushed by the wind."""

from __future__ import annotations

import math
import random

from sim.parameters import Parameters
from sim.shaping import approach, clamp
from sim.vectors import GRAVITY, ZERO, Target, Vector

LEAN_LAG_S = 0.26
"""Time constant between wanted and felt horizontal thrust: attitude control and motors."""
THRUST_LAG_S = 0.08
WIND_LEARNING_S = 1.2
"""How quickly position control's integrator learns a steady push."""
DRAG_SPEED_MPS = 15.08
"""At this speed through the air, drag equals the body's weight (SITL's default frame: 45 degrees of lean)."""
LINEAR_SHARE = 0.42
"""The share of it that grows with speed, not with its square (momentum drag); fits SITL's lean at 3 to 10 m/s."""
YAW_ACCELERATION_DPS2 = 135.0


class Wind:
    """A steady wind and gusts that come and go with ``SIM_WIND_TC``; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._gust = 0.0

    def step(self, parameters: Parameters, dt: float) -> tuple[float, float]:
        """Metres a second to north and east."""
        speed, turbulence = parameters["SIM_WIND_SPD"], parameters["SIM_WIND_TURB"]
        if turbulence > 0.0:
            constant = max(parameters["SIM_WIND_TC"], dt)
            spread = turbulence * math.sqrt(2.0 * dt / constant)
            self._gust += -self._gust * dt / constant + self._random.gauss(0.0, spread)
            speed = max(0.0, speed + self._gust)
        if speed == 0.0:
            return 0.0, 0.0
        towards = math.radians(parameters["SIM_WIND_DIR"] + 180.0)
        return speed * math.cos(towards), speed * math.sin(towards)


class Body:
    """Position and velocity north, east, up in metres; attitude in radians. ``ground`` is the height it stands at."""

    def __init__(self, place: Vector, heading_deg: float) -> None:
        self.place = place
        self.velocity: Vector = ZERO
        self.acceleration: Vector = ZERO
        self.ground = place[2]
        self.roll = self.pitch = 0.0
        self.yaw = math.radians(heading_deg)
        self.yaw_rate = 0.0
        self.thrust: Vector = ZERO
        """Acceleration that the rotors give beyond holding the weight."""
        self.wind = (0.0, 0.0)
        self._learned_n = self._learned_e = 0.0

    @property
    def air_speed(self) -> float:
        """Speed through the air, m/s."""
        return math.hypot(self.velocity[0] - self.wind[0], self.velocity[1] - self.wind[1], self.velocity[2])

    @property
    def lift(self) -> float:
        """Rotor thrust as a multiple of the weight."""
        return math.hypot(self.thrust[0], self.thrust[1], GRAVITY + self.thrust[2]) / GRAVITY

    def rest(self) -> None:
        """Stand on the ground."""
        self.place = (self.place[0], self.place[1], self.ground)
        self.velocity = self.acceleration = self.thrust = ZERO
        self.roll = self.pitch = self.yaw_rate = 0.0
        self._learned_n = self._learned_e = 0.0

    def drag(self) -> tuple[float, float]:
        """Acceleration north and east by the air, m/s²."""
        n, e = self.wind[0] - self.velocity[0], self.wind[1] - self.velocity[1]
        speed = math.hypot(n, e)
        if speed < 1e-6:
            return 0.0, 0.0
        share = speed / DRAG_SPEED_MPS
        size = GRAVITY * (LINEAR_SHARE * share + (1.0 - LINEAR_SHARE) * share * share) / speed
        return n * size, e * size

    def follow(self, target: Target, parameters: Parameters, dt: float) -> None:
        """Fly after a target's position, velocity and acceleration."""
        position, velocity, acceleration = target
        kp, kv = parameters["PSC_POSXY_P"], parameters["PSC_VELXY_P"]
        dn, de = position[0] - self.place[0], position[1] - self.place[1]
        distance = math.hypot(dn, de)
        gain = kp
        if distance > 1.0:
            gain = approach(distance, kp, parameters.metres("WPNAV_ACCEL"), dt) / distance
        want_n = acceleration[0] + kv * (velocity[0] + gain * dn - self.velocity[0])
        want_e = acceleration[1] + kv * (velocity[1] + gain * de - self.velocity[1])
        du = position[2] - self.place[2]
        climb = approach(du, parameters["PSC_POSZ_P"], parameters.metres("WPNAV_ACCEL_Z"), dt)
        want_u = acceleration[2] + parameters["PSC_VELZ_P"] * (velocity[2] + climb - self.velocity[2])
        self.push(want_n - self._learned_n, want_e - self._learned_e, want_u, parameters, dt)

    def push(self, north: float, east: float, up: float, parameters: Parameters, dt: float) -> None:
        """Ask the rotors for an acceleration; what comes is limited by lean and lags behind."""
        most = GRAVITY * math.tan(math.radians(clamp(parameters.metres("ANGLE_MAX"), 10.0, 80.0)))
        size = math.hypot(north, east)
        if size > most:
            north, east = north * most / size, east * most / size
        lean, climb = min(1.0, dt / LEAN_LAG_S), min(1.0, dt / THRUST_LAG_S)
        tn, te, tu = self.thrust
        self.thrust = (
            tn + (north - tn) * lean,
            te + (east - te) * lean,
            tu + (clamp(up, -GRAVITY, 1.5 * GRAVITY) - tu) * climb,
        )
        dn, de = self.drag()
        learning = min(1.0, dt / WIND_LEARNING_S)
        self._learned_n += (dn - self._learned_n) * learning
        self._learned_e += (de - self._learned_e) * learning
        self._move(self.thrust[0] + dn, self.thrust[1] + de, self.thrust[2], dt)

    def _move(self, an: float, ae: float, au: float, dt: float) -> None:
        vn, ve, vu = self.velocity
        half = 0.5 * dt * dt
        place = (
            self.place[0] + vn * dt + an * half,
            self.place[1] + ve * dt + ae * half,
            self.place[2] + vu * dt + au * half,
        )
        self.acceleration = (an, ae, au)
        self.velocity = (vn + an * dt, ve + ae * dt, vu + au * dt)
        self.place = place
        if place[2] <= self.ground:
            self.place = (place[0], place[1], self.ground)
            self.velocity = (0.0, 0.0, max(0.0, self.velocity[2]))
        self._lean()

    def _lean(self) -> None:
        tn, te, tu = self.thrust
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        forward, right, up = tn * cosine + te * sine, te * cosine - tn * sine, GRAVITY + tu
        self.pitch = -math.atan2(forward, up)
        self.roll = math.atan2(right * math.cos(self.pitch), up)

    def turn(self, heading: float, fastest_dps: float, dt: float) -> None:
        """Turn towards a heading (radians), no faster than ``fastest_dps``."""
        error = (heading - self.yaw + math.pi) % math.tau - math.pi
        if abs(error) < 1e-6 and self.yaw_rate == 0.0:
            return
        most = math.radians(fastest_dps)
        wish = clamp(approach(error, 4.5, math.radians(YAW_ACCELERATION_DPS2), dt), -most, most)
        change = 2.0 * math.radians(YAW_ACCELERATION_DPS2) * dt
        self.yaw_rate += clamp(wish - self.yaw_rate, -change, change)
        self.yaw = (self.yaw + self.yaw_rate * dt) % math.tau

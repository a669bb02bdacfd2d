"""The vehicle's own metric frame: as ArduPilot reckons, not as a geodesist would.

An autopilot measures with a sphere's degree (0.0111 m per 1e-7 degree) and the cosine of the latitude; its speeds,
lanes and times are in those metres. The simulator uses the same ones, so that it agrees with the vehicle it stands for.
Against WGS 84 a metre so measured is up to 0.6 % off; the places themselves are exact.
"""

from __future__ import annotations

import math

METRES_PER_E7 = 0.011131884502145034
"""Metres of one 1e-7 degree of latitude: the equator's 40,075 km over 360e7."""

DEGREES_E7 = 1e7


class LocalMetric:
    """North and east in metres from an origin given in 1e-7 degrees."""

    def __init__(self, lat_e7: int, lon_e7: int) -> None:
        self.lat_e7, self.lon_e7 = lat_e7, lon_e7

    def to_local(self, lat_e7: int, lon_e7: int) -> tuple[float, float]:
        """North and east of the origin, metres; across the antimeridian the short way."""
        turn = int(360 * DEGREES_E7)
        delta = (lon_e7 - self.lon_e7 + turn // 2) % turn - turn // 2
        north = (lat_e7 - self.lat_e7) * METRES_PER_E7
        return north, delta * METRES_PER_E7 * self._shrink((lat_e7 + self.lat_e7) * 0.5)

    def to_e7(self, north: float, east: float) -> tuple[int, int]:
        """Latitude and longitude in 1e-7 degrees."""
        lat = self.lat_e7 + north / METRES_PER_E7
        lon = self.lon_e7 + east / (METRES_PER_E7 * self._shrink((lat + self.lat_e7) * 0.5))
        turn, half = 360 * DEGREES_E7, 180 * DEGREES_E7
        if not -half <= lon <= half:
            lon = (lon + half) % turn - half
        return round(lat), round(lon)

    @staticmethod
    def _shrink(lat_e7: float) -> float:
        return max(0.01, math.cos(math.radians(lat_e7 / DEGREES_E7)))

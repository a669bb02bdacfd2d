"""Between WGS 84 degrees at the edges and a local metric frame inside."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

from planner.errors import GeometryError
from planner.quantities import LonLat

Geometry = TypeVar("Geometry", bound=BaseGeometry)

VALID_RADIUS_M = 45_000.0
"""Within this distance of the frame's origin a kilometre is true to 1 cm.

The frame is an azimuthal equidistant projection: distances from the origin are exact, and a distance d across at
radius r is stretched by r²/(6 R²) (Snyder 1987, p. 191), which reaches 1 cm per km at r = 49 km.
"""

WGS84 = Geod(ellps="WGS84")


class LocalFrame:
    """East and north in metres around an origin on WGS 84; valid within ``VALID_RADIUS_M`` of it."""

    def __init__(self, origin: LonLat) -> None:
        if not (-180 <= origin.lon <= 180 and -90 <= origin.lat <= 90):
            raise GeometryError(f"{origin} is no place on the globe.", mend="Give latitude and longitude in degrees.")
        self.origin = LonLat(*origin)
        crs = f"+proj=aeqd +lat_0={origin.lat!r} +lon_0={origin.lon!r} +datum=WGS84 +units=m"
        self._forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._backward = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    @classmethod
    def around(cls, geometry: BaseGeometry) -> LocalFrame:
        """The frame centred on the middle of a WGS 84 geometry's bounds.

        What lies on both sides of the antimeridian, cut there as RFC 7946, section 3.1.9 asks, is put together again.
        Raises ``GeometryError`` where the geometry is empty or reaches beyond the frame's validity.
        """
        if geometry.is_empty:
            raise GeometryError("There is nothing to centre a frame on: the geometry is empty.")
        west, south, east, north = span_of(geometry)
        middle = (west + east) / 2
        frame = cls(LonLat(middle if middle <= 180.0 else middle - 360.0, (south + north) / 2))
        reach = frame.reach_m(geometry)
        if reach > VALID_RADIUS_M:
            raise GeometryError(
                f"The work reaches {reach / 1000:.0f} km from its middle; one frame is true within "
                f"{VALID_RADIUS_M / 1000:.0f} km.",
                mend="Split it into patrols that lie closer together, and check for swapped latitude and longitude.",
            )
        return frame

    def reach_m(self, geometry: BaseGeometry) -> float:
        """Distance in metres from the origin to the geometry's farthest vertex."""
        coordinates = shapely.get_coordinates(geometry)
        origin = np.broadcast_to(self.origin, coordinates.shape)
        _, _, distance = WGS84.inv(origin[:, 0], origin[:, 1], coordinates[:, 0], coordinates[:, 1])
        return float(np.max(distance))

    def to_local(self, geometry: Geometry) -> Geometry:
        """A WGS 84 geometry in local metres (x east, y north)."""
        return shapely.transform(geometry, self.points_to_local)

    def to_lonlat(self, geometry: Geometry) -> Geometry:
        """A local geometry in WGS 84 degrees, longitude first."""
        return shapely.transform(geometry, self.points_to_lonlat)

    def points_to_local(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes and latitudes in degrees, shape (n, 2), as local metres, shape (n, 2)."""
        lonlat = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        # the short way round the globe, so that ±180° are one and the same place, to the last digit
        around = lonlat[:, 0] - 360.0 * np.round((lonlat[:, 0] - self.origin.lon) / 360.0)
        return np.column_stack(self._forward.transform(around, lonlat[:, 1]))

    def points_to_lonlat(self, local: NDArray[np.float64]) -> NDArray[np.float64]:
        """Local metres, shape (n, 2), as longitudes and latitudes in degrees, shape (n, 2)."""
        local = np.asarray(local, dtype=np.float64).reshape(-1, 2)
        return np.column_stack(self._backward.transform(local[:, 0], local[:, 1]))

    def point_to_local(self, place: LonLat) -> tuple[float, float]:
        """One place in local metres."""
        x, y = self.points_to_local(np.array([place]))[0]
        return float(x), float(y)

    def point_to_lonlat(self, point: tuple[float, float]) -> LonLat:
        """One local point on WGS 84."""
        lon, lat = self.points_to_lonlat(np.array([point]))[0]
        return LonLat(float(lon), float(lat))


def span_of(geometry: BaseGeometry) -> tuple[float, float, float, float]:
    """West, south, east and north of a WGS 84 geometry, degrees; east exceeds 180 across the antimeridian.

    What spans more than half of the globe lies on both sides of the antimeridian: no work is that wide.
    """
    west, south, east, north = geometry.bounds
    if east - west > 180.0:
        lon = shapely.get_coordinates(geometry)[:, 0]
        west, east = float(lon[lon >= 0].min()), float(lon[lon < 0].max()) + 360.0
    return west, south, east, north


def distance_m(start: LonLat, end: LonLat) -> float:
    """The geodesic between two places, metres."""
    return float(WGS84.inv(start.lon, start.lat, end.lon, end.lat)[2])


def bearing_deg(start: LonLat, end: LonLat) -> float:
    """The first course from one place to another, degrees clockwise from true north, 0 ≤ bearing < 360."""
    return float(WGS84.inv(start.lon, start.lat, end.lon, end.lat)[0]) % 360.0

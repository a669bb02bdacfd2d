"""Real areas in metres, put on the globe in Almaty."""

from __future__ import annotations

import json
import os
from pathlib import Path

import shapely
from shapely import Polygon
from shapely.geometry import shape

from planner.geodesy import LocalFrame
from planner.quantities import LonLat

ALMATY = LonLat(76.9452, 43.2381)


def shared() -> Path:
    """The folder of real data that may lie beside the project."""
    return Path(os.environ.get("QYRAN_SHARED") or Path(__file__).parents[3] / "shared")


def polygon_files() -> list[Path]:
    """The coverage polygons; empty where the shared folder is missing."""
    return sorted((shared() / "bench" / "coverage" / "polygons").glob("*.geojson"))


class RealArea:
    """One polygon in metres and the same on WGS 84."""

    def __init__(self, file: Path) -> None:
        self.metres: Polygon = shapely.make_valid(shape(json.loads(file.read_text())["geometry"]))
        centre = self.metres.envelope.centroid
        self.frame = LocalFrame(ALMATY)
        self._shift = (centre.x, centre.y)
        self.local = shapely.transform(self.metres, lambda xy: xy - self._shift)
        self.lonlat = self.frame.to_lonlat(self.local)

    def write(self, path: Path) -> Path:
        """As a bare GeoJSON file."""
        path.write_text(json.dumps(shapely.geometry.mapping(self.lonlat)))
        return path

    @property
    def launch(self) -> LonLat:
        """A place well inside."""
        point = self.local.buffer(-3).representative_point()
        return self.frame.point_to_lonlat((point.x, point.y))

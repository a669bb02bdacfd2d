"""The 26 shared areas, placed in Almaty: every one is planned, from wherever the crew stands.

All of them at two swaths and from three or four launches are 170 plans and take minutes: set QYRAN_ALL=1 for that.
By default a few of each kind are planned.
"""

import json
import os
from pathlib import Path

import pytest
import shapely
from shapely import affinity
from shapely.geometry import mapping, shape

from planner.geodesy import LocalFrame
from planner.geojson import site_from_geojson
from planner.patrol import Patrol, Sweep
from planner.plan import Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Launch
from planner.vehicles import VehicleProfile

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
FOLDER = SHARED / "bench" / "coverage" / "polygons"
FRAME = LocalFrame(LonLat(76.9452, 43.2381))
ROUNDING_M = 0.05

PLACES = {
    "inside": lambda area: area.representative_point(),
    "border": lambda area: shapely.Point(area.exterior.coords[len(area.exterior.coords) // 3]),
    "outside": lambda area: shapely.Point(area.bounds[2] + 200, (area.bounds[1] + area.bounds[3]) / 2),
    "hole": lambda area: affinity.translate(shapely.Polygon(area.interiors[0]).representative_point(), 0.3, 0.1),
}
FEW = (
    ("s_L_800", 80, "border"),
    ("s_holes3", 80, "hole"),
    ("m_mcpp_sample_obst", 80, "outside"),
    ("r_bubenec_allbuildings", 80, "inside"),
    ("r_nyc_ellis_island", 30, "border"),
)


def every():
    names = sorted(file.stem for file in FOLDER.glob("*.geojson"))
    return [
        (name, swath, where)
        for name in names
        for swath in (30, 80)
        for where in PLACES
        if where != "hole" or local(name).interiors
    ]


def local(name):
    return shape(json.loads((FOLDER / f"{name}.geojson").read_text())["geometry"])


@pytest.mark.parametrize(("name", "swath", "where"), every() if os.environ.get("QYRAN_ALL") else FEW)
def test_every_shared_area_is_covered_and_never_left(name, swath, where):
    """Without this real outlines, with inlets, islands and buildings, could not be patrolled."""
    if not FOLDER.is_dir():
        pytest.skip("the shared areas are not here (set QYRAN_SHARED)")
    area, start = local(name), PLACES[where](local(name))
    geometry = json.loads(json.dumps(mapping(FRAME.to_lonlat(area))))
    site = site_from_geojson({"type": "Feature", "properties": {"kind": "field"}, "geometry": geometry}, name)
    launch = Launch("crew", FRAME.point_to_lonlat((start.x, start.y)))
    # The spiral's inner end is 5 km of bends away from its mouth; that takes a larger battery than a small quad's.
    vehicle = VehicleProfile()
    made = plan(Patrol(name, site, Sweep(altitude=Altitude.agl(60), swath_m=swath), vehicle), launch=launch)
    assert made.covered >= 0.99
    assert made.outside_m == 0
    assert not [finding for finding in made.findings if finding.severity is not Severity.INFO]
    allowed = area.buffer(ROUNDING_M)
    if not area.covers(start):
        allowed = allowed.union(shapely.shortest_line(area, start).buffer(0.5))
    for sortie in made.sorties:
        way = FRAME.to_local(shapely.LineString([waypoint.position for waypoint in sortie.route.waypoints]))
        assert way.difference(allowed).length == pytest.approx(0, abs=1e-6)

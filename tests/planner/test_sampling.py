"""How finely the ground is shown, and how wide, over flat ground and over hills."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely import box

from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.patterns import Orbit
from planner.plan import Plan, Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.sampling import sampling
from planner.site import Area, Launch, Point, Site
from planner.terrain import Ground, Terrain
from planner.vehicles import VehicleProfile

HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
SITE = Site((Area("field", FRAME.to_lonlat(box(50, -150, 450, 150))),), launches=(Launch("here", HOME),))


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A hill of 40 m, 300 m east of home."""
    path = tmp_path_factory.mktemp("dem") / "hill.tif"
    rows, columns = np.indices((200, 200))
    east, north = (columns - 99.5) * 0.00025 * 81_100, (99.5 - rows) * 0.00025 * 111_100
    heights = 700 + 40 * np.exp(-((east - 300) ** 2 + north**2) / 150**2)
    place = Affine(0.00025, 0, HOME.lon - 0.025, 0, -0.00025, HOME.lat + 0.025)
    form = {"driver": "GTiff", "height": 200, "width": 200, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=place, **form) as file:
        file.write(heights.astype(np.float32), 1)
    return Ground(Terrain.open(path))


def made(altitude: Altitude, ground: Ground | None) -> Plan:
    pattern = Sweep(altitude=altitude, swath_m=60.0)
    vehicle = VehicleProfile(return_altitude_m=90.0)
    return plan(Patrol("field", SITE, pattern, vehicle=vehicle, ground=ground), time_limit_s=0.1)


def test_flat_ground_is_shown_as_finely_as_the_data_sheet_says() -> None:
    """A supervisor who asks for number plates would get a figure from nowhere: 17.3 mm / 12.29 mm · 60 m / 5280."""
    found = sampling(made(Altitude.agl(60), None))
    assert found is not None
    assert found.finest_m == found.coarsest_m == pytest.approx(0.015997, abs=1e-6)


def test_over_a_hill_the_lowest_and_the_highest_pass_count(hill: Ground) -> None:
    """Pictures would be told to be as fine over the valley as on the hill's top."""
    level = sampling(made(Altitude.home(60), hill))
    assert level is not None
    assert level.lowest_m == pytest.approx(20, abs=2)
    assert level.highest_m == pytest.approx(60, abs=1)
    assert level.coarsest_m / level.finest_m == pytest.approx(level.highest_m / level.lowest_m)
    followed = sampling(made(Altitude.agl(60), hill))
    assert followed is not None
    assert 55 <= followed.lowest_m <= followed.highest_m <= 70


def test_lanes_that_are_too_far_apart_over_a_hill_are_told(hill: Ground) -> None:
    """The plan would claim to cover the hill's top, where the camera sees 28 m of the 60 m between lanes."""
    (told,) = [f for f in made(Altitude.home(60), hill).findings if f.rule == "camera_width"]
    assert told.severity is Severity.WARNING
    assert told.margin == pytest.approx(20 * 17.3 / 12.29 - 60, abs=3)
    place = FRAME.points_to_local(np.array([told.place]))[0]
    assert abs(place[1]) < 60
    (held,) = [f for f in made(Altitude.agl(60), hill).findings if f.rule == "camera_width"]
    assert held.severity is Severity.INFO


def test_a_camera_kept_on_a_house_sees_it_from_there() -> None:
    """An orbit's pictures would be told as fine as from straight above."""
    site = replace(SITE, areas=(), points=(Point("house", HOME),))
    found = sampling(plan(Patrol("house", site, Orbit(altitude=Altitude.agl(40), radius_m=60.0))))
    assert found is not None
    assert found.coarsest_m == pytest.approx(17.3 / 12.29 / 5280 * np.hypot(40, 60), rel=0.02)

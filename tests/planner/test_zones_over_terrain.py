"""Zones whose heights are measured from the sea, over known ground: compared, by hand figures and by sampling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import Affine
from shapely import box

from missions import compile_sortie
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.plan import Finding, Plan, Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from planner.terrain import Ground, Terrain
from planner.vehicles import VehicleProfile

HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
FIELD = FRAME.to_lonlat(box(100, -150, 500, 150))


def write_dem(path: Path, heights: np.ndarray, step_m: float = 30.0) -> Terrain:
    """A DEM in UTM zone 43 north, its middle at home."""
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True).transform(*HOME)
    rows, columns = heights.shape
    place = Affine(step_m, 0.0, x - columns / 2 * step_m, 0.0, -step_m, y + rows / 2 * step_m)
    form = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32", "nodata": -32768}
    with rasterio.open(path, "w", crs="EPSG:32643", transform=place, **form) as file:
        file.write(heights.astype(np.float32), 1)
    return Terrain.open(path)


@pytest.fixture(scope="module")
def slope(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """800 m at home, and 1 m higher every 10 m to the east."""
    _, columns = np.indices((120, 120))
    return Ground(write_dem(tmp_path_factory.mktemp("dem") / "slope.tif", 800 + 3.0 * (columns - 59.5)))


def made_with(ground: Ground | None, *zones: Zone, **more: object) -> Plan:
    site = Site((Area("field", FIELD),), zones, (Launch("here", HOME),), **more)
    vehicle = VehicleProfile(return_altitude_m=120.0)
    pattern = Sweep(altitude=Altitude.agl(60), swath_m=75, heading_deg=90)
    return plan(Patrol("field", site, pattern, vehicle=vehicle, ground=ground), time_limit_s=0.1)


def sky(floor: Altitude | None = None, ceiling: Altitude | None = None, kind: ZoneKind = ZoneKind.AIRSPACE) -> Zone:
    return Zone("tma", kind, FRAME.to_lonlat(box(-300, -400, 800, 400)), "TMA", floor, ceiling)


def found(made: Plan, rule: str) -> list[Finding]:
    return [finding for finding in made.findings if finding.rule == rule]


def test_airspace_above_the_sea_is_compared_through_the_ground(slope: Ground) -> None:
    """A drone would be kept out of all land under a terminal area that begins a kilometre above it."""
    high = sky(floor=Altitude.amsl(1000))
    (told,) = found(made_with(slope, high), "ceiling")
    assert "below" in told.sentence
    # the ground is 850 m at the field's far edge, and the drone up to 70 m over it
    assert told.margin == pytest.approx(1000 - 850 - 60, abs=12)
    with pytest.raises(PlanError, match="TMA"):
        made_with(slope, sky(floor=Altitude.amsl(900)))


def test_without_terrain_it_is_kept_out_of_and_said() -> None:
    """A detour would be flown, or a plan refused, and nobody would know that a terrain file mends it."""
    wall = replace(sky(floor=Altitude.amsl(3000)), shape=FRAME.to_lonlat(box(250, -50, 300, 50)))
    (told,) = found(made_with(None, wall), "zone_heights")
    assert "3000 m AMSL" in told.sentence and "terrain" in told.mend


def test_a_zone_below_the_drone_is_passed_over(slope: Ground) -> None:
    """A restricted area up to 820 m above the sea would bar a field that lies above it."""
    low = replace(sky(ceiling=Altitude.amsl(820)), shape=FRAME.to_lonlat(box(250, -400, 800, 400)))
    made = made_with(slope, low)
    (told,) = found(made, "ceiling")
    assert "above" in told.sentence and told.margin > 30
    fence = compile_sortie(made, made.sorties[0]).fence
    assert all(polygon.inclusion for polygon in fence.polygons), "the vehicle's fence would stop what was planned"


@pytest.mark.parametrize(
    ("ceiling", "margin"),
    [(Altitude.amsl(905), -10.0), (Altitude.amsl(960), None), (Altitude.agl(50), -15.0)],
)
def test_a_keep_in_zone_has_its_ceiling_over_slopes(slope: Ground, ceiling: Altitude, margin: float | None) -> None:
    """The patrol would leave its cleared airspace upwards, at the top of the slope."""
    blocking = found(made_with(slope, sky(ceiling=ceiling, kind=ZoneKind.KEEP_IN)), "ceiling")
    assert [f.severity for f in blocking] == ([] if margin is None else [Severity.BLOCKING])
    if margin is not None:
        assert blocking[0].margin == pytest.approx(margin, abs=9)
        assert blocking[0].place is not None


def test_a_safe_point_above_the_ground_is_told_above_home(slope: Ground) -> None:
    """A drone that is sent to a safe point up the slope would come in tens of metres too low."""
    places = [FRAME.point_to_lonlat((400, y)) for y in (-40, 0, 40)]
    altitudes = (Altitude.agl(60), Altitude.amsl(930), Altitude.home(77))
    safe = [SafePoint(f"roof{n}", *one) for n, one in enumerate(zip(places, altitudes, strict=True))]
    made = made_with(slope, safe_points=tuple(safe))
    rally = compile_sortie(made, made.sorties[0]).rally
    assert [point.altitude_home_m for point in rally] == pytest.approx([100, 130, 77], abs=1.6)


def test_a_return_into_airspace_is_compared_through_the_ground(slope: Ground) -> None:
    """The climb to the return altitude would go into airspace that the route stays below, and nobody would say so."""
    low = replace(sky(floor=Altitude.amsl(935)), shape=FRAME.to_lonlat(box(-300, -400, 60, 400)))
    site = Site((Area("field", FIELD),), (low,), (Launch("here", HOME),))
    for return_m, warned in ((100.0, False), (135.0, True)):
        vehicle = VehicleProfile(return_altitude_m=return_m)
        order = Patrol("field", site, Sweep(altitude=Altitude.agl(60), swath_m=50), vehicle=vehicle, ground=slope)
        if warned:
            with pytest.raises(PlanError, match="TMA"):
                plan(order)
        else:
            assert not [f for f in found(plan(order), "return_way") if f.severity is not Severity.INFO]


@pytest.mark.parametrize("layouts", [2, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_heights_by_chance_agree_with_sampling(layouts: int, tmp_path: Path) -> None:
    """A zone would be flown into whose floor lies just under the route: every metre of each route is looked at."""
    chance = np.random.default_rng(3)
    rows, columns = np.indices((60, 60)) * 30.0
    passed = 0
    for number in range(layouts):
        heights = 800 + chance.uniform(5, 40) * np.sin(columns / chance.uniform(80, 200)) * np.cos(rows / 130)
        ground = Ground(write_dem(tmp_path / f"{number}.tif", heights))
        shape = FRAME.to_lonlat(box(*chance.uniform((150, -150), (300, 0)), *chance.uniform((320, 20), (600, 300))))
        bound = Altitude.amsl(float(chance.uniform(780, 980)))
        floor, ceiling = (bound, None) if number % 2 else (None, bound)
        zone = Zone("z", ZoneKind.AIRSPACE, shape, "Z", floor, ceiling)
        try:
            made = made_with(ground, zone)
        except PlanError:
            continue
        low = _least_room(made, shape, floor, ceiling, ground.terrain)
        enters = low < 0
        blocked = any(f.severity.blocks and f.rule in ("zones", "ceiling") for f in made.findings)
        assert blocked or not enters
        passed += _flies_in(made, shape)
    assert passed >= layouts // 8, "the zones were never flown over or under"


def _least_room(
    made: Plan, shape: shapely.Polygon, floor: Altitude | None, ceiling: Altitude | None, terrain: Terrain
) -> float:
    """The least metres between the routes and the zone's heights, inside its outline, metre by metre."""
    home_m, least = terrain.height(HOME), np.inf
    for places, above in _samples(made):
        inside = shapely.contains_xy(shape, places)
        if inside.any():
            over_sea = home_m + above[inside]
            room = floor.metres - over_sea if floor is not None else over_sea - ceiling.metres
            least = min(least, float(room.min()))
    return least


def _flies_in(made: Plan, shape: shapely.Polygon) -> bool:
    return any(shapely.contains_xy(shape, places).any() for places, _ in _samples(made))


def _samples(made: Plan) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for sortie in made.sorties:
        waypoints = sortie.route.waypoints
        for before, after in itertools.pairwise(waypoints):
            share = np.linspace(0, 1, 200)[:, None]
            places = np.array(before.position) + share * (np.array(after.position) - np.array(before.position))
            yield places, before.altitude.metres + share[:, 0] * (after.altitude.metres - before.altitude.metres)

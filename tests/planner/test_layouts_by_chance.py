"""Whole plans over hills, zones and launches by chance: every claim of their findings against plain sampling."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.plan import Plan
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from planner.terrain import Ground, Obstacle, Terrain
from planner.vehicles import VehicleProfile

MIDDLE = LonLat(76.9, 43.2)
FRAME = LocalFrame(MIDDLE)
STEP, SIDE = 0.00025, 160
HALF = SIDE / 2 * STEP


@dataclass(frozen=True)
class Layout:
    """A patrol, and the posts of the ground that it is flown over."""

    patrol: Patrol
    posts: np.ndarray

    def ground_at(self, lonlat: np.ndarray) -> np.ndarray:
        """Bilinear between pixel centres, by hand, at places (n, 2) in degrees."""
        column = (lonlat[:, 0] - (MIDDLE.lon - HALF)) / STEP - 0.5
        row = ((MIDDLE.lat + HALF) - lonlat[:, 1]) / STEP - 0.5
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        across, down = column - left, row - top
        upper = self.posts[top, left] * (1 - across) + self.posts[top, left + 1] * across
        lower = self.posts[top + 1, left] * (1 - across) + self.posts[top + 1, left + 1] * across
        return np.asarray(upper * (1 - down) + lower * down, dtype=np.float64)


def layout(seed: int, folder: Path) -> Layout:
    chance = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE))
    posts = np.full((SIDE, SIDE), float(chance.uniform(0, 2500)))
    for _ in range(8):
        row, column, wide = chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.uniform(5, 20)
        posts += chance.uniform(-30, 50) * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / wide**2)
    posts = posts.astype(np.float32)
    place = Affine(STEP, 0, MIDDLE.lon - HALF, 0, -STEP, MIDDLE.lat + HALF)
    form = {"driver": "GTiff", "height": SIDE, "width": SIDE, "count": 1, "dtype": "float32"}
    with rasterio.open(folder / f"{seed}.tif", "w", crs="EPSG:4326", transform=place, **form) as file:
        file.write(posts, 1)

    def box(least: float, most: float, reach: float) -> shapely.Polygon:
        (x, y), (width, depth) = chance.uniform(-reach, reach, 2), chance.uniform(least, most, 2)
        return FRAME.to_lonlat(shapely.affinity.rotate(shapely.box(x, y, x + width, y + depth), chance.uniform(0, 90)))

    def point(reach: float) -> LonLat:
        return FRAME.point_to_lonlat(tuple(chance.uniform(-reach, reach, 2).tolist()))

    level = float(posts[SIDE // 2, SIDE // 2])
    bounds = [None, Altitude.agl(float(chance.uniform(20, 120))), Altitude.amsl(level + float(chance.uniform(0, 150)))]
    zones = []
    for number in range(chance.integers(0, 4)):
        kind = (ZoneKind.KEEP_OUT, ZoneKind.AIRSPACE, ZoneKind.NO_LOOK)[chance.integers(0, 3)]
        bound = bounds[chance.integers(0, 3)] if kind is not ZoneKind.NO_LOOK else None
        floor, ceiling = (bound, None) if chance.random() < 0.5 else (None, bound)
        zones.append(Zone(f"z{number}", kind, box(30, 150, 300), floor=floor, ceiling=ceiling))
    if chance.random() < 0.4:
        zones.append(Zone("fence", ZoneKind.KEEP_IN, FRAME.to_lonlat(shapely.box(-480, -480, 480, 480))))
    site = Site(
        (Area("a", box(120, 300, 150)),),
        tuple(zones),
        (Launch("l", point(350)),),
        (SafePoint("s", point(250), Altitude.home(float(chance.choice([0, 90])))),) if chance.random() < 0.3 else (),
    )
    masts = tuple(
        Obstacle(f"m{n}", shapely.Point(point(350)), Altitude.agl(float(chance.uniform(20, 90))))
        for n in range(chance.choice([0, 0, 2]))
    )
    pattern = Sweep(altitude=Altitude.agl(float(chance.choice([45, 60, 80]))), swath_m=70.0)
    vehicle = VehicleProfile(
        return_altitude_m=float(chance.choice([30, 80, 150])), battery_wh=float(chance.choice([60, 200]))
    )
    ground = Ground(Terrain.open(folder / f"{seed}.tif"), masts)
    return Layout(Patrol(f"layout {seed}", site, pattern, vehicle=vehicle, ground=ground), posts)


def samples(made: Plan, step: float = 2.0) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Each leg as places (n, 2) in degrees, heights (n,) above home, and whether pictures are taken on it."""
    found = []
    for sortie in made.sorties:
        for before, after in itertools.pairwise(sortie.route.waypoints):
            ends = FRAME.points_to_local(np.array([before.position, after.position]))
            share = np.linspace(0, 1, max(math.ceil(math.dist(*ends) / step), 1) + 1)[:, None]
            places = FRAME.points_to_lonlat(ends[0] + share * (ends[1] - ends[0]))
            heights = before.altitude.metres + share[:, 0] * (after.altitude.metres - before.altitude.metres)
            found.append((places, heights, after.leg.looks))
    return found


def prove(there: Layout) -> str:
    """Plan a layout and prove it; what became of it, in a word."""
    patrol = there.patrol
    try:
        made = plan(patrol, time_limit_s=0.1)
    except PlanError:
        return "refused"
    ground, wanted = patrol.ground, patrol.pattern.altitude.metres
    launch = made.sorties[0].launch.position
    home_m = float(there.ground_at(np.array([launch]))[0])
    blocking = {finding.rule for finding in made.findings if finding.severity.blocks}
    ways = samples(made)
    places, above = np.concatenate([way[0] for way in ways]), np.concatenate([way[1] for way in ways])
    over = above + home_m - there.ground_at(places)
    if not blocking & {"clearance"}:
        assert over.min() >= ground.clearance_m - 0.05
    assert over.min() >= wanted - ground.below_m - 0.2
    assert over.max() <= wanted + ground.above_m + 0.2 or "height" in blocking
    assert {s.reference.value for s in (w.altitude for x in made.sorties for w in x.route.waypoints)} == {"HOME"}
    local = FRAME.points_to_local(places)
    _prove_masts(there, local, above + home_m, blocking)
    _prove_zones(there, places, above + home_m, over, blocking)
    _prove_pictures(there, ways, home_m, blocking)
    _prove_battery(made, blocking)
    if not blocking & {"return_way"}:
        _prove_returns(there, made, home_m)
    return "blocked" if blocking else "good"


def _prove_masts(there: Layout, local: np.ndarray, over_sea: np.ndarray, blocking: set[str]) -> None:
    ground = there.patrol.ground
    for mast in ground.obstacles:
        at = np.array([mast.shape.coords[0]])
        top = float(there.ground_at(at)[0]) + mast.top.metres
        near = np.hypot(*(local - FRAME.points_to_local(at)).T) < ground.beside_m - 0.2
        if near.any() and over_sea[near].min() - top < ground.over_m - 0.2:
            assert "clearance" in blocking, f"{mast.id} is too near"


def _prove_zones(there: Layout, places: np.ndarray, over_sea: np.ndarray, over: np.ndarray, blocking: set[str]) -> None:
    for zone in there.patrol.site.zones:
        inside = shapely.contains_xy(zone.shape, places)
        if zone.kind is ZoneKind.KEEP_IN:
            assert shapely.dwithin(zone.shape, shapely.points(places), 1e-6).all() or "keep_in" in blocking
        elif zone.kind.forbids_entry and inside.any():
            reached = np.ones(int(inside.sum()), dtype=bool)
            for bound, sign in ((zone.floor, 1), (zone.ceiling, -1)):
                if bound is not None:
                    own = over if bound.reference.value == "AGL" else over_sea
                    reached &= sign * (own[inside] - bound.metres) >= 0
            assert not reached.any() or blocking & {"zones", "ceiling"}, f"{zone.id} is entered"


def _prove_pictures(there: Layout, ways: list, home_m: float, blocking: set[str]) -> None:
    """Posts of a no-look zone every 6 m lie outside the cone that holds every picture."""
    camera = there.patrol.camera
    slope = math.hypot(camera.sensor_width_mm, camera.sensor_height_mm) / 2 / camera.focal_length_mm
    for zone in there.patrol.site.of_kind(ZoneKind.NO_LOOK):
        west, south, east, north = FRAME.to_local(zone.shape).bounds
        grid = np.stack(np.meshgrid(np.arange(west, east, 6), np.arange(south, north, 6)), -1).reshape(-1, 2)
        grid = grid[shapely.contains_xy(FRAME.to_local(zone.shape).buffer(-0.5), grid)]
        if not len(grid):
            continue
        under = there.ground_at(FRAME.points_to_lonlat(grid))
        for places, above, looks in ways:
            if not looks:
                continue
            eyes = FRAME.points_to_local(places)
            away = np.hypot(*(eyes[:, None] - grid[None]).transpose(2, 0, 1))
            drop = (above + home_m)[:, None] - under[None]
            assert not (away < slope * drop - 0.1).any() or "no_look" in blocking, f"{zone.id} is in a picture"


def _prove_battery(made: Plan, blocking: set[str]) -> None:
    full, reserve = made.patrol.vehicle.battery_wh, made.patrol.limits.battery_reserve
    for sortie in made.sorties:
        used, back = np.array(sortie.forecast.used_wh), np.array(sortie.forecast.return_wh)
        if sortie.forecast.energy_wh > full * (1 - reserve) + 1e-3:
            assert "battery" in blocking
        if (used + back).max() > full * (1 - reserve) + 1e-3:
            assert "return_energy" in blocking


def _prove_returns(there: Layout, made: Plan, home_m: float) -> None:
    """From a place every 20 m, the straight way to home keeps its clearance over the ground; nothing else is drawn."""
    patrol, profile = there.patrol, there.patrol.vehicle
    if patrol.site.safe_points:
        return
    home = FRAME.points_to_local(np.array([made.sorties[0].launch.position]))[0]
    for places, above, _ in samples(made, 20.0):
        for place, height in zip(FRAME.points_to_local(places), above, strict=True):
            away = math.dist(place, home)
            top = min(max(profile.return_altitude_m, height), max(3.0 * away, height, 0.3))
            line = place + np.linspace(0, 1, max(int(away / 5), 1) + 1)[:, None] * (home - place)
            room = top + home_m - there.ground_at(FRAME.points_to_lonlat(line))
            assert room.min() >= patrol.ground.clearance_m - 0.1


def test_a_few_layouts_hold(tmp_path: Path) -> None:
    """A plan would claim to be safe that is not."""
    became = [prove(layout(seed, tmp_path)) for seed in range(2)]
    assert became.count("good") >= 1


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_hundred_layouts_hold(tmp_path: Path) -> None:
    """As above, on layouts enough to meet what nobody thought of."""
    became: list[str] = []

    @settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.integers(min_value=3, max_value=2**31))
    def holds(seed: int) -> None:
        became.append(prove(layout(seed, tmp_path)))

    holds()
    assert became.count("good") >= 15
    assert len(set(became)) == 3

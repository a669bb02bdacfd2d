"""The proof of return over hills and masts, against flying every way home metre by metre over rasterio's own posts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from planner.geodesy import LocalFrame
from planner.quantities import Altitude, LonLat
from planner.returning import Refuge, Returns, clearance_m, cut, returns_of
from planner.terrain import Ground, Obstacle, Terrain
from planner.terrain.highest import Highest
from planner.vehicles import VehicleProfile

HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
STEP = 0.00025
SIDE = 240


def posts(seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE))
    heights = np.full((SIDE, SIDE), 800.0)
    for _ in range(12):
        row, column, wide = chance.uniform(0, SIDE), chance.uniform(0, SIDE), chance.uniform(3, 15)
        heights += chance.uniform(10, 60) * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / wide**2)
    return heights.astype(np.float32)


def terrain_of(path: Path, heights: np.ndarray) -> Terrain:
    place = Affine(STEP, 0, HOME.lon - SIDE / 2 * STEP, 0, -STEP, HOME.lat + SIDE / 2 * STEP)
    form = {"driver": "GTiff", "height": SIDE, "width": SIDE, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=place, **form) as file:
        file.write(heights, 1)
    return Terrain.open(path)


def ground_at(heights: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Bilinear between pixel centres, by hand, at local places (n, 2)."""
    lonlat = FRAME.points_to_lonlat(places)
    column = (lonlat[:, 0] - (HOME.lon - SIDE / 2 * STEP)) / STEP - 0.5
    row = ((HOME.lat + SIDE / 2 * STEP) - lonlat[:, 1]) / STEP - 0.5
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    across, down = column - left, row - top
    upper = heights[top, left] * (1 - across) + heights[top, left + 1] * across
    lower = heights[top + 1, left] * (1 - across) + heights[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, dtype=np.float64)


def chosen(place: np.ndarray, refuges: list[Refuge], profile: VehicleProfile) -> Refuge:
    """AP_Rally's choice: the nearest rally point, unless too far, unless home is nearer."""
    home, *rally = refuges
    if not rally:
        return home
    nearest = min(rally, key=lambda one: math.dist(place, one.point))
    away = math.dist(place, nearest.point)
    if 0 < profile.rally_limit_m < away or (profile.rally_include_home and math.dist(place, home.point) <= away):
        return home
    return nearest


def scenario(seed: int) -> tuple[np.ndarray, np.ndarray, list[Refuge], VehicleProfile, list[tuple[np.ndarray, float]]]:
    chance = np.random.default_rng(1000 + seed)
    way = chance.uniform(-900, 900, (chance.integers(2, 5), 2))
    heights = chance.uniform(60, 130) + chance.uniform(-5, 40, len(way)) * (chance.random() < 0.5)
    refuges = [Refuge((0.0, 0.0), is_home=True)]
    refuges += [
        Refuge(tuple(chance.uniform(-900, 900, 2).tolist()), float(chance.choice([0, 60, 120])))
        for _ in range(chance.choice([0, 1, 2]))
    ]
    profile = VehicleProfile(
        return_altitude_m=float(chance.choice([40, 80, 120])),
        return_cone_slope=float(chance.choice([0, 3])),
        return_climb_m=float(chance.choice([0, 10])),
        rally_limit_m=float(chance.choice([0, 500])),
    )
    masts = [(chance.uniform(-900, 900, 2), float(chance.uniform(20, 90))) for _ in range(chance.choice([0, 3]))]
    return way, heights, refuges, profile, masts


def oracle(seed: int, heights: np.ndarray, ground: Ground) -> float:
    """The least metres over ground, or over masts within their distance, on any way home from a place every 3 m."""
    way, tops, refuges, profile, masts = scenario(seed)
    home_m = float(ground_at(heights, np.zeros((1, 2)))[0])
    mast_tops = [float(ground_at(heights, mast[None])[0]) + tall - home_m for mast, tall in masts]
    least = math.inf
    for leg in range(len(way) - 1):
        length = math.dist(way[leg], way[leg + 1])
        for share in np.linspace(0, 1, max(int(length / 3), 1) + 1):
            place = way[leg] + share * (way[leg + 1] - way[leg])
            height = tops[leg] + share * (tops[leg + 1] - tops[leg])
            refuge = chosen(place, refuges, profile)
            away = math.dist(place, refuge.point)
            own = max(0.3, height + profile.return_climb_m)
            top = max(refuge.height_m, profile.return_altitude_m, own)
            if profile.return_cone_slope >= 0.5:
                top = min(top, max(away * profile.return_cone_slope, own))
            line = place + np.linspace(0, 1, max(int(away / 8), 1) + 1)[:, None] * (np.array(refuge.point) - place)
            least = min(least, top - float((ground_at(heights, line) - home_m).max()))
            for (mast, _), mast_top in zip(masts, mast_tops, strict=True):
                if np.hypot(*(line - mast).T).min() < ground.beside_m - 0.1:
                    least = min(least, top - (mast_top + ground.over_m - ground.clearance_m))
    return least


def proof(seed: int, terrain: Terrain) -> tuple[float, Ground, Returns]:
    way, tops, refuges, profile, masts = scenario(seed)
    obstacles = tuple(
        Obstacle(str(n), shapely.Point(FRAME.point_to_lonlat((mast[0], mast[1]))), Altitude.agl(tall))
        for n, (mast, tall) in enumerate(masts)
    )
    ground = Ground(terrain, obstacles)
    ways = returns_of(cut(way, tops, np.full(len(way), 8.0), profile), refuges, profile)
    return float(clearance_m(ways, Highest(ground, terrain.height(HOME), FRAME)).min()), ground, ways


@pytest.mark.parametrize("routes", [10, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_no_way_home_into_a_hill_is_passed(routes: int, tmp_path: Path) -> None:
    """A false pass would send a drone that lost its link into the hill that its route went around."""
    over, far = [], 0
    for number in range(routes // 10):
        heights = posts(number)
        terrain = terrain_of(tmp_path / f"{number}.tif", heights)
        for seed in range(number * 10, number * 10 + 10):
            told, ground, _ = proof(seed, terrain)
            true = oracle(seed, heights, ground)
            assert told <= true + 0.05, f"route {seed}: {true:.1f} m are left, {told:.1f} m told"
            over.append(true - told)
            far += true - told > 15
    assert np.median(over) < 3.0, "so careful that nobody would heed it"
    assert far <= 0.2 * len(over)

"""Altitudes that follow the ground: checked by sampling every metre, which knows nothing of how they were found."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely import LineString, Point, box

from planner.errors import InputError, PlanError, SettingError
from planner.geodesy import LocalFrame
from planner.plan import Leg, Route, Waypoint
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.terrain import Ground, Obstacle, Terrain
from planner.terrain.clearance import near_obstacles, over_ground
from planner.terrain.follow import Follower, Shaped, follow_route
from planner.terrain.obstacles import blocks_of
from planner.vehicles import VehicleProfile

HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
PROFILE = VehicleProfile()
SPEED = 10.0


def terrain_of(path: Path, heights: np.ndarray, *, step_m: float = 30.0) -> Terrain:
    """A DEM in UTM zone 43 north, its middle at home, rows to the south."""
    from pyproj import Transformer

    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True).transform(*HOME)
    rows, columns = heights.shape
    place = Affine(step_m, 0.0, x - columns / 2 * step_m, 0.0, -step_m, y + rows / 2 * step_m)
    form = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32", "nodata": -32768}
    with rasterio.open(path, "w", crs="EPSG:32643", transform=place, **form) as file:
        file.write(heights.astype(np.float32), 1)
    return Terrain.open(path)


def rough(seed: int, side: int = 200) -> np.ndarray:
    """Mountains by chance: waves of many lengths, slopes up to some 40°."""
    chance = np.random.default_rng(seed)
    rows, columns = np.indices((side, side)) * 30.0
    heights = np.full((side, side), 1000.0)
    for length in (3000.0, 1200.0, 500.0, 200.0):
        for _ in range(3):
            east, north, phase = chance.normal(), chance.normal(), chance.uniform(0, 6.28)
            size = np.hypot(east, north)
            across = (columns * east + rows * north) / size
            heights += length / 25 * chance.uniform(0, 1) * np.sin(across * 6.283 / length + phase)
    return heights


def route_by_chance(seed: int, count: int = 5) -> np.ndarray:
    """A way over the middle of the DEM, from and to home."""
    places = np.random.default_rng(seed + 1000).uniform(-2400, 2400, (count, 2))
    return np.vstack([np.zeros(2), places, np.zeros(2)])


def shaped_over(ground: Ground, points: np.ndarray, wanted: float = 60.0) -> tuple[Follower, Shaped]:
    follower = Follower(ground, HOME, FRAME, PROFILE)
    count = len(points)
    return follower, follower.shaped(points, np.full(count, wanted), np.full(count, SPEED))


def sampled(terrain: Terrain, home_m: float, shaped: Shaped) -> np.ndarray:
    """Heights above ground every metre along every leg."""
    above = []
    for (a, b), (low, high) in zip(
        itertools.pairwise(shaped.points), itertools.pairwise(shaped.heights_m), strict=True
    ):
        share = np.linspace(0, 1, int(np.hypot(*(b - a))) + 2)
        ground = terrain.heights(FRAME.points_to_lonlat(a + share[:, None] * (b - a)))
        above.append(home_m + low + share * (high - low) - ground)
    return np.concatenate(above)


def test_two_hundred_routes_hold_their_height_at_every_metre(tmp_path: Path) -> None:
    """Somewhere between two waypoints a drone would fly into a slope, or far above what the law allows."""
    checked = inserted = 0
    for seed in range(20):
        terrain = terrain_of(tmp_path / f"{seed}.tif", rough(seed))
        ground = Ground(terrain, clearance_m=30.0, below_m=5.0, above_m=10.0)
        for number in range(10):
            points = route_by_chance(100 * seed + number, 3)
            follower, shaped = shaped_over(ground, points)
            above = sampled(terrain, follower.home_m, shaped)
            assert above.min() >= 55.0 - 0.02, (seed, number)
            assert above.max() <= 70.0 + 0.02, (seed, number)
            lines = np.stack([shaped.points[:-1], shaped.points[1:]], axis=1)
            heights = follower.home_m + np.stack([shaped.heights_m[:-1], shaped.heights_m[1:]], axis=1)
            room = over_ground(lines, heights, terrain, FRAME)
            assert room.least_m.min() <= above.min() + 0.01, "the check must see what sampling sees"
            assert room.least_m.min() == pytest.approx(above.min(), abs=0.3)
            assert room.most_m.max() == pytest.approx(above.max(), abs=0.3)
            checked, inserted = checked + 1, inserted + len(shaped.points) - len(points)
    assert checked == 200
    assert inserted > 1000, "the ground was too even to try anything"


def test_flat_ground_and_even_slopes_take_no_waypoint(tmp_path: Path) -> None:
    """A mission would be filled with waypoints that change nothing, and no longer fit the autopilot."""
    rows, columns = np.indices((200, 200)) * 30.0
    points = route_by_chance(3)
    for heights in (np.full((200, 200), 700.0), 700 + 0.08 * columns + 0.05 * rows):
        _, shaped = shaped_over(Ground(terrain_of(tmp_path / "even.tif", heights)), points)
        assert len(shaped.points) == len(points)
    _, flat = shaped_over(Ground(terrain_of(tmp_path / "flat.tif", np.full((200, 200), 700.0))), points)
    assert flat.heights_m.tolist() == [60.0] * len(points)


def test_no_waypoint_is_there_for_nothing(tmp_path: Path) -> None:
    """Each waypoint put in costs an item and a corner; one that could be left out should be."""
    terrain = terrain_of(tmp_path / "rough.tif", rough(5))
    needless = total = 0
    for seed in range(8):
        follower, shaped = shaped_over(Ground(terrain), route_by_chance(seed))
        for n in range(1, len(shaped.points) - 1):
            if shaped.leg[n] != shaped.leg[n + 1]:
                continue
            total += 1
            line = shaped.points[[n - 1, n + 1]][None]
            room = over_ground(line, follower.home_m + shaped.heights_m[[n - 1, n + 1]][None], terrain, FRAME)
            needless += bool(room.least_m[0] >= 55.7 and room.most_m[0] <= 69.3)
    assert total > 50
    assert needless <= 0.05 * total


def test_a_ridge_is_crossed_with_three_waypoints_at_most(tmp_path: Path) -> None:
    """A single crest needs a way up, the top and a way down, no more."""
    _, columns = np.indices((200, 200))
    heights = 700 + np.maximum(0, 90 - 6 * np.abs(columns - 120.0))
    points = np.array([(0.0, 0.0), (2500.0, 40.0), (0.0, 0.0)])
    follower, shaped = shaped_over(Ground(terrain := terrain_of(tmp_path / "ridge.tif", heights)), points)
    assert 2 <= (shaped.leg == 0).sum() - 1 <= 3
    assert sampled(terrain, follower.home_m, shaped).min() >= 55.0 - 0.02


def test_clearance_counts_more_than_the_wanted_height(tmp_path: Path) -> None:
    """A patrol wanted at 40 m with 38 m of clearance would be flown at 35 m."""
    terrain = terrain_of(tmp_path / "rough.tif", rough(2))
    ground = Ground(terrain, clearance_m=38.0)
    follower, shaped = shaped_over(ground, route_by_chance(1), wanted=40.0)
    assert sampled(terrain, follower.home_m, shaped).min() >= 38.0 - 0.02
    with pytest.raises(SettingError, match="lower than the clearance"):
        shaped_over(ground, route_by_chance(1), wanted=30.0)


def test_the_highest_altitude_is_kept(tmp_path: Path) -> None:
    """Following the ground would take the drone above the legal 120 m."""
    terrain = terrain_of(tmp_path / "rough.tif", rough(7))
    follower = Follower(Ground(terrain), HOME, FRAME, PROFILE, highest=Altitude.agl(63.0))
    points = route_by_chance(4)
    shaped = follower.shaped(points, np.full(len(points), 60.0), np.full(len(points), SPEED))
    above = sampled(terrain, follower.home_m, shaped)
    assert above.max() <= 63.02
    assert above.min() >= 54.98


def test_a_gentle_way_is_taken_where_there_is_room(tmp_path: Path) -> None:
    """A leg that could climb within what the drone can do would be flown slower than asked for."""
    _, columns = np.indices((200, 200))
    heights = 700 + np.clip(columns - 110, 0, 10) * 4.5  # 45 m up within 300 m: a slope of 0.15
    points = np.array([(0.0, 0.0), (2500.0, 0.0)])
    _, shaped = shaped_over(Ground(terrain_of(tmp_path / "step.tif", heights)), points)
    lengths = np.hypot(*np.diff(shaped.points, axis=0).T)
    assert (np.diff(shaped.heights_m) / lengths).max() <= PROFILE.climb_mps / SPEED


def test_a_route_keeps_its_waypoints_holds_and_camera(tmp_path: Path) -> None:
    """Following the ground would drop a stay, or take pictures in transit."""
    terrain = terrain_of(tmp_path / "rough.tif", rough(4))
    places = [FRAME.point_to_lonlat(tuple(point)) for point in route_by_chance(9)]
    legs = [Leg.TRANSIT, Leg.TRANSIT, Leg.LANE, Leg.TRANSIT, Leg.LANE, Leg.LANE, Leg.TRANSIT]
    given = [
        Waypoint(p, Altitude.agl(60), SPEED, leg, 7.0 * n) for n, (p, leg) in enumerate(zip(places, legs, strict=True))
    ]
    follower = Follower(Ground(terrain), HOME, FRAME, PROFILE)
    route = follow_route(Route(tuple(given)), follower, FRAME)
    kept = [waypoint for waypoint in route.waypoints if waypoint.position in places]
    assert [(w.position, w.leg, w.hold_s) for w in kept] == [(w.position, w.leg, w.hold_s) for w in given]
    assert len(route.waypoints) > len(given)
    assert {w.altitude.reference for w in route.waypoints} == {AltitudeReference.HOME}
    number = -1
    for waypoint in route.waypoints:
        number += waypoint.position in places
        upcoming = number if waypoint.position in places else number + 1
        assert waypoint.leg is legs[upcoming]
        assert waypoint.hold_s == 0 or waypoint.position in places


def test_unknown_ground_is_said_with_its_place(tmp_path: Path) -> None:
    """A void would be flown over as if it were at sea level."""
    heights = rough(1)
    heights[95:105, 140:150] = -32768
    terrain = terrain_of(tmp_path / "void.tif", heights)
    with pytest.raises(PlanError, match="unknown at 43"):
        shaped_over(Ground(terrain), np.array([(0.0, 0.0), (2500.0, 0.0)]))
    with pytest.raises(InputError, match="N43E077"):
        shaped_over(Ground(terrain), np.array([(0.0, 0.0), (9500.0, 0.0)]))


def test_the_same_ground_gives_the_same_bytes(tmp_path: Path) -> None:
    """A plan could not be made again."""
    terrain = terrain_of(tmp_path / "rough.tif", rough(6))
    first, second = (shaped_over(Ground(terrain), route_by_chance(2))[1] for _ in range(2))
    assert first.points.tobytes() == second.points.tobytes()
    assert first.heights_m.tobytes() == second.heights_m.tobytes()


def lonlat(x: float, y: float) -> LonLat:
    return FRAME.point_to_lonlat((x, y))


def test_obstacles_are_found_wherever_a_leg_passes_them() -> None:
    """A mast in the middle of a leg, a wire between two pylons, would be flown into."""
    mast = Obstacle("mast", Point(lonlat(500, 8)), Altitude.agl(75), radius_m=5)
    house = Obstacle("house", FRAME.to_lonlat(box(900, -60, 940, -25)), Altitude.agl(70))
    wire = Obstacle("wire", LineString([lonlat(1400, -300), lonlat(1450, 300)]), Altitude.agl(55))
    low = Obstacle("shed", FRAME.to_lonlat(box(200, -5, 210, 5)), Altitude.agl(40))
    blocks = blocks_of((mast, house, wire, low), None, FRAME)
    lines, heights = np.array([[(0.0, 0.0), (2000.0, 0.0)]]), np.array([[60.0, 60.0]])
    found = {near.obstacle: near for near in near_obstacles(lines, heights, blocks, beside_m=15.0, over_m=10.0)}
    assert set(found) == {0, 2}, "the house is 25 m beside, the shed 20 m below"
    assert found[0].margin_m == pytest.approx(-15.0)
    assert found[0].share * 2000 == pytest.approx(500, abs=20)
    assert found[2].margin_m == pytest.approx(5.0)
    assert found[2].share * 2000 == pytest.approx(1425, abs=20)
    wider = near_obstacles(lines, heights, blocks, beside_m=30.0, over_m=10.0)
    assert {near.obstacle for near in wider} == {0, 1, 2}


def test_a_wire_over_a_valley_hangs_between_its_ends(tmp_path: Path) -> None:
    """Over the valley a wire is far above the ground below it: its height there is that of its ends."""
    rows, _ = np.indices((200, 200))
    terrain = terrain_of(tmp_path / "valley.tif", 700 + 3.0 * np.abs(rows - 99.5))
    wire = Obstacle("wire", LineString([lonlat(300, -900), lonlat(300, 900)]), Altitude.agl(20))
    blocks = blocks_of((wire,), terrain, FRAME)
    assert blocks.tops_m.min() >= 700 + 85 + 20
    crossing, heights = np.array([[(0.0, 0.0), (600.0, 0.0)]]), np.array([[790.0, 790.0]])
    assert near_obstacles(crossing, heights, blocks, beside_m=15.0, over_m=10.0)[0].margin_m < -15


def test_obstacles_by_chance_agree_with_sampling() -> None:
    """An obstacle beside a long leg would be overlooked, or one far away would block a plan."""
    chance = np.random.default_rng(11)
    for _ in range(30):
        shapes = []
        for number in range(12):
            x, y = chance.uniform(-500, 500, 2)
            kind = number % 3
            shape = (
                Point(lonlat(x, y)),
                FRAME.to_lonlat(box(x, y, x + 30, y + 20)),
                LineString([lonlat(x, y), lonlat(x + 90, y - 40)]),
            )[kind]
            shapes.append(Obstacle(str(number), shape, Altitude.agl(float(chance.uniform(20, 90)))))
        blocks = blocks_of(tuple(shapes), None, FRAME)
        lines, heights = chance.uniform(-600, 600, (4, 2, 2)), chance.uniform(40, 80, (4, 2))
        found = {
            near.obstacle: near.margin_m for near in near_obstacles(lines, heights, blocks, beside_m=15, over_m=10)
        }
        share = np.linspace(0, 1, 3001)
        worst: dict[int, float] = {}
        for line, ends in zip(lines, heights, strict=True):
            places = line[0] + share[:, None] * (line[1] - line[0])
            points = [Point(place) for place in places[::10]]
            for outline, top, owner in zip(blocks.outlines, blocks.tops_m, blocks.owners, strict=True):
                near = [n for n, point in enumerate(points) if outline.distance(point) < 14.8]
                for n in near:
                    margin = ends[0] + share[10 * n] * (ends[1] - ends[0]) - top
                    if margin < 9.9:
                        worst[int(owner)] = min(worst.get(int(owner), np.inf), float(margin))
        assert set(worst) <= set(found)
        for owner, margin in worst.items():
            assert found[owner] <= margin + 0.01
            assert found[owner] >= margin - 2.0

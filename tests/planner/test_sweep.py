"""What a sweep promises: sees enough, never leaves free space, and is the same each time."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import rotate, translate

from planner.errors import GeometryError, PlanError, SettingError
from planner.paths import FreeSpace
from planner.sweep import SweepPath, covered_share, outside_m, sweep
from planner.sweep.motion import Motion

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared")) / "bench" / "coverage"
QUICK = 0.15
MOTION = Motion(10.0, 3.0)


def holds(area: Polygon | MultiPolygon, path: SweepPath, swath_m: float, space: shapely.Geometry | None = None) -> None:
    """The law: inside to the micrometre, and seen by the lanes alone."""
    assert outside_m(area if space is None else space, path.points) == 0.0
    assert covered_share(area, path.points, swath_m) >= 0.995
    assert len(path.is_lane) == len(path.points) - 1
    lanes = np.stack([path.points[:-1], path.points[1:]], axis=1)[path.is_lane]
    assert covered_share(area, lanes, swath_m) >= 0.9945


# known answers


def test_a_square_gets_as_many_lanes_as_strips_fit() -> None:
    """400 m / 80 m = 5 lanes, and 4 steps between them; a corner or two more may round off an end."""
    path = sweep(box(0, 0, 400, 400), swath_m=80)
    holds(box(0, 0, 400, 400), path, 80)
    assert 9 <= len(path.is_lane) <= 11
    assert int((np.hypot(*np.diff(path.points, axis=0).T) > 250).sum()) == 5


def test_time_of_a_leg_is_the_trapezoid_of_speed() -> None:
    """33⅓ m reach 10 m/s at 3 m/s² and stop again: 6⅔ s; 100 m more take 10 s more; 12 m take 2·√(12/3) = 4 s."""
    assert MOTION.time_s(100 / 3) == pytest.approx(20 / 3)
    assert MOTION.time_s(400 / 3) == pytest.approx(50 / 3)
    assert MOTION.time_s(12.0) == pytest.approx(4.0)
    assert MOTION.times_s(np.array([12.0, 400 / 3])).tolist() == pytest.approx([4.0, 50 / 3])


def test_what_a_path_sees_is_its_buffer() -> None:
    """A lane of 100 m with 20 m of swath in a square of 100 m sees a fifth of it."""
    assert covered_share(box(0, 0, 100, 100), np.array([[0.0, 50.0], [100.0, 50.0]]), 20) == pytest.approx(
        0.2, abs=1e-3
    )
    assert covered_share(box(0, 0, 100, 100), np.array([[[0.0, 50.0], [100.0, 50.0]]]), 20) == pytest.approx(
        0.2, abs=1e-3
    )
    assert outside_m(box(0, 0, 100, 100), np.array([[50.0, 50.0], [130.0, 50.0]])) == pytest.approx(30.0, abs=1e-3)


def test_a_corridor_thinner_than_the_swath_gets_one_lane() -> None:
    """2 m wide, 600 m long, seen 30 m wide: one leg is enough."""
    corridor = rotate(box(0, 0, 600, 2), 33)
    path = sweep(corridor, swath_m=30)
    holds(corridor, path, 30)
    assert len(path.points) == 2


def test_several_directions_beat_one() -> None:
    """A comb of long teeth is swept along the teeth and its back along the back: the sum of widths bounds the lanes."""
    comb = shapely.union_all([box(0, 0, 1100, 150), *[box(250 * k, 0, 250 * k + 100, 650) for k in range(5)]])
    assert isinstance(comb, Polygon)
    path = sweep(comb, swath_m=30)
    holds(comb, path, 30)
    assert MOTION.path_s(path.points) < 1950  # one direction needs 2283 s (ideal99 of the shared benchmark)


# laws


def _star(rng: np.random.Generator) -> shapely.Geometry:
    n = int(rng.integers(3, 30))
    turn, radius = np.sort(rng.uniform(0, 2 * np.pi, n)), rng.uniform(0.15, 1, n) * 300
    return Polygon(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)).buffer(0)


def _holes(rng: np.random.Generator) -> shapely.Geometry:
    area: shapely.Geometry = box(0, 0, *rng.uniform(100, 700, 2))
    for x, y, a, b, turn in rng.uniform((0, 0, 1, 1, 0), (600, 600, 100, 100, 90), (8, 5)):
        area = area.difference(rotate(box(x, y, x + a, y + b), turn))
    return area


def _comb(rng: np.random.Generator) -> shapely.Geometry:
    tooth, gap = rng.uniform(2, 60), rng.uniform(5, 60)
    teeth = [box(k * (tooth + gap), 0, k * (tooth + gap) + tooth, rng.uniform(50, 300)) for k in range(5)]
    return rotate(shapely.union_all([box(0, 0, 5 * (tooth + gap), rng.uniform(2, 60)), *teeth]), rng.uniform(0, 180))


def _spiral(rng: np.random.Generator) -> shapely.Geometry:
    turn = np.linspace(0, rng.uniform(3, 12), 70)
    radius = 20 + 25 * turn
    line = shapely.LineString(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1))
    return line.buffer(rng.uniform(1, 35))


def _sliver(rng: np.random.Generator) -> shapely.Geometry:
    return rotate(box(0, 0, rng.uniform(50, 2000), rng.uniform(0.05, 6)), rng.uniform(0, 180))


def _doubled(rng: np.random.Generator) -> shapely.Geometry:
    """A star with each vertex doubled and two more on each edge."""
    star = _largest(_star(rng))
    at = shapely.get_coordinates(star)[:-1]
    step = np.roll(at, -1, axis=0) - at
    return Polygon(np.stack([at, at, at + step * 0.25, at + step * 0.75], axis=1).reshape(-1, 2)).buffer(0)


def _touching(rng: np.random.Generator) -> shapely.Geometry:
    """Two holes that touch at a point, and one that touches the outline."""
    area = box(0, 0, 500, 400).difference(box(100, 100, 200, 200))
    area = area.difference(Polygon([(200, 200), (300, 220), (280, 300)]))
    return rotate(area.difference(Polygon([(500, 200), (400, 150), (400, 250)])), rng.uniform(0, 90))


def _neck(rng: np.random.Generator) -> shapely.Geometry:
    width = rng.choice([0.005, 0.015, 0.05, 1, 2, 10])
    return shapely.union_all([box(0, 0, 200, 150), box(199, 70, 331, 70 + width), box(330, -50, 500, 200)])


def _largest(shape: shapely.Geometry) -> Polygon:
    return max((g for g in getattr(shape, "geoms", [shape]) if isinstance(g, Polygon)), key=lambda part: part.area)


SHAPES = [_star, _holes, _comb, _spiral, _sliver, _doubled, _touching, _neck]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__.strip("_"))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), swath_m=st.sampled_from([8.0, 15.0, 30.0, 80.0, 200.0]))
def test_every_shape_is_seen_and_never_left(shape: object, seed: int, swath_m: float) -> None:
    area = _largest(shape(np.random.default_rng(seed)))  # type: ignore[operator]
    holds(area, sweep(area, swath_m=swath_m, time_limit_s=QUICK), swath_m)


@pytest.mark.parametrize("shape", [_holes, _comb, _star])
def test_the_same_order_gives_the_same_path(shape: object) -> None:
    area = _largest(shape(np.random.default_rng(3)))  # type: ignore[operator]
    one, two = (sweep(area, swath_m=30, time_limit_s=QUICK, seed=5) for _ in range(2))
    assert np.array_equal(one.points, two.points)
    assert np.array_equal(one.is_lane, two.is_lane)


@pytest.mark.parametrize(("turn_deg", "east_m", "north_m"), [(0, 5000, -3000), (37, 0, 0), (90, -80_000, 90_000)])
def test_turned_or_moved_areas_take_about_as_long(turn_deg: float, east_m: float, north_m: float) -> None:
    area = _largest(_comb(np.random.default_rng(1)))
    moved = translate(rotate(area, turn_deg), east_m, north_m)
    times = [MOTION.path_s(sweep(a, swath_m=30, time_limit_s=0.3).points) for a in (area, moved)]
    assert times[1] == pytest.approx(times[0], rel=0.12)


def test_more_work_never_sees_less() -> None:
    area = _largest(_holes(np.random.default_rng(8)))
    for limit in (0.001, 0.05, 0.5):
        holds(area, sweep(area, swath_m=30, time_limit_s=limit), 30)


# where from, where to, which way


def test_lanes_keep_the_heading_that_was_asked_for() -> None:
    area = rotate(box(0, 0, 400, 250), 15)
    path = sweep(area, swath_m=30, heading_deg=30, time_limit_s=QUICK)
    holds(area, path, 30)
    step = np.diff(path.points, axis=0)
    length, heading = np.hypot(*step.T), np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 180
    assert set(heading[length > 150].round(1).tolist()) == {30.0}
    assert length[np.abs(heading - 30) < 0.1].sum() > 0.6 * length.sum()


def test_the_path_begins_near_the_start_and_ends_near_the_end() -> None:
    """A long strip of three lanes, from one end to the other: no sense in flying there and back first."""
    strip = box(0, 0, 1000, 90)
    path = sweep(strip, swath_m=30, start=(-50, 45), end=(1050, 45), time_limit_s=QUICK)
    holds(strip, path, 30)
    assert path.points[0, 0] < 100
    assert path.points[-1, 0] > 900


def test_parts_joined_only_by_free_space_are_swept_in_one_path() -> None:
    area = MultiPolygon([box(0, 0, 200, 200), box(400, 0, 600, 200)])
    around = box(-20, -20, 620, 400).difference(box(250, -20, 350, 300))
    path = sweep(area, swath_m=30, space=FreeSpace(around), time_limit_s=QUICK)
    holds(area, path, 30, around)


def test_the_camera_sees_what_must_not_be_flown_over() -> None:
    area, space = box(0, 0, 300, 300), box(10, 10, 290, 290)
    path = sweep(area, swath_m=40, space=FreeSpace(space), time_limit_s=QUICK)
    holds(area, path, 40, space)


# refusals


def test_a_part_out_of_reach_is_named() -> None:
    with pytest.raises(PlanError, match=r"Part 2 of 2 .* around \(500\.0, 100\.0\) m"):
        sweep(MultiPolygon([box(0, 0, 300, 300), box(400, 0, 600, 200)]), swath_m=30)


def test_a_place_that_cannot_be_seen_is_named() -> None:
    with pytest.raises(PlanError, match=r"57\.0 % of the area cannot be seen"):
        sweep(box(0, 0, 500, 500), swath_m=30, space=FreeSpace(box(0, 0, 200, 500)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"swath_m": 0.0},
        {"swath_m": math.nan},
        {"speed_mps": -1.0},
        {"acceleration_mps2": 0.0},
        {"time_limit_s": 0.0},
        {"heading_deg": math.inf},
    ],
)
def test_numbers_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        sweep(box(0, 0, 100, 100), **{"swath_m": 30.0, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("area", [Polygon(), Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])])
def test_outlines_that_are_no_area_are_refused(area: Polygon) -> None:
    with pytest.raises(GeometryError, match="area to sweep"):
        sweep(area, swath_m=30)


# size


@pytest.mark.slow
def test_a_district_of_a_hundred_square_kilometres_is_planned() -> None:
    area = _largest(rotate(box(0, 0, 10_000, 10_000).difference(box(3000, -2000, 4000, 2000)), 20))
    for swath_m in (300.0, 30.0):
        holds(area, sweep(area, swath_m=swath_m), swath_m)


@pytest.mark.slow
@pytest.mark.parametrize("swath_m", [30.0, 80.0])
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no shared benchmark areas at {SHARED}")
def test_every_benchmark_area_is_seen_and_never_left(swath_m: float) -> None:
    sys.path.insert(0, str(SHARED))
    from score import polygon_of, score

    for file in sorted((SHARED / "polygons").glob("*.geojson")):
        area = polygon_of(str(file))
        path = sweep(area, swath_m=swath_m, time_limit_s=0.2)
        assert outside_m(area, path.points) == 0.0, file.stem
        figures = score(area, swath_m, path.points.tolist())
        assert figures["covered"] >= 0.995, file.stem
        assert figures["outside_m"] == 0.0, file.stem

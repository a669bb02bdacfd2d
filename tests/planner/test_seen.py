"""What the camera saw."""

import numpy as np
import pytest
import shapely
from shapely import affinity

from planner.cameras import Camera
from planner.errors import InputError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.seen import Pictures, footprint_corners, pictures_at, seen, seen_share
from planner.track import Track

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
CAMERA = Camera("square angles", 20, 10, 10, 200, 100)
"""Sees 2 m across and 1 m along for each metre of height."""


def pictures(x=0.0, y=0.0, *, height=50.0, heading=0.0, roll=0.0, pitch=0.0):
    lon, lat = FRAME.point_to_lonlat((x, y))
    columns = [np.array([float(value)]) for value in (lon, lat, height, heading, roll, pitch)]
    return Pictures(*columns)


def outline(taken, **options):
    return shapely.Polygon(footprint_corners(taken, CAMERA, FRAME, **options)[0])


def track(points, *, height=50.0, heading=90.0, roll=0.0, pitch=0.0, step_s=1.0):
    lonlat = FRAME.points_to_lonlat(np.array(points, dtype=float))
    count = len(points)
    column = lambda value: np.full(count, float(value))  # noqa: E731
    return Track(
        time_s=1.7e9 + step_s * np.arange(count),
        lon=lonlat[:, 0],
        lat=lonlat[:, 1],
        alt_home_m=column(height),
        alt_amsl_m=column(np.nan),
        speed_mps=column(10),
        heading_deg=column(heading),
        roll_deg=column(roll),
        pitch_deg=column(pitch),
    )


def test_a_level_picture_is_as_wide_as_the_camera_says():
    """Without this planned and seen coverage would not agree on a calm day."""
    assert outline(pictures()).bounds == pytest.approx((-50, -25, 50, 25), abs=1e-4)
    assert outline(pictures(heading=90)).bounds == pytest.approx((-25, -50, 25, 50), abs=1e-4)
    assert outline(pictures(x=300, y=-200, height=10)).bounds == pytest.approx((290, -205, 310, -195), abs=1e-3)
    assert outline(pictures()).area == pytest.approx(CAMERA.swath_m(50) * CAMERA.reach_m(50), rel=1e-6)


def test_a_lean_moves_the_picture_the_right_way():
    """Hand calculation: nose down 20°, a camera fixed to the body looks backwards, to -h·tan(20° ± half its angle)."""
    nose_down = outline(pictures(pitch=-20))
    lean = np.radians(20)
    half = np.arctan(0.5)
    assert nose_down.bounds[1] == pytest.approx(-50 * np.tan(half + lean), abs=1e-3)
    assert nose_down.bounds[3] == pytest.approx(50 * np.tan(half - lean), abs=1e-3)
    right_down = outline(pictures(roll=15))
    assert right_down.bounds[0] == pytest.approx(-50 * np.tan(np.radians(45 + 15)), abs=1e-3)
    eastward = outline(pictures(heading=90, roll=15, pitch=-20))
    northward = outline(pictures(roll=15, pitch=-20))
    assert eastward.equals_exact(affinity.rotate(northward, -90, origin=(0, 0)), 1e-3)
    assert outline(pictures(roll=15, pitch=-20), stabilised=True).equals_exact(outline(pictures()), 1e-9)


def test_an_unknown_lean_is_not_seen():
    """Without this a picture that may have shown the sky would count as a searched field."""
    found = seen(track([(0, 0), (10, 0), (20, 0)], roll=np.nan), CAMERA, FRAME)
    assert found.shape.is_empty
    assert found.unknown == 3
    assert seen(track([(0, 0), (10, 0)], roll=np.nan), CAMERA, FRAME, stabilised=True).unknown == 0
    assert seen(track([(0, 0), (10, 0)], roll=40), CAMERA, FRAME).unknown == 2
    assert seen(track([(0, 0), (10, 0)], height=-3), CAMERA, FRAME).unknown == 2


def test_a_film_has_no_gaps_and_pictures_have():
    """Without this the share of a searched area would be too small for films or too large for photographs."""
    flown = track([(0, 0), (200, 0), (400, 0)])
    film = seen(flown, CAMERA, FRAME)
    assert film.shape.bounds == pytest.approx((-25, -50, 425, 50), abs=0.01)
    assert film.shape.area == pytest.approx(450 * 100, rel=1e-3)
    taken = pictures_at(flown, flown.time_s[0] + np.array([0.5, 1.5]))
    photographs = seen(flown, CAMERA, FRAME, taken)
    assert len(photographs.footprints) == 2
    assert photographs.shape.area == pytest.approx(2 * 50 * 100, rel=1e-3)
    assert seen_share(shapely.box(0, -10, 400, 10), photographs.shape) == pytest.approx(100 / 400, rel=1e-3)


def test_places_between_samples_follow_the_short_turn_of_heading():
    """Without this pictures taken while passing north would be turned the wrong way round."""
    flown = track([(0, 0), (0, 10)])
    flown.heading_deg[:] = [350, 10]
    taken = pictures_at(flown, flown.time_s[0] + np.array([0.5, 7.0]))
    assert taken.heading_deg[0] % 360 == pytest.approx(0, abs=1e-6)
    assert np.isnan(taken.lon[1])
    assert seen(flown, CAMERA, FRAME, taken).unknown == 1


def test_a_track_without_a_way_and_an_area_without_area_are_refused():
    """Without this the table after a flight would show a made-up share."""
    with pytest.raises(InputError):
        pictures_at(track([(0, 0)]), np.array([0.0]))
    with pytest.raises(InputError):
        seen_share(shapely.Polygon(), shapely.box(0, 0, 1, 1))

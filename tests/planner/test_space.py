"""Where a patrol may fly, and what it has to watch."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.heights import barring_zones, reaches
from planner.patrol import Limits
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from planner.space import INSET_M, flight_space

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
SIXTY = Altitude.agl(60)


def world(shape):
    return FRAME.to_lonlat(shape)


def zone(kind, shape, identity="z", **heights):
    return Zone(identity, kind, world(shape), **heights)


def launch(x, y):
    return Launch("post", FRAME.point_to_lonlat((x, y)))


def site(*areas, zones=(), safe=()):
    named = tuple(Area(f"a{n}", world(shape)) for n, shape in enumerate(areas))
    points = tuple(SafePoint(f"s{n}", FRAME.point_to_lonlat(at)) for n, at in enumerate(safe))
    return Site(named, tuple(zones), safe_points=points)


def space(where, x, y, limits=None, **options):
    return flight_space(where, FRAME, limits or Limits(), SIXTY, launch(x, y), **options)


BOX = shapely.box(0, 0, 400, 300)


def test_without_a_keep_in_zone_the_area_is_the_border():
    """Without this a plan for a bare polygon could leave it."""
    found = space(site(BOX), 100, 100)
    assert found.derived
    assert BOX.buffer(1e-6).covers(found.space)
    assert found.space.area == pytest.approx((400 - 2 * INSET_M) * (300 - 2 * INSET_M), rel=1e-6)
    assert found.watched.area == pytest.approx(BOX.area, rel=1e-6)
    assert found.keep_in.covers(BOX)


def test_a_launch_outside_gets_a_straight_corridor():
    """Without this a crew beside the area could not start, or the fence would stop its drone."""
    found = space(site(BOX), 600, 100)
    assert found.space.covers(shapely.LineString([(600, 100), (200, 100)]).buffer(0.3))
    assert not found.space.intersects(shapely.Point(500, 102))
    assert found.keep_in.covers(shapely.box(450, 91, 600, 109))


def test_a_corridor_goes_around_a_keep_out_zone():
    """Without this the way to the area would lead over the school beside it."""
    school = zone(ZoneKind.KEEP_OUT, shapely.box(450, 50, 500, 200))
    found = space(site(BOX, zones=[school]), 600, 100)
    assert found.space.geom_type == "Polygon"
    assert found.space.distance(shapely.box(450, 50, 500, 200)) >= 5


def test_areas_in_two_parts_are_joined():
    """Without this the second meadow would never be reached."""
    found = space(site(BOX, shapely.box(700, 0, 900, 300)), 100, 100)
    assert found.space.geom_type == "Polygon"
    assert found.space.area < BOX.area + 200 * 300 + 300 * 2


def test_a_drawn_keep_in_zone_rules_with_its_margin():
    """Without this lanes would run along the very fence."""
    fence = zone(ZoneKind.KEEP_IN, shapely.box(-50, -50, 450, 350))
    found = space(site(BOX, zones=[fence]), 10, 10, Limits(border_margin_m=20))
    assert not found.derived
    assert found.space.symmetric_difference(shapely.box(-30, -30, 430, 330)).area < 1e-3
    assert found.keep_in.area == pytest.approx(500 * 400, rel=1e-6)


def test_a_launch_within_the_border_margin_is_joined_to_the_space():
    """Without this a crew at the edge of its site could not start at all."""
    fence = zone(ZoneKind.KEEP_IN, shapely.box(-50, -50, 450, 350))
    found = space(site(BOX, zones=[fence]), -45, 100, Limits(border_margin_m=20))
    assert found.space.covers(shapely.LineString([(-45, 100), (100, 100)]))
    assert fence.shape.buffer(1e-9).covers(world(found.space))


def test_a_launch_on_the_very_border_counts_as_inside():
    """Without this a corner clicked as launch would be refused by rounding."""
    fence = zone(ZoneKind.KEEP_IN, shapely.box(-50, -50, 450, 350))
    for x, y in ((-50, 100), (-50.01, 100), (-50, -50)):
        assert space(site(BOX, zones=[fence]), x, y).space.distance(shapely.Point(x, y)) < 0.02


def test_zones_are_cut_out_with_their_margin():
    """Without this a gust would carry the drone over the prison wall."""
    prison = shapely.box(100, 100, 150, 150)
    found = space(site(BOX, zones=[zone(ZoneKind.KEEP_OUT, prison)]), 10, 10, Limits(zone_margin_m=12))
    assert found.space.distance(prison) == pytest.approx(12 + INSET_M, abs=1e-3)
    assert found.watched.area == pytest.approx(BOX.area - prison.area, rel=1e-6)
    assert found.barred.area == pytest.approx(prison.area, rel=1e-6)


def test_what_cannot_be_seen_without_a_forbidden_picture_is_not_watched():
    """Without this pictures of a forbidden yard would be planned, or its surroundings be promised."""
    yard = shapely.box(200, 100, 210, 110)
    found = space(site(BOX, zones=[zone(ZoneKind.NO_LOOK, yard)]), 10, 10, swath_m=30, look_m=40)
    assert found.blind.covers(yard.buffer(39.9))
    assert found.watched.distance(yard) == pytest.approx(40 - 0.45 * 30, abs=0.5)
    assert found.space.covers(yard)


@pytest.mark.parametrize(
    ("where", "at", "words"),
    [
        (site(BOX, zones=[zone(ZoneKind.KEEP_OUT, shapely.box(50, 50, 150, 150))]), (100, 100), "lies in the keep_out"),
        (
            site(BOX, zones=[zone(ZoneKind.KEEP_OUT, shapely.box(50, 50, 150, 150))]),
            (153, 100),
            "3.0 m from the keep_out",
        ),
        (
            site(BOX, zones=[zone(ZoneKind.AIRSPACE, shapely.box(50, 50, 150, 150), ceiling=Altitude.agl(30))]),
            (100, 100),
            "lies in the airspace",
        ),
        (site(BOX, zones=[zone(ZoneKind.KEEP_IN, shapely.box(0, 0, 90, 90))]), (100, 50), "10.0 m outside the keep-in"),
        (
            site(BOX, shapely.box(900, 0, 950, 50), zones=[zone(ZoneKind.KEEP_IN, BOX)]),
            (100, 50),
            "'a1' lies wholly outside",
        ),
        (site(BOX, zones=[zone(ZoneKind.KEEP_OUT, shapely.box(-5, -5, 405, 305))]), (600, 50), "Nothing is left"),
        (
            site(
                BOX,
                zones=[
                    zone(ZoneKind.KEEP_IN, shapely.box(-99, -99, 999, 500)),
                    zone(ZoneKind.KEEP_OUT, shapely.box(500, -200, 510, 600), "wall"),
                ],
            ),
            (700, 100),
            "No way leads from the launch",
        ),
    ],
)
def test_what_cannot_be_flown_is_said(where, at, words):
    """Without this the crew would learn it from a vehicle that does not arm, or from a fence breach."""
    with pytest.raises(PlanError, match=words):
        space(where, *at)


def test_a_no_look_zone_that_leaves_nothing_to_see_is_said():
    """Without this a patrol would be flown with the camera off."""
    with pytest.raises(PlanError, match="Nothing is left"):
        space(
            site(BOX, zones=[zone(ZoneKind.NO_LOOK, shapely.box(190, 140, 210, 160))]), 10, 10, swath_m=30, look_m=400
        )


def test_a_safe_point_outside_the_area_lies_inside_the_derived_fence():
    """Without this a return to it would breach the fence."""
    found = space(site(BOX, safe=[(600, 200)]), 10, 10)
    assert found.keep_in.geom_type == "Polygon"
    assert found.keep_in.contains(shapely.Point(600, 200).buffer(9))


@pytest.mark.parametrize(
    ("floor", "ceiling", "reached"),
    [
        (None, None, True),
        (Altitude.agl(50), None, True),
        (Altitude.agl(64), None, True),
        (Altitude.agl(66), None, False),
        (None, Altitude.agl(54), False),
        (None, Altitude.agl(56), True),
        (Altitude.agl(20), Altitude.agl(40), False),
        (Altitude.amsl(3000), None, True),
        (None, Altitude.home(10), True),
    ],
)
def test_only_zones_at_the_flown_heights_bar_the_way(floor, ceiling, reached):
    """Without this a patrol would be planned into an approach sector, or be stopped by one far above."""
    airspace = zone(ZoneKind.AIRSPACE, BOX, floor=floor, ceiling=ceiling)
    assert reaches(airspace, SIXTY, 15) is reached
    assert bool(barring_zones(site(BOX, zones=[airspace]), SIXTY, 15)) is reached


def test_a_return_above_the_patrol_counts():
    """Without this a drone called home would climb into the airspace above."""
    above = zone(ZoneKind.AIRSPACE, BOX, floor=Altitude.home(80))
    assert not reaches(above, Altitude.home(60), 15)
    assert reaches(above, Altitude.home(60), 90)


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.floats(-300, 300),
    st.floats(-300, 300),
    st.floats(5, 300),
    st.floats(5, 300),
)


@settings(max_examples=40, deadline=None)
@given(
    areas=st.lists(boxes, min_size=1, max_size=3),
    outs=st.lists(boxes, max_size=3),
    fence=st.none() | boxes,
    at=st.tuples(st.floats(-400, 400), st.floats(-400, 400)),
    border=st.sampled_from([0.0, 5.0]),
)
def test_any_site_gives_a_sound_space_or_a_reason(areas, outs, fence, at, border):
    """Without this an unlucky drawing would end in a traceback or a space that crosses a zone."""
    zones = [zone(ZoneKind.KEEP_OUT, out, f"o{n}") for n, out in enumerate(outs)]
    if fence is not None:
        zones.append(zone(ZoneKind.KEEP_IN, fence, "fence"))
    try:
        found = space(site(*areas, zones=zones), *at, Limits(border_margin_m=border))
    except PlanError as error:
        assert error.sentence
        return
    assert found.space.is_valid
    assert not found.space.is_empty
    assert found.space.geom_type == "Polygon"
    assert found.space.distance(shapely.Point(at)) < 0.02
    assert not shapely.union_all([*outs, shapely.Point(9e9, 9e9).buffer(1)]).buffer(4.9).intersects(found.space)
    assert found.border.buffer(0.01).covers(found.space)
    if fence is not None:
        assert fence.buffer(0.01).covers(found.space)

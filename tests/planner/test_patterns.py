"""The patterns beside the sweep: where they fly, by hand calculation and by what must hold of any drawing."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.cameras import WIDE_4_3
from planner.chain import Chain
from planner.checks import check
from planner.errors import FileFormatError, GeometryError, PlanError, SettingError
from planner.geodesy import LocalFrame
from planner.geojson import site_from_geojson, site_to_geojson
from planner.patrol import Limits, Patrol
from planner.patterns import PATTERNS, Corridor, Orbit, Perimeter, Search, Sweep, Watch, Waypoints
from planner.patterns.pattern import Thing
from planner.plan import Leg, Severity
from planner.planning import heading_of, plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, DrawnRoute, Launch, Point, Site, Zone, ZoneKind
from planner.site import Corridor as DrawnCorridor
from planner.site import Perimeter as DrawnPerimeter

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
LOW = Altitude.agl(40)
ROAD = shapely.LineString([(0, 0), (300, 0), (400, 100)])
BOX = shapely.box(0, 0, 400, 200)


def geo(shape):
    return FRAME.to_lonlat(shape)


def site(*zones, **things):
    return Site(
        things.get("areas", ()),
        zones,
        (Launch("post", FRAME.point_to_lonlat(things.get("at", (-20, -20)))),),
        corridors=tuple(
            DrawnCorridor(f"c{n}", geo(line), width) for n, (line, width) in enumerate(things.get("roads", ()))
        ),
        perimeters=tuple(DrawnPerimeter(f"p{n}", geo(shape)) for n, shape in enumerate(things.get("rings", ()))),
        points=tuple(Point(f"i{n}", FRAME.point_to_lonlat(at)) for n, at in enumerate(things.get("points", ()))),
        routes=tuple(DrawnRoute(f"r{n}", geo(line)) for n, line in enumerate(things.get("routes", ()))),
    )


def made(pattern, *zones, limits=None, **things):
    return plan(Patrol("test", site(*zones, **things), pattern, limits=limits or Limits()))


def lanes(made_plan):
    """The legs on which the camera looks, as local lines."""
    return [
        FRAME.to_local(shapely.LineString([a.position, b.position]))
        for sortie in made_plan.sorties
        for a, b in zip(sortie.route.waypoints, sortie.route.waypoints[1:], strict=False)
        if b.leg is Leg.LANE and a.position != b.position
    ]


def legs_of(pattern, at=(0.0, 0.0), shape=None, band=None):
    (wanted,) = pattern.wanted(Thing("t", shape or shapely.Point(0, 0), band), at, WIDE_4_3)
    steps = np.diff(wanted.points, axis=0)
    return np.hypot(*steps.T), np.degrees(np.arctan2(steps[:, 0], steps[:, 1])) % 360


def test_an_expanding_square_has_the_legs_of_iamsar():
    """A searcher would leave a strip between the turns. IAMSAR Vol. II: S, S, 2S, 2S, 3S …, each 90° to starboard."""
    lengths, courses = legs_of(Search(altitude=LOW, swath_m=50, radius_m=100, heading_deg=30))
    assert lengths == pytest.approx([50, 50, 100, 100, 150, 150, 200, 200])
    assert courses == pytest.approx([(30 + 90 * leg) % 360 for leg in range(8)])


def test_a_sector_search_has_nine_equal_legs_and_passes_its_datum_three_times():
    """The surest place would be missed. IAMSAR Vol. II: turns of 120° to starboard, straight on through the datum."""
    pattern = Search(altitude=LOW, form="sector", radius_m=120)
    lengths, courses = legs_of(pattern)
    assert lengths == pytest.approx([120] * 9)
    assert courses == pytest.approx([0, 120, 240, 240, 0, 120, 120, 240, 0], abs=1e-6)
    (wanted,) = pattern.wanted(Thing("t", shapely.Point(7, 9)), (0, 0), WIDE_4_3)
    assert np.flatnonzero(np.hypot(*(wanted.points - (7, 9)).T) < 1e-6).tolist() == [0, 3, 6, 9]


def test_a_second_sector_search_lies_thirty_degrees_further():
    """The second round would look at the same strips again."""
    _, courses = legs_of(Search(altitude=LOW, form="sector", rounds=2))
    assert (courses[9:] - courses[:9]) % 360 == pytest.approx([30] * 9)


@pytest.mark.parametrize(
    ("form", "axis", "count", "length"), [("parallel_track", 0, 4, 350), ("creeping_line", 1, 8, 150)]
)
def test_tracks_lie_half_a_spacing_inside_a_box(form, axis, count, length):
    """Legs would be flown along the short side, or over the border. By hand: 400 × 200 m at 50 m, 25 m inside."""
    ways = Search(altitude=LOW, form=form, swath_m=50).wanted(Thing("box", BOX, BOX), (-10, -10), WIDE_4_3)
    assert len(ways) == count
    for number, way in enumerate(ways):
        assert abs(way.points[1, axis] - way.points[0, axis]) == pytest.approx(length)
        assert way.points[:, 1 - axis] == pytest.approx([25 + 50 * number] * 2)
    assert ways[0].points[0] == pytest.approx([25, 25])


def test_a_search_begins_at_the_corner_where_the_drone_comes_from():
    """Each sortie would first cross the whole area."""
    ways = Search(altitude=LOW, form="parallel_track", swath_m=50).wanted(Thing("b", BOX, BOX), (500, 300), WIDE_4_3)
    assert ways[0].points[0] == pytest.approx([375, 175])


def test_a_corridor_is_seen_over_its_whole_width():
    """A strip beside the road would stay unseen. By hand: 100 m at 40 m lanes are three passes, 33 m apart."""
    found = made(Corridor(altitude=LOW, swath_m=40), roads=[(ROAD, 100.0)])
    assert found.covered >= 0.99
    assert not found.is_blocked
    away = sorted({round(lane.centroid.y) for lane in lanes(found) if abs(lane.bounds[3] - lane.bounds[1]) < 1})
    assert away == [-33, 0, 33]


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_one_side_of_a_border_is_watched_without_crossing_it(side, sign):
    """A patrol along a border would fly over it."""
    line = shapely.LineString([(0, 0), (400, 0)])
    found = made(Corridor(altitude=LOW, swath_m=20, width_m=60, side=side), roads=[(line, None)], at=(-5, 20 * sign))
    assert found.covered >= 0.99
    ys = np.concatenate([shapely.get_coordinates(lane)[:, 1] for lane in lanes(found)]) * sign
    assert sorted(set(ys.round())) == [10, 30, 50]


def test_passes_are_as_many_as_asked_for():
    """A pilot who asks for two passes would get what the camera wants."""
    found = made(Corridor(altitude=LOW, passes=2, width_m=20), roads=[(shapely.LineString([(0, 0), (300, 0)]), None)])
    assert sorted({round(float(shapely.get_coordinates(lane)[0, 1])) for lane in lanes(found)}) == [-5, 5]


@pytest.mark.parametrize(("side", "sign"), [("outside", 1), ("inside", -1)])
def test_a_perimeter_keeps_its_distance(side, sign):
    """A drone would fly over the fence that it should fly along."""
    found = made(Perimeter(altitude=LOW, distance_m=20, side=side), rings=[BOX], at=(-30, -30))
    for lane in lanes(found):
        assert 19.9 <= BOX.exterior.distance(lane) <= 21.1
        assert BOX.contains(lane) == (sign < 0)
    ring = shapely.union_all(lanes(found))
    assert ring.length == pytest.approx(1200 + 2 * math.pi * 20 if sign > 0 else 1200 - 8 * 20, rel=0.02)


@pytest.mark.parametrize(
    ("direction", "clockwise"), [("clockwise", [True]), ("counterclockwise", [False]), ("both", [True, False])]
)
def test_a_perimeter_is_flown_in_the_direction_asked_for(direction, clockwise):
    """Guards would come from where they are awaited."""
    ways = Perimeter(direction=direction).wanted(Thing("p", BOX), (0, 0), WIDE_4_3)
    assert [not shapely.LinearRing(way.points).is_ccw for way in ways] == clockwise


@given(radius=st.floats(10, 400), speed=st.floats(1, 15), turns=st.integers(1, 4), east=st.floats(-500, 500))
def test_an_orbit_is_a_circle_in_the_mean(radius, speed, turns, east):
    """The point would be seen from nearer or farther than asked for. The polygon's sides are straight: ± 2 %."""
    pattern = Orbit(radius_m=radius, speed_mps=speed, turns=turns)
    (way,) = pattern.wanted(Thing("o", shapely.Point(3, 4)), (east, 700.0), WIDE_4_3)
    dense = shapely.get_coordinates(shapely.segmentize(shapely.LineString(way.points), radius / 20))
    away = np.hypot(*(dense - (3, 4)).T)
    assert abs(away - radius).max() <= 0.021 * radius
    turned = np.unwrap(np.arctan2(*(dense - (3, 4)).T))
    assert turned[-1] - turned[0] == pytest.approx(2 * math.pi * turns)


def test_an_orbit_looks_at_its_point_from_first_to_last():
    """The camera would look ahead while the drone circles."""
    found = made(Orbit(altitude=LOW, radius_m=50), points=[(200, 100)])
    target = FRAME.point_to_local
    ring = [waypoint for waypoint in found.sorties[0].route.waypoints if waypoint.leg is Leg.LANE]
    assert all(math.dist(target(waypoint.aim), (200, 100)) < 0.02 for waypoint in ring)
    assert found.covered is None
    assert not found.is_blocked


def test_a_watch_longer_than_a_battery_is_shared_among_batteries():
    """A point would be left alone when the first battery is empty; all seconds asked for must be there."""
    found = made(Watch(altitude=LOW, dwell_s=3000), points=[(200, 100)])
    stays = [[waypoint.hold_s for waypoint in sortie.route.waypoints] for sortie in found.sorties]
    assert len(found.sorties) >= 2
    assert sum(map(sum, stays)) == pytest.approx(3000, abs=len(found.sorties))
    assert not found.is_blocked
    for sortie in found.sorties:
        stand = next(waypoint for waypoint in sortie.route.waypoints if waypoint.hold_s)
        assert math.dist(FRAME.point_to_local(stand.position), (200, 100)) == pytest.approx(40, abs=0.05)


def test_waypoints_are_flown_as_drawn():
    """A way drawn with care would be flown in another order."""
    drawn = [(0, 40), (90, 60), (120, 150), (20, 120), (0, 40), (90, 60)]
    found = made(Waypoints(altitude=LOW), routes=[shapely.LineString(drawn)])
    way = [FRAME.point_to_local(waypoint.position) for waypoint in found.sorties[0].route.waypoints]
    assert any(np.allclose(way[start : start + 6], drawn, atol=0.02) for start in range(len(way) - 5))


def test_a_crossed_sweep_flies_lanes_both_ways():
    """A model of a yard would have no walls on two sides."""
    found = made(Sweep(altitude=LOW, swath_m=40, heading_deg=20, cross=True), areas=(Area("a", geo(BOX)),))
    courses = []
    for lane in lanes(found):
        (x0, y0), (x1, y1) = shapely.get_coordinates(lane)
        courses.append((round(math.degrees(math.atan2(x1 - x0, y1 - y0))) % 180, lane.length))
    for wanted in (20, 110):
        assert sum(length for course, length in courses if abs(course - wanted) <= 2) > 1500
    assert found.covered >= 0.99


def test_the_heading_of_lanes_is_theirs_whichever_way_they_are_flown():
    """The second sweep would not lie at right angles to the first."""
    points = np.array([[0.0, 0.0], [100.0, 1.0], [100.0, 20.0], [0.0, 19.0]])
    swept = Chain(points, np.array([True, False, True]))
    assert heading_of(swept) == pytest.approx(math.degrees(math.atan2(100, 1)), abs=1e-6)


def test_what_lies_in_a_zone_is_flown_around_and_told_of():
    """A drawn way would be followed into a school yard, or cut short without a word."""
    school = Zone("school", ZoneKind.KEEP_OUT, geo(shapely.box(100, -30, 160, 30)))
    found = made(Waypoints(altitude=LOW), school, routes=[shapely.LineString([(0, 0), (300, 0)])], at=(-20, 0))
    assert found.outside_m == 0
    (finding,) = [finding for finding in found.findings if finding.rule == "left_out"]
    assert finding.severity is Severity.WARNING
    assert -finding.margin == pytest.approx(60 + 2 * 5.05, abs=0.5)
    assert check(found) == found.findings


@settings(max_examples=15, deadline=None)
@given(
    corners=st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), min_size=2, max_size=6, unique=True),
    word=st.sampled_from(["corridor", "orbit", "watch", "search", "waypoints"]),
    gap=st.floats(30, 120),
)
def test_no_pattern_leaves_the_space_whatever_is_drawn(corners, word, gap):
    """A drone would fly into a zone because of a line that somebody drew across it."""
    line = shapely.LineString(corners)
    if line.length < 20:
        return
    fence = Zone("fence", ZoneKind.KEEP_IN, geo(shapely.box(-250, -250, 250, 250)))
    shut = Zone("shut", ZoneKind.KEEP_OUT, geo(shapely.box(gap, gap, gap + 80, gap + 60)))
    kind = PATTERNS[word]
    things = {"roads": [(line, 30.0)], "routes": [line], "points": corners[:1], "at": (0, -200)}
    try:
        found = made(kind(altitude=LOW), fence, shut, **things)
    except PlanError as error:
        assert error.mend
        return
    assert found.outside_m == 0
    assert not [
        finding for finding in found.findings if finding.rule in ("keep_in", "zones") and finding.severity.blocks
    ]
    allowed = shapely.box(-247.1, -247.1, 247.1, 247.1).difference(
        shapely.box(gap, gap, gap + 80, gap + 60).buffer(4.9)
    )
    for lane in lanes(found):
        assert allowed.covers(lane)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Corridor(side="up"), "side must be one of"),
        (lambda: Corridor(passes=0), "passes must be at least 1"),
        (lambda: Corridor(width_m=-1), "width_m must be greater than zero"),
        (lambda: Perimeter(direction="left"), "direction must be one of"),
        (lambda: Orbit(radius_m=math.nan), "radius_m must be greater than zero"),
        (lambda: Orbit(turns=0), "turns must be at least 1"),
        (lambda: Watch(dwell_s=0), "dwell_s must be greater than zero"),
        (lambda: Watch(distance_m=-1), "distance_m must be zero or more"),
        (lambda: Watch(bearing_deg=math.inf), "bearing_deg must be a number"),
        (lambda: Search(form="spiral"), "form must be one of"),
        (lambda: Orbit(altitude=Altitude.amsl(900)), "above ground or above home"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(make, words):
    """A slip in the settings would be flown."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize("word", PATTERNS)
def test_a_pattern_without_anything_drawn_for_it_says_what_is_missing(word):
    """A pilot would see a crash instead of what to draw."""
    things = {"routes": [ROAD]} if word != "waypoints" else {"points": [(5, 5)]}
    with pytest.raises(
        PlanError, match=f"Nothing is drawn for the pattern {word}; it needs an? .* Drawn: 1 "
    ) as caught:
        made(PATTERNS[word](), **things)
    assert '"kind":' in caught.value.mend


def test_an_inside_ring_that_does_not_exist_is_refused():
    """A narrow yard would be flown nowhere, without a reason."""
    with pytest.raises(PlanError, match="no ring 200 m from its outline"):
        made(Perimeter(distance_m=200, side="inside"), rings=[BOX])


def test_what_is_drawn_survives_a_file():
    """What a pilot drew would be gone after saving."""
    drawn = site(roads=[(ROAD, 25.0), (ROAD, None)], rings=[BOX], points=[(1, 2)], routes=[ROAD])
    assert site_from_geojson(site_to_geojson(drawn), "areas.geojson") == drawn


def feature(kind, geometry, **more):
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"kind": kind, **more}, "geometry": geometry}],
    }


LINE = {"type": "LineString", "coordinates": [[76.9, 43.2], [76.91, 43.2], [76.91, 43.21]]}


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (feature("corridor", LINE, width_m="wide"), FileFormatError, "width_m 'wide' is not a number of metres"),
        (feature("corridor", LINE, width_m=-3), FileFormatError, "width_m -3 is not"),
        (feature("corridor", {"type": "LineString", "coordinates": [[76.9, 43.2]]}), GeometryError, "only one place"),
        (feature("corridor", {"type": "LineString", "coordinates": []}), GeometryError, "The line is empty"),
        (feature("route", {"type": "MultiLineString", "coordinates": []}), GeometryError, "it must be a LineString"),
        (feature("perimeter", LINE), GeometryError, "not closed"),
        (feature("point", LINE), GeometryError, "it must be a Point"),
        (feature("area", LINE), GeometryError, "cannot be a LineString"),
        (
            feature("corridor", {"type": "LineString", "coordinates": [[179.9, 43.2], [-179.9, 43.2]]}),
            GeometryError,
            "The line crosses the antimeridian",
        ),
    ],
)
def test_drawings_that_cannot_be_are_refused_with_their_place(value, error, words):
    """A broken line would become a flight somewhere."""
    with pytest.raises(error, match=words) as caught:
        site_from_geojson(value, "areas.geojson")
    assert "feature 1" in str(caught.value)

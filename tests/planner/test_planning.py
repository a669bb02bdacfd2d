"""From the order to the plan."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import affinity

from planner.errors import GeometryError, PlanError, SettingError, StoppedError
from planner.geodesy import LocalFrame
from planner.geojson import site_from_geojson
from planner.patrol import Limits, Patrol, Sweep
from planner.plan import Leg, Severity
from planner.planning import covered_share, outside_m, plan, without_blind
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind
from planner.sorties import Chain
from planner.vehicles import VehicleProfile

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
LEAF = shapely.Polygon(
    [(0, 0), (420, 0), (420, 160), (260, 160), (260, 320), (0, 320)], [[(80, 80), (150, 80), (150, 150), (80, 150)]]
)
SCHOOL = shapely.box(300, 60, 350, 110)
POST = FRAME.point_to_lonlat((20, -40))


def area(shape, identity="a"):
    return Area(identity, FRAME.to_lonlat(shape))


def zone(kind, shape, identity="z", **heights):
    return Zone(identity, kind, FRAME.to_lonlat(shape), **heights)


def order(*zones, areas=(LEAF,), **options):
    site = Site(tuple(area(shape, f"a{n}") for n, shape in enumerate(areas)), zones, (Launch("post", POST),))
    options.setdefault("pattern", Sweep(altitude=Altitude.agl(40), swath_m=40))
    return Patrol("leaf", site, **options)


FENCED = order(
    zone(ZoneKind.KEEP_IN, shapely.box(-60, -60, 480, 380), "fence"),
    zone(ZoneKind.KEEP_OUT, SCHOOL, "school"),
    limits=Limits(border_margin_m=5, zone_margin_m=8),
)


@pytest.fixture(scope="module")
def fenced():
    return plan(FENCED)


def local_ways(made):
    return [
        FRAME.to_local(shapely.LineString([waypoint.position for waypoint in sortie.route.waypoints]))
        for sortie in made.sorties
    ]


def test_a_fenced_patrol_is_planned_whole(fenced):
    """Without this the main job does not work: see everything, stay inside, keep out, come home."""
    assert fenced.covered >= 0.99
    assert fenced.outside_m == 0
    assert not fenced.is_blocked
    assert not fenced.derived_keep_in
    for way in local_ways(fenced):
        assert shapely.box(-55.1, -55.1, 475.1, 375.1).covers(way)
        assert way.distance(SCHOOL) >= 7.99


def test_the_share_covered_is_what_a_second_reckoning_finds(fenced):
    """Without this the share on the screen could be an optimist's. Reckoned here with points instead of polygons."""
    lanes = [
        (before.position, after.position)
        for sortie in fenced.sorties
        for before, after in zip(sortie.route.waypoints, sortie.route.waypoints[1:], strict=False)
        if after.leg is Leg.LANE
    ]
    lines = FRAME.to_local(shapely.MultiLineString(lanes))
    x, y = np.meshgrid(np.arange(1, 420, 2.0), np.arange(1, 320, 2.0))
    watched = LEAF.difference(SCHOOL)
    points = shapely.points(x[shapely.contains_xy(watched, x, y)], y[shapely.contains_xy(watched, x, y)])
    assert shapely.dwithin(points, lines, 20).mean() == pytest.approx(fenced.covered, abs=0.003)


def test_what_is_flown_over_with_the_camera_off_is_not_covered(fenced):
    """Without this the way to the field would count as searched."""
    (sortie, *_), lanes = fenced.sorties, LEAF.difference(SCHOOL)
    off = tuple(replace(waypoint, leg=Leg.TRANSIT) for waypoint in sortie.route.waypoints)
    blind = replace(sortie, route=replace(sortie.route, waypoints=off))
    assert covered_share([blind], lanes, 40, FRAME) == 0
    half = replace(sortie, route=replace(sortie.route, waypoints=off[:-6] + sortie.route.waypoints[-6:]))
    assert 0 < covered_share([half], lanes, 40, FRAME) < 0.7


def test_every_route_goes_from_over_the_launch_to_over_the_launch(fenced):
    """Without this a sortie would end somewhere in the field."""
    for number, sortie in enumerate(fenced.sorties, 1):
        first, *_, last = sortie.route.waypoints
        assert sortie.number == number
        assert first.position == last.position
        assert first.position == pytest.approx(POST, abs=6e-8)
        assert first.leg is last.leg is Leg.TRANSIT
        assert sortie.forecast.duration_s > sortie.forecast.leg_end_s[-1]
        assert len(sortie.forecast.leg_end_s) == len(sortie.route.waypoints)


def test_waypoints_are_what_the_vehicle_is_told(fenced):
    """Without this the plan would be proven for places that MAVLink's 1e-7 degrees cannot say."""
    for sortie in fenced.sorties:
        for waypoint in sortie.route.waypoints:
            assert round(waypoint.position.lon * 1e7) / 1e7 == waypoint.position.lon
            assert round(waypoint.position.lat * 1e7) / 1e7 == waypoint.position.lat


def test_the_same_order_gives_the_same_plan(fenced):
    """Without this a plan that was approved could not be made again."""
    assert plan(FENCED) == fenced


def test_several_batteries_see_everything_too():
    """Without this large areas could not be patrolled."""
    made = plan(replace(FENCED, vehicle=VehicleProfile(battery_wh=45)))
    assert len(made.sorties) > 1
    assert made.covered >= 0.99
    assert not made.is_blocked
    assert max(sortie.forecast.battery_used for sortie in made.sorties) <= 0.75


def test_a_bare_polygon_and_a_launch_are_enough():
    """Without this a first try would need a project."""
    geometry = json.loads(json.dumps(shapely.geometry.mapping(FRAME.to_lonlat(LEAF))))
    site = site_from_geojson(geometry, "bare")
    made = plan(Patrol("bare", site, Sweep(swath_m=40)), launch=Launch("here", FRAME.point_to_lonlat((10, 10))))
    assert made.derived_keep_in
    assert made.covered >= 0.99
    assert made.outside_m == 0
    assert all(LEAF.buffer(0.02).covers(way) for way in local_ways(made))


def test_two_areas_are_one_patrol():
    """Without this the second meadow would be left out."""
    made = plan(order(areas=(shapely.box(0, 0, 150, 150), shapely.box(300, 0, 420, 160))))
    assert made.covered >= 0.99
    assert made.outside_m == 0


def test_the_camera_is_off_near_a_no_look_zone():
    """Without this a kindergarten would be photographed."""
    yard = shapely.box(200, 20, 230, 50)
    made = plan(order(zone(ZoneKind.NO_LOOK, yard)))
    for sortie, way in zip(made.sorties, local_ways(made), strict=True):
        points = shapely.get_coordinates(way)
        for before, after, waypoint in zip(points, points[1:], sortie.route.waypoints[1:], strict=False):
            if waypoint.leg.looks:
                assert shapely.LineString([before, after]).distance(yard) > 34
    assert not made.is_blocked
    assert made.covered >= 0.99


def test_a_no_look_zone_that_cuts_the_area_in_two_leaves_both_halves_searched():
    """Without this everything behind a forbidden yard would stay unseen."""
    strip, yard = shapely.box(0, 0, 500, 60), shapely.box(240, -10, 260, 70)
    made = plan(order(zone(ZoneKind.NO_LOOK, yard), areas=(strip,)))
    assert made.covered >= 0.99
    assert not made.is_blocked
    seen = {
        waypoint.position.lon > FRAME.point_to_lonlat((250, 0)).lon
        for sortie in made.sorties
        for waypoint in sortie.route.waypoints
        if waypoint.leg.looks
    }
    assert seen == {True, False}


def test_an_area_that_is_seen_from_one_place_is_still_photographed():
    """Without this a small yard would be flown to and not looked at."""
    made = plan(order(areas=(shapely.box(0, 0, 12, 12),)))
    assert made.covered >= 0.99
    assert any(waypoint.leg.looks for waypoint in made.sorties[0].route.waypoints)


def test_an_area_partly_outside_the_fence_is_told_with_its_share():
    """Without this the crew would believe that all of it was searched."""
    made = plan(order(zone(ZoneKind.KEEP_IN, shapely.box(-60, -60, 480, 250))))
    (told,) = [finding for finding in made.findings if finding.rule == "area"]
    assert told.severity is Severity.WARNING
    assert told.margin == pytest.approx(-100 * 260 * 70 / LEAF.area, abs=0.1)
    assert made.covered < 0.95
    assert "coverage" in {finding.rule for finding in made.findings if finding.severity is Severity.WARNING}


def test_progress_ends_at_all_and_stopping_stops():
    """Without this the screen would look hung, or a cancelled plan would go on."""
    told = []
    plan(FENCED, on_progress=lambda *step: told.append(step))
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[-1][0] == told[-1][1]
    with pytest.raises(StoppedError):
        plan(FENCED, should_stop=lambda: True)


@pytest.mark.parametrize(
    ("patrol", "error", "words"),
    [
        (replace(FENCED, site=replace(FENCED.site, launches=())), SettingError, "no launch"),
        (
            replace(FENCED, site=replace(FENCED.site, launches=(Launch("a", POST), Launch("b", POST)))),
            SettingError,
            "several launches: a, b",
        ),
        (replace(FENCED, pattern=Sweep(speed_mps=25)), SettingError, "at most 20 m/s"),
        (replace(FENCED, vehicle=VehicleProfile(battery_wh=8)), PlanError, "Wh are missing"),
        (order(areas=(LEAF, affinity.translate(LEAF, 200_000, 0))), GeometryError, "reaches"),
    ],
)
def test_an_order_that_cannot_be_planned_is_refused_in_words(patrol, error, words):
    """Without this the crew would get a traceback, or a plan nobody can fly."""
    with pytest.raises(error, match=words):
        plan(patrol)


def test_metres_outside_are_counted_for_legs_not_only_waypoints(fenced):
    """Hand calculation: a leg across a hole 70 m wide whose ends lie inside."""
    waypoints = fenced.sorties[0].route.waypoints[:2]
    ends = [FRAME.point_to_lonlat(point) for point in ((40, 100), (200, 100))]
    legs = [replace(waypoint, position=end) for waypoint, end in zip(waypoints, ends, strict=True)]
    route = replace(fenced.sorties[0].route, waypoints=tuple(legs))
    assert outside_m([route], LEAF, shapely.MultiPolygon(), FRAME) == pytest.approx(70, abs=0.1)
    hole = shapely.box(80, 80, 150, 150)
    assert outside_m([route], shapely.box(0, 0, 500, 500), hole, FRAME) == pytest.approx(70, abs=0.1)


def test_a_lane_across_a_blind_place_is_cut_there():
    """Hand calculation: 100 m of lane, 20 m of them blind."""
    chain = Chain(np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0]]), np.array([True, False]))
    found = without_blind(chain, shapely.box(40, -10, 60, 10))
    assert found.points.tolist() == [[0, 0], [40, 0], [60, 0], [100, 0], [100, 50]]
    assert found.looks.tolist() == [True, False, True, False]

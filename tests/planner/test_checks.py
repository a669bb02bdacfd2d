"""Each safety check finds what it is for, and says how much room there is."""

from dataclasses import replace

import pytest
import shapely

from planner.checks import RULES, WHOLE_RULES, check
from planner.geodesy import LocalFrame
from planner.patrol import Limits, Patrol, Sweep
from planner.plan import Leg, Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from planner.vehicles import VehicleProfile

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
FIELD = shapely.box(0, 0, 300, 200)
FENCE = shapely.box(-40, -40, 340, 240)
SHED = shapely.box(120, 80, 150, 110)


def at(x, y):
    return FRAME.point_to_lonlat((x, y))


def zone(kind, shape, identity="z", **heights):
    return Zone(identity, kind, FRAME.to_lonlat(shape), **heights)


SITE = Site(
    (Area("field", FRAME.to_lonlat(FIELD)),),
    (zone(ZoneKind.KEEP_IN, FENCE, "fence"), zone(ZoneKind.KEEP_OUT, SHED, "shed")),
    (Launch("post", at(10, -20)),),
    (SafePoint("meadow", at(-20, 100)),),
)
ORDER = Patrol("field", SITE, Sweep(altitude=Altitude.agl(40), swath_m=40), limits=Limits(border_margin_m=5))


@pytest.fixture(scope="module")
def good():
    return plan(ORDER)


def found(made, rule, severity):
    return [finding for finding in check(made) if finding.rule == rule and finding.severity is severity]


def moved(made, index, place):
    """The plan with one waypoint of its first sortie somewhere else."""
    sortie = made.sorties[0]
    waypoints = list(sortie.route.waypoints)
    waypoints[index] = replace(waypoints[index], position=place)
    return with_waypoints(made, waypoints)


def with_waypoints(made, waypoints):
    sortie = replace(made.sorties[0], route=replace(made.sorties[0].route, waypoints=tuple(waypoints)))
    return replace(made, sorties=(sortie, *made.sorties[1:]))


def ordered(made, **changes):
    return replace(made, patrol=replace(made.patrol, **changes))


def zoned(made, *zones, **changes):
    site = made.patrol.site
    return ordered(made, site=replace(site, zones=(*site.zones, *zones), **changes))


def test_a_good_plan_holds_every_rule_and_says_by_how_much(good):
    """Without this a supervisor would approve a plan on an empty page."""
    findings = check(good)
    assert findings == good.findings
    assert not [finding for finding in findings if finding.severity.blocks]
    held = {finding.rule for finding in findings if finding.severity is Severity.INFO}
    assert held >= {
        "keep_in", "zones", "height", "launch", "safe_points", "battery", "return_energy", "wind", "speed", "items",
        "camera_interval", "camera_width", "coverage",
    }  # fmt: skip
    assert {finding.rule for finding in findings} <= {rule.name for rule in RULES}
    assert all(finding.margin is None or finding.unit for finding in findings)


def test_the_worst_is_told_first(good):
    """Without this a blocking finding could stand below the fold."""
    made = ordered(moved(good, 3, at(400, 100)), limits=Limits(wind_mps=15))
    order = [Severity.BLOCKING, Severity.WARNING, Severity.INFO]
    ranks = [order.index(finding.severity) for finding in check(made)]
    assert ranks == sorted(ranks)


def test_a_leg_outside_the_fence_blocks(good):
    """Without this the fence would stop the drone in the middle of the patrol."""
    (finding,) = found(moved(good, 3, at(400, 100)), "keep_in", Severity.BLOCKING)
    assert finding.margin < -60
    assert finding.place.lon > at(339, 0).lon
    assert finding.sortie == 1
    assert finding.mend


def test_a_route_at_the_fence_is_a_warning(good):
    """Without this an overshoot of a metre would be a breach."""
    (finding,) = found(moved(good, 3, at(338.5, 100)), "keep_in", Severity.WARNING)
    assert finding.margin == pytest.approx(-0.5, abs=0.02)


def test_a_leg_across_a_zone_blocks_though_its_ends_lie_outside(good):
    """Without this only waypoints would be checked, as PX4 and QGroundControl did for years."""
    waypoints = list(good.sorties[0].route.waypoints)
    crossing = [replace(waypoints[0], position=at(*place)) for place in ((100, 95), (170, 95))]
    (finding,) = found(with_waypoints(good, [waypoints[0], *crossing, waypoints[-1]]), "zones", Severity.BLOCKING)
    assert finding.margin <= -30
    assert "shed" in finding.sentence


def test_a_leg_within_the_margin_of_a_zone_is_a_warning(good):
    """Without this the margin would be a wish."""
    waypoints = list(good.sorties[0].route.waypoints)
    passing = [replace(waypoints[0], position=at(*place)) for place in ((100, 112), (170, 112), (200, 10))]
    (finding,) = found(with_waypoints(good, [waypoints[0], *passing, waypoints[-1]]), "zones", Severity.WARNING)
    assert finding.margin == pytest.approx(2 - 5, abs=0.01)


@pytest.mark.parametrize(
    ("limit", "severity", "margin"),
    [
        (Altitude.agl(120), Severity.INFO, 80),
        (Altitude.agl(30), Severity.BLOCKING, -10),
        (Altitude.amsl(900), Severity.WARNING, None),
        (Altitude.home(39), Severity.BLOCKING, -1),
    ],
)
def test_the_height_limit(good, limit, severity, margin):
    """Without this a patrol could climb into controlled airspace."""
    (finding,) = found(ordered(good, limits=Limits(highest=limit)), "height", severity)
    assert finding.margin == margin


def test_a_return_altitude_above_the_limit_blocks(good):
    """Without this a drone called home would climb above the limit by itself."""
    (finding,) = found(ordered(good, vehicle=VehicleProfile(return_altitude_m=150)), "height", Severity.BLOCKING)
    assert "150 m HOME" in finding.sentence


def test_the_ceiling_of_a_keep_in_zone_holds(good):
    """Without this a permitted block of airspace would only be permitted on the map."""
    lid = zone(ZoneKind.KEEP_IN, FENCE, "lid", ceiling=Altitude.agl(35))
    (finding,) = found(zoned(good, lid), "ceiling", Severity.BLOCKING)
    assert finding.margin == -5
    unknown = zone(ZoneKind.KEEP_IN, FENCE, "lid", ceiling=Altitude.amsl(900))
    assert found(zoned(good, unknown), "ceiling", Severity.WARNING)
    floor = zone(ZoneKind.KEEP_IN, FENCE, "lid", floor=Altitude.agl(50))
    assert found(zoned(good, floor), "ceiling", Severity.BLOCKING)
    above = zone(ZoneKind.AIRSPACE, FENCE, "ctr", floor=Altitude.agl(100))
    (told,) = found(zoned(good, above), "ceiling", Severity.INFO)
    assert told.margin == 60
    assert "below" in told.sentence


def test_airspace_at_the_flown_height_blocks(good):
    """Without this an approach sector drawn after planning would go unnoticed."""
    sector = zone(ZoneKind.AIRSPACE, shapely.box(200, -10, 300, 50), "ctr", floor=Altitude.agl(30))
    assert found(zoned(good, sector), "zones", Severity.BLOCKING)


def test_the_launch_must_lie_inside(good):
    """Without this the vehicle would refuse to arm in front of the crew."""
    sortie = replace(good.sorties[0], launch=Launch("post", at(10, -60)))
    (finding,) = found(replace(good, sorties=(sortie,)), "launch", Severity.BLOCKING)
    assert finding.margin == pytest.approx(-20, abs=0.1)
    sortie = replace(good.sorties[0], launch=Launch("post", at(10, -39)))
    assert found(replace(good, sorties=(sortie,)), "launch", Severity.WARNING)
    sortie = replace(good.sorties[0], launch=Launch("post", at(130, 90)))
    assert found(replace(good, sorties=(sortie,)), "launch", Severity.BLOCKING)


def test_safe_points_must_lie_inside(good):
    """Without this a return to one would breach the fence and crash (ArduPilot issue 7333)."""
    out = zoned(good, safe_points=(SafePoint("far", at(500, 100), name="Far field"),))
    (finding,) = found(out, "safe_points", Severity.BLOCKING)
    assert "Far field" in finding.sentence
    assert finding.margin == pytest.approx(-160, abs=0.1)
    assert found(zoned(good, safe_points=(SafePoint("shed", at(130, 90)),)), "safe_points", Severity.BLOCKING)


def test_a_battery_that_is_too_small_blocks(good):
    """Without this the drone would come down short of home."""
    made = ordered(good, limits=Limits(battery_reserve=0.9))
    (finding,) = found(made, "battery", Severity.BLOCKING)
    assert finding.margin == pytest.approx(100 * (0.1 - good.sorties[0].forecast.battery_used), abs=0.01)
    assert finding.sortie == 1


def test_breaking_off_at_the_farthest_waypoint_is_paid_for(good):
    """Without this an aborted patrol would end in a field."""
    forecast = good.sorties[0].forecast
    dear = replace(forecast, return_wh=tuple(190.0 if n == 3 else back for n, back in enumerate(forecast.return_wh)))
    made = replace(good, sorties=(replace(good.sorties[0], forecast=dear),))
    (finding,) = found(made, "return_energy", Severity.BLOCKING)
    assert "waypoint 4" in finding.sentence
    assert finding.place == good.sorties[0].route.waypoints[3].position
    silent = replace(good, sorties=(replace(good.sorties[0], forecast=replace(forecast, used_wh=())),))
    assert found(silent, "return_energy", Severity.WARNING)


def test_the_straight_way_home_across_a_zone_is_a_warning(good):
    """Without this nobody would know that a lost link takes the drone over the shed."""
    (finding,) = found(good, "return_way", Severity.WARNING)
    assert "shed" in finding.sentence
    assert -60 < finding.margin < 0
    low = zone(ZoneKind.KEEP_OUT, SHED, "shed", ceiling=Altitude.agl(34))
    site = replace(SITE, zones=(SITE.zones[0], low))
    assert not found(ordered(good, site=site), "return_way", Severity.WARNING)


def test_a_way_home_that_leaves_a_drawn_fence_is_a_warning(good):
    """Without this a return over the neighbour's land would surprise everyone."""
    cove = FENCE.difference(shapely.box(140, -50, 160, 130))
    made = replace(good, keep_in=FRAME.to_lonlat(cove))
    assert any("leaves the fence" in finding.sentence for finding in found(made, "return_way", Severity.WARNING))
    derived = replace(made, derived_keep_in=True)
    assert any("leaves the fence" in finding.sentence for finding in found(derived, "return_way", Severity.INFO))


def test_too_much_wind_blocks_and_much_wind_warns(good):
    """Without this a patrol would start into a storm."""
    (finding,) = found(ordered(good, limits=Limits(wind_mps=14)), "wind", Severity.BLOCKING)
    assert finding.margin == -2
    (finding,) = found(ordered(good, limits=Limits(wind_mps=4)), "wind", Severity.WARNING)
    assert finding.margin == pytest.approx(10.4 - 4 - 10, abs=0.05), "SITL's quad reaches 10.4 m/s through the air"
    assert "6.3 or less" in finding.mend
    (finding,) = found(ordered(good, limits=Limits(wind_mps=11)), "wind", Severity.WARNING)
    assert "no way" in finding.sentence


def test_too_many_items_and_too_much_speed_block(good):
    """Without this the vehicle would refuse the mission, or not follow it."""
    assert found(ordered(good, vehicle=VehicleProfile(mission_items=5)), "items", Severity.BLOCKING)
    (finding,) = found(ordered(good, vehicle=VehicleProfile(top_speed_mps=8)), "speed", Severity.BLOCKING)
    assert finding.margin == -2


def test_a_camera_that_cannot_keep_up_is_told(good):
    """Without this there would be gaps between pictures."""
    hasty = replace(good.sorties[0], trigger_distance_m=2.0)
    (finding,) = found(replace(good, sorties=(hasty,)), "camera_interval", Severity.BLOCKING)
    assert finding.margin == pytest.approx(0.2 - 0.7)
    fast = ordered(good, pattern=replace(good.patrol.pattern, front_overlap=0.95))
    (finding,) = found(fast, "camera_interval", Severity.WARNING)
    assert finding.margin == pytest.approx(100 * (1 - 7 / (13.0 / 12.29 * 40) - 0.95), abs=0.01)
    wide = ordered(good, pattern=replace(good.patrol.pattern, swath_m=80))
    (finding,) = found(wide, "camera_width", Severity.WARNING)
    assert finding.margin == pytest.approx(17.3 / 12.29 * 40 - 80)


def test_a_no_look_zone_in_the_picture_blocks(good):
    """Without this a private yard drawn after planning would be photographed."""
    yard = zone(ZoneKind.NO_LOOK, shapely.box(30, 30, 40, 40), "yard")
    (finding,) = found(zoned(good, yard), "no_look", Severity.BLOCKING)
    assert finding.margin < 0
    far = zone(ZoneKind.NO_LOOK, shapely.box(900, 30, 940, 40), "yard")
    assert found(zoned(good, far), "no_look", Severity.INFO)


def test_what_lanes_do_not_see_is_told(good):
    """Without this 'searched' would mean 'mostly searched'."""
    blind = [replace(waypoint, leg=Leg.TRANSIT) for waypoint in good.sorties[0].route.waypoints]
    assert not found(with_waypoints(good, blind), "camera_interval", Severity.BLOCKING)
    (finding,) = found(replace(good, covered=0.9), "coverage", Severity.WARNING)
    assert finding.margin == pytest.approx(-9)
    (shut,) = found(good, "area", Severity.INFO)
    assert shut.margin == pytest.approx(-100 * 900 / 60000, abs=0.01)


def test_a_plan_without_sorties_blocks(good):
    """Without this an empty plan would count as safe."""
    (finding,) = check(replace(good, sorties=()))
    assert finding.severity.blocks


def test_ways_between_parts_that_nobody_allowed_are_told():
    """A pilot would find the drone over a neighbour's land, with a plan that says 0 m outside."""
    wall = zone(ZoneKind.KEEP_OUT, shapely.box(-20, 90, 320, 110), "wall")
    apart = replace(ORDER, site=replace(SITE, zones=(wall,), launches=(Launch("post", at(10, 20)),)))
    (finding,) = found(plan(apart), "outside_areas", Severity.WARNING)
    # Round the nearer end of the wall: at least 20 m out and 20 m back, and along its end of 20 m.
    assert finding.margin < -60
    assert not found(plan(replace(ORDER, site=replace(SITE, zones=()))), "outside_areas", Severity.WARNING)


def test_no_rule_looks_twice():
    """A pilot would read every finding about several drones twice, and take one of them for another."""
    kinds = [type(rule) for rule in (*RULES, *WHOLE_RULES)]
    assert len(kinds) == len(set(kinds))

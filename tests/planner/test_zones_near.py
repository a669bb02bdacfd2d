"""Zones in a plan: those far away cost nothing, those cut open no way, those that rest do not bar."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from planner.errors import SettingError
from planner.geodesy import LocalFrame
from planner.hours import DayTimes, Hours, Period, moment_from, time_from
from planner.patrol import Patrol, Sweep
from planner.plan import Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind
from planner.zones import near_work, with_zones, without_cleared
from planner.zones.near import WALL_ID

FRAME = LocalFrame(LonLat(76.9452, 43.2381))


def local(*bounds: float) -> shapely.Polygon:
    return FRAME.to_lonlat(shapely.box(*bounds))


def zone(name: str, *bounds: float, **more) -> Zone:
    return Zone(name, ZoneKind.AIRSPACE, local(*bounds), **more)


SITE = Site(
    areas=(Area("a", local(0, 0, 400, 300)), Area("b", local(1200, 0, 1500, 300))),
    launches=(Launch("home", FRAME.point_to_lonlat((10, 10))),),
)
PATROL = Patrol("p", SITE, Sweep(altitude=Altitude.agl(60), swath_m=60))
SATURDAYS = Hours((Period(times=(DayTimes(frozenset({5}), time_from("08:00Z"), time_from("20:00Z")),)),))


def ways(made):
    return [
        shapely.LineString(FRAME.points_to_local(np.array([waypoint.position for waypoint in sortie.route.waypoints])))
        for sortie in made.sorties
    ]


def test_thousands_of_zones_far_away_change_nothing():
    """A country's airspace would slow every plan down."""
    rng = np.random.default_rng(1)
    places = rng.uniform((-1.5e6, 2e4), (1.5e6, 1e6), (4000, 2))
    far = [
        Zone(f"z{number}", ZoneKind.AIRSPACE, shapely.box(lon, lat, lon + 0.01, lat + 0.01))
        for number, (lon, lat) in enumerate(FRAME.points_to_lonlat(places))
    ]
    site = with_zones(SITE, far)
    assert len(site.zones) == 4000
    assert near_work(site).zones == ()
    assert plan(replace(PATROL, site=site)).sorties == plan(PATROL).sorties


def test_near_zones_stay_as_they_are():
    """A zone beside the work would be moved or lost."""
    site = with_zones(SITE, [zone("near", 600, -200, 700, 200)])
    assert near_work(site) is site


def test_no_way_leads_around_where_a_zone_was_cut():
    """A wall of airspace, cut 10 km out, would be flown around at the cut, through the zone that is really there."""
    wall = zone("wall", 800, -60_000, 900, 60_000)
    site = with_zones(SITE, [wall])
    cut = near_work(site)
    assert WALL_ID in {one.id for one in cut.zones}
    made = plan(replace(PATROL, site=site))
    for way in ways(made):
        assert not way.intersects(FRAME.to_local(wall.shape))
    assert made.outside_m == 0
    assert max(abs(way.bounds[1]) for way in ways(made)) < 2000


def test_a_large_zone_beside_the_work_is_kept_away_from():
    """The nearest edge is what matters, however far the zone reaches."""
    large = zone("large", 450, -40_000, 1150, 40_000)
    made = plan(replace(PATROL, site=with_zones(replace(SITE, areas=SITE.areas[:1]), [large])))
    assert all(way.distance(FRAME.to_local(large.shape)) >= 5 - 0.02 for way in ways(made))
    assert {one.id for one in made.patrol.site.zones} == {"large", WALL_ID}


def test_a_zone_that_rests_does_not_bar():
    """A zone of Saturdays would keep a patrol on Monday from half of its area."""
    barring = zone("fair", 100, 0, 300, 300, hours=SATURDAYS)
    patrol = replace(PATROL, site=with_zones(replace(SITE, areas=SITE.areas[:1]), [barring]))
    monday, saturday = moment_from("2026-05-04T09:00Z"), moment_from("2026-05-09T09:00Z")
    inside = FRAME.to_local(barring.shape).buffer(-1)
    always = plan(patrol)
    assert not any(way.intersects(inside) for way in ways(always))
    assert any("taken as always" in finding.sentence for finding in always.findings)
    rests = plan(replace(patrol, starts=monday, ends=moment_from("2026-05-04T11:00Z")))
    assert any(way.intersects(inside) for way in ways(rests))
    assert [one.id for one in rests.patrol.site.resting] == ["fair"]
    (told,) = [finding for finding in rests.findings if finding.rule == "hours"]
    assert told.severity is Severity.WARNING
    assert "'fair'" in told.sentence
    for starts, ends in ((saturday, moment_from("2026-05-09T11:00Z")), (monday, None)):
        holds = plan(replace(patrol, starts=starts, ends=ends))
        assert not any(way.intersects(inside) for way in ways(holds))


def test_hours_of_a_patrol_say_their_time_zone():
    """Local time taken as UTC is five hours wrong in Kazakhstan."""
    with pytest.raises(SettingError, match="time zone"):
        replace(PATROL, starts=moment_from("2026-05-04T09:00Z").replace(tzinfo=None))
    with pytest.raises(SettingError, match="ends before"):
        replace(PATROL, starts=moment_from("2026-05-04T09:00Z"), ends=moment_from("2026-05-04T08:00Z"))


def test_ids_of_zones_differ_from_all_there_is():
    """Two zones of one id would be one on the vehicle's fence."""
    site = with_zones(
        SITE, [zone("a", 0, 0, 1, 1), zone("x", 0, 0, 1, 1), zone("x", 5, 5, 6, 6), zone("x-2", 0, 0, 1, 1)]
    )
    names = [one.id for one in site.zones]
    assert len(set(names)) == 4
    assert "a" not in names
    assert names[1] == "x"


def test_clearances_are_by_id_and_class():
    """A patrol that holds a clearance could not use it, or would get one it does not hold."""
    zones = [
        zone("CTR1", 0, 0, 1, 1, category="D CTR"),
        zone("G7", 0, 0, 1, 1, category="G"),
        zone("R2", 0, 0, 1, 1, category="R"),
    ]
    left, notes = without_cleared(zones, ["g", "CTR1", "UAR9"])
    assert [one.id for one in left] == ["R2"]
    assert any("'UAR9' fits no zone" in note for note in notes)
    assert sum("Cleared by" in note for note in notes) == 2

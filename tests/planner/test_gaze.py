"""Between lanes the camera looks past what it may not see: proved ray by ray."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely

from missions import compile_sortie
from planner.checks import check
from planner.gaze import footprint
from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.plan import Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind

FRAME = LocalFrame(LonLat(76.9452, 43.2381))


def at(x, y):
    return FRAME.point_to_lonlat((x, y))


def order(*no_look, launch=(10, -150)):
    zones = [Zone("fence", ZoneKind.KEEP_IN, FRAME.to_lonlat(shapely.box(-100, -200, 700, 300)))]
    zones += [Zone(f"yard{n}", ZoneKind.NO_LOOK, FRAME.to_lonlat(shape)) for n, shape in enumerate(no_look)]
    site = Site(
        (Area("field", FRAME.to_lonlat(shapely.box(0, 0, 300, 200))),), tuple(zones), (Launch("post", at(*launch)),)
    )
    return Patrol("field", site, Sweep(altitude=Altitude.agl(40)))


def rays_on_the_ground(place, heading, height, pitch_deg, camera):
    """Where a grid of rays meets flat ground, in plain trigonometry; those 75 degrees off and more do not."""
    pitch, hits = math.radians(pitch_deg), []
    for side in np.linspace(-1, 1, 9):
        for rise in np.linspace(-1, 1, 9):
            across = side * camera.sensor_width_mm / 2 / camera.focal_length_mm
            upward = rise * camera.sensor_height_mm / 2 / camera.focal_length_mm
            ahead = math.cos(pitch) - upward * math.sin(pitch)
            down = -(math.sin(pitch) + upward * math.cos(pitch))
            if down <= 0 or math.hypot(ahead, across) > math.tan(math.radians(75)) * down:
                continue
            forward, right = height * ahead / down, height * across / down
            east = place[0] + forward * math.sin(heading) + right * math.cos(heading)
            north = place[1] + forward * math.cos(heading) - right * math.sin(heading)
            hits.append((east, north))
    return np.array(hits).reshape(-1, 2)


@pytest.mark.parametrize("pitch", [-90.0, 0.0, 5.0, 13.0])
def test_a_footprint_holds_every_ray(pitch):
    """What the footprint leaves out would be shown though the plan says that it is not."""
    patrol = order()
    start, end = np.array([20.0, -30.0]), np.array([140.0, 90.0])
    shown = footprint(start, end, 40.0, pitch, patrol).buffer(0.01)
    ahead = math.atan2(*(end - start))
    for share in np.linspace(0, 1, 7):
        headings = np.linspace(0, 2 * math.pi, 16) if share == 0 else [ahead]
        for heading in headings:
            hits = rays_on_the_ground(start + share * (end - start), heading, 40.0, pitch, patrol.camera)
            assert shapely.covers(shown, shapely.points(hits)).all()
            assert len(hits) or pitch >= 13


YARD = shapely.box(-20, -90, 40, -50)


def test_no_ray_between_lanes_shows_a_yard():
    """A film of the way out would show what nobody may look at."""
    made = plan(order(YARD))
    assert any((waypoint.pitch_deg or 0) >= 0 for waypoint in made.sorties[0].route.waypoints)
    local = LocalFrame(FRAME.origin)
    for sortie in made.sorties:
        waypoints = sortie.route.waypoints
        points = local.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
        for start, end, waypoint in zip(points, points[1:], waypoints[1:], strict=False):
            if math.dist(start, end) < 0.01:
                continue
            for share in np.linspace(0, 1, 9):
                place, heading = start + share * (end - start), math.atan2(*(end - start))
                hits = rays_on_the_ground(place, heading, 40.0, waypoint.pitch_deg, made.patrol.camera)
                assert not shapely.intersects(YARD, shapely.points(hits)).any()
    assert not [f for f in check(made) if f.rule == "gaze" and f.severity is not Severity.INFO]


def test_the_mission_tells_the_gimbal_and_tells_it_back():
    """A pitch that is planned and not told would be worth nothing; one not taken back would lose the lanes."""
    made = plan(order(YARD))
    items = compile_sortie(made, made.sorties[0]).items
    told = [(number, item.params[0]) for number, item in enumerate(items) if item.command == 1000]
    assert told and told[0][1] >= 0
    first_picture = next(n for n, item in enumerate(items) if item.command == 206 and item.params[0] > 0)
    before = [pitch for number, pitch in told if number <= first_picture + 2]
    assert before[-1] == -90, "lanes are photographed straight down"


def test_a_plan_without_such_a_zone_near_says_nothing_of_it():
    """Missions of today would change for no reason, and gimbals be told what nobody asked for."""
    far = plan(order(shapely.box(5000, 5000, 5010, 5010)))
    assert all(waypoint.pitch_deg is None for sortie in far.sorties for waypoint in sortie.route.waypoints)
    assert not [item for item in compile_sortie(far, far.sorties[0]).items if item.command == 1000]


def test_a_camera_without_a_gimbal_is_told_of():
    """Someone who films with a fixed camera would never know."""
    patrol = order(YARD)
    made = plan(replace(patrol, camera=replace(patrol.camera, stabilised=False)))
    (finding,) = [found for found in made.findings if found.rule == "gaze"]
    assert finding.severity is Severity.WARNING and finding.mend and finding.place

"""No planned picture shows a no-look zone: layouts by chance, and rays that know nothing of the planner's geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from planner.cameras import Camera
from planner.errors import PlanError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol, Sweep
from planner.patterns import Orbit
from planner.plan import Plan, Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, Point, Site, Zone, ZoneKind

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
TOUCH_M = 0.05


def at(x: float, y: float) -> LonLat:
    return FRAME.point_to_lonlat((x, y))


def rays(place: np.ndarray, heading: float, height: float, pitch_deg: float, camera: Camera) -> np.ndarray:
    """Where a grid of rays meets flat ground, in plain trigonometry; those 75 degrees off and more do not, (k, 2)."""
    side, rise = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    across = side * camera.sensor_width_mm / 2 / camera.focal_length_mm
    upward = rise * camera.sensor_height_mm / 2 / camera.focal_length_mm
    pitch = math.radians(pitch_deg)
    ahead = math.cos(pitch) - upward * math.sin(pitch)
    down = -(math.sin(pitch) + upward * math.cos(pitch))
    seen = (down > 0) & (np.hypot(ahead, across) <= math.tan(math.radians(75)) * down)
    forward, right = height * ahead[seen] / down[seen], height * across[seen] / down[seen]
    east = place[0] + forward * math.sin(heading) + right * math.cos(heading)
    return np.column_stack([east, place[1] + forward * math.cos(heading) - right * math.sin(heading)])


def layout(seed: int) -> tuple[Patrol, shapely.MultiPolygon]:
    chance = np.random.default_rng(seed)
    yards = []
    for _ in range(chance.integers(1, 4)):
        x, y = chance.uniform(-120, 420), chance.uniform(-120, 320)
        corners = np.array([x, y]) + chance.uniform(-40, 40, (4, 2))
        yards.append(shapely.MultiPoint(corners).convex_hull)
    zones = [Zone(f"yard{n}", ZoneKind.NO_LOOK, FRAME.to_lonlat(shape)) for n, shape in enumerate(yards)]
    if seed % 2:
        zones.append(Zone("fence", ZoneKind.KEEP_IN, FRAME.to_lonlat(shapely.box(-250, -250, 550, 450))))
    site = Site(
        (Area("field", FRAME.to_lonlat(shapely.box(0, 0, 300, 200))),),
        tuple(zones),
        (Launch("post", at(*chance.uniform((-200, -200), (500, 400)))),),
    )
    return Patrol("field", site, Sweep(altitude=Altitude.agl(float(chance.choice([25, 40, 60]))))), shapely.union_all(
        yards
    )


def shown(made: Plan, *, lanes: bool) -> np.ndarray:
    """Ground that rays meet: in lanes at any moment, or between them, the turn at each start among it, (k, 2)."""
    hits = [np.empty((0, 2))]
    for sortie in made.sorties:
        waypoints = sortie.route.waypoints
        points = FRAME.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
        before = None
        for start, end, waypoint in zip(points, points[1:], waypoints[1:], strict=False):
            length = math.dist(start, end)
            if length < 0.05:
                continue
            heading = math.atan2(*(end - start))
            pitch = -90.0 if waypoint.pitch_deg is None else waypoint.pitch_deg
            if waypoint.leg.looks is lanes:
                for share in np.linspace(0, 1, max(int(length / 8), 1) + 1):
                    hits.append(
                        rays(
                            start + share * (end - start), heading, waypoint.altitude.metres, pitch, made.patrol.camera
                        )
                    )
                if before is not None:
                    turn = math.remainder(heading - before, 2 * math.pi)
                    for share in np.linspace(0, 1, 7):
                        hits.append(
                            rays(start, before + share * turn, waypoint.altitude.metres, pitch, made.patrol.camera)
                        )
            before = heading
    return np.concatenate(hits)


def proved(seed: int) -> int:
    """Prove one layout; whether the camera was pitched up in it."""
    patrol, yards = layout(seed)
    try:
        made = plan(patrol, time_limit_s=0.3)
    except PlanError:
        return 0
    inner = yards.buffer(-TOUCH_M)
    assert not shapely.intersects(inner, shapely.points(shown(made, lanes=True))).any(), f"a picture, layout {seed}"
    assert not [f for f in made.findings if f.rule == "no_look" and f.severity is not Severity.INFO]
    if not [f for f in made.findings if f.rule == "gaze" and f.severity is not Severity.INFO]:
        assert not shapely.intersects(inner, shapely.points(shown(made, lanes=False))).any(), f"a film, layout {seed}"
    return int(any((w.pitch_deg or -90) > -90 for s in made.sorties for w in s.route.waypoints))


def test_layouts_by_chance_show_no_yard() -> None:
    """Someone's yard would be in a picture although the plan says that it is not."""
    assert sum(proved(seed) for seed in range(3)) > 0, "the camera was never pitched"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_fifty_layouts_show_no_yard() -> None:
    """As above, on layouts enough to meet the odd corner."""
    assert sum(proved(seed) for seed in range(3, 55)) > 5


def test_an_orbit_beside_a_yard_is_blocked_where_its_pictures_show_it() -> None:
    """A camera that is kept on a house sees what lies behind it, and nobody would be told."""
    yard = Zone("yard", ZoneKind.NO_LOOK, FRAME.to_lonlat(shapely.box(60, -20, 100, 20)))
    far = Zone("yard", ZoneKind.NO_LOOK, FRAME.to_lonlat(shapely.box(900, -20, 940, 20)))
    for zone, blocked in ((yard, True), (far, False)):
        site = Site((), (zone,), (Launch("post", at(0, -200)),), points=(Point("house", at(0, 0)),))
        made = plan(Patrol("house", site, Orbit(altitude=Altitude.agl(40), radius_m=60.0)))
        assert any(f.rule == "no_look" and f.severity.blocks for f in made.findings) is blocked

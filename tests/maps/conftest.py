"""A small plan and a flight made by hand, and a real browser to open maps in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import Polygon

from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.plan import Finding, Forecast, Leg, Plan, Route, Severity, Sortie, Waypoint
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site, Zone, ZoneKind
from planner.track import Track

CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRAME = LocalFrame(LonLat(76.86, 43.237))
HEIGHT = Altitude.agl(60)


def at(x: float, y: float) -> LonLat:
    """A place so many metres east and north of the middle."""
    return FRAME.point_to_lonlat((x, y))


def ring(*corners: tuple[float, float]) -> list[LonLat]:
    """Corners in metres as places."""
    return [at(*corner) for corner in corners]


@pytest.fixture
def site() -> Site:
    """An area of 400 × 300 m with a hole, one zone of each kind, a launch, a safe point."""
    outside = ring((-200, -150), (200, -150), (200, 150), (-200, 150))
    hole = ring((-40, -40), (40, -40), (40, 40), (-40, 40))
    return Site(
        areas=(Area("park", Polygon(outside, [hole]), "Park"),),
        zones=(
            Zone("in", ZoneKind.KEEP_IN, Polygon(ring((-230, -190), (230, -190), (230, 180), (-230, 180))), "Border"),
            Zone("out", ZoneKind.KEEP_OUT, Polygon(ring((120, 80), (180, 80), (180, 130), (120, 130))), "School"),
            Zone("look", ZoneKind.NO_LOOK, Polygon(ring((-180, 90), (-120, 90), (-120, 140), (-180, 140))), "Houses"),
            Zone("air", ZoneKind.AIRSPACE, Polygon(ring((190, 0), (600, 0), (600, 400), (190, 400))), "Airfield"),
        ),
        launches=(Launch("post", at(0, -170), "Post"),),
        safe_points=(SafePoint("meadow", at(-190, 0), Altitude.home(40), "Meadow"),),
    )


def sortie(number: int, launch: Launch, xs: list[float]) -> Sortie:
    """Lanes along these eastings, up and down, from launch to launch."""
    waypoints = [Waypoint(launch.position, HEIGHT, 10)]
    for turn, x in enumerate(xs):
        south_first = turn % 2 == 0
        first, last = (-140, 140) if south_first else (140, -140)
        waypoints += [Waypoint(at(x, first), HEIGHT, 10), Waypoint(at(x, last), HEIGHT, 8, Leg.LANE)]
    waypoints.append(Waypoint(launch.position, HEIGHT, 10))
    ends = tuple(30.0 * index for index in range(len(waypoints)))
    forecast = Forecast(ends[-1] + 40, 280.0 * len(xs), 40.0, 0.42, ends, (5.0,) * len(waypoints))
    return Sortie(number, launch, Route(tuple(waypoints)), forecast, 12.0)


@pytest.fixture
def plan(site: Site) -> Plan:
    """Two sorties over the park, with a finding of each severity."""
    launch = site.launches[0]
    border = site.of_kind(ZoneKind.KEEP_IN)[0].shape
    findings = (
        Finding("items", Severity.INFO, "The mission has 12 items of 650.", "", 638, "items"),
        Finding("battery", Severity.WARNING, "Little is left at landing.", "Fly shorter.", 2, "%", sortie=1),
        Finding("zones", Severity.BLOCKING, "The way enters School.", "Move it.", -3, "m", at(150, 100), 2),
    )
    sorties = (sortie(1, launch, [-180, -120, -60]), sortie(2, launch, [60, 120, 180]))
    return Plan(Patrol("Park", site), sorties, border, border, False, 0.995, 0.0, findings)


def flight(plan: Plan, *, hertz: float = 10.0, seconds: float = 300.0, noise_m: float = 0.3) -> Track:
    """The first sortie's way flown in so many seconds, with a receiver's noise."""
    places = np.array([waypoint.position for waypoint in plan.sorties[0].route.waypoints])
    local = FRAME.points_to_local(places)
    count = int(seconds * hertz)
    noise = np.random.default_rng(7).normal(0, noise_m, (3, count))
    along = np.linspace(0, len(local) - 1, count)
    x = np.interp(along, range(len(local)), local[:, 0]) + noise[0]
    y = np.interp(along, range(len(local)), local[:, 1]) + noise[1]
    lonlat = FRAME.points_to_lonlat(np.column_stack([x, y]))
    rise = np.minimum(np.arange(count), np.arange(count)[::-1]) / hertz * 2.5
    height = np.minimum(60, rise) + noise[2]
    speed = 8 + 4 * np.sin(along * 2)
    nothing = np.full(count, np.nan)
    time_s = 1_777_786_000 + np.arange(count) / hertz
    return Track(time_s, lonlat[:, 0], lonlat[:, 1], height, height + 780, speed, nothing, nothing, nothing)


@pytest.fixture
def track(plan: Plan) -> Track:
    """Five minutes at 10 Hz."""
    return flight(plan)


@pytest.fixture
def fly() -> Callable[..., Track]:
    """Another flight of a plan's first sortie; see ``flight``."""
    return flight


@pytest.fixture
def seen(plan: Plan) -> Polygon:
    """The park as the camera saw it."""
    return FRAME.to_lonlat(
        FRAME.to_local(shapely.union_all([area.shape for area in plan.patrol.site.areas])).buffer(20)
    )


@dataclass
class Opened:
    """A map in the browser: the page, and everything it asked for or complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def boxes(self) -> dict[str, bool]:
        """The layer control: name → whether it is ticked."""
        script = """[...document.querySelectorAll('.leaflet-control-layers-overlays label')]
                    .map(l => [l.innerText.trim(), l.querySelector('input').checked])"""
        return dict(self.page.evaluate(script))

    def tick(self, name: str) -> None:
        """Click a layer's box as a person does."""
        self.page.locator(".leaflet-control-layers-overlays label", has_text=name).locator("input").click()
        self.page.wait_for_timeout(80)

    def look(self) -> bytes:
        """The map between the panel and the controls as a picture."""
        return self.page.screenshot(clip={"x": 335, "y": 40, "width": 680, "height": 600})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; the tests that need it are skipped where there is none.

    For one module only: as long as it is open, Playwright's event loop counts as running, and no other can be run.
    """
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield started
        started.close()


@pytest.fixture
def open_map(browser: Any) -> Iterator[Callable[[Path], Opened]]:
    """Open a map from its file, without any network, and write down what the page does."""
    contexts = []

    def open_file(path: Path) -> Opened:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("requestfailed", lambda request: opened.failed.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: (opened.complaints.append(dialog.message), dialog.dismiss()))
        opened.page.goto(path.as_uri())
        opened.page.wait_for_timeout(150)
        return opened

    yield open_file
    for context in contexts:
        context.close()

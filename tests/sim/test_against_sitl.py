"""The embedded simulator beside ArduPilot SITL: the same missions on both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from sim_stations import HOME, RETURN, Item, Seen, Station, do, place, takeoff, waypoint

from planner.errors import MissingPartError
from planner.quantities import LonLat
from sim import Simulator

pytestmark = [pytest.mark.sitl, pytest.mark.slow]

INSTANCE = 187
SPEEDUP = 20.0
HOME_PLACE = LonLat(76.945, 43.238)

MISSIONS: dict[str, list[Item]] = {
    "lanes": [
        takeoff(40),
        do(178, 1, 8, -1),
        *(waypoint(n, 30 + 25 * lane, 40) for lane in range(4) for n in ((50, 250) if lane % 2 == 0 else (250, 50))),
        RETURN,
    ],
    "corners": [
        takeoff(25),
        *(waypoint(n, e, 25) for n, e in ((100, 0), (200, 120), (150, 260), (20, 300), (-80, 160), (-40, 40))),
        RETURN,
    ],
    "heights and waits": [
        takeoff(20),
        waypoint(80, 0, 20),
        waypoint(80, 100, 60),
        waypoint(0, 100, 60, delay=5),
        waypoint(-60, 120, 30),
        do(178, 1, 4, -1),
        waypoint(-160, 120, 30),
        (21, 3, (0.0, 0.0, 0.0, 0.0), *place(0, 30), 0.0),
    ],
}
DURATION, LANE_M = 0.03, 2.0
"""What may differ: share of the whole duration, metres across the track (the project's goals)."""


def fly(station: Station, items: list[Item]) -> Seen:
    for number, rate in ((33, 10), (30, 2)):
        station.command(511, number, 1e6 / rate)
    station.start_mission(items)
    return station.watch(seconds=150)


def airborne(seen: Seen) -> np.ndarray:
    """Time, north, east, up from the first metre off the ground to the last."""
    track = np.array(seen.track)
    up = np.flatnonzero(track[:, 3] > 1.0)
    return track[up[0] : up[-1] + 1]


@pytest.fixture(params=list(MISSIONS))
def flights(
    request: pytest.FixtureRequest, fleet: Callable[..., Simulator], stations: Callable[..., Station]
) -> tuple[Seen, Seen]:
    """The embedded vehicle's flight and SITL's."""
    from sim.sitl import Sitl, SitlSettings, find_sitl

    try:
        find_sitl()
    except MissingPartError as error:
        pytest.skip(f"no ArduPilot SITL here: {error.sentence}")
    items = MISSIONS[request.param]
    ours = fly(stations(fleet(speedup=SPEEDUP, home=HOME_PLACE, home_amsl_m=820.0).addresses[0].address), items)
    settings = SitlSettings(home=HOME_PLACE, home_amsl_m=820.0, instance=INSTANCE, speedup=SPEEDUP)
    with Sitl(settings) as sitl:
        sitl.wait_ready()
        theirs = fly(stations(sitl.address), items)
    return ours, theirs


def test_the_same_mission_takes_the_same_time_on_the_same_track(flights: tuple[Seen, Seen]) -> None:
    """What CI proves on the embedded simulator would not hold on ArduPilot."""
    ours, theirs = (airborne(seen) for seen in flights)
    durations = [track[-1, 0] - track[0, 0] for track in (ours, theirs)]
    assert durations[0] == pytest.approx(durations[1], rel=DURATION)
    line = shapely.LineString(ours[:, 1:3])
    across = shapely.distance(shapely.points(theirs[:, 1:3]), line)
    print(f"duration {durations[0]:.1f} s embedded, {durations[1]:.1f} s SITL; across {across.max():.2f} m at most")
    assert across.max() < LANE_M
    for item in range(len(flights[0].reached)):
        assert flights[0].reached[item] == flights[1].reached[item]
    words = [[text for text in seen.texts if text.startswith(("Mission:", "Reached"))] for seen in flights]
    assert list(dict.fromkeys(words[0])) == list(dict.fromkeys(words[1]))
    assert flights[0].modes[-2:] == flights[1].modes[-2:] == [4, 3]
    assert HOME[3:5] == place(0, 0)

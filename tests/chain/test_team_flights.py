"""What a team was planned, flown on the embedded simulator: each its own part, on time, and away from each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from team_site import FRAME, HOME, LOW, PLACES, flown, in_the_air, nearest_m, site

from planner.patrol import Patrol
from planner.patterns import Laps, Sweep
from planner.planning import plan
from planner.team import Team
from sim import Simulator, SimulatorSettings
from telemetry import Outcome


def test_two_drones_fly_their_shares_and_stay_apart(tmp_path: Path) -> None:
    """Two drones of one launch would meet, leave a strip of the field unseen, or one would do most of the work."""
    made = plan(Patrol("shared", site(), Sweep(altitude=LOW, swath_m=50), team=Team(drones=2)))
    assert not made.is_blocked
    assert made.covered is not None
    assert made.covered >= 0.995
    assert made.imbalance <= 0.05
    assert [sortie.drone for sortie in made.sorties] == [1, 2]
    flights, ways = [], []
    for sortie in made.sorties:
        with Simulator(SimulatorSettings(port=0, home=HOME, speedup=0.0, seed=sortie.drone)) as simulator:
            record = flown(made, sortie, simulator.addresses[0].address, tmp_path / str(sortie.number))
        assert record.outcome is Outcome.LANDED, record.reason
        assert record.max_outside_m == 0
        assert record.duration_s == pytest.approx(sortie.forecast.duration_s, rel=0.05)
        seconds, points = in_the_air(record.track)
        flights.append((seconds + sortie.starts_s, points))
        ways.append(shapely.LineString(points[:, :2]))
    across, _ = nearest_m(*flights)
    assert across >= 25.0
    field = FRAME.to_local(made.patrol.site.areas[0].shape)
    assert shapely.union_all(ways).buffer(27).intersection(field).area >= 0.99 * field.area


def test_laps_are_flown_when_they_were_planned(tmp_path: Path) -> None:
    """Places would be visited at other times than the report on gaps says, or not at all."""
    team = Patrol("laps", site(points=True), Laps(altitude=LOW, shift_s=420.0), team=Team(drones=1))
    made = plan(team)
    assert not made.is_blocked
    (sortie,) = made.sorties
    assert len(sortie.visits) >= 8
    with Simulator(SimulatorSettings(port=0, home=HOME, speedup=0.0)) as simulator:
        record = flown(made, sortie, simulator.addresses[0].address, tmp_path)
    assert record.outcome is Outcome.LANDED, record.reason
    seconds, points = in_the_air(record.track)
    for visit in sortie.visits:
        near = np.hypot(*(points[:, :2] - np.array(PLACES[visit.place])).T) < 6.0
        assert np.abs(seconds[near] + sortie.starts_s - visit.at_s).min() < 8.0

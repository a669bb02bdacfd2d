"""Two drones of one plan in the air together on ArduPilot: how near they come to each other is measured."""

from __future__ import annotations

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from team_site import HOME, LOW, flown, in_the_air, nearest_m, site

from planner.patrol import Patrol
from planner.patterns import Sweep
from planner.plan import Plan, Sortie
from planner.planning import plan
from planner.team import Team
from sim.sitl import Sitl, SitlSettings
from telemetry import FlightRecord, Outcome, VehicleState

pytestmark = [
    pytest.mark.sitl,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")),
        reason="no ArduPilot SITL program: set QYRAN_SITL or put arducopter on PATH",
    ),
]

SPEEDUP = 12.0


class Clock:
    """Lets the second drone go when the first has been in the air for so many of its own seconds."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.may_go = threading.Event()
        self._armed_s: float | None = None

    def look(self, state: VehicleState) -> None:
        if state.armed and state.boot_s is not None:
            self._armed_s = state.boot_s if self._armed_s is None else self._armed_s
            if state.boot_s - self._armed_s >= self.wait_s:
                self.may_go.set()


def test_two_drones_in_the_air_together_stay_apart(tmp_path: Path) -> None:
    """Two real autopilots would meet where the plan says that they are apart."""
    made = plan(Patrol("shared", site(east=False), Sweep(altitude=LOW, swath_m=50), team=Team(drones=2)))
    assert not made.is_blocked
    first, second = sorted(made.sorties, key=lambda sortie: sortie.starts_s)
    clock = Clock(second.starts_s - first.starts_s)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(on_sitl, made, first, 100, tmp_path / "first", clock)
        other = pool.submit(on_sitl, made, second, 101, tmp_path / "second", clock)
        records = [one.result(timeout=500), other.result(timeout=500)]
    for record, sortie in zip(records, (first, second), strict=True):
        assert record.outcome is Outcome.LANDED, record.reason
        assert record.max_outside_m == 0
        assert record.duration_s == pytest.approx(sortie.forecast.duration_s, rel=0.03)
    begins = [record.started_at for record in records]
    assert abs((begins[1] - begins[0]).total_seconds()) * SPEEDUP < first.forecast.duration_s
    flights = []
    for record, sortie in zip(records, (first, second), strict=True):
        seconds, points = in_the_air(record.track)
        flights.append((seconds + sortie.starts_s, points))
    across, away = nearest_m(*flights)
    print(f"nearest at like heights {across:.1f} m across, in space {away:.1f} m")
    assert across >= 25.0


def on_sitl(made: Plan, sortie: Sortie, instance: int, folder: Path, clock: Clock) -> FlightRecord:
    settings = SitlSettings(home=HOME, home_amsl_m=750.0, instance=instance, speedup=SPEEDUP, folder=folder / "sitl")
    with Sitl(settings) as sitl:
        sitl.wait_ready()
        if instance == 100:
            return flown(made, sortie, sitl.address, folder, on_state=clock.look)
        assert clock.may_go.wait(timeout=300)
        return flown(made, sortie, sitl.address, folder)

"""Simulators and ground stations that are ended after each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sim_stations import Station

from sim import Simulator, SimulatorSettings

Fleet = Callable[..., Simulator]


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Start simulators; they are ended after the test."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Simulator:
            wanted = {"port": 0, "speedup": 0.0, **settings}
            return stack.enter_context(Simulator(SimulatorSettings(**wanted)))

        yield start


@pytest.fixture
def stations() -> Iterator[Callable[..., Station]]:
    """Connect ground stations; they are closed after the test."""
    with ExitStack() as stack:

        def connect(address: str, system: int = 255) -> Station:
            station = Station(address, system)
            stack.callback(station.close)
            return station

        yield connect


@pytest.fixture
def station(fleet: Fleet, stations: Callable[..., Station]) -> Station:
    """One vehicle, as fast as it goes, and a ground station that talks to it."""
    return stations(fleet().addresses[0].address)

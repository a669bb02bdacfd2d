"""Nobody arms a drone with a word that is old, borrowed, or given for another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from planner.errors import NotConfirmedError
from telemetry import Confirmation, Vehicle, simulator_confirmation

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_holds_for_that_vehicle_for_a_minute() -> None:
    """Without it a pilot's fresh word would not be taken."""
    Confirmation("A. Serikov", 3, "fly", NOW).check(3, NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("vehicle", "later_s", "word"), [(4, 1, "vehicle 3"), (3, 61, "61 s old"), (3, -10, "too early")]
)
def test_is_refused_for_another_vehicle_or_time(vehicle: int, later_s: float, word: str) -> None:
    """Without it a drone could take off on a word that was given for another one, or an hour ago."""
    with pytest.raises(NotConfirmedError, match=word):
        Confirmation("A. Serikov", 3, "fly", NOW).check(vehicle, NOW + timedelta(seconds=later_s))


def test_needs_a_name_and_a_time_zone() -> None:
    """Without it the record would not say who answers for the flight, or when in which hour."""
    with pytest.raises(NotConfirmedError):
        Confirmation("  ", 3, "fly", NOW)
    with pytest.raises(NotConfirmedError):
        Confirmation("A. Serikov", 3, "fly", NOW.replace(tzinfo=None))


def test_only_what_announces_itself_confirms_for_itself(peer) -> None:
    """Without it ``--yes`` would arm a real drone."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        assert not vehicle.is_simulator
        with pytest.raises(NotConfirmedError):
            simulator_confirmation(vehicle)


def test_a_simulator_says_so_by_its_parameter(new_peer) -> None:
    """Without it CI and the demo would wait for a person."""
    with new_peer(7) as peer:
        peer.parameters[7]["SIM_SPEEDUP"] = 1.0
        with Vehicle.connect(peer.address, system_id=7) as vehicle:
            assert simulator_confirmation(vehicle).vehicle == 7

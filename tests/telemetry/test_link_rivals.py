"""Two vehicles with one number at one port: refused before, and kept apart while a flight goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from planner.errors import SettingError
from sim import Simulator, SimulatorSettings, Transport
from telemetry import Vehicle
from telemetry import link as link_module
from telemetry.link import wait_for


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


def serve(stack: ExitStack, port: int, number: int) -> Simulator:
    settings = SimulatorSettings(port=port, transport=Transport.UDP, first_system_id=number, speedup=1.0)
    return stack.enter_context(Simulator(settings))


@pytest.mark.parametrize("number", [None, 1])
def test_two_vehicles_with_one_number_are_refused(stack: ExitStack, free_udp: int, number: int | None) -> None:
    """Without it a command meant for one drone would reach whichever spoke last."""
    serve(stack, free_udp, 1)
    serve(stack, free_udp, 1)
    with pytest.raises(SettingError, match=r"Several vehicles with the number 1 .* from 127.* and 127.*SYSID_THISMAV"):
        Vehicle.connect(f"udpin:127.0.0.1:{free_udp}", system_id=number)


def test_one_that_comes_later_gets_nothing(stack: ExitStack, free_udp: int) -> None:
    """Without it a second drone, switched on in the middle, would be flown with the first one's commands."""
    first = serve(stack, free_udp, 1)
    with Vehicle.connect(f"udpin:127.0.0.1:{free_udp}", system_id=1) as vehicle:
        second = serve(stack, free_udp, 1)
        assert wait_for(lambda: vehicle.link.doubles > 3, 10.0)
        vehicle.set_parameter("RTL_ALT", 4400)
        assert first.vehicles[0].parameters["RTL_ALT"] == 4400
        assert second.vehicles[0].parameters["RTL_ALT"] == 1500


def test_a_vehicle_that_comes_back_from_another_port_is_taken_up(
    stack: ExitStack, free_udp: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a companion computer that restarts its proxy would lose the drone for good."""
    monkeypatch.setattr(link_module, "MOVED_AFTER_S", 0.5)
    first = serve(stack, free_udp, 1)
    with Vehicle.connect(f"udpin:127.0.0.1:{free_udp}", system_id=1) as vehicle:
        first.stop()
        threading.Event().wait(0.6)
        serve(stack, free_udp, 1)
        before = vehicle.state.messages
        assert wait_for(lambda: vehicle.state.messages > before + 2, 10.0)
        vehicle.set_parameter("RTL_ALT", 4400)

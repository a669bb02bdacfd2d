"""The link-fault proxy: what it does to packets, and that the seed decides it."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import LinkError, SettingError
from sim.link_faults import Faults, FaultyLink, Frames, _Direction
from telemetry.address import Address, Way


def packets(count: int) -> list[bytes]:
    sender = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    made = []
    for number in range(count):
        made.append(
            bytes(mavlink.MAVLink_ping_message(number, number, 0, 0).pack(sender, force_mavlink1=number % 3 == 0))
        )
        sender.seq = (sender.seq + 1) % 256
    return made


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(0, 12))
def test_packets_come_out_whole_however_they_are_cut(cuts: list[int], count: int) -> None:
    """A TCP link would lose pieces of packets instead of packets."""
    wanted, frames, data, got = packets(count), Frames(), b"".join(packets(count)), []
    for cut in [*cuts, len(data)]:
        got += frames.feed(data[:cut])
        data = data[cut:]
    assert got == wanted


def fates(faults: Faults, seed: int, count: int = 400) -> list[list[float]]:
    direction = _Direction(faults, random.Random(seed))
    return [direction.dues(50, number * 0.01) for number in range(count)]


def test_the_seed_decides_and_one_fault_does_not_change_another() -> None:
    """A transfer that failed once could not be looked at again."""
    one = fates(Faults(loss=0.3, jitter_s=0.1, duplicate=0.2, reorder=0.2), 5)
    assert one == fates(Faults(loss=0.3, jitter_s=0.1, duplicate=0.2, reorder=0.2), 5)
    assert one != fates(Faults(loss=0.3, jitter_s=0.1, duplicate=0.2, reorder=0.2), 6)
    assert [bool(dues) for dues in one] == [bool(dues) for dues in fates(Faults(loss=0.3), 5)]


def test_shares_are_as_asked() -> None:
    """A test at 30 % loss would prove nothing of 30 %."""
    lost = sum(not dues for dues in fates(Faults(loss=0.3), 1, 4000))
    doubled = sum(len(dues) == 2 for dues in fates(Faults(duplicate=0.2), 1, 4000))
    assert lost == pytest.approx(1200, abs=90)
    assert doubled == pytest.approx(800, abs=80)


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    """A fault that was not asked for would spoil the measure of the one that was."""
    jittered = [dues[0] for dues in fates(Faults(delay_s=0.3, jitter_s=0.1), 2)]
    assert jittered == sorted(jittered)
    late = [due - number * 0.01 for number, due in enumerate(jittered)]
    assert min(late) >= 0.2
    assert max(late) <= 0.4 + 1e-9
    mixed = [dues[0] for dues in fates(Faults(reorder=0.3), 2)]
    assert mixed != sorted(mixed)


def test_bandwidth_is_not_exceeded_and_the_queue_ends() -> None:
    """A slow radio would look like a fast one, or like one with a memory without end."""
    direction = _Direction(Faults(bytes_per_s=1000), random.Random(1))
    dues = [direction.dues(100, 0.0) for _ in range(100)]
    passed = [one[0] for one in dues if one]
    assert passed == pytest.approx([0.1 * (number + 1) for number in range(len(passed))])
    assert passed[-1] <= 2.2
    assert direction.counts.lost == 100 - len(passed)


@pytest.mark.parametrize("wrong", [{"loss": 1.2}, {"delay_s": -1.0}, {"jitter_s": float("nan")}, {"bytes_per_s": -5.0}])
def test_impossible_faults_are_refused(wrong: dict[str, float]) -> None:
    """A typing error would make a link that loses everything, or nothing."""
    with pytest.raises(SettingError):
        Faults(**wrong)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


def udp(stack: ExitStack) -> socket.socket:
    one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    one.bind(("127.0.0.1", 0))
    one.settimeout(5)
    return one


@pytest.mark.parametrize("near", [Way.UDP_IN, Way.TCP])
def test_packets_pass_both_ways_until_the_link_is_cut(stack: ExitStack, near: Way) -> None:
    """A proxy that carries one way only would make every transfer fail."""
    vehicle = udp(stack)
    far = Address(Way.UDP_OUT, "127.0.0.1", vehicle.getsockname()[1])
    link = stack.enter_context(FaultyLink(far, near=Address(near, "127.0.0.1", 0)))
    host, port = link.address.split(":")[1:]
    kind = socket.SOCK_STREAM if near is Way.TCP else socket.SOCK_DGRAM
    station = stack.enter_context(socket.socket(socket.AF_INET, kind))
    station.settimeout(5)
    station.connect((host, int(port)))
    up, down, *_ = packets(4)
    station.send(up)
    data, sender = vehicle.recvfrom(1000)
    assert data == up
    vehicle.sendto(down, sender)
    assert station.recv(1000) == down
    link.cut()
    station.send(up)
    end = time.monotonic() + 5
    while link.up.lost == 0 and time.monotonic() < end:
        time.sleep(0.01)
    assert (link.up.came, link.up.lost) == (2, 1)
    link.mend()
    station.send(down)
    assert vehicle.recv(1000) == down


def test_a_port_that_is_taken_and_a_serial_line_are_told(stack: ExitStack) -> None:
    """The proxy would end in a traceback, or quietly stand beside the link."""
    taken = udp(stack)
    near = Address(Way.UDP_IN, "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(LinkError, match="Cannot listen"):
        FaultyLink(Address.parse("tcp:127.0.0.1:1"), near=near).start()
    with pytest.raises(SettingError, match="not on serial"):
        FaultyLink(Address.parse("/dev/ttyUSB0"))

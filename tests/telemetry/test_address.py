"""Addresses as MAVLink users write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import SettingError
from telemetry.address import Address, Way


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("udp:127.0.0.1:14550", Address(Way.UDP_IN, "127.0.0.1", 14550)),
        ("udpin:0.0.0.0:14550", Address(Way.UDP_IN, "0.0.0.0", 14550)),
        ("udpout:192.168.1.20:14550", Address(Way.UDP_OUT, "192.168.1.20", 14550)),
        ("tcp:localhost:5760", Address(Way.TCP, "localhost", 5760)),
        ("TCP:127.0.0.1:5760", Address(Way.TCP, "127.0.0.1", 5760)),
        ("tcp:[::1]:5760", Address(Way.TCP, "::1", 5760)),
        ("127.0.0.1:14550", Address(Way.UDP_IN, "127.0.0.1", 14550)),
        (" gcs.local:14550 ", Address(Way.UDP_IN, "gcs.local", 14550)),
        ("/dev/ttyUSB0", Address(Way.SERIAL, device="/dev/ttyUSB0", baud=57_600)),
        ("/dev/ttyACM0,115200", Address(Way.SERIAL, device="/dev/ttyACM0", baud=115_200)),
        ("serial:/dev/ttyUSB0:921600", Address(Way.SERIAL, device="/dev/ttyUSB0", baud=921_600)),
        ("serial:/dev/serial/by-id/usb-x,57600", Address(Way.SERIAL, device="/dev/serial/by-id/usb-x", baud=57_600)),
        ("COM3,57600", Address(Way.SERIAL, device="COM3", baud=57_600)),
    ],
)
def test_reads_what_pilots_write(text: str, expected: Address) -> None:
    """Without it a pilot who knows MAVProxy or dronekit could not connect with the words they know."""
    assert Address.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "tcp:",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:0",
        "tcp:127.0.0.1:65536",
        "tcp:127.0.0.1:٣",
        "tcp:::1:5760",
        "http://127.0.0.1:80",
        "udp",
        "mission.waypoints",
        "/dev/ttyUSB0,fast",
        "/dev/ttyUSB0,57600,8",
        "serial:",
        "serial::57600",
        "tcp:a b:5760",
    ],
)
def test_refuses_in_words(text: str) -> None:
    """Without it a slip of the pen would end in a traceback or, worse, in a link to somewhere else."""
    with pytest.raises(SettingError) as caught:
        Address.parse(text)
    assert len(str(caught.value)) > 20


@given(st.text(max_size=40))
def test_any_words_are_an_address_or_a_setting_error(text: str) -> None:
    """Without it some odd words would crash the command line; and what is accepted must read the same again."""
    try:
        address = Address.parse(text)
    except SettingError:
        return
    assert Address.parse(str(address)) == address

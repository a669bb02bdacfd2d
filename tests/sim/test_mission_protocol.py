"""Missions, fences and rally points over the wire: what is taken, what is refused, what is read back."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim_stations import HOME, RETURN, Station, do, place, takeoff, waypoint

from sim.storage import Refused, store

ERROR, UNSUPPORTED, NO_SPACE, INVALID_SEQUENCE, DENIED = 1, 3, 4, 13, 14
INCLUSION, EXCLUSION, CIRCLE_IN, RALLY = 5001, 5002, 5003, 5100


def single(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def test_a_mission_comes_back_as_ardupilot_keeps_it(station: Station) -> None:
    """Qyran's read-back would be tried only against a memory that forgets nothing, which no autopilot has."""
    items = [
        HOME,
        takeoff(30.07),
        waypoint(10, 20, 33.333, delay=2.9),
        do(178, 1, 7.5, -1),
        do(206, 12.5, 9, 1),
        RETURN,
    ]
    assert station.upload(items) == 0
    station.text("Flight plan received")
    back = station.download()
    assert [item.command for item in back] == [16, 22, 16, 178, 206, 20]
    assert back[2].param1 == 2.0
    assert back[2].z == pytest.approx(33.33, abs=1e-4)
    assert (back[2].x, back[2].y) == (items[2][3], items[2][4])
    assert (back[3].param2, back[3].frame) == (7.5, 0)
    assert (back[4].param1, back[4].param2, back[4].param3) == (12.5, 0.0, 1.0)


@given(
    st.floats(-80_000, 80_000, allow_nan=False, width=32),
    st.integers(-900_000_000, 900_000_000),
    st.integers(-1_800_000_000, 1_800_000_000),
)
def test_a_place_is_kept_to_the_centimetre(z: float, x: int, y: int) -> None:
    """Heights would drift by more than the centimetre that the autopilot loses."""
    kept = store(16, 3, (0.0, 0.0, 0.0, 0.0), (x, y, z))
    assert (kept.x, kept.y) == (x, y)
    assert abs(kept.z - z) <= 0.0101 + abs(z) * 1e-6


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ((31_000, 3, (0.0, 0.0, 0.0, 0.0), 0, 0, 10.0), UNSUPPORTED),
        ((16, 1, (0.0, 0.0, 0.0, 0.0), 1, 1, 10.0), 2),
        ((16, 3, (0.0, 0.0, 0.0, 0.0), 910_000_000, 0, 10.0), 10),
        ((16, 3, (0.0, 0.0, 0.0, 0.0), 0, 1_900_000_000, 10.0), 11),
        ((16, 3, (0.0, 0.0, 0.0, 0.0), 0, 0, math.nan), 12),
        ((178, 2, (0.0, math.nan, 0.0, 0.0), 0, 0, 0.0), 7),
        ((177, 2, (40.0, 1.0, 0.0, 0.0), 0, 0, 0.0), ERROR),
    ],
)
def test_what_cannot_be_flown_is_refused(station: Station, item, answer: int) -> None:
    """An item the vehicle does not know would be loaded without a word and left out in flight."""
    assert station.upload([HOME, item]) == answer


def test_stores_have_limits(station: Station) -> None:
    """A mission that is too long would be tried out here and refused only in the field."""
    for kind, limit in ((0, 650), (1, 70), (2, 46)):
        station.mav.mission_count_send(station.target, 1, limit + 1, kind)
        assert station.wait("MISSION_ACK").type == NO_SPACE
        station.text(f"Only {limit} items are supported")


def test_items_out_of_order_and_from_others_are_refused(station: Station) -> None:
    """Two ground stations would mix their missions into one."""
    station.mav.mission_count_send(station.target, 1, 2, 0)
    station.wait("MISSION_REQUEST")
    station.mav.mission_item_int_send(station.target, 1, 1, 3, 16, 0, 1, 0, 0, 0, 0, 0, 0, 5, 0)
    assert station.wait("MISSION_ACK").type == INVALID_SEQUENCE
    station.mav.srcSystem = 77
    station.mav.mission_count_send(station.target, 1, 1, 0)
    assert station.wait("MISSION_ACK").type == DENIED
    station.mav.srcSystem = 255
    station.mav.mission_request_list_send(station.target, 1, 0)
    assert station.wait("MISSION_ACK").type == DENIED


def test_an_upload_that_stops_is_asked_for_again_and_then_given_up(station: Station) -> None:
    """A lost message would leave the vehicle waiting for ever."""
    station.mav.mission_count_send(station.target, 1, 3, 0)
    for _ in range(3):
        assert station.wait("MISSION_REQUEST", seconds=3).seq == 0
    assert station.wait("MISSION_ACK", seconds=12).type == 15
    station.text("Mission upload timeout")


def test_old_float_items_are_taken_and_given(station: Station) -> None:
    """dronekit's own mission upload, which sends floats, would fail."""
    station.mav.mission_count_send(station.target, 1, 2, 0)
    lat, lon = place(100, 50)
    for seq in range(2):
        station.wait("MISSION_REQUEST")
        station.mav.mission_item_send(station.target, 1, seq, 3, 16, 0, 1, 0, 0, 0, 0, lat / 1e7, lon / 1e7, 20, 0)
    assert station.wait("MISSION_ACK").type == 0
    station.text("got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
    back = station.download()[1]
    assert abs(back.x - lat) < 60 and abs(back.y - lon) < 60
    station.mav.mission_request_send(station.target, 1, 1, 0)
    old = station.wait("MISSION_ITEM")
    assert old.x == pytest.approx(lat / 1e7, abs=1e-5) and old.z == 20.0


def test_part_of_a_mission_is_replaced_and_all_of_it_cleared(station: Station) -> None:
    """Changing one waypoint would need the whole mission again, or leave remains of the old one."""
    station.upload([HOME, takeoff(10), waypoint(10, 0, 10), waypoint(20, 0, 10), RETURN])
    station.mav.mission_write_partial_list_send(station.target, 1, 2, 2, 0)
    assert station.wait("MISSION_REQUEST").seq == 2
    command, frame, params, x, y, z = waypoint(99, 0, 15)
    station.mav.mission_item_int_send(station.target, 1, 2, frame, command, 0, 1, *params, x, y, z, 0)
    assert station.wait("MISSION_ACK").type == 0
    back = station.download()
    assert len(back) == 5 and back[2].x == x and back[2].z == 15.0
    station.mav.mission_clear_all_send(station.target, 1, 0)
    assert station.wait("MISSION_ACK").type == 0
    assert station.download() == []


def fence_item(command: int, number: float, north: float, east: float):
    return command, 0, (number, 0.0, 0.0, 0.0), *place(north, east), 0.0


def test_fence_and_rally_points_are_stored_apart(station: Station) -> None:
    """A fence would overwrite the mission, or a rally point be taken for a waypoint."""
    square = [fence_item(INCLUSION, 4, n, e) for n, e in ((-50, -50), (-50, 50), (50, 50), (50, -50))]
    fence = [*square, fence_item(CIRCLE_IN, 80.5, 0, 0)]
    rally = [(RALLY, 3, (0.0, 0.0, 0.0, 0.0), *place(20, 20), 25.7)]
    assert station.upload([HOME, takeoff(10)], 0) == 0
    assert station.upload(fence, 1) == 0
    assert station.upload(rally, 2) == 0
    assert [item.command for item in station.download(1)] == [INCLUSION] * 4 + [CIRCLE_IN]
    assert station.download(1)[4].param1 == single(80.5)
    point = station.download(2)[0]
    assert (point.command, point.frame, point.z) == (RALLY, 3, 25.0)
    assert len(station.download(0)) == 2
    assert station.upload(square[:3], 1) == ERROR, "a polygon that says four corners and has three"
    assert len(station.download(1)) == 5, "the old fence stays when the new one is not whole"


@given(st.integers(0, 70_000), st.integers(0, 12), st.lists(st.floats(width=32), min_size=5, max_size=5))
def test_no_item_breaks_the_store(command: int, frame: int, numbers: list[float]) -> None:
    """A mission file with nonsense in it would end the simulation instead of being refused."""
    try:
        kept = store(command, frame, (numbers[0], numbers[1], numbers[2], numbers[3]), (5, -5, numbers[4]))
    except Refused as refusal:
        assert 1 <= refusal.result <= 15
    else:
        assert all(math.isfinite(value) for value in (kept.p1, kept.p2, kept.p3, kept.p4, kept.z))

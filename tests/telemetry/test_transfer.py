"""Missions to and from a vehicle: whole, verified, or a reason."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from missions.compare import differences
from missions.items import Mission
from planner.errors import LinkLostError, NotConfirmedError, TransferError
from telemetry import Confirmation, Vehicle, download, item_protocol, load, upload


def word(vehicle: Vehicle) -> Confirmation:
    """A named person's word, given now."""
    return Confirmation("a test", vehicle.system_id, "load", datetime.now(UTC))


def test_what_was_loaded_is_what_the_vehicle_holds(peer, mission) -> None:
    """Without it mission, fence or rally points could differ from the plan, and “loaded” would be a hope."""
    steps = []
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        report = load(
            vehicle,
            mission,
            lambda done, total, message: steps.append((done, total, message)),
            confirmation=word(vehicle),
        )
        assert vehicle.loaded == mission
        assert (report.mission_items, report.fence_items, report.rally_items, report.repeats) == (9, 8, 1, 0)
        back = download(vehicle)
    assert differences(mission, back) == ()
    assert back.items[3] == mission.items[3]
    assert steps[-1][:2] == (36, 36)
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)


def test_degrees_travel_as_integers(peer, mission) -> None:
    """Without it 32-bit floats would move each waypoint by up to a metre."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        upload(vehicle, mission, confirmation=word(vehicle))
    sent = [one for one in peer.heard if one.get_type().startswith("MISSION_ITEM") and not one.mission_type]
    assert {one.get_type() for one in sent} == {"MISSION_ITEM_INT"}
    assert (sent[3].x, sent[3].y) == (mission.items[3].x, mission.items[3].y)


def test_an_empty_fence_takes_the_old_one_away(peer, mission) -> None:
    """Without it yesterday's fence would stay in the vehicle and stop today's patrol."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        load(vehicle, mission, confirmation=word(vehicle))
        load(vehicle, Mission(mission.items), confirmation=word(vehicle))
        assert download(vehicle).fence.polygons == ()
    assert peer.items[1, 1] == []


@pytest.mark.parametrize("seed", [1, 2])
def test_finishes_where_every_third_packet_is_lost(new_peer, many_items, seed: int) -> None:
    """Without it a patrol could not be loaded at the edge of the radio's reach."""
    mission = many_items(25)
    with new_peer(1, loss=0.3, seed=seed) as peer, Vehicle.connect(peer.address, system_id=1) as vehicle:
        report = load(vehicle, mission, confirmation=word(vehicle))
        assert report.repeats > 5
        assert vehicle.loaded == mission
    assert [one.seq for one in peer.items[1, 0]] == list(range(25))


def test_an_item_that_came_out_different_is_named(peer, mission) -> None:
    """Without it a drone would fly to a place that nobody planned."""

    def spoil(item) -> None:
        if item.seq == 5 and item.mission_type == 0:
            item.x += 1000

    peer.spoil = spoil
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        with pytest.raises(TransferError, match="5"):
            load(vehicle, mission, confirmation=word(vehicle))
        assert vehicle.loaded is None


def test_a_refused_item_is_named_with_the_cause(peer, mission) -> None:
    """Without it the pilot would not know which item to change."""

    def refuse(item) -> None:
        if item.seq == 4:
            peer._ack(1, 0, 3)  # MAV_MISSION_UNSUPPORTED
            peer.counts[1, 0] = 0

    peer.spoil = refuse
    with Vehicle.connect(peer.address, system_id=1) as vehicle, pytest.raises(TransferError) as caught:
        upload(vehicle, mission, confirmation=word(vehicle))
    assert "item 4 of 9" in str(caught.value)
    assert "DO_SET_CAM_TRIGG_DIST" in str(caught.value)


def test_a_vehicle_that_falls_silent_ends_the_transfer_in_bounded_time(peer, mission, monkeypatch) -> None:
    """Without it the progress bar would stand for ever."""
    monkeypatch.setattr(item_protocol, "SILENCE_S", 0.8)

    def fall_silent(item) -> None:
        if item.seq == 2:
            peer.silent.set()

    peer.spoil = fall_silent
    with Vehicle.connect(peer.address, system_id=1) as vehicle, pytest.raises(TransferError, match="has not answered"):
        upload(vehicle, mission, confirmation=word(vehicle))


def test_nothing_is_sent_to_a_vehicle_that_is_out_of_reach(peer, mission) -> None:
    """Without it a load would begin on a state of long ago."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        peer.silent.set()
        threading.Event().wait(3.2)
        with pytest.raises(LinkLostError):
            load(vehicle, mission, confirmation=word(vehicle))
    assert not [one for one in peer.heard if one.get_type() == "MISSION_COUNT"]


def test_stopped_half_way_leaves_no_half_mission(peer, many_items) -> None:
    """Without it a drone could fly the first half of a new patrol and the second of the old one."""
    stop = threading.Event()

    def watch(item) -> None:
        if item.seq == 20:
            stop.set()

    peer.spoil = watch
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        with pytest.raises(TransferError, match="now holds no mission"):
            load(vehicle, many_items(60), should_stop=stop, confirmation=word(vehicle))
        assert vehicle.loaded is None
        assert download(vehicle).items == ()


def test_a_real_vehicles_mission_is_not_touched_without_a_word(peer, mission) -> None:
    """Without it a slip of the keyboard would wipe the mission, fence and rally points of a drone about to fly."""
    with Vehicle.connect(peer.address, system_id=1) as vehicle:
        for call in (load, upload):
            with pytest.raises(NotConfirmedError, match="real"):
                call(vehicle, mission)
        old = Confirmation("a test", 1, "load", datetime.now(UTC) - timedelta(seconds=61))
        with pytest.raises(NotConfirmedError, match="61 s old"):
            load(vehicle, mission, confirmation=old)
        with pytest.raises(NotConfirmedError, match="vehicle 7"):
            load(vehicle, mission, confirmation=Confirmation("a test", 7, "load", datetime.now(UTC)))
    assert not [one for one in peer.heard if one.get_type().startswith("MISSION_")]

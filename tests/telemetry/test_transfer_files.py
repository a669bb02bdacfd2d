"""Missions as files over MAVLink FTP, to the embedded simulator: fast, whole, verified, or a reason."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymavlink.mavftp import MAVFTP

from missions.compare import differences
from missions.items import Mission, MissionItem
from planner.errors import LinkError, TransferError
from sim import Simulator, SimulatorSettings
from sim.link_faults import Faults, FaultyLink
from telemetry import Confirmation, Vehicle, download, load
from telemetry.address import Address, Way
from telemetry.carrier import Manner
from telemetry.ftp import client as ftp_client
from telemetry.ftp.client import FileClient, NoSuchFileError, RefusedFileError
from telemetry.ftp.mission_file import HEADER, PATHS, commit, pack_items, size_of, uncommitted, unpack_items
from telemetry.ftp.parameter_file import PATH, unpack_parameters
from telemetry.pace import Pace
from telemetry.progress import StoppedTransferError, StopWhen

Many = Callable[[int], Mission]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(SimulatorSettings(port=0, speedup=1.0)) as one:
        yield one


@pytest.fixture
def vehicle(simulator: Simulator) -> Iterator[Vehicle]:
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as one:
        yield one


def word() -> Confirmation:
    return Confirmation("a test", 1, "load", datetime.now(UTC))


def whole(many: Many, small: Mission, count: int) -> Mission:
    return Mission(many(count).items, small.fence, small.rally)


def moved(mission: Mission, index: int, by: int = 50) -> Mission:
    items = list(mission.items)
    items[index] = replace(items[index], x=items[index].x + by)
    return Mission(tuple(items), mission.fence, mission.rally)


def test_a_mission_goes_as_a_file_and_is_read_back(vehicle: Vehicle, many_items: Many, mission: Mission) -> None:
    """Without it loading a long patrol would take ten times as long, or “loaded” would be a hope."""
    steps: list[tuple[int, int, str]] = []
    wanted = whole(many_items, mission, 600)
    report = load(vehicle, wanted, lambda *step: steps.append(step))
    assert (report.manner, report.sent_items) == (Manner.FILES, 609)
    assert report.repeats < 50  # none at all, where the machine is not busy
    assert vehicle.loaded == wanted
    assert differences(wanted, download(vehicle, manner=Manner.ITEMS)) == ()
    assert steps[-1][:2] == (1218, 1218)
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)


def test_only_what_changed_is_sent(vehicle: Vehicle, many_items: Many, mission: Mission) -> None:
    """Without it a corrected waypoint would cost the whole mission's time on a slow radio."""
    first = whole(many_items, mission, 100)
    load(vehicle, first)
    for manner in Manner:
        second = moved(first, 40, 50 if manner is Manner.FILES else 90)
        report = load(vehicle, second, manner=manner)
        assert (report.sent_items, report.manner) == (1, manner)
        assert differences(second, download(vehicle)) == ()
    assert load(vehicle, second).sent_items == 0


def test_a_mission_that_another_one_changed_is_loaded_whole(
    simulator: Simulator, vehicle: Vehicle, many_items: Many, mission: Mission
) -> None:
    """Without it one item would be put into somebody else's mission, and flown."""
    first = whole(many_items, mission, 100)
    load(vehicle, first)
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as other:
        load(other, moved(moved(first, 70), 20))
    second = moved(first, 40)
    assert load(vehicle, second).sent_items > 100
    assert differences(second, download(vehicle)) == ()


def test_a_refused_item_is_named_though_a_file_names_none(vehicle: Vehicle, many_items: Many, mission: Mission) -> None:
    """Without it the pilot would hear that a file was refused, and not which of 100 items to change."""
    load(vehicle, mission)
    bad = list(many_items(100).items)
    bad[60] = replace(bad[60], x=950_000_000)
    with pytest.raises(TransferError, match=r"item 60 of 100.*latitude invalid.*now holds no mission"):
        load(vehicle, Mission(tuple(bad), mission.fence, mission.rally))
    assert vehicle.loaded is None
    assert len(download(vehicle).items) <= 1


def test_stopped_before_the_file_is_whole_the_old_mission_stays(
    vehicle: Vehicle, many_items: Many, mission: Mission
) -> None:
    """Without it a person who stops a load would not know what the drone will fly."""
    load(vehicle, mission)
    asked = 0

    def on_the_tenth() -> bool:
        nonlocal asked
        asked += 1
        return asked > 10

    longer = Mission(many_items(500).items, mission.fence, mission.rally)
    with pytest.raises(StoppedTransferError, match="keeps its old mission, fence and rally points"):
        # The fence and rally points are as they were, so the mission is what is stopped.
        vehicle.loaded = Mission((), mission.fence, mission.rally)
        load(vehicle, longer, should_stop=on_the_tenth)
    assert vehicle.loaded is None
    assert differences(mission, download(vehicle)) == ()


def test_stopping_is_heard_at_once(vehicle: Vehicle, many_items: Many) -> None:
    """Without it a person would wait for a transfer that is no longer wanted."""
    left = iter(range(40))
    with pytest.raises(StoppedTransferError):
        load(vehicle, many_items(300), should_stop=StopWhen(lambda: next(left, None) is None))


def test_a_file_without_its_last_step_changes_nothing(vehicle: Vehicle, many_items: Many, mission: Mission) -> None:
    """Without it a link that breaks at the end of a load could leave a mission whose last item is half written."""
    load(vehicle, mission)
    client = FileClient(vehicle.link, Pace(1.0))
    client.write(PATHS[0], uncommitted(pack_items(many_items(50).items, 0, target=(1, 1))))
    assert differences(mission, download(vehicle)) == ()


def test_a_vehicle_that_says_so_and_has_no_files_is_loaded_item_by_item(new_peer, mission, monkeypatch) -> None:
    """Without it firmware without these files could not be loaded at all."""
    monkeypatch.setattr(ftp_client, "ANSWER_S", 0.3)
    with new_peer(1) as peer, Vehicle.connect(peer.address, system_id=1) as vehicle:
        report = load(vehicle, mission, confirmation=word(), manner=Manner.FILES)
        assert report.manner is Manner.ITEMS
        assert vehicle.has_files is False
        assert vehicle.loaded == mission


def test_refusals_are_told_in_words(vehicle: Vehicle) -> None:
    """Without it a missing file or a file that may not be written would end in a number."""
    client = FileClient(vehicle.link, Pace(1.0))
    with pytest.raises(NoSuchFileError, match="no such file"):
        client.read("@MISSION/nothing.dat")
    with pytest.raises(NoSuchFileError, match="no such file"):
        client.write(PATH, b"x")


def test_another_ground_stations_open_file_is_waited_for(
    simulator: Simulator, vehicle: Vehicle, mission: Mission, monkeypatch
) -> None:
    """Without it a ground station that died in the middle would keep everybody else from loading."""
    load(vehicle, mission)
    with (
        Vehicle.connect(simulator.addresses[0].address, system_id=1) as other,
        other.link.inbox("FILE_TRANSFER_PROTOCOL") as inbox,
    ):
        dead = FileClient(other.link, Pace(1.0))
        dead._open(inbox, PATHS[0], ftp_client.Op.CREATE)
        monkeypatch.setattr(ftp_client, "BUSY_WAITS", 0)
        with pytest.raises(RefusedFileError, match="another ground station"):
            FileClient(vehicle.link, Pace(1.0)).read(PATHS[0])
        monkeypatch.setattr(ftp_client, "BUSY_WAITS", 2)
        data = FileClient(vehicle.link, Pace(1.0)).read(PATHS[0], size_of)
    assert len(unpack_items(data, 0)) == len(mission.items)


def test_the_vehicles_checksum_is_that_of_the_file(vehicle: Vehicle, mission: Mission) -> None:
    """Without it a file could not be told from another without reading it."""
    load(vehicle, mission)
    client = FileClient(vehicle.link, Pace(1.0))
    data = client.read(PATHS[0], size_of)
    assert client.crc32(PATHS[0]) == ftp_client.vehicle_crc32(data)


def test_parameters_are_unpacked_as_pymavlink_unpacks_them(vehicle: Vehicle) -> None:
    """Without it a value could be taken for another parameter's."""
    data = FileClient(vehicle.link, Pace(1.0)).read(PATH)
    ours = {one.name: one.value for one in unpack_parameters(data)}
    theirs = {name.decode(): value for name, value, _ in MAVFTP.ftp_param_decode(data).params}
    assert ours == theirs
    assert ours["RTL_ALT"] == 1500
    assert len(ours) > 300


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
whole_numbers = st.integers(-(2**31), 2**31 - 1)
any_item = st.builds(
    MissionItem,
    st.sampled_from([16, 22, 178, 206]),
    st.sampled_from([0, 3, 10]),
    st.tuples(numbers, numbers, numbers, numbers),
    whole_numbers,
    whole_numbers,
    numbers,
    st.booleans(),
)


@settings(max_examples=30)
@given(st.lists(any_item, max_size=20), st.integers(0, 400))
def test_items_come_out_of_a_file_as_they_went_in(items: list[MissionItem], first: int) -> None:
    """Without it the read-back would compare something else than what the vehicle was sent."""
    data = pack_items(items, 0, first=first, target=(1, 1))
    assert unpack_items(data, 0) == items
    assert size_of(data[: HEADER.size]) == len(data)
    assert commit(data) + uncommitted(data)[HEADER.size :] == data


shares = st.sampled_from([0.0, 0.1, 0.3])
faults = st.builds(
    Faults,
    loss=shares,
    delay_s=st.sampled_from([0.0, 0.02, 0.1]),
    jitter_s=st.sampled_from([0.0, 0.05]),
    duplicate=shares,
    reorder=shares,
)


BadWay = tuple[Faults, Faults, int]
"""Faults up, faults down, seed."""
ways = st.tuples(faults, faults, st.integers(0, 1000))


def try_load(simulator: Simulator, wanted: Mission, bad: BadWay, manner: Manner) -> str:
    """Load over a link with faults, and look from the other side what is there."""
    up, down, seed = bad
    with FaultyLink(Address.parse(simulator.addresses[0].address), up=up, down=down, seed=seed) as way:
        try:
            with Vehicle.connect(way.address, system_id=1, timeout_s=20) as vehicle:
                load(vehicle, wanted, confirmation=word(), manner=manner)
                said = "loaded"
        except (TransferError, LinkError) as error:
            said = str(error)
    with Vehicle.connect(simulator.addresses[0].address, system_id=1) as vehicle:
        there = download(vehicle, manner=Manner.ITEMS)
    same = differences(wanted, there) == ()
    if said == "loaded":
        assert same, f"said to be loaded, and is not: {differences(wanted, there)[:2]}"
    if "now holds no mission" in said:
        assert len(there.items) <= 1
    return said


@pytest.mark.parametrize("manner", [Manner.FILES, pytest.param(Manner.ITEMS, marks=pytest.mark.long)])
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(bad=ways)
def test_nothing_is_reported_that_is_not_there(
    simulator: Simulator, many_items: Many, mission: Mission, manner: Manner, bad: BadWay
) -> None:
    """Without it a bad radio could make a mission of two halves that Qyran calls loaded."""
    assert try_load(simulator, whole(many_items, mission, 12), bad, manner)


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(bad=ways, manner=st.sampled_from(list(Manner)), count=st.integers(5, 80))
def test_nothing_is_reported_that_is_not_there_at_any_fault(  # noqa: PLR0917
    simulator: Simulator, many_items: Many, mission: Mission, bad, manner, count
) -> None:
    """Without it a bad radio could make a mission of two halves that Qyran calls loaded."""
    assert try_load(simulator, whole(many_items, mission, count), bad, manner)


@pytest.mark.parametrize(
    "loss", [pytest.param(0.1, marks=pytest.mark.long), 0.3, pytest.param(0.5, marks=pytest.mark.long)]
)
def test_600_items_arrive_whole_where_packets_are_lost(
    simulator: Simulator, many_items: Many, mission: Mission, loss: float
) -> None:
    """Without it a patrol could not be loaded at the edge of the radio's reach."""
    fault = Faults(loss=loss)
    assert (
        try_load(simulator, whole(many_items, mission, 600 if loss < 0.5 else 60), (fault, fault, 3), Manner.FILES)
        == "loaded"
    )


@pytest.mark.long
@pytest.mark.parametrize("loss", [0.0, 0.1, 0.3, 0.5])
def test_600_items_over_a_long_way_that_doubles_and_reorders(
    simulator: Simulator, many_items: Many, mission: Mission, loss: float
) -> None:
    """Without it a satellite link or a mesh would never load a long patrol."""
    fault = Faults(loss=loss, delay_s=0.3, jitter_s=0.1, duplicate=0.2, reorder=0.2)
    said = try_load(simulator, whole(many_items, mission, 600), (fault, fault, 3), Manner.FILES)
    assert said == "loaded" or (loss == 0.5 and "has not answered" in said)


def test_a_link_that_is_cut_ends_the_load_in_bounded_time(
    simulator: Simulator, many_items: Many, mission: Mission, monkeypatch
) -> None:
    """Without it the progress bar would stand for ever, or a half mission would be called loaded."""
    monkeypatch.setattr(ftp_client, "SILENCE_S", 0.6)
    monkeypatch.setattr("telemetry.carrier.LEAVING_S", 0.5)
    with (
        FaultyLink(Address.parse(simulator.addresses[0].address)) as way,
        Vehicle.connect(way.address, system_id=1) as vehicle,
    ):
        load(vehicle, mission)
        done = threading.Event()

        def cut(count: int, _total: int, _message: str) -> None:
            if count > 100:
                way.cut()
                done.set()

        with pytest.raises(TransferError, match=r"has not answered.*(not known|keeps its old)"):
            load(vehicle, Mission(many_items(500).items, mission.fence, mission.rally), cut)
        assert done.is_set()
        assert vehicle.loaded is None


def test_two_vehicles_on_one_way_get_each_their_own(many_items: Many, mission: Mission, free_udp: int) -> None:
    """Without it one drone would fly the other's patrol."""
    near = Address(Way.UDP_OUT, "127.0.0.1", free_udp)
    with (
        Simulator(SimulatorSettings(port=0, first_system_id=1)) as one,
        Simulator(SimulatorSettings(port=0, first_system_id=2)) as other,
        FaultyLink(Address.parse(one.addresses[0].address), near=near),
        FaultyLink(Address.parse(other.addresses[0].address), near=near),
    ):
        with Vehicle.connect(f"udpin:127.0.0.1:{free_udp}", system_id=2) as second:
            load(second, whole(many_items, mission, 40))
        with Vehicle.connect(f"udpin:127.0.0.1:{free_udp}", system_id=1) as first:
            assert len(download(first).items) <= 1
            load(first, mission)
        with Vehicle.connect(other.addresses[0].address, system_id=2) as second:
            assert differences(whole(many_items, mission, 40), download(second)) == ()

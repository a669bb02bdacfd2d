"""Loading a mission and reading it back: as files, item by item, and by a peer; parameters; bad links.

Run as ``python tests/benchmarks/transfer.py``: on ArduPilot SITL (instance 124), at its own speed. ``--smoke`` uses the
embedded simulator and few items, to see that it runs. The goal is three times the item protocol's rate on the same
vehicle, read-back included, all parameters within 2 s, and an end at 30 % loss. The peer answers the vehicle's requests
one by one and then asks for each item, with pymavlink, as the ground stations in Python do.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymavlink import mavutil

from missions.items import Mission
from planner.errors import MissingPartError, TransferError
from sim import Simulator, SimulatorSettings
from sim.link_faults import Faults, FaultyLink
from sim.sitl import Sitl, SitlSettings, find_sitl
from telemetry import Vehicle, load
from telemetry.address import Address
from telemetry.carrier import Manner
from telemetry.clock import utc_now
from telemetry.confirmation import Confirmation
from telemetry.parameter_list import read_parameters

INSTANCE = 124
GOAL = 3.0
BAD_LINKS = {
    "10 % lost": Faults(loss=0.1),
    "30 % lost": Faults(loss=0.3),
    "50 % lost": Faults(loss=0.5),
    "300 ± 100 ms": Faults(delay_s=0.3, jitter_s=0.1),
    "300 ± 100 ms, 20 % doubled, 20 % reordered": Faults(delay_s=0.3, jitter_s=0.1, duplicate=0.2, reorder=0.2),
    "5760 bytes/s": Faults(delay_s=0.05, bytes_per_s=5760),
}


def missions(count: int) -> Mission:
    """The tests' long mission, with the small one's fence and rally points."""
    path = Path(__file__).parents[1] / "telemetry" / "conftest.py"
    spec = importlib.util.spec_from_file_location("telemetry_conftest", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    small = module.small_mission()
    return Mission(module.long_mission(count).items, small.fence, small.rally)


def ours(vehicle: Vehicle, mission: Mission, manner: Manner) -> tuple[float, float]:
    """Seconds up and back."""
    vehicle.loaded = None
    report = load(vehicle, mission, manner=manner)
    assert report.manner is manner
    return report.upload_s, report.read_back_s


def peer(address: str, mission: Mission) -> tuple[float, float]:
    """The same items by pymavlink alone: seconds up and back."""
    link: Any = mavutil.mavlink_connection(address, source_system=255, source_component=190)
    link.wait_heartbeat(timeout=10)
    target, mav, began = (link.target_system, 1), link.mav, time.monotonic()
    mav.mission_count_send(*target, len(mission.items), 0)
    while (message := link.recv_match(type=["MISSION_REQUEST", "MISSION_ACK"], blocking=True, timeout=5)) is not None:
        if message.get_type() == "MISSION_ACK":
            break
        one, seq = mission.items[message.seq], message.seq
        place = (one.x, one.y, one.z, 0)
        mav.mission_item_int_send(*target, seq, one.frame, one.command, 0, 1, *one.params, *place)
    up = time.monotonic()
    mav.mission_request_list_send(*target, 0)
    total = link.recv_match(type="MISSION_COUNT", blocking=True, timeout=5).count
    for seq in range(total):
        mav.mission_request_int_send(*target, seq, 0)
        answer = link.recv_match(type="MISSION_ITEM_INT", blocking=True, timeout=5)
        assert answer is not None and answer.seq == seq
    mav.mission_ack_send(*target, 0, 0)
    link.close()
    return up - began, time.monotonic() - up


def tell(what: str, count: int, times: tuple[float, float]) -> float:
    """Print one line; the rate of all, items a second."""
    up_s, back_s = times
    rate = count / (up_s + back_s)
    print(f"{what:30} up {up_s:6.2f} s ({count / up_s:6.0f}/s)  back {back_s:6.2f} s  together {rate:6.0f} items/s")
    return rate


def over(address: str, fault: Faults, mission: Mission) -> str:
    """Loading over a bad link, in words."""
    began = time.monotonic()
    with FaultyLink(Address.parse(address), up=fault, down=fault, seed=1) as way:
        try:
            with Vehicle.connect(way.address, system_id=1) as vehicle:
                connected = time.monotonic()
                word = Confirmation("a benchmark", 1, "load", utc_now())
                report = load(vehicle, mission, confirmation=word)
        except TransferError as error:
            return f"failed after {time.monotonic() - began:.1f} s: {error}"
    return f"{time.monotonic() - connected:6.1f} s, {report.repeats} repeats, by {report.manner.value}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="embedded simulator, few items")
    smoke = parser.parse_args().smoke
    count = 60 if smoke else 600
    mission = missions(count)
    with ExitStack() as stack:
        try:
            if smoke:
                raise MissingPartError("smoke")
            print(f"on {find_sitl()}")
            sitl = stack.enter_context(Sitl(SitlSettings(instance=INSTANCE)))
            sitl.wait_ready()
            address = sitl.address
        except MissingPartError as error:
            print(f"on the embedded simulator, whose answers take no time ({error})")
            address = stack.enter_context(Simulator(SimulatorSettings(port=0))).addresses[0].address
        with Vehicle.connect(address, system_id=1) as vehicle:
            items = tell("ours, item by item", count, ours(vehicle, mission, Manner.ITEMS))
            files = tell("ours, as files", count, ours(vehicle, mission, Manner.FILES))
            moved = replace(mission.items[20], x=mission.items[20].x + 90)
            changed = Mission((*mission.items[:20], moved, *mission.items[21:]), mission.fence, mission.rally)
            report = load(vehicle, changed)
            tell(f"one item changed, {report.sent_items} sent", count, (report.upload_s, report.read_back_s))
            found = read_parameters(vehicle)
            print(f"{len(found.parameters)} parameters in {found.took_s:.2f} s as a file")
            if not smoke:
                listed = read_parameters(vehicle, manner=Manner.ITEMS)
                print(f"{len(listed.parameters)} parameters in {listed.took_s:.2f} s as a list")
        theirs = tell("peer (pymavlink, one by one)", count, peer(address, mission))
        print(f"files are {files / items:.1f} × our item protocol, {files / theirs:.1f} × the peer's (goal {GOAL:g})")
        for name, fault in list(BAD_LINKS.items())[: 1 if smoke else None]:
            print(f"{name:45} {over(address, fault, mission)}")


if __name__ == "__main__":
    main()

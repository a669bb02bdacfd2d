"""Files of ours in programs that others wrote: pymavlink's loaders, and MAVProxy on a vehicle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from missions.compare import differences
from missions.contents import Contents
from missions.convert import converted
from missions.items import Fence, FenceCircle, FencePolygon, Mission, MissionItem, RallyPoint
from planner.quantities import LonLat

HOME = MissionItem(16, 0, x=432380000, y=769450000, z=820.0)


def at(north: int, east: int, command: int = 16) -> MissionItem:
    return MissionItem(command, 3, x=432380000 + north, y=769450000 + east, z=40.25)


def corner(north: float, east: float) -> LonLat:
    return LonLat(76.945 + east, 43.238 + north)


INSIDE = FencePolygon(
    tuple(corner(*c) for c in ((-0.01, -0.01), (-0.01, 0.01), (0.01, 0.01), (0.01, -0.01))), inclusion=True
)
OUTSIDE = FencePolygon(tuple(corner(*c) for c in ((0.004, 0.004), (0.004, 0.005), (0.005, 0.005))), inclusion=False)
MISSION = Mission(
    (
        HOME,
        MissionItem(22, 3, z=40.0),
        MissionItem(178, 2, (1.0, 7.5, -1.0, 0.0)),
        at(10_000, 0),
        MissionItem(206, 2, (12.5, 0.0, 1.0, 0.0)),
        at(10_000, 10_000, 82),
        MissionItem(1000, 2, (-45.0, 0.0, 0.0, 0.0)),
        MissionItem(177, 2, (3.0, 2.0, 0.0, 0.0)),
        MissionItem(20, 2),
    ),
    Fence((INSIDE, OUTSIDE), (FenceCircle(corner(-0.004, -0.004), 25.0, inclusion=False),)),
    (RallyPoint(corner(0.001, 0.001), 35.0), RallyPoint(corner(-0.001, 0.001), 40.0)),
)


def write(mission: Mission, target: Path) -> None:
    for place, text in converted(Contents(mission), target, "test").files:
        place.write_bytes(text if isinstance(text, bytes) else text.encode())


OLD_LOADERS = """
import json, sys
from pymavlink import mavwp
fence, rally = mavwp.MAVFenceLoader(), mavwp.MAVRallyLoader()
fence.load(sys.argv[1]), rally.load(sys.argv[2])
out = [[[p.lat, p.lng] for p in fence.points], [[p.lat, p.lng, p.alt] for p in rally.rally_points]]
for loader, path in ((mavwp.MissionItemProtocol_Fence, sys.argv[1]), (mavwp.MissionItemProtocol_Rally, sys.argv[2])):
    made = loader(target_system=1, target_component=1)
    made.load(path)
    out.append([[w.command, w.param1, w.x, w.y] for w in made.wpoints])
print(json.dumps(out))
"""


def test_pymavlink_loads_old_fence_and_rally_lists(tmp_path: Path) -> None:
    """fence load and rally load of an older station would take another place, or nothing."""
    old = Mission((), Fence((INSIDE,), return_point=corner(0, 0)), MISSION.rally)
    write(old, tmp_path / "m.fen")
    write(old, tmp_path / "m.ral")
    command = [sys.executable, "-c", OLD_LOADERS, str(tmp_path / "m.fen"), str(tmp_path / "m.ral")]
    done = subprocess.run(command, env={**os.environ, "MAVLINK20": "1"}, capture_output=True, check=True)
    points, rally, fence_items, rally_items = json.loads(done.stdout)
    corners = [corner(0, 0), *INSIDE.vertices, INSIDE.vertices[0]]
    assert points == [[pytest.approx(place.lat, abs=2e-6), pytest.approx(place.lon, abs=4e-6)] for place in corners]
    assert [point[2] for point in rally] == [35, 40]
    assert [(item[0], item[1]) for item in fence_items] == [(5000, 0.0), *[(5001, 4.0)] * 4]
    for item, point in zip(rally_items, MISSION.rally, strict=True):
        assert item[0] == 5100
        assert item[2:] == [round(point.position.lat * 1e7), round(point.position.lon * 1e7)]


def test_mavproxy_loads_our_files_into_a_vehicle(tmp_path: Path) -> None:
    """A pilot with MAVProxy would load another mission, fence or rally points than Qyran wrote."""
    from sim import Simulator, SimulatorSettings
    from telemetry import Vehicle, download

    program = shutil.which("mavproxy.py", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("MAVProxy is not installed in this environment")
    write(MISSION, tmp_path / "m.waypoints")
    with Simulator(SimulatorSettings(port=0, speedup=5.0)) as simulator, (tmp_path / "said.txt").open("wb") as said:
        address = simulator.addresses[0].address
        arguments = [
            *(f"--master={address}", "--source-system=254", "--default-modules=wp,fence,rally"),
            *(f"--state-basedir={tmp_path}", "--aircraft=test"),
        ]
        proxy = subprocess.Popen(
            [sys.executable, "-u", program, *arguments],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, "MAVLINK20": "1"},
        )
        try:
            assert proxy.stdin is not None
            with Vehicle.connect(address) as vehicle:
                for kind, suffix in (("wp", "waypoints"), ("fence", "fence"), ("rally", "rally")):
                    proxy.stdin.write(f"{kind} load {tmp_path / f'm.{suffix}'}\n".encode())
                    proxy.stdin.flush()
                end = time.monotonic() + 60
                found = differences(MISSION, download(vehicle))
                while found and time.monotonic() < end:
                    found = differences(MISSION, download(vehicle))
        finally:
            proxy.kill()
            proxy.wait(10)
            if proxy.stdin is not None:
                proxy.stdin.close()
        assert found == (), (tmp_path / "said.txt").read_text(errors="replace")[-1500:]

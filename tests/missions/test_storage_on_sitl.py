"""What ArduPilot itself keeps of missions, fences and rally points, against what Qyran says it keeps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from missions.commands import has_place
from missions.compare import differences, identity
from missions.fencing import FENCE_BYTES, RALLY_POINTS
from missions.items import Fence, FenceCircle, FencePolygon, Mission, MissionItem, RallyPoint
from missions.plan_file import UNKNOWN_HOME
from missions.storage import _KEPT, altitude_read_back, as_stored, stored_cm
from planner.errors import MissingPartError, TransferError
from planner.quantities import LonLat
from telemetry.transfer import download, load, upload
from telemetry.vehicle import Vehicle

pytestmark = [pytest.mark.sitl, pytest.mark.timeout(120)]

INSTANCE = 173
"""Far from the instances that people and other tests start."""

NOT_ON_A_COPTER = {193, 194, 202, 203, 208, 210, 211, 216, 85, 42702}
"""Commands that this build may leave out, or whose numbers it takes from elsewhere."""


SETTLED_LATER = {94, 223}
"""Commands with hundredths, which may lose another one when they are sent again."""


@pytest.fixture(scope="module")
def vehicle() -> Iterator[Vehicle]:
    from sim.sitl import Sitl, SitlSettings, find_sitl

    try:
        find_sitl()
    except MissingPartError as error:
        pytest.skip(f"no ArduPilot SITL here: {error.sentence}")
    with Sitl(SitlSettings(instance=INSTANCE)) as sitl, Vehicle.connect(sitl.address) as connected:
        yield connected


def items() -> list[MissionItem]:
    """Every command with numbers that do not fit where they are kept, within what C defines."""
    dice = random.Random(7)
    made = []
    for command in sorted(set(_KEPT) - NOT_ON_A_COPTER):
        for _ in range(3):
            params = tuple(dice.choice([0.0, 1.0, dice.uniform(0, 100), 0.4]) for _ in range(4))
            x, y = dice.randint(-900_000_000, 900_000_000), dice.randint(-1_800_000_000, 1_800_000_000)
            frame = dice.choice([0, 3, 5, 6, 10, 11]) if has_place(command) else 2
            if not has_place(command):
                x, y = dice.randint(0, 100), dice.randint(0, 100)
            if command == 177:
                params = (dice.randint(1, 9) + 0.0, 2.7, 0.0, 0.0)
            z = round(dice.uniform(-300, 3000), 3) if has_place(command) else float(dice.randint(0, 200))
            made.append(MissionItem(command, frame, params, x, y, z))  # type: ignore[arg-type]
    made += [MissionItem(18, 3, (2.0, 0, radius, 1.0), 1, 1, 9.0) for radius in (-30.5, 254.9, 260.0, 2549.0, -700.0)]
    made += [MissionItem(17, 3, (0, 0, radius, 0), 1, 1, 9.0) for radius in (-30.5, 999.0)]
    made += [MissionItem(16, 3, (hold, 3.0, 0, float("nan")), 1, 1, 9.0) for hold in (0.9, 1.5, 65_535.0)]
    return made


def test_items_come_back_as_we_say(vehicle: Vehicle) -> None:
    """Whether a mission was read back equal is judged by what ArduPilot does, command by command."""
    sent = Mission((UNKNOWN_HOME, *items()))
    upload(vehicle, sent)
    back = download(vehicle)
    assert len(back.items) == len(sent.items)
    for mine, theirs in zip(sent.items[1:], back.items[1:], strict=True):
        kept = as_stored(mine)
        assert repr(as_stored(theirs)) == repr(kept), f"sent {mine}"
        if mine.command in SETTLED_LATER:
            continue
        if has_place(mine.command):
            kept = replace(kept, z=altitude_read_back(stored_cm(mine.z)))
        assert theirs == kept, f"sent {mine}"
    assert differences(sent, back) == () and identity(sent) == identity(back)


def ring(count: int) -> FencePolygon:
    from math import cos, pi, sin

    angles = [2 * pi * k / count for k in range(count)]
    return FencePolygon(tuple(LonLat(76.9 + 0.01 * cos(a), 43.2 + 0.01 * sin(a)) for a in angles), inclusion=True)


def test_the_fence_storage_is_as_large_as_we_say(vehicle: Vehicle) -> None:
    """The compiler uses all the room there is, and no more."""
    most = (FENCE_BYTES - 5 - 2) // 8
    full = Mission((UNKNOWN_HOME,), Fence((ring(most),)))
    upload(vehicle, full)
    assert differences(full, download(vehicle)) == ()
    with pytest.raises(TransferError):
        load(vehicle, Mission((UNKNOWN_HOME,), Fence((ring(most + 1),))))


def test_circles_and_rally_points_come_back(vehicle: Vehicle) -> None:
    """Fence circles and as many rally points as are allowed are kept."""
    circles = tuple(FenceCircle(LonLat(76.9, 43.2), radius, False) for radius in (25.0, 25.0004, 25.3, 1000.75))
    points = tuple(RallyPoint(LonLat(76.9 + i * 1e-4, 43.2), 15.0 + i) for i in range(RALLY_POINTS))
    sent = Mission((UNKNOWN_HOME,), Fence((ring(5),), circles), points)
    upload(vehicle, sent)
    back = download(vehicle)
    assert differences(sent, back) == () and identity(sent) == identity(back)
    with pytest.raises(TransferError):
        load(vehicle, replace(sent, rally=(*points, points[0])))

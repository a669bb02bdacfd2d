"""Missions, fences and rally points to and from a vehicle, and proof that they are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from missions.items import Mission, MissionItem
from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items
from planner.errors import FileFormatError, NotConfirmedError, TransferError
from telemetry.confirmation import Confirmation
from telemetry.item_protocol import CancelledError, Count, Download, Kind, Pace, Talk, Upload, clear, what_is_left
from telemetry.progress import Step, Stop, as_stop
from telemetry.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class LoadReport:
    """A mission that was loaded and read back equal: numbers of items, and what it took."""

    mission_items: int
    fence_items: int
    rally_items: int
    upload_s: float
    read_back_s: float
    repeats: int
    """How often something had to be sent again."""


def load(
    vehicle: Vehicle,
    mission: Mission,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    confirmation: Confirmation | None = None,
) -> LoadReport:
    """Upload mission, fence and rally points, read all back, and compare.

    Only after equality, within the autopilot's rounding, is ``vehicle.loaded`` the mission. A vehicle's mission changes
    only with a person's confirmation; one that announces itself as a simulator is exempt while it stands. Raises
    ``TransferError`` naming item and cause, ``NotConfirmedError``.
    """
    from missions.compare import differences  # noqa: PLC0415 (late: it brings pyproj)

    _check_word(vehicle, confirmation)
    vehicle.loaded = None
    items = _wire_items(mission)
    total = 2 * sum(len(some) for some in items.values())
    count = Count(total, on_progress)
    pace = Pace(vehicle.speedup)
    began = time.monotonic()
    _upload_all(vehicle, items, count, as_stop(should_stop), pace)
    uploaded = time.monotonic()
    back = _download_all(vehicle, count, as_stop(should_stop), pace)
    found = differences(mission, back)
    if found:
        more = f" ({len(found) - 1} more differ)" if len(found) > 1 else ""
        raise TransferError(
            f"The vehicle holds something else than was sent: {found[0]}{more}",
            about=f"vehicle {vehicle.system_id}",
            mend="Load it again; do not fly what is there now.",
        )
    vehicle.loaded = mission
    lengths = {kind: len(some) for kind, some in items.items()}
    return LoadReport(
        lengths[Kind.MISSION],
        lengths[Kind.FENCE],
        lengths[Kind.RALLY],
        uploaded - began,
        time.monotonic() - uploaded,
        pace.repeats,
    )


def upload(
    vehicle: Vehicle,
    mission: Mission,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    confirmation: Confirmation | None = None,
) -> None:
    """Send mission, fence and rally points; what is there is only known by reading it back (``load``)."""
    _check_word(vehicle, confirmation)
    vehicle.loaded = None
    items = _wire_items(mission)
    count = Count(sum(len(some) for some in items.values()), on_progress)
    _upload_all(vehicle, items, count, as_stop(should_stop), Pace(vehicle.speedup))


def download(
    vehicle: Vehicle,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
) -> Mission:
    """Read mission, fence and rally points; ``items[0]`` is home. Raises ``TransferError``."""
    return _download_all(vehicle, Count(0, on_progress), as_stop(should_stop), Pace(vehicle.speedup))


def _check_word(vehicle: Vehicle, confirmation: Confirmation | None) -> None:
    if confirmation is not None:
        confirmation.check(vehicle.system_id)
    elif vehicle.state.armed or not vehicle.is_simulator:
        raise NotConfirmedError(
            f"The vehicle is {'armed' if vehicle.state.armed else 'real'}; its mission changes only with a named "
            "person's confirmation.",
            about=f"vehicle {vehicle.system_id}",
        )


def _wire_items(mission: Mission) -> dict[Kind, tuple[MissionItem, ...]]:
    return {
        Kind.MISSION: mission.items,
        Kind.FENCE: fence_items(mission.fence),
        Kind.RALLY: rally_items(mission.rally),
    }


def _upload_all(
    vehicle: Vehicle, items: dict[Kind, tuple[MissionItem, ...]], count: Count, stop: Stop, pace: Pace
) -> None:
    vehicle.require_supported("load a mission into")
    vehicle.require_live()
    for kind, some in items.items():
        talk = Talk(vehicle, kind, stop, pace)
        try:
            if some:
                Upload(talk, some, count).run()
            else:
                clear(talk)
        except CancelledError as cancelled:
            raise what_is_left(talk, cancelled) from None


def _download_all(vehicle: Vehicle, count: Count, stop: Stop, pace: Pace) -> Mission:
    vehicle.require_supported("read a mission from")
    vehicle.require_live()
    lists = {kind: Download(Talk(vehicle, kind, stop, pace), count).run() for kind in Kind}
    try:
        fence = fence_from_items(lists[Kind.FENCE])
        rally = rally_from_items(lists[Kind.RALLY])
    except FileFormatError as error:
        raise TransferError(
            f"What the vehicle holds is no fence or rally list: {error.sentence}", about=error.about
        ) from error
    return Mission(tuple(lists[Kind.MISSION]), fence, rally)

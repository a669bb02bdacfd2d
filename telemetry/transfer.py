"""Missions, fences and rally points to and from a vehicle, and proof that they are there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from missions.items import Mission, MissionItem
from missions.support import check_supported
from missions.wire import fence_from_items, fence_items, rally_from_items, rally_items
from planner.errors import FileFormatError, NotConfirmedError, TransferError
from planner.vehicles import VehicleKind
from telemetry.carrier import Carrier, Lists, Manner, Span
from telemetry.confirmation import Confirmation
from telemetry.item_protocol import Kind
from telemetry.progress import Step, Stop, StoppedTransferError, Tally, as_stop
from telemetry.vehicle import Vehicle

if TYPE_CHECKING:
    from missions.compare import Difference


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
    sent_items: int = 0
    """How many were sent; less than there are where the vehicle had the others already."""
    manner: Manner = Manner.ITEMS
    """How they travelled."""


def load(
    vehicle: Vehicle,
    mission: Mission,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    confirmation: Confirmation | None = None,
    manner: Manner | None = None,
) -> LoadReport:
    """Upload mission, fence and rally points, read all back, and compare.

    Only after equality, within the autopilot's rounding, is ``vehicle.loaded`` the mission. Where a mission was loaded
    on this link before, only what is new is sent. Files are used where the vehicle has them, else one item after the
    other; ``manner`` asks for one of the two. A vehicle's mission changes only with a person's confirmation; one that
    announces itself as a simulator is exempt while it stands. Where it fails or is stopped on the way, the vehicle
    keeps its old mission or is left with none, and the error says which. Raises ``TransferError`` naming item and
    cause, ``NotConfirmedError``; ``FileFormatError`` before anything is sent where the vehicle would pass over an item.
    """
    _check_items(vehicle, mission)
    lists = _begin(vehicle, mission, confirmation)
    carrier = Carrier(vehicle, Tally(2 * _length(lists), on_progress), as_stop(should_stop), manner)
    before, vehicle.loaded = vehicle.loaded, None
    changes = _changes(None if before is None else _lists_of(before), lists)
    began = time.monotonic()
    try:
        carrier.send(lists, changes)
        uploaded = time.monotonic()
        found = _compare(mission, carrier)
        if found and not carrier.was_by_items_and_whole(changes):
            # A file that is refused names no item, and what a partial update rests on may have changed: once more, and
            # the vehicle says of each item what it thinks of it.
            again = {kind: change for kind, change in _changes(None, lists).items() if _is_in(kind, found)}
            carrier.by_items()
            carrier.send(lists, again)
            found = _compare(mission, carrier)
        if found:
            raise _other_mission(vehicle, found, carrier.doubt)
    except TransferError as error:
        raise carrier.after(error) from error
    vehicle.loaded = mission
    return LoadReport(
        len(lists[Kind.MISSION]),
        len(lists[Kind.FENCE]),
        len(lists[Kind.RALLY]),
        uploaded - began,
        time.monotonic() - uploaded,
        carrier.pace.repeats,
        carrier.sent,
        carrier.manner,
    )


def _check_items(vehicle: Vehicle, mission: Mission) -> None:
    """Refuse what a copter, the one kind of vehicle that is loaded here, would take and then not do."""
    try:
        check_supported(mission, VehicleKind.COPTER)
    except FileFormatError as error:
        about = f"vehicle {vehicle.system_id} (copter), {error.about}"
        raise FileFormatError(error.sentence, about=about, mend=error.mend) from None


def upload(
    vehicle: Vehicle,
    mission: Mission,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    confirmation: Confirmation | None = None,
    manner: Manner | None = None,
) -> None:
    """Send mission, fence and rally points; what is there is only known by reading it back (``load``)."""
    lists = _begin(vehicle, mission, confirmation)
    carrier = Carrier(vehicle, Tally(_length(lists), on_progress), as_stop(should_stop), manner)
    vehicle.loaded = None
    try:
        carrier.send(lists, _changes(None, lists))
    except TransferError as error:
        raise carrier.after(error) from error


def download(
    vehicle: Vehicle,
    on_progress: Step | None = None,
    *,
    should_stop: Stop | Callable[[], bool] | None = None,
    manner: Manner | None = None,
) -> Mission:
    """Read mission, fence and rally points; ``items[0]`` is home. Raises ``TransferError``."""
    vehicle.require_supported("read a mission from")
    vehicle.require_live()
    return _read(Carrier(vehicle, Tally(0, on_progress), as_stop(should_stop), manner))


def _begin(vehicle: Vehicle, mission: Mission, confirmation: Confirmation | None) -> Lists:
    """Whether it may be; what is to be sent."""
    _check_word(vehicle, confirmation)
    vehicle.require_supported("load a mission into")
    vehicle.require_live()
    return _lists_of(mission)


def _length(lists: Lists) -> int:
    return sum(len(some) for some in lists.values())


def _check_word(vehicle: Vehicle, confirmation: Confirmation | None) -> None:
    if confirmation is not None:
        confirmation.check(vehicle.system_id)
    elif vehicle.state.armed or not vehicle.is_simulator:
        raise NotConfirmedError(
            f"The vehicle is {'armed' if vehicle.state.armed else 'real'}; its mission changes only with a named "
            "person's confirmation.",
            about=f"vehicle {vehicle.system_id}",
        )


def _lists_of(mission: Mission) -> Lists:
    """The mission last: whatever happens before, the vehicle has no new one yet."""
    return {
        Kind.FENCE: fence_items(mission.fence),
        Kind.RALLY: rally_items(mission.rally),
        Kind.MISSION: mission.items,
    }


def _changes(before: Lists | None, after: Lists) -> Mapping[Kind, Span]:
    """What must be sent of each list; a kind that is as it was is left out."""
    if before is None:
        return {kind: Span.all_of(items) for kind, items in after.items()}
    return {kind: Span.between(before[kind], items, kind) for kind, items in after.items() if before[kind] != items}


def _compare(mission: Mission, carrier: Carrier) -> tuple[Difference, ...]:
    from missions.compare import differences  # noqa: PLC0415 (late: it brings pyproj)

    return differences(mission, _read(carrier))


def _is_in(kind: Kind, found: tuple[Difference, ...]) -> bool:
    return any(one.part.value == kind.word for one in found)


def _other_mission(vehicle: Vehicle, found: tuple[Difference, ...], doubt: str | None) -> TransferError:
    more = f" ({len(found) - 1} more differ)" if len(found) > 1 else ""
    said = f" On the way {doubt}." if doubt else ""
    return TransferError(
        f"The vehicle holds something else than was sent: {found[0]}{more}{said}",
        about=f"vehicle {vehicle.system_id}",
        mend="Load it again.",
    )


def _read(carrier: Carrier) -> Mission:
    lists: dict[Kind, list[MissionItem]] = {}
    for kind in Kind:
        try:
            lists[kind] = carrier.read(kind)
        except StoppedTransferError as stopped:
            raise StoppedTransferError(f"The reading of the {kind.word} was stopped.", about=stopped.about) from stopped
    try:
        fence = fence_from_items(lists[Kind.FENCE])
        rally = rally_from_items(lists[Kind.RALLY])
    except FileFormatError as error:
        raise TransferError(
            f"What the vehicle holds is no fence or rally list: {error.sentence}", about=error.about
        ) from error
    return Mission(tuple(lists[Kind.MISSION]), fence, rally)

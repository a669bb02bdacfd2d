"""The mission, fence and rally protocol, as ArduPilot speaks it to several ground stations."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from sim.fence import MAX_FENCE_ITEMS, MAX_RALLY_POINTS, store_fence_item, store_rally_item
from sim.mission import DO_JUMP, MAX_ITEMS
from sim.storage import GLOBAL, Item, MissionResult, Refused, from_float_item, store
from sim.texts import Severity
from sim.wire import Inbound

if TYPE_CHECKING:
    from sim.link import Link
    from sim.vehicle import Vehicle

MISSION, FENCE, RALLY = 0, 1, 2
UPLOAD_TIMEOUT_S = 8.0
ASK_AGAIN_S = 1.0


class Store(Protocol):
    """What items are written to and read from."""

    kind: int
    word: str
    """What the time-out text calls it."""
    limit: int

    def count(self) -> int:
        """How many items there are."""

    def read(self, index: int) -> Item:
        """An item. Raises ``Refused``."""

    def begin(self, count: int) -> None:
        """A whole new list of ``count`` is coming."""

    def write(self, message: Inbound, x: int, y: int, last: int) -> None:
        """An item came. Raises ``Refused``."""

    def finish(self) -> str | None:
        """All came; a text for the ground station, if any. Raises ``Refused``."""

    def clear(self) -> bool:
        """Forget all; False where that is refused."""


def _store_of(message: Inbound, x: int, y: int) -> Item:
    params = (
        message.number("param1"), message.number("param2"), message.number("param3"), message.number("param4"),
    )  # fmt: skip
    return store(message.integer("command"), message.integer("frame"), params, (x, y, message.number("z")))


class MissionStore:
    """The mission; item 0 is always home as the vehicle knows it."""

    kind, word, limit = MISSION, "Mission", MAX_ITEMS

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle

    def count(self) -> int:
        """How many items there are, home included."""
        return len(self._vehicle.mission)

    def read(self, index: int) -> Item:
        """An item as it is read back; 0 is home."""
        vehicle = self._vehicle
        if index == 0:
            lat, lon, height = vehicle.home_e7
            return Item(16, GLOBAL, 0.0, 0.0, 0.0, 0.0, lat, lon, height)
        if index >= self.count():
            raise Refused(MissionResult.ERROR)
        return vehicle.mission.items[index]

    def begin(self, count: int) -> None:
        """Items beyond the new list go at once, as in ArduPilot."""
        self._vehicle.mission.truncate(count)

    def write(self, message: Inbound, x: int, y: int, last: int) -> None:
        """Replace an item or add one at the end."""
        item = _store_of(message, x, y)
        target = int(item.p1)
        if item.command == DO_JUMP and (target == 0 or (target >= self.count() and target > last)):
            raise Refused(MissionResult.ERROR)
        if not self._vehicle.mission.put(message.integer("seq"), item):
            raise Refused(MissionResult.ERROR)

    def finish(self) -> str | None:
        """Say so."""
        self._vehicle.parameters.set("MIS_TOTAL", self.count())
        return "Flight plan received"

    def clear(self) -> bool:
        """Not while it is flown."""
        done = self._vehicle.mission.clear(self._vehicle.armed)
        self._vehicle.parameters.set("MIS_TOTAL", self.count())
        return done


class FenceStore:
    """The fence: nothing changes until all items have come."""

    kind, word, limit = FENCE, "Fence", MAX_FENCE_ITEMS

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._new: list[Item | None] = []

    def count(self) -> int:
        """How many items there are."""
        return len(self._vehicle.fence.items)

    def read(self, index: int) -> Item:
        """An item as it is read back."""
        if index > self.count():
            raise Refused(MissionResult.INVALID_SEQUENCE)
        if index == self.count():
            raise Refused(MissionResult.ERROR)
        return self._vehicle.fence.items[index]

    def begin(self, count: int) -> None:
        """Make room."""
        self._new = [None] * count

    def write(self, message: Inbound, x: int, y: int, last: int) -> None:
        """Keep an item until all are there."""
        item = store_fence_item(message.integer("command"), message.integer("frame"), message.number("param1"), x, y)
        index = message.integer("seq")
        if not 0 <= index < len(self._new):
            raise Refused(MissionResult.INVALID_SEQUENCE)
        self._new[index] = item

    def finish(self) -> str | None:
        """Take the new fence whole, or refuse it whole."""
        self._vehicle.fence.replace([item for item in self._new if item is not None])
        self._vehicle.parameters.set("FENCE_TOTAL", min(127, self.count()))
        return None

    def clear(self) -> bool:
        """No fence."""
        self._vehicle.fence.replace([])
        self._vehicle.parameters.set("FENCE_TOTAL", 0)
        return True


class RallyStore:
    """Rally points, written one by one."""

    kind, word, limit = RALLY, "Rally", MAX_RALLY_POINTS

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle

    def count(self) -> int:
        """How many points there are."""
        return len(self._vehicle.rally)

    def read(self, index: int) -> Item:
        """A point as it is read back."""
        if index >= self.count():
            raise Refused(MissionResult.INVALID_SEQUENCE)
        return self._vehicle.rally[index]

    def begin(self, count: int) -> None:
        """Points beyond the new list go at once."""
        del self._vehicle.rally[count:]

    def write(self, message: Inbound, x: int, y: int, last: int) -> None:
        """Replace a point or add one at the end."""
        item = store_rally_item(message.integer("command"), message.integer("frame"), x, y, message.number("z"))
        index, rally = message.integer("seq"), self._vehicle.rally
        if index < len(rally):
            rally[index] = item
        elif index == len(rally):
            rally.append(item)
        else:
            raise Refused(MissionResult.ERROR)

    def finish(self) -> str | None:
        """Nothing more."""
        self._vehicle.parameters.set("RALLY_TOTAL", self.count())
        return None

    def clear(self) -> bool:
        """No points."""
        self._vehicle.rally.clear()
        self._vehicle.parameters.set("RALLY_TOTAL", 0)
        return True


class Transfer:
    """One upload at a time, by one ground station, and downloads by anybody in between.

    Its clock is real time, not simulated time: it waits for a program on the other side of a socket.
    """

    def __init__(self, vehicle: Vehicle, items: Store) -> None:
        self._vehicle = vehicle
        self.items = items
        self._link: Link | None = None
        self._sender = (0, 0)
        self._wanted = self._last = 0
        self._heard_at = self._asked_at = 0.0
        self._warned_item = self._warned_request = False

    @property
    def receiving(self) -> bool:
        """Whether an upload is under way."""
        return self._link is not None

    def count(self, link: Link, message: Inbound) -> None:
        """An upload of so many items begins."""
        if not self._cancel(link, message):
            return
        count = message.integer("count")
        if count > self.items.limit:
            self._ack(link, message, MissionResult.NO_SPACE)
            self._vehicle.say(Severity.WARNING, f"Only {self.items.limit} items are supported")
            return
        self.items.begin(count)
        if count == 0:
            self._complete(link, message)
            return
        self._begin(link, message, 0, count - 1)

    def write_partial(self, link: Link, message: Inbound) -> None:
        """Some items are to be replaced."""
        if self.receiving:
            self._ack(link, message, MissionResult.DENIED)
            return
        first, last = message.integer("start_index"), message.integer("end_index")
        if not 0 <= first <= last <= self.items.count() or self.items.kind == FENCE:
            self._vehicle.say(Severity.WARNING, "Flight plan update rejected")
            self._ack(link, message, MissionResult.ERROR)
            return
        self._begin(link, message, first, last)

    def item(self, link: Link, message: Inbound) -> None:
        """An item of the upload came, in either of its two forms."""
        if self._link is None:
            return
        if message.integer("seq") != self._wanted:
            self._ack(link, message, MissionResult.INVALID_SEQUENCE)
            return
        if (message.system, message.component) != self._sender:
            self._ack(link, message, MissionResult.DENIED)
            return
        try:
            x, y = self._place_of(message)
            self.items.write(message, x, y, self._last)
        except Refused as refusal:
            self._link = None
            self._ack(link, message, refusal.result)
            return
        self._heard_at = time.monotonic()
        self._wanted += 1
        if self._wanted > self._last:
            self._complete(link, message)
        else:
            self._ask()

    def _place_of(self, message: Inbound) -> tuple[int, int]:
        if message.name == "MISSION_ITEM_INT":
            return message.integer("x"), message.integer("y")
        if not self._warned_item:
            self._warned_item = True
            self._vehicle.say(Severity.WARNING, "got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        return from_float_item(message.integer("command"), message.number("x"), message.number("y"))

    def request_list(self, link: Link, message: Inbound) -> None:
        """How many items are there?"""
        if self.receiving:
            self._ack(link, message, MissionResult.DENIED)
            return
        link.say("MISSION_COUNT", message.system, message.component, self.items.count(), self.items.kind, 0)

    def request(self, link: Link, message: Inbound) -> None:
        """What is item n? (MISSION_REQUEST_INT, and the old MISSION_REQUEST)."""
        if self.receiving:
            self._ack(link, message, MissionResult.DENIED)
            return
        index = message.integer("seq")
        try:
            item = self.items.read(index)
        except Refused as refusal:
            self._ack(link, message, refusal.result)
            return
        whole = message.name == "MISSION_REQUEST_INT"
        if not whole and not self._warned_request:
            self._warned_request = True
            self._vehicle.say(Severity.WARNING, "got MISSION_REQUEST; use MISSION_REQUEST_INT!")
        x, y = (item.x, item.y) if whole or not item.is_place else (item.x * 1e-7, item.y * 1e-7)
        link.say(
            "MISSION_ITEM_INT" if whole else "MISSION_ITEM", message.system, message.component, index, item.frame,
            item.command, int(is_current(self._vehicle, self.items.kind, index)), 1,
            item.p1, item.p2, item.p3, item.p4, x, y, item.z, self.items.kind,
        )  # fmt: skip

    def clear_all(self, link: Link, message: Inbound) -> None:
        """Forget all items."""
        if self._cancel(link, message):
            done = self.items.clear()
            self._ack(link, message, MissionResult.ACCEPTED if done else MissionResult.ERROR)

    def step(self) -> None:
        """Ask again for what did not come, and give up in the end."""
        link = self._link
        if link is None:
            return
        if link.closed:
            self._link = None
            return
        now = time.monotonic()
        if now - self._heard_at > UPLOAD_TIMEOUT_S:
            self._link = None
            self._vehicle.say(Severity.WARNING, f"{self.items.word} upload timeout")
            link.say("MISSION_ACK", *self._sender, MissionResult.OPERATION_CANCELLED, self.items.kind, 0)
        elif now - self._asked_at > ASK_AGAIN_S:
            self._ask()

    def _begin(self, link: Link, message: Inbound, first: int, last: int) -> None:
        self._link, self._sender = link, (message.system, message.component)
        self._wanted, self._last = first, last
        self._warned_item = self._warned_request = False
        self._heard_at = time.monotonic()
        self._ask()

    def _ask(self) -> None:
        if self._link is not None:
            self._asked_at = time.monotonic()
            self._link.say("MISSION_REQUEST", *self._sender, self._wanted, self.items.kind)

    def _cancel(self, link: Link, message: Inbound) -> bool:
        """End an upload that is under way; refused to anybody but its sender."""
        if self.receiving and (message.system, message.component) != self._sender:
            self._ack(link, message, MissionResult.DENIED)
            return False
        self._link = None
        return True

    def _complete(self, link: Link, message: Inbound) -> None:
        self._link = None
        try:
            text = self.items.finish()
        except Refused as refusal:
            self._ack(link, message, refusal.result)
            return
        if text is not None:
            link.send_text(Severity.INFO, text)
        self._ack(link, message, MissionResult.ACCEPTED)

    def _ack(self, link: Link, message: Inbound, result: int) -> None:
        link.say("MISSION_ACK", message.system, message.component, int(result), self.items.kind, 0)


def is_current(vehicle: Vehicle, kind: int, index: int) -> bool:
    """Whether an item is the one that is flown."""
    return kind == MISSION and index > 0 and index == vehicle.mission.current


class MissionProtocol:
    """Hands each message to the transfer of its kind."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        stores: tuple[Store, ...] = (MissionStore(vehicle), FenceStore(vehicle), RallyStore(vehicle))
        self._transfers = {items.kind: Transfer(vehicle, items) for items in stores}
        self.handlers: dict[str, Callable[[Transfer, Link, Inbound], None]] = {
            "MISSION_COUNT": Transfer.count,
            "MISSION_WRITE_PARTIAL_LIST": Transfer.write_partial,
            "MISSION_ITEM_INT": Transfer.item,
            "MISSION_ITEM": Transfer.item,
            "MISSION_REQUEST_LIST": Transfer.request_list,
            "MISSION_REQUEST_INT": Transfer.request,
            "MISSION_REQUEST": Transfer.request,
            "MISSION_CLEAR_ALL": Transfer.clear_all,
        }

    def handle(self, link: Link, message: Inbound) -> bool:
        """Deal with a message of this protocol; False where it is none."""
        handler = self.handlers.get(message.name)
        if handler is None:
            return False
        kind = message.integer("mission_type")
        transfer = self._transfers.get(kind)
        if transfer is not None:
            handler(transfer, link, message)
        elif message.name == "MISSION_CLEAR_ALL" and kind == 255:
            for each in self._transfers.values():
                each.clear_all(link, message)
        else:
            link.say("MISSION_ACK", message.system, message.component, int(MissionResult.UNSUPPORTED), kind, 0)
        return True

    def store(self, kind: int) -> Store:
        """The list of that MAV_MISSION_TYPE."""
        return self._transfers[kind].items

    def step(self) -> None:
        """Look after uploads under way."""
        for transfer in self._transfers.values():
            transfer.step()

    @property
    def receiving(self) -> bool:
        """Whether any upload is under way."""
        return any(transfer.receiving for transfer in self._transfers.values())


def guided_item(vehicle: Vehicle, message: Inbound) -> int:
    """A MISSION_ITEM with ``current`` 2: fly there now (dronekit's ``simple_goto``); 3: change height. The result."""
    guided = vehicle.guided
    x, y, z = message.values["x"], message.values["y"], message.number("z")
    if not (isinstance(x, int | float) and isinstance(y, int | float)) or not all(map(math.isfinite, (x, y, z))):
        return MissionResult.INVALID
    if guided is None:
        return MissionResult.ERROR
    if message.name == "MISSION_ITEM":
        x, y = x * 1e7, y * 1e7
    north, east = vehicle.frame.to_local(int(x), int(y))
    height = vehicle.height_of(message.integer("frame"), z)
    if height is None:
        return MissionResult.UNSUPPORTED_FRAME
    if message.integer("current") == 3:
        goal = guided.goal or vehicle.body.place
        north, east = goal[0], goal[1]
    guided.go_to((north, east, height))
    return MissionResult.ACCEPTED

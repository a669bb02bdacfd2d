"""MAVLink's mission protocol with MISSION_ITEM_INT, one list of items at a time, on a link that loses packets.

https://mavlink.io/en/services/mission.html; the timing here follows the round trip that is measured, because a radio's
300 ms and a simulator's 1 ms want different patience.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NoReturn

from missions.items import MissionItem
from planner.errors import TransferError
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, Message, command_name, mavlink
from telemetry.link import Inbox
from telemetry.pace import Pace
from telemetry.progress import Stop, StoppedTransferError, Tally
from telemetry.vehicle import Vehicle

SILENCE_S = 12.0
"""Without any progress for so long a transfer has failed."""
LEAVING_S = 4.0
"""So long a vehicle is asked to forget what was begun."""
RESTARTS = 12
LONGEST_RUN = 12
"""So many items are repeated at once, at most: one more with each try, then from two on again."""
WINDOW = 8
"""So many items are asked for ahead of their answers."""


class Kind(IntEnum):
    """MAV_MISSION_TYPE."""

    MISSION = 0
    FENCE = 1
    RALLY = 2

    @property
    def word(self) -> str:
        """As a person calls it."""
        return {Kind.MISSION: "mission", Kind.FENCE: "fence", Kind.RALLY: "rally points"}[self]


@dataclass(slots=True)
class Talk:
    """One transfer of one kind with one vehicle."""

    vehicle: Vehicle
    kind: Kind
    stop: Stop
    pace: Pace
    progressed_at: float = field(default_factory=time.monotonic)
    silence_s: float | None = None
    """Its own patience; None is ``SILENCE_S``."""

    @property
    def target(self) -> tuple[int, int]:
        """System and component that are spoken to."""
        return self.vehicle.system_id, self.vehicle.link.component_id

    def send(self, message: object) -> None:
        """Send one message."""
        self.vehicle.link.send(message)

    def progress(self) -> None:
        """Something went on."""
        self.progressed_at = time.monotonic()

    def take(self, inbox: Inbox, wait_s: float) -> Message | None:
        """The next answer that is about this transfer and meant for us."""
        end = time.monotonic() + wait_s
        while (message := inbox.take(end - time.monotonic())) is not None:
            meant = message.target_system in (0, GCS_SYSTEM) and message.target_component in (0, GCS_COMPONENT)
            if meant and message.mission_type == self.kind:
                return message
        return None

    def check_patience(self, about: str) -> None:
        """Raise ``TransferError`` where nothing went on for too long."""
        silence_s = SILENCE_S if self.silence_s is None else self.silence_s
        if time.monotonic() - self.progressed_at > silence_s:
            self.fail(f"the vehicle has not answered for {silence_s:.0f} s", about)

    def fail(self, cause: str, about: str) -> NoReturn:
        """Raise ``TransferError`` with item and cause."""
        raise TransferError(
            f"The transfer of the {self.kind.word} failed: {cause}.",
            about=f"vehicle {self.vehicle.system_id}, {about}",
        )


class Upload:
    """The vehicle asks for each item; we repeat what it may not have heard.

    With ``only`` (first and last item) it is asked to replace these and keep the others.
    """

    def __init__(
        self, talk: Talk, items: tuple[MissionItem, ...], tally: Tally, only: tuple[int, int] | None = None
    ) -> None:
        self._talk = talk
        self._items = items
        self._only = only
        self._first, self._last = only or (0, len(items) - 1)
        self.doubt: str | None = None
        """What the vehicle said at the last item, where that may be an answer to something older."""
        self._asked = -1
        self._tally = tally
        self._sent = -1
        self._highest = -1
        self._farthest = -1
        self._sent_at = 0.0
        self._repeated = False
        self._has_repeated = False
        self._announced_at = 0.0
        self._restarts = 0

    def run(self) -> None:
        """Send all items. Raises ``TransferError``."""
        talk = self._talk
        with talk.vehicle.link.inbox("MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK") as inbox:
            self._announce()
            while True:
                if talk.stop.is_set():
                    raise StoppedTransferError(f"The upload of the {talk.kind.word} was stopped.", about=self._about())
                message = talk.take(inbox, talk.pace.wait_s)
                if message is None:
                    self._repeat()
                elif message.get_type() == "MISSION_ACK":
                    if self._is_done(message):
                        return
                else:
                    self._answer(int(message.seq))

    def _about(self) -> str:
        return f"item {max(self._sent, 0)} of {len(self._items)}"

    def _announce(self) -> None:
        self._sent = self._highest = self._farthest = -1
        self._sent_at = self._announced_at = time.monotonic()
        target, kind = self._talk.target, self._talk.kind
        if self._only is None:
            self._talk.send(mavlink.MAVLink_mission_count_message(*target, len(self._items), kind))
        else:
            self._talk.send(mavlink.MAVLink_mission_write_partial_list_message(*target, *self._only, kind))

    def _answer(self, seq: int) -> None:
        if seq >= len(self._items):
            self._talk.fail(f"the vehicle asked for item {seq}, and the last is {self._last}", self._about())
        if not self._first <= seq <= self._last:
            return
        if seq != self._asked:
            self._asked = seq
            self._talk.progress()
        if seq > self._highest:
            if not self._repeated:
                self._talk.pace.note(time.monotonic() - self._sent_at)
            self._highest = seq
            self._talk.pace.tries = 0
            self._tally.step(f"sending {self._talk.kind.word} item {seq}")
        self._repeated = False
        self._farthest = max(self._farthest, seq)
        self._send(seq)

    def _send(self, seq: int) -> None:
        item = self._items[seq]
        self._sent, self._sent_at = seq, time.monotonic()
        self._talk.send(
            mavlink.MAVLink_mission_item_int_message(
                *self._talk.target,
                seq,
                item.frame,
                item.command,
                0,
                int(item.autocontinue),
                *item.params,
                item.x,
                item.y,
                item.z,
                self._talk.kind,
            )
        )

    def _repeat(self) -> None:
        self._talk.check_patience(self._about())
        self._talk.pace.again()
        self._repeated = self._has_repeated = True
        if self._sent < 0:
            self._announce()
            return
        # Either our item was lost, or the request for the next one: a run from ours on mends both, and a longer run
        # mends the loss of its own answers.
        first = self._sent
        run = 2 + (self._talk.pace.tries - 1) % LONGEST_RUN
        for seq in range(first, min(first + run, self._last + 1)):
            self._send(seq)
            self._farthest = max(self._farthest, seq)
        self._sent = first

    def _is_done(self, ack: Message) -> bool:
        is_last = self._farthest == self._last
        if ack.type == mavlink.MAV_MISSION_ACCEPTED:
            return is_last
        if ack.type == mavlink.MAV_MISSION_INVALID_SEQUENCE:
            return False
        if ack.type == mavlink.MAV_MISSION_ERROR and is_last:
            # It is no longer receiving: it had the last item, and its acknowledgement was lost; or it refuses the last
            # item. Reading back decides.
            self.doubt = _mission_result(ack.type)
            return True
        gave_up = ack.type == mavlink.MAV_MISSION_OPERATION_CANCELLED
        stopped = ack.type == mavlink.MAV_MISSION_ERROR and self._has_repeated
        if (gave_up or stopped) and self._only is None and self._restarts < RESTARTS:
            if time.monotonic() - self._announced_at > self._talk.pace.wait_s:
                self._restarts += 1
                self._announce()
            return False
        cause = _mission_result(ack.type)
        if self._sent >= 0:
            cause = f"{cause} ({command_name(self._items[self._sent].command)})"
        return self._talk.fail(cause, self._about())


def clear(talk: Talk) -> None:
    """Leave the vehicle without items of this kind."""
    with talk.vehicle.link.inbox("MISSION_ACK") as inbox:
        while True:
            if talk.stop.is_set():
                raise StoppedTransferError(f"The clearing of the {talk.kind.word} was stopped.", about="no item")
            sent_at = time.monotonic()
            talk.send(mavlink.MAVLink_mission_clear_all_message(*talk.target, talk.kind))
            message = talk.take(inbox, talk.pace.wait_s)
            if message is None:
                talk.check_patience("clearing")
                talk.pace.again()
            elif message.type in (mavlink.MAV_MISSION_ACCEPTED, mavlink.MAV_MISSION_UNSUPPORTED):
                talk.pace.note(time.monotonic() - sent_at)
                return
            elif message.type not in (mavlink.MAV_MISSION_INVALID_SEQUENCE, mavlink.MAV_MISSION_OPERATION_CANCELLED):
                talk.fail(_mission_result(message.type), "clearing")


def give_up(talk: Talk) -> None:
    """Tell the vehicle that no more items come."""
    talk.send(mavlink.MAVLink_mission_ack_message(*talk.target, mavlink.MAV_MISSION_OPERATION_CANCELLED, talk.kind))


class Download:
    """We ask for several items ahead, and again for each that does not come."""

    def __init__(self, talk: Talk, tally: Tally) -> None:
        self._talk = talk
        self._tally = tally
        self._items: dict[int, MissionItem] = {}
        self._asked: dict[int, tuple[float, bool]] = {}
        """When each unanswered item was asked for, and whether not for the first time."""
        self._next = 0

    def run(self) -> list[MissionItem]:
        """All items the vehicle holds, in order. Raises ``TransferError``."""
        talk = self._talk
        with talk.vehicle.link.inbox("MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ACK") as inbox:
            total = self._ask_total(inbox)
            while len(self._items) < total:
                if talk.stop.is_set():
                    raise StoppedTransferError(
                        f"The reading of the {talk.kind.word} was stopped; the vehicle's own is untouched.",
                        about=f"item {len(self._items)} of {total}",
                    )
                self._ask_ahead(total)
                oldest = min((at for at, _ in self._asked.values()), default=time.monotonic())
                message = talk.take(inbox, max(0.001, oldest + talk.pace.wait_s - time.monotonic()))
                if message is not None:
                    self._note(message, total)
                self._ask_overdue(total)
        talk.send(mavlink.MAVLink_mission_ack_message(*talk.target, mavlink.MAV_MISSION_ACCEPTED, talk.kind))
        return [self._items[seq] for seq in range(total)]

    def _ask_total(self, inbox: Inbox) -> int:
        talk = self._talk
        while True:
            if talk.stop.is_set():
                raise StoppedTransferError(f"The reading of the {talk.kind.word} was stopped.", about="no item")
            talk.send(mavlink.MAVLink_mission_request_list_message(*talk.target, talk.kind))
            message = talk.take(inbox, talk.pace.wait_s)
            if message is None:
                talk.check_patience("the number of items")
                talk.pace.again()
            elif message.get_type() == "MISSION_COUNT":
                talk.progress()
                return int(message.count)
            elif message.get_type() == "MISSION_ACK":
                if message.type == mavlink.MAV_MISSION_UNSUPPORTED and talk.kind is not Kind.MISSION:
                    return 0
                self._refused(message, "the number of items")

    def _refused(self, ack: Message, about: str) -> None:
        """An answer to something older is passed over; a vehicle that is busy with an upload is asked again."""
        talk = self._talk
        if ack.type in (
            mavlink.MAV_MISSION_ACCEPTED,
            mavlink.MAV_MISSION_INVALID_SEQUENCE,
            mavlink.MAV_MISSION_ERROR,
            mavlink.MAV_MISSION_OPERATION_CANCELLED,
            mavlink.MAV_MISSION_DENIED,
        ):
            talk.check_patience(about)
            time.sleep(0.02)
            return
        talk.fail(_mission_result(ack.type), about)

    def _ask_ahead(self, total: int) -> None:
        while self._next < total and len(self._asked) < WINDOW:
            self._ask(self._next, repeated=False)
            self._next += 1

    def _ask(self, seq: int, *, repeated: bool) -> None:
        self._asked[seq] = (time.monotonic(), repeated)
        self._talk.send(mavlink.MAVLink_mission_request_int_message(*self._talk.target, seq, self._talk.kind))

    def _ask_overdue(self, total: int) -> None:
        talk = self._talk
        now = time.monotonic()
        overdue = [seq for seq, (at, _) in self._asked.items() if now - at >= talk.pace.wait_s]
        if not overdue:
            return
        talk.check_patience(f"item {overdue[0]} of {total}")
        talk.pace.again()
        for seq in overdue:
            self._ask(seq, repeated=True)

    def _note(self, message: Message, total: int) -> None:
        if message.get_type() == "MISSION_ACK":
            self._refused(message, f"item {min(self._asked, default=0)} of {total}")
            return
        if message.get_type() != "MISSION_ITEM_INT" or message.seq in self._items or message.seq >= total:
            return
        seq = int(message.seq)
        at, repeated = self._asked.pop(seq, (0.0, True))
        if not repeated:
            self._talk.pace.note(time.monotonic() - at)
        self._talk.pace.tries = 0
        self._talk.progress()
        self._items[seq] = _item(message)
        self._tally.step(f"reading {self._talk.kind.word} item {seq}")


def _item(message: Message) -> MissionItem:
    return MissionItem(
        command=int(message.command),
        frame=int(message.frame),
        params=(float(message.param1), float(message.param2), float(message.param3), float(message.param4)),
        x=int(message.x),
        y=int(message.y),
        z=float(message.z),
        autocontinue=bool(message.autocontinue),
    )


_RESULTS = {
    mavlink.MAV_MISSION_ERROR: "the vehicle reports an error",
    mavlink.MAV_MISSION_UNSUPPORTED_FRAME: "the vehicle does not know the item's frame",
    mavlink.MAV_MISSION_UNSUPPORTED: "the vehicle does not know this command",
    mavlink.MAV_MISSION_NO_SPACE: "it holds more items than the vehicle has room for",
    mavlink.MAV_MISSION_INVALID: "the vehicle finds a value in the item invalid",
    mavlink.MAV_MISSION_INVALID_PARAM5_X: "the vehicle finds the item's latitude invalid",
    mavlink.MAV_MISSION_INVALID_PARAM6_Y: "the vehicle finds the item's longitude invalid",
    mavlink.MAV_MISSION_INVALID_PARAM7: "the vehicle finds the item's altitude invalid",
    mavlink.MAV_MISSION_INVALID_SEQUENCE: "the vehicle was sent an item out of order",
    mavlink.MAV_MISSION_DENIED: "the vehicle does not take it now (is another ground station loading one?)",
    mavlink.MAV_MISSION_OPERATION_CANCELLED: "the vehicle gave up waiting",
    **{
        getattr(
            mavlink, f"MAV_MISSION_INVALID_PARAM{number}"
        ): f"the vehicle finds the item's parameter {number} invalid"
        for number in (1, 2, 3, 4)
    },
}


def _mission_result(number: int) -> str:
    return _RESULTS.get(number, f"the vehicle answered with result {number}")

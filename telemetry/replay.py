"""A recorded flight once more: the same messages through the same reducer, at any pace, from any moment.

Time here is the vehicle's own, so that a simulator's flight at forty times real time lasts as long as it flew.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.errors import FileFormatError, InputError, SettingError
from telemetry.dialect import GCS_COMPONENT, GCS_SYSTEM, is_vehicle
from telemetry.events import FlightEvent
from telemetry.history import HEARD, History, VehicleClock
from telemetry.logs import Columns, Damage, Index, messages, read_tlog_columns
from telemetry.logs.dataflash import is_dataflash
from telemetry.logs.definitions import number_of
from telemetry.reducer import Reducer
from telemetry.state import Freshness, VehicleState

SLOWEST, FASTEST = 0.5, 64.0
KEPT_EVERY = 2000
"""After so many messages what is known is kept, so that a jump starts from there."""
_CLOCKS = ("GLOBAL_POSITION_INT", "ATTITUDE")


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known at a moment of the flight, ``at_s`` seconds after the log begins."""

    at_s: float
    at: datetime
    state: VehicleState
    age_s: float
    """How old the state was then."""

    @property
    def freshness(self) -> Freshness:
        """LIVE, STALE or LOST, as it was then."""
        return Freshness.of_age(self.age_s if self.state.messages else None)


class Replay:
    """One vehicle of a ``.tlog``; states are those that its messages made live, damage in between left out."""

    def __init__(self, path: Path, *, system_id: int | None = None) -> None:
        """Open a log; without ``system_id`` the vehicle that speaks most in it.

        Raises ``FileFormatError`` for a file that is no ``.tlog``, ``InputError`` where no such vehicle speaks in it.
        """
        if is_dataflash(path):
            raise FileFormatError(
                "A dataflash log holds no messages of a link.", about=str(path), mend="Replay the .tlog of the flight."
            )
        opened = read_tlog_columns(path, only=("HEARTBEAT", *_CLOCKS))
        self.path = path
        self.damage: Damage = opened.damage
        self.system_id, self.component_id = _vehicle(opened, system_id)
        index = opened.index
        assert index is not None, "a .tlog has packets"
        ours = (index.system == self.system_id) & (index.component != GCS_COMPONENT)
        self._times = _times(opened, index, self.system_id)[ours]
        self._index = index.where(ours)
        self._kept: list[tuple[int, Reducer]] = [(0, Reducer(self.system_id, self.component_id))]
        self._reducer, self._next = copy.deepcopy(self._kept[0][1]), 0
        self._feed: Iterator[None] | None = None
        self.events, self.event_s = self._happened()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def duration_s(self) -> float:
        """From the first message to the last, the vehicle's own seconds."""
        return float(self._times[-1] - self._times[0])

    @property
    def started(self) -> datetime:
        """UTC of the first message."""
        return datetime.fromtimestamp(float(self._times[0]), UTC)

    def at(self, at_s: float) -> Moment:
        """What was known ``at_s`` seconds after the log begins; before it nothing, after it the last."""
        wanted = float(self._times[0]) + at_s
        count = int(np.searchsorted(self._times, wanted, side="right"))
        state = self._state_after(count)
        last = float(self._times[count - 1]) if count else float(self._times[0])
        return Moment(at_s, datetime.fromtimestamp(wanted, UTC), state, max(0.0, wanted - last))

    def states(self) -> Iterator[VehicleState]:
        """The state after each message of the vehicle, from the first to the last."""
        reducer = Reducer(self.system_id, self.component_id)
        for _ in self._reduced(reducer, 0):
            yield reducer.state()

    def between(self, after_s: float, until_s: float) -> Sequence[FlightEvent]:
        """What happened later than one moment and up to another, in order."""
        first, last = (int(one) for one in np.searchsorted(self.event_s, [after_s, until_s], side="right"))
        return self.events[first:last]

    def _state_after(self, count: int) -> VehicleState:
        if count < self._next or count - self._next > KEPT_EVERY:
            near, reducer = max((one for one in self._kept if one[0] <= count), key=lambda one: one[0])
            if near > self._next or count < self._next:
                self._reducer, self._next, self._feed = copy.deepcopy(reducer), near, None
        if self._feed is None:
            self._feed = self._stepping()
        for _ in islice(self._feed, count - self._next):
            pass
        return self._reducer.state()

    def _stepping(self) -> Iterator[None]:
        """Go on message by message, keeping what is known now and then."""
        for _ in self._reduced(self._reducer, self._next):
            self._next += 1
            if self._next % KEPT_EVERY == 0 and self._next > self._kept[-1][0]:
                self._kept.append((self._next, copy.deepcopy(self._reducer)))
            yield

    def _reduced(self, reducer: Reducer, first: int) -> Iterator[None]:
        rest = self._index.where(slice(first, None))
        stamps = (rest.stamp_us / 1e6).tolist()
        try:
            for message, stamp_s in zip(messages(self.path, rest), stamps, strict=True):
                reducer.take(message, stamp_s)
                yield
        except OSError as error:
            raise FileFormatError(f"The log cannot be read: {error.strerror}.", about=str(self.path)) from error

    def _happened(self) -> tuple[tuple[FlightEvent, ...], NDArray[np.float64]]:
        """Events, and when each was heard, seconds after the log begins."""
        told = np.isin(self._index.number, np.array([number_of(name) for name in HEARD], dtype=np.uint32))
        chosen, history = self._index.where(told), History()
        heard: list[float] = []
        times = (self._times[told] - self._times[0]).tolist()
        stamps = (chosen.stamp_us / 1e6).tolist()
        for message, stamp_s, at_s in zip(messages(self.path, chosen), stamps, times, strict=True):
            history.take(message, stamp_s)
            heard += [at_s] * (len(history.events) - len(heard))
        return history.events, np.array(heard, dtype=np.float64)


class Player:
    """A replay that runs: its position moves with a clock that is told to it, at a speed, until the end or a pause."""

    def __init__(self, replay: Replay, *, speed: float = 1.0, from_s: float = 0.0) -> None:
        self.replay = replay
        self.is_paused = False
        self._at_s = _within(replay, from_s)
        self._clock_s: float | None = None
        self._speed = _speed(speed)

    @property
    def speed(self) -> float:
        """How much faster than the flight was; 0.5 to 64. Setting another raises ``SettingError``."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._speed = _speed(speed)

    @property
    def is_over(self) -> bool:
        """Whether the log's end is reached."""
        return self._at_s >= self.replay.duration_s

    def jump(self, to_s: float) -> None:
        """Go on from another moment, seconds after the log begins."""
        self._at_s = _within(self.replay, to_s)

    def jump_to(self, number: int) -> FlightEvent:
        """Go on from an event, counted from 0. Raises ``SettingError`` where there is none of that number."""
        if not 0 <= number < len(self.replay.events):
            raise SettingError(f"There is no event {number}.", mend=f"There are {len(self.replay.events)}, from 0 on.")
        self.jump(float(self.replay.event_s[number]))
        return self.replay.events[number]

    def tick(self, clock_s: float) -> tuple[Moment, Sequence[FlightEvent]]:
        """Move on to where a steady clock (seconds, of the person who looks) says; what is known, what happened."""
        before = self._at_s
        if self._clock_s is not None and not self.is_paused:
            self._at_s = min(before + (clock_s - self._clock_s) * self._speed, self.replay.duration_s)
        self._clock_s = clock_s
        return self.replay.at(self._at_s), self.replay.between(before, self._at_s)


def _speed(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:
        raise SettingError(f"A replay runs at {SLOWEST:g} to {FASTEST:g} times, not {speed:g}.")
    return speed


def _within(replay: Replay, at_s: float) -> float:
    return min(max(at_s, 0.0), replay.duration_s)


def _vehicle(opened: Columns, system_id: int | None) -> tuple[int, int]:
    """System and component of the vehicle that is meant, as a live link takes them: by its first heartbeat."""
    about = str(opened.path)
    if "HEARTBEAT" not in opened:
        raise InputError("No vehicle speaks in this log.", about=about)
    beats = opened["HEARTBEAT"]
    systems = beats.system
    real = np.array(
        [
            is_vehicle(*one) and one[2] != GCS_SYSTEM
            for one in zip(beats["autopilot"].tolist(), beats["type"].tolist(), systems.tolist(), strict=True)
        ]
    )
    if not real.any():
        raise InputError("No vehicle speaks in this log.", about=about)
    numbers, counts = np.unique(systems[real], return_counts=True)
    chosen = int(numbers[np.argmax(counts)]) if system_id is None else system_id
    theirs = np.flatnonzero(real & (systems == chosen))
    if not len(theirs):
        told = ", ".join(str(one) for one in numbers.tolist())
        raise InputError(f"Vehicle {chosen} does not speak in this log; {told} does.", about=about)
    return chosen, int(beats.component[theirs[0]])


def _times(opened: Columns, index: Index, system: int) -> NDArray[np.float64]:
    """When each packet was said, UTC seconds by the vehicle's clock; it stands still between two words of its own."""
    times = index.stamp_us / 1e6
    tables = [opened[name].of(system) for name in _CLOCKS if name in opened]
    if not sum(len(one) for one in tables):
        return np.asarray(np.maximum.accumulate(times))
    order = np.concatenate([one.order for one in tables])
    boot_s = np.concatenate([one["time_boot_ms"] / 1000.0 for one in tables])
    sorting = np.argsort(order)
    clock, places, told = VehicleClock(), order[sorting], []
    for boot, received in zip(boot_s[sorting].tolist(), times[places].tolist(), strict=True):
        clock.note(boot, received)
        told.append(clock.utc_s(received))
    last = np.searchsorted(places, np.arange(len(index)), side="right") - 1
    return np.asarray(np.maximum.accumulate(np.where(last >= 0, np.array(told)[last], np.minimum(times, told[0]))))

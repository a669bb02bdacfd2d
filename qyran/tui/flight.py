"""One vehicle's sortie from the first call to the landing: what the Fly screen shows and asks for.

The steps are those of ``qyran fly``, one at a time: connect, load and read back, confirm, fly. Each call here blocks
until it is done and is made on a thread of its own; the screen looks at ``look`` ten times a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError, NotConfirmedError, PlanError, QyranError
from planner.plan import Plan
from qyran.flying import Order, keep_order
from qyran.journal import JOURNAL_FILE, Journal, vehicle_report
from qyran.needs import needs_of

if TYPE_CHECKING:
    from qyran.work import Compiled
    from telemetry import Confirmation, FlightEvent, FlightRecord, Vehicle, VehicleState

MOST_EVENTS = 500
TLOG = "flight.tlog"
CALL_FOR_S = 15.0
RECORD_WITHIN_S = 5.0


class Stage(Enum):
    """How far the sortie is."""

    NO_LINK = "not connected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOADING = "loading"
    LOADED = "loaded"
    CONFIRMED = "confirmed"
    FLYING = "flying"
    ENDED = "ended"

    @property
    def is_busy(self) -> bool:
        """Whether something is under way that another step must wait for."""
        return self in (Stage.CONNECTING, Stage.LOADING, Stage.FLYING)

    def reached(self, other: Stage) -> bool:
        """Whether this stage is the other one or beyond it."""
        order = list(Stage)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the log: when (UTC), what, and whether a pilot must read it."""

    at: datetime
    text: str
    is_bad: bool = False


@dataclass(slots=True)
class Flight:
    """One sortie on one vehicle. Not more than one step runs at a time; commands may be given while it flies."""

    plan: Plan
    compiled: Compiled
    folder: Path
    stage: Stage = Stage.NO_LINK
    vehicle: Vehicle | None = None
    address: str = ""
    progress: tuple[int, int, str] = (0, 0, "")
    confirmation: Confirmation | None = None
    record: FlightRecord | None = None
    failure: str = ""
    failsafe: float | None = None
    """The vehicle's ``FS_GCS_ENABLE``; None where it has none or was not asked."""
    events: list[Said] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> VehicleState | None:
        """What the vehicle said last; None before it was found."""
        return self.vehicle.state if self.vehicle is not None else None

    @property
    def is_in_the_air(self) -> bool:
        """Whether, by all that is known, the vehicle flies: armed, and it does not say that it stands."""
        state = self.state
        return bool(state is not None and state.armed and state.landed is not True)

    def is_of(self, plan: Plan | None) -> bool:
        """Whether a plan asks for the same sorties as the one that this flight was made from."""
        return plan is self.plan or (plan is not None and plan.sorties == self.plan.sorties)

    def connect(self, address: str, system_id: int | None = None) -> None:
        """Find the vehicle and begin its log. Raises ``LinkError``, ``SettingError``."""
        from telemetry import Vehicle  # noqa: PLC0415

        self.address = address
        self._begin(Stage.CONNECTING)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._back(Stage.NO_LINK, f"the folder cannot be made: {error.strerror}")
            raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(self.folder)) from error
        with self._falling_back(Stage.NO_LINK):
            self.vehicle = Vehicle.connect(
                address,
                timeout_s=CALL_FOR_S,
                tlog=self.folder / TLOG,
                system_id=system_id,
                on_progress=self._step,
            )
            self.ask_failsafe()
        self._done(Stage.CONNECTED, f"connected to vehicle {self.vehicle.system_id}, {self.vehicle.firmware}")

    def ask_failsafe(self) -> None:
        """Ask what it does without us; out of reach, its last answer stays. Raises ``LinkError``."""
        vehicle = self._found()
        if vehicle.state.freshness().is_live:
            self.failsafe = vehicle.parameter("FS_GCS_ENABLE")

    def load(self, person: str | None = None) -> None:
        """Load mission, fence and rally points and read them back; a real vehicle's change only on a person's word.

        Raises ``VehicleError``, ``LinkError``.
        """
        from telemetry import load  # noqa: PLC0415

        vehicle = self._found()
        self._begin(Stage.LOADING)
        with self._falling_back(Stage.CONNECTED):
            self._refuse_blocked()
            word = None if person is None else self._word(person, "load")
            load(vehicle, self.compiled.mission, on_progress=self._step, confirmation=word)
        count = len(self.compiled.mission.items)
        self._done(Stage.LOADED, f"{self.compiled.name} loaded, {count}/{count} items read back equal")

    def _refuse_blocked(self) -> None:
        worst = next((one for one in self.plan.findings if one.severity.blocks), None)
        if worst is not None:
            raise PlanError(f"The plan is blocked: {worst.sentence}", about=self.compiled.name, mend=worst.mend)

    def confirm(self, person: str | None) -> None:
        """Take a named person's word, or, without a name, a simulator's exemption. Raises ``NotConfirmedError``."""
        from telemetry import simulator_confirmation  # noqa: PLC0415

        vehicle = self._found()
        self.confirmation = simulator_confirmation(vehicle) if person is None else self._word(person, "fly")
        self._done(Stage.CONFIRMED, f"confirmed by {self.confirmation.person}")

    def _word(self, person: str, action: str) -> Confirmation:
        from telemetry import Confirmation  # noqa: PLC0415

        return Confirmation(person, self._found().system_id, f"{action} {self.compiled.name}", datetime.now(UTC))

    def confirmed_for_s(self, now: datetime) -> float:
        """How long the confirmation still holds; 0 where there is none."""
        return 0.0 if self.confirmation is None else self.confirmation.seconds_left(now)

    def expire(self, now: datetime) -> None:
        """Forget a confirmation that is too old."""
        if self.stage is Stage.CONFIRMED and not self.confirmed_for_s(now):
            self.confirmation = None
            self._done(Stage.LOADED, "the confirmation is too old: confirm again", is_bad=True)

    def fly(self) -> None:
        """Arm, start, watch until it stands again, keep the record. Raises ``VehicleError``, ``LinkError``."""
        from telemetry import fly  # noqa: PLC0415

        vehicle = self._found()
        if self.confirmation is None:
            raise NotConfirmedError("Nobody has confirmed this flight.", about=f"vehicle {vehicle.system_id}")
        self._begin(Stage.FLYING)
        with self._falling_back(Stage.LOADED):
            keep_order(self._as_order(), self.folder)
            self.record = fly(
                vehicle,
                self.compiled.mission,
                confirmation=self.confirmation,
                predicted_s=self.compiled.sortie.forecast.duration_s,
                needs=needs_of(self.plan, self.compiled.sortie),
                folder=self.folder,
                on_event=self._event,
                should_stop=self._stop.is_set,
            )
        self.confirmation = None
        reason = f": {self.record.reason}" if self.record.reason else ""
        self._done(Stage.ENDED, f"{self.record.outcome.value}{reason}; record in {self.folder.name}")

    def _as_order(self) -> Order:
        forecast = self.compiled.sortie.forecast
        return Order(
            self.compiled.mission,
            self.compiled.name,
            self.compiled.identity,
            forecast.duration_s,
            forecast.distance_m,
            needs_of(self.plan, self.compiled.sortie),
            profile=self.plan.patrol.vehicle,
        )

    def order(self, words: str, give: Callable[[Vehicle], object]) -> None:
        """Give the vehicle a command and log its answer. Raises ``CommandRefusedError``, ``LinkLostError``."""
        vehicle = self._found()
        began = datetime.now(UTC)
        journal = Journal(self.folder.parent / JOURNAL_FILE)
        try:
            give(vehicle)
        except QyranError as error:
            journal.note(event="failed", command=words, reason=str(error), **vehicle_report(vehicle))
            self.say(f"{words}→{vehicle.system_id} refused: {error}", is_bad=True)
            raise
        took = (datetime.now(UTC) - began).total_seconds()
        journal.note(event="answered", command=words, took_s=round(took, 2), **vehicle_report(vehicle))
        self.say(f"{words}→{vehicle.system_id} accepted after {took:.1f} s")

    def close(self) -> None:
        """Stop watching, let the record be written, and let go of the link; the vehicle goes on by itself."""
        self._stop.set()
        end = time.monotonic() + RECORD_WITHIN_S
        while self.stage is Stage.FLYING and time.monotonic() < end:
            time.sleep(0.05)
        if self.vehicle is not None:
            self.vehicle.close()

    def say(self, text: str, *, is_bad: bool = False, at: datetime | None = None) -> None:
        """Add a line to the log."""
        self.events.append(Said(at or datetime.now(UTC), text, is_bad))
        del self.events[:-MOST_EVENTS]

    def hear(self) -> None:
        """Take status texts into the log while no flight's own events bring them."""
        state = self.state
        if state is None or self.stage is Stage.FLYING:
            return
        known = {(line.at, line.text) for line in self.events}
        for text in state.texts:
            if (text.at, text.text) not in known:
                self.say(text.text, is_bad=text.severity.is_bad, at=text.at)

    def _found(self) -> Vehicle:
        if self.vehicle is None:
            raise NotConfirmedError("No vehicle is connected.", mend="Connect first.")
        return self.vehicle

    def _step(self, done: int, total: int, message: str) -> None:
        self.progress = (done, total, message)

    def _event(self, event: FlightEvent) -> None:
        self.say(event.text, is_bad=event.severity.is_bad, at=event.at)

    def _begin(self, stage: Stage) -> None:
        self.stage, self.failure, self.progress = stage, "", (0, 0, "")

    def _done(self, stage: Stage, words: str, *, is_bad: bool = False) -> None:
        self.stage, self.progress = stage, (0, 0, "")
        self.say(words, is_bad=is_bad)

    def _back(self, stage: Stage, why: str) -> None:
        self.stage, self.failure, self.progress = stage, why, (0, 0, "")
        self.say(why, is_bad=True)

    def _falling_back(self, stage: Stage) -> _FallingBack:
        return _FallingBack(self, stage)


def failsafe_words(value: float | None) -> str:
    """What ``FS_GCS_ENABLE`` makes a vehicle do when its ground station falls silent."""
    from telemetry.firmware import without_us_words  # noqa: PLC0415

    return without_us_words(value)


@dataclass(slots=True)
class _FallingBack:
    """Whatever goes wrong inside leaves the flight at an earlier stage, with the reason, and goes on to the caller."""

    flight: Flight
    stage: Stage

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self.flight._back(self.stage, str(error) or type(error).__name__)

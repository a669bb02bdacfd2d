"""One vehicle at the end of a link."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from missions.items import Mission
from planner.errors import (
    CommandRefusedError,
    LinkLostError,
    VehicleError,
)
from telemetry.address import Address
from telemetry.calling import find, tell
from telemetry.clock import utc_s
from telemetry.dialect import GCS_SYSTEM, Message, command_name, is_copter, mavlink, name_of
from telemetry.dronekit_border import DronekitVehicle, Firmware
from telemetry.firmware import Reading, Setting, ask
from telemetry.link import Link, wait_for
from telemetry.many_parameters import LOSSY_ROUNDS, ask_together
from telemetry.parameters import Parameters
from telemetry.progress import Step, Stop, as_stop
from telemetry.reducer import Reducer
from telemetry.state import Autopilot, Freshness, StatusText, VehicleState
from telemetry.streams import Streams
from telemetry.tlog import TlogWriter

COMMAND_TRY_S = 0.8
COMMAND_TRIES = 8
DONE_ALREADY_S = 6.0
"""A second asking is refused where the first was taken and its answer lost: it shows within so many of its seconds."""
INTRODUCTION_TRIES = 8
"""Also a vehicle that can only be listened to must be shown, and soon."""
REASON_WAIT_S = 0.5
"""A refusal's reason comes as a status text, shortly before or after."""
SIMULATOR_MESSAGES = frozenset({"SIMSTATE", "SIM_STATE"})
MAX_PACE = 200.0
"""Our heartbeats go no faster; also for a simulator with SIM_SPEEDUP 0, which runs as fast as its machine can."""


class Vehicle:
    """An open link and the state of the vehicle it is addressed to; nothing is ever sent to another one."""

    def __init__(self, link: Link, heartbeat: Message) -> None:
        """Made by ``connect``."""
        link.component_id = heartbeat.get_srcComponent()
        link.address_to(heartbeat.get_srcSystem())
        self.link = link
        self.loaded: Mission | None = None
        """The mission that was read back equal on this link."""
        self.has_files: bool | None = None
        """Whether it answered for its mission as a file (MAVLink FTP); None where it was not asked."""
        self._reducer = Reducer(heartbeat.get_srcSystem(), link.component_id)
        self._dronekit = DronekitVehicle(link)
        self._streams = Streams(link)
        self._parameters = Parameters(link, self._is_clean)
        self._together: dict[str, float] = {}
        self._announced_simulator = False
        self._speedup: float | None = None
        self._take(heartbeat)
        self._reducer.begin()
        link.listen(self._take)
        link.every_beat(self._watch_streams)

    @classmethod
    def connect(
        cls,
        address: str | Address,
        *,
        timeout_s: float = 30.0,
        tlog: Path | None = None,
        system_id: int | None = None,
        on_progress: Step | None = None,
        should_stop: Stop | Callable[[], bool] | None = None,
    ) -> Vehicle:
        """Open the way, wait for a vehicle's heartbeat, ask what it is and for its telemetry.

        ``tlog`` is continued where it exists. Raises ``SettingError`` for an address that is none, or where several
        vehicles answer and ``system_id`` does not say which; ``LinkError`` where the way cannot be opened;
        ``NoHeartbeatError`` where nobody answers in ``timeout_s``; ``StoppedError`` where the person had enough.
        """
        where = address if isinstance(address, Address) else Address.parse(address)
        link = Link(where, tlog=TlogWriter(tlog) if tlog is not None else None)
        try:
            link.start()
            vehicle = cls(link, find(link, system_id, timeout_s, on_progress, as_stop(should_stop)))
            vehicle._introduce(on_progress)
        except BaseException:
            link.close()
            raise
        return vehicle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the link; the vehicle goes on by itself."""
        self.link.close()

    @property
    def system_id(self) -> int:
        """Its MAVLink system number."""
        return self._reducer.system_id

    @property
    def state(self) -> VehicleState:
        """What is known of it now; safe to ask from any thread."""
        return self._reducer.state()

    @property
    def firmware(self) -> Firmware | None:
        """What it runs; None until it said so."""
        state = self.state
        whose = state.autopilot or Autopilot.OTHER
        name = "ArduCopter" if whose is Autopilot.ARDUPILOT and is_copter(state.kind) else whose.value
        return self._dronekit.firmware(name)

    @property
    def is_simulator(self) -> bool:
        """Whether it announced itself as one: by a SIMSTATE message, or by answering for SIM_SPEEDUP."""
        return self._announced_simulator

    @property
    def speedup(self) -> float:
        """How much faster than ours its clock is asked to run; 1 for every real vehicle."""
        return self._speedup or 1.0

    def wall_s(self, vehicle_s: float, *, at_least_s: float = 3.0) -> float:
        """Our seconds to wait for what takes the vehicle that many of its own.

        A sped-up simulator is given twice what its speed promises (this machine may be too slow for it) and never less
        than ``at_least_s``, which the way there and back may take.
        """
        return min(vehicle_s, max(at_least_s, 2.0 * vehicle_s / self.speedup)) if self.speedup > 1 else vehicle_s

    def parameter(self, name: str) -> float | None:
        """A parameter's value, asked now; None where the vehicle has none of that name."""
        self.require_ardupilot("read parameters of")
        if name in self._together:
            return self._together[name]
        return self._parameters.read(name)

    @contextmanager
    def together(self, names: Sequence[str]) -> Iterator[None]:
        """Ask for many parameters at once; within the block ``parameter`` hands out these answers.

        What does not answer so is asked for by itself when it is wanted: it may not be there, or was lost on the way.
        """
        self.require_ardupilot("read parameters of")
        self._together = ask_together(self.link, names, rounds=1 if self._is_clean() else LOSSY_ROUNDS)
        try:
            yield
        finally:
            self._together = {}

    def setting(self, setting: Setting) -> Reading | None:
        """A setting, by whatever name this firmware has for it, asked now; None where it has none."""
        return ask(self, setting)

    def set_parameter(self, name: str, value: float) -> None:
        """Set a parameter and see it confirmed. Raises ``CommandRefusedError``."""
        self.require_ardupilot("set parameters of")
        self._parameters.write(name, value)

    def age_s(self, *messages: str) -> float | None:
        """Seconds since the newest message of these names came; None where none did."""
        heard = [at for name in messages if (at := self._reducer.heard_s(name)) is not None]
        return max(0.0, utc_s() - max(heard)) if heard else None

    def ask_for(self, number: int, name: str, within_s: float = 2.0) -> bool:
        """Ask for one message (MAV_CMD_REQUEST_MESSAGE); whether it came."""
        before = self._reducer.heard_s(name)
        for _ in range(3):
            self.link.send(
                mavlink.MAVLink_command_long_message(
                    self.system_id,
                    self.link.component_id,
                    mavlink.MAV_CMD_REQUEST_MESSAGE,
                    0,
                    number,
                    *[0] * 6,
                )
            )
            if wait_for(lambda: self._reducer.heard_s(name) != before, within_s / 3):
                return True
        return False

    def require_ardupilot(self, action: str) -> None:
        """Raise ``VehicleError`` where it runs something else: the same bytes may mean another thing there."""
        autopilot = self.state.autopilot
        if autopilot is not None and not autopilot.is_supported:
            raise VehicleError(
                f"This vehicle runs {autopilot.value}; Qyran can watch it but not {action} it.",
                about=f"vehicle {self.system_id}",
                mend="Missions are loaded and flown on ArduPilot only.",
            )

    def require_supported(self, action: str) -> None:
        """Raise ``VehicleError`` where this autopilot or kind of vehicle is none that Qyran loads and flies."""
        self.require_ardupilot(action)
        state = self.state
        if not is_copter(state.kind):
            kind = name_of("MAV_TYPE", state.kind) if state.kind is not None else "an unknown kind"
            raise VehicleError(
                f"This vehicle says that it is {kind}; Qyran does not {action} it.",
                about=f"vehicle {self.system_id}",
                mend="This version flies multicopters only.",
            )

    def require_live(self) -> VehicleState:
        """Its state, where it is fresh. Raises ``LinkLostError``."""
        state = self.state
        if not state.freshness().is_live:
            age = state.age_s()
            raise LinkLostError(
                f"The vehicle has been silent for {age:.0f} s." if age is not None else "The vehicle is silent.",
                about=str(self.link.address),
                mend=self.link.trouble and f"The link: {self.link.trouble}.",
            )
        return state

    def command(
        self,
        number: int,
        *params: float,
        action: str | None = None,
        until: Callable[[VehicleState], bool] | None = None,
    ) -> None:
        """Send a COMMAND_LONG until it is acknowledged. Raises ``CommandRefusedError``, ``LinkLostError``."""
        filled = [*params, *[0.0] * (7 - len(params))]

        def send() -> None:
            self.link.send(
                mavlink.MAVLink_command_long_message(self.system_id, self.link.component_id, number, 0, *filled)
            )

        self.acknowledged(send, number, action or command_name(number), until)

    def command_at(self, number: int, frame: int, x: int, y: int, z: float, *params: float, action: str) -> None:
        """Send a COMMAND_INT (``x`` latitude, ``y`` longitude in 1e-7 degrees) until it is acknowledged."""
        filled = [*params, *[0.0] * (4 - len(params))]

        def send() -> None:
            self.link.send(
                mavlink.MAVLink_command_int_message(
                    self.system_id, self.link.component_id, frame, number, 0, 0, *filled, x, y, z
                )
            )

        self.acknowledged(send, number, action)

    def acknowledged(
        self,
        send: Callable[[], None],
        number: int,
        action: str,
        until: Callable[[VehicleState], bool] | None = None,
    ) -> None:
        """Call ``send`` until the vehicle accepts command ``number``.

        ``until`` tells of a state that it was done, where the answer was lost on the way: it is then not asked again,
        nor is the refusal of a second asking taken for the answer. Raises ``CommandRefusedError`` with the autopilot's
        own reason, ``LinkLostError`` where no answer comes.
        """

        def is_done(tries: int) -> bool:
            return until is not None and tries > 0 and until(self.state)

        with self.link.inbox("COMMAND_ACK") as inbox:
            for tries in range(COMMAND_TRIES):
                if is_done(tries):
                    return
                said_before = self.state.texts
                send()
                end = time.monotonic() + COMMAND_TRY_S
                while (answer := inbox.take(end - time.monotonic())) is not None:
                    if answer.command != number or getattr(answer, "target_system", 0) not in (0, GCS_SYSTEM):
                        continue
                    if answer.result == mavlink.MAV_RESULT_ACCEPTED:
                        return
                    if answer.result == mavlink.MAV_RESULT_IN_PROGRESS:
                        end = time.monotonic() + 4 * COMMAND_TRY_S
                        continue
                    reason = self._reason(said_before)
                    if tries > 0 and until is not None and self.seen(until, DONE_ALREADY_S):
                        return
                    result = name_of("MAV_RESULT", answer.result)
                    raise CommandRefusedError(
                        f"The vehicle refused to {action}: {reason or result}.", about=f"vehicle {self.system_id}"
                    )
        if is_done(COMMAND_TRIES):
            return
        raise LinkLostError(f"The vehicle did not answer when asked to {action}.", about=f"vehicle {self.system_id}")

    def seen(self, condition: Callable[[VehicleState], bool], vehicle_s: float) -> bool:
        """Whether its state came to hold that within so many of its own seconds."""
        return wait_for(lambda: condition(self.state), self.wall_s(vehicle_s))

    @property
    def dronekit(self) -> DronekitVehicle:
        """dronekit's side of it, for commands."""
        return self._dronekit

    def _is_clean(self) -> bool:
        state = self.state
        return state.messages_missed * 100 < state.messages

    def _reason(self, before: tuple[StatusText, ...]) -> str | None:
        def said() -> list[StatusText]:
            return [one for one in self.state.texts if one not in before and one.severity.is_bad]

        wait_for(lambda: bool(said()), REASON_WAIT_S)
        return "; ".join(one.text.rstrip(".") for one in said()[-3:]) or None

    def _take(self, message: Message) -> None:
        self._reducer.take(message, utc_s())
        if message.get_srcComponent() != self.link.component_id:
            return
        self._streams.note(message)
        if message.get_type() in SIMULATOR_MESSAGES:
            self._announced_simulator = True
        self._dronekit.take(message)

    def _watch_streams(self) -> None:
        if self.state.freshness() is Freshness.LIVE:
            self._streams.ask()
        else:
            self._streams.forget()

    def _introduce(self, on_progress: Step | None) -> None:
        """Ask what it is; a vehicle that does not answer these is used all the same."""
        tell(on_progress, 1, f"vehicle {self.system_id} answers")
        self._streams.ask()
        if self.state.autopilot is Autopilot.ARDUPILOT:
            # Others keep whole numbers in a parameter's bytes, and none of them has this one.
            self._ask_speedup()
        else:
            self.link.pace = 1.0
        tell(on_progress, 2, "asking for its version")
        for _ in range(INTRODUCTION_TRIES):
            self._ask_version()
            if wait_for(lambda: self.firmware is not None, 0.3):
                break
        tell(on_progress, 3, f"{self.firmware or 'a vehicle of unknown version'}")

    def _ask_speedup(self) -> None:
        try:
            speedup = self._parameters.read("SIM_SPEEDUP", tries=INTRODUCTION_TRIES)
        except LinkLostError:
            return
        if speedup is not None:
            self._announced_simulator = True
            self._speedup = speedup if speedup > 0 else MAX_PACE
        self.link.pace = min(self.speedup, MAX_PACE)

    def _ask_version(self) -> None:
        for number, wanted in (
            (mavlink.MAV_CMD_REQUEST_MESSAGE, mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION),
            (mavlink.MAV_CMD_REQUEST_AUTOPILOT_CAPABILITIES, 1),
        ):
            self.link.send(
                mavlink.MAVLink_command_long_message(
                    self.system_id, self.link.component_id, number, 0, wanted, *[0] * 6
                )
            )

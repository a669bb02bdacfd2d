"""From a mission file to a flown, recorded sortie: connect, load and read back, confirm, fly, keep.

The same for the commands and the screens; what a person sees of it comes through the callbacks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from missions import identity, read_mission, route_of
from missions.items import Mission
from missions.route import home_of
from planner.errors import InputError, PlanError
from planner.forecast import forecast
from planner.site import Launch
from planner.vehicles import VehicleProfile
from qyran.work import PLAN_FILE

if TYPE_CHECKING:
    from telemetry import Confirmation, FlightEvent, FlightRecord, Vehicle, VehicleState

Step = Callable[[int, int, str], None]

LEAST_TO_ARM_S = 20.0
"""A confirmation with less than this left is asked for again before arming, which checks it once more."""


@dataclass(frozen=True, slots=True)
class Order:
    """A mission to be flown; ``predicted_s`` None where nothing could be foretold, ``blocked`` why it may not fly."""

    mission: Mission
    name: str
    identity: str
    predicted_s: float | None
    predicted_m: float | None
    battery_predicted: float | None
    energy_wh: float | None = None
    blocked: tuple[str, ...] = ()


def read_order(file: Path) -> Order:
    """A mission file and what is known of it: the plan beside it where it stands there, else our own forecast.

    Raises ``InputError`` with file and place.
    """
    if file.is_dir():
        raise InputError("This is a folder; a flight takes one mission file.", about=str(file))
    mission = read_mission(file)
    short = identity(mission)
    planned = _planned(file.parent / PLAN_FILE, short)
    if planned is not None:
        return Order(mission, file.stem, short, *planned)
    return _foretold(mission, file.stem, short)


def _planned(plan_file: Path, short: str) -> tuple[float, float, float, float, tuple[str, ...]] | None:
    try:
        report = json.loads(plan_file.read_text(encoding="utf-8"))
        sortie = next(one for one in report["sorties"] if one["identity"] == short)
        blocking = tuple(
            str(finding["sentence"]) for finding in report["findings"] if finding["severity"] == "blocking"
        )
        duration_s, distance_m = float(sortie["duration_s"]), float(sortie["distance_m"])
        return duration_s, distance_m, float(sortie["battery_used"]), float(sortie["energy_wh"]), blocking
    except FileNotFoundError:
        return None
    except StopIteration:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"It cannot be read as Qyran's plan: {error}.", about=str(plan_file)) from None


def _foretold(mission: Mission, name: str, short: str) -> Order:
    profile = VehicleProfile()
    try:
        route = route_of(mission, default_speed_mps=profile.top_speed_mps / 2)
    except PlanError:
        return Order(mission, name, short, None, None, None)
    if not route.waypoints:
        return Order(mission, name, short, None, None, None)
    ahead = forecast(route, Launch("home", home_of(mission) or route.waypoints[0].position), profile)
    return Order(mission, name, short, ahead.duration_s, ahead.distance_m, ahead.battery_used, ahead.energy_wh)


def fly_order(
    order: Order,
    address: str,
    *,
    confirm: Callable[[Vehicle], Confirmation],
    folder: Path,
    on_load: Step | None = None,
    on_loaded: Callable[[Vehicle], None] | None = None,
    on_state: Callable[[VehicleState], None] | None = None,
    on_event: Callable[[FlightEvent], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> FlightRecord:
    """Fly one mission on the vehicle at an address and keep the record in ``folder``.

    ``confirm`` is asked before anything is changed in the vehicle, and once more where loading took so long that the
    first word no longer holds; it hands back a named person's confirmation or raises ``NotConfirmedError``.
    ``on_loaded`` is told when the mission was read back equal. Raises ``InputError`` where ``folder`` holds a flight,
    ``LinkError`` and ``VehicleError``.
    """
    from telemetry import Vehicle, fly, load  # noqa: PLC0415

    if _holds_flight(folder):
        raise InputError("A flight is recorded there already.", about=str(folder), mend="Give another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(folder)) from error
    with Vehicle.connect(address, tlog=folder / "flight.tlog") as vehicle:
        word = confirm(vehicle)
        load(vehicle, order.mission, on_progress=on_load, confirmation=word)
        if on_loaded is not None:
            on_loaded(vehicle)
        if word.seconds_left() < LEAST_TO_ARM_S:
            word = confirm(vehicle)
        return fly(
            vehicle,
            order.mission,
            confirmation=word,
            predicted_s=order.predicted_s,
            battery_needed=order.battery_predicted,
            energy_needed_wh=order.energy_wh,
            folder=folder,
            on_state=on_state,
            on_event=on_event,
            should_stop=should_stop,
        )


def _holds_flight(folder: Path) -> bool:
    """Whether a record stands there of a vehicle that left the ground; one of a refusal may be written over."""
    from telemetry.record import RECORD_FILE, Outcome  # noqa: PLC0415

    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return not isinstance(record, dict) or record.get("outcome") != Outcome.REFUSED.value

"""From a mission file to a flown, recorded sortie: connect, load and read back, confirm, fly, keep.

The same for the commands and the screens; what a person sees of it comes through the callbacks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from missions import identity, read_mission, route_of, write_atomically, write_mission
from missions.items import Mission
from missions.route import home_of
from planner.errors import InputError, NotConfirmedError, PlanError, SettingError, StoppedError, TransferError
from planner.forecast import forecast
from planner.plan import Forecast
from planner.site import Launch
from planner.vehicles import VehicleProfile
from qyran.needs import needs_foretold, needs_from, needs_report, profile_from, profile_report
from qyran.plain import json_bytes
from qyran.work import PLAN_FILE
from telemetry.preflight_lines import Check, Needs, Override, Weather

if TYPE_CHECKING:
    from telemetry import Confirmation, FlightEvent, FlightRecord, Vehicle, VehicleState

Step = Callable[[int, int, str], None]

LEAST_TO_ARM_S = 20.0
"""A confirmation with less than this left is asked for again before arming, which checks it once more."""
MISSION_FILE = "mission.plan"
"""A flight's folder keeps the mission that was flown, so that what is left of it can be flown later."""
ORDER_FILE = "order.json"


@dataclass(frozen=True, slots=True)
class Order:
    """A mission to be flown; ``predicted_s`` None where nothing could be foretold, ``blocked`` why it may not fly."""

    mission: Mission
    name: str
    identity: str
    predicted_s: float | None
    predicted_m: float | None
    needs: Needs = field(default_factory=Needs)
    blocked: tuple[str, ...] = ()
    profile: VehicleProfile = field(default_factory=VehicleProfile)
    """What the forecast reckons with."""
    resumes: str | None = None
    """The name of the flight that it goes on with."""


@dataclass(frozen=True, slots=True)
class Before:
    """What people said before the flight: lines they tick, what they let pass and why, the weather they measured."""

    by_hand: tuple[Check, ...] = ()
    overrides: Mapping[str, Override] | None = None
    weather: Weather | None = None


NOTHING_BEFORE = Before()


def read_order(file: Path) -> Order:
    """A mission file and what is known of it: the plan beside it where it stands there, else our own forecast.

    Raises ``InputError`` with file and place.
    """
    if file.is_dir():
        raise InputError("This is a folder; a flight takes one mission file.", about=str(file))
    mission = read_mission(file)
    short = identity(mission)
    kept = order_file(file)
    if kept.exists():
        order = _known(Order(mission, file.stem, short, None, None), kept)
        if order is not None:
            return order
    planned = _planned(file.parent / PLAN_FILE, file.stem, mission, short)
    return planned if planned is not None else foretold(mission, file.stem, VehicleProfile())


def _planned(plan_file: Path, name: str, mission: Mission, short: str) -> Order | None:
    try:
        report = json.loads(plan_file.read_text(encoding="utf-8"))
        sortie = next(one for one in report["sorties"] if one["identity"] == short)
        blocking = tuple(
            str(finding["sentence"]) for finding in report["findings"] if finding["severity"] == "blocking"
        )
        told = sortie.get("needs") or {"battery": sortie["battery_used"], "energy_wh": sortie["energy_wh"]}
        return Order(
            mission,
            name,
            short,
            float(sortie["duration_s"]),
            float(sortie["distance_m"]),
            needs_from(told),
            blocking,
            profile_from(report.get("vehicle")),
        )
    except (FileNotFoundError, StopIteration):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SettingError) as error:
        raise InputError(f"It cannot be read as Qyran's plan: {error}.", about=str(plan_file)) from None


def foretold(mission: Mission, name: str, profile: VehicleProfile) -> Order:
    """An order by our own forecast, the ground taken as flat and the air as still."""
    ahead = forecast_of(mission, profile)
    short = identity(mission)
    if ahead is None:
        return Order(mission, name, short, None, None, profile=profile)
    return Order(
        mission, name, short, ahead.duration_s, ahead.distance_m, needs_foretold(ahead, profile), profile=profile
    )


def forecast_of(mission: Mission, profile: VehicleProfile, *, wind_mps: float = 0.0) -> Forecast | None:
    """What a mission takes; None where nothing can be foretold of it."""
    try:
        route = route_of(mission, default_speed_mps=profile.top_speed_mps / 2)
    except PlanError:
        return None
    if not route.waypoints:
        return None
    launch = Launch("home", home_of(mission) or route.waypoints[0].position)
    return forecast(route, launch, profile, wind_mps=wind_mps)


def fly_order(
    order: Order,
    address: str,
    *,
    confirm: Callable[[Vehicle], Confirmation],
    folder: Path,
    system_id: int | None = None,
    before: Callable[[Vehicle], Before] | None = None,
    on_load: Step | None = None,
    on_loaded: Callable[[Vehicle], None] | None = None,
    on_state: Callable[[VehicleState], None] | None = None,
    on_event: Callable[[FlightEvent], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> FlightRecord:
    """Fly one mission on the vehicle at an address and keep the record in ``folder``.

    ``confirm`` is asked before anything is changed in the vehicle, and once more where loading took so long that the
    first word no longer holds; it hands back a named person's confirmation or raises ``NotConfirmedError``.
    ``before`` says what people told of the flight; ``on_loaded`` is told when the mission was read back equal.
    Raises ``InputError`` where ``folder`` holds a flight, ``LinkError`` and ``VehicleError``, and ``StoppedError`` with
    what became of the vehicle where the person stopped before the flight began.
    """
    from telemetry import Vehicle, fly, load  # noqa: PLC0415

    stop = should_stop or (lambda: False)
    if holds_flight(folder):
        raise InputError("A flight is recorded there already.", about=str(folder), mend="Give another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(folder)) from error
    with Vehicle.connect(address, tlog=folder / "flight.tlog", system_id=system_id, should_stop=stop) as vehicle:
        vehicle.require_supported("fly")
        _go_on(stop, vehicle, "Nothing was changed in the vehicle.")
        told = NOTHING_BEFORE if before is None else before(vehicle)
        _refuse_unticked(told)
        word = confirm(vehicle)
        _go_on(stop, vehicle, "Nothing was changed in the vehicle.")
        keep_order(order, folder)
        try:
            load(vehicle, order.mission, on_progress=on_load, should_stop=stop, confirmation=word)
        except TransferError as error:
            if stop():
                raise StoppedError(f"Stopped while loading. {error.sentence}", about=error.about) from error
            raise
        if on_loaded is not None:
            on_loaded(vehicle)
        if word.seconds_left() < LEAST_TO_ARM_S:
            word = confirm(vehicle)
        _go_on(stop, vehicle, "The mission is loaded and was read back; the vehicle was not armed.")
        return fly(
            vehicle,
            order.mission,
            confirmation=word,
            predicted_s=order.predicted_s,
            needs=order.needs,
            by_hand=told.by_hand,
            overrides=told.overrides,
            weather=told.weather,
            folder=folder,
            on_state=on_state,
            on_event=on_event,
            should_stop=stop,
            resumes=order.resumes,
        )


def _refuse_unticked(told: Before) -> None:
    """What a person can look at is looked at before anything is changed in the vehicle."""
    missing = [one.name for one in told.by_hand if one.blocks and one.name not in (told.overrides or {})]
    if missing:
        raise NotConfirmedError(
            f"Before this flight nobody ticked, {', '.join(missing)}.",
            mend="Look at each, then: qyran preflight FILE --on LINK --tick all --as NAME.",
        )


def _go_on(stop: Callable[[], bool], vehicle: Vehicle, word: str) -> None:
    if stop():
        raise StoppedError(f"Stopped. {word}", about=f"vehicle {vehicle.system_id}")


def keep_order(order: Order, folder: Path) -> None:
    """Write the mission and what is known of it into a flight's folder."""
    write_mission(order.mission, folder / MISSION_FILE)
    write_order(order, folder / ORDER_FILE)


def order_file(file: Path) -> Path:
    """Where it stands what is known of a mission file that no plan made."""
    return file.with_suffix(".order.json")


def write_order(order: Order, file: Path) -> None:
    """Write what is known of a mission, without the mission itself."""
    report = {
        "name": order.name,
        "identity": order.identity,
        "predicted_s": order.predicted_s,
        "predicted_m": order.predicted_m,
        "needs": needs_report(order.needs),
        "blocked": list(order.blocked),
        "vehicle": profile_report(order.profile),
        "resumes": order.resumes,
    }
    write_atomically(file, json_bytes(report, indent=1) + b"\n")


def read_kept_order(folder: Path) -> Order:
    """The order that a flight's folder keeps. Raises ``InputError`` where it keeps none."""
    if not (folder / MISSION_FILE).exists():
        raise InputError(
            "This folder keeps no flight's mission.",
            about=str(folder),
            mend="Give the folder of a flight, such as flights/20260501T060000Z-sortie-1.",
        )
    mission = read_mission(folder / MISSION_FILE)
    order = Order(mission, folder.name, identity(mission), None, None)
    return _known(order, folder / ORDER_FILE) or order


def _known(order: Order, file: Path) -> Order | None:
    """The order with what a file knows of it; None where the file is about another mission."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        if report["identity"] != order.identity:
            return None
        return replace(
            order,
            name=str(report["name"]),
            predicted_s=report["predicted_s"],
            predicted_m=report["predicted_m"],
            needs=needs_from(report["needs"]),
            blocked=tuple(map(str, report["blocked"])),
            profile=profile_from(report["vehicle"]),
            resumes=report["resumes"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SettingError) as error:
        raise InputError(f"It cannot be read as a flight's order: {error}.", about=str(file)) from None


def holds_flight(folder: Path) -> bool:
    """Whether a record stands there of a vehicle that left the ground; one of a refusal may be written over."""
    from telemetry.record import RECORD_FILE, Outcome  # noqa: PLC0415

    try:
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return not isinstance(record, dict) or record.get("outcome") != Outcome.REFUSED.value

"""What is looked at before a flight, asked of the vehicle itself, and what can be mended by a parameter."""

from __future__ import annotations

from collections.abc import Iterable

from missions.items import Mission
from planner.errors import CommandRefusedError
from telemetry import firmware
from telemetry.confirmation import Confirmation
from telemetry.preflight_failsafes import failsafe_checks, ground_station, patience
from telemetry.preflight_fence import fence_checks
from telemetry.preflight_lines import Change, Check, Needs, Weather
from telemetry.preflight_mission import mission_checks
from telemetry.preflight_vehicle import vehicle_checks
from telemetry.vehicle import Vehicle

__all__ = ["Change", "Check", "Needs", "Weather", "enable_fence", "mend", "preflight_checks", "prepare"]

NO_NEEDS = Needs()
ASKED = (
    "FS_GCS_ENABLE", "FS_GCS_TIMEOUT", "FS_OPTIONS", "FS_THR_ENABLE", "FS_EKF_ACTION", "FS_EKF_THRESH",
    "FS_CRASH_CHECK", "BATT_CAPACITY", "BATT_FS_LOW_ACT", "BATT_LOW_VOLT", "BATT_LOW_MAH", "RTL_ALT_TYPE",
    "FENCE_ENABLE", "FENCE_TYPE", "FENCE_RADIUS", "FENCE_ALT_MAX", "FENCE_OPTIONS", "FENCE_ACTION",
)  # fmt: skip
"""Parameters of the same name in all firmwares, asked for together: one by one they cost a poor radio a minute."""
_SETTINGS = (firmware.RETURN_ALTITUDE, firmware.GROUND_STATION)


def preflight_checks(
    vehicle: Vehicle,
    mission: Mission,
    needs: Needs = NO_NEEDS,
    *,
    held: Mission | None = None,
    weather: Weather | None = None,
) -> tuple[Check, ...]:
    """Every line, each asked now.

    The energy that ``needs`` says, reserve included, is held against the pack that the vehicle says it has
    (``BATT_CAPACITY`` at its voltage), so that a smaller one than was planned with is found. ``held`` is what was read
    from the vehicle just now (``telemetry.download``); without it, only what was loaded on this link counts as there.
    Raises ``LinkLostError`` where the vehicle does not answer for its parameters, ``VehicleError`` for one that is not
    flown (PX4, a plane).
    """
    vehicle.require_supported("check")
    fence = bool(mission.fence.polygons or mission.fence.circles)
    runs = vehicle.firmware
    newest = runs is not None and runs.version >= firmware.SI_SINCE
    named = [one.spellings[-1 if newest else 0].parameter for one in _SETTINGS]
    checks_made = (firmware.CHECKS_SKIPPED if newest else firmware.CHECKS_RUN).spellings[0].parameter
    with vehicle.together([*ASKED, *named, checks_made]):
        state = vehicle.state
        return (
            *vehicle_checks(vehicle, state, needs, weather, fence=fence, rally=bool(mission.rally)),
            *mission_checks(vehicle, state, mission, needs, held),
            *fence_checks(vehicle, state, mission),
            *failsafe_checks(vehicle, needs),
        )


def prepare(vehicle: Vehicle, mission: Mission, confirmation: Confirmation) -> tuple[Change, ...]:
    """Set what makes the vehicle keep this mission's fence and come home when it loses us; says old → new.

    That is ``FENCE_ENABLE`` with the type, options, radius and height that this fence needs, and ``FS_GCS_ENABLE``.
    A sped-up simulator is also given ``FS_GCS_TIMEOUT`` for as long in our seconds as it has in its own.
    Each is confirmed by the vehicle. Raises ``NotConfirmedError``, ``CommandRefusedError``.
    """
    return mend(
        vehicle,
        [*fence_checks(vehicle, vehicle.state, mission), *patience(vehicle), ground_station(vehicle)],
        confirmation,
    )


def mend(vehicle: Vehicle, checks: Iterable[Check], confirmation: Confirmation) -> tuple[Change, ...]:
    """Set every parameter that mends a failing line, read each back, and say old → new.

    The fence is switched on last, when it is what it should be. Raises ``NotConfirmedError``, and
    ``CommandRefusedError`` where the vehicle keeps another value; what was set before stays set.
    """
    confirmation.check(vehicle.system_id)
    changes = sorted(
        (check.change for check in checks if check.change is not None and check.ok is not True),
        key=lambda change: change.parameter == "FENCE_ENABLE",
    )
    done: list[Change] = []
    for change in changes:
        vehicle.set_parameter(change.parameter, change.new)
        kept = vehicle.parameter(change.parameter)
        if kept is None or abs(kept - change.new) > 1e-5 * max(1.0, abs(change.new)):
            told = ", ".join(map(str, done)) or "nothing"
            raise CommandRefusedError(
                f"The vehicle was to set {change} and has {kept} now; set before it: {told}.", about=change.parameter
            )
        done.append(change)
    return tuple(done)


def enable_fence(vehicle: Vehicle, mission: Mission, confirmation: Confirmation) -> tuple[Change, ...]:
    """Switch the fence on where the mission has one: the one thing that is set on a real vehicle without being asked.

    Its ceiling, radius and kind are a person's to change. Raises ``NotConfirmedError``, ``CommandRefusedError``.
    """
    first = next(fence_checks(vehicle, vehicle.state, mission), None)
    return mend(vehicle, [] if first is None else [first], confirmation)

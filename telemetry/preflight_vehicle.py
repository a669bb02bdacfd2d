"""Lines before a flight about the vehicle itself: link, firmware, sensors, battery, the weather it stands in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from telemetry import firmware
from telemetry.clock import utc_now
from telemetry.dialect import mavlink
from telemetry.firmware import Ability
from telemetry.preflight_lines import Change, Check, Needs, Weather
from telemetry.state import LOST_AFTER_S, Sensor, VehicleState
from telemetry.vehicle import Vehicle

PREARM_AGE_S = 40.0
"""ArduPilot repeats each pre-arm text every 30 s; what is older no longer holds."""
LOSS_WARNS, LOSS_BLOCKS = 0.05, 0.25
FEWEST_SATELLITES = 6
WORST_HDOP = 2.0
MONITOR_SLACK = 0.02
"""Monitors tell whole per cent, and a drone that waits uses a little."""
COLDER_C = 5.0
WEATHER_HOURS = 2.0
NEEDED = Ability.MISSION_INT | Ability.COMMAND_INT | Ability.MAVLINK2


def vehicle_checks(
    vehicle: Vehicle, state: VehicleState, needs: Needs, weather: Weather | None, *, fence: bool, rally: bool
) -> Iterator[Check]:
    """In the order in which a pilot would look. ``fence`` and ``rally``: whether the mission has them."""
    yield _link(vehicle, state)
    yield _firmware(vehicle, fence=fence, rally=rally)
    for check in _told(vehicle, state):
        yield _as_old(check)
    yield _arming_checks(vehicle)
    yield _as_old(_battery(vehicle, state, needs))
    yield _wind(needs, weather)
    yield from _temperature(vehicle, state, needs, weather)


def _told(vehicle: Vehicle, state: VehicleState) -> Iterator[Check]:
    """What the vehicle tells by itself, again and again."""
    yield _position(vehicle, state)
    estimator_age = vehicle.age_s("EKF_STATUS_REPORT")
    yield Check(
        "estimator",
        state.estimator_ok,
        "Its estimator knows position and speed."
        if state.estimator_ok
        else "Its estimator does not know position and speed yet."
        if state.estimator_ok is False
        else "The estimator does not report.",
        "Wait; do not move it.",
        estimator_age,
    )
    yield _sensor(vehicle, state, Sensor.COMPASS, "compass", "Calibrate it, away from metal and magnets.")
    yield _sensor(vehicle, state, Sensor.LOGGING, "storage", "Put in a memory card with free space.", only_warns=True)
    yield _prearm(vehicle, state)


def _as_old(check: Check) -> Check:
    """An answer that is too old to be believed is no answer: the vehicle no longer tells it."""
    if check.ok is True and check.age_s is not None and check.age_s > LOST_AFTER_S:
        return replace(check, ok=None, sentence=f"{check.sentence} That was {check.age_s:.0f} s ago.")
    return check


def _link(vehicle: Vehicle, state: VehicleState) -> Check:
    total = state.messages + state.messages_missed
    lost = state.messages_missed / total if total else 0.0
    began = time.monotonic()
    answered = vehicle.ask_for(mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION, "AUTOPILOT_VERSION")
    soon = f"it answers within {(time.monotonic() - began) * 1000:.0f} ms" if answered else "it did not answer"
    words = f"{lost:.1%} of {total} messages missed; {soon}."
    if vehicle.link.trouble is not None:
        words += f" {vehicle.link.trouble}."
    live = state.freshness().is_live
    return Check(
        "link",
        live and lost <= LOSS_WARNS,
        words if live else f"It has been silent for {state.age_s() or 0:.0f} s. {words}",
        "Check antennas and the ground station's place.",
        state.age_s(),
        only_warns=live and lost <= LOSS_BLOCKS,
    )


def _firmware(vehicle: Vehicle, *, fence: bool, rally: bool) -> Check:
    known = vehicle.firmware
    if known is None:
        return Check("autopilot", None, "It does not say what it runs.", "Ask again.", only_warns=True)
    wanted = (
        NEEDED | (Ability.MISSION_FENCE if fence else Ability(0)) | (Ability.MISSION_RALLY if rally else Ability(0))
    )
    lacks = wanted & ~Ability(known.capabilities) if known.capabilities else Ability(0)
    if lacks:
        # That a mission, a fence, rally points are there is proven by reading them back, whatever it says of itself.
        words = f"{known} says that it does not understand: {lacks.words}."
        return Check("autopilot", False, words, "Give it ArduCopter 4.5 or newer.", only_warns=True)
    first, last = (".".join(map(str, one)) for one in (firmware.TESTED_FROM, firmware.TESTED_TO))
    if not firmware.is_tested(known.version):
        words = f"{known}; Qyran knows the names and units of {first} to {last}."
        return Check("autopilot", None, words, "Look at each line before you fly.", only_warns=True)
    return Check("autopilot", True, f"{known}.")


def _position(vehicle: Vehicle, state: VehicleState) -> Check:
    gps = state.gps
    fix = gps is not None and gps.fix.is_good and state.position is not None
    seen = gps is None or gps.satellites is None or gps.satellites >= FEWEST_SATELLITES
    sharp = gps is None or gps.hdop is None or gps.hdop <= WORST_HDOP
    told = [
        "no fix" if gps is None else gps.fix.name.replace("_", " ").lower().replace("fix ", "fix in "),
        f"satellites: {'unknown' if gps is None or gps.satellites is None else gps.satellites}",
        f"HDOP {'unknown' if gps is None or gps.hdop is None else format(gps.hdop, 'g')}",
    ]
    sentence = f"{', '.join(told)}.".capitalize().replace("hdop", "HDOP").replace("3d", "3D")
    return Check(
        "position", fix and seen and sharp, sentence, "Wait for a fix under open sky.", vehicle.age_s("GPS_RAW_INT")
    )


def _sensor(
    vehicle: Vehicle, state: VehicleState, sensor: Sensor, name: str, mend: str, *, only_warns: bool = False
) -> Check:
    age = vehicle.age_s("SYS_STATUS")
    works = None if state.sensors is None else state.sensors.works(sensor)
    said = "is not told of" if state.sensors is None else state.sensors.word(sensor)
    what = "its own log" if sensor is Sensor.LOGGING else f"its {name}"
    only_warns = only_warns or works is None
    return Check(name, works, f"The vehicle says that {what} {said}.", mend, age, only_warns=only_warns)


def _prearm(vehicle: Vehicle, state: VehicleState) -> Check:
    newest = state.received_at
    said = [
        one
        for one in state.texts
        if "arm:" in one.text.lower() and newest is not None and (newest - one.at).total_seconds() <= PREARM_AGE_S
    ]
    age = vehicle.age_s("SYS_STATUS")
    if state.can_arm:
        return Check("own checks", True, "The autopilot says that it can arm.", age_s=age)
    words = "; ".join(dict.fromkeys(one.text for one in said)) or "The autopilot says that it cannot arm, and not why."
    return Check("own checks", state.can_arm, words, "Mend what the autopilot names.", age)


def _arming_checks(vehicle: Vehicle) -> Check:
    """Whether the autopilot's own checks are all switched on, under the old name or the new."""
    run, skipped = vehicle.setting(firmware.CHECKS_RUN), None
    if run is None:
        skipped = vehicle.setting(firmware.CHECKS_SKIPPED)
    name, mend = "checks before arming", "Set {}."
    if run is None and skipped is None:
        return Check(
            name, None, "The vehicle does not say which checks it makes.", "Check its firmware.", only_warns=True
        )
    reading = run or skipped
    assert reading is not None
    good = bool(int(reading.raw) & 1) if run is not None else reading.raw == 0
    told = f"{reading.parameter} is {reading.raw:g}"
    if good:
        return Check(name, True, f"All are made: {told}.")
    change = Change(reading.parameter, reading.raw, 1.0 if run is not None else 0.0)
    return Check(name, False, f"Some are left out: {told}.", mend.format(change), change=change, only_warns=True)


def _battery(vehicle: Vehicle, state: VehicleState, needs: Needs) -> Check:
    age, share = vehicle.age_s("SYS_STATUS"), state.battery_share
    if share is None:
        words = "The vehicle does not say how full its battery is."
        return Check("battery", None, words, "Set its battery monitor.", age)
    wanted = share_of_pack(vehicle, state, needs.energy_with_reserve_wh, needs.battery_with_reserve)
    if wanted is None:
        return Check("battery", True, f"{share:.0%} full; what the sortie takes is not known.", age_s=age)
    kept = needs.reserve or 0.0
    reserve = f" with the reserve of {kept:.0%}" if kept else ""
    words = f"{share:.0%} full; the sortie takes {wanted:.0%}{reserve}."
    return Check(
        "battery", share >= wanted - MONITOR_SLACK, words, "Put in a full battery, or plan a shorter sortie.", age
    )


def share_of_pack(
    vehicle: Vehicle, state: VehicleState, energy_wh: float | None, planned: float | None
) -> float | None:
    """The share of this vehicle's own pack that an energy is; the planned share where its pack is not known."""
    capacity = vehicle.parameter("BATT_CAPACITY")
    volts = state.battery.volts if state.battery else None
    if energy_wh is None or not capacity or not volts:
        return planned
    return energy_wh / (capacity / 1000.0 * volts)


def _wind(needs: Needs, weather: Weather | None) -> Check:
    reckoned = "unknown" if needs.wind_mps is None else f"{needs.wind_mps:g} m/s"
    bears = "" if needs.max_wind_mps is None else f", and the drone bears {needs.max_wind_mps:g} m/s"
    plan = f"the plan reckons with {reckoned}{bears}"
    if weather is None or weather.wind_mps is None:
        return Check(
            "wind", None, f"Nobody measured it; {plan}.", "Measure it and tell: --wind MPS.", None, only_warns=True
        )
    measured, age = weather.wind_mps, (utc_now() - weather.at).total_seconds()
    told = f"{measured:g} m/s by {weather.person}; {plan}."
    if age > WEATHER_HOURS * 3600:
        return Check("wind", None, f"{told} That is old.", "Measure it again: --wind MPS.", age, only_warns=True)
    too_much = needs.max_wind_mps is not None and measured > needs.max_wind_mps
    more = needs.wind_mps is not None and measured > needs.wind_mps
    mend = "Wait for less wind." if too_much else "Plan again with this wind ([limits] wind_mps), or wait."
    return Check("wind", not (too_much or more), told, mend, age, only_warns=not too_much)


def _temperature(vehicle: Vehicle, state: VehicleState, needs: Needs, weather: Weather | None) -> Iterator[Check]:
    """The battery's own sensor, else what a person measured, against what the plan reckons with."""
    celsius, age, whose = None, None, ""
    if state.battery is not None and state.battery.celsius is not None:
        celsius, age, whose = state.battery.celsius, vehicle.age_s("BATTERY_STATUS"), "by the battery's sensor"
    elif weather is not None and weather.celsius is not None:
        celsius, age, whose = weather.celsius, (utc_now() - weather.at).total_seconds(), f"by {weather.person}"
    planned = 20.0 if needs.battery_c is None else needs.battery_c
    plan = f"the plan reckons with {planned:g} °C{' (nothing else was said)' if needs.battery_c is None else ''}"
    if celsius is None:
        mend = "Measure the battery's temperature and tell: --celsius DEGREES."
        yield Check("temperature", None, f"Nobody measured it; {plan}.", mend, None, only_warns=True)
        return
    yield Check(
        "temperature",
        celsius >= planned - COLDER_C,
        f"{celsius:g} °C {whose}; {plan}.",
        "Warm the battery, or plan again with this cold ([limits] battery_c).",
        age,
    )

"""Lines before a flight about what the vehicle does by itself when something fails (ArduCopter 4.5 to 4.7)."""

from __future__ import annotations

from collections.abc import Iterator

from telemetry import firmware
from telemetry.dialect import GCS_SYSTEM
from telemetry.firmware import FS_OPTION_AUTO_WITHOUT_GCS, FS_OPTION_AUTO_WITHOUT_RADIO, without_us_words
from telemetry.preflight_lines import Change, Check, Needs, flag
from telemetry.vehicle import Vehicle

GCS_TIMEOUT_S, GCS_TIMEOUT_MOST_S = 5.0, 120.0
"""``FS_GCS_TIMEOUT``: ArduPilot's default, and its highest."""
GCS_TIMEOUT_SENSIBLE_S = 10.0
"""After so long the link counts as lost here, too."""
EKF_THRESHOLD, EKF_THRESHOLD_MOST = 0.8, 1.0
"""``FS_EKF_THRESH``: ArduPilot's default, and its highest sensible one; 0 switches the failsafe off."""


def failsafe_checks(vehicle: Vehicle, needs: Needs) -> Iterator[Check]:
    """Ground station, radio, battery, estimator, crash; the terrain failsafe has no switch (see ``terrain``)."""
    options = vehicle.parameter("FS_OPTIONS")
    yield ground_station(vehicle)
    yield from _our_number(vehicle)
    yield from _time_out(vehicle)
    yield from _goes_on(options)
    yield flag(
        vehicle,
        "FS_THR_ENABLE",
        1.0,
        name="radio lost",
        off="Nothing happens when the pilot's radio is lost.",
        on="It lets a mission go on when the pilot's radio is lost (FS_OPTIONS)."
        if options is not None and int(options) & FS_OPTION_AUTO_WITHOUT_RADIO
        else "It acts when the pilot's radio is lost.",
    )
    yield from _battery(vehicle, needs)
    yield flag(
        vehicle,
        "FS_EKF_ACTION",
        1.0,
        name="estimator lost",
        off="It only reports when its position is lost.",
        on="It lands, or holds its height, when its position is lost.",
    )
    yield from _estimator_threshold(vehicle)
    yield flag(
        vehicle,
        "FS_CRASH_CHECK",
        1.0,
        name="crash",
        off="Its motors go on after a crash.",
        on="It stops its motors after a crash.",
        only_warns=True,
    )


def ground_station(vehicle: Vehicle) -> Check:
    """Whether it does anything when it loses this ground station."""
    check = flag(
        vehicle,
        "FS_GCS_ENABLE",
        1.0,
        name="ground station lost",
        off="Nothing happens when the vehicle loses this ground station.",
        on="It acts when it loses this ground station.",
    )
    if check.ok is not True:
        return check
    words = without_us_words(vehicle.parameter("FS_GCS_ENABLE"), vehicle.parameter("FS_GCS_TIMEOUT"))
    return Check(check.name, True, words)


def _our_number(vehicle: Vehicle) -> Iterator[Check]:
    """Its failsafe listens to the heartbeats of one ground station's number (from 4.7 on, of a range)."""
    reading = vehicle.setting(firmware.GROUND_STATION)
    if reading is None:
        words = "The vehicle does not say which ground station it listens for."
        yield Check("ground station's number", None, words, "Check its firmware.", only_warns=True)
        return
    last = vehicle.setting(firmware.GROUND_STATION_LAST) if reading.parameter.startswith("MAV_") else None
    highest = max(reading.raw, last.raw) if last is not None else reading.raw
    if reading.raw <= GCS_SYSTEM <= highest:
        yield Check("ground station's number", True, f"It listens for ours, {GCS_SYSTEM} ({reading.parameter}).")
        return
    change = Change(reading.parameter, reading.raw, float(GCS_SYSTEM))
    words = f"It listens for ground station {reading.raw:g} and we are {GCS_SYSTEM}: it would not miss us."
    yield Check("ground station's number", False, words, f"Set {change}.", change=change)


def _time_out(vehicle: Vehicle) -> Iterator[Check]:
    timeout = vehicle.parameter("FS_GCS_TIMEOUT")
    if timeout is None:
        return
    ours_s = timeout / vehicle.speedup
    good = 0 < ours_s <= GCS_TIMEOUT_SENSIBLE_S
    change = Change("FS_GCS_TIMEOUT", timeout, GCS_TIMEOUT_S * min(vehicle.speedup, GCS_TIMEOUT_MOST_S / GCS_TIMEOUT_S))
    words = f"It waits {timeout:g} s for a lost ground station; {GCS_TIMEOUT_SENSIBLE_S:g} s is long enough."
    yield Check(
        "ground station's time-out", good, words, f"Set {change}.", change=None if good else change, only_warns=True
    )


def _goes_on(options: float | None) -> Iterator[Check]:
    if options is None or not int(options) & FS_OPTION_AUTO_WITHOUT_GCS:
        return
    change = Change("FS_OPTIONS", options, float(int(options) & ~FS_OPTION_AUTO_WITHOUT_GCS))
    words = f"Its mission goes on when it loses this ground station: FS_OPTIONS is {options:g}."
    yield Check("mission without ground station", False, words, f"Set {change}.", change=change)


def _battery(vehicle: Vehicle, needs: Needs) -> Iterator[Check]:
    action = flag(
        vehicle,
        "BATT_FS_LOW_ACT",
        2.0,
        name="battery low",
        off="Nothing happens when the battery runs low.",
        on="It acts when the battery runs low.",
    )
    yield action
    if action.ok is None:
        return
    low_v, low_mah = vehicle.parameter("BATT_LOW_VOLT"), vehicle.parameter("BATT_LOW_MAH")
    capacity = vehicle.parameter("BATT_CAPACITY")
    if low_v is None and low_mah is None:
        return
    kept = needs.reserve or 0.25
    name = "battery low is when"
    told = f"At {low_v or 0:g} V or {low_mah or 0:g} mAh left (BATT_LOW_VOLT, BATT_LOW_MAH; 0 is off)"
    if not low_v and not low_mah:
        change = None
        if low_mah is not None and capacity:
            change = Change("BATT_LOW_MAH", low_mah, float(round(kept * capacity)))
        mend = f"Set {change}." if change is not None else "Set BATT_LOW_VOLT or BATT_LOW_MAH."
        yield Check(name, False, f"{told}: so it never is.", mend, change=change)
        return
    if low_mah and capacity and needs.battery is not None and low_mah / capacity > 1 - needs.battery + 0.01:
        # The sortie itself comes below that: it would be called back before its end.
        words = f"{told}: {low_mah / capacity:.0%}, and this sortie lands with {1 - needs.battery:.0%}."
        change = Change("BATT_LOW_MAH", low_mah, float(round(min(kept, 1 - needs.battery) * capacity)))
        yield Check(name, False, words, f"Set {change}, or plan a shorter sortie.", change=change, only_warns=True)
        return
    yield Check(name, True, f"{told}.")


def _estimator_threshold(vehicle: Vehicle) -> Iterator[Check]:
    threshold = vehicle.parameter("FS_EKF_THRESH")
    if threshold is None or 0 < threshold <= EKF_THRESHOLD_MOST:
        return
    change = Change("FS_EKF_THRESH", threshold, EKF_THRESHOLD)
    words = "It never finds that its position is lost" if threshold == 0 else "It finds late that its position is lost"
    yield Check(
        "estimator's threshold", False, f"{words}: FS_EKF_THRESH is {threshold:g}.", f"Set {change}.", change=change
    )


def patience(vehicle: Vehicle) -> Iterator[Check]:
    """A simulator at 20 × gives us up after 0.25 s of ours, less than a busy machine may keep us waiting."""
    timeout = vehicle.parameter("FS_GCS_TIMEOUT") if vehicle.speedup > 1 else None
    if timeout is None:
        return
    change = Change("FS_GCS_TIMEOUT", timeout, min(GCS_TIMEOUT_MOST_S, GCS_TIMEOUT_S * vehicle.speedup))
    yield Check(
        "patience", timeout >= change.new, f"It waits {timeout:g} s of its own.", f"Set {change}.", change=change
    )

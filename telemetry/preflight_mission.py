"""Lines before a flight about the mission in the vehicle, its home, its way back, and the terrain it needs."""

from __future__ import annotations

from collections.abc import Iterator

from missions.compare import Part, differences
from missions.items import Frame, Mission
from missions.wire import place_of
from planner.geodesy import distance_m
from telemetry import firmware
from telemetry.dialect import mavlink
from telemetry.preflight_lines import Change, Check, Needs
from telemetry.state import VehicleState
from telemetry.vehicle import Vehicle

HOME_MOVED_M, HOME_ELSEWHERE_M = 50.0, 500.0
"""Beyond the first the ways home are not quite those that were proven, beyond the second they are others."""
RETURN_SLACK_M = 0.5
TERRAIN_FRAMES = (Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL_TERRAIN_ALT_INT)
_NAMES = {Part.MISSION: "mission", Part.FENCE: "fence items", Part.RALLY: "rally points"}


def mission_checks(
    vehicle: Vehicle, state: VehicleState, mission: Mission, needs: Needs, held: Mission | None
) -> Iterator[Check]:
    """``held`` is what was read from the vehicle just now; None where it was not read but loaded on this link."""
    yield from _read_back(vehicle, mission, held)
    yield from _home(state, mission)
    yield from _return_altitude(vehicle, needs)
    yield from _terrain(vehicle, mission)


def _read_back(vehicle: Vehicle, mission: Mission, held: Mission | None) -> Iterator[Check]:
    counts = {
        Part.MISSION: len(mission.items),
        Part.FENCE: len(mission.fence.polygons) + len(mission.fence.circles),
        Part.RALLY: len(mission.rally),
    }
    words = {Part.MISSION: "items", Part.FENCE: "shapes", Part.RALLY: "points"}
    load = "Load it: qyran fly does, and qyran preflight --load."
    if held is None:
        for part, name in _NAMES.items():
            good = vehicle.loaded == mission
            told = f"{counts[part]} {words[part]}, read back equal." if good else "It was not read back equal."
            yield Check(name, good, told, load)
        return
    found = differences(mission, held)
    for part, name in _NAMES.items():
        wrong = [one for one in found if one.part is part]
        if wrong:
            more = f" ({len(wrong) - 1} more differ)" if len(wrong) > 1 else ""
            yield Check(name, False, f"The vehicle holds something else: {wrong[0].sentence}{more}", load)
        else:
            yield Check(name, True, f"{counts[part]} {words[part]}, read back equal.")


def _home(state: VehicleState, mission: Mission) -> Iterator[Check]:
    if not mission.items or (mission.items[0].x == 0 and mission.items[0].y == 0):
        return
    if state.home is None:
        yield Check("home", None, "The vehicle does not say where its home is.", "Wait for a position.", state.age_s())
        return
    off = distance_m(state.home, place_of(mission.items[0]))
    yield Check(
        "home",
        off <= HOME_MOVED_M,
        f"{off:.0f} m from the mission's home.",
        "Start where the plan's launch is, or plan from here.",
        state.age_s(),
        only_warns=off <= HOME_ELSEWHERE_M,
    )


def _return_altitude(vehicle: Vehicle, needs: Needs) -> Iterator[Check]:
    """The plan proved its ways home, over terrain and past zones, for one altitude: the vehicle must have that one."""
    name = "return altitude"
    reading = vehicle.setting(firmware.RETURN_ALTITUDE)
    if reading is None:
        yield Check(name, False, "The vehicle does not say.", "Check its firmware.", only_warns=True)
        return
    has, planned = reading.value, needs.return_altitude_m
    told = f"It returns at {has:g} m HOME or higher ({reading.parameter})"
    if planned is None:
        words = f"{told}; no plan stands beside the mission, so nobody proved its ways home."
        yield Check(name, None, words, "Plan it with Qyran, or look at the ways home yourself.", only_warns=True)
    elif abs(has - planned) <= RETURN_SLACK_M:
        yield Check(name, True, f"{told}, as planned. {needs.ways_home}".strip())
    else:
        change = Change(reading.parameter, reading.raw, reading.as_raw(planned))
        above = needs.highest_m is not None and has > needs.highest_m
        limit = f", above the limit of {needs.highest_m:g} m" if above else ""
        words = f"{told}{limit}; the ways home were proven at {planned:g} m HOME."
        yield Check(name, False, words, f"Set {change}.", change=change, only_warns=has > planned and not above)
    kind = vehicle.parameter("RTL_ALT_TYPE")
    if kind:
        change = Change("RTL_ALT_TYPE", kind, 0.0)
        words = "It takes the return altitude above terrain, and the ways home were proven above home."
        yield Check("return altitude's kind", False, words, f"Set {change}.", change=change, only_warns=planned is None)


def _terrain(vehicle: Vehicle, mission: Mission) -> Iterator[Check]:
    """Only for missions over terrain: its failsafe has no switch, and comes home where data is missing for 5 s."""
    if not any(item.frame in TERRAIN_FRAMES for item in mission.items):
        return
    enabled = vehicle.parameter("TERRAIN_ENABLE")
    if not enabled:
        change = None if enabled is None else Change("TERRAIN_ENABLE", enabled, 1.0)
        words = "The mission's altitudes are above terrain, and the vehicle does not use terrain data."
        yield Check("terrain", False, words, f"Set {change}." if change else "Check its firmware.", change=change)
        return
    told = vehicle.ask_for(mavlink.MAVLINK_MSG_ID_TERRAIN_REPORT, "TERRAIN_REPORT")
    pending = vehicle.state.terrain_pending if told else None
    if pending is None:
        words = "The mission's altitudes are above terrain, and the vehicle does not say which data it has."
        yield Check("terrain", None, words, "Give it terrain data.")
    else:
        words = (
            f"It waits for {pending} blocks of terrain data." if pending else "It has the terrain data it asked for."
        )
        yield Check("terrain", pending == 0, words, "Let a ground station give it terrain data.")

"""What the vehicle does by itself when something is wrong: fence, lost ground station, battery, radio.

The ground station's silence is counted in simulated seconds from its last heartbeat. Heartbeats come once a second of
the ground station's own time, so while a simulation runs faster than real time and the link that carried them is still
open, silence also has to last ``FS_GCS_TIMEOUT`` seconds of real time. Once it is closed, simulated time alone counts.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sim.fence import FenceType, names
from sim.modes.base import ModeNumber
from sim.texts import Severity

if TYPE_CHECKING:
    from sim.link import Link
    from sim.vehicle import Vehicle

_CONTINUE_IN_AUTO_GCS, _CONTINUE_LANDING, _CONTINUE_PILOT, _CONTINUE_IN_AUTO_RC = 2, 8, 16, 1
_GIVE_UP_M = 100.0
_ALT_MAX_STEP_M, _DISTANCE_STEP_M = 20.0, 20.0
_LAND, _RTL, _SMART_RTL, _SMART_RTL_LAND, _TERMINATE, _DO_LAND_START, _BRAKE = 1, 2, 3, 4, 5, 6, 7
"""Copter's failsafe actions, as ``BATT_FS_LOW_ACT`` numbers them."""


class Failsafes:
    """Watches ten times a second; acts once each time something goes wrong."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.gcs = self.battery = self.battery_critical = self.radio = False
        self._gcs_seen: tuple[float, float, Link] | None = None
        self._low_since: float | None = None
        self._critical_since: float | None = None
        self._ceiling = 0.0

    def heard_gcs(self, link: Link) -> None:
        """A heartbeat came from the ground station named in ``SYSID_MYGCS``."""
        self._gcs_seen = (self._vehicle.now, time.monotonic(), link)

    def step(self) -> None:
        """Look at everything."""
        self._check_fence()
        self._check_gcs()
        self._check_battery()
        self._check_radio()

    def _check_gcs(self) -> None:
        vehicle = self._vehicle
        enabled = int(vehicle.parameters["FS_GCS_ENABLE"])
        if not enabled or self._gcs_seen is None:
            self.gcs = False
            return
        seen, seen_wall, link = self._gcs_seen
        silent = vehicle.now - seen
        if vehicle.faster_than_real_time and not link.closed:
            silent = min(silent, time.monotonic() - seen_wall)
        lost = silent > vehicle.parameters["FS_GCS_TIMEOUT"]
        if lost == self.gcs:
            return
        self.gcs = lost
        if not lost:
            vehicle.say(Severity.WARNING, "GCS Failsafe Cleared")
            return
        vehicle.pilot.clear()
        actions = {1: _RTL, 2: _RTL, 3: _SMART_RTL, 4: _SMART_RTL_LAND, 5: _LAND, 6: _DO_LAND_START, 7: _BRAKE}
        options = int(vehicle.parameters["FS_OPTIONS"])
        if not vehicle.armed:
            self._announce("GCS")
            return
        if vehicle.idle_on_ground:
            self._announce("GCS", "Disarming")
            vehicle.disarm("GCSFAILSAFE")
        elif vehicle.mode.landing and options & _CONTINUE_LANDING:
            self._announce("GCS", "Continuing Landing")
        elif vehicle.mode.number is ModeNumber.AUTO and options & _CONTINUE_IN_AUTO_GCS:
            self._announce("GCS", "Continuing Auto Mode")
        elif options & _CONTINUE_PILOT and not vehicle.mode.autopilot:
            self._announce("GCS", "Continuing Pilot Control")
        else:
            self._announce("GCS")
            self._act(actions.get(enabled, _RTL))

    def _check_radio(self) -> None:
        vehicle = self._vehicle
        lost = bool(vehicle.parameters["SIM_RC_FAIL"]) and bool(vehicle.parameters["FS_THR_ENABLE"])
        lost = lost and not vehicle.pilot.overridden
        if lost == self.radio:
            return
        self.radio = lost
        if not lost:
            vehicle.say(Severity.WARNING, "Radio Failsafe Cleared")
            return
        options = int(vehicle.parameters["FS_OPTIONS"])
        action = {1: _RTL, 2: _RTL, 3: _LAND, 4: _SMART_RTL, 5: _SMART_RTL_LAND, 6: _DO_LAND_START, 7: _BRAKE}
        if vehicle.armed and vehicle.idle_on_ground:
            self._announce("Radio", "Disarming")
            vehicle.disarm("RADIOFAILSAFE")
        elif vehicle.armed and vehicle.mode.number is ModeNumber.AUTO and options & _CONTINUE_IN_AUTO_RC:
            self._announce("Radio", "Continuing Auto")
        else:
            self._announce("Radio")
            if vehicle.armed:
                self._act(action.get(int(vehicle.parameters["FS_THR_ENABLE"]), _LAND))

    def _check_battery(self) -> None:
        vehicle = self._vehicle
        parameters, battery = vehicle.parameters, vehicle.battery
        if not parameters["BATT_MONITOR"]:
            return
        self._low_since = self._since(self._low_since, battery.voltage_v < parameters["BATT_LOW_VOLT"])
        self._critical_since = self._since(self._critical_since, battery.voltage_v < parameters["BATT_CRT_VOLT"])
        low = self._lasted(self._low_since) or battery.remaining_mah < parameters["BATT_LOW_MAH"]
        critical = self._lasted(self._critical_since) or battery.remaining_mah < parameters["BATT_CRT_MAH"]
        if critical and not self.battery_critical:
            self.battery = self.battery_critical = True
            self._battery_acts("critical", int(parameters["BATT_FS_CRT_ACT"]))
        elif low and not self.battery:
            self.battery = True
            self._battery_acts("low", int(parameters["BATT_FS_LOW_ACT"]))

    def _since(self, before: float | None, now: bool) -> float | None:
        return (self._vehicle.now if before is None else before) if now else None

    def _lasted(self, since: float | None) -> bool:
        return since is not None and self._vehicle.now - since >= self._vehicle.parameters["BATT_LOW_TIMER"]

    def _battery_acts(self, word: str, action: int) -> None:
        vehicle = self._vehicle
        vehicle.say(
            Severity.WARNING,
            f"Battery 1 is {word} {vehicle.battery.voltage_v:.2f}V used {vehicle.battery.consumed_mah:.0f} mAh",
        )
        if not vehicle.armed:
            return
        options = int(vehicle.parameters["FS_OPTIONS"])
        if vehicle.idle_on_ground:
            vehicle.disarm("BATTERYFAILSAFE")
            self._announce("Battery", "Disarming")
        elif vehicle.mode.landing and options & _CONTINUE_LANDING and action:
            self._announce("Battery", "Continuing Landing")
        else:
            self._announce("Battery")
            self._act(action)

    def _check_fence(self) -> None:
        vehicle, fence = self._vehicle, self._vehicle.fence
        if not vehicle.armed or vehicle.landed:
            fence.breaches = FenceType.NONE
            return
        broken = vehicle.fence_broken_now()
        new = broken & ~fence.breaches
        height = vehicle.body.place[2] - vehicle.home_height
        if FenceType.ALT_MAX in broken:
            if FenceType.ALT_MAX not in new and height > self._ceiling:
                new |= FenceType.ALT_MAX
            if FenceType.ALT_MAX in new:
                self._ceiling = height + _ALT_MAX_STEP_M
        if fence.breaches and not broken:
            vehicle.say(Severity.NOTICE, "Fence breach cleared")
        fence.breaches = broken
        if not new:
            return
        fence.breach_count += 1
        fence.breach_time_ms = int(vehicle.now * 1000)
        vehicle.say(Severity.NOTICE, f"{names(new)} breached")
        action = int(vehicle.parameters["FENCE_ACTION"])
        if action == 0:
            return
        if vehicle.fence_overshoot() > _GIVE_UP_M:
            action = 2
        chains = {
            1: (ModeNumber.RTL, ModeNumber.LAND),
            2: (ModeNumber.LAND,),
            3: (ModeNumber.SMART_RTL, ModeNumber.RTL, ModeNumber.LAND),
            4: (ModeNumber.BRAKE, ModeNumber.LAND),
            5: (ModeNumber.SMART_RTL, ModeNumber.LAND),
        }
        for mode in chains.get(action, chains[1]):
            if vehicle.set_mode(mode):
                return

    def _announce(self, kind: str, action: str | None = None) -> None:
        text = f"{kind} Failsafe" if action is None else f"{kind} Failsafe - {action}"
        self._vehicle.say(Severity.WARNING, text)

    def _act(self, action: int) -> None:
        """A failsafe's action: go home, land here after a pause, or cut the motors."""
        vehicle = self._vehicle
        if action == 0:
            return
        if action == _TERMINATE:
            vehicle.disarm("FAILSAFE_ACTION_TERMINATE")
            return
        if action in (_SMART_RTL, _SMART_RTL_LAND) and vehicle.set_mode(ModeNumber.SMART_RTL):
            return
        if action == _SMART_RTL_LAND:
            vehicle.say(Severity.WARNING, "SmartRTL Unavailable, Using Land Mode")
        elif action == _SMART_RTL:
            vehicle.say(Severity.WARNING, "SmartRTL Unavailable, Trying RTL Mode")
        if action == _BRAKE and vehicle.set_mode(ModeNumber.BRAKE):
            return
        if action in (_RTL, _SMART_RTL, _DO_LAND_START) and vehicle.set_mode(ModeNumber.RTL):
            return
        vehicle.land_with_pause()

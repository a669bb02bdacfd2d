"""Messages of one vehicle, reduced to its state."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from planner.quantities import Altitude, LonLat
from telemetry.dialect import Message, autopilot_of, is_vehicle_heartbeat, mavlink
from telemetry.modes import mode_name
from telemetry.state import Battery, Fix, Gps, Sensors, StatusText, VehicleState, Wind
from telemetry.texts import TextAssembler

KEPT_TEXTS = 30
UNKNOWN_U16 = 65_535
UNKNOWN_I16 = 32_767
_FIXES = frozenset(int(fix) for fix in Fix)

Fields = dict[str, Any]
"""Field of ``VehicleState`` to its value."""


class Reducer:
    """Takes messages in the reader's thread; ``state()`` may be asked for from any."""

    def __init__(self, system_id: int, component_id: int) -> None:
        self.system_id = system_id
        self.component_id = component_id
        self._fields: Fields = {"system_id": system_id}
        self._battery: dict[str, float | None] = {}
        self._received_s: float | None = None
        self._heard: dict[str, float] = {}
        self._count = 0
        self._missed = 0
        self._sequence: int | None = None
        self._texts = TextAssembler()

    def take(self, message: Message, received_s: float) -> None:
        """Reduce one message; ``received_s`` is UTC seconds since 1970. The vehicle's other components do not count."""
        if message.get_srcComponent() != self.component_id:
            return
        self._received_s = received_s
        self._count += 1
        sequence = message.get_seq()
        if self._sequence is not None:
            self._missed += (sequence - self._sequence - 1) % 256
        self._sequence = sequence
        name = message.get_type()
        self._heard[name] = received_s
        handler = _HANDLERS.get(name)
        if handler is not None:
            # One update of the dictionary a message: whoever copies it meanwhile sees all of the message or nothing.
            self._fields.update(handler(self, message))

    def begin(self) -> None:
        """What came between the last message and the next one was not listened to, and is not missed."""
        self._sequence = None

    def heard_s(self, name: str) -> float | None:
        """UTC seconds since 1970 when the last message of that name came; None where none did."""
        return self._heard.get(name)

    def state(self) -> VehicleState:
        """What is known now."""
        received = self._received_s
        return VehicleState(
            **dict(self._fields),
            received_at=None if received is None else datetime.fromtimestamp(received, UTC),
            messages=self._count,
            messages_missed=self._missed,
        )

    def _heartbeat(self, message: Message) -> Fields:
        if not is_vehicle_heartbeat(message):
            return {}
        return {
            "autopilot": autopilot_of(message.autopilot),
            "kind": int(message.type),
            "mode": mode_name(message.autopilot, message.type, message.base_mode, message.custom_mode),
            "armed": bool(message.base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED),
            "failsafe": message.system_status in (mavlink.MAV_STATE_CRITICAL, mavlink.MAV_STATE_EMERGENCY),
        }

    def _position(self, message: Message) -> Fields:
        fields: Fields = {"boot_s": message.time_boot_ms / 1000.0}
        if message.lat == 0 and message.lon == 0:
            return fields
        return fields | {
            "position": LonLat(message.lon / 1e7, message.lat / 1e7),
            "altitude_home": Altitude.home(message.relative_alt / 1000.0),
            "altitude_amsl": Altitude.amsl(message.alt / 1000.0),
            "speed_mps": math.hypot(message.vx, message.vy) / 100.0,
            "climb_mps": -message.vz / 100.0,
            "heading_deg": None if message.hdg == UNKNOWN_U16 else message.hdg / 100.0,
        }

    def _attitude(self, message: Message) -> Fields:
        return {
            "boot_s": message.time_boot_ms / 1000.0,
            "roll_deg": math.degrees(message.roll),
            "pitch_deg": math.degrees(message.pitch),
        }

    def _system_time(self, message: Message) -> Fields:
        return {"boot_s": message.time_boot_ms / 1000.0}

    def _status(self, message: Message) -> Fields:
        self._battery |= {
            "share": None if message.battery_remaining < 0 else message.battery_remaining / 100.0,
            "volts": None if message.voltage_battery in (0, UNKNOWN_U16) else message.voltage_battery / 1000.0,
            "amperes": None if message.current_battery < 0 else message.current_battery / 100.0,
        }
        fields: Fields = {
            "battery": Battery(**self._battery),
            "sensors": Sensors(
                int(message.onboard_control_sensors_present),
                int(message.onboard_control_sensors_enabled),
                int(message.onboard_control_sensors_health),
            ),
        }
        prearm = mavlink.MAV_SYS_STATUS_PREARM_CHECK
        if message.onboard_control_sensors_present & prearm:
            fields["can_arm"] = bool(message.onboard_control_sensors_health & prearm)
        fence = mavlink.MAV_SYS_STATUS_GEOFENCE
        if message.onboard_control_sensors_present & fence:
            fields["fence_enabled"] = bool(message.onboard_control_sensors_enabled & fence)
        return fields

    def _battery_status(self, message: Message) -> Fields:
        if message.id != 0:
            return {}
        self._battery |= {
            "used_mah": None if message.current_consumed < 0 else float(message.current_consumed),
            "used_wh": None if message.energy_consumed < 0 else message.energy_consumed / 36.0,
            "celsius": None if message.temperature == UNKNOWN_I16 else message.temperature / 100.0,
        }
        return {"battery": Battery(**self._battery)}

    def _gps(self, message: Message) -> Fields:
        return {
            "gps": Gps(
                fix=Fix(message.fix_type) if message.fix_type in _FIXES else Fix.NO_GPS,
                satellites=None if message.satellites_visible == 255 else int(message.satellites_visible),
                hdop=None if message.eph == UNKNOWN_U16 else message.eph / 100.0,
            )
        }

    def _home(self, message: Message) -> Fields:
        if message.latitude == 0 and message.longitude == 0:
            return {}
        return {
            "home": LonLat(message.longitude / 1e7, message.latitude / 1e7),
            "home_altitude": Altitude.amsl(message.altitude / 1000.0),
        }

    def _current(self, message: Message) -> Fields:
        total = int(getattr(message, "total", 0))
        return {
            "mission_current": int(message.seq),
            "mission_total": None if total == UNKNOWN_U16 else total,
        }

    def _reached(self, message: Message) -> Fields:
        return {"mission_reached": int(message.seq)}

    def _landed(self, message: Message) -> Fields:
        landed = {mavlink.MAV_LANDED_STATE_ON_GROUND: True, mavlink.MAV_LANDED_STATE_UNDEFINED: None}
        return {"landed": landed.get(message.landed_state, False)}

    def _wind(self, message: Message) -> Fields:
        return {"wind": Wind(float(message.speed), message.direction % 360.0)}

    def _estimator(self, message: Message) -> Fields:
        wanted = mavlink.EKF_ATTITUDE | mavlink.EKF_VELOCITY_HORIZ | mavlink.EKF_POS_HORIZ_ABS
        good = message.flags & wanted == wanted and not message.flags & mavlink.EKF_CONST_POS_MODE
        return {"estimator_ok": bool(good)}

    def _fence(self, message: Message) -> Fields:
        return {"fence_breached": bool(message.breach_status)}

    def _target(self, message: Message) -> Fields:
        return {
            "target": LonLat(message.lon_int / 1e7, message.lat_int / 1e7),
            "target_amsl": Altitude.amsl(float(message.alt)),
        }

    def _terrain(self, message: Message) -> Fields:
        return {"terrain_pending": int(message.pending)}

    def _text(self, message: Message) -> Fields:
        at = datetime.fromtimestamp(self._received_s or 0.0, UTC)
        said = tuple(StatusText(severity, text, at) for severity, text in self._texts.take(message))
        return {"texts": (*self._fields.get("texts", ()), *said)[-KEPT_TEXTS:]}


_HANDLERS: dict[str, Callable[[Reducer, Message], Fields]] = {
    "HEARTBEAT": Reducer._heartbeat,
    "GLOBAL_POSITION_INT": Reducer._position,
    "ATTITUDE": Reducer._attitude,
    "SYSTEM_TIME": Reducer._system_time,
    "SYS_STATUS": Reducer._status,
    "BATTERY_STATUS": Reducer._battery_status,
    "GPS_RAW_INT": Reducer._gps,
    "HOME_POSITION": Reducer._home,
    "MISSION_CURRENT": Reducer._current,
    "MISSION_ITEM_REACHED": Reducer._reached,
    "EXTENDED_SYS_STATE": Reducer._landed,
    "WIND": Reducer._wind,
    "EKF_STATUS_REPORT": Reducer._estimator,
    "FENCE_STATUS": Reducer._fence,
    "POSITION_TARGET_GLOBAL_INT": Reducer._target,
    "TERRAIN_REPORT": Reducer._terrain,
    "STATUSTEXT": Reducer._text,
}

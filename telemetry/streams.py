"""Which messages a vehicle is asked for, how often, and asked again until they come."""

from __future__ import annotations

import time

from telemetry.dialect import AUTOPILOT_COMPONENT, Message, mavlink
from telemetry.link import Link

RATES_HZ: dict[int, float] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: 4.0,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 5.0,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: 5.0,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: 1.0,
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: 1.0,
    mavlink.MAVLINK_MSG_ID_GPS_RAW_INT: 1.0,
    mavlink.MAVLINK_MSG_ID_VFR_HUD: 2.0,
    mavlink.MAVLINK_MSG_ID_MISSION_CURRENT: 2.0,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 2.0,
    mavlink.MAVLINK_MSG_ID_EKF_STATUS_REPORT: 1.0,
    mavlink.MAVLINK_MSG_ID_FENCE_STATUS: 1.0,
    mavlink.MAVLINK_MSG_ID_SYSTEM_TIME: 1.0,
    mavlink.MAVLINK_MSG_ID_WIND: 1.0,
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: 0.5,
    mavlink.MAVLINK_MSG_ID_SIMSTATE: 1.0,
}
"""About 1 kB/s in all: a 57,600 baud radio has room for it beside a mission transfer. Four heartbeats a second tell
the moments of arming and disarming, and with them a flight's duration, to a quarter of a second."""

ASK_AGAIN_S = 3.0
ASK_AT_MOST = 5
OLD_STREAMS_HZ = 4


class Streams:
    """Asks with MAV_CMD_SET_MESSAGE_INTERVAL, and with REQUEST_DATA_STREAM where that brought nothing."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._seen: dict[int, float] = {}
        self._asked: dict[int, tuple[float, int]] = {}

    def note(self, message: Message) -> None:
        """A message of the vehicle came."""
        self._seen[message.get_msgId()] = time.monotonic()

    def forget(self) -> None:
        """Begin again: the vehicle was out of reach, or switched off and on."""
        self._asked.clear()

    def ask(self) -> None:
        """Ask for what does not come; to be called about once a second."""
        now = time.monotonic()
        for number, rate in RATES_HZ.items():
            last, times = self._asked.get(number, (-1e9, 0))
            comes = now - self._seen.get(number, -1e9) < ASK_AGAIN_S + 2.0 / rate
            if now - last < ASK_AGAIN_S or times >= ASK_AT_MOST or (comes and times):
                continue
            self._asked[number] = (now, times + 1)
            self._send_interval(number, rate)
            if number == mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT and times >= 1:
                self._send_old()

    def _send_interval(self, number: int, rate_hz: float) -> None:
        self._link.send(
            mavlink.MAVLink_command_long_message(
                self._link.system_id,
                self._link.component_id or AUTOPILOT_COMPONENT,
                mavlink.MAV_CMD_SET_MESSAGE_INTERVAL,
                0,
                number,
                1e6 / rate_hz,
                *[0] * 5,
            )
        )

    def _send_old(self) -> None:
        self._link.send(
            mavlink.MAVLink_request_data_stream_message(
                self._link.system_id, self._link.component_id, mavlink.MAV_DATA_STREAM_ALL, OLD_STREAMS_HZ, 1
            )
        )

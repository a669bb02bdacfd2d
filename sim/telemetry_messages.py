"""What the vehicle says of itself: one function a message, from its state to the payload."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.fence import FenceType
from sim.mission import MissionState
from sim.modes.base import ModeNumber
from sim.vectors import GRAVITY, Vector
from sim.wire import format_of

if TYPE_CHECKING:
    from sim.vehicle import Vehicle

Builder = Callable[["Vehicle"], bytes | None]
"""The payload, or None where there is nothing to say now."""

QUADROTOR, ARDUPILOT = 2, 3
_CUSTOM_MODE, _SAFETY_ARMED, _MANUAL, _STABILIZE, _GUIDED = 1, 128, 64, 16, 8
_STANDBY, _ACTIVE, _CRITICAL = 3, 4, 5
_GUIDED_MODES = (
    ModeNumber.AUTO,
    ModeNumber.GUIDED,
    ModeNumber.LOITER,
    ModeNumber.RTL,
    ModeNumber.POSHOLD,
    ModeNumber.BRAKE,
)
_UNKNOWN_U16, _UNKNOWN_I16 = 65_535, 32_767

_SENSORS = (
    0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000
    | 0x200000 | 0x400000 | 0x1000000 | 0x2000000 | 0x10000000
)  # fmt: skip
_COMPASS, _GPS, _RC, _GEOFENCE, _MOTORS, _POSITION, _PREARM = 0x4, 0x20, 0x10000, 0x100000, 0x8000, 0x4000, 0x10000000

_heartbeat = format_of("HEARTBEAT")
_sys_status = format_of("SYS_STATUS")
_global = format_of("GLOBAL_POSITION_INT")
_local = format_of("LOCAL_POSITION_NED")
_attitude = format_of("ATTITUDE")
_hud = format_of("VFR_HUD")
_gps = format_of("GPS_RAW_INT")
_battery = format_of("BATTERY_STATUS")
_nav = format_of("NAV_CONTROLLER_OUTPUT")
_current = format_of("MISSION_CURRENT")
_home = format_of("HOME_POSITION")
_wind = format_of("WIND")
_simstate = format_of("SIMSTATE")
_rc = format_of("RC_CHANNELS")
_servo = format_of("SERVO_OUTPUT_RAW")
_goal = format_of("POSITION_TARGET_GLOBAL_INT")


def clock_ms(vehicle: Vehicle) -> int:
    """Milliseconds since boot, as uint32."""
    return int(vehicle.now * 1000.0) & 0xFFFFFFFF


def clock_us(vehicle: Vehicle) -> int:
    """Microseconds since boot."""
    return int(vehicle.now * 1e6)


def heartbeat(vehicle: Vehicle) -> bytes:
    """Who it is, its mode, and whether its motors run."""
    base = _CUSTOM_MODE | _STABILIZE | _MANUAL
    base |= _SAFETY_ARMED if vehicle.armed else 0
    base |= _GUIDED if vehicle.mode.number in _GUIDED_MODES else 0
    failed = vehicle.failsafes
    status = _CRITICAL if failed.gcs or failed.battery or failed.radio else _STANDBY if vehicle.landed else _ACTIVE
    return _heartbeat.pack(QUADROTOR, ARDUPILOT, base, int(vehicle.mode.number), status, 3)


def sys_status(vehicle: Vehicle) -> bytes:
    """Sensors and battery."""
    present = _SENSORS | _GEOFENCE
    enabled = _SENSORS | (_GEOFENCE if vehicle.fence.enabled else 0)
    enabled &= ~(0 if vehicle.armed else _MOTORS)
    health = present
    health &= ~(0 if vehicle.prearm_ok or vehicle.armed else _PREARM)
    health &= ~(0 if vehicle.has_fix else _GPS)
    health &= ~(0 if vehicle.position_ok else _POSITION)
    health &= ~(_COMPASS if vehicle.compass_failed else 0)
    health &= ~(_RC if vehicle.failsafes.radio else 0)
    health &= ~(_GEOFENCE if vehicle.fence.breaches else 0)
    battery = vehicle.battery
    return _sys_status.pack(
        present, enabled, health, 250, int(battery.voltage_v * 1000), min(_UNKNOWN_I16, int(battery.current_a * 100)),
        battery.remaining, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def _place_e7(vehicle: Vehicle, place: Vector) -> tuple[int, int]:
    return vehicle.frame.to_e7(place[0], place[1])


def _heading_cdeg(vehicle: Vehicle) -> int:
    return int(math.degrees(vehicle.body.yaw) * 100.0) % 36_000


def global_position(vehicle: Vehicle) -> bytes:
    """Where it believes to be; 0, 0 until it knows."""
    body = vehicle.body
    lat, lon = _place_e7(vehicle, body.place) if vehicle.position_ok else (0, 0)
    amsl, vn, ve, vu = vehicle.origin_amsl_m + body.place[2], *body.velocity
    return _global.pack(
        clock_ms(vehicle), lat, lon, int(amsl * 1000), int((body.place[2] - vehicle.home_height) * 1000),
        int(vn * 100), int(ve * 100), int(-vu * 100), _heading_cdeg(vehicle),
    )  # fmt: skip


def local_position(vehicle: Vehicle) -> bytes | None:
    """Metres north, east, down of the origin."""
    if not vehicle.position_ok:
        return None
    (n, e, u), (vn, ve, vu) = vehicle.body.place, vehicle.body.velocity
    return _local.pack(clock_ms(vehicle), n, e, -u, vn, ve, -vu)


def attitude(vehicle: Vehicle) -> bytes:
    """Roll, pitch, yaw and their rates."""
    body = vehicle.body
    yaw = body.yaw if body.yaw <= math.pi else body.yaw - math.tau
    return _attitude.pack(clock_ms(vehicle), body.roll, body.pitch, yaw, 0.0, 0.0, body.yaw_rate)


def vfr_hud(vehicle: Vehicle) -> bytes:
    """Speeds, heading, throttle, height, climb."""
    body = vehicle.body
    ground = math.hypot(body.velocity[0], body.velocity[1])
    throttle = vehicle.parameters["MOT_THST_HOVER"] * body.lift if vehicle.armed and not vehicle.landed else 0.0
    return _hud.pack(
        ground, ground, _heading_cdeg(vehicle) // 100, min(100, int(throttle * 100)),
        vehicle.origin_amsl_m + body.place[2], body.velocity[2],
    )  # fmt: skip


def gps_raw(vehicle: Vehicle) -> bytes:
    """The satellite receiver's own word."""
    body = vehicle.body
    if not vehicle.has_fix:
        return _gps.pack(clock_us(vehicle), 1, 0, 0, 0, 9999, _UNKNOWN_U16, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    lat, lon = _place_e7(vehicle, body.place)
    amsl = int((vehicle.origin_amsl_m + body.place[2]) * 1000)
    vn, ve, _ = body.velocity
    course = int(math.degrees(math.atan2(ve, vn)) * 100) % 36_000
    return _gps.pack(
        clock_us(vehicle), 6, lat, lon, amsl, 121, 200, int(math.hypot(vn, ve) * 100), course,
        int(vehicle.parameters["SIM_GPS_NUMSATS"]), amsl, 300, 300, 40, 0, 0,
    )  # fmt: skip


def battery_status(vehicle: Vehicle) -> bytes:
    """The first battery."""
    battery = vehicle.battery
    cells = [int(battery.voltage_v * 1000)] + [_UNKNOWN_U16] * 9
    return _battery.pack(
        0, 0, 1, _UNKNOWN_I16, *cells, int(battery.current_a * 100), int(battery.consumed_mah),
        int(battery.consumed_wh * 36.0), battery.remaining, 0, 1, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def _navigating(vehicle: Vehicle) -> Vector | None:
    """Where it is flying to, or None."""
    guided = vehicle.guided
    if guided is not None:
        return guided.goal
    if vehicle.armed and vehicle.mode.number in (ModeNumber.AUTO, ModeNumber.RTL):
        return vehicle.navigator.destination
    return None


def nav_controller(vehicle: Vehicle) -> bytes:
    """Distance and bearing to where it flies."""
    body, goal = vehicle.body, _navigating(vehicle)
    bearing = distance = 0
    rise = 0.0
    if goal is not None:
        north, east = goal[0] - body.place[0], goal[1] - body.place[1]
        bearing = (int(math.degrees(math.atan2(east, north))) + 180) % 360 - 180
        distance = min(_UNKNOWN_U16, int(math.hypot(north, east)))
        rise = vehicle.target[0][2] - body.place[2]
    return _nav.pack(math.degrees(body.roll), math.degrees(body.pitch), bearing, bearing, distance, rise, 0.0, 0.0)


def position_target(vehicle: Vehicle) -> bytes | None:
    """Where it is flying to, as a place."""
    goal = _navigating(vehicle)
    if goal is None:
        return None
    lat, lon = _place_e7(vehicle, goal)
    return _goal.pack(
        clock_ms(vehicle), 0, 0xFFF8, lat, lon, vehicle.origin_amsl_m + goal[2],
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip


def mission_current(vehicle: Vehicle) -> bytes:
    """The command under way, and how the mission stands."""
    mission = vehicle.mission
    state = {MissionState.RUNNING: 3, MissionState.STOPPED: 2, MissionState.COMPLETE: 5}[mission.state]
    if mission.state is MissionState.RUNNING and vehicle.navigator.paused:
        state = 4
    if len(mission) <= 1:
        state = 1
    mode = 1 if vehicle.mode.number is ModeNumber.AUTO else 2
    return _current.pack(mission.current, max(0, len(mission) - 1), state, mode)


def home_position(vehicle: Vehicle) -> bytes | None:
    """Home, once it is set."""
    if vehicle.home is None:
        return None
    lat, lon = _place_e7(vehicle, vehicle.home)
    n, e, u = vehicle.home
    height = int((vehicle.origin_amsl_m + u) * 1000)
    return _home.pack(lat, lon, height, n, e, -u, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, clock_us(vehicle))


def gps_origin(vehicle: Vehicle) -> bytes | None:
    """The origin of LOCAL_POSITION_NED."""
    if not vehicle.position_ok:
        return None
    frame = vehicle.frame
    return format_of("GPS_GLOBAL_ORIGIN").pack(
        frame.lat_e7, frame.lon_e7, int(vehicle.origin_amsl_m * 1000), clock_us(vehicle)
    )


def system_time(vehicle: Vehicle) -> bytes:
    """UTC by the satellites, and time since boot."""
    return format_of("SYSTEM_TIME").pack(int((vehicle.utc_at_boot + vehicle.now) * 1e6), clock_ms(vehicle))


def wind(vehicle: Vehicle) -> bytes:
    """Where the wind comes from, and how strong."""
    north, east = vehicle.body.wind
    return _wind.pack(math.degrees(math.atan2(-east, -north)) % 360.0, math.hypot(north, east), 0.0)


def simstate(vehicle: Vehicle) -> bytes:
    """The truth, by which a link announces itself as a simulator."""
    body = vehicle.body
    an, ae, au = body.acceleration
    sine, cosine = math.sin(body.yaw), math.cos(body.yaw)
    lat, lon = _place_e7(vehicle, body.place)
    yaw = body.yaw if body.yaw <= math.pi else body.yaw - math.tau
    return _simstate.pack(
        body.roll, body.pitch, yaw, an * cosine + ae * sine, ae * cosine - an * sine, -GRAVITY - au,
        0.0, 0.0, body.yaw_rate, lat, lon,
    )  # fmt: skip


def rc_channels(vehicle: Vehicle) -> bytes:
    """The radio as the vehicle hears it."""
    return _rc.pack(clock_ms(vehicle), 16, *vehicle.pilot.channels, 0, 0, 255 if not vehicle.failsafes.radio else 0)


def servo_output(vehicle: Vehicle) -> bytes:
    """Four equal motors."""
    lift = vehicle.parameters["MOT_THST_HOVER"] * vehicle.body.lift
    pulse = 1000
    if vehicle.armed:
        pulse = 1100 if vehicle.landed else min(2000, int(1150 + 800 * lift))
    return _servo.pack(clock_us(vehicle) & 0xFFFFFFFF, 0, *([pulse] * 4), *([0] * 12))


def fence_status(vehicle: Vehicle) -> bytes | None:
    """Whether a fence is breached; nothing while it is off."""
    fence = vehicle.fence
    if not fence.enabled:
        return None
    kinds = {FenceType.ALT_MIN: 1, FenceType.ALT_MAX: 2, FenceType.CIRCLE: 3, FenceType.POLYGON: 3}
    kind = next((number for bit, number in kinds.items() if bit in fence.breaches), 0)
    return format_of("FENCE_STATUS").pack(1 if fence.breaches else 0, fence.breach_count, kind, fence.breach_time_ms, 0)


def ekf_status(vehicle: Vehicle) -> bytes:
    """Flags and variances of the position estimate."""
    flags = 0x33F if vehicle.position_ok else 0x421
    return format_of("EKF_STATUS_REPORT").pack(flags, 0.02, 0.03, 0.02, 0.05, 0.0, 0.0)


def vibration(vehicle: Vehicle) -> bytes:
    """Hardly any, as in SITL."""
    level = 0.01 if vehicle.armed and not vehicle.landed else 0.002
    return format_of("VIBRATION").pack(clock_us(vehicle), level, level, level, 0, 0, 0)


def extended_state(vehicle: Vehicle) -> bytes:
    """On the ground, in the air, taking off or landing."""
    if vehicle.landed:
        state = 1
    elif vehicle.mode.landing:
        state = 4
    else:
        state = 3 if vehicle.mode.taking_off else 2
    return format_of("EXTENDED_SYS_STATE").pack(0, state)


def terrain_report(vehicle: Vehicle) -> bytes:
    """Flat ground at the height of the origin."""
    body = vehicle.body
    lat, lon = _place_e7(vehicle, body.place)
    return format_of("TERRAIN_REPORT").pack(
        lat, lon, 100, vehicle.origin_amsl_m + body.ground, body.place[2] - body.ground, 0, 504
    )


def raw_imu(vehicle: Vehicle) -> bytes:
    """Accelerations in mg, as level flight feels them."""
    lift = int(-1000 * vehicle.body.lift)
    return format_of("RAW_IMU").pack(
        clock_us(vehicle), 0, 0, lift, 0, 0, int(vehicle.body.yaw_rate * 1000), 230, 50, -530, 0, 4500
    )


def scaled_pressure(vehicle: Vehicle) -> bytes:
    """The standard atmosphere's pressure at this height, hPa."""
    height = vehicle.origin_amsl_m + vehicle.body.place[2]
    pressure = 1013.25 * (1.0 - 2.25577e-5 * height) ** 5.25588
    return format_of("SCALED_PRESSURE").pack(clock_ms(vehicle), pressure, 0.0, 3500, 0)


def ahrs(vehicle: Vehicle) -> bytes:
    """Drift and errors of the attitude estimate: small."""
    return format_of("AHRS").pack(0.0, 0.0, 0.0, 0.0, 0.0, 0.002, 0.002)


def ahrs2(vehicle: Vehicle) -> bytes:
    """The second estimate; the same as the first."""
    body = vehicle.body
    lat, lon = _place_e7(vehicle, body.place)
    yaw = body.yaw if body.yaw <= math.pi else body.yaw - math.tau
    return format_of("AHRS2").pack(body.roll, body.pitch, yaw, vehicle.origin_amsl_m + body.place[2], lat, lon)


def power_status(vehicle: Vehicle) -> bytes:
    """The board's supply."""
    return format_of("POWER_STATUS").pack(5000, 0, 0)


def meminfo(vehicle: Vehicle) -> bytes:
    """Free memory, as SITL tells it."""
    return format_of("MEMINFO").pack(0, 65_535, 131_072)


CAPABILITIES = 1 | 2 | 4 | 8 | 32 | 64 | 128 | 256 | 512 | 2048 | 8192 | 16_384 | 32_768
"""Float and int missions, int commands, attitude and position targets, terrain, flight termination, MAVLink 2, fence
and rally by the mission protocol, FTP for these and the parameters."""
VERSION = (4 << 24) | (6 << 16) | (3 << 8) | 255
SOFTWARE = "ArduCopter V4.6.3 (qyransim)"


def autopilot_version(vehicle: Vehicle) -> bytes:
    """Its software: ArduCopter 4.6.3 as far as it is simulated, with a hash that says what it is."""
    return format_of("AUTOPILOT_VERSION").pack(
        CAPABILITIES, VERSION, 0, 0, 0, *b"qyransim", *([0] * 8), *([0] * 8), 0, 0, vehicle.system_id, *([0] * 18)
    )


BUILDERS: dict[str, Builder] = {
    "HEARTBEAT": heartbeat,
    "SYS_STATUS": sys_status,
    "GLOBAL_POSITION_INT": global_position,
    "LOCAL_POSITION_NED": local_position,
    "ATTITUDE": attitude,
    "VFR_HUD": vfr_hud,
    "GPS_RAW_INT": gps_raw,
    "BATTERY_STATUS": battery_status,
    "NAV_CONTROLLER_OUTPUT": nav_controller,
    "POSITION_TARGET_GLOBAL_INT": position_target,
    "MISSION_CURRENT": mission_current,
    "HOME_POSITION": home_position,
    "GPS_GLOBAL_ORIGIN": gps_origin,
    "SYSTEM_TIME": system_time,
    "WIND": wind,
    "SIMSTATE": simstate,
    "RC_CHANNELS": rc_channels,
    "SERVO_OUTPUT_RAW": servo_output,
    "FENCE_STATUS": fence_status,
    "EKF_STATUS_REPORT": ekf_status,
    "VIBRATION": vibration,
    "EXTENDED_SYS_STATE": extended_state,
    "TERRAIN_REPORT": terrain_report,
    "RAW_IMU": raw_imu,
    "SCALED_PRESSURE": scaled_pressure,
    "AHRS": ahrs,
    "AHRS2": ahrs2,
    "POWER_STATUS": power_status,
    "MEMINFO": meminfo,
    "AUTOPILOT_VERSION": autopilot_version,
}

STREAMS: dict[int, tuple[str, ...]] = {
    1: ("RAW_IMU", "SCALED_PRESSURE"),
    2: (
        "SYS_STATUS", "POWER_STATUS", "MEMINFO", "MISSION_CURRENT", "GPS_RAW_INT", "NAV_CONTROLLER_OUTPUT",
        "FENCE_STATUS", "POSITION_TARGET_GLOBAL_INT",
    ),
    3: ("SERVO_OUTPUT_RAW", "RC_CHANNELS"),
    6: ("GLOBAL_POSITION_INT", "LOCAL_POSITION_NED"),
    10: ("ATTITUDE", "SIMSTATE", "AHRS2"),
    11: ("VFR_HUD",),
    12: ("AHRS", "SYSTEM_TIME", "WIND", "TERRAIN_REPORT", "BATTERY_STATUS", "EKF_STATUS_REPORT", "VIBRATION"),
}  # fmt: skip
"""What a MAV_DATA_STREAM stands for, as ArduCopter groups it."""

STREAM_PARAMETERS = {
    1: "RAW_SENS",
    2: "EXT_STAT",
    3: "RC_CHAN",
    6: "POSITION",
    10: "EXTRA1",
    11: "EXTRA2",
    12: "EXTRA3",
}

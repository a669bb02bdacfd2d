"""What is known of a vehicle at one moment: one frozen value, every unknown None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum, IntFlag

from planner.quantities import Altitude, LonLat
from telemetry.clock import utc_now

STALE_AFTER_S = 3.0
LOST_AFTER_S = 10.0


class Freshness(Enum):
    """How much a state may be trusted by its age, in seconds of the person who looks at it."""

    LIVE = "live"
    STALE = "stale"
    """Older than 3 s."""
    LOST = "lost"
    """Older than 10 s, or nothing was ever heard."""

    @property
    def is_live(self) -> bool:
        """Whether it may be shown as now."""
        return self is Freshness.LIVE

    @property
    def is_flyable(self) -> bool:
        """Whether a flight may be begun on it."""
        return self is Freshness.LIVE

    @property
    def is_lost(self) -> bool:
        """Whether the vehicle must be thought of as out of reach."""
        return self is Freshness.LOST

    @classmethod
    def of_age(cls, age_s: float | None) -> Freshness:
        """The freshness of something that old; None means never heard."""
        if age_s is None or age_s > LOST_AFTER_S:
            return cls.LOST
        return cls.STALE if age_s > STALE_AFTER_S else cls.LIVE


class Fix(IntEnum):
    """GPS_FIX_TYPE."""

    NO_GPS = 0
    NO_FIX = 1
    FIX_2D = 2
    FIX_3D = 3
    DGPS = 4
    RTK_FLOAT = 5
    RTK_FIXED = 6
    STATIC = 7
    PPP = 8

    @property
    def is_good(self) -> bool:
        """Whether it gives a place in three dimensions."""
        return self >= Fix.FIX_3D


class Autopilot(Enum):
    """Whose firmware answers (MAV_AUTOPILOT)."""

    ARDUPILOT = "ArduPilot"
    PX4 = "PX4"
    OTHER = "another autopilot"

    @property
    def is_supported(self) -> bool:
        """Whether Qyran loads and flies missions on it."""
        return self is Autopilot.ARDUPILOT


class Severity(IntEnum):
    """MAV_SEVERITY of a status text."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7

    @property
    def is_bad(self) -> bool:
        """Whether a pilot must read it."""
        return self <= Severity.WARNING


@dataclass(frozen=True, slots=True)
class StatusText:
    """What the autopilot said, when (UTC of the receiver)."""

    severity: Severity
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Battery:
    """``share`` of a full battery (1.0 is full), volts, amperes, and what has left it since power-up."""

    share: float | None = None
    volts: float | None = None
    amperes: float | None = None
    used_mah: float | None = None
    used_wh: float | None = None
    celsius: float | None = None
    """Its temperature, where its monitor measures it."""


class Sensor(IntFlag):
    """MAV_SYS_STATUS_SENSOR bits that are looked at before a flight."""

    COMPASS = 0x4
    LOGGING = 0x1000000


@dataclass(frozen=True, slots=True)
class Sensors:
    """SYS_STATUS: which sensors there are, which are switched on, which work (bits of MAV_SYS_STATUS_SENSOR)."""

    present: int
    enabled: int
    healthy: int

    def word(self, sensor: Sensor) -> str:
        """How it is, in words: works, does not work, is switched off, is not there."""
        if not self.present & sensor:
            return "is not there"
        if not self._is_on(sensor):
            return "is switched off"
        return "works" if self.healthy & sensor else "does not work"

    def works(self, sensor: Sensor) -> bool | None:
        """Whether it works; None where there is none, or it is switched off."""
        return bool(self.healthy & sensor) if self.present & sensor and self._is_on(sensor) else None

    def _is_on(self, sensor: Sensor) -> bool:
        """A log rests until the vehicle is armed (``LOG_DISARMED`` 0), and is not switched off for that."""
        return sensor is Sensor.LOGGING or bool(self.enabled & sensor)


@dataclass(frozen=True, slots=True)
class Gps:
    """The first receiver: fix, number of satellites, horizontal dilution of precision."""

    fix: Fix
    satellites: int | None = None
    hdop: float | None = None


@dataclass(frozen=True, slots=True)
class Wind:
    """The autopilot's own estimate: speed, and where it comes from in degrees clockwise from true north."""

    speed_mps: float
    from_deg: float


@dataclass(frozen=True, slots=True)
class VehicleState:
    """One vehicle at one moment. Speeds over ground; angles in degrees; ``heading_deg`` clockwise from true north."""

    system_id: int
    received_at: datetime | None = None
    """UTC when the last message of this vehicle came."""
    boot_s: float | None = None
    """The vehicle's own clock: seconds since it was switched on."""
    autopilot: Autopilot | None = None
    kind: int | None = None
    """MAV_TYPE."""
    mode: str | None = None
    armed: bool | None = None
    landed: bool | None = None
    """Whether it says that it stands on the ground."""
    position: LonLat | None = None
    altitude_home: Altitude | None = None
    altitude_amsl: Altitude | None = None
    speed_mps: float | None = None
    climb_mps: float | None = None
    heading_deg: float | None = None
    roll_deg: float | None = None
    pitch_deg: float | None = None
    battery: Battery | None = None
    gps: Gps | None = None
    home: LonLat | None = None
    home_altitude: Altitude | None = None
    mission_current: int | None = None
    """Number of the item that is being flown; 0 is home."""
    mission_total: int | None = None
    """Number of the vehicle's last item: as many as it holds without home."""
    mission_reached: int | None = None
    wind: Wind | None = None
    sensors: Sensors | None = None
    target: LonLat | None = None
    """Where it is flying to, by its own word (POSITION_TARGET_GLOBAL_INT); told only when it is asked for."""
    target_amsl: Altitude | None = None
    terrain_pending: int | None = None
    """How many blocks of terrain data it still waits for (TERRAIN_REPORT); told only when it is asked for."""
    can_arm: bool | None = None
    """What the autopilot's own pre-arm checks say (MAV_SYS_STATUS_PREARM_CHECK)."""
    estimator_ok: bool | None = None
    """Whether the estimator knows an absolute position and speed (EKF_STATUS_REPORT)."""
    fence_enabled: bool | None = None
    fence_breached: bool | None = None
    failsafe: bool | None = None
    """Whether the autopilot says that it is in a failsafe (MAV_STATE_CRITICAL or worse)."""
    texts: tuple[StatusText, ...] = ()
    """The last status texts, oldest first."""
    messages: int = 0
    """How many messages of this vehicle came."""
    messages_missed: int = 0
    """How many did not, by the gaps in its sequence numbers."""

    @property
    def battery_share(self) -> float | None:
        """Share of a full battery, 1.0 is full; None where the vehicle does not say."""
        return None if self.battery is None else self.battery.share

    def age_s(self, now: datetime | None = None) -> float | None:
        """Seconds since the last message; None where there was none."""
        if self.received_at is None:
            return None
        return max(0.0, ((now or utc_now()) - self.received_at).total_seconds())

    def freshness(self, now: datetime | None = None) -> Freshness:
        """LIVE, STALE (older than 3 s) or LOST (older than 10 s)."""
        return Freshness.of_age(self.age_s(now))

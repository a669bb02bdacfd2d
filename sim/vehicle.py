"""One simulated vehicle: its parts, its modes, and its time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim import arming
from sim.battery import Battery
from sim.body import Body, Wind
from sim.camera import Camera
from sim.failsafe import Failsafes
from sim.fence import Fence, FenceType
from sim.frame import LocalMetric
from sim.heading import Heading
from sim.mission import Mission
from sim.modes.auto import Auto
from sim.modes.base import Mode, ModeNumber
from sim.modes.guided import Guided
from sim.modes.pilot import AltHold, Brake, Loiter, Pilot, PosHold, Stabilize
from sim.modes.returning import Land, Rtl, SmartRtl
from sim.navigator import Navigator
from sim.parameters import Parameters
from sim.signing import Signing
from sim.storage import RELATIVE, TERRAIN, Item, centimetres
from sim.texts import Severity
from sim.vectors import ZERO, Target, Vector, stopping_distance

if TYPE_CHECKING:
    from sim.link import Link

FIX_AFTER_S = 2.0
POSITION_AFTER_S = 4.0
"""When position is first known; SITL takes half a minute of simulated time, which helps nobody here."""
LANDED_AFTER_S = 2.0
"""From touching the ground until the land detector is sure; as measured on SITL."""
WATCH_EVERY_S = 0.1
PREARM_EVERY_S = 30.0
TOUCH_M = 0.02
NO_INDEX = 65_535
"""The place in the list that ArduPilot gives with a parameter that was set."""


class Vehicle:
    """A multicopter with an ArduCopter-like autopilot. Times are simulated seconds since boot."""

    def __init__(
        self,
        system_id: int,
        origin_e7: tuple[int, int],
        origin_amsl_m: float,
        parameters: Parameters,
        *,
        seed: int = 0,
        heading_deg: float = 353.0,
        east_m: float = 0.0,
    ) -> None:
        self.parameters = parameters
        parameters.set("SYSID_THISMAV", system_id)
        self.frame = LocalMetric(*origin_e7)
        self.origin_amsl_m = origin_amsl_m
        self.now = 0.0
        self.faster_than_real_time = False
        self.utc_at_boot = 0.0
        self.links: list[Link] = []
        self.signing = Signing()
        self.body = Body((0.0, east_m, 0.0), heading_deg)
        self.wind = Wind(seed)
        self.battery = Battery(parameters)
        self.navigator = Navigator(parameters)
        self.navigator.start(ZERO)
        self.heading = Heading()
        self.heading.hold(self.body.yaw)
        self.pilot = Pilot(self)
        self.camera = Camera(self)
        self.fence = Fence(parameters, self.frame)
        self.rally: list[Item] = []
        self.failsafes = Failsafes(self)
        self.home: Vector | None = None
        self.armed = False
        self.armed_at = 0.0
        self.auto_armed = False
        self.landed = True
        self.target: Target = (self.body.place, ZERO, ZERO)
        self._modes = self._build_modes()
        self.mode: Mode = self._modes[ModeNumber.STABILIZE]
        self._touched_at: float | None = None
        self._idle_since: float | None = None
        self._watch_at = self._watched_at = self._prearm_at = self._check_at = 0.0
        self.prearm_ok = False
        self.last_disarm = ""
        self._position_announced = False

    def _build_modes(self) -> dict[int, Mode]:
        kinds: tuple[type[Mode], ...] = (
            Stabilize, AltHold, Auto, Guided, Loiter, PosHold, Rtl, Land, Brake, SmartRtl,
        )  # fmt: skip
        return {kind.number: kind(self) for kind in kinds}

    @property
    def auto(self) -> Auto:
        """The mode that flies missions."""
        mode = self._modes[ModeNumber.AUTO]
        assert isinstance(mode, Auto)
        return mode

    @property
    def guided(self) -> Guided | None:
        """GUIDED where it is the present mode."""
        return self.mode if isinstance(self.mode, Guided) else None

    @property
    def mission(self) -> Mission:
        """The mission of AUTO."""
        return self.auto.mission

    @property
    def system_id(self) -> int:
        """The MAVLink system id, which is a parameter."""
        return int(self.parameters["SYSID_THISMAV"])

    # what it knows

    @property
    def has_fix(self) -> bool:
        """Whether the satellite receiver has a fix."""
        return self.now >= FIX_AFTER_S and not self.parameters["SIM_GPS_DISABLE"]

    @property
    def position_ok(self) -> bool:
        """Whether the position estimate may be flown with."""
        return self.now >= POSITION_AFTER_S and self.has_fix

    @property
    def compass_failed(self) -> bool:
        """Whether all compasses are gone."""
        return all(self.parameters[f"SIM_MAG{i}_FAIL"] for i in (1, 2, 3))

    @property
    def home_height(self) -> float:
        """Home's height, metres up of the origin."""
        return 0.0 if self.home is None else self.home[2]

    @property
    def motion(self) -> Target:
        """The motion to take over when the way changes: the target's where it is followed closely, else the body's."""
        if self.landed or math.dist(self.target[0], self.body.place) > 5.0:
            return self.body.place, self.body.velocity, ZERO
        return self.target

    @property
    def idle_on_ground(self) -> bool:
        """Whether a failsafe should simply disarm."""
        if self.mode.manual_throttle:
            return self.landed or self.pilot.throttle == 0.0
        if self.mode.number is ModeNumber.AUTO:
            return self.landed and not self.auto_armed
        return self.landed

    def stopping_place(self) -> Vector:
        """Where the vehicle will come to rest when it brakes now."""
        (north, east, up), (vn, ve, vu), _ = self.motion
        if self.landed:
            return self.body.place
        speed = math.hypot(vn, ve)
        parameters = self.parameters
        if speed > 0.1:
            way = stopping_distance(speed, parameters["PSC_POSXY_P"], parameters.metres("WPNAV_ACCEL"))
            north, east = north + vn / speed * way, east + ve / speed * way
        up += stopping_distance(vu, parameters["PSC_POSZ_P"], parameters.metres("WPNAV_ACCEL_Z"))
        return north, east, up

    def on_grid(self, place: Vector) -> Vector:
        """A place as the autopilot keeps it: 1e-7 degrees and whole centimetres.

        It matters where a leg would else have no length at all: one of a centimetre takes a second.
        """
        north, east = self.frame.to_local(*self.frame.to_e7(place[0], place[1]))
        return north, east, self.home_height + int((place[2] - self.home_height) * 100.0) / 100.0

    def return_place(self) -> Vector:
        """Home, or the rally point that is nearer and within ``RALLY_LIMIT_KM``; metres of the origin."""
        home = self.home or ZERO
        here = self.body.place[:2]
        limit = self.parameters["RALLY_LIMIT_KM"] * 1000.0
        points = [(*self.frame.to_local(item.x, item.y), self._rally_height(item)) for item in self.rally]
        points = [p for p in points if not (self.fence.enabled and self.fence.breaks_polygon(p[:2]))]
        near = min(points, key=lambda p: math.dist(p[:2], here), default=None)
        if near is None or (limit > 0 and math.dist(near[:2], here) > limit):
            return home
        if self.parameters["RALLY_INCL_HOME"] and math.dist(home[:2], here) <= math.dist(near[:2], here):
            return home
        return near

    def _rally_height(self, item: Item) -> float:
        if item.frame == RELATIVE:
            return self.home_height + item.z
        return self.body.ground + item.z if item.frame == TERRAIN else item.z - self.origin_amsl_m

    def fence_broken_now(self) -> FenceType:
        """Which fences the vehicle breaches where it is."""
        home = (self.home or ZERO)[:2]
        height = self.body.place[2] - self.home_height
        broken = self.fence.outside(self.body.place[:2], height, home)
        return broken & ~FenceType.ALT_MIN if self.mode.landing or self.mode.taking_off or self.landed else broken

    def fence_broken_at(self, place: Vector) -> FenceType:
        """Which fences a place (metres of the origin) would breach: nothing is flown to that lies outside."""
        return self.fence.outside(place[:2], place[2] - self.home_height, (self.home or ZERO)[:2])

    def fence_overshoot(self) -> float:
        """How far beyond circle or ceiling the vehicle is, metres."""
        enabled = self.fence.enabled
        far = 0.0
        if FenceType.CIRCLE in enabled:
            far = math.dist(self.body.place[:2], (self.home or ZERO)[:2]) - self.parameters["FENCE_RADIUS"]
        if FenceType.ALT_MAX in enabled:
            far = max(far, self.body.place[2] - self.home_height - self.parameters["FENCE_ALT_MAX"])
        return max(0.0, far)

    def fence_ceiling(self) -> float | None:
        """The height above home that the fence leaves, or None."""
        if FenceType.ALT_MAX not in self.fence.enabled:
            return None
        return self.parameters["FENCE_ALT_MAX"] - self.parameters["FENCE_MARGIN"]

    @property
    def home_e7(self) -> tuple[int, int, float]:
        """Home's latitude and longitude in 1e-7 degrees and its height above mean sea level in metres; zeros before it
        is set."""
        if self.home is None:
            return 0, 0, 0.0
        lat, lon = self.frame.to_e7(self.home[0], self.home[1])
        return lat, lon, centimetres(self.origin_amsl_m + self.home[2])

    def height_of(self, frame: int, metres: float) -> float | None:
        """Metres up of the origin for a height in a MAV_FRAME, or None where the frame is none that has a height."""
        if not math.isfinite(metres):
            return None
        if frame in (0, 5):
            return metres - self.origin_amsl_m
        if frame in (3, 6):
            return self.home_height + metres
        return self.body.ground + metres if frame in (10, 11) else None

    def seconds_until(self, hour: int, minute: int, second: int) -> float:
        """Seconds to a time of day in UTC; -1 stands for any."""
        today = (self.utc_at_boot + self.now) % 86_400.0
        wanted = (max(hour, 0) * 3600 + max(minute, 0) * 60 + max(second, 0)) % 86_400
        return (wanted - today) % 86_400.0

    # what it does

    def set_home_here(self) -> None:
        """Home is where the vehicle is."""
        self.set_home(self.body.place)

    def set_home(self, place: Vector) -> None:
        """Home is there; ground stations are told."""
        self.home = place
        for link in self.links:
            link.send_home()

    def set_mode(self, number: int, *, asked: bool = False) -> bool:
        """Change the mode; a refusal is said in words. ``asked``: by a ground station."""
        mode = self._modes.get(number)
        if mode is None:
            self.say(Severity.WARNING, f"No such mode {number}")
            return False
        if mode is self.mode:
            return True
        if asked and int(self.parameters["FLTMODE_GCSBLOCK"]) & (1 << number):
            return self._mode_failed(mode, "GCS entry disabled (FLTMODE_GCSBLOCK)")
        if self.armed and mode.needs_position and not self.position_ok:
            return self._mode_failed(mode, "requires position")
        reason = mode.enter()
        if reason is not None:
            return self._mode_failed(mode, reason)
        self.mode.leave()
        self.mode = mode
        for link in self.links:
            link.send_heartbeat()
        return True

    def _mode_failed(self, mode: Mode, reason: str) -> bool:
        self.say(Severity.WARNING, f"Mode change to {mode.name} failed: {reason}")
        return False

    def land_with_pause(self) -> None:
        """LAND as a failsafe does it: after four seconds."""
        if self.set_mode(ModeNumber.LAND) and isinstance(self.mode, Land):
            self.mode.wait()

    def arm(self, *, force: bool = False) -> bool:
        """Start the motors, or say why not."""
        if self.armed:
            return True
        refused = [] if force else [f"Arm: {text}" for text in arming.mode_failures(self) + arming.failures(self)]
        if refused:
            for text in refused:
                self.say(Severity.CRITICAL, text)
            return False
        self.say(Severity.INFO, "Arming motors")
        self.armed, self.armed_at = True, self.now
        self._idle_since = None
        if self.position_ok:
            self.set_home_here()
        reason = self.mode.enter()
        if reason is not None:
            self.say(Severity.CRITICAL, f"Mode {self.mode.name}: {reason}")
        for link in self.links:
            link.send_heartbeat()
        return True

    def disarm(self, why: str, *, force: bool = True) -> bool:
        """Stop the motors; without ``force`` only on the ground. In the air it falls."""
        if not self.armed:
            return True
        if not force and not self.landed:
            return False
        self.say(Severity.INFO, "Disarming motors")
        self.armed = self.auto_armed = False
        self.mission.reset()
        for link in self.links:
            link.send_heartbeat()
        if self.mode is self.auto:
            self.mission.update()
        self.last_disarm = why
        return True

    def disarm_landed(self) -> None:
        """On the ground after a landing."""
        self.disarm("LANDED")

    def leave_ground(self) -> None:
        """The rotors carry the weight now."""
        self.landed = False
        self._touched_at = None
        self.target_from_body()

    def target_from_body(self) -> None:
        """Nothing is wanted but what there is."""
        self.target = (self.body.place, self.body.velocity, ZERO)

    # time

    def step(self, dt: float) -> None:
        """Let ``dt`` seconds pass."""
        self.now += dt
        body = self.body
        if self.armed or not self.landed:
            body.wind = self.wind.step(self.parameters, dt)
            self._fly(dt)
        self.camera.step()
        if self.now >= self._watch_at:
            self.battery.step(body.lift, body.velocity[2], self.armed and not self.landed, self.now - self._watched_at)
            self._watched_at = self.now
            self._watch_at += WATCH_EVERY_S
            self._watch()

    def _fly(self, dt: float) -> None:
        body = self.body
        if self.pilot.throttle > 0.0 and self.armed:
            self.auto_armed = True
        if self.armed:
            self.mode.step(dt)
        if self.landed:
            body.rest()
            self._auto_disarm()
            return
        if not self.armed:
            body.push(0.0, 0.0, -20.0, self.parameters, dt)
        elif not self.mode.drives_body:
            body.follow(self.target, self.parameters, dt)
        wanted = self.heading.step(self.target, body.place, self.navigator.speeds.horizontal, dt)
        body.turn(wanted, self.parameters.metres("ATC_SLEW_YAW"), dt)
        self._detect_landing()

    def _detect_landing(self) -> None:
        body = self.body
        down = self.target[1][2] < -0.05 or not self.armed or self.target[0][2] < body.ground - 0.1
        if body.place[2] - body.ground > TOUCH_M or not down:
            self._touched_at = None
            return
        if self._touched_at is None:
            self._touched_at = self.now
        if self.now - self._touched_at >= LANDED_AFTER_S or not self.armed:
            self.landed = True
            self._touched_at = None
            body.rest()

    def _auto_disarm(self) -> None:
        delay = self.parameters["DISARM_DELAY"]
        if not self.armed or delay <= 0 or self.pilot.throttle > 0.05 or (self.mode.taking_off and self.auto_armed):
            self._idle_since = None
            return
        if self._idle_since is None:
            self._idle_since = self.now
        elif self.now - self._idle_since >= delay:
            self.disarm("DISARMDELAY")

    def _watch(self) -> None:
        if self.position_ok and not self._position_announced:
            self._position_announced = True
            self.say(Severity.INFO, "EKF3 IMU0 is using GPS")
            self.say(Severity.INFO, "EKF3 IMU1 is using GPS")
            if self.home is None:
                self.set_home_here()
        self.failsafes.step()
        if self.now >= self._check_at:
            self._check_at = self.now + 1.0
            self._check()

    def _check(self) -> None:
        """The checks before arming, once a second; what fails is said each half minute."""
        if self.armed:
            return
        found = arming.failures(self)
        self.prearm_ok = not found
        if self.now >= self._prearm_at:
            self._prearm_at = self.now + PREARM_EVERY_S
            for text in found:
                self.say(Severity.CRITICAL, f"PreArm: {text}")

    def check_now(self) -> None:
        """Say what keeps the vehicle from being armed."""
        self._prearm_at = self.now
        self._check()

    def set_parameter(self, name: str, value: float) -> None:
        """Change a parameter and tell all links what it is now."""
        self.parameters.set(name, value)
        for link in self.links:
            link.send_parameter(name, NO_INDEX)

    def reboot(self) -> None:
        """Begin again on the ground; parameters, mission, fence and rally points stay."""
        self.now = 0.0
        self.mission.reset()
        self.mode = self._modes[ModeNumber.STABILIZE]
        self.failsafes = Failsafes(self)
        self.home = None
        self._position_announced = False
        self._watch_at = self._watched_at = self._prearm_at = self._check_at = 0.0
        for link in self.links:
            link.restart()

    # words

    def say(self, severity: Severity, text: str) -> None:
        """A status text to all who listen."""
        for link in self.links:
            link.send_text(severity, text)

    def tell_item_reached(self, index: int) -> None:
        """A mission command is done."""
        for link in self.links:
            link.send_item_reached(index)

    def tell_camera_feedback(self, image: int, place: Vector) -> None:
        """A picture was taken."""
        for link in self.links:
            link.send_camera_feedback(image, place)

"""The embedded fleet simulator: one thread, all vehicles, real sockets.

Time. Each vehicle's clock is simulated time, in steps of ``STEP_S``. At a fixed speed-up the loop keeps simulated time
in step with real time and gives lost time up when the machine cannot follow. At speed-up 0 it runs freely while a
vehicle is flying, but waits for a ground station that has not read what it was sent; while all vehicles stand on the
ground, and while a mission is being loaded, it runs at ``IDLE_SPEEDUP``, so that delays such as ``DISARM_DELAY`` do not
pass between two commands of a program. A lost ground station is told by the rule in ``sim.failsafe``.

What the vehicles do depends only on the settings, the seed, and the simulated times at which messages arrive.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from types import TracebackType

from planner.errors import LinkError
from sim.dispatch import Dispatcher
from sim.parameters import Parameters
from sim.settings import PORT_STEP, SimulatorSettings, Transport, VehicleAddress
from sim.sockets import Datagrams, Endpoint, Server, listen
from sim.vehicle import Vehicle

STEP_S = 0.05
IDLE_SPEEDUP = 10.0
SLICE_S = 0.02
"""Real time after which the loop looks at its sockets again."""
HIGH_WATER_BYTES = 65_536
"""A ground station with so much unread is waited for when running freely."""
PATIENCE_S = 2.0
"""And so long at most."""
_log = logging.getLogger(__name__)
_BAD_MESSAGE = (ValueError, OverflowError, TypeError, KeyError)


class Simulator:
    """``with Simulator(settings) as simulator: …`` – vehicles listen at ``simulator.addresses`` until the end."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.vehicles = tuple(self._vehicle(index) for index in range(settings.vehicles))
        self._dispatchers = tuple(Dispatcher(vehicle) for vehicle in self.vehicles)
        self._selector: selectors.BaseSelector | None = None
        self._wake: socket.socket | None = None
        self._waker: socket.socket | None = None
        self._endpoints: list[Endpoint] = []
        self._addresses: list[VehicleAddress] = []
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._stopped = threading.Event()
        self._failure: Exception | None = None
        self.now = 0.0
        """Simulated seconds since the start."""
        self.bad_messages = 0
        """Messages that made no sense though their checksums were right."""

    def _vehicle(self, index: int) -> Vehicle:
        settings = self.settings
        parameters = Parameters(
            {
                "SIM_SPEEDUP": settings.speedup,
                "SIM_WIND_SPD": settings.wind_mps,
                "SIM_WIND_DIR": settings.wind_from_deg,
                "SIM_WIND_TURB": settings.gust_mps,
                "SIM_OPOS_LAT": settings.home.lat,
                "SIM_OPOS_LNG": settings.home.lon,
                "SIM_OPOS_ALT": settings.home_amsl_m,
                **settings.parameters,
            }
        )
        vehicle = Vehicle(
            settings.system_id(index),
            (round(settings.home.lat * 1e7), round(settings.home.lon * 1e7)),
            settings.home_amsl_m,
            parameters,
            seed=settings.seed * 1_000_003 + index,
            heading_deg=parameters["SIM_OPOS_HDG"],
            east_m=settings.spacing_m * index,
        )
        vehicle.utc_at_boot = time.time()
        return vehicle

    @property
    def addresses(self) -> tuple[VehicleAddress, ...]:
        """Where the vehicles are found, in their order; empty before the start."""
        return tuple(self._addresses)

    def start(self) -> Simulator:
        """Open all sockets and let time begin. Raises ``LinkError`` where a port cannot be had."""
        if self._thread is not None:
            raise LinkError("This simulator was started before.", about="simulator", mend="Make a new one.")
        try:
            self._open()
        except LinkError:
            self._close()
            raise
        self._thread = threading.Thread(target=self._run, name="qyran-simulator", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, and give all ports back; twice does no harm. Raises what ended the simulation, if something did."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            with contextlib.suppress(OSError):
                if self._waker is not None:
                    self._waker.send(b"x")
            self._thread.join()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it ends; False when that took longer than ``timeout_s``."""
        return self._stopped.wait(timeout_s)

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _open(self) -> None:
        settings = self.settings
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        for index, (vehicle, dispatcher) in enumerate(zip(self.vehicles, self._dispatchers, strict=True)):
            port = settings.port + PORT_STEP * index if settings.port else 0
            if settings.transport is Transport.TCP:
                server = listen(settings.host, port)
                self._add(Server(vehicle, dispatcher, server))
                port = server.getsockname()[1]
                address = f"tcp:{settings.host}:{port}"
            else:
                self._add(Datagrams(vehicle, dispatcher, (settings.host, port)))
                address = f"udpin:{settings.host}:{port}"
            self._addresses.append(VehicleAddress(vehicle.system_id, address))

    def _add(self, endpoint: Endpoint) -> None:
        self._endpoints.append(endpoint)
        if self._selector is not None:
            self._selector.register(endpoint.socket, selectors.EVENT_READ, endpoint)

    def _remove(self, endpoint: Endpoint) -> None:
        if self._selector is not None:
            self._selector.unregister(endpoint.socket)
        self._endpoints.remove(endpoint)
        endpoint.close()

    def _close(self) -> None:
        for endpoint in list(self._endpoints):
            self._remove(endpoint)
        for thing in (self._selector, self._wake, self._waker):
            if thing is not None:
                thing.close()

    def _run(self) -> None:
        try:
            self._loop()
        except Exception as error:  # noqa: BLE001 - handed to whoever stops the simulator
            self._failure = error
            _log.exception("the simulation ended")
        finally:
            self._close()
            self._stopped.set()

    def _loop(self) -> None:
        pace = _Pace(self.now)
        while not self._stopping.is_set():
            stuck = self._flush()
            speedup = self._speedup()
            steps = pace.steps(self.now, speedup, stuck)
            self._poll(0.0 if steps else pace.pause(self.now, speedup))
            until = time.monotonic() + SLICE_S
            for _ in range(steps):
                self._step(speedup != 1.0)
                if time.monotonic() > until or (speedup == 0.0 and self._full()):
                    break

    def _speedup(self) -> float:
        """Simulated seconds a second now; 0 is freely."""
        wanted = max(0.0, self.vehicles[0].parameters["SIM_SPEEDUP"])
        if wanted == 0.0 and (
            all(vehicle.landed for vehicle in self.vehicles)
            or any(dispatcher.protocol.receiving for dispatcher in self._dispatchers)
        ):
            return IDLE_SPEEDUP
        return wanted

    def _step(self, other_than_real_time: bool) -> None:
        self.now += STEP_S
        for vehicle, dispatcher in zip(self.vehicles, self._dispatchers, strict=True):
            vehicle.faster_than_real_time = other_than_real_time
            vehicle.step(STEP_S)
            if vehicle.links:
                dispatcher.protocol.step()
                for link in vehicle.links:
                    link.step()

    def _full(self) -> bool:
        return any(endpoint.backlog > HIGH_WATER_BYTES for endpoint in self._endpoints)

    def _flush(self) -> bool:
        """Send what is there; whether some ground station has too much unread."""
        for endpoint in list(self._endpoints):
            if endpoint.backlog:
                endpoint.flush()
            if endpoint.closed:
                self._remove(endpoint)
        return self._full()

    def _poll(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s) if self._selector is not None else ():
            endpoint: Endpoint | None = key.data
            if endpoint is None:
                continue
            try:
                for newcomer in endpoint.readable():
                    self._add(newcomer)
            except _BAD_MESSAGE:
                self.bad_messages += 1
                _log.debug("a message that makes no sense", exc_info=True)


class _Pace:
    """How many steps are due."""

    def __init__(self, now: float) -> None:
        self._speedup = -1.0
        self._sim_at = now
        self._wall_at = time.monotonic()
        self._stuck_since: float | None = None

    def steps(self, now: float, speedup: float, stuck: bool) -> int:
        """Steps to take at once; freely, as many as fit a slice, unless a ground station has to be waited for."""
        wall = time.monotonic()
        if speedup != self._speedup:
            self._speedup, self._sim_at, self._wall_at = speedup, now, wall
        if speedup == 0.0:
            return 0 if stuck and self._still_patient(wall) else 1_000_000
        behind = self._sim_at + (wall - self._wall_at) * speedup - now
        if behind > max(0.5, 0.5 * speedup):
            self._sim_at, self._wall_at = now, wall
            return 1
        return max(0, int(behind / STEP_S))

    def _still_patient(self, wall: float) -> bool:
        if self._stuck_since is None or wall - self._stuck_since > 2 * PATIENCE_S:
            self._stuck_since = wall
        return wall - self._stuck_since <= PATIENCE_S

    def pause(self, now: float, speedup: float) -> float:
        """Real seconds until the next step is due."""
        if speedup == 0.0:
            return 0.005
        due = self._wall_at + (now + STEP_S - self._sim_at) / speedup
        return max(0.0, min(0.05, due - time.monotonic()))

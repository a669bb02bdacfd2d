"""A small patrol, and ways to wait for what a screen does."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shapely import Polygon
from textual import events
from textual.app import App

from planner.quantities import LonLat
from planner.site import Area, Launch, Site, Zone, ZoneKind
from qyran.project import Project

FIELD = [(76.9400, 43.2380), (76.9440, 43.2380), (76.9440, 43.2400), (76.9400, 43.2400)]
"""About 325 × 222 m."""
YARD = [(76.9415, 43.2387), (76.9422, 43.2387), (76.9422, 43.2392), (76.9415, 43.2392)]
LAUNCH = LonLat(76.9395, 43.2378)
SITE = Site(
    areas=(Area("field", Polygon(FIELD), "Field"),),
    zones=(Zone("yard", ZoneKind.KEEP_OUT, Polygon(YARD), "Yard"),),
    launches=(Launch("post", LAUNCH, "Post"),),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder: a field with a yard in it that no drone may enter."""
    Project.create(tmp_path / "field", name="field", site=SITE)
    return tmp_path / "field"


class Hands:
    """What a pilot's hands and eyes do; ``field`` and ``launch`` are what is drawn in ``project``."""

    field = FIELD
    launch = LAUNCH

    async def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until something holds; fail where it never does."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came"
            await asyncio.sleep(0.02)

    async def press(self, app: App[None], *keys: str) -> None:
        """Press keys as a terminal tells of them, and see what each did.

        Unlike ``Pilot.press`` it does not wait for an idle processor, which there is not while a vehicle is simulated.
        """
        for key in keys:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            await self.settle(app)

    async def settle(self, app: App[None]) -> None:
        """Wait until app, focus and screen have done all that was waiting for them, or have ended by it."""
        for _ in range(2):
            for pump in (app, app.focused, *app.screen_stack[-1:]):
                if pump is not None and pump.is_running:
                    done = asyncio.Event()
                    pump.call_later(done.set)
                    await self.until(lambda done=done, pump=pump: done.is_set() or not pump.is_running)


@pytest.fixture
def hands() -> Hands:
    """Hands on the keyboard."""
    return Hands()


class Served:
    """A simulated vehicle in a process of its own, as ``qyran sim serve`` starts it."""

    def __init__(self, launch: LonLat, speedup: float) -> None:
        place = f"{launch.lat},{launch.lon}"
        words = ["sim", "serve", "--port", "0", "--speedup", str(speedup), "--home", place]
        self._process = subprocess.Popen([sys.executable, "-m", "qyran", *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address: str = json.loads(self._process.stdout.readline())["address"]

    def fall_silent(self) -> None:
        """Stop in the middle of everything, with the socket open, as behind a hill."""
        self._process.send_signal(signal.SIGSTOP)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def simulator(hands: Hands) -> Iterator[Served]:
    """One vehicle at the launch, 25 times as fast as a real one."""
    served = Served(hands.launch, 25.0)
    try:
        yield served
    finally:
        served.close()

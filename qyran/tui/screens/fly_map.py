"""What the Fly screen's map shows: the sortie, the way the vehicle came, the vehicle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from planner.geodesy import LocalFrame
from planner.site import Site
from qyran.tui.canvas.scene import Scene
from qyran.tui.canvas.view import Points, View
from qyran.tui.layers import site_scene, sortie_scene, track_scene, vehicle_scene

if TYPE_CHECKING:
    from qyran.work import Compiled
    from telemetry import VehicleState

TRACK_STEP_M = 1.0
"""The track keeps a place for each metre flown, so that an hour costs some thousand places."""
NOSE_DOTS = 10.0


@dataclass(slots=True)
class FlyMap:
    """Scenes of one flight, and the track so far in local metres."""

    frame: LocalFrame
    _track: list[tuple[float, float]] = field(default_factory=list)

    def base(self, site: Site, compiled: Compiled | None) -> Scene:
        """Areas, zones and the sortie's way."""
        scene = sortie_scene(compiled.sortie, self.frame) if compiled else Scene()
        return scene + site_scene(site, self.frame)

    def forget(self) -> None:
        """Begin another track."""
        self._track.clear()

    def take(self, state: VehicleState) -> tuple[float, float] | None:
        """Where the vehicle is, local metres; while it is armed that becomes part of the track."""
        if state.position is None:
            return None
        place = self.frame.point_to_local(state.position)
        if state.armed and (not self._track or np.hypot(*np.subtract(place, self._track[-1])) >= TRACK_STEP_M):
            self._track.append(place)
        return place

    @property
    def track(self) -> Points:
        """The track, shape (n, 2)."""
        return np.array(self._track, dtype=np.float64).reshape(-1, 2)

    def overlay(self, state: VehicleState | None, view: View, now: datetime) -> Scene:
        """Track and vehicle; a vehicle whose data is old is grey and has ``~``."""
        scene = track_scene(self.track)
        if state is None or state.position is None:
            return scene
        return scene + vehicle_scene(
            state.position,
            state.heading_deg,
            f"{state.system_id:02d}",
            self.frame,
            old=not state.freshness(now).is_live,
            nose_m=NOSE_DOTS * view.metres_per_dot,
        )

"""What the Design screen's map shows: the draft, the plan, the cursor, and what the cursor is near."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from qyran.tui.canvas.ink import Ink
from qyran.tui.canvas.scene import Mark, Scene
from qyran.tui.canvas.view import Points, View
from qyran.tui.desk import Desk, PlanState
from qyran.tui.editing.corners import Corner, Draft, corners_of
from qyran.tui.editing.faults import Fault, faults_of
from qyran.tui.layers import corner_scene, finding_scene, plan_scene, site_scene, sketch_scene

Place = tuple[float, float]
"""Local metres, east and north."""

MOST_CORNERS_SHOWN = 300
"""With more corners in sight none is dotted, or the map would be nothing but dots."""
NEAR_DOTS = 4.0
"""The cursor is near a corner within so many dots."""


@dataclass(slots=True)
class DesignMap:
    """Scenes of a draft, kept as long as nothing in them changed."""

    desk: Desk
    cursor: Place = (0.0, 0.0)
    live: Draft | None = None
    """A draft that is being dragged and is not a step yet."""
    faults: tuple[Fault, ...] = ()
    _seen: Draft | None = None
    _corners: list[Corner] = field(default_factory=list)
    _places: Points = field(default_factory=lambda: np.empty((0, 2)))
    _plan: tuple[object, bool, Scene] | None = None

    @property
    def draft(self) -> Draft:
        """What is shown."""
        return self.live or self.desk.draft

    @property
    def frame(self) -> LocalFrame:
        """The frame of the map; only asked for once there is one."""
        if self.desk.frame is None:
            raise RuntimeError("the map was drawn before there was a place to draw around")
        return self.desk.frame

    def look(self) -> None:
        """Take in the draft where it changed."""
        if self.draft is self._seen:
            return
        self._seen = self.draft
        self.faults = faults_of(self.draft.site)
        self._corners, places = corners_of(self.draft)
        self._places = self.frame.points_to_local(places)

    def nearest(self, east_m: float, north_m: float, within_m: float, *, middles: bool = True) -> Corner | None:
        """The corner nearest to a place; the middle of a side only where no corner is within reach."""
        self.look()
        if not self._corners:
            return None
        away = np.hypot(self._places[:, 0] - east_m, self._places[:, 1] - north_m)
        middle = np.array([corner.between for corner in self._corners])
        for wanted in (~middle, middle) if middles else (~middle,):
            among = np.where(wanted, away, np.inf)
            best = int(np.argmin(among))
            if among[best] <= within_m:
                return self._corners[best]
        return None

    def place_of(self, corner: Corner) -> Place:
        """Where a corner of the shown draft is."""
        self.look()
        east, north = self._places[self._corners.index(corner)]
        return float(east), float(north)

    def nearest_side(self, east_m: float, north_m: float) -> Corner | None:
        """The side, as its middle, that lies nearest to a place; None where nothing is drawn."""
        self.look()
        sides = [number for number, corner in enumerate(self._corners) if corner.between]
        if not sides:
            return None
        start, end = self._ends(sides)
        along = end - start
        point = np.array([east_m, north_m])
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((point - start) * along).sum(axis=1) / length, 0, 1)
        away = np.hypot(*(start + share[:, np.newaxis] * along - point).T)
        return self._corners[sides[int(np.argmin(away))]]

    def _ends(self, sides: list[int]) -> tuple[Points, Points]:
        """Both ends of sides; the middle is half-way between them, so the far end follows from the near one."""
        number_of = {corner: number for number, corner in enumerate(self._corners) if not corner.between}
        first = [
            number_of[Corner(side.of, side.id, side.part, side.ring, side.index)]
            for side in (self._corners[number] for number in sides)
        ]
        start = self._places[first]
        return start, 2 * self._places[sides] - start

    def next_corner(self, step: int) -> Corner | None:
        """The corner after (or before) the one nearest to the cursor."""
        self.look()
        corners = [corner for corner in self._corners if not corner.between]
        if not corners:
            return None
        near = self.nearest(*self.cursor, np.inf, middles=False)
        return corners[(corners.index(near) + step) % len(corners)] if near else corners[0]

    def base(self) -> Scene:
        """Everything but the cursor and the outline being drawn."""
        self.look()
        scene = self._planned()
        plain = [not (corner.of.is_point or corner.between) for corner in self._corners]
        dotted = self._places[np.array(plain, dtype=bool)]
        if len(dotted) <= MOST_CORNERS_SHOWN:
            scene += corner_scene(dotted)
        scene += site_scene(self.draft.site, self.frame, self.faults)
        if self.desk.plan is not None and self.desk.plan_state is PlanState.FRESH:
            scene += finding_scene(self.desk.plan.findings, self.frame)
        return scene

    def overlay(self, held: Corner | None, view: View) -> Scene:
        """The outline being drawn, the corner at the cursor, the cursor."""
        scene = Scene()
        if self.draft.sketch is not None:
            scene += sketch_scene(self.draft.sketch, self.frame, self.cursor)
        near = held or self.nearest(*self.cursor, NEAR_DOTS * view.metres_per_dot, middles=False)
        sign = "┼" if near is None else "◆"
        place = self.place_of(near) if near is not None and held is None else self.cursor
        return scene + Scene(marks=(Mark(*place, sign, Ink.HELD if held or near else Ink.CURSOR),))

    def lonlat(self, place: Place | None = None) -> LonLat:
        """A place of the map, or the cursor's, on WGS 84."""
        return self.frame.point_to_lonlat(place or self.cursor)

    def bounds(self) -> tuple[float, float, float, float]:
        """What everything drawn reaches, local metres; around the middle where nothing is drawn yet."""
        self.look()
        if not len(self._places):
            return (-150.0, -150.0, 150.0, 150.0)
        (west, south), (east, north) = self._places.min(axis=0), self._places.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def _planned(self) -> Scene:
        plan = self.desk.plan
        if plan is None:
            return Scene()
        stale = self.live is not None or self.desk.plan_state is not PlanState.FRESH
        if self._plan is None or self._plan[0] is not plan or self._plan[1] != stale:
            self._plan = (plan, stale, plan_scene(plan, self.frame, stale=stale))
        return self._plan[2]

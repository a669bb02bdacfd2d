"""The way home that the autopilot takes by itself: a straight line at return altitude, whatever lies below.

ArduCopter's return does not go around fences or zones. A return across a keep-out zone is a warning, not blocking: it
happens only in an emergency, and where a launch lies behind a zone there may be no other place to launch from. A
return that leaves a drawn keep-in zone is a warning too; one that leaves a derived one is only told. One that comes
too near to the ground or an obstacle is blocking: it would end there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import shapely

from planner.checks.scene import Scene, Ways, holds
from planner.checks.ways_home import barrier, ways_home
from planner.plan import Finding, Severity
from planner.returning import Flags, Floats, Highest, Returns, clearance_m, crosses
from planner.terrain.highest import Highest as HighestOver

CLEARANCE_M = 10.0
"""Ways home stay this far above ground and obstacles where the patrol does not say how far."""

GENERAL_MEND = "Draw a safe point that can be reached straight, launch elsewhere, or be ready to bring it home by hand."


def given_ground(scene: Scene) -> Highest | None:
    """The patrol's ground and obstacles; None where nothing was said of them."""
    ground, over = scene.patrol.ground, scene.over_ground
    return None if ground is None or over is None else HighestOver(ground, over.home_m, scene.frame)


def clearance_of(scene: Scene) -> float:
    """How far ways home stay above ground and obstacles, metres."""
    return CLEARANCE_M if scene.patrol.ground is None else scene.patrol.ground.clearance_m


class ReturnWay:
    """Findings where a straight way home crosses a zone, leaves the fence, or comes too near to what rises below.

    ``highest`` gives the ground and its obstacles for a scene, or None where these are not known.
    """

    name = "return_way"

    def __init__(self, highest: Callable[[Scene], Highest | None] = given_ground) -> None:
        self._highest = highest

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Each sortie, from everywhere on its route to every place that the autopilot may choose there."""
        found, pieces, nearest = False, 0, float("inf")
        highest = self._highest(scene)
        wide = scene.keep_in.buffer(0.1)
        shapely.prepare(wide)
        for ways in scene.ways:
            home = ways_home(scene, ways)
            pieces += len(home.pieces)
            for finding in self._zones(scene, ways, home):
                found = True
                yield finding
            leaving = ~shapely.covers(wide, home.hulls)
            if leaving.any():
                found = True
                severity = Severity.INFO if scene.plan.derived_keep_in else Severity.WARNING
                yield self._finding(scene, ways, home, leaving, "leaves the fence", severity)
            if highest is not None:
                room = clearance_m(home, highest)
                nearest = min(nearest, float(room.min(initial=np.inf)))
                low = ~(room >= clearance_of(scene))
                if low.any():
                    found = True
                    yield self._low(scene, ways, home, room, low)
        if not found:
            over = f", {nearest:.0f} m or more above ground and obstacles" if nearest < float("inf") else ""
            yield holds(self.name, f"The straight way home is free from everywhere on {pieces} pieces of route{over}.")

    def _zones(self, scene: Scene, ways: Ways, home: Returns) -> Iterator[Finding]:
        for zone in scene.patrol.site.zones:
            if not zone.kind.forbids_entry:
                continue
            crossing = crosses(home, barrier(scene, home, zone))
            if crossing.any():
                what = f"crosses the {zone.kind.value} zone {zone.label!r}"
                yield self._finding(scene, ways, home, crossing, what, Severity.WARNING)

    def _finding(self, scene: Scene, ways: Ways, home: Returns, bad: Flags, what: str, severity: Severity) -> Finding:  # noqa: PLR0917
        share = _share_of_way(home, bad)
        first = int(np.flatnonzero(bad)[0])
        goals = ", ".join(dict.fromkeys(_name(home, number) for number in home.refuge[bad].tolist()))
        place = shapely.Point(home.pieces.starts[home.piece[first]])
        return Finding(
            self.name,
            severity,
            f"From {share:.0%} of sortie {ways.sortie.number}'s route the autopilot's straight way to {goals} {what}.",
            _mend(scene, home, bad),
            -share * 100,
            "%",
            scene.lonlat(place),
            ways.sortie.number,
        )

    def _low(self, scene: Scene, ways: Ways, home: Returns, room: Floats, low: Flags) -> Finding:
        worst = int(np.argmin(np.where(np.isnan(room), -np.inf, room)))
        least, least_m = float(room[worst]), clearance_of(scene)
        what = f"comes within {least:.0f} m of the ground or an obstacle"
        if np.isnan(least):
            what = "passes over ground of unknown height"
        elif least <= 0:
            what = f"leads {-least:.0f} m deep into the ground or an obstacle"
        finding = self._finding(scene, ways, home, low, what, Severity.BLOCKING)
        return Finding(
            finding.rule,
            finding.severity,
            finding.sentence,
            f"{_higher(scene, home, room, low)} {GENERAL_MEND}",
            None if np.isnan(least) else least - least_m,
            "" if np.isnan(least) else "m",
            finding.place,
            finding.sortie,
        )


def _higher(scene: Scene, home: Returns, room: Floats, low: Flags) -> str:
    """The return altitude that keeps the clearance wherever it is not kept; where the cone near home is why, that."""
    least_m, vehicle = clearance_of(scene), scene.patrol.vehicle
    known = low & np.isfinite(room)
    if not known.any():
        return f"Give terrain that covers it; {least_m:g} m must be left."
    needed = float(np.ceil((home.low_m - room)[known].max() + least_m))
    if needed <= vehicle.return_altitude_m:
        return f"Near home it comes in lower (RTL_CONE_SLOPE): set return_cone_slope to 0; {least_m:g} m must be left."
    return f"Raise return_altitude_m (RTL_ALT) to {needed:.0f} m or more; {least_m:g} m must be left."


def _share_of_way(home: Returns, bad: Flags) -> float:
    """The share of the route's length whose pieces are bad."""
    lengths = np.hypot(*(home.pieces.ends - home.pieces.starts).T)
    pieces = np.unique(home.piece[bad])
    return float(lengths[pieces].sum() / max(lengths.sum(), 1e-9))


def _name(home: Returns, number: int) -> str:
    refuge = home.refuges[number]
    return "home" if refuge.is_home else f"the safe point {refuge.name!r}"


def _mend(scene: Scene, home: Returns, bad: Flags) -> str:
    """A place that can be reached straight from all the bad pieces, where one is drawn; the general advice else."""
    shapes = [scene.frame.to_local(zone.shape) for zone in scene.patrol.site.zones if zone.kind.forbids_entry]
    bars = shapely.union_all(shapes)
    shapely.prepare(bars)
    origins = np.unique(home.piece[bad])
    lines = np.stack([home.pieces.starts[origins], home.pieces.rests[origins]], axis=1)
    for number, refuge in enumerate(home.refuges):
        goal = np.broadcast_to(np.array(refuge.point), (len(lines), 1, 2))
        hulls = shapely.convex_hull(shapely.multipoints(np.concatenate([lines, goal], axis=1)))
        if not shapely.intersects(bars, hulls).any() and shapely.covers(scene.keep_in, hulls).all():
            return f"Be ready to send it to {_name(home, number)} by hand, which is free from there. {GENERAL_MEND}"
    return GENERAL_MEND

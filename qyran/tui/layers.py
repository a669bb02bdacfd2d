"""From a patrol's things to a scene: how areas, zones, plans, tracks and vehicles are drawn."""

from __future__ import annotations

import numpy as np

from planner.geodesy import LocalFrame
from planner.plan import Finding, Leg, Plan, Severity, Sortie
from planner.quantities import LonLat
from planner.site import Site, Zone, ZoneKind
from qyran.tui.canvas.ink import Ink
from qyran.tui.canvas.scene import Mark, Scene, Stroke, line
from qyran.tui.canvas.view import Points
from qyran.tui.editing.corners import Shape, Sketch, rings_of
from qyran.tui.editing.faults import Fault

LAUNCH_SIGN = "⌂"
SAFE_SIGN = "◇"
CORNER_SIGN = "•"
SEVERITY_SIGN = {Severity.INFO: "i", Severity.WARNING: "▲", Severity.BLOCKING: "✗"}
_SEVERITY_INK = {Severity.INFO: Ink.LABEL, Severity.WARNING: Ink.WARNING, Severity.BLOCKING: Ink.FAULT}
_HEADINGS = "▲◥▶◢▼◣◀◤"
_ZONE_LOOK: dict[ZoneKind, tuple[Ink, tuple[int, int], str]] = {
    ZoneKind.KEEP_IN: (Ink.BORDER, (6, 3), "fence"),
    ZoneKind.KEEP_OUT: (Ink.ZONE, (3, 2), "✗"),
    ZoneKind.NO_LOOK: (Ink.NO_LOOK, (1, 3), "◐"),
    ZoneKind.AIRSPACE: (Ink.ZONE, (1, 2), "✈"),
}
HATCH = 8
"""A keep-out zone is hatched with about so many lines."""


def site_scene(site: Site, frame: LocalFrame, faults: tuple[Fault, ...] = ()) -> Scene:
    """Areas solid, zones dashed by their kind (keep-out ones hatched), points with a sign, faults where they are."""
    strokes: list[Stroke] = []
    marks: list[Mark] = []
    broken = {fault.id for fault in faults}
    for zone in site.zones:
        strokes += _zone(zone, frame, zone.id in broken)
        marks += _label(zone.shape, f"{_ZONE_LOOK[zone.kind][2]} {zone.label}", frame, _ZONE_LOOK[zone.kind][0])
    for area in site.areas:
        strokes += outline(area.shape, frame, Ink.FAULT if area.id in broken else Ink.AREA)
    for safe in site.safe_points:
        marks.append(_sign(safe.position, f"{SAFE_SIGN} {safe.name}".rstrip(), Ink.SAFE_POINT, frame))
    for launch in site.launches:
        marks.append(_sign(launch.position, f"{LAUNCH_SIGN} {launch.name}".rstrip(), Ink.LAUNCH, frame))
    for fault in faults:
        if fault.place is not None:
            marks.append(_sign(fault.place, "✗", Ink.FAULT, frame))
    return Scene(tuple(strokes), tuple(marks))


def corner_scene(places: Points) -> Scene:
    """A dot on each corner; places in local metres, shape (n, 2)."""
    return Scene(marks=tuple(Mark(float(x), float(y), CORNER_SIGN, Ink.CORNER) for x, y in places))


def sketch_scene(sketch: Sketch, frame: LocalFrame, cursor: tuple[float, float]) -> Scene:
    """An outline being drawn, with the line to the cursor and back to the start."""
    if not sketch.places:
        return Scene()
    points = frame.points_to_local(np.array(sketch.places))
    ends = np.vstack([points[-1:], [cursor], points[:1]])
    return Scene((line(points, Ink.SKETCH), line(ends, Ink.SKETCH, dash=(2, 3)))) + corner_scene(points)


def outline(shape: Shape, frame: LocalFrame, ink: Ink, dash: tuple[int, int] | None = None) -> list[Stroke]:
    """All rings of a polygon."""
    return [
        line(frame.points_to_local(ring), ink, closed=True, dash=dash) for rings in rings_of(shape) for ring in rings
    ]


def plan_scene(plan: Plan, frame: LocalFrame, *, stale: bool) -> Scene:
    """Each sortie in its own ink: lanes dotted close, transits far apart; all grey where the plan is out of date."""
    scene = Scene()
    if plan.derived_keep_in:
        scene += Scene(tuple(outline(plan.keep_in, frame, Ink.BORDER, (1, 4))))
    for sortie in plan.sorties:
        scene += sortie_scene(sortie, frame, stale=stale)
    return scene


def sortie_scene(sortie: Sortie, frame: LocalFrame, *, stale: bool = False) -> Scene:
    """One sortie's way."""
    waypoints = sortie.route.waypoints
    if len(waypoints) < 2:
        return Scene()
    points = frame.points_to_local(np.array([waypoint.position for waypoint in waypoints]))
    segments = np.hstack([points[:-1], points[1:]])
    lane = np.array([waypoint.leg is Leg.LANE for waypoint in waypoints[1:]])
    ink = Ink.STALE if stale else Ink.of_sortie(sortie.number)
    return Scene(
        (
            Stroke(segments[~lane], Ink.STALE if stale else Ink.TRANSIT, (1, 3)),
            Stroke(segments[lane], ink, (1, 4) if stale else (1, 1)),
        )
    )


def finding_scene(findings: tuple[Finding, ...], frame: LocalFrame) -> Scene:
    """A sign where each finding is that must be read; those without a place are left out."""
    return Scene(
        marks=tuple(
            _sign(finding.place, SEVERITY_SIGN[finding.severity], _SEVERITY_INK[finding.severity], frame)
            for finding in findings
            if finding.place is not None and finding.severity is not Severity.INFO
        )
    )


def track_scene(places: Points) -> Scene:
    """The way a vehicle came; places in local metres, shape (n, 2)."""
    return Scene((line(places, Ink.TRACK),)) if len(places) > 1 else Scene()


def vehicle_scene(
    place: LonLat, heading_deg: float | None, label: str, frame: LocalFrame, *, old: bool, nose_m: float
) -> Scene:
    """A vehicle where it is, its nose ``nose_m`` long; without a heading a round dot. Old data is grey, with ~."""
    east, north = frame.point_to_local(place)
    ink = Ink.VEHICLE_OLD if old else Ink.VEHICLE
    sign = "●" if heading_deg is None else _HEADINGS[round(heading_deg / 45) % 8]
    mark = Mark(east, north, f"{sign}{'~' if old else ''}{label}", ink)
    if heading_deg is None:
        return Scene(marks=(mark,))
    angle = np.radians(heading_deg)
    nose = np.array([[east, north], [east + nose_m * np.sin(angle), north + nose_m * np.cos(angle)]])
    return Scene((line(nose, ink),), (mark,))


def _zone(zone: Zone, frame: LocalFrame, broken: bool) -> list[Stroke]:
    ink, dash, _ = _ZONE_LOOK[zone.kind]
    strokes = outline(zone.shape, frame, Ink.FAULT if broken else ink, dash)
    if zone.kind is ZoneKind.KEEP_OUT and not broken:
        strokes.append(_hatched(zone.shape, frame, ink))
    return strokes


def _hatched(shape: Shape, frame: LocalFrame, ink: Ink) -> Stroke:
    """Slanting lines through a polygon, so that it is known without colour; even-odd rule over all its rings."""
    rings = [frame.points_to_local(ring) for part in rings_of(shape) for ring in part]
    starts = np.vstack(rings)
    ends = np.vstack([np.roll(ring, -1, axis=0) for ring in rings])
    across = starts @ [1.0, 1.0], ends @ [1.0, 1.0]
    low, high = float(across[0].min()), float(across[0].max())
    segments = []
    for level in np.linspace(low, high, HATCH + 2)[1:-1]:
        crosses = (across[0] <= level) != (across[1] <= level)
        share = (level - across[0][crosses]) / (across[1][crosses] - across[0][crosses])
        points = starts[crosses] + share[:, np.newaxis] * (ends[crosses] - starts[crosses])
        points = points[np.argsort(points[:, 0])]
        segments.append(points[: len(points) // 2 * 2].reshape(-1, 4))
    return Stroke(np.vstack(segments), ink, (1, 3))


def _label(shape: Shape, text: str, frame: LocalFrame, ink: Ink) -> list[Mark]:
    """A zone's name just above the northernmost corner."""
    points = np.vstack([frame.points_to_local(rings[0]) for rings in rings_of(shape)])
    east, north = points[np.argmax(points[:, 1])]
    return [Mark(float(east), float(north), text, ink, (-(len(text) // 2), -1))]


def _sign(place: LonLat, text: str, ink: Ink, frame: LocalFrame) -> Mark:
    east, north = frame.point_to_local(place)
    return Mark(east, north, text, ink)

"""From one format to another: the files that would be written, and in words what they cannot hold."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from shapely import LineString, Point, Polygon

from missions.commands import may_be_nan, name_of
from missions.contents import FENCE_SUFFIX, RALLY_SUFFIX, Contents
from missions.drawings import Drawing, counted
from missions.files import LIST_SUFFIXES, PLAN_SUFFIX, mission_texts
from missions.gpx_file import format_gpx
from missions.items import Fence, Mission, MissionItem
from missions.kml_file import format_kml, packed
from missions.plan_file import kept_runs
from missions.plan_items import UNKNOWN_HOME
from missions.sites import site_of
from missions.text_lists import format_fen, format_poly, format_ral
from missions.waypoints_file import format_waypoints
from missions.wire import fence_items, rally_items
from planner.errors import FileFormatError, SettingError
from planner.geojson import site_to_geojson
from planner.site import Site

Text = str | bytes


@dataclass(frozen=True, slots=True)
class Conversion:
    """Files with what they are to hold, and sentences on what of the source they cannot hold."""

    files: tuple[tuple[Path, Text], ...]
    lost: tuple[str, ...]


def converted(contents: Contents, target: Path, source: str) -> Conversion:
    """What becomes of a file's contents in the format that ``target``'s name says.

    Raises ``SettingError`` for a name of no known format, ``FileFormatError`` where nothing of the contents fits into
    it, ``GeometryError`` for a fence that GeoJSON cannot hold.
    """
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise SettingError(
            f"Nothing is written as “{target.suffix or target.name}”.", about=str(target), mend=f"Known: {WRITTEN}."
        )
    told: list[str] = []
    if contents.mission is not None and target.suffix.lower() != PLAN_SUFFIX:
        items, told = _with_numbers(contents.mission.items)
        contents = replace(contents, mission=replace(contents.mission, items=items))
    files, lost = writer(contents, target, source)
    return Conversion(tuple(files), (*lost, *told))


def _with_numbers(items: tuple[MissionItem, ...]) -> tuple[tuple[MissionItem, ...], list[str]]:
    """Items whose parameters are numbers, but for a yaw; NaN ("leave as it is" to PX4) becomes 0, and that is told.

    ArduPilot refuses any other NaN (``AP_Mission::sanity_check_params``), and rows of numbers cannot hold it.
    """
    made, told = [], []
    for index, item in enumerate(items):
        absent = [n for n, value in enumerate(item.params) if math.isnan(value) and not may_be_nan(item.command, n)]
        if absent:
            words = " and ".join(str(n + 1) for n in absent)
            told.append(f"Item {index} ({name_of(item)}): parameter {words} left open, written as 0.")
        p1, p2, p3, p4 = (0.0 if n in absent else value for n, value in enumerate(item.params))
        made.append(replace(item, params=(p1, p2, p3, p4)))
    return tuple(made), told


Made = tuple[list[tuple[Path, Text]], list[str]]


def _mission_of(contents: Contents, source: str, *, may_lack_items: bool) -> Mission:
    mission = contents.mission
    if mission is None or not (mission.items or (may_lack_items and (mission.fence != Fence() or mission.rally))):
        drawn = counted(len(contents.drawings), "drawing")
        raise FileFormatError(
            f"There is no mission in it{f', only {drawn}' if contents.drawings else ''}.",
            about=source,
            mend="A way becomes one with --altitude, an outline with qyran plan.",
        )
    return mission if mission.items else replace(mission, items=(UNKNOWN_HOME,))


def _to_lists(contents: Contents, target: Path, source: str) -> Made:
    mission = _mission_of(contents, source, may_lack_items=False)
    complex_ones = [kept for _, run in kept_runs(mission) for kept in run]
    lost = list(_drawings_lost(contents))
    for kept in complex_ones:
        kind = json.loads(kept.json).get("complexItemType", "complex item")
        lost.append(f"The {kind} becomes the {counted(len(kept.items), 'item')} it stands for, without its settings.")
    return list(mission_texts(mission, target)), lost


def _to_plan(contents: Contents, target: Path, source: str) -> Made:
    mission = _mission_of(contents, source, may_lack_items=True)
    return list(mission_texts(mission, target)), list(_drawings_lost(contents))


def _to_fence(contents: Contents, target: Path, source: str) -> Made:
    fence = _fence_of(contents, source)
    lost = [*_items_lost(contents), *_rally_lost(contents), *_drawings_lost(contents)]
    return [(target, format_waypoints(fence_items(fence), str(target)))], lost


def _to_fen(contents: Contents, target: Path, source: str) -> Made:
    fence = _fence_of(contents, source)
    lost = [*_items_lost(contents), *_rally_lost(contents), *_drawings_lost(contents)]
    others = sum(not polygon.inclusion for polygon in fence.polygons) + len(fence.circles)
    if others:
        lost.append(f"{counted(others, 'outline')} to stay out of, or circles: a .fen has one outline to stay inside.")
    return [(target, format_fen(fence, source))], lost


def _to_rally(contents: Contents, target: Path, source: str) -> Made:
    mission = contents.mission
    if mission is None or not mission.rally:
        raise FileFormatError("There are no rally points in it.", about=source)
    lost = [*_items_lost(contents), *_fence_lost(mission.fence), *_drawings_lost(contents)]
    if target.suffix.lower() == RALLY_SUFFIX:
        return [(target, format_waypoints(rally_items(mission.rally), str(target)))], lost
    if any(point.altitude_home_m % 1 for point in mission.rally):
        lost.append("Mission Planner reads altitudes in a .ral as whole metres.")
    return [(target, format_ral(mission.rally))], lost


def _to_poly(contents: Contents, target: Path, source: str) -> Made:
    outlines = [(one.shape, one.name) for one in contents.drawings if not isinstance(one.shape, Point | LineString)]
    fence = contents.mission.fence if contents.mission else Fence()
    if not outlines:
        outlines = [(Polygon(part.vertices), "fence") for part in fence.polygons if part.inclusion]
    shapes = [part for shape, _ in outlines for part in ([shape] if isinstance(shape, Polygon) else shape.geoms)]
    if len(shapes) != 1:
        raise FileFormatError(
            f"A .poly is one outline, and there are {len(shapes)} in it.", about=source, mend="Write .geojson or .kml."
        )
    others = [one for one in contents.drawings if isinstance(one.shape, Point | LineString)]
    lost = [*_items_lost(contents), *_rally_lost(contents), *_drawings_lost(Contents(drawings=tuple(others)))]
    lost += _fence_lost(fence) if outlines[0][1] != "fence" else []
    if shapes[0].interiors:
        lost.append(f"{counted(len(shapes[0].interiors), 'hole')} of the outline.")
    corners = Drawing(Polygon(shapes[0].exterior)).places[:-1]
    return [(target, format_poly(corners))], lost


def _to_kml(contents: Contents, target: Path, source: str) -> Made:
    mission = contents.mission or Mission(())
    text = format_kml(mission, contents.drawings, target.stem, source)
    data = packed(text) if target.suffix.lower() == ".kmz" else text
    return [(target, data)], list(_complex_lost(mission))


def _to_gpx(contents: Contents, target: Path, source: str) -> Made:
    mission = contents.mission or Mission(())
    outlines = tuple(one for one in contents.drawings if not isinstance(one.shape, Point | LineString))
    lost = [*_complex_lost(mission), *_fence_lost(mission.fence), *_drawings_lost(Contents(drawings=outlines))]
    return [(target, format_gpx(mission, contents.drawings, target.stem, source))], lost


def _to_geojson(contents: Contents, target: Path, source: str) -> Made:
    site = site_of(contents, source)
    if site == Site(areas=(), source=source):
        raise FileFormatError("There is nothing in it that can be drawn.", about=source)
    lost = []
    if contents.mission and len(contents.mission.items) > 1:
        count = counted(len(contents.mission.items) - 1, "item")
        lost.append(f"Heights, speeds, stays and camera of the {count}: GeoJSON gets the way alone.")
    if contents.mission and contents.mission.fence.circles:
        lost.append("Circles of the fence become outlines around them.")
    if contents.mission and contents.mission.fence.return_point is not None:
        lost.append("The fence's return point.")
    if any(one.altitudes for one in contents.drawings):
        lost.append("Heights of ways: GeoJSON gets the way alone.")
    text = json.dumps(site_to_geojson(site), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return [(target, text)], lost


def _fence_of(contents: Contents, source: str) -> Fence:
    if contents.mission is None or contents.mission.fence == Fence():
        raise FileFormatError("There is no fence in it.", about=source)
    return contents.mission.fence


def _items_lost(contents: Contents) -> Iterator[str]:
    if contents.mission and len(contents.mission.items) > 1:
        yield f"{counted(len(contents.mission.items) - 1, 'item')} of the mission."


def _fence_lost(fence: Fence) -> list[str]:
    count = len(fence.polygons) + len(fence.circles) + (fence.return_point is not None)
    return [f"The fence ({counted(count, 'part')})."] if count else []


def _rally_lost(contents: Contents) -> Iterator[str]:
    if contents.mission and contents.mission.rally:
        yield f"{counted(len(contents.mission.rally), 'rally point')}."


def _complex_lost(mission: Mission) -> Iterator[str]:
    count = sum(len(run) for _, run in kept_runs(mission))
    if count:
        yield f"The settings of {counted(count, 'complex item')}; the items they stand for are kept."


def _drawings_lost(contents: Contents) -> Iterator[str]:
    kinds = {"Polygon": "outline", "MultiPolygon": "outline", "LineString": "way", "Point": "place"}
    counts: dict[str, int] = {}
    for one in contents.drawings:
        word = kinds[one.shape.geom_type]
        counts[word] = counts.get(word, 0) + 1
    for word, count in counts.items():
        yield f"{counted(count, word)} that nothing tells an autopilot to fly."


_WRITERS: dict[str, Callable[[Contents, Path, str], Made]] = {
    **dict.fromkeys(LIST_SUFFIXES, _to_lists),
    PLAN_SUFFIX: _to_plan,
    FENCE_SUFFIX: _to_fence,
    ".fen": _to_fen,
    **dict.fromkeys((RALLY_SUFFIX, ".ral"), _to_rally),
    ".poly": _to_poly,
    **dict.fromkeys((".kml", ".kmz"), _to_kml),
    ".gpx": _to_gpx,
    ".geojson": _to_geojson,
}

WRITTEN = ", ".join(_WRITERS)

"""QGroundControl's complex items as the simple items they stand for.

Survey and corridor scan carry the items that QGroundControl made of them; where those are missing, the transects are
flown through as they are drawn. A structure scan carries none: it is built as QGroundControl builds it, layer by layer
around the outline.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from shapely import Polygon

from missions.fields import Field
from missions.items import Command, Frame, MissionItem
from missions.plan_landing import LANDINGS, landing_items
from missions.wire import to_e7
from planner.errors import GeometryError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat

_TRANSECTS = ("survey", "CorridorScan")
_LAYERS_MOST = 1000
_SET_ROI_WPNEXT_OFFSET, _SET_ROI_NONE = 196, 197


def items_of_complex(field: Field) -> Iterator[Field | MissionItem]:
    """What a complex item stands for: simple items as they stand in the file, or items made here.

    Raises ``FileFormatError`` for a kind that is not known, and for surveys before version 4.
    """
    kind = field["complexItemType"].text()
    if kind in _TRANSECTS:
        yield from _transects(field, kind)
    elif kind == "StructureScan":
        yield from _structure(field)
    elif kind in LANDINGS:
        yield from landing_items(field, kind)
    else:
        raise field["complexItemType"].error(f"A complex item “{kind[:40]}” cannot be read here.")


def _transects(field: Field, kind: str) -> Iterator[Field | MissionItem]:
    if not field.has("TransectStyleComplexItem"):
        raise field.error(f"This {kind} is of an old version, without the items it stands for.")
    style = field["TransectStyleComplexItem"]
    if not style.has("Items"):
        yield from _through(style)
        return
    for member in style["Items"].each():
        if member["type"].text() != "SimpleItem":
            raise member["type"].error("Only simple items may stand inside a complex one.")
        yield member


def _through(style: Field) -> Iterator[MissionItem]:
    """The way through the transects' points, taking pictures all along it.

    QGroundControl would make the items anew when it opens such a file. Only transects at one height and with pictures
    in turns are plain enough to do the same here.
    """
    for key in ("FollowTerrain", "HoverAndCapture", "Refly90Degrees"):
        if style.has(key) and style[key].flag():
            raise style[key].error("The items are missing, and cannot be made again with this.")
    if not style["CameraTriggerInTurnAround"].flag():
        raise style["CameraTriggerInTurnAround"].error("The items are missing, and cannot be made again without this.")
    camera = style["CameraCalc"]
    frame = Frame.GLOBAL_RELATIVE_ALT if camera["DistanceToSurfaceRelative"].flag() else Frame.GLOBAL
    height, distance = camera["DistanceToSurface"].number(), camera["AdjustedFootprintFrontal"].number()
    places = [member.place() for member in style["VisualTransectPoints"].each(60_000)]
    if not places:
        raise style["VisualTransectPoints"].error("There is nothing to fly through.")
    yield _waypoint(places[0], height, frame)
    yield _trigger(distance)
    for place in places[1:]:
        yield _waypoint(place, height, frame)
    yield _trigger(0.0)


def _structure(field: Field) -> Iterator[MissionItem]:
    """Once around the outline for each layer, with pictures, from the entrance and back to it."""
    field["version"].whole(3, 3)
    camera = field["CameraCalc"]
    layer_m, distance = camera["AdjustedFootprintFrontal"].number(), camera["AdjustedFootprintSide"].number()
    from_top = field["StartFromTop"].flag()
    first = (
        field["StructureHeight"].number() - layer_m / 2 if from_top else field["ScanBottomAlt"].number() + layer_m / 2
    )
    entrance = field["EntranceAltitude"].number()
    around = _around(field["polygon"], camera["DistanceToSurface"].number())
    yield _waypoint(around[0], entrance)
    pitch = field["GimbalPitch"].number()
    if not abs(pitch) <= 360:
        raise field["GimbalPitch"].error("A pitch is between -360 and 360 degrees.")
    yield MissionItem(_SET_ROI_WPNEXT_OFFSET, x=round(pitch), z=90.0)
    for layer in range(field["Layers"].whole(1, _LAYERS_MOST)):
        height = first + (-layer if from_top else layer) * layer_m
        yield _waypoint(around[0], height)
        yield _trigger(distance)
        for place in (*around[1:], around[0]):
            yield _waypoint(place, height)
        yield _trigger(0.0)
    yield MissionItem(_SET_ROI_NONE)
    yield _waypoint(around[0], entrance)


def _around(field: Field, distance_m: float) -> list[LonLat]:
    """An outline moved outwards, its corners kept where they are not too sharp."""
    places = [member.place() for member in field.each(1000)]
    if len(places) < 3:
        raise field.error(f"A structure's outline has three corners or more, not {len(places)}.")
    drawn = Polygon(places)
    if not drawn.is_valid or drawn.area == 0:
        raise field.error("The structure's outline crosses itself or has no area.")
    try:
        frame = LocalFrame.around(drawn)
    except GeometryError as error:
        raise field.error(error.sentence) from None
    moved = frame.to_local(drawn).buffer(distance_m, join_style="mitre", mitre_limit=10.0)
    if not isinstance(moved, Polygon) or moved.is_empty:
        raise field.error(f"The structure's outline leaves nothing to fly around at {distance_m:g} m.")
    ring = shapely.get_coordinates(moved.exterior)[:-1]
    if shapely.is_ccw(moved.exterior) != shapely.is_ccw(drawn.exterior):
        ring = ring[::-1]
    start = int(np.argmin(np.hypot(*(ring - frame.points_to_local(np.array(places[:1]))).T)))
    return [LonLat(*place) for place in frame.points_to_lonlat(np.roll(ring, -start, axis=0)).tolist()]


def _waypoint(place: LonLat, z: float, frame: Frame = Frame.GLOBAL_RELATIVE_ALT) -> MissionItem:
    yaw_as_is = (0.0, 0.0, 0.0, math.nan)
    return MissionItem(Command.NAV_WAYPOINT, frame, yaw_as_is, to_e7(place.lat), to_e7(place.lon), z)


def _trigger(metres: float) -> MissionItem:
    return MissionItem(Command.DO_SET_CAM_TRIGG_DIST, params=(metres, 0.0, 1.0 if metres else 0.0, 0.0))

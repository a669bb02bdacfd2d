"""The fence and the rally points of a sortie."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mission_plans import FRAME, LANES, at, circle, outline, plan, square, waypoint
from shapely import LineString, MultiPolygon, Point, Polygon

from missions.compile import compile_sortie
from missions.fencing import FENCE_BYTES, fence_of
from missions.items import Fence, FencePolygon
from missions.outline import Outline, fewer_vertices
from missions.wire import fence_items
from planner.errors import PlanError
from planner.plan import Leg, Plan
from planner.quantities import Altitude
from planner.site import SafePoint, Zone, ZoneKind


def fence(made: Plan, **options: float) -> Fence:
    return fence_of(made, made.sorties[0], **options)  # type: ignore[arg-type]


def local(polygon: FencePolygon) -> Polygon:
    return FRAME.to_local(Polygon(polygon.vertices))


def bytes_of(made: Fence) -> int:
    """What ArduPilot's fence_storage_space_required adds up, and the end mark."""
    return 5 + sum(2 + 8 * len(polygon.vertices) for polygon in made.polygons)


def way(made: Plan) -> LineString:
    return FRAME.to_local(LineString([w.position for w in made.sorties[0].route.waypoints]))


def holds(made: Plan, built: Fence) -> bool:
    """Whether a fence lets its route through."""
    route = way(made)
    return all(
        local(p).buffer(0.06).contains(route) if p.inclusion else not local(p).buffer(-0.06).intersects(route)
        for p in built.polygons
    )


SCHOOL = Zone("school", ZoneKind.KEEP_OUT, square(200, 200, 50), "School")


def test_a_drawn_border_is_taken_exactly() -> None:
    """The fence is what the pilot drew, to the last digit of the wire."""
    border = square(-100, -100, 500)
    built = fence(plan(keep_in=border))
    assert [polygon.inclusion for polygon in built.polygons] == [True]
    drawn = {(round(lon, 7), round(lat, 7)) for lon, lat in border.exterior.coords}
    assert {(round(p.lon, 7), round(p.lat, 7)) for p in built.polygons[0].vertices} == drawn


def test_a_border_nobody_drew_leaves_room() -> None:
    """The fence in the air is the one on the map: a derived border moves outwards by 10 m at most, never inwards."""
    border = circle(100, 150, 250, 40)
    built = fence(plan(keep_in=border, derived=True))
    inclusion, drawn = local(built.polygons[0]), FRAME.to_local(border)
    assert inclusion.buffer(0.05).contains(drawn) and drawn.buffer(10.1).contains(inclusion)


def test_zones_and_holes_are_excluded() -> None:
    """The autopilot itself keeps the drone out of the school yard and of the hole in the border."""
    border = outline(
        *[(-100, -100), (400, -100), (400, 400), (-100, 400)], holes=[[(300, 0), (350, 0), (350, 50), (300, 50)]]
    )
    built = fence(plan(keep_in=border, zones=(SCHOOL,)))
    shut = [local(p) for p in built.polygons if not p.inclusion]
    assert sorted(round(p.area) for p in shut) == [2500, 2500]
    assert any(p.contains(Point(225, 225)) for p in shut) and any(p.contains(Point(325, 25)) for p in shut)


@pytest.mark.parametrize(
    ("floor", "ceiling", "counts"),
    [
        (None, None, True),
        (None, Altitude.agl(50), False),
        (None, Altitude.agl(61), True),
        (Altitude.agl(70), None, False),
        (Altitude.agl(59), Altitude.agl(61), True),
        (Altitude.amsl(3000), None, True),
        (None, Altitude.amsl(100), True),
    ],
)
def test_a_zone_counts_where_it_holds(floor: Altitude | None, ceiling: Altitude | None, counts: bool) -> None:
    """A zone that ends below the flight does not shut the way; one whose height is unknown does."""
    zone = Zone("z", ZoneKind.AIRSPACE, square(200, 200, 50), "Z", floor, ceiling)
    assert len(fence(plan(zones=(zone,))).polygons) == (2 if counts else 1)


@pytest.mark.parametrize("kind", [ZoneKind.NO_LOOK, ZoneKind.KEEP_IN])
def test_only_zones_that_forbid_entry_are_fenced(kind: ZoneKind) -> None:
    """A house that may not be filmed may still be flown over."""
    assert len(fence(plan(zones=(Zone("z", kind, square(200, 200, 50)),))).polygons) == 1


def test_a_zone_far_away_costs_no_points() -> None:
    """The country's airspace does not fill the autopilot's storage."""
    far = Zone("far", ZoneKind.AIRSPACE, circle(9000, 9000, 5000, 64))
    vast = Zone("vast", ZoneKind.AIRSPACE, outline((350, -9000), (9000, -9000), (9000, 9000), (350, 9000)))
    built = fence(plan(zones=(far, vast)))
    assert len(built.polygons) == 2
    assert local(built.polygons[1]).bounds == pytest.approx((350, -150, 450, 450), abs=0.1)


def test_there_is_one_inclusion_polygon() -> None:
    """ArduPilot takes the intersection of inclusion polygons: two apart would stop every flight."""
    parts = MultiPolygon([square(-100, -100, 500), square(1000, 0, 200)])
    built = fence(plan(keep_in=parts))
    assert [p.inclusion for p in built.polygons] == [True] and holds(plan(keep_in=parts), built)


def test_many_vertices_are_simplified_to_the_safe_side() -> None:
    """A detailed border still loads, no larger than drawn; a detailed zone still loads, no smaller than drawn."""
    border, lake = circle(100, 150, 300, 500), circle(220, 150, 40, 300)
    zone = Zone("lake", ZoneKind.KEEP_OUT, lake)
    made = plan(keep_in=border, zones=(zone,))
    built = fence(made)
    inclusion, exclusion = (local(p) for p in built.polygons)
    assert bytes_of(built) <= FENCE_BYTES
    assert FRAME.to_local(border).buffer(0.02).contains(inclusion)
    assert exclusion.buffer(0.02).contains(FRAME.to_local(lake))
    assert holds(made, built)
    assert inclusion.area > 0.98 * FRAME.to_local(border).area
    assert exclusion.area < 1.1 * FRAME.to_local(lake).area


def test_a_derived_border_of_many_corners_fits() -> None:
    """A patrol over a jagged village plans without anybody drawing a fence for it."""
    angles = np.linspace(0, 2 * math.pi, 400, endpoint=False)
    radius = np.where(np.arange(400) % 2, 330, 280)
    jagged = FRAME.to_lonlat(Polygon(np.column_stack([100 + radius * np.cos(angles), 150 + radius * np.sin(angles)])))
    made = plan(keep_in=jagged, derived=True, zones=(SCHOOL,))
    built = fence(made)
    assert bytes_of(built) <= FENCE_BYTES and holds(made, built)
    assert local(built.polygons[0]).contains(FRAME.to_local(jagged))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"keep_in": square(20, -100, 400)}, "launch lies 20 m outside the keep-in border"),
        ({"keep_in": square(-100, -100, 390)}, "leaves the keep-in border by up to 10.0 m for 70 m"),
        ({"zones": (Zone("z", ZoneKind.KEEP_OUT, square(40, 100, 20)),)}, "lies 20 m long inside a zone"),
        ({"zones": (Zone("z", ZoneKind.KEEP_OUT, square(-5, -5, 10)),)}, "inside a zone or a hole"),
    ],
)
def test_a_fence_that_would_stop_its_own_flight_is_refused(changes: dict[str, object], sentence: str) -> None:
    """No drone lands in a field because the plan crossed its own fence."""
    with pytest.raises(PlanError, match=re.escape(sentence)) as caught:
        fence(plan(**changes))  # type: ignore[arg-type]
    assert caught.value.about == "sortie 1" and caught.value.mend


def test_a_fence_that_cannot_fit_is_refused() -> None:
    """More zones than the autopilot stores is an error in words, not a fence with a zone missing."""
    zones = tuple(
        Zone(f"z{i}", ZoneKind.KEEP_OUT, square(150 + 20 * (i % 10), -90 + 25 * (i // 10), 5)) for i in range(30)
    )
    with pytest.raises(PlanError, match="more points than an autopilot stores"):
        fence(plan(waypoint(0, 0), waypoint(50, 0), keep_in=square(-100, -100, 600), zones=zones))


def test_what_is_read_into_the_autopilot_passes_its_checks() -> None:
    """Vertex counts as AC_PolyFence_loader::validate_fence wants them, at most 255 each."""
    items = fence_items(fence(plan(zones=(SCHOOL,))))
    assert [item.params[0] for item in items] == [4.0] * 8
    assert [item.command for item in items] == [5001] * 4 + [5002] * 4


def test_rally_points_are_safe_points_inside() -> None:
    """A drone in trouble is sent only to places it may reach, at the height the pilot gave."""
    points = (
        SafePoint("roof", at(350, 350), Altitude.home(42.5)),
        SafePoint("far", at(2000, 0)),
        SafePoint("yard", at(220, 220)),
        SafePoint("field", at(-50, -50)),
    )
    made = plan(safe_points=points, zones=(SCHOOL,))
    rally = compile_sortie(made, made.sorties[0]).rally
    assert [point.altitude_home_m for point in rally] == [43.0, 15.0]
    assert [FRAME.point_to_local(point.position) for point in rally] == [
        pytest.approx((350, 350), abs=0.01),
        pytest.approx((-50, -50), abs=0.01),
    ]


def test_a_safe_point_above_the_sea_is_refused() -> None:
    """900 m above the sea is never taken for 900 m above home."""
    made = plan(safe_points=(SafePoint("roof", at(350, 350), Altitude.amsl(900)),))
    with pytest.raises(PlanError, match="above home or above ground"):
        compile_sortie(made, made.sorties[0])


def test_more_safe_points_than_fit_are_refused() -> None:
    """No safe point is dropped in silence."""
    made = plan(safe_points=tuple(SafePoint(f"s{i}", at(i, 350)) for i in range(47)))
    with pytest.raises(PlanError, match="47 safe points inside the fence, and an autopilot stores 46"):
        compile_sortie(made, made.sorties[0])


@settings(max_examples=60, deadline=None)
@given(st.integers(8, 120), st.integers(3, 20), st.booleans(), st.integers(0, 2**32 - 1))
def test_simplified_outlines_forbid_at_least_as_much(n: int, most: int, inside: bool, seed: int) -> None:
    """Whatever the shape, what was forbidden stays forbidden, what must be free stays free, the ring stays simple."""
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * math.pi, n))
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * random.uniform(60, 100, (n, 1))
    drawn = Polygon(ring)
    if not drawn.is_valid or drawn.area < 100:
        return
    free = Point(0, 0).buffer(10) if not inside else Point(150, 0).buffer(40)
    if (drawn.contains(free) if not inside else drawn.disjoint(free)) is False:
        return
    result = fewer_vertices([Outline.of(drawn, forbids_inside=inside)], most, [free])
    if result is None:
        return
    made = Polygon(result[0].points)
    assert made.is_valid and len(result[0].points) <= most
    assert (made if inside else drawn).buffer(0.01).contains(drawn if inside else made)
    assert made.disjoint(free) if inside else made.contains(free)


def test_simplifying_a_convex_outline_always_succeeds() -> None:
    """The property above is not met by giving up."""
    drawn = Polygon(np.column_stack([np.cos(a := np.linspace(0, 2 * np.pi, 90, endpoint=False)), np.sin(a)]) * 100)
    for inside in (True, False):
        result = fewer_vertices([Outline.of(drawn, forbids_inside=inside)], 6, [Point(500, 0)])
        assert result is not None and len(result[0].points) == 6


def test_the_route_of_the_lanes_is_inside() -> None:
    """The plain patrol of these tests passes its own fence, lanes included."""
    made = plan(zones=(SCHOOL,))
    assert holds(made, fence(made)) and any(w.leg is Leg.LANE for w in LANES)

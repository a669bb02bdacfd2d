"""More than two hundred areas that are hard to sweep, planned one after the other as a user's would be.

Run as ``python tests/benchmarks/hard_areas.py`` (``--smoke``: a few, to see that it runs; ``--only WORD``: those with
the word in their name; ``--districts``: those of 100 km² as well, which take minutes). For each it prints how much of
what can be reached is seen, metres outside of area and corridors, seconds to fly, sorties, and the CPU seconds of
``planner.planning.plan``; at the end what is worst. Where ``plan`` refuses an area, its words are printed.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate, scale, translate
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from planner.errors import QyranError
from planner.geodesy import LocalFrame
from planner.geojson import site_from_geojson
from planner.patrol import Patrol, Sweep
from planner.plan import Plan
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Launch
from planner.space import frame_of, space_of
from planner.vehicles import VehicleProfile

Region = Polygon | MultiPolygon
Shape = Callable[[np.random.Generator], BaseGeometry]

ENOUGH = 0.995
SWATHS = (15.0, 30.0, 80.0, 150.0)
LATITUDES = (0.0, 43.2, 55.0, -33.0, 70.0)
PLACES = ("inside", "outside", "border", "hole")


@dataclass(frozen=True)
class Case:
    """An area in metres around a place on the globe, with zones, a launch in metres and a swath width."""

    name: str
    area: Region
    swath_m: float
    origin: LonLat
    launch: tuple[float, float]
    keep_out: tuple[Polygon, ...] = ()


def star(rng: np.random.Generator) -> BaseGeometry:
    """A polygon around a middle, its corners near and far."""
    n = int(rng.integers(5, 40))
    turn, radius = np.sort(rng.uniform(0, 2 * np.pi, n)), rng.uniform(0.1, 1, n) * rng.uniform(150, 600)
    return Polygon(_around(turn, radius)).buffer(0)


def comb(rng: np.random.Generator) -> BaseGeometry:
    """Teeth on a back, thin or thick."""
    tooth, gap = rng.uniform(2, 90), rng.uniform(3, 60)
    count = int(rng.integers(4, 16))
    teeth = [box(k * (tooth + gap), 0, k * (tooth + gap) + tooth, rng.uniform(50, 400)) for k in range(count)]
    return rotate(shapely.union_all([box(0, 0, count * (tooth + gap), rng.uniform(2, 60)), *teeth]), rng.uniform(0, 90))


def spiral(rng: np.random.Generator) -> BaseGeometry:
    """A band wound around itself."""
    turn = np.linspace(0, rng.uniform(8, 20), 160)
    return LineString(_around(turn, 20 + 20 * turn)).buffer(rng.uniform(1, 35))


def river(rng: np.random.Generator) -> BaseGeometry:
    """Two metres wide, kilometres long, winding."""
    along = np.arange(0, rng.uniform(800, 6000), 10.0)
    side = sum(rng.uniform(10, 120) * np.sin(along / rng.uniform(30, 400) + rng.uniform(0, 6)) for _ in range(3))
    return LineString(np.stack([along, side], axis=1)).buffer(1.0, cap_style="flat")


def coast(rng: np.random.Generator) -> BaseGeometry:
    """An island of 2,000 vertices with a fractal coast."""
    turn = np.linspace(0, 2 * np.pi, 2001)[:-1]
    radius = 500 + sum(
        250 / k**0.9 * math.sqrt(1 / k) * np.sin(k * turn + rng.uniform(0, 6)) for k in (2, 3, 5, 9, 17, 33, 65, 129)
    )
    return Polygon(_around(turn, np.maximum(radius, 30.0))).buffer(0)


def holed(rng: np.random.Generator) -> BaseGeometry:
    """A field with twenty holes."""
    area: BaseGeometry = box(0, 0, *rng.uniform(400, 1200, 2))
    for x, y, a, b, turn in rng.uniform((0, 0, 2, 2, 0), (1200, 1200, 120, 120, 90), (20, 5)):
        area = area.difference(rotate(box(x, y, x + a, y + b), turn))
    return area


def holed_coast(rng: np.random.Generator) -> BaseGeometry:
    """2,000 vertices and twenty round holes."""
    area = coast(rng)
    for x, y, r in rng.uniform((-450, -450, 3), (450, 450, 45), (20, 3)):
        area = area.difference(Point(x, y).buffer(r, quad_segs=4))
    return area


def scattered(rng: np.random.Generator) -> BaseGeometry:
    """Several parts, some of them small, some of them far."""
    found = [translate(star(rng), *rng.uniform(-900, 900, 2)) for _ in range(int(rng.integers(2, 6)))]
    return shapely.union_all([*found, translate(box(0, 0, 8, 5), 1500, 0)])


def touching(rng: np.random.Generator) -> BaseGeometry:
    """Holes that touch the outline, or each other, in one point."""
    area = box(0, 0, 500, 400).difference(box(100, 100, 200, 200))
    area = area.difference(Polygon([(200, 200), (300, 220), (280, 300)]))
    area = area.difference(Polygon([(500, 200), (400, 150), (400, 250)]))
    return scale(area, *rng.uniform(0.4, 2.0, 2), origin=(0, 0))


def spiky(rng: np.random.Generator) -> BaseGeometry:
    """A block with needles: up to 400 m long and a few decimetres wide at the root."""
    block: BaseGeometry = box(0, 0, 300, 250)
    for x, width, high in rng.uniform((5, 0.1, 20), (295, 3, 400), (8, 3)):
        block = block.union(Polygon([(x - width, 249), (x + width, 249), (x, 250 + high)]))
    return rotate(block, rng.uniform(0, 180))


def collinear(rng: np.random.Generator) -> BaseGeometry:
    """A polygon with many vertices that are almost on its edges."""
    at = shapely.get_coordinates(shapely.segmentize(_largest(star(rng)).exterior, rng.uniform(1, 9)))[:-1]
    return Polygon(at + rng.normal(0, 1e-4, at.shape)).buffer(0)


def tiny(rng: np.random.Generator) -> BaseGeometry:
    """Smaller than the swath."""
    return rotate(box(0, 0, *rng.uniform(0.7, 12, 2)), rng.uniform(0, 90))


def sliver(rng: np.random.Generator) -> BaseGeometry:
    """A strip far thinner than the swath, or a wedge."""
    strip = box(0, 0, rng.uniform(200, 3000), rng.uniform(0.2, 6))
    wedge = Polygon(
        [(0, 0), (rng.uniform(300, 2000), rng.uniform(1, 40)), (rng.uniform(300, 900), rng.uniform(50, 90))]
    )
    return rotate(strip if rng.uniform() < 0.5 else wedge, rng.uniform(0, 180)).buffer(0)


def ring(rng: np.random.Generator) -> BaseGeometry:
    """A ring road."""
    radius, width = rng.uniform(60, 600), rng.uniform(2, 60)
    return scale(Point(0, 0).buffer(radius).difference(Point(0, 0).buffer(radius - width)), 1.0, rng.uniform(0.4, 1))


def streets(rng: np.random.Generator) -> BaseGeometry:
    """Streets around blocks: a net of narrow bands."""
    wide, high, street = rng.uniform(60, 160), rng.uniform(60, 160), rng.uniform(4, 30)
    area: BaseGeometry = box(0, 0, 4 * (wide + street) + street, 3 * (high + street) + street)
    for i in range(4):
        for j in range(3):
            x, y = street + i * (wide + street), street + j * (high + street)
            area = area.difference(box(x, y, x + wide, y + high))
    return rotate(area, rng.uniform(0, 90))


def necked(rng: np.random.Generator) -> BaseGeometry:
    """Rooms joined by necks of centimetres to metres."""
    width = rng.choice([0.03, 0.3, 1.0, 2.0, 10.0])
    return shapely.union_all([box(0, 0, 200, 150), box(199, 70, 331, 70 + width), box(330, -50, 500, 200)])


def zigzag(rng: np.random.Generator) -> BaseGeometry:
    """A lightning bolt."""
    at = np.stack([np.arange(9) * rng.uniform(30, 200), np.tile([0.0, rng.uniform(100, 500)], 5)[:9]], axis=1)
    return LineString(at).buffer(rng.uniform(2, 30), join_style="mitre", cap_style="flat")


def maze(rng: np.random.Generator) -> BaseGeometry:
    """Winding corridors around walls as thin as a fence."""
    area: BaseGeometry = box(0, 0, 500, 500)
    for k in range(1, 10):
        wall = box(-1, 50 * k, 440, 50 * k + 0.5) if k % 2 else box(60, 50 * k, 501, 50 * k + 0.5)
        area = area.difference(wall)
    return scale(rotate(area, rng.uniform(0, 90)), *rng.uniform(0.3, 1.5, 2))


def blob(rng: np.random.Generator) -> BaseGeometry:
    """A lake: smooth, with a few islands."""
    turn = np.linspace(0, 2 * np.pi, 300)[:-1]
    radius = 300 + sum(90 / k * np.sin(k * turn + rng.uniform(0, 6)) for k in (2, 3, 4, 5))
    area: BaseGeometry = Polygon(_around(turn, radius))
    for x, y, r in rng.uniform((-200, -200, 5), (200, 200, 60), (3, 3)):
        area = area.difference(Point(x, y).buffer(r))
    return area


def letters(rng: np.random.Generator) -> BaseGeometry:
    """An H, a U, a T or a plus."""
    w, a = rng.uniform(20, 120), rng.uniform(200, 600)
    bars = {
        0: [box(0, 0, w, a), box(a, 0, a + w, a), box(0, a / 2, a, a / 2 + w)],
        1: [box(0, 0, w, a), box(a, 0, a + w, a), box(0, 0, a, w)],
        2: [box(0, a, 2 * a, a + w), box(a - w / 2, 0, a + w / 2, a)],
        3: [box(0, a / 2, a, a / 2 + w), box(a / 2, 0, a / 2 + w, a)],
    }[int(rng.integers(0, 4))]
    return rotate(shapely.union_all(bars), rng.uniform(0, 90))


SHAPES: dict[Shape, int] = {
    star: 14,
    comb: 14,
    spiral: 10,
    river: 10,
    coast: 8,
    holed: 10,
    holed_coast: 8,
    scattered: 14,
    touching: 8,
    spiky: 10,
    collinear: 8,
    tiny: 12,
    sliver: 14,
    ring: 10,
    streets: 12,
    necked: 10,
    zigzag: 8,
    maze: 8,
    blob: 8,
    letters: 12,
}
"""How many of each are tried."""


def _around(turn: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def _largest(shape: BaseGeometry) -> Polygon:
    return max((g for g in shapely.get_parts(shape) if isinstance(g, Polygon)), key=lambda part: part.area)


def _usable(shape: BaseGeometry) -> Region:
    """Its polygons of at least 1.5 m², around the origin."""
    parts = [g for g in shapely.get_parts(shapely.make_valid(shape)) if isinstance(g, Polygon) and g.area > 1.5]
    whole = parts[0] if len(parts) == 1 else MultiPolygon(parts)
    west, south, east, north = whole.bounds
    return translate(whole, -(west + east) / 2, -(south + north) / 2)


def _launch(area: Region, where: str, rng: np.random.Generator) -> tuple[float, float]:
    part = _largest(area)
    if where == "hole" and part.interiors:
        point = Polygon(part.interiors[int(rng.integers(len(part.interiors)))]).representative_point()
    elif where == "border":
        point = part.exterior.interpolate(rng.uniform(), normalized=True)
    elif where == "outside":
        point = Point(area.bounds[2] + rng.uniform(2, 300), rng.uniform(area.bounds[1], area.bounds[3]))
    else:
        point = part.representative_point()
    return point.x, point.y


def _crossing(area: Region, launch: tuple[float, float], rng: np.random.Generator) -> tuple[Polygon, ...]:
    """Keep-out zones across the area: a wall nearly through it, and a round one."""
    west, south, east, north = area.bounds
    x, y = rng.uniform(west, east), rng.uniform(south, north)
    wall = rotate(box(x - 3, south + 0.3 * (north - south), x + 3, north + 5), rng.uniform(-30, 30))
    zones = [wall, Point(x, y).buffer(rng.uniform(5, 40))]
    return tuple(zone for zone in zones if zone.distance(Point(launch)) > 15)


def cases() -> Iterator[Case]:
    """All of them but the districts, always the same ones."""
    number = 0
    for shape, count in SHAPES.items():
        for seed in range(count):
            rng = np.random.default_rng([seed, len(shape.__name__), ord(shape.__name__[0])])
            area = _usable(shape(rng))
            launch = _launch(area, PLACES[number % 4], rng)
            swath = SWATHS[(number // 4 + seed) % 4]
            if math.sqrt(area.area) / swath > 60:
                swath = 30.0
            origin = LonLat(76.9 if number % 7 else 180.0, LATITUDES[number % 5])
            zones = _crossing(area, launch, rng) if number % 6 == 5 else ()
            yield Case(f"{shape.__name__}_{seed}", area, swath, origin, launch, zones)
            number += 1


def districts() -> Iterator[Case]:
    """A hundred square kilometres."""
    for seed, swath in ((0, 30.0), (1, 80.0), (2, 150.0)):
        rng = np.random.default_rng(seed)
        for name, shape in (("district_coast", coast), ("district_blob", blob)):
            area = _usable(shape(rng))
            grow = 10_000 / math.sqrt(area.area)
            area = scale(area, grow, grow, origin=(0, 0))
            launch = _launch(area, "inside", rng)
            yield Case(f"{name}_{swath:g}", area, swath, LonLat(71.4, 51.1), launch)


def site_json(case: Case) -> dict[str, object]:
    """The case as a GeoJSON FeatureCollection, cut at the antimeridian as RFC 7946 asks."""
    frame = LocalFrame(case.origin)

    def feature(shape: Region, kind: str) -> dict[str, object]:
        return {"type": "Feature", "properties": {"kind": kind}, "geometry": mapping(_cut(frame.to_lonlat(shape)))}

    shapes = [(case.area, "area"), *((zone, "keep_out") for zone in case.keep_out)]
    return {"type": "FeatureCollection", "features": [feature(shape, kind) for shape, kind in shapes]}


def _cut(shape: Region) -> BaseGeometry:
    """A geometry cut at 180° where it crosses that."""
    if np.ptp(shapely.get_coordinates(shape)[:, 0]) < 180:
        return shape
    round_the_globe = shapely.transform(shape, lambda at: np.column_stack([at[:, 0] % 360.0, at[:, 1]]))
    round_the_globe = shapely.make_valid(round_the_globe)
    west = round_the_globe.intersection(box(0, -90, 180, 90))
    east = translate(round_the_globe.intersection(box(180, -90, 360, 90)), -360, 0)
    parts = [g for side in (west, east) for g in shapely.get_parts(side) if isinstance(g, Polygon)]
    return MultiPolygon(parts)


@dataclass(frozen=True)
class Figures:
    """What a plan of a case comes to; ``seen`` is of what can be reached."""

    seen: float
    outside_m: float
    time_s: float
    sorties: int
    cpu_s: float
    plan: Plan


def order(case: Case) -> tuple[Patrol, Launch]:
    """The patrol, with a battery that no area is too far for, and its launch."""
    site = site_from_geojson(site_json(case), case.name)
    launch = Launch("crew", LocalFrame(case.origin).point_to_lonlat(case.launch))
    vehicle = replace(VehicleProfile(), battery_wh=20 * VehicleProfile().battery_wh, mission_items=60_000)
    return Patrol(case.name, site, Sweep(altitude=Altitude.agl(60), swath_m=case.swath_m), vehicle), launch


def planned(case: Case) -> Figures:
    """Plan a case, and measure it by itself, from the plan's own waypoints. Raises ``QyranError`` where refused."""
    patrol, launch = order(case)
    begin = time.process_time()
    made = plan(patrol, launch=launch)
    cpu = time.process_time() - begin
    frame = frame_of(made.patrol, launch)
    where = space_of(made.patrol, frame, launch)
    routes = [frame.points_to_local(np.array([w.position for w in s.route.waypoints])) for s in made.sorties]
    looks = [[w.leg.looks for w in s.route.waypoints[1:]] for s in made.sorties]
    legs = np.concatenate([np.stack([at[:-1], at[1:]], axis=1) for at in routes])
    lanes = shapely.linestrings(legs[np.concatenate(looks)])
    seen = shapely.union_all(shapely.buffer(lanes, case.swath_m / 2, quad_segs=16))
    reachable = where.watched.intersection(where.space.buffer(case.swath_m / 2))
    share = 1.0 if reachable.area == 0 else seen.intersection(reachable).area / reachable.area
    barred = where.border.buffer(0.05).difference(where.barred.buffer(-0.05))
    outside = sum(LineString(at).difference(barred).length for at in routes)
    lasting = sum(s.forecast.duration_s for s in made.sorties)
    return Figures(share, outside, lasting, len(made.sorties), cpu, made)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="areas that are hard to sweep, planned one after the other")
    parser.add_argument("--smoke", action="store_true", help="one of each kind that takes little")
    parser.add_argument("--only", default="", help="those with this word in their name")
    parser.add_argument("--districts", action="store_true", help="those of 100 km² as well")
    words = parser.parse_args()
    found = [*cases(), *(districts() if words.districts else ())]
    if words.smoke:
        found = [case for case in found if case.name in ("star_0", "tiny_0", "sliver_1", "ring_0", "letters_0")]
    found = [case for case in found if words.only in case.name]
    every = list[tuple[Case, Figures]]()
    for case in found:
        begin = time.process_time()
        try:
            figures = planned(case)
        except QyranError as error:
            spent = time.process_time() - begin
            print(f"{case.name:20} {case.swath_m:4g} m  refused after {spent:.1f} s: {error.sentence}", flush=True)
            continue
        every.append((case, figures))
        mark = "" if figures.seen >= ENOUGH and figures.outside_m == 0 and figures.cpu_s <= 2 else "  <<<"
        print(
            f"{case.name:20} {case.swath_m:4g} m {figures.seen:8.4f} {figures.outside_m:8.3f} m "
            f"{figures.time_s:8.0f} s {figures.sorties:3} sorties {figures.cpu_s:6.2f} s CPU{mark}",
            flush=True,
        )
    print(
        f"{len(every)} of {len(found)} planned; least seen {min(f.seen for _, f in every):.4f}, most outside "
        f"{max(f.outside_m for _, f in every):.3f} m, slowest {max(f.cpu_s for _, f in every):.2f} s CPU, "
        f"altogether {sum(f.time_s for _, f in every) / 3600:.2f} h to fly"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

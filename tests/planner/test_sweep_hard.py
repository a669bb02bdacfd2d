"""Areas that are hard to sweep, planned as a user's would be: seen, never left, in little time, wherever they lie."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, box

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from hard_areas import Case, cases, districts, order, planned

from planner.errors import StoppedError
from planner.geodesy import LocalFrame, span_of
from planner.planning import plan
from planner.quantities import LonLat
from planner.site import Zone, ZoneKind
from planner.sweep import sweep
from planner.zones.near import near_work

FEW = ("comb_9", "scattered_6", "touching_1", "tiny_2", "sliver_12")
"""One of each kind that takes little, with launches inside, outside, on the border, and zones across."""

EVERY = {case.name: case for case in (*cases(), *districts())}


def holds(case: Case) -> None:
    """All that can be reached is seen, by what a vehicle is told, and nothing else is flown over."""
    figures = planned(case)
    assert figures.seen >= 0.995
    assert figures.outside_m == 0.0
    assert figures.plan.covered is not None


def across(case: Case) -> Case:
    """The case on the antimeridian."""
    return replace(case, origin=LonLat(180.0, case.origin.lat))


@pytest.mark.parametrize("name", FEW)
def test_a_hard_area_is_seen_and_never_left(name: str) -> None:
    """A shape that nobody thought of would end in a traceback, a gap, or a drone over a neighbour's land."""
    holds(EVERY[name])


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(EVERY) - set(FEW)))
def test_every_hard_area_is_seen_and_never_left(name: str) -> None:
    """As above, on two hundred more shapes and districts of 100 km²."""
    holds(EVERY[name])


def test_an_area_cut_at_the_antimeridian_is_one_area() -> None:
    """Patrols of Chukotka or Fiji would be refused, or planned around the globe."""
    here, there = EVERY["necked_1"], across(EVERY["necked_1"])
    one, two = planned(here), planned(there)
    assert two.seen >= 0.995
    assert two.outside_m == 0.0
    assert two.time_s == pytest.approx(one.time_s, rel=0.1)
    lon = np.array([waypoint.position.lon for sortie in two.plan.sorties for waypoint in sortie.route.waypoints])
    assert lon.max() > 179.9
    assert lon.min() < -179.9
    assert np.abs(lon).max() <= 180.0


def test_both_sides_of_the_antimeridian_meet_to_the_last_digit() -> None:
    """A gap of a nanometre along 180° would part the area, and the drone would never cross it."""
    frame = LocalFrame.around(shapely.MultiPoint([(179.99, 60.0), (-179.98, 60.0)]))
    assert frame.origin.lon == pytest.approx(-179.995)
    east, west = frame.points_to_local(np.array([[180.0, 60.0], [-180.0, 60.0]]))
    assert east.tolist() == west.tolist()
    assert span_of(shapely.MultiPoint([(179.99, 60.0), (-179.98, 60.0)])) == pytest.approx((179.99, 60, 180.02, 60))


def test_zones_across_the_antimeridian_are_looked_at() -> None:
    """A drone would fly into a closed airspace that begins some hundred metres east of 180°."""
    site = order(across(EVERY["necked_1"]))[0].site
    zones = (
        Zone("near", ZoneKind.AIRSPACE, box(-179.99, 54.9, -179.97, 55.1)),
        Zone("also-near", ZoneKind.AIRSPACE, box(179.97, 54.9, 179.99, 55.1)),
        Zone("far", ZoneKind.AIRSPACE, box(20.0, 54.9, 20.2, 55.1)),
        Zone("wide", ZoneKind.AIRSPACE, box(170.0, 54.99, 180.0, 55.2)),
    )
    lat = site.extent.centroid.y
    moved = tuple(
        replace(z, shape=shapely.transform(z.shape, lambda at: at + np.array([0.0, lat - 55.0]))) for z in zones
    )
    found = near_work(replace(site, zones=moved))
    assert {zone.id for zone in found.zones} == {"near", "also-near", "wide", "beyond-the-surroundings"}
    wall = next(zone.shape for zone in found.zones if zone.id == "beyond-the-surroundings")
    assert isinstance(wall, MultiPolygon)
    west, east = wall.bounds[0], wall.bounds[2]
    assert (west, east) == (-180.0, 180.0)
    assert wall.area < 0.2


def test_laying_lanes_tells_how_far_it_is_and_can_be_stopped() -> None:
    """Ctrl-C over a large district would do nothing for minutes, and a screen would seem to hang."""
    area = box(0, 0, 1500, 1500).difference(box(800, 800, 900, 2600))
    shares: list[float] = []
    sweep(area, swath_m=40, watch=shares.append)
    assert len(shares) > 20
    assert shares == sorted(shares)
    assert shares[-1] > 0.7

    def stop(share: float) -> None:
        if share > 0.3:
            raise StoppedError("Enough.", about="test")

    with pytest.raises(StoppedError, match="Enough"):
        sweep(area, swath_m=40, watch=stop)


def test_a_plan_is_stopped_while_lanes_are_laid() -> None:
    """A person who stops planning would wait for its end."""
    patrol, launch = order(EVERY["streets_8"])
    told: list[str] = []

    def tell(_done: int, _total: int, message: str) -> None:
        told.append(message)

    with pytest.raises(StoppedError):
        plan(patrol, launch=launch, on_progress=tell, should_stop=lambda: told.count("Laying lanes") > 5)
    assert told[-1] == "Laying lanes"

"""What a battery gives on the day, what a maker's figures come to, and what must be left."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from planner.checks import check
from planner.energy import Specs, cold_share, for_the_day, health_after, profile_from_specs
from planner.energy.reserve import reserve_wh
from planner.errors import InputError, SettingError
from planner.geodesy import LocalFrame
from planner.patrol import Limits, Patrol, Sweep
from planner.plan import Severity
from planner.planning import plan
from planner.quantities import Altitude, LonLat
from planner.site import Area, Launch, SafePoint, Site
from planner.vehicles import VehicleProfile

FRAME = LocalFrame(LonLat(76.9452, 43.2381))
SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
SPECS = SHARED / "data/performance/uav_specs.csv"


def order(**changes):
    site = Site(
        (Area("field", FRAME.to_lonlat(shapely.box(0, 0, 300, 200))),),
        (),
        (Launch("post", FRAME.point_to_lonlat((10, -20))),),
        (SafePoint("far", FRAME.point_to_lonlat((10, -1020))), SafePoint("near", FRAME.point_to_lonlat((10, 80)))),
    )
    return Patrol("field", site, Sweep(altitude=Altitude.agl(40)), **changes)


def test_cold_as_published():
    """A winter patrol would be planned with a summer battery."""
    assert cold_share(-18) / cold_share(20) == pytest.approx(0.5 / (1 - 0.5 * 7 / 45)), "half of what 27 °C gives"
    assert cold_share(20) == cold_share(35) == 1.0
    assert cold_share(0) == pytest.approx(0.76, abs=0.01)
    assert cold_share(-20) == pytest.approx(0.52, abs=0.01)
    with pytest.raises(SettingError, match="not known"):
        cold_share(-31)


@given(st.floats(-30, 40), st.floats(0, 600), st.floats(0, 5))
def test_no_day_is_better_than_the_best(celsius, cycles, payload):
    """Cold, age or payload would lengthen a flight; or a second look would take them off twice."""
    profile = VehicleProfile(battery_cycles=cycles, payload_kg=payload)
    then = for_the_day(profile, battery_c=celsius)
    assert then.battery_wh <= profile.battery_wh and then.hover_w >= profile.hover_w
    assert for_the_day(then) == then


def test_age_and_payload_by_hand():
    """The figures would be of another battery, or of an empty hook."""
    assert health_after(200) == pytest.approx(0.8) and health_after(0) == 1.0
    then = for_the_day(
        VehicleProfile(mass_kg=3, battery_wh=99.9, payload_kg=0.3, battery_cycles=100, battery_health=0.9)
    )
    assert then.battery_wh == pytest.approx(99.9 * 0.9 * 0.9)
    assert then.hover_w == pytest.approx(355 * 1.1**1.5)
    assert then.mass_kg == pytest.approx(3.3)


def test_a_cold_battery_takes_more_sorties_or_a_refusal():
    """The temperature would be asked for and not used."""
    warm, cold = order(), order(vehicle=for_the_day(VehicleProfile(), battery_c=-20))
    used = [plan(one).sorties[0].forecast.battery_used for one in (warm, cold)]
    assert used[1] == pytest.approx(used[0] / cold_share(-20), rel=1e-6)


@pytest.mark.skipif(not SPECS.exists(), reason="the shared table of published figures is not here")
def test_every_published_multicopter_with_endurance_and_mass_gives_a_profile_that_lasts_as_long():
    """The profile of a drone that one owns would hover for another time than its maker says."""
    made = 0
    for row in csv.DictReader(SPECS.read_text(encoding="utf-8").splitlines()):
        try:
            specs = Specs.of_row(row)
            estimate = profile_from_specs(specs)
        except InputError as error:
            assert error.about, "an error names the drone"
            continue
        made += 1
        profile = estimate.profile
        best_min = profile.battery_wh / (profile.hover_w / 1.15) * 60
        assert best_min == pytest.approx(specs.endurance_min, rel=0.01)
        assert profile.mass_kg == specs.mass_kg
        assert any("battery" in sentence for sentence in estimate.assumed), "no battery is published in it"
        if specs.top_speed_mps is not None:
            assert profile.top_speed_mps == specs.top_speed_mps
    assert made >= 8


def test_a_published_battery_sets_the_power():
    """Power would be guessed though the maker tells it."""
    known = profile_from_specs(Specs("m", endurance_min=40, mass_kg=4, battery_wh=260, endurance_is_hover=True))
    assert known.profile.hover_w == pytest.approx(260 * 0.9 * 60 / 40, rel=0.01)
    with pytest.raises(SettingError, match="endurance_min is not published"):
        profile_from_specs(Specs("m", mass_kg=4))


def test_the_reserve_is_a_rule():
    """A patrol far from any other landing place would keep as little as one beside it."""
    patrol = order()
    share = reserve_wh(patrol, patrol.site.launches[0])
    assert share == pytest.approx(0.25 * patrol.vehicle.battery_wh)
    waits = replace(patrol, limits=Limits(reserve_minutes=3))
    assert reserve_wh(waits, patrol.site.launches[0]) - share == pytest.approx(355 * 3 / 60)
    onward = replace(patrol, limits=Limits(reserve_reaches_safe_point=True))
    more = reserve_wh(onward, patrol.site.launches[0]) - share
    assert more == pytest.approx(100 / 3600 * 381 + 30 / 3600 * 355, rel=0.25), "1,000 m at 10 m/s, and a landing"


def test_the_plan_keeps_the_reserve_and_the_checks_hold_it():
    """The rule would be told and not kept."""
    wide = order(limits=Limits(reserve_minutes=2, reserve_reaches_safe_point=True, wind_margin_mps=2))
    made = plan(wide)
    kept = reserve_wh(wide, made.sorties[0].launch) / wide.vehicle.battery_wh
    assert all(1 - sortie.forecast.battery_used >= kept - 1e-6 for sortie in made.sorties)
    assert not [found for found in check(made) if found.severity is Severity.BLOCKING]
    stricter = replace(made, patrol=replace(wide, limits=replace(wide.limits, reserve_minutes=28)))
    rules = {found.rule for found in check(stricter) if found.severity is Severity.BLOCKING}
    assert {"battery", "return_energy"} <= rules

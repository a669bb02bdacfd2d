"""Safety checks: one small class a rule; a plan with a blocking finding is not uploaded."""

from __future__ import annotations

from planner.checks.area import AreaInside
from planner.checks.battery import Battery
from planner.checks.camera import CameraInterval, CameraWidth
from planner.checks.ceiling import Ceiling
from planner.checks.clearance import Clearance
from planner.checks.coverage import Coverage
from planner.checks.found import further_rules
from planner.checks.gaze import Gaze
from planner.checks.height import Height
from planner.checks.hours import ZoneHours
from planner.checks.items import Items
from planner.checks.keep_in import KeepIn
from planner.checks.launch import LaunchPlace
from planner.checks.left_out import LeftOut
from planner.checks.no_look import NoLook
from planner.checks.outside_areas import OutsideAreas
from planner.checks.parts import merged, parts_of
from planner.checks.return_energy import ReturnEnergy
from planner.checks.return_way import ReturnWay
from planner.checks.rule import Rule
from planner.checks.safe_points import SafePoints
from planner.checks.scene import Scene
from planner.checks.separation import Separation
from planner.checks.shift_goals import ShiftGoals
from planner.checks.speed import Speed
from planner.checks.wind import Wind
from planner.checks.zone_heights import ZoneHeights
from planner.checks.zones import Zones
from planner.plan import Finding, Plan, Severity

LISTED: tuple[Rule, ...] = (
    KeepIn(),
    Zones(),
    ZoneHours(),
    ZoneHeights(),
    Height(),
    Ceiling(),
    Clearance(),
    LaunchPlace(),
    SafePoints(),
    Battery(),
    ReturnEnergy(),
    ReturnWay(),
    Wind(),
    Speed(),
    Items(),
    CameraInterval(),
    CameraWidth(),
    NoLook(),
    Gaze(),
    AreaInside(),
    LeftOut(),
    OutsideAreas(),
    Coverage(),
)
"""In the order in which findings of one severity are told."""

WHOLE_RULES: tuple[Rule, ...] = (Separation(), ShiftGoals())
"""Rules about all drones together; the others look at the sorties of one launch and altitude at a time."""

RULES: tuple[Rule, ...] = (*LISTED, *further_rules((*LISTED, *WHOLE_RULES)))
"""All: a rule in a file of its own in this folder needs no line here."""

_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)


def check(plan: Plan) -> tuple[Finding, ...]:
    """Look at a plan with every rule; blocking findings first, then warnings, then what holds and by how much."""
    if not plan.sorties:
        return (Finding("sorties", Severity.BLOCKING, "The plan has no sortie.", "Plan again."),)
    scenes = [Scene(part) for part in parts_of(plan)]
    findings = merged([[finding for rule in RULES for finding in rule.look(scene)] for scene in scenes])
    findings += [finding for rule in WHOLE_RULES for finding in rule.look(Scene(plan))]
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


__all__ = ["RULES", "WHOLE_RULES", "Rule", "check"]

"""The numbers beside the map: what is drawn, what it came to, what is wrong with it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import ProgressBar, Static

from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Laned, Sweep
from planner.plan import Finding, Plan, Severity
from planner.site import Site, ZoneKind
from qyran.cli.talk import clock
from qyran.tui.desk import Desk, PlanState
from qyran.tui.editing.corners import rings_of
from qyran.tui.editing.faults import Fault
from qyran.tui.layers import SEVERITY_SIGN

_LOOK = {Severity.INFO: "", Severity.WARNING: "$warning", Severity.BLOCKING: "bold $error"}
_NONE_YET = "no plan yet: p plans"


class Inspector(VerticalScroll, can_focus=False):
    """A column of numbers; a bar while a plan is being made."""

    DEFAULT_CSS = """
    Inspector { width: 40; border: round $primary; background: $surface; padding: 0 1; scrollbar-size-vertical: 1; }
    Inspector Static { width: 1fr; height: auto; }
    Inspector ProgressBar { display: none; width: 1fr; }
    Inspector ProgressBar Bar { width: 1fr; }
    Inspector.-running ProgressBar { display: block; }
    """

    def compose(self) -> ComposeResult:
        """Drawn, planned, found, one below the other."""
        yield Static(id="drawn")
        yield Static(id="planned")
        yield ProgressBar(show_eta=False)
        yield Static(id="findings")

    def on_mount(self) -> None:
        """Name the box."""
        self.border_title = "Inspector"

    def show(self, desk: Desk, faults: tuple[Fault, ...], current: Finding | None) -> None:
        """All numbers of the desk; ``current`` is the finding that the cursor was sent to."""
        self.query_one("#drawn", Static).update(_lines(drawn(desk, faults)))
        self.query_one("#planned", Static).update(_lines(planned(desk)))
        self.query_one("#findings", Static).update(_lines(found(desk.plan, current)))
        self.set_class(desk.plan_state is PlanState.RUNNING, "-running")

    def progress(self, done: int, total: int) -> None:
        """How far the plan is."""
        self.query_one(ProgressBar).update(total=max(total, 1), progress=done)


def drawn(desk: Desk, faults: tuple[Fault, ...]) -> list[Content]:
    """Areas with corners and hectares, zones, launch; faults first where there are any."""
    site = desk.draft.site
    lines = [Content.styled(f"✗ {fault.sentence}{_at(fault)}", "bold $error") for fault in faults]
    if desk.frame is not None:
        lines += _areas(site, desk.frame)
    if not site.areas:
        lines.append(Content("no area drawn: n draws one"))
    if not site.launches:
        lines.append(Content.styled("▲ no launch: t places one", "$warning"))
    return [*lines, *_order(desk.project.settings.to_patrol(site))]


def planned(desk: Desk) -> list[Content]:
    """What the plan came to, sortie by sortie; dim where it is out of date."""
    lines = [_rule("plan")]
    if desk.plan_state is PlanState.RUNNING:
        lines.append(Content("● planning … escape stops it"))
    if desk.plan_error:
        lines.append(Content.styled(f"✗ {desk.plan_error}", "bold $error"))
    if desk.plan is None:
        return lines if len(lines) > 1 else [*lines, Content(_NONE_YET)]
    fresh = desk.plan_state is PlanState.FRESH
    numbers = _numbers(desk.plan, fresh=fresh)
    if fresh:
        return lines + numbers
    return [*lines, Content.styled("~ of an earlier drawing:", "dim"), *(line.stylize("dim") for line in numbers)]


def found(plan: Plan | None, current: Finding | None) -> list[Content]:
    """The plan's findings, worst first."""
    if plan is None:
        return []
    if not plan.findings:
        return [_rule("findings"), Content("✓ none")]
    lines = [_rule(f"findings {len(plan.findings)}")]
    for finding in worst_first(plan.findings):
        if finding.severity is Severity.INFO and finding is not current:
            continue
        here = "▸" if finding is current else " "
        sortie = f" (sortie {finding.sortie})" if finding.sortie is not None else ""
        text = f"{here}{SEVERITY_SIGN[finding.severity]} {finding.sentence}{sortie}"
        lines.append(Content.styled(text, _LOOK[finding.severity]))
        if finding is current and finding.mend:
            lines.append(Content.styled(f"   mend: {finding.mend}", "dim"))
    informing = sum(finding.severity is Severity.INFO for finding in plan.findings)
    if informing:
        lines.append(Content.styled(f" ✓ {informing} that only inform: f shows them", "dim"))
    return lines


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """Blocking ones, then warnings, then the rest, each in their order."""
    order = [Severity.BLOCKING, Severity.WARNING, Severity.INFO]
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def _areas(site: Site, frame: LocalFrame) -> list[Content]:
    lines = []
    for area in site.areas:
        corners = sum(len(ring) for rings in rings_of(area.shape) for ring in rings)
        hectares = frame.to_local(area.shape).area / 10_000
        size = f"{hectares:.2f} ha" if area.shape.is_valid else "~ ha"
        lines.append(Content.assemble(("area ", "dim"), (area.label, "bold")))
        lines.append(Content(f"  {corners} corners  {size}"))
    for zone in site.zones:
        corners = sum(len(ring) for rings in rings_of(zone.shape) for ring in rings)
        lines.append(Content.assemble((f"{zone.kind.value} ", "dim"), (_short(zone.label, 18), ""), f" {corners} c."))
    lines += [
        Content.assemble(("launch ", "dim"), launch.name or launch.id, f"\n  {launch.position}")
        for launch in site.launches
    ]
    return lines


def _order(patrol: Patrol) -> list[Content]:
    pattern, limits = patrol.pattern, patrol.limits
    heading = ""
    if isinstance(pattern, Sweep):
        heading = " best" if pattern.heading_deg is None else f" {pattern.heading_deg:03.0f}°"
    border_m = limits.margin_inside_m(drawn=bool(patrol.site.of_kind(ZoneKind.KEEP_IN)))
    beside = f"/{pattern.side_overlap * 100:.0f}" if isinstance(pattern, Laned) else ""
    overlap = f"overlap {pattern.front_overlap * 100:.0f}{beside} %"
    spacing = f"spacing {patrol.swath_m:.1f} m  " if isinstance(pattern, Laned) else ""
    return [
        Content(f"{pattern.word}{heading}  alt {pattern.altitude}"),
        Content(f"{spacing}{overlap}"),
        Content(f"speed {pattern.speed_mps:g} m/s  reserve {limits.battery_reserve * 100:.0f} %"),
        Content(f"margins border {border_m:g} m  zone {limits.zone_margin_m:g} m"),
    ]


def _numbers(plan: Plan, *, fresh: bool) -> list[Content]:
    distance = sum(sortie.forecast.distance_m for sortie in plan.sorties)
    sorties = f"{len(plan.sorties)} {'sortie' if len(plan.sorties) == 1 else 'sorties'}"
    sign, look = ("✗ blocked ", "bold $error") if plan.is_blocked else ("✓ ", "bold")
    if not fresh:
        sign, look = "~ ", ""
    outside = f"outside {plan.outside_m:.1f} m"
    lines = [
        Content.styled(f"{sign}{distance / 1000:.2f} km · {clock(plan.duration_s)} · {sorties}", look),
        Content.assemble(
            "" if plan.covered is None else f"covered {plan.covered * 100:.2f} %  ",
            (outside, "bold $error" if plan.outside_m > 0.05 else ""),
        ),
    ]
    for sortie in plan.sorties:
        ahead = sortie.forecast
        numbers = (
            f"{ahead.distance_m / 1000:.2f} km {clock(ahead.duration_s)}  battery {ahead.battery_used * 100:.0f} %"
        )
        lines.append(Content(f"  {sortie.number}  {numbers}"))
    return lines


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _at(fault: Fault) -> str:
    return f" at {fault.place.lat:.6f}, {fault.place.lon:.6f}" if fault.place else ""


def _rule(title: str) -> Content:
    return Content.styled(f"── {title} " + "─" * (32 - len(title)), "dim")


def _lines(lines: list[Content]) -> Content:
    return Content("\n").join(lines)

"""Options of the team and of shifts, and what they come to in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import click
from rich.table import Table

from planner.errors import SettingError
from planner.patrol import Patrol
from planner.plan import Plan
from planner.quantities import LonLat
from planner.shifts import LapsReport, RelayReport, VisitReport
from planner.site import Launch
from planner.team import Crew, Team, spread
from qyran.cli.talk import put_table, say
from qyran.cli.words import PLACE
from qyran.team import TeamSettings, drawn_launch
from qyran.work import Work

MOST_ROWS = 40
"""Places and changes beyond these are in the JSON."""

_DURATION = re.compile(r"\s*(?P<number>\d+(\.\d+)?)\s*(?P<unit>s|min|h)?\s*", re.ASCII)
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, None: 1.0}


@dataclass(frozen=True, slots=True)
class LaunchWord:
    """A launch as a person names it: a place or the id of a drawn one, and how many drones start there."""

    place: LonLat | None
    id: str
    drones: int | None


class LaunchType(click.ParamType[LaunchWord]):
    """LAT,LON or the id of a drawn launch, with =N for N drones."""

    name = "LAUNCH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> LaunchWord:
        """Read it, or fail in words."""
        if isinstance(value, LaunchWord):
            return value
        name, equals, count = str(value).rpartition("=") if "=" in str(value) else (str(value), "", "")
        if equals and not re.fullmatch(r"[1-9][0-9]{0,2}", count.strip(), re.ASCII):
            self.fail(f'"{count}" is not a number of drones. Write for example 43.2381,76.9452=2.', param, ctx)
        drones = int(count) if equals else None
        if "," in name:
            return LaunchWord(PLACE.convert(name, param, ctx), "", drones)
        return LaunchWord(None, name.strip(), drones)


class DurationType(click.ParamType[float]):
    """Seconds, or a number with s, min or h."""

    name = "DURATION"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or fail in words."""
        match = _DURATION.fullmatch(str(value))
        if match is None or float(match["number"]) <= 0:
            self.fail(f'"{value}" is not a duration. Write seconds, or for example 90min or 8h.', param, ctx)
        return float(match["number"]) * _SECONDS[match["unit"]]


LAUNCH_HELP = """Where drones start and come home: LAT,LON or the id of a drawn launch, with =N for N drones there. May
be given several times."""

TEAM_OPTIONS: tuple[Callable[..., Callable[..., None]], ...] = (
    click.option("--drones", type=click.IntRange(1, 100), help="How many drones; one where nothing says otherwise."),
    click.option("--launch", type=LaunchType(), multiple=True, help=LAUNCH_HELP),
    click.option("--shift", type=DurationType(), help="How long laps or a relay go on: seconds, 90min, 8h."),
    click.option("--rhythm", type=click.Choice(["fixed", "unpredictable"]), help="Of laps."),
    click.option("--longest-gap", type=DurationType(), help="Of laps: the longest a place may be without a visit."),
    click.option(
        "--set",
        "settings",
        metavar="TABLE.KEY=VALUE",
        multiple=True,
        help="Any setting of patrol.toml, for this run: relay.batteries=4. May be given several times.",
    ),
)


def with_team(work: Work, patrol: Patrol, drones: int | None, launches: Sequence[LaunchWord]) -> Work:
    """The work with that order, that many drones, and those launches; raises ``SettingError``."""
    site = patrol.site
    named = [
        drawn_launch(word.id, site)
        if word.place is None
        else Launch("launch" if len(launches) == 1 else f"launch-{number}", word.place, "given on the command line")
        for number, word in enumerate(launches, 1)
    ]
    if named:
        drawn = tuple(launch for launch in site.launches if launch in named)
        others = tuple(launch for launch in named if launch not in drawn)
        site = replace(site, launches=(*drawn, *others))
    counts = [word.drones for word in launches]
    team = patrol.team
    if any(counts) or len(named) > 1:
        if not any(counts) and drones is not None:
            crews = spread(drones, tuple(named))
        else:
            crews = tuple(Crew(launch, count or 1) for launch, count in zip(named, counts, strict=True))
        team = replace(team, drones=drones, crews=crews)
    elif named:
        fallen = None if not team.crews else sum(crew.drones for crew in team.crews)
        team = replace(team, drones=drones or team.drones or fallen, crews=())
    elif drones is not None:
        team = _counted(work, patrol, drones)
    launch = named[0] if named else (team.crews[0].launch if team.crews else work.launch)
    return replace(work, patrol=replace(patrol, site=site, team=team), launch=launch)


def _counted(work: Work, patrol: Patrol, drones: int) -> Team:
    settings: TeamSettings = replace(work.settings.team, drones=drones, launches={})
    return settings.to_team(patrol.site, work.settings.patrol.launch)


def refuse_launch_word(words: Sequence[LaunchWord]) -> None:
    """Raise ``SettingError`` where one launch is named twice."""
    names = [word.id or str(word.place) for word in words]
    if len(set(names)) < len(names):
        raise SettingError("A launch is given twice.", mend="Write =N behind it for several drones.")


def tell_team(made: Plan) -> None:
    """What several drones, or a shift, come to; nothing for one drone that sweeps once."""
    if len(made.drones) > 1:
        waits = max(min(one.starts_s for one in made.sorties if one.drone == drone) for drone in made.drones)
        higher = sorted({sortie.raised_m for sortie in made.sorties} - {0.0})
        layers = f" · altitude layers +{', +'.join(f'{metres:g}' for metres in higher)} m" if higher else ""
        say(
            f"{len(made.drones)} drones · all back after {hours(made.ends_s)} · the longest flies "
            f"{made.imbalance:.1%} more than the mean · the last takes off after {hours(waits)}{layers}"
        )
    match made.shift:
        case LapsReport() as laps:
            _tell_laps(laps)
        case RelayReport() as relay:
            _tell_relay(relay)
        case VisitReport() as visits:
            count = visits.visited + len(visits.left)
            say(f"{visits.visited} of {count} places visited, worth {visits.prize:g} of {visits.prize_of_all:g}")


def _tell_laps(laps: LapsReport) -> None:
    bits = "unknown" if laps.entropy_bits is None else f"{laps.entropy_bits:.1f} bits"
    mean = "unknown" if laps.mean_gap_s is None else hours(laps.mean_gap_s)
    table = Table(title=f"{laps.rhythm.value} laps, one round {hours(laps.round_s)}")
    for heading in ("place", "visits", "mean gap", "worst gap", "entropy"):
        table.add_column(heading, justify="left" if heading == "place" else "right")
    for one in laps.places[:MOST_ROWS]:
        gaps = one.gaps
        table.add_row(
            one.place,
            str(gaps.visits),
            "unknown" if gaps.mean_gap_s is None else hours(gaps.mean_gap_s),
            hours(gaps.worst_gap_s),
            "unknown" if gaps.entropy_bits is None else f"{gaps.entropy_bits:.1f} bits",
        )
    put_table(table)
    _tell_rest(len(laps.places))
    say(f"mean gap {mean} · worst gap {hours(laps.worst_gap_s)} of {hours(laps.bound_s)} allowed · return times {bits}")


def _tell_relay(relay: RelayReport) -> None:
    table = Table(title=f"relay at {', '.join(relay.posts)}: {len(relay.handovers)} changes")
    for heading in ("change", "at", "gap"):
        table.add_column(heading, justify="left" if heading == "change" else "right")
    for one in relay.handovers[:MOST_ROWS]:
        table.add_row(one.place, hours(one.at_s), f"{one.gap_s:.0f} s" if one.gap_s else "none")
    put_table(table)
    _tell_rest(len(relay.handovers))
    needed = (
        "no number of drones and batteries closes the gaps"
        if relay.drones_needed is None or relay.batteries_needed is None
        else f"it takes {relay.drones_needed} drones and {relay.batteries_needed} batteries"
    )
    say(
        f"drones: {relay.drones}, batteries: {relay.batteries}; {needed} · longest gap {relay.worst_gap_s:.0f} s, "
        f"goal {relay.gap_goal_s:g} s" + (f", {relay.missing_s:.0f} s missing" if relay.missing_s > 0 else "")
    )


def _tell_rest(count: int) -> None:
    if count > MOST_ROWS:
        say(f"{count - MOST_ROWS} more with --json")


def hours(seconds: float) -> str:
    """A duration as 1:02:03, or 2:03 below an hour."""
    whole = round(seconds)
    rest = f"{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 3600}:{rest}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02d}"

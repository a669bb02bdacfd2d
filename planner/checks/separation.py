"""Drones of one patrol stay apart, in space or in time."""

from __future__ import annotations

from collections.abc import Iterator

from planner.checks.scene import Scene, holds
from planner.fleet import nearest_approach_m
from planner.plan import Finding, Severity
from planner.teamwork.apart import conflicts_of, timed

MOST_TOLD = 5
LOOKED_M = 200.0
"""Drones farther from each other than this are told as that far."""


class Separation:
    """Blocking where two drones are too near to each other, across and in height, by the times of the plan."""

    name = "separation"

    def look(self, scene: Scene) -> Iterator[Finding]:
        """All pairs of sorties of different drones, in four dimensions; silent for one drone."""
        plan, team, ground = scene.plan, scene.patrol.team, scene.patrol.ground
        if len(plan.drones) < 2:
            return
        found = conflicts_of(plan.sorties, team, scene.frame, ground)
        for one in found[:MOST_TOLD]:
            first, second = plan.sorties[one.first], plan.sorties[one.second]
            more = f" ({len(found)} such places in all)" if len(found) > 1 else ""
            yield Finding(
                self.name,
                Severity.BLOCKING,
                f"Drone {first.drone} (sortie {first.number}) and drone {second.drone} (sortie {second.number}) come "
                f"within {one.across_m:.0f} m across and {one.in_height_m:.0f} m in height of each other "
                f"{one.closest_s:.0f} s after the start{more}.",
                "Allow more layers or a longer wait in [team], launch elsewhere, or take fewer drones.",
                max(one.across_m - team.across_m, one.in_height_m - team.in_height_m),
                "m",
                scene.frame.point_to_lonlat(one.place[:2]),
                second.number,
            )
        if found:
            return
        paths = [timed(sortie, scene.frame, ground) for sortie in plan.sorties]
        near_m = nearest_approach_m(paths, [sortie.drone for sortie in plan.sorties], LOOKED_M)
        word = f"more than {LOOKED_M:.0f} m" if near_m is None else f"{near_m:.0f} m"
        yield holds(
            self.name,
            f"{len(plan.drones)} drones stay {team.across_m:g} m apart across or {team.in_height_m:g} m in height, if "
            f"each starts at its time; the nearest that two come to each other is {word}.",
            None if near_m is None else near_m - min(team.across_m, team.in_height_m),
            "m" if near_m is not None else "",
        )

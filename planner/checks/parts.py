"""A plan of several launches and altitudes as plans of one each: most rules look at what is around one drone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from planner.plan import Finding, Plan, Severity
from planner.teamwork.job import raised


def parts_of(plan: Plan) -> tuple[Plan, ...]:
    """The plan's sorties by launch and altitude, each under a patrol at that altitude; itself where all are alike."""
    kinds = list(dict.fromkeys((sortie.launch, sortie.raised_m) for sortie in plan.sorties))
    if len(kinds) == 1 and not kinds[0][1]:
        return (plan,)
    return tuple(
        replace(
            plan,
            patrol=raised(plan.patrol, metres),
            sorties=tuple(s for s in plan.sorties if (s.launch, s.raised_m) == (launch, metres)),
        )
        for launch, metres in kinds
    )


def merged(parts: Sequence[Iterable[Finding]]) -> list[Finding]:
    """The findings of all parts, each told once; of a rule that holds in several, the part with the least room."""
    found: list[Finding] = []
    for part in parts:
        earlier = len(found)
        for one in part:
            if earlier and one in found:
                continue
            twin = next((k for k in range(earlier) if _holds_too(one, found[k])), None)
            if twin is None:
                found.append(one)
            elif one.margin is not None and one.margin < (found[twin].margin or 0.0):
                found[twin] = one
    return found


def _holds_too(one: Finding, other: Finding) -> bool:
    """Whether both tell that a rule holds, with a margin in the same unit or without one."""
    info = one.severity is other.severity is Severity.INFO
    return info and (one.rule, one.unit, one.margin is None) == (other.rule, other.unit, other.margin is None)

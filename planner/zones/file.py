"""What a file of zones held, and what a person should know of how it was read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from planner.site import Zone

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ZoneFile:
    """The zones of one file, with ids that differ, and notes: sentences on what was left out or taken as worse."""

    zones: tuple[Zone, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A zone as its reader found it (None: it bars nobody), with the sentences that belong to it."""

    zone: Zone | None
    notes: tuple[str, ...] = ()


def zone_file(found: Iterable[Found], notes: Iterable[str] = ()) -> ZoneFile:
    """Zones in their order, each with an id of its own: one that stands twice gets a number."""
    found = tuple(found)
    said = [*notes, *(note for one in found for note in one.notes)]
    return ZoneFile(with_own_ids(one.zone for one in found if one.zone is not None), tuple(dict.fromkeys(said)))


def with_own_ids(zones: Iterable[Zone], taken: Iterable[str] = ()) -> tuple[Zone, ...]:
    """The same zones; an id that stands before (or in ``taken``) gets the first free number behind it."""
    used = set(taken)
    last: dict[str, int] = {}
    fresh = []
    for zone in zones:
        name = zone.id
        while name in used:
            last[zone.id] = last.get(zone.id, 1) + 1
            name = f"{zone.id}-{last[zone.id]}"
        used.add(name)
        fresh.append(zone if name == zone.id else replace(zone, id=name))
    return tuple(fresh)


def tidy(text: object) -> str:
    """A name as a screen may show it: one line, no control characters, at most ``LONGEST_NAME`` characters."""
    if not isinstance(text, str | int | float) or isinstance(text, bool):
        return ""
    clean = "".join(character if character.isprintable() else " " for character in str(text)[: 4 * LONGEST_NAME])
    return re.sub(r"\s+", " ", clean).strip()[:LONGEST_NAME]

"""A mission on the command line: a file, or the vehicle at an address."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from missions.contents import Contents, read_contents
from missions.doubts import doubts
from planner.errors import SettingError
from qyran.cli.talk import progress
from qyran.flying import Order


@dataclass(frozen=True, slots=True)
class Side:
    """What stands behind a word: where it came from, what it holds, what is strange about it."""

    source: str
    contents: Contents
    is_vehicle: bool = False

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences for the person, each with the source."""
        mission = self.contents.mission
        strange = () if mission is None else (f"{self.source}: {sentence}" for sentence in doubts(mission))
        return (*self.contents.notes, *strange)


def strange_about(order: Order) -> tuple[str, ...]:
    """What a person should know of a mission before it is loaded: what lies far away, and that it may not fit."""
    count, most = len(order.mission.items), order.profile.mission_items
    if count <= most:
        return doubts(order.mission)
    long = f"It has {count} items, and the vehicle may hold no more than {most}: qyran convert --most {most} cuts it."
    return (*doubts(order.mission), long)


def read_side(word: str, vehicle_id: int | None = None) -> Side:
    """The mission in a file, or in the vehicle at an address (nothing is changed there).

    A word is an address where no file has that name and it reads as one; ``vehicle_id`` says which of several vehicles
    there is meant. Raises ``InputError``, ``LinkError``,
    ``VehicleError``.
    """
    if not _is_file(word) and (address := _address(word)) is not None:
        from telemetry import Vehicle, download  # noqa: PLC0415

        with (
            Vehicle.connect(address, system_id=vehicle_id) as vehicle,
            progress(f"reading vehicle {vehicle.system_id}") as step,
        ):
            mission = download(vehicle, on_progress=step)
        return Side(word, Contents(mission), is_vehicle=True)
    return Side(word, read_contents(word))


def _is_file(word: str) -> bool:
    """Whether something has that name, a serial line excepted."""
    try:
        return not stat.S_ISCHR(Path(word).stat().st_mode)
    except (OSError, ValueError):
        return False


def _address(word: str) -> str | None:
    from telemetry import Address  # noqa: PLC0415

    if Path(word).suffix and ":" not in word:
        return None
    try:
        Address.parse(word)
    except SettingError:
        if word.partition(":")[0].lower() in ("udp", "udpin", "udpout", "tcp", "serial"):
            raise
        return None
    return word

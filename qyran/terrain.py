"""What ``[terrain]`` in ``patrol.toml`` and the command line say of the ground."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from planner.errors import SettingError
from planner.terrain import Ground, Terrain, read_obstacles
from planner.terrain.files import tile_files

MEND = "Name terrain files or a folder of them, or say flat = true."


@dataclass(frozen=True, slots=True)
class GroundFiles:
    """Where the ground is read from; ``flat`` asks for flat ground whatever files are named."""

    files: tuple[Path, ...] = ()
    obstacles: Path | None = None
    flat: bool = False


def open_ground(places: GroundFiles, room: Ground) -> Ground | None:
    """The ground in files, with the distances of ``room``; None where nothing is said of it.

    Files that did not change since are not read again. Raises ``InputError``, ``SettingError``.
    """
    if not places.files and not places.flat:
        if places.obstacles is not None:
            raise SettingError("Obstacles stand on ground, and none is given.", about="terrain", mend=MEND)
        return None
    terrain = None if places.flat else _terrain(_stamped(tile_files(places.files)))
    obstacles = () if places.obstacles is None else read_obstacles(places.obstacles)
    distances = {item.name: getattr(room, item.name) for item in fields(Ground) if item.name.endswith("_m")}
    return Ground(terrain, obstacles, **distances)


def _stamped(files: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    return tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


@lru_cache(maxsize=4)
def _terrain(stamped: tuple[tuple[Path, int, int], ...]) -> Terrain:
    return Terrain.open(file for file, _, _ in stamped)

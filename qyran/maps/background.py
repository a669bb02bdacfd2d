"""What lies behind a map: nothing, tiles from a server, or tiles in a folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from planner.errors import SettingError

TILE_ADDRESS = re.compile(r"https?://[\w.{}-]+(:\d+)?/([^\s\"'<>{}`]|\{\w+\})*")
TILE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, slots=True)
class Background:
    """Tiles behind a map. Neither ``url`` nor ``folder``: a plain sheet with a grid.

    ``url`` is a template with ``{z}``, ``{x}`` and ``{y}`` (Web Mercator, XYZ order), asked for over the network when
    the map is opened. ``folder`` holds ``z/x/y.png`` (or .jpg, .webp) in the same order; the map needs it at the same
    place relative to its own file. ``credit`` is shown in the corner.
    """

    url: str | None = None
    folder: Path | None = None
    credit: str = ""

    def __post_init__(self) -> None:
        if self.url is not None and self.folder is not None:
            raise SettingError("A map has one background: a tile address or a tile folder, not both.")
        if self.url is not None:
            missing = [key for key in ("{z}", "{x}", "{y}") if key not in self.url]
            if missing or not TILE_ADDRESS.fullmatch(self.url):
                raise SettingError(
                    "A tile address begins with https:// and has {z}, {x} and {y} in it.",
                    about=self.url,
                    mend="For example: https://tiles.example.org/{z}/{x}/{y}.png",
                )


NO_BACKGROUND = Background()


@dataclass(frozen=True, slots=True)
class Tiles:
    """What Leaflet is told: the address, the zoom levels there are, and what the page may load it from."""

    address: str
    nearest_zoom: int
    farthest_zoom: int
    source: str


def find_tiles(background: Background, page: Path) -> Tiles | None:
    """The tiles of a background as the page at ``page`` will ask for them; None where there is no background.

    Raises ``SettingError`` where the folder is missing or holds no tiles.
    """
    if background.url is not None:
        scheme, _, rest = background.url.partition("://")
        return Tiles(background.url, 19, 0, f"{scheme}://{rest.split('/', 1)[0].replace('{s}', '*')}")
    if background.folder is None:
        return None
    levels = _levels(background.folder)
    suffix = _suffix(background.folder, levels)
    return Tiles(f"{_seen_from(page, background.folder)}/{{z}}/{{x}}/{{y}}{suffix}", levels[-1], levels[0], "file:")


def _levels(folder: Path) -> list[int]:
    if not folder.is_dir():
        raise SettingError("There is no such tile folder.", about=str(folder))
    levels = sorted(int(level.name) for level in folder.iterdir() if level.is_dir() and level.name.isdigit())
    if not levels:
        raise SettingError(
            "This folder holds no tiles.", about=str(folder), mend="It needs z/x/y.png: one folder a zoom level."
        )
    return levels


def _suffix(folder: Path, levels: list[int]) -> str:
    for level in levels:
        for tile in (folder / str(level)).glob("*/*"):
            if tile.suffix in TILE_SUFFIXES:
                return tile.suffix
    raise SettingError(
        "This folder holds no tiles.", about=str(folder), mend=f"Tiles end in {', '.join(TILE_SUFFIXES)}."
    )


def _seen_from(page: Path, folder: Path) -> str:
    try:
        return quote(Path(os.path.relpath(folder.resolve(), page.resolve().parent)).as_posix())
    except ValueError:  # Windows: another drive
        return folder.resolve().as_uri()

"""A patrol project: a folder that people can read and keep under git.

``patrol.toml`` (who, why, what, how, limits), ``areas.geojson`` (areas, zones, launch and safe points), ``missions/``
(compiled), ``flights/`` (what was flown).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError

from missions.atomic import write_atomically
from planner.errors import FileFormatError, InputError
from planner.geojson import read_site, site_to_geojson
from planner.patrol import Patrol
from planner.site import Launch, Site, Zone
from planner.zones import read_zone_files, with_zones, without_cleared
from qyran.settings import Settings, settings_from
from qyran.terrain import open_ground

SETTINGS_FILE = "patrol.toml"
AREAS_FILE = "areas.geojson"
LARGEST_SETTINGS_BYTES = 1_000_000

TEMPLATE = """\
# A Qyran patrol. Everything left out has the default that `qyran plan --help` tells.

[patrol]
name = {name}
purpose = ""          # what it is flown for
authority = ""        # on whose order
# starts = 2026-05-01T06:00:00Z # when it is flown, so that zones that rest then do not bar it
# ends = 2026-05-01T10:00:00Z

# pattern = "sweep"   # or corridor, perimeter, orbit, watch, search, waypoints, laps, relay, visit: each has a table

# [team]              # one drone from patrol.launch where left out
# drones = 2
# launches = {{ post = 2, east = 1 }} # drawn launches, and how many drones start at each
# layers = 3          # altitudes that may be used to keep drones apart

[sweep]
altitude = "60 m AGL" # AGL above ground, HOME above the place of take-off
speed_mps = 10.0
side_overlap = 0.2    # of neighbouring lanes' pictures
front_overlap = 0.6   # of pictures along a lane
# swath_m = 40.0      # distance between lanes, where the camera should not decide
# heading_deg = 45.0  # direction of the lanes, where Qyran should not choose
# cross = true        # a second sweep at right angles

# [corridor]          # along lines of kind "corridor"
# width_m = 40.0      # where the line has no width_m of its own
# passes = 2          # side by side; as many as the width needs where left out
# side = "both"       # or "left", "right" of the line as it is drawn

# [perimeter]         # around outlines of kind "perimeter", or the areas'
# distance_m = 10.0
# side = "outside"    # or "inside"
# direction = "clockwise" # or "counterclockwise", "both"
# rounds = 1

# [orbit]             # around points of kind "point", the camera on them
# radius_m = 60.0
# turns = 3
# direction = "clockwise"

# [watch]             # staying by points, the camera on them
# dwell_s = 780.0     # 10 to 16 minutes keep a place quiet longest
# distance_m = 60.0   # as far as high where left out
# bearing_deg = 180.0 # on which side of the point; where the drone comes from where left out

# [search]            # as in IAMSAR; swath_m is the track spacing
# form = "expanding_square" # or "sector" (both from a point), "parallel_track", "creeping_line" (through areas)
# radius_m = 200.0
# rounds = 1          # of a sector search

# [laps]              # round and round all points (else along the outlines), for a shift
# shift_s = 3600.0    # from starts to ends where left out
# rhythm = "fixed"    # or "unpredictable"
# longest_gap_s = 900.0 # that a place may be without a visit
# stay_s = 0.0        # at each place

# [relay]             # a point (else the areas) watched without a break, by drones that take turns
# shift_s = 3600.0
# gap_goal_s = 8.0    # at each change
# batteries = 4       # at each launch; as many as it takes where left out

# [visit]             # points for their prize, stay_s and window_s, where there is not time for all
# sorties = 1         # of each drone
# stay_s = 10.0       # at points that do not say

[limits]
highest = "120 m AGL"
battery_reserve = 0.25
# border_margin_m = 3.0 # how far the route stays inside the keep-in border: 3 m where one is drawn, else none
zone_margin_m = 5.0   # how far the route stays outside keep-out zones
wind_mps = 0.0        # forecast wind the plan has to hold in

# [terrain]           # the ground; without it, it is taken as flat
# folder = "terrain"  # .hgt (SRTM) and GeoTIFF files; or files = ["N43E076.hgt"]
# clearance_m = 20.0  # never nearer to the ground than this
# obstacles = "obstacles.geojson" # buildings, masts, wires, each with its height in metres

# [zones]             # airspace and other zones from files, and what the patrol is cleared for
# files = ["airspace.txt"]
# cleared = ["G"]

# [vehicle]           # where your drone differs from ArduCopter's defaults, for instance:
# battery_wh = 200.0
# hover_w = 355.0
# swap_s = 120.0      # on the ground between two sorties
# charge_s = 3600.0   # for an empty battery

# [link]
# address = "udp:127.0.0.1:14550"
"""


@dataclass(frozen=True, slots=True)
class Project:
    """An opened project; reading it again sees what changed on disk."""

    folder: Path
    settings: Settings
    site: Site
    zones: tuple[Zone, ...] = ()
    """Zones from the files that ``[zones]`` names; they are no part of ``areas.geojson``."""
    notes: tuple[str, ...] = ()
    """What a person should know of how they were read."""

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Read both files and the zones they name; raises ``InputError`` (or a child of it) with file and place."""
        if not folder.is_dir():
            raise InputError("There is no such folder.", about=str(folder), mend="Make one with: qyran new FOLDER.")
        settings = read_settings(folder / SETTINGS_FILE)
        site = read_site(folder / AREAS_FILE, needs_area=False)
        found = read_zone_files(folder / name for name in settings.zones.files)
        zones, cleared = without_cleared(found.zones, settings.zones.cleared)
        return cls(folder, settings, site, zones, (*found.notes, *cleared))

    @classmethod
    def create(cls, folder: Path, *, name: str, site: Site) -> Project:
        """Make a new project; raises ``InputError`` where one stands already, and then changes nothing."""
        for file in (SETTINGS_FILE, AREAS_FILE):
            if (folder / file).exists():
                raise InputError(f"{file} is there already.", about=str(folder), mend="Choose another folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The folder cannot be made: {error.strerror}.", about=str(folder)) from error
        write_atomically(folder / AREAS_FILE, geojson_text(site))
        write_atomically(folder / SETTINGS_FILE, TEMPLATE.format(name=json.dumps(name, ensure_ascii=False)))
        return cls.open(folder)

    @property
    def name(self) -> str:
        """The patrol's name."""
        return self.settings.patrol.name

    @property
    def patrol(self) -> Patrol:
        """The order; raises ``SettingError`` where limits and pattern cannot be, ``InputError`` for terrain files."""
        terrain = self.settings.terrain
        ground = open_ground(terrain.places(self.folder), terrain.room())
        return replace(self.settings.to_patrol(with_zones(self.site, self.zones)), ground=ground)

    @property
    def launch(self) -> Launch | None:
        """The launch that ``patrol.launch`` names, else the first; None where nothing is drawn."""
        wanted = self.settings.patrol.launch
        if wanted is None:
            return self.site.launches[0] if self.site.launches else None
        for launch in self.site.launches:
            if launch.id == wanted:
                return launch
        known = ", ".join(launch.id for launch in self.site.launches) or "none"
        raise InputError(
            f'There is no launch "{wanted}". Drawn: {known}.', about=f"{self.folder / SETTINGS_FILE}: patrol.launch"
        )

    @property
    def missions(self) -> Path:
        """Where compiled missions go."""
        return self.folder / "missions"

    @property
    def flights(self) -> Path:
        """Where flown sorties are kept."""
        return self.folder / "flights"

    def save_site(self, site: Site) -> Project:
        """Write the areas, whole or not at all, and hand back the project as it now stands."""
        write_atomically(self.folder / AREAS_FILE, geojson_text(site))
        return replace(self, site=site)


def geojson_text(site: Site) -> str:
    """A site as the GeoJSON text that a person can read, one feature after the other."""
    return json.dumps(site_to_geojson(site), ensure_ascii=False, indent=1) + "\n"


def is_project(path: Path) -> bool:
    """Whether a path is a patrol project's folder."""
    return path.is_dir() and (path / SETTINGS_FILE).exists()


def read_settings(path: Path) -> Settings:
    """Read ``patrol.toml``; raises ``FileFormatError`` or ``SettingError`` with line or key."""
    try:
        if path.stat().st_size > LARGEST_SETTINGS_BYTES:
            raise FileFormatError("The file is too large for a patrol's settings.", about=str(path))
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"There is no {SETTINGS_FILE} in it.", about=str(path.parent), mend="Make a project with: qyran new FOLDER."
        ) from None
    except UnicodeDecodeError as error:
        raise FileFormatError(f"Not UTF-8 text at byte {error.start}.", about=str(path)) from None
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", about=str(path)) from error
    try:
        tables = tomlkit.parse(text).unwrap()
    except ParseError as error:
        sentence = str(error).split(" at line ")[0].rstrip(".")
        raise FileFormatError(
            f"Not TOML: {sentence}.", about=f"{path}: line {error.line}, column {error.col}"
        ) from None
    except (TOMLKitError, RecursionError) as error:
        raise FileFormatError(f"Not TOML: {str(error).rstrip('.')}.", about=str(path)) from None
    return settings_from(tables, str(path))

"""What stands in ``patrol.toml``: one validator for the words of a person, turned into the planner's own values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from planner.cameras import WIDE_4_3, Camera
from planner.energy import for_the_day
from planner.errors import SettingError
from planner.patrol import Limits, Patrol
from planner.patterns import (
    PATTERNS,
    Corridor,
    Laps,
    Orbit,
    Pattern,
    Perimeter,
    Relay,
    Search,
    Sweep,
    Visit,
    Watch,
    Waypoints,
)
from planner.quantities import Altitude
from planner.site import Site
from planner.terrain import Ground
from planner.vehicles import VehicleProfile
from qyran.team import TeamSettings
from qyran.terrain import GroundFiles

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Order:
    """``[patrol]``: who ordered it, for what, from which launch, by which pattern."""

    name: Annotated[str, Field(min_length=1, max_length=120)] = "patrol"
    purpose: str = ""
    authority: str = ""
    launch: str | None = None
    pattern: Literal[
        "sweep", "corridor", "perimeter", "orbit", "watch", "search", "waypoints", "laps", "relay", "visit"
    ] = "sweep"
    seed: int = 0
    starts: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """``[link]``: where the vehicle is found, as a MAVLink address."""

    address: str | None = None


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """``[zones]``: files of zones, beside the project or by their whole path; what the patrol is cleared for.

    ``cleared``: ids or categories (classes, types) of zones that it may enter.
    """

    files: Words = ()
    cleared: Words = ()


@dataclass(frozen=True, slots=True)
class TerrainSettings:
    """``[terrain]``: files or a folder of terrain, obstacles, and how far from both; beside the project or whole paths.

    ``flat`` asks for flat ground whatever files are named. The distances are those of ``planner.terrain.Ground``.
    """

    files: Words = ()
    folder: str | None = None
    obstacles: str | None = None
    flat: bool = False
    clearance_m: float = 20.0
    below_m: float = 5.0
    above_m: float = 10.0
    beside_m: float = 15.0
    over_m: float = 10.0

    def __post_init__(self) -> None:
        self.room()

    def room(self) -> Ground:
        """The distances alone. Raises ``SettingError``."""
        return Ground(None, (), self.clearance_m, self.below_m, self.above_m, self.beside_m, self.over_m)

    def places(self, beside: Path) -> GroundFiles:
        """The files, relative ones beside a folder."""
        named = [*self.files, *([] if self.folder is None else [self.folder])]
        obstacles = None if self.obstacles is None else beside / self.obstacles
        return GroundFiles(tuple(beside / name for name in named), obstacles, self.flat)


@dataclass(frozen=True, slots=True)
class Settings:
    """All of ``patrol.toml``; each part is a table of the file under its own name."""

    patrol: Order = field(default_factory=Order)
    sweep: Sweep = field(default_factory=Sweep)
    corridor: Corridor = field(default_factory=Corridor)
    perimeter: Perimeter = field(default_factory=Perimeter)
    orbit: Orbit = field(default_factory=Orbit)
    watch: Watch = field(default_factory=Watch)
    search: Search = field(default_factory=Search)
    waypoints: Waypoints = field(default_factory=Waypoints)
    laps: Laps = field(default_factory=Laps)
    relay: Relay = field(default_factory=Relay)
    visit: Visit = field(default_factory=Visit)
    team: TeamSettings = field(default_factory=TeamSettings)
    limits: Limits = field(default_factory=Limits)
    vehicle: VehicleProfile = field(default_factory=VehicleProfile)
    camera: Camera = WIDE_4_3
    link: LinkSettings = field(default_factory=LinkSettings)
    zones: ZoneSettings = field(default_factory=ZoneSettings)
    terrain: TerrainSettings = field(default_factory=TerrainSettings)

    def pattern(self, word: str) -> Pattern:
        """What the file says of a pattern, or its defaults."""
        found = getattr(self, word)
        assert isinstance(found, PATTERNS[word])
        return found

    def to_patrol(self, site: Site) -> Patrol:
        """The order that these settings and that site make together."""
        return Patrol(
            name=self.patrol.name,
            site=site,
            pattern=self.pattern(self.patrol.pattern),
            vehicle=for_the_day(self.vehicle, battery_c=self.limits.battery_c),
            camera=self.camera,
            limits=self.limits,
            purpose=self.patrol.purpose,
            authority=self.patrol.authority,
            seed=self.patrol.seed,
            starts=self.patrol.starts,
            ends=self.patrol.ends,
            team=self.team.to_team(site, self.patrol.launch),
        )


def settings_from(tables: Mapping[str, object], source: str) -> Settings:
    """Validate parsed TOML; raises ``SettingError`` naming file, key and reason."""
    known = get_type_hints(Settings)
    parts: dict[str, object] = {}
    for name, table in tables.items():
        if name not in known:
            raise SettingError(f"There is no such table. Known: {', '.join(known)}.", about=f"{source}: [{name}]")
        if not isinstance(table, Mapping):
            raise SettingError("This must be a table.", about=f"{source}: {name}")
        parts[name] = read_section(known[name], table, f"{source}: {name}")
    return Settings(**parts)  # type: ignore[arg-type]


def read_section(value: type[Value], table: Mapping[str, object], about: str) -> Value:
    """A planner's value from a table of the file; keys, types and units are the value's own fields.

    Raises ``SettingError`` with the key and the reason; numbers must be finite, unknown keys are refused.
    """
    given = _given(value, table, about, whole=True)
    try:
        return value(**given)
    except SettingError as error:
        raise SettingError(error.sentence, about=about, mend=error.mend) from None


def changed_section(section: Value, key: str, value: object, about: str) -> Value:
    """A planner's value with one key changed; raises as :func:`read_section`."""
    given = _given(type(section), {key: value}, about, whole=False)
    try:
        return replace(section, **given)  # type: ignore[type-var]
    except SettingError as error:
        raise SettingError(error.sentence, about=about, mend=error.mend) from None


def _given(value: type, table: Mapping[str, object], about: str, *, whole: bool) -> dict[str, Any]:
    """The fields that a table gives, validated; ``whole``: those that must be there are."""
    try:
        given = _section_of(value, whole=whole).model_validate(dict(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join([about, *map(str, first["loc"])])
        sentence = first["msg"].removeprefix("Value error, ").rstrip(".") + "."
        if first["type"] == "extra_forbidden":
            names = ", ".join(item.name for item in fields(value))
            sentence = f"There is no such setting. Known here: {names}."
        raise SettingError(sentence, about=key) from None
    return {name: getattr(given, name) for name in given.model_fields_set}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)


def _altitude(value: object) -> Altitude:
    if not isinstance(value, str):
        raise ValueError('write an altitude with its reference, in quotes: "60 m AGL"')
    try:
        return Altitude.parse(value)
    except SettingError as error:
        raise ValueError(str(error)) from None


def _section_of(value: type, *, whole: bool) -> type[_Section]:
    """A pydantic model with the fields of a dataclass, altitudes read as people write them."""
    hints = get_type_hints(value, include_extras=True)
    keys: dict[str, Any] = {}
    for item in fields(value):
        hint = Annotated[Altitude, BeforeValidator(_altitude)] if hints[item.name] is Altitude else hints[item.name]
        if isinstance(hint, type) and issubclass(hint, Enum):
            hint = Annotated[hint, Field(strict=False)]
        required = whole and item.default is MISSING and item.default_factory is MISSING
        keys[item.name] = (hint, ... if required else None)
    return create_model(value.__name__, __base__=_Section, **keys)

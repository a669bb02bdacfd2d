"""What ``[team]`` in ``patrol.toml`` and the command line say of the drones and their launches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from planner.errors import SettingError
from planner.site import Launch, Site
from planner.team import Crew, Team, spread


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """``[team]``: how many ``drones``, or how many at each of the drawn ``launches`` (``{ post = 2, east = 1 }``).

    Where only ``drones`` is given they start at ``patrol.launch``, and where that is left out they are shared out among
    all drawn launches. The other fields are those of ``planner.team.Team``.
    """

    drones: int | None = None
    launches: dict[str, int] = field(default_factory=dict)
    across_m: float = 30.0
    in_height_m: float = 10.0
    apart_s: float = 20.0
    layers: int | None = None
    layer_step_m: float = 15.0
    longest_wait_s: float = 3600.0

    def __post_init__(self) -> None:
        self._team(self.drones, ())

    def to_team(self, site: Site, launch: str | None) -> Team:
        """The team on a site; ``launch`` is the id that ``patrol.launch`` names. Raises ``SettingError``."""
        if self.launches:
            return self._team(self.drones, crews_of(self.launches, site))
        if (self.drones or 1) > 1 and launch is None and len(site.launches) > 1:
            return self._team(self.drones, spread(self.drones or 1, site.launches))
        return self._team(self.drones, ())

    def _team(self, drones: int | None, crews: tuple[Crew, ...]) -> Team:
        return Team(
            drones,
            crews,
            self.across_m,
            self.in_height_m,
            self.apart_s,
            self.layers,
            self.layer_step_m,
            self.longest_wait_s,
        )


def crews_of(launches: Mapping[str, int], site: Site) -> tuple[Crew, ...]:
    """The crews at drawn launches, by their ids. Raises ``SettingError``."""
    return tuple(Crew(drawn_launch(name, site), drones) for name, drones in launches.items())


def drawn_launch(name: str, site: Site) -> Launch:
    """The launch of that id. Raises ``SettingError`` with those that are drawn."""
    for launch in site.launches:
        if launch.id == name:
            return launch
    known = ", ".join(launch.id for launch in site.launches) or "none"
    raise SettingError(f"There is no launch {name!r}. Drawn: {known}.", about=site.source or None)

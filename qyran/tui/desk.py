"""What lies on the desk while the program runs: the project, the draft with its history, the plan, the link.

Screens look at it and change it; it knows nothing of widgets, and leaves planning, files and vehicles to the calls
that the commands make as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from planner.geodesy import LocalFrame
from planner.geojson import site_from_geojson, site_to_geojson
from planner.plan import Plan
from planner.quantities import LonLat
from planner.site import Site
from qyran.project import Project
from qyran.tui.editing.corners import Draft
from qyran.tui.editing.history import History

if TYPE_CHECKING:
    from qyran.work import Work


class PlanState(Enum):
    """How the plan on the desk stands to the draft."""

    NONE = "no plan"
    FRESH = "plan"
    STALE = "plan of an earlier drawing"
    RUNNING = "planning"
    FAILED = "cannot be planned"


@dataclass(slots=True)
class Desk:
    """The project on the desk; ``frame`` None until there is a place to draw around."""

    project: Project
    history: History[Draft]
    frame: LocalFrame | None
    address: str | None = None
    plan: Plan | None = None
    plan_state: PlanState = PlanState.NONE
    plan_error: str = ""
    planned_site: Site | None = field(default=None, repr=False)

    @classmethod
    def of(cls, project: Project, address: str | None) -> Desk:
        """A project as it was opened; the address given on the command line goes before the project's own."""
        extent = project.site.extent
        frame = None if extent.is_empty else LocalFrame.around(extent)
        return cls(project, History(Draft(project.site)), frame, address or project.settings.link.address)

    @property
    def draft(self) -> Draft:
        """The drawing as it stands."""
        return self.history.now

    @property
    def is_unsaved(self) -> bool:
        """Whether the drawing differs from what is in the project's folder."""
        site = self.draft.site
        return self.draft.sketch is not None or (site is not self.project.site and site != self.project.site)

    def checked_site(self) -> Site:
        """The drawing as the project's file would be read again; raises what reading that file would raise.

        What passes here can be saved, opened and planned.
        """
        return site_from_geojson(site_to_geojson(self.draft.site), "drawing")

    def save(self) -> None:
        """Write the drawing into the project; raises ``InputError``, and then nothing was written."""
        self.checked_site()
        self.project = self.project.save_site(self.draft.site)

    def work(self) -> Work:
        """The order for the drawing, saved or not; raises ``InputError`` with feature and place."""
        from qyran.work import Work, launch_inside  # noqa: PLC0415 (late: it brings the planner)

        edited = replace(self.project, site=self.checked_site())
        return Work(edited.patrol, edited.launch or launch_inside(edited.site), edited)

    def go_to(self, place: LonLat) -> None:
        """Draw around this place from now on, where nothing is drawn yet."""
        if self.frame is None:
            self.frame = LocalFrame(place)

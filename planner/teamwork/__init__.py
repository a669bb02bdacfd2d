"""Work shared by the drones of a team: one way split, laps, relays, visits; and the sorties kept apart."""

from planner.teamwork.job import Job, layers_there, space_for
from planner.teamwork.lapping import lapped
from planner.teamwork.relaying import held_by_turns, swept_by_turns
from planner.teamwork.splitting import shared_and_apart
from planner.teamwork.visiting import visited

__all__ = [
    "Job",
    "held_by_turns",
    "lapped",
    "layers_there",
    "shared_and_apart",
    "space_for",
    "swept_by_turns",
    "visited",
]

"""A named person's word that a vehicle may do something: for that vehicle, and soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from planner.errors import NotConfirmedError
from telemetry.clock import utc_now

if TYPE_CHECKING:
    from telemetry.vehicle import Vehicle

VALID_S = 60.0
AHEAD_S = 2.0
"""A confirmation from the future by more than this is none: somebody's clock is wrong."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who confirmed what for which vehicle (MAVLink system number), and when (aware UTC)."""

    person: str
    vehicle: int
    action: str
    at: datetime
    is_simulator: bool = False
    """Given by a vehicle that announced itself as a simulator, not by a person."""
    override: str | None = None
    """The reason the person gave for flying a plan that a finding blocks; None where nothing blocked it."""

    def __post_init__(self) -> None:
        if not self.person.strip():
            raise NotConfirmedError("A confirmation needs the name of the person who gives it.")
        if self.at.tzinfo is None:
            raise NotConfirmedError("A confirmation's time must say its time zone.", about=self.person)

    def seconds_left(self, now: datetime | None = None) -> float:
        """How long it still holds; 0 where it no longer does, always whole for a simulator's own."""
        if self.is_simulator:
            return VALID_S
        return max(0.0, VALID_S - ((now or utc_now()) - self.at).total_seconds())

    def check(self, system_id: int, now: datetime | None = None) -> None:
        """Raise ``NotConfirmedError`` where it is for another vehicle, older than 60 s, or from the future."""
        if self.vehicle != system_id:
            raise NotConfirmedError(
                f"{self.person} confirmed for vehicle {self.vehicle}, not for vehicle {system_id}.", about=self.action
            )
        age_s = ((now or utc_now()) - self.at).total_seconds()
        if age_s > VALID_S:
            raise NotConfirmedError(
                f"{self.person}'s confirmation is {age_s:.0f} s old; it holds for {VALID_S:.0f} s.",
                about=self.action,
                mend="Confirm again.",
            )
        if age_s < -AHEAD_S:
            raise NotConfirmedError(
                f"{self.person}'s confirmation comes {-age_s:.0f} s too early.",
                about=self.action,
                mend="Set the clock.",
            )


def simulator_confirmation(vehicle: Vehicle, action: str = "fly") -> Confirmation:
    """A simulator confirms for itself. Raises ``NotConfirmedError`` where the vehicle does not say that it is one."""
    if not vehicle.is_simulator:
        raise NotConfirmedError(
            "This vehicle does not announce itself as a simulator.",
            about=f"vehicle {vehicle.system_id}",
            mend="A named person must confirm.",
        )
    return Confirmation("the simulator", vehicle.system_id, action, utc_now(), is_simulator=True)

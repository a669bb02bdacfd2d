"""Giving a vehicle a signing key and taking it away: a person's word, and proof that it was done."""

from __future__ import annotations

from planner.errors import CommandRefusedError
from telemetry.confirmation import Confirmation
from telemetry.dialect import mavlink
from telemetry.link import wait_for
from telemetry.signing import KEY_BYTES, ticks_now
from telemetry.signing_keys import SigningKey
from telemetry.vehicle import Vehicle

TIMES = 3
"""Nobody acknowledges it, so it is sent so often."""
SEEN_WITHIN_S = 6.0


def set_up_signing(vehicle: Vehicle, key: SigningKey, confirmation: Confirmation) -> None:
    """Give the vehicle a key (SETUP_SIGNING) and go on with it; done where it then signs with it.

    Everybody who listens on the way hears the key: do it on a cable. Raises ``NotConfirmedError``,
    ``CommandRefusedError`` where the vehicle does not sign with it afterwards; then the link goes on as before.
    """
    confirmation.check(vehicle.system_id)
    _refuse_armed(vehicle)
    signing, before = vehicle.link.signing, vehicle.link.signing.key
    _send(vehicle, list(key.secret), ticks_now())
    signing.use(key)
    if not wait_for(lambda: signing.guard is not None and signing.guard.good > 0, vehicle.wall_s(SEEN_WITHIN_S)):
        signing.use(before)
        raise CommandRefusedError(
            "The vehicle does not sign its messages with that key; all is as it was.",
            about=f"vehicle {vehicle.system_id}",
            mend="Does its firmware sign (ArduPilot does), and has it another key already?",
        )


def end_signing(vehicle: Vehicle, confirmation: Confirmation) -> None:
    """Take the vehicle's key away; done where it then speaks unsigned. Raises as ``set_up_signing``."""
    confirmation.check(vehicle.system_id)
    _refuse_armed(vehicle)
    signing, before = vehicle.link.signing, vehicle.link.signing.key
    if before is None:
        raise CommandRefusedError("No key is in use on this link.", about=f"vehicle {vehicle.system_id}")
    _send(vehicle, [0] * KEY_BYTES, 0)
    unsigned = 0 if signing.guard is None else signing.guard.unsigned
    if not wait_for(
        lambda: signing.guard is not None and signing.guard.unsigned > unsigned + TIMES, vehicle.wall_s(SEEN_WITHIN_S)
    ):
        raise CommandRefusedError("The vehicle goes on to sign.", about=f"vehicle {vehicle.system_id}")
    signing.use(None)


def _send(vehicle: Vehicle, key: list[int], ticks: int) -> None:
    for _ in range(TIMES):
        vehicle.link.send(
            mavlink.MAVLink_setup_signing_message(vehicle.system_id, vehicle.link.component_id, key, ticks)
        )


def _refuse_armed(vehicle: Vehicle) -> None:
    if vehicle.require_live().armed:
        raise CommandRefusedError(
            "Keys are not changed on an armed vehicle.", about=f"vehicle {vehicle.system_id}", mend="Land first."
        )

"""Waiting for the vehicle that is meant to answer."""

from __future__ import annotations

from planner.errors import NoHeartbeatError, SettingError, StoppedError
from telemetry.address import Way
from telemetry.dialect import Message
from telemetry.link import Link, wait_for
from telemetry.progress import Step, Stop

LISTEN_FOR_OTHERS_S = 1.2
"""After the first heartbeat: every vehicle on the way has sent one by then."""


def tell(on_progress: Step | None, done: int, message: str) -> None:
    """Hand on how far the first talk with a vehicle is, in three steps."""
    if on_progress is not None:
        on_progress(done, 3, message)


def find(link: Link, system_id: int | None, timeout_s: float, on_progress: Step | None, stop: Stop) -> Message:
    """The heartbeat of the vehicle that is meant."""
    tell(on_progress, 0, f"waiting for a heartbeat at {link.address}")

    def found() -> bool:
        return bool(link.heard) if system_id is None else system_id in link.heard

    came = wait_for(lambda: stop.is_set() or found(), timeout_s)
    if stop.is_set():
        raise StoppedError("Stopped while calling; nothing but heartbeats was sent.", about=str(link.address))
    if not came:
        raise _nobody(link, system_id, timeout_s)
    if system_id is not None and link.address.way is not Way.UDP_IN:
        return link.heard[system_id]
    wait_for(lambda: len(link.heard) > 1, LISTEN_FOR_OTHERS_S)
    for number in link.heard if system_id is None else (system_id,):
        if rivals := link.rivals(number):
            raise SettingError(
                f"Several vehicles with the number {number} answer there, from {' and '.join(rivals)}.",
                about=str(link.address),
                mend="Give each a number of its own (SYSID_THISMAV; MAV_SYSID since 4.7), or each a port of its own.",
            )
    if system_id is not None:
        return link.heard[system_id]
    if len(link.heard) > 1:
        numbers = ", ".join(str(number) for number in sorted(link.heard))
        raise SettingError(
            f"Several vehicles answer there: {numbers}.",
            about=str(link.address),
            mend="Say which one is meant: --vehicle NUMBER.",
        )
    return next(iter(link.heard.values()))


def _nobody(link: Link, system_id: int | None, timeout_s: float) -> NoHeartbeatError:
    tried = {
        Way.UDP_IN: "listened there",
        Way.UDP_OUT: "called there",
        Way.TCP: "tried to connect",
        Way.SERIAL: f"listened at {link.address.baud} baud",
    }[link.address.way]
    others = f" Others did: {', '.join(str(number) for number in sorted(link.heard))}." if link.heard else ""
    who = f"Vehicle {system_id}" if system_id is not None else "No vehicle"
    silent = "did not answer" if system_id is not None else "answered"
    trouble = f" ({link.trouble})" if link.trouble else ""
    noise = " What came was no MAVLink: is the baud rate right?" if link.damaged and not link.heard else ""
    return NoHeartbeatError(
        f"{who} {silent}: {tried} for {timeout_s:g} s{trouble}.{others}{noise}",
        about=str(link.address),
        mend="Is the vehicle on, and does it (or its proxy) send there?",
    )

"""Some parameters by name, several questions under way at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

from telemetry.dialect import mavlink
from telemetry.link import Link

AT_ONCE = 10
"""ArduPilot keeps twenty questions; others may be asking, too."""
ROUND_S = 0.5
LOSSY_ROUNDS = 4


def ask_together(link: Link, names: Sequence[str], *, rounds: int) -> dict[str, float]:
    """The values of those that answered, each asked for up to ``rounds`` times.

    A name without an answer may be lost or unknown there: ``telemetry.parameters`` tells which.
    """
    found: dict[str, float] = {}
    with link.inbox("PARAM_VALUE") as inbox:
        for first in range(0, len(names), AT_ONCE):
            some = names[first : first + AT_ONCE]
            for _ in range(rounds):
                missing = {name for name in some if name not in found}
                if not missing:
                    break
                for name in sorted(missing):
                    link.send(
                        mavlink.MAVLink_param_request_read_message(
                            link.system_id, link.component_id, name.encode("ascii"), -1
                        )
                    )
                end = time.monotonic() + ROUND_S
                while missing and (message := inbox.take(end - time.monotonic())) is not None:
                    name = str(message.param_id).rstrip("\x00")
                    if name in missing:
                        found[name] = float(message.param_value)
                        missing.discard(name)
    return found

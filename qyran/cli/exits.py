"""Exit codes that scripts may rely on."""

from __future__ import annotations

from enum import IntEnum

from planner.errors import InputError, LinkError, MissingPartError, PlanError, QyranError, StoppedError, VehicleError


class Exit(IntEnum):
    """What a command's exit status says."""

    DONE = 0
    """Done, and the answer is yes."""
    NO = 1
    """Done, and the answer is no: a blocking finding, an area that cannot be planned, a flight that went wrong."""
    WRONG_INPUT = 2
    """The words or files given are wrong."""
    NO_LINK = 3
    """There is no link to the vehicle, or it was lost."""
    REFUSED = 4
    """The vehicle refused, or nobody confirmed."""
    MISSING_PART = 5
    """Something needed is not installed."""
    INTERRUPTED = 130
    """The user ended it."""


_BY_ERROR: tuple[tuple[type[QyranError], Exit], ...] = (
    (InputError, Exit.WRONG_INPUT),
    (PlanError, Exit.NO),
    (StoppedError, Exit.INTERRUPTED),
    (LinkError, Exit.NO_LINK),
    (VehicleError, Exit.REFUSED),
    (MissingPartError, Exit.MISSING_PART),
)


def exit_for(error: QyranError) -> Exit:
    """The exit code of an error's branch of the tree."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.NO)

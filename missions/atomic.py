"""Files that are whole or absent; the work is done below, because the planner writes files too."""

from planner.files import write_atomically

__all__ = ["write_atomically"]

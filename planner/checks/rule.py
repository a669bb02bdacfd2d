"""What a check is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from planner.checks.scene import Scene
from planner.plan import Finding


class Rule(Protocol):
    """One rule; ``name`` is what its findings carry.

    ``look`` yields what breaks the rule, or one finding of severity info with the room that is left.
    """

    @property
    def name(self) -> str:
        """The word for it in findings, screens and reports."""

    def look(self, scene: Scene) -> Iterator[Finding]:
        """Look at a plan."""

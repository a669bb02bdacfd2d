"""The commands in docs/patterns.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from qyran.cli import app

ROOT = Path(__file__).parents[2]
COMMANDS = re.findall(
    r"^    qyran (plan .*)$", (ROOT / "docs" / "patterns.md").read_text(encoding="utf-8"), re.MULTILINE
)
UNMEASURED = {"orbit", "watch", "search", "waypoints"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_pattern_is_planned_as_the_docs_say(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's first command of a pattern would fail, or tell of a share that means nothing."""
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, [*command.split(), "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert not answer["blocked"]
    assert answer["outside_m"] == 0
    if command.split()[3] in UNMEASURED:
        assert answer["covered"] is None
    else:
        assert answer["covered"] >= 0.99


def test_an_option_that_a_pattern_does_not_have_is_refused() -> None:
    """A swath given for an orbit would be silently dropped."""
    done = CliRunner().invoke(
        app, ["plan", str(ROOT / "examples/patterns/areas.geojson"), "--pattern", "orbit", "--swath", "3"]
    )
    assert "has no swath_m" in str(done.exception)

"""A rule is one file; what each finding says of itself."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

import planner.checks
from planner.checks import LISTED, RULES, WHOLE_RULES
from planner.checks.found import further_rules
from qyran.cli import run

ROOT = Path(__file__).parents[2]
OWN = '''
from planner.checks.scene import Scene, holds


class Sorties:
    """Told: how many sorties there are."""

    name = "how_many"

    def look(self, scene: Scene):
        """The plan's own."""
        yield holds(self.name, f"There are {len(scene.plan.sorties)} sorties.", len(scene.plan.sorties), "sorties")
'''


def test_a_new_rule_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit's own rule would need changes all over the house, and be forgotten in one of them."""
    (tmp_path / "how_many.py").write_text(OWN)
    monkeypatch.setattr(planner.checks, "__path__", [*planner.checks.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    try:
        names = [rule.name for rule in further_rules((*LISTED, *WHOLE_RULES))]
        assert "how_many" in names
        assert set(names) - {"how_many"} == {rule.name for rule in RULES[len(LISTED) :]}
    finally:
        sys.modules.pop("planner.checks.how_many", None)


def test_every_rule_has_a_name_of_its_own() -> None:
    """Two rules' findings could not be told apart in a report."""
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names) >= 22


def test_a_finding_says_all_of_itself(capfd: pytest.CaptureFixture[str]) -> None:
    """A program that reads findings would not know where, by how much, or how to mend it."""
    assert run(["check", str(ROOT / "examples/patterns/areas.geojson"), "--speed", "19", "--json"]) in (0, 1)
    findings = json.loads(capfd.readouterr().out)["findings"]
    assert findings
    for finding in findings:
        assert set(finding) >= {"rule", "severity", "sentence", "margin", "unit", "place", "mend"}
        assert finding["severity"] in ("info", "warning", "blocking")
        assert finding["sentence"].endswith(".")
        assert finding["mend"] or finding["severity"] == "info"
        assert (finding["margin"] is None) == (not finding["unit"]), finding
        assert finding["place"] is None or set(finding["place"]) == {"lat", "lon"}

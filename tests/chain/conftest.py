"""Lets the tests of the chain share what stands beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from real_areas import RealArea, polygon_files


@pytest.fixture(params=polygon_files() or [None], ids=lambda file: file.stem if file else "none")
def real_area(request: pytest.FixtureRequest) -> RealArea:
    """Each of the real areas in turn."""
    if request.param is None:
        pytest.skip("the shared folder with bench/coverage/polygons is not beside the project")
    return RealArea(request.param)

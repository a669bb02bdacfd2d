"""What holds for every room's tests."""

from __future__ import annotations

import os

from hypothesis import settings

# In CI the same examples every time: a run that fails tells of the change, and takes as long as the one before.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

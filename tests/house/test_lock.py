"""The locks: what a fresh clone installs is what pyproject.toml asks for, on any machine."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

HOUSE = Path(__file__).resolve().parents[2]
LOCKS = ("requirements-build.lock", "requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    """The script that ``make lint`` runs."""
    spec = importlib.util.spec_from_file_location("check_lock", HOUSE / ".ci" / "check_lock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with only what the locks are about."""
    for name in (*LOCKS, "pyproject.toml"):
        shutil.copy(HOUSE / name, tmp_path / name)
    return tmp_path


def test_the_locks_answer_pyproject(checker: ModuleType) -> None:
    """A fresh clone would install versions nobody tested, or fail half-way."""
    assert checker.check(HOUSE) == []


def test_a_dependency_that_was_not_locked_is_named(checker: ModuleType, copy: Path) -> None:
    """A new dependency would work on its author's machine only."""
    project = copy / "pyproject.toml"
    project.write_text(
        project.read_text(encoding="utf-8").replace('"click>=8.1",', '"click>=8.1",\n    "nosuchthing>=1",')
    )
    assert any("nosuchthing" in fault and "make lock" in fault for fault in checker.check(copy))


def test_a_version_that_no_longer_fits_is_named(checker: ModuleType, copy: Path) -> None:
    """A raised minimum would be ignored by every fresh clone."""
    project = copy / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").replace('"click>=8.1"', '"click>=99"'))
    assert any("click==" in fault for fault in checker.check(copy))


@pytest.mark.parametrize(
    "line",
    ["--index-url https://registry.invalid/simple", "--find-links /srv/wheels", "    # via -r /home/someone/list.in"],
)
def test_a_lock_tied_to_one_machine_is_refused(checker: ModuleType, copy: Path, line: str) -> None:
    """The set-up would ask a host or a folder that other people do not have."""
    lock = copy / "requirements.lock"
    lock.write_text(f"{line}\n{lock.read_text(encoding='utf-8')}")
    assert any("names a place outside the lock" in fault for fault in checker.check(copy))


def test_a_pin_without_a_hash_is_refused(checker: ModuleType, copy: Path) -> None:
    """A file changed on its way from the registry would be installed unseen."""
    lock = copy / "requirements.lock"
    lines = lock.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("click=="))
    last = next(number for number in range(first + 1, len(lines)) if not lines[number].strip().startswith("--hash"))
    lock.write_text("\n".join([*lines[:first], lines[first].removesuffix(" \\"), *lines[last:]]))
    assert any("click" in fault and "no hash" in fault for fault in checker.check(copy))

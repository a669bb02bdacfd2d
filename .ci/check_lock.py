"""Says whether the locks hold what pyproject.toml asks for, hashed, and nothing that ties them to one machine.

Needs no network. Exit code 0 where all is well, 1 with a sentence for each fault.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<rest>.*)$")
FOREIGN = re.compile(r"https?:|file:|--find-links|--(extra-)?index-url|(^|\s)/[\w.-]+/", re.IGNORECASE)


def read_pins(text: str) -> dict[str, list[tuple[str, int]]]:
    """Every pinned package of a lock: its versions (one for each marker) with their numbers of hashes."""
    pins: dict[str, list[tuple[str, int]]] = {}
    name = ""
    for line in text.splitlines():
        if match := PIN.match(line):
            name = canonicalize_name(match["name"])
            pins.setdefault(name, []).append((match["version"], 0))
        elif line.strip().startswith("--hash=sha256:") and name:
            version, count = pins[name][-1]
            pins[name][-1] = (version, count + 1)
    return pins


def faults_of(lock: str, text: str, wanted: list[str]) -> list[str]:
    """What is wrong with one lock, a sentence each; ``wanted`` are the requirements it has to answer."""
    faults = [
        f"{lock}:{number}: names a place outside the lock: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if FOREIGN.search(line)
    ]
    pins = read_pins(text)
    faults += [f"{lock}: {name}=={v} has no hash." for name, versions in pins.items() for v, n in versions if n == 0]
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name))
        if versions is None:
            faults.append(f"{lock}: {requirement} is asked for and not locked. Run: make lock")
            continue
        wrong = [version for version, _ in versions if not requirement.specifier.contains(version, prereleases=True)]
        faults += [f"{lock}: {requirement.name}=={version} is not {requirement}. Run: make lock" for version in wrong]
    return faults


def check(house: Path) -> list[str]:
    """Every fault of the three locks in a folder with a pyproject.toml."""
    project = tomllib.loads((house / "pyproject.toml").read_text(encoding="utf-8"))
    run, groups = project["project"]["dependencies"], project["dependency-groups"]
    wanted = {
        "requirements-build.lock": groups["build"] + project["build-system"]["requires"],
        "requirements.lock": run,
        "requirements-dev.lock": run + groups["dev"],
    }
    texts = {lock: (house / lock).read_text(encoding="utf-8") for lock in wanted}
    faults = [fault for lock, text in texts.items() for fault in faults_of(lock, text, wanted[lock])]
    dev = read_pins(texts["requirements-dev.lock"])
    for name, versions in read_pins(texts["requirements.lock"]).items():
        if dev.get(name) != versions:
            faults.append(f"requirements-dev.lock: {name} differs from requirements.lock. Run: make lock")
    return faults


def main() -> int:
    """Print every fault; 1 where there is one."""
    faults = check(HOUSE)
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print("The locks hold what pyproject.toml asks for.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

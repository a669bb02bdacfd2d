"""The commands in the documentation work, in the order they are written.

A block whose first line is ```` ```sh run ```` is run; all such blocks of one file are one script in one empty folder,
as a reader would type them. With ```` ```sh sitl ```` it is run after those, where there is a SITL program. Ports
from 5800 to 5899 are replaced by free ones, and SITL's first instance by one that no other test
uses, three times as fast.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh (run|sitl)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r"\b58\d\d\b")
SITL_INSTANCE = 145
PAGES = sorted([HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *(HOUSE / "docs").glob("*.md")])
WITH_COMMANDS = [page for page in PAGES if page.exists() and BLOCK.search(page.read_text(encoding="utf-8"))]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def script_of(page: Path, *, sitl: bool) -> str:
    """The page's blocks as one script that stops at the first failure and ends what it started."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    # On SITL only what makes the project comes before; the embedded simulator's flight has its own test.
    blocks = [
        text
        for kind, text in found
        if (kind == "run" and not (sitl and "sim serve" in text)) or (sitl and kind == "sitl")
    ]
    body = "\n".join(f"echo '── block {number}'\n{block}" for number, block in enumerate(blocks, start=1))
    ports = {port: str(free_port()) for port in set(PORT.findall(body))}
    body = PORT.sub(lambda match: ports[match.group()], body)
    body = body.replace("qyran sim sitl --speedup 10", f"qyran sim sitl --speedup 30 --instance {SITL_INSTANCE}")
    body = body.replace(":5760", f":{5760 + 10 * SITL_INSTANCE}")
    return f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n{body}"


def run_page(page: Path, folder: Path, *, sitl: bool) -> None:
    """Run a page's commands in a folder that holds what a clone holds."""
    shutil.copytree(HOUSE / "examples", folder / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script_of(page, sitl=sitl)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page_work(page: Path, tmp_path: Path) -> None:
    """A newcomer's first five minutes would end at a command that does not exist any more."""
    run_page(page, tmp_path, sitl=False)


@pytest.mark.sitl
def test_the_commands_for_sitl_work(tmp_path: Path) -> None:
    """Who has ArduPilot's simulator would not get their patrol flown on it."""
    if not (os.environ.get("QYRAN_SITL") or shutil.which("arducopter")):
        pytest.skip("no ArduPilot SITL program (QYRAN_SITL, or arducopter on PATH)")
    run_page(HOUSE / "README.md", tmp_path, sitl=True)


def test_the_readme_begins_with_the_two_commands() -> None:
    """The first thing a reader wants is to see it work."""
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    first = re.search(r"^```sh.*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert first is not None
    assert [line.split("#")[0].strip() for line in first[1].splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A page would point at a file that was moved."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_in_the_docs_exists() -> None:
    """A page would tell people to make what cannot be made."""
    rules = set(re.findall(r"^([a-z-]+):", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = {
        target
        for page in PAGES
        if page.exists()
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert told
    assert told <= rules


def test_every_dependency_has_its_reason() -> None:
    """Nobody could say any more why a package is trusted and installed."""
    import tomllib

    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    names = {re.split(r"[\s<>=!~\[;]", one, maxsplit=1)[0] for one in asked}
    reasons = set(
        re.findall(r"^\| `([^`]+)`", (HOUSE / "docs" / "dependencies.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert names - reasons == set()
    assert reasons - names == set()

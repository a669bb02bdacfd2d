"""Files are whole or absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from missions.atomic import write_atomically
from planner.errors import InputError

WRITER = """
import sys
from missions.atomic import write_atomically
text = 0
print("ready", flush=True)
while True:
    text = 1 - text
    write_atomically(sys.argv[1], str(text) * 300_000)
"""


def test_text_and_bytes_arrive(tmp_path: Path) -> None:
    """A user who exports gets exactly what was compiled, Cyrillic names included."""
    write_atomically(tmp_path / "a.txt", "Қыран\n")
    write_atomically(str(tmp_path / "b.bin"), b"\x00\xff")
    assert (tmp_path / "a.txt").read_bytes() == "Қыран\n".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "b.bin"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX here")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    """A file shared with colleagues stays shared, and a link to a mission stays a link."""
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(link, "new")
    assert link.is_symlink() and real.read_text() == "new" and real.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", ["missing/file.txt", "."])
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, place: str) -> None:
    """A wrong folder gives a sentence with the path, and leaves nothing behind."""
    with pytest.raises(InputError, match="cannot be written") as caught:
        write_atomically(tmp_path / place, "x")
    assert str(tmp_path) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("wait_s", [0.0, 0.013, 0.05])
def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path, wait_s: float) -> None:
    """A power cut while exporting leaves the last whole mission, never half of one."""
    target = tmp_path / "mission.waypoints"
    target.write_text("0" * 300_000)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert target.read_text() in ("0" * 300_000, "1" * 300_000)

"""Files made to exhaust a machine: each is a sentence, in bounded time and memory."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from missions.contents import read_contents
from planner.errors import FileFormatError, InputError

GB = 2**30
MOST_S = 5.0
"""Processor time for one file; measured: 1.2 s at most."""
MOST_MB = 600
"""Peak memory of a process that opens them all, one after the other; measured: 180, of which Python, GDAL and numpy are
130."""


def bomb_zip(name: str, size: int) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as file,
    ):
        for _ in range(size // 2**20):
            file.write(b" " * 2**20)
    return buffer.getvalue()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{entities}]><kml>&l9;</kml>'.encode()


def shape(tag: bytes, coordinates: bytes) -> bytes:
    inner = b"<%b><coordinates>%b</coordinates></%b>" % (tag, coordinates, tag)
    return b"<kml><Placemark>%b</Placemark></kml>" % inner


DEEP = 150_000

FILES: dict[str, tuple[str, bytes]] = {
    "laughs.kml": ("document type or entities", laughs()),
    "laughs.gpx": ("document type or entities", laughs().replace(b"kml", b"gpx")),
    "outside.kml": ("document type or entities", b'<!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]><kml>&e;</kml>'),
    "utf16.kml": ("document type or entities", laughs().decode().encode("utf-16")),
    "deep.kml": ("Not XML", b"<kml>" + b"<a>" * DEEP),
    "tags.kml": ("more than 1,000,000 tags", b"<kml>" + b"<a/>" * 1_100_000),
    "wide.kml": ("more than 100,000 placemarks", b"<kml><Document>" + b"<Placemark/>" * 101_000 + b"</Document></kml>"),
    "attributes.gpx": ("Not XML", b"<gpx " + b" ".join(b'a%d="1"' % n for n in range(300_000))),
    "coordinates.kml": ("more than 200,000 points", shape(b"LineString", b"1,2,3 " * 201_000)),
    "number.kml": ("is no place", shape(b"Point", b"1," + b"9" * 3_000_000)),
    "bomb.kmz": ("unpacks to more than 32 MB", bomb_zip("doc.kml", 70 * 2**20)),
    "bomb.zip": ("unpacks to more than 64 MB", bomb_zip("a.shp", 70 * 2**20)),
    "deep.plan": ("nested too deeply", b'{"fileType":"Plan","a":' + b"[" * 900_000),
    "brackets.plan": ("objects and lists", b'{"fileType":"Plan","a":[' + b"{}," * 1_100_000 + b"0]}"),
    "integer.plan": ("out of range", b'{"fileType":"Plan","version":' + b"9" * 4_000_000 + b"}"),
    "nan.plan": ("NaN is no number", b'{"fileType":"Plan","version":NaN}'),
    "large.plan": ("out of range", b'{"fileType":"Plan","version":1e400}'),
    "words.plan": ("must be a text", b'{"fileType":7,"a":"' + b"a" * 8_000_000 + b'"}'),
    "lines.waypoints": ("Item 1 stands where item 0", b"QGC WPL 110\n" + b"1 0 3 16 0 0 0 0 43 76 9 1\n" * 200_000),
    "line.waypoints": ("12 columns", b"QGC WPL 110\n" + b"1 " * 4_000_000),
    "empty.lines.txt": ("more than 4,000,000 lines", b"QGC WPL 110\n" + b"\n" * 4_500_000),
    "digits.poly": ("is no number", b"43 76\n43 " + b"7" * 4_000_000),
    "points.txt": ("more than 65535 places", b"43 76\n" * 66_000),
    "nul.waypoints": ("neither a QGC WPL 110 list", b"\x00" * 4_000_000),
    "noise.plan": ("not UTF-8", bytes(range(128, 256)) * 1000),
    "latin.waypoints": ("not UTF-8", "QGC WPL 110\n# Straße".encode("latin-1")),
    "nothing.gpx": ("The file is empty", b""),
    "blank.kml": ("The file is empty", b"\xef\xbb\xbf \r\n"),
    "table.gpkg": ("cannot be read", b"SQLite format 3\x00" + b"\xff" * 4096),
    "table.shp": ("", b"\x00\x00\x27\x0a" + b"\xff" * 4096),
    "cut.kmz": ("archive cannot be read", bomb_zip("doc.kml", 2**20)[:200]),
}  # fmt: skip

PROBE = """
import json, re, sys, time
from missions.contents import read_contents
from planner.errors import QyranError
for path in sys.argv[1:]:
    began = time.process_time()
    try:
        read_contents(path)
        said = ""
    except QyranError as error:
        said = str(error)
    peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
    print(json.dumps([path, said, time.process_time() - began, peak_kb // 1024]), flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux tells it")
def test_hostile_files_take_bounded_time_and_memory(tmp_path: Path) -> None:
    """A file from a stranger would freeze the ground station or take all its memory."""
    for name, (_, data) in FILES.items():
        (tmp_path / name).write_bytes(data)
    for name in ("huge.plan", "huge.kml", "huge.gpx", "huge.waypoints", "huge.shp", "huge.gpkg", "huge.kmz"):
        start = {"shp": b"\x00\x00\x27\x0a", "gpkg": b"SQLite format 3\x00", "kmz": b"PK\x03\x04"}
        with (tmp_path / name).open("wb") as file:
            file.write(start.get(name.partition(".")[2], b"{"))
            file.truncate(2 * GB)
    paths = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *paths], capture_output=True, text=True, timeout=280, check=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == paths
    before = 0
    for path, said, seconds, peak_mb in rows:
        name = Path(path).name
        words = "larger than" if name.startswith("huge") else FILES[name][0]
        assert words in said and (not said or name in said), f"{name}: {said[:300]}"
        assert len(said) < 700, name
        assert seconds < (1.0 if name.startswith("huge") else MOST_S), f"{name} took {seconds:.1f} s"
        assert peak_mb < MOST_MB, f"{name}: {peak_mb} MB, {before} MB before it"
        before = peak_mb


@pytest.mark.parametrize("suffix", ["plan", "kml", "gpx", "waypoints", "shp", "poly"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, suffix: str) -> None:
    """A pipe that nobody writes to would be waited for without end, a folder end in a traceback."""
    pipe, folder = tmp_path / f"pipe.{suffix}", tmp_path / f"folder.{suffix}"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder, Path("/dev/zero")):
        with pytest.raises(FileFormatError, match="no plain file"):
            read_contents(path)
    with pytest.raises(FileFormatError, match="No such file"):
        read_contents(tmp_path / f"missing.{suffix}")
    with pytest.raises(FileFormatError):
        read_contents(f"a\0.{suffix}")


def as_utf16(text: str) -> bytes:
    return text.encode("utf-16")


def as_crlf_with_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("write", [as_utf16, as_crlf_with_mark])
def test_encodings_of_windows_open(tmp_path: Path, write: Callable[[str], bytes]) -> None:
    """A mission saved by an editor on Windows would not open."""
    plan = '{"fileType": "Plan", "version": 1, "mission": {"items": []}}'
    texts = {
        "a.waypoints": "QGC WPL 110\n0 1 0 16 0 0 0 0 43 76 700 1\n1 0 3 16 0 0 0 0 43 76 60 1\n",
        "a.plan": plan,
        "a.poly": "# ours\n43 76\n43 77\n44 77\n",
        "a.ral": "RALLY 43 76 30 0 0 0\n",
        "a.kml": "<kml><Placemark><name>ауыл</name><Point><coordinates>76,43</coordinates></Point></Placemark></kml>",
        "a.gpx": '<gpx><wpt lat="43" lon="76"><name>ауыл</name></wpt></gpx>',
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(write(text))
        found = read_contents(tmp_path / name)
        assert found.mission is not None or found.drawings
        if name.endswith(("kml", "gpx")):
            assert found.drawings[0].name == "ауыл"


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than its size said would fill the memory."""
    path = tmp_path / "a.plan"
    path.write_bytes(b"{" + b" " * 33 * 2**20)
    true_stat = Path.stat

    def small(self: Path, **kwargs: bool) -> os.stat_result:
        facts = list(true_stat(self, **kwargs))
        facts[6] = 10 if self == path else facts[6]
        return os.stat_result(facts)

    monkeypatch.setattr(Path, "stat", small)
    with pytest.raises(InputError, match="larger than 32 MB"):
        read_contents(path)

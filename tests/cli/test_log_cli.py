"""``qyran log`` and ``qyran book`` as a person types them, on a flight of the embedded simulator."""

from __future__ import annotations

import csv
import json
import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.geojson import read_site
from qyran.cli import run
from sim import Simulator, SimulatorSettings
from telemetry.logs import open_columns, read_log

LON, LAT = 76.945, 43.238


def area(east_m: float, north_m: float) -> dict[str, object]:
    east, north = LON + east_m / 81_090.0, LAT + north_m / 111_100.0
    ring = [[LON, LAT], [east, LAT], [east, north], [LON, north], [LON, LAT]]
    features = [
        {"type": "Feature", "id": "field", "properties": {"kind": "area"}, "geometry": {"type": "Polygon"}},
        {"type": "Feature", "id": "home", "properties": {"kind": "launch"}, "geometry": {"type": "Point"}},
    ]
    features[0]["geometry"]["coordinates"] = [ring]  # type: ignore[index]
    features[1]["geometry"]["coordinates"] = [LON + 0.0002, LAT + 0.0002]  # type: ignore[index]
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was planned and flown; its flight is in ``flights/one``, the book in ``state``."""
    folder = tmp_path_factory.mktemp("flown")
    (folder / "areas.geojson").write_text(json.dumps(area(110, 90)))
    project = folder / "field"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QYRAN_STATE", str(folder / "state"))
        assert run(["new", str(project), "--area", str(folder / "areas.geojson")]) == 0
        assert run(["plan", str(project)]) == 0
        place = read_site(project / "areas.geojson").launches[0].position
        with Simulator(SimulatorSettings(port=0, home=place, home_amsl_m=700.0, speedup=40.0)) as simulator:
            link = simulator.addresses[0].address
            mission = str(project / "missions" / "sortie-1.plan")
            words = ["fly", mission, "--on", link, "--yes", "--drone", "D1", "--battery", "B7"]
            assert run([*words, "--out", str(project / "flights" / "one")]) == 0
    return project


@pytest.fixture
def state(flown: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A state folder of this test's own, with the book as it was after the flight."""
    own = tmp_path / "state"
    shutil.copytree(flown.parent / "state", own)
    monkeypatch.setenv("QYRAN_STATE", str(own))
    return own


def answer(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict:
    capsys.readouterr()
    assert run([str(word) for word in words]) == code
    return json.loads(capsys.readouterr().out)


def test_show_and_events(flown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could look into a log without another program."""
    told = answer(capsys, "log", "show", flown / "flights" / "one", "--json")
    log = read_log(flown / "flights" / "one" / "flight.tlog")
    assert (told["vehicle"], told["positions"], told["pictures"]) == (1, len(log.track), len(log.pictures))
    assert told["messages"] == dict(log.counts)
    assert told["damage"]["places"] == []
    happened = answer(capsys, "log", "events", flown / "flights" / "one", "--json")["events"]
    assert [one["event"] for one in happened] == list(range(len(log.events)))
    assert "Armed." in [one["text"] for one in happened]


def test_damage_is_told_with_its_places(flown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence with a hole in it would be taken for whole."""
    data = bytearray((flown / "flights" / "one" / "flight.tlog").read_bytes())
    data[50_000:50_300] = b"\0" * 300
    (tmp_path / "a.tlog").write_bytes(data)
    damage = answer(capsys, "log", "show", tmp_path / "a.tlog", "--json")["damage"]
    assert damage["bytes_skipped"] >= 250
    assert all(49_500 < one["at"] < 50_500 for one in damage["places"])
    assert run(["log", "show", str(tmp_path / "a.tlog")]) == 0
    assert "damaged" in capsys.readouterr().err


def test_exports_open_elsewhere(flown: Path, tmp_path: Path) -> None:
    """A track could not be handed to anybody who has no Qyran."""
    flight = flown / "flights" / "one"
    track = read_log(flight / "flight.tlog").track

    def export(form: str, *words: str) -> Path:
        out = tmp_path / f"out.{form}"
        assert run(["log", "export", str(flight), "--to", form, "--out", str(out), *words]) == 0
        return out

    feature = json.loads(export("geojson").read_text())["features"][0]
    assert len(feature["geometry"]["coordinates"]) == len(track)
    points = ElementTree.parse(export("gpx")).findall(".//{*}trkpt")
    assert [float(one.get("lat")) for one in points] == pytest.approx(track.lat.tolist(), abs=1e-7)
    assert float(points[-1].find("{*}ele").text) == pytest.approx(track.alt_amsl_m[-1], abs=0.01)
    kml = ElementTree.parse(export("kml"))
    assert len(kml.findall(".//{*}coord")) == len(kml.findall(".//{*}when")) == len(track)
    rows = list(csv.DictReader(export("csv", "--message", "attitude").read_text().splitlines()))
    with np.load(export("npz")) as arrays:
        assert [float(one["roll"]) for one in rows] == pytest.approx(arrays["ATTITUDE.roll"].tolist(), rel=1e-6)
        assert arrays["STATUSTEXT.text"].dtype.kind == "S"


def test_parquet_where_pyarrow_is(flown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data people would get a file that their tools refuse, or a traceback instead of what to install."""
    words = ["log", "export", str(flown / "flights" / "one"), "--to", "parquet", "--out", str(tmp_path / "a.parquet")]
    try:
        import pyarrow.parquet as pq
    except ImportError:
        assert run([*words, "--message", "statustext"]) == 5
        assert "pyarrow" in capsys.readouterr().err
        assert not (tmp_path / "a.parquet").exists()
        return
    assert run([*words, "--message", "statustext"]) == 0
    assert "Arming motors" in pq.read_table(tmp_path / "a.parquet")["text"].to_pylist()


def test_a_replay_tells_what_was_known_and_what_happened(flown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A flight could not be looked at again without the screens."""
    flight = flown / "flights" / "one"
    happened = answer(capsys, "log", "events", flight, "--json")["events"]
    disarmed = next(one for one in happened if one["kind"] == "disarmed")
    words = ["log", "replay", str(flight), "--speed", "64", "--event", str(disarmed["event"] - 3), "--json"]
    assert run(words) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert disarmed["text"] in [one.get("text") for one in told]
    assert (told[-1]["armed"], told[-1]["altitude_home_m"]) == (False, pytest.approx(0.0, abs=0.5))
    moment = answer(capsys, "log", "replay", flight, "--at", 60, "--json")
    assert (moment["armed"], moment["freshness"], moment["at_s"]) == (True, "live", 60.0)


def test_coverage_of_a_whole_flight_and_the_gaps_of_half_of_one(
    flown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken-off patrol would have to be flown again as a whole, or what it missed would be forgotten."""
    whole = answer(capsys, "log", "coverage", flown / "flights" / "one", "--json")
    assert whole["planned"] is not None
    assert whole["seen"] == pytest.approx(whole["planned"], abs=0.03)
    log = flown / "flights" / "one" / "flight.tlog"
    pictures = open_columns(log, only=["CAMERA_FEEDBACK"])["CAMERA_FEEDBACK"]
    middle = pictures.index.start[pictures.order[len(pictures) // 2]]
    half, gaps = tmp_path / "half.tlog", tmp_path / "gaps.geojson"
    half.write_bytes(log.read_bytes()[:middle])
    told = answer(capsys, "log", "coverage", half, "--of", flown, "--gaps", gaps, "--json")
    assert 0.05 < told["seen"] < 0.9
    assert told["gaps_m2"] == pytest.approx(told["watched_m2"] * (1 - told["seen"]), rel=0.35)
    planned = read_site(flown / "areas.geojson")
    left = read_site(gaps)
    assert left.launches == planned.launches
    missed = shapely.union_all([one.shape for one in left.areas])
    assert missed.difference(planned.areas[0].shape).area < 1e-6 * planned.areas[0].shape.area
    assert run(["plan", str(gaps), "--out", str(tmp_path / "again"), "--json"]) == 0
    assert run(["log", "coverage", str(half), "--of", str(flown), "--gaps", str(tmp_path / "none"), "--dry-run"]) == 0
    assert not (tmp_path / "none").exists()


def test_a_named_flight_is_in_the_book_at_once(flown: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Hours would only be counted where somebody thinks of it."""
    (kept,) = answer(capsys, "book", "--json")["flights"]
    assert (kept["drone"], kept["battery"], kept["order"], kept["outcome"]) == ("D1", "B7", "sortie-1", "landed")
    assert kept["is_simulator"]
    record = json.loads((flown / "flights" / "one" / "flight.json").read_text())
    assert kept["duration_s"] == pytest.approx(record["duration_s"], abs=1.5)
    assert kept["distance_m"] == pytest.approx(record["distance_m"], rel=0.02)
    assert kept["battery_used"] == pytest.approx(record["battery_used"], abs=0.02)
    again = answer(capsys, "book", flown / "flights", "--json")
    assert again["added"] == {"new": 0, "known": 1, "grew": 0}


def test_what_is_overdue_is_not_flown(flown: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A drone or battery that nobody has looked after would take off."""
    (state / "limits.toml").write_text("[batteries.B7]\ncycles = 0.001\n")
    told = answer(capsys, "book", "check", "--drone", "D1", "--battery", "B7", "--json", code=1)
    assert "B7 is overdue" in told["overdue"][0]
    mission = str(flown / "missions" / "sortie-1.plan")
    words = ["fly", mission, "--on", "udpout:127.0.0.1:9", "--yes", "--drone", "D1"]
    assert run([*words, "--battery", "B7"]) == 4
    assert "B7 is overdue" in capsys.readouterr().err
    assert run(["book", "service", "--battery", "B7", "--as", "A. Mechanic"]) == 0
    told = answer(capsys, "book", "batteries", "--json")["batteries"][0]
    assert (told["overdue"], told["since_service"]["cycles"]) == ([], 0)
    assert run(["book", "check", "--battery", "B7"]) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["log", "show", "missing.tlog"], "no such file"),
        (["log", "show", "empty.tlog"], "empty"),
        (["log", "events", "words.tlog"], "No MAVLink packet"),
        (["log", "show", "."], "no .tlog and no .bin"),
        (["log", "show", "small.tlog", "--vehicle", "9"], "Vehicle 9 does not speak"),
        (
            ["log", "export", "small.tlog", "--to", "csv", "--message", "attitude", "--out", "here"],
            "a folder or a device stands there",
        ),
        (["log", "replay", "words.tlog", "--speed", "65"], "at most 64"),
        (["log", "export", "words.tlog", "--to", "gpx", "--message", "ATTITUDE"], "holds the track"),
        (["log", "export", "words.tlog", "--to", "parquet"], "which kind"),
        (["log", "export", "words.tlog", "--to", "csv", "--message", "ATT?"], "no message"),
        (["log", "coverage", "words.tlog"], "no project"),
        (["book", "missing"], "no such file"),
        (["book", "assign", "1"], "Nothing is told"),
        (["book", "assign", "7", "--drone", "D1"], "no flight 7"),
        (["book", "service"], "one drone or of one battery"),
        (["book", "service", "--drone", "D9"], 'has a drone "D9"'),
        (["book", "check"], "what is to fly"),
        (["book", "--book", "words.tlog"], "cannot be used"),
    ],
)
def test_wrong_words_are_answered_in_words(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A slip of the pen would end in a traceback, or change something."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(tmp_path if "." not in words else folder)
    monkeypatch.setenv("QYRAN_STATE", str(tmp_path / "state"))
    (tmp_path / "empty.tlog").write_bytes(b"")
    (tmp_path / "words.tlog").write_text("these are words " * 100)
    packet = mavlink.MAVLink_attitude_message(1, 0.1, 0.2, 0.3, 0, 0, 0.1).pack(mavlink.MAVLink(None, srcSystem=1))
    (tmp_path / "small.tlog").write_bytes((struct.pack(">Q", 1_780_000_000_000_000) + packet) * 5)
    assert run(words) == 2
    told = capsys.readouterr()
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert (tmp_path / "words.tlog").read_text() == "these are words " * 100

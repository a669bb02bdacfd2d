"""Bad words and files get exit code 2 and one clear sentence, never a traceback, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qyran.cli import run
from qyran.cli.exits import Exit

SQUARE = [[76.94, 43.23], [76.945, 43.23], [76.945, 43.233], [76.94, 43.233], [76.94, 43.23]]


def polygon(*rings: list[list[float]]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: dict[str, object]) -> dict[str, object]:
    return {"type": "FeatureCollection", "features": list(features)}


def moved(ring: list[list[float]], lon: float, lat: float) -> list[list[float]]:
    return [[x + lon, y + lat] for x, y in ring]


AREAS: dict[str, object] = {
    "nothing at all": "",
    "not JSON": "{area:",
    "a JSON string": '"area"',
    "a list": "[1, 2]",
    "half a file": json.dumps(feature(polygon(SQUARE)))[:70],
    "binary": b"\x89PNG\r\n\x1a\n\x00\xff\xfe",
    "UTF-16": json.dumps(feature(polygon(SQUARE))).encode("utf-16"),
    "no features": collection(),
    "features is no list": {"type": "FeatureCollection", "features": 5},
    "a feature that is null": {"type": "FeatureCollection", "features": [None]},
    "no geometry": feature(None),
    "unknown geometry": feature({"type": "Circle", "coordinates": [76.9, 43.2]}),
    "a line": feature({"type": "LineString", "coordinates": SQUARE}),
    "a point": feature({"type": "Point", "coordinates": [76.9, 43.2]}),
    "empty polygon": feature(polygon()),
    "empty ring": feature(polygon([])),
    "two points": feature(polygon(SQUARE[:2])),
    "open ring": feature(polygon(SQUARE[:4])),
    "a bow tie": feature(polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])),
    "no width": feature(polygon([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[0]])),
    "text for numbers": feature(polygon([["76.94", "43.23"], *SQUARE[1:4], ["76.94", "43.23"]])),
    "null for numbers": feature(polygon([[None, None], *SQUARE[1:]])),
    "one number a point": feature(polygon([[76.94], *SQUARE[1:4], [76.94]])),
    "NaN": '{"type":"Polygon","coordinates":[[[NaN,43],[77,43],[77,44],[NaN,43]]]}',
    "infinite": '{"type":"Polygon","coordinates":[[[1e400,43],[77,43],[77,44],[1e400,43]]]}',
    "beyond the globe": feature(polygon(moved(SQUARE, 120, 0))),
    "latitude first": feature(polygon([[lat, lon] for lon, lat in moved(SQUARE, 20, 0)])),
    "projected metres": feature(polygon([[x * 1e5, y * 1e5] for x, y in SQUARE])),
    "Pulkovo 1942": {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4284"}},
        "features": [feature(polygon(SQUARE))],
    },
    "a crs of no kind": {"type": "FeatureCollection", "crs": 7, "features": [feature(polygon(SQUARE))]},
    "the same id twice": collection(
        feature(polygon(SQUARE), id="a", kind="area"), feature(polygon(moved(SQUARE, 0.01, 0)), id="a", kind="area")
    ),
    "unknown kind": collection(feature(polygon(SQUARE), id="a", kind="aera")),
    "kind is a number": collection(feature(polygon(SQUARE), id="a", kind=3)),
    "only a zone": collection(feature(polygon(SQUARE), id="z", kind="keep_out")),
    "an altitude without reference": collection(
        feature(polygon(SQUARE), id="a", kind="area"),
        feature(polygon(SQUARE), id="z", kind="keep_out", ceiling=120),
    ),
    "a launch that is a polygon": collection(
        feature(polygon(SQUARE), id="a", kind="area"), feature(polygon(SQUARE), id="l", kind="launch")
    ),
    "half the globe": feature(polygon([[-170, -80], [170, -80], [170, 80], [-170, 80], [-170, -80]])),
    "nested without end": "[" * 20_000,
    "a hole outside": feature(polygon(SQUARE, moved(SQUARE, 0.1, 0))),
}

SETTINGS: dict[str, str | bytes] = {
    "not TOML": "[patrol\nname = 1",
    "unknown table": "[sweeep]\n",
    "unknown key": "[sweep]\nsped_mps = 3\n",
    "text for a number": '[sweep]\nspeed_mps = "fast"\n',
    "a number for an altitude": "[sweep]\naltitude = 60\n",
    "an altitude without reference": '[sweep]\naltitude = "60 m"\n',
    "a sweep above the sea": '[sweep]\naltitude = "60 m AMSL"\n',
    "no speed": "[sweep]\nspeed_mps = 0\n",
    "negative swath": "[sweep]\nswath_m = -3.0\n",
    "NaN": "[sweep]\nspeed_mps = nan\n",
    "infinite": "[limits]\nwind_mps = inf\n",
    "all overlap": "[sweep]\nside_overlap = 1.0\n",
    "more reserve than battery": "[limits]\nbattery_reserve = 1.5\n",
    "no battery": "[vehicle]\nbattery_wh = 0.0\n",
    "half a camera": '[camera]\nname = "x"\n',
    "a launch that is not drawn": '[patrol]\nlaunch = "roof"\n',
    "not UTF-8": b"[patrol]\nname = '\xff'\n",
    "the same key twice": '[patrol]\nname = "a"\nname = "b"\n',
}

WORDS: dict[str, list[str]] = {
    "no such command": ["patroll"],
    "no such option": ["plan", "--swoth", "3", "x"],
    "no path": ["plan"],
    "no such file": ["plan", "nowhere.geojson"],
    "swath zero": ["plan", "x.geojson", "--swath", "0"],
    "swath negative": ["plan", "x.geojson", "--swath", "-30"],
    "swath NaN": ["plan", "x.geojson", "--swath", "nan"],
    "swath infinite": ["plan", "x.geojson", "--swath", "1e999"],
    "swath in words": ["plan", "x.geojson", "--swath", "wide"],
    "altitude in words": ["plan", "x.geojson", "--altitude", "high"],
    "speed zero": ["plan", "x.geojson", "--speed", "0"],
    "launch in words": ["plan", "x.geojson", "--launch", "here"],
    "launch of one number": ["plan", "x.geojson", "--launch", "43.2"],
    "launch beyond the globe": ["plan", "x.geojson", "--launch", "43.2,276.9"],
    "launch swapped": ["plan", "x.geojson", "--launch", "100.9,43.2"],
    "no link given": ["fly", "x.plan"],
    "no such mission": ["fly", "nowhere.plan", "--on", "tcp:127.0.0.1:5760", "--yes"],
    "a mission that is a folder": ["fly", ".", "--on", "tcp:127.0.0.1:5760", "--yes"],
    "no vehicles": ["sim", "serve", "--vehicles", "0"],
    "a port beyond all": ["sim", "serve", "--port", "70000"],
    "a negative speed-up": ["sim", "serve", "--speedup", "-1"],
    "a parameter without value": ["sim", "serve", "--param", "FS_GCS_ENABLE"],
    "a parameter of no number": ["sim", "serve", "--param", "FS_GCS_ENABLE=on"],
    "no such shell": ["completion", "tcsh"],
    "a demo of nothing": ["demo", "nowhere"],
    "a map of nothing": ["map", "nowhere"],
    "export without a folder": ["export", "x.geojson"],
    "no such ground": ["demo", "--on", "moon"],
}


def written(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def assert_refused(words: list[str], folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.rglob("*"))
    code = run(words)
    out, err = capfd.readouterr()
    assert code == Exit.WRONG_INPUT, f"exit {code}: {err}"
    assert out == ""
    assert "Traceback" not in err
    said = [line for line in err.splitlines() if line.startswith(("qyran: ", "Error: "))]
    assert len(said) == 1, err
    assert len(said[0]) > 20
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", AREAS)
def test_a_bad_area_file_is_refused_in_words(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A broken drawing would be flown, or the pilot would be left with a traceback."""
    (tmp_path / "area.geojson").write_bytes(written(AREAS[name]))
    words = ["plan", str(tmp_path / "area.geojson"), "--swath", "40", "--out", str(tmp_path / "out"), "--json"]
    assert_refused(words, tmp_path, capfd)


@pytest.mark.parametrize("name", SETTINGS)
def test_bad_settings_are_refused_in_words(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A mistyped setting would be ignored and the drone would fly the default instead."""
    (tmp_path / "areas.geojson").write_text(json.dumps(feature(polygon(SQUARE))))
    (tmp_path / "patrol.toml").write_bytes(written(SETTINGS[name]))
    assert_refused(["plan", str(tmp_path), "--json"], tmp_path, capfd)


@pytest.mark.parametrize("name", WORDS)
def test_bad_words_are_refused_in_words(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slip at the keyboard would start something that was not meant."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.geojson").write_text(json.dumps(feature(polygon(SQUARE))))
    assert_refused(WORDS[name], tmp_path, capfd)


def test_every_command_explains_itself() -> None:
    """A pilot without a manual could not find the words."""
    from qyran.cli import _COMMANDS, app

    for name in _COMMANDS:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_a_new_project_never_overwrites_one(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A second `qyran new` would wipe a drawn patrol."""
    assert run(["new", str(tmp_path / "p")]) == Exit.DONE
    (tmp_path / "p" / "patrol.toml").write_text("[patrol]\nname = 'mine'\n")
    capfd.readouterr()
    assert_refused(["new", str(tmp_path / "p")], tmp_path, capfd)
    assert "mine" in (tmp_path / "p" / "patrol.toml").read_text()

"""The commands in docs/terrain.md, what people give them by mistake, and a patrol over hills that they plan and fly."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine
from shapely import box

from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.site import Area, Launch, Site
from planner.terrain import Terrain
from qyran.cli import run
from qyran.project import Project
from sim import Simulator, SimulatorSettings
from telemetry import read_tlog

ROOT = Path(__file__).parents[2]
COMMANDS = re.findall(r"^    qyran (.*)$", (ROOT / "docs" / "terrain.md").read_text(encoding="utf-8"), re.MULTILINE)
HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
HILL_M = 45.0


def ground_m(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """A valley at home, and a ridge 300 m east of it."""
    return 800 + HILL_M * np.exp(-(((east - 300) / 130) ** 2)) + 8 * np.sin(north / 90)


def write_tif(path: Path, crs: str = "EPSG:32643", step: float = 25.0, side: int = 120) -> Path:
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = to.transform(*HOME)
    rows, columns = np.indices((side, side))
    lon, lat = to.transform(
        x + (columns - side / 2 + 0.5) * step, y + (side / 2 - rows - 0.5) * step, direction="INVERSE"
    )
    east, north = FRAME.points_to_local(np.column_stack([lon.ravel(), lat.ravel()])).T
    place = Affine(step, 0, x - side / 2 * step, 0, -step, y + side / 2 * step)
    form = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32", "nodata": -9999}
    with rasterio.open(path, "w", crs=crs, transform=place, **form) as file:
        file.write(ground_m(east, north).reshape(side, side).astype(np.float32), 1)
    return path


def write_hgt(path: Path) -> None:
    """All of the tile, level; the hills around home."""
    posts = np.full((1201, 1201), 800, dtype=">i2")
    row, column = round((44 - HOME.lat) * 1200), round((HOME.lon - 76) * 1200)
    rows, columns = np.mgrid[row - 30 : row + 31, column - 30 : column + 31]
    east, north = FRAME.points_to_local(np.column_stack([76 + columns.ravel() / 1200, 44 - rows.ravel() / 1200])).T
    posts[row - 30 : row + 31, column - 30 : column + 31] = np.round(ground_m(east, north)).reshape(rows.shape)
    path.write_bytes(posts.tobytes())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project, an SRTM tile, and a folder of GeoTIFFs."""
    folder = tmp_path_factory.mktemp("hills")
    area = Area("slope", FRAME.to_lonlat(box(120, -60, 380, 60)))
    Project.create(folder / "patrol", name="hills", site=Site((area,), launches=(Launch("here", HOME),)))
    settings = folder / "patrol/patrol.toml"
    settings.write_text(
        settings.read_text().replace("# swath_m = 40.0", "swath_m = 60.0") + "\n[vehicle]\nreturn_altitude_m = 90.0\n"
    )
    (folder / "dem").mkdir()
    write_tif(folder / "dem/utm.tif")
    write_tif(folder / "survey.tif", "EPSG:28473", step=10.0)
    write_hgt(folder / "N43E076.hgt")
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to work in, as the working directory."""
    shutil.copytree(made, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def said(capfd: pytest.CaptureFixture[str], words: str) -> tuple[int, str, str]:
    capfd.readouterr()
    code = int(run(words.split()))
    out, err = capfd.readouterr()
    return code, out, err


def test_the_commands_do_what_the_docs_say(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A reader's first command over hills would fail."""
    assert len(COMMANDS) >= 4
    for command in COMMANDS:
        code, out, err = said(capfd, command)
        assert code == 0, (command, err)
        if "--json" in command:
            answer = json.loads(out)
            assert not answer["blocked"]
            assert 0.0140 <= answer["ground_sampling_m"]["finest"] < answer["ground_sampling_m"]["coarsest"] <= 0.0190
        elif command.startswith("plan"):
            assert re.search(r"\d\.\d to \d\.\d cm of ground a pixel", err)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ("nothing.tif", 2, "no such terrain file"),
        ("empty", 2, "no terrain file in it"),
        ("words.tif", 2, "cannot be read"),
        ("small.tif", 2, "N43E076"),
        ("N42E076.hgt", 2, "N43E076"),
        ("placeless.tif", 2, "cannot be told within"),
        ("voids.tif", 1, "unknown at 43.2"),
    ],
)
def test_what_cannot_be_flown_over_is_named(
    given: str, code: int, words: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A plan would be made over a hole in the ground, or a person would not learn which file is wrong."""
    (here / "empty").mkdir()
    (here / "words.tif").write_text("words")
    shutil.copy(here / "N43E076.hgt", here / "N42E076.hgt")
    write_tif(here / "small.tif", side=6)
    placeless = "+proj=tmerc +lat_0=0 +lon_0=75 +x_0=500000 +ellps=krass +units=m +no_defs"
    write_tif(here / "placeless.tif", placeless)
    with rasterio.open(write_tif(here / "voids.tif"), "r+") as file:
        heights = file.read(1)
        heights[55:65, 68:74] = -9999
        file.write(heights, 1)
    found, out, err = said(capfd, f"plan patrol --terrain {given}")
    assert (found, out) == (code, "")
    assert words in err
    assert not (here / "patrol/missions").exists(), "nothing half written"
    if given == "voids.tif":
        assert said(capfd, "check patrol --terrain voids.tif --terrain dem")[0] == 0, "another file fills its voids"


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        ([FRAME.point_to_lonlat((250, 28))], "Point"),
        ([FRAME.point_to_lonlat((250, -300)), FRAME.point_to_lonlat((260, 300))], "LineString"),
    ],
)
def test_masts_and_wires_block_what_flies_into_them(
    geometry: list[LonLat], kind: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A drone would be flown into a mast that stands in a file."""
    coordinates = [list(place) for place in geometry]
    shape = {"type": kind, "coordinates": coordinates[0] if kind == "Point" else coordinates}
    for height, code in ((15, 0), (70, 1)):
        feature = {"type": "Feature", "properties": {"height": height, "name": "Line 7"}, "geometry": shape}
        (here / "patrol/o.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        settings = (here / "patrol/patrol.toml").read_text()
        (here / "patrol/patrol.toml").write_text(
            settings.split("\n[terrain]\nfolder")[0] + '\n[terrain]\nfolder = "../dem"\nobstacles = "o.geojson"\n'
        )
        found, out, err = said(capfd, "check patrol --json")
        assert found == code, err
        blocking = [one for one in json.loads(out)["findings"] if one["severity"] == "blocking"]
        assert all("Line 7" in one["sentence"] or one["rule"] == "return_way" for one in blocking)
        assert any(one["rule"] == "clearance" and one["place"] for one in blocking) is (code == 1)


def test_a_patrol_over_a_ridge_is_planned_and_flown_by_commands(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What the plan says of heights above the ground would not be what the drone is told to do."""
    assert said(capfd, "plan patrol --terrain dem")[0] == 0
    with Simulator(SimulatorSettings(port=0, home=HOME, speedup=60.0)) as simulator:
        address = simulator.addresses[0].address
        code, out, err = said(capfd, f"fly patrol/missions/sortie-1.plan --on {address} --yes --out flight --json")
    assert code == 0, err
    assert json.loads(out)["outcome"] == "landed"
    track = read_tlog(here / "flight/flight.tlog").track
    terrain = Terrain.open(here / "dem")
    known = np.isfinite(track.lon) & np.isfinite(track.alt_home_m)
    places, up = np.column_stack([track.lon, track.lat])[known], track.alt_home_m[known]
    east = FRAME.points_to_local(places)[:, 0]
    above = (up + terrain.height(HOME) - terrain.heights(places))[(east > 40)]
    assert len(above) > 50
    assert above.min() >= 55 - 2
    assert above.max() <= 70 + 2
    assert np.ptp(up[east > 40]) > 0.6 * HILL_M, "the ridge was never climbed"

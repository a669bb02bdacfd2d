"""Terrain files: what is read from them, where it lies, and what is said where it is missing or broken."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from planner.errors import FileFormatError, InputError
from planner.geodesy import LocalFrame
from planner.quantities import LonLat
from planner.terrain import Terrain

SHARED = Path(os.environ.get("QYRAN_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data/terrain"
VOID = -32768
ALMATY = LonLat(76.9, 43.2)


def write_tif(path: Path, heights: np.ndarray, *, crs: str = "EPSG:4326", origin=(76.85, 43.25), step=1e-3, **more):
    """A GeoTIFF with its upper left corner at ``origin``."""
    form = {"driver": "GTiff", "height": heights.shape[0], "width": heights.shape[1], "count": 1, "nodata": VOID}
    form |= {
        "dtype": heights.dtype,
        "crs": crs,
        "transform": Affine(step, 0.0, origin[0], 0.0, -step, origin[1]),
    } | more
    with rasterio.open(path, "w", **form) as file:
        file.write(heights, 1)
    return path


def write_hgt(path: Path, heights: np.ndarray) -> Path:
    """An SRTM tile as it is published: big-endian 16-bit posts, the first row in the north."""
    path.write_bytes(heights.astype(">i2").tobytes())
    return path


def tilted(side: int = 1201) -> np.ndarray:
    """Posts that rise 1 m a row to the south and 2 m a column to the east."""
    rows, columns = np.indices((side, side))
    return (rows + 2 * columns).astype(np.int16)


def test_an_hgt_lies_where_its_name_says(tmp_path: Path) -> None:
    """Every height would be that of another place: 0.00083° are 90 m."""
    terrain = Terrain.open(write_hgt(tmp_path / "N43E076.hgt", tilted()))
    at = np.array([[76.0, 44.0], [77.0, 43.0], [76.5, 43.5], [76.0 + 1.5 / 1200, 44.0 - 2.25 / 1200]])
    assert terrain.heights(at) == pytest.approx([0.0, 1200 + 2400, 600 + 1200, 2.25 + 3.0], abs=1e-3)


def test_neighbouring_tiles_are_one_ground(tmp_path: Path) -> None:
    """A patrol across a tile's edge would fall into a gap there."""
    north, south = tilted(), tilted() + 1200
    write_hgt(tmp_path / "N43E076.hgt", north)
    write_hgt(tmp_path / "N42E076.hgt", south)
    terrain = Terrain.open(tmp_path)
    lats = np.linspace(42.9, 43.1, 401)
    heights = terrain.heights(np.column_stack([np.full(401, 76.25), lats]))
    assert heights == pytest.approx((44 - lats) * 1200 + 600, abs=1e-2)


def test_seamless_geotiffs_join_without_a_gap(tmp_path: Path) -> None:
    """Copernicus tiles do not overlap: between their last and first posts the ground would be unknown."""
    rows, columns = np.indices((100, 200))
    whole = (100 + rows + 2 * columns).astype(np.float32)
    write_tif(tmp_path / "west.tif", whole[:, :100])
    write_tif(tmp_path / "east.tif", whole[:, 100:], origin=(76.95, 43.25))
    one = Terrain.open(write_tif(tmp_path / "one.tiff", whole))
    two = Terrain.open([tmp_path / "west.tif", tmp_path / "east.tif"])
    at = np.column_stack([np.linspace(76.94, 76.96, 301), np.full(301, 43.2003)])
    assert not np.isnan(two.heights(at)).any()
    assert two.heights(at) == pytest.approx(one.heights(at), abs=1e-3)


@pytest.mark.parametrize("crs", ["EPSG:32643", "EPSG:28473", "EPSG:3857"])
def test_any_reference_system_is_turned_into_ours(crs: str, tmp_path: Path) -> None:
    """A national DEM in metres would lie somewhere else, Pulkovo 1942 about 60 m off."""
    from pyproj import Transformer

    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = to.transform(*ALMATY)
    step, side = 25.0, 201
    west, north = x - side / 2 * step, y + side / 2 * step
    rows, columns = np.indices((side, side))
    east_m, north_m = west + (columns + 0.5) * step, north - (rows + 0.5) * step
    heights = (1000 + 0.1 * (east_m - x) + 0.05 * (north_m - y)).astype(np.float32)
    terrain = Terrain.open(write_tif(tmp_path / "plane.tif", heights, crs=crs, origin=(west, north), step=step))
    places = np.array(ALMATY) + np.random.default_rng(1).uniform(-0.01, 0.01, (500, 2))
    px, py = to.transform(places[:, 0], places[:, 1])
    assert terrain.heights(places) == pytest.approx(1000 + 0.1 * (px - x) + 0.05 * (py - y), abs=1e-2)


PLACELESS = "+proj=tmerc +lat_0=0 +lon_0=75 +x_0=500000 +ellps=krass +units=m +no_defs"


@pytest.mark.parametrize(
    ("crs", "origin", "step", "words"),
    [
        (PLACELESS, (650_000.0, 4_790_000.0), 30.0, "cannot be told within"),
        ("EPSG:28403", (8_370_000.0, 7_040_000.0), 30.0, "cannot be told within|nowhere on the globe"),
        ("EPSG:4979", (76.8, 43.3), 0.001, "above the ellipsoid"),
    ],
)
def test_ground_that_cannot_be_placed_is_refused(
    crs: str, origin: tuple[float, float], step: float, words: str, tmp_path: Path
) -> None:
    """A hill would stand 60 m beside where the drone expects it, or 40 m lower."""
    path = write_tif(tmp_path / "there.tif", np.full((50, 50), 700, dtype=np.int16), crs=crs, origin=origin, step=step)
    with pytest.raises(InputError, match=words) as caught:
        Terrain.open(path)
    assert "there.tif" in str(caught.value)


def test_voids_are_unknown_and_another_file_fills_them(tmp_path: Path) -> None:
    """A void read as -32768 m or as 0 m would let a drone fly into a mountain."""
    full = np.full((100, 100), 700, dtype=np.int16)
    holed = full.copy()
    holed[40:60, 40:60] = VOID
    first, second = write_tif(tmp_path / "a.tif", holed), write_tif(tmp_path / "b.tif", full + 50)
    inside, beside, out = [76.90, 43.20], [76.92, 43.20], [76.5, 43.5]
    alone = Terrain.open(first).heights(np.array([inside, beside, out]))
    assert np.isnan(alone).tolist() == [True, False, True]
    assert Terrain.open([first, second]).heights(np.array([inside, beside])) == pytest.approx([750, 700])


def test_a_void_that_the_file_does_not_name_is_none(tmp_path: Path) -> None:
    """A drone would be told to dive ten kilometres where somebody wrote -9999 and no word of it."""
    heights = np.full((100, 100), 700, dtype=np.int16)
    heights[40:60, 40:60] = -9999
    path = write_tif(tmp_path / "a.tif", heights, nodata=None)
    known = Terrain.open(path).heights(np.array([[76.90, 43.20], [76.92, 43.20]]))
    assert np.isnan(known).tolist() == [True, False]


def test_a_picture_is_no_terrain(tmp_path: Path) -> None:
    """The red of an aerial picture would be flown over as heights."""
    form = {"driver": "GTiff", "height": 8, "width": 8, "count": 3, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "photo.tif", "w", transform=Affine(0.01, 0, 76, 0, -0.01, 44), **form) as file:
        file.write(np.full((3, 8, 8), 200, dtype=np.uint8))
    with pytest.raises(InputError, match=r"photo.tif: It has 3 bands"):
        Terrain.open(tmp_path / "photo.tif")


def test_missing_tiles_are_named(tmp_path: Path) -> None:
    """The pilot would not know which file to fetch."""
    terrain = Terrain.open(write_hgt(tmp_path / "N43E076.hgt", tilted()))
    places = np.array([[76.5, 43.5], [77.5, 43.5], [-1.5, -0.5]])
    assert terrain.missing(places) == ("N43E077", "S01W002")
    with pytest.raises(InputError, match="N43E077, S01W002"):
        terrain.refuse_missing(places)


def test_feet_scales_and_offsets_become_metres(tmp_path: Path) -> None:
    """A DEM in feet would put the ground three times as high."""
    path = write_tif(tmp_path / "feet.tif", np.full((50, 50), 1000, dtype=np.int16))
    with rasterio.open(path, "r+") as file:
        file.units = ("ft",)
        file.scales, file.offsets = (2.0,), (500.0,)
    assert Terrain.open(path).height(LonLat(76.87, 43.23)) == pytest.approx((1000 * 2 + 500) * 0.3048)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("N43E076.hgt", b"short", "cannot be read"),
        ("almaty.hgt", b"\0" * 2 * 1201 * 1201, "does not say which tile"),
        ("dem.tif", b"not a tif", "cannot be read"),
        ("dem.asc", b"ncols 4", "no terrain file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_named_with_the_reason(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    """A traceback, or silently no terrain, instead of a sentence."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=words) as caught:
        Terrain.open(tmp_path / name)
    assert name in str(caught.value)


def test_a_file_without_a_place_is_refused(tmp_path: Path) -> None:
    """A reference system would be guessed."""
    path = tmp_path / "nowhere.tif"
    form = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "int16"}
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(path, "w", **form) as file:
        file.write(np.zeros((4, 4), dtype=np.int16), 1)
    with pytest.raises(FileFormatError, match="where it lies"):
        Terrain.open(path)


def test_nothing_to_open_is_said(tmp_path: Path) -> None:
    """A misspelt folder would be flat ground."""
    with pytest.raises(InputError, match="no such"):
        Terrain.open(tmp_path / "no")
    with pytest.raises(InputError, match="no terrain file"):
        Terrain.open(tmp_path)


def test_only_what_is_asked_about_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A national DEM of gigabytes would be read into memory for one field."""
    from planner.terrain.files import Tile

    path = write_tif(tmp_path / "wide.tif", np.zeros((3000, 3000), dtype=np.int16), step=1e-4)
    read, whole = [], Tile.read
    monkeypatch.setattr(Tile, "read", lambda tile, *at: (read.append(at[2] * at[3]), whole(tile, *at))[1])
    terrain = Terrain.open(path)
    terrain.heights(np.array([[77.0, 43.1], [77.001, 43.101]]))
    terrain.heights(np.array([[77.0005, 43.1005]]))
    assert 0 < sum(read) <= 4 * 257**2


def test_a_terrain_survives_the_way_to_another_process(tmp_path: Path) -> None:
    """Plans could not be worked out by several processes."""
    terrain = Terrain.open(write_hgt(tmp_path / "N43E076.hgt", tilted()))
    again = pickle.loads(pickle.dumps(terrain))
    assert again == terrain
    assert again.height(ALMATY) == terrain.height(ALMATY)


def test_a_profile_knows_every_crest(tmp_path: Path) -> None:
    """A ridge one post wide between two samples would be missed."""
    heights = np.zeros((100, 100), dtype=np.int16)
    heights[:, 63] = 80
    terrain = Terrain.open(write_tif(tmp_path / "ridge.tif", heights))
    start, end = LonLat(76.86, 43.2), LonLat(76.94, 43.21)
    profile = terrain.profile(start, end)
    crest = 76.85 + 63.5e-3
    assert profile.ground_m.max() == pytest.approx(80, abs=0.05)
    away = profile.distance_m[profile.ground_m.argmax()] / profile.distance_m[-1]
    assert 76.86 + away * 0.08 == pytest.approx(crest, abs=1e-5)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data: set QYRAN_SHARED")
def test_a_zipped_srtm_tile_has_the_height_of_a_known_place() -> None:
    """ArduPilot's own home at Canberra's model field lies at 584 m; a shifted tile would not say so."""
    terrain = Terrain.open(SHARED / "srtm")
    assert terrain.height(LonLat(149.165237, -35.363262)) == pytest.approx(584, abs=6)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data: set QYRAN_SHARED")
def test_the_ground_is_what_rasterio_itself_says() -> None:
    """Our own bilinear reading would differ from everyone else's."""
    path = SHARED / "baltoro_srtm_clip.tif"
    terrain, frame = Terrain.open(path), LocalFrame(LonLat(76.4, 35.75))
    with rasterio.open(path) as file:
        rows, columns = (part.ravel() for part in np.mgrid[100:300:7, 100:700:11])
        said = file.read(1)[rows, columns].astype(float)
        west, north, step = file.bounds.left, file.bounds.top, file.res[0]
    posts = np.column_stack([west + (columns + 0.5) * step, north - (rows + 0.5) * step])
    assert terrain.heights(posts) == pytest.approx(said, abs=1e-3)
    pieces = terrain.along(np.array([[(-9000.0, -4000.0), (8000.0, 5000.0)]]), frame)
    assert pieces.start[0] == 0.0
    assert pieces.end[-1] == 1.0
    assert (pieces.start[1:] == pieces.end[:-1]).all()

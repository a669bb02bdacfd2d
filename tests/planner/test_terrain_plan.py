"""Plans over terrain: what comes out of the order, what the rules say of it, and the words of the command line."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import Affine
from shapely import box

from missions import compile_sortie
from missions.items import Command, Frame
from planner.errors import FileFormatError, InputError, SettingError
from planner.geodesy import LocalFrame
from planner.patrol import Patrol
from planner.patterns import Corridor as CorridorPattern
from planner.patterns import Orbit, Sweep
from planner.plan import Finding, Plan, Severity
from planner.planning import plan
from planner.quantities import Altitude, AltitudeReference, LonLat
from planner.site import Area, Corridor, Launch, Point, Site
from planner.terrain import Ground, Obstacle, Terrain, read_obstacles
from planner.terrain.highest import highest_ground
from planner.vehicles import VehicleProfile
from qyran.cli import run
from qyran.project import Project
from qyran.settings import settings_from

HOME = LonLat(76.9, 43.2)
FRAME = LocalFrame(HOME)
HIGH_RETURN = VehicleProfile(return_altitude_m=100.0)


def write_dem(path: Path, heights: np.ndarray, step_m: float = 30.0) -> Path:
    """A DEM in UTM zone 43 north, its middle at home."""
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True).transform(*HOME)
    rows, columns = heights.shape
    place = Affine(step_m, 0.0, x - columns / 2 * step_m, 0.0, -step_m, y + rows / 2 * step_m)
    form = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float32", "nodata": -32768}
    with rasterio.open(path, "w", crs="EPSG:32643", transform=place, **form) as file:
        file.write(heights.astype(np.float32), 1)
    return path


def hills(height_m: float = 60.0) -> np.ndarray:
    rows, columns = np.indices((160, 160)) * 30.0
    return 900 + height_m * np.sin(columns / 150) * np.cos(rows / 190)


def order(ground: Ground | None, **more: object) -> Patrol:
    area = Area("meadow", FRAME.to_lonlat(box(200, -300, 900, 300)))
    site = Site((area,), launches=(Launch("here", HOME),))
    pattern = Sweep(altitude=Altitude.agl(60), swath_m=60.0)
    return replace(Patrol("hills", site, pattern, vehicle=HIGH_RETURN, ground=ground), **more)


def found(made: Plan, rule: str, severity: Severity) -> list[Finding]:
    return [finding for finding in made.findings if finding.rule == rule and finding.severity is severity]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(Terrain.open(write_dem(tmp_path_factory.mktemp("dem") / "hills.tif", hills())))


@pytest.fixture(scope="module")
def made(ground: Ground) -> Plan:
    return plan(order(ground))


def test_a_sweep_over_hills_is_flown_above_home_and_proved(made: Plan, ground: Ground) -> None:
    """The drone would hold 60 m above the launch, into the next hill."""
    waypoints = [waypoint for sortie in made.sorties for waypoint in sortie.route.waypoints]
    assert {waypoint.altitude.reference for waypoint in waypoints} == {AltitudeReference.HOME}
    over = np.array([w.altitude.metres for w in waypoints]) + ground.terrain.height(HOME)
    over -= ground.terrain.heights(np.array([w.position for w in waypoints]))
    assert over.min() >= 54.9
    assert over.max() <= 70.1
    assert np.ptp([w.altitude.metres for w in waypoints]) > 40, "the hills were never there"
    assert made.covered >= 0.995
    clear = found(made, "clearance", Severity.INFO)[0]
    assert clear.margin >= 35 - 0.1
    assert not made.is_blocked, [f for f in made.findings if f.severity.blocks]


def test_the_mission_tells_heights_above_home(made: Plan) -> None:
    """An autopilot would take heights above ground for heights above home."""
    mission = compile_sortie(made, made.sorties[0])
    wanted = [waypoint.altitude.metres for waypoint in made.sorties[0].route.waypoints]
    told = [item for item in mission.items[1:] if item.command in (Command.NAV_TAKEOFF, Command.NAV_WAYPOINT)]
    assert {item.frame for item in told} == {Frame.GLOBAL_RELATIVE_ALT}
    assert [item.z for item in told] == pytest.approx(wanted, abs=0.006)


def test_climbs_are_in_the_forecast(made: Plan, ground: Ground, tmp_path: Path) -> None:
    """A battery planned for flat ground would be empty in the mountains."""
    flat = plan(order(None))
    level = sum(sortie.forecast.energy_wh for sortie in flat.sorties)
    assert sum(sortie.forecast.energy_wh for sortie in made.sorties) > level
    steep = Ground(Terrain.open(write_dem(tmp_path / "steep.tif", hills(150.0))))
    made_steep = plan(order(steep))
    assert sum(s.forecast.duration_s for s in made_steep.sorties) > 1.02 * flat.duration_s
    assert found(made_steep, "clearance", Severity.INFO)[-1].sentence.startswith("Climbs and descents slow")


def test_sorties_that_climb_still_fit_the_battery(tmp_path: Path) -> None:
    """A sortie filled to the brim for flat ground would land with its reserve used."""
    steep = Ground(Terrain.open(write_dem(tmp_path / "steep.tif", hills(60.0))))
    made = plan(order(steep, vehicle=replace(HIGH_RETURN, battery_wh=65.0)))
    assert len(made.sorties) > 1
    assert not found(made, "battery", Severity.BLOCKING)
    assert not found(made, "return_energy", Severity.BLOCKING)


def test_without_a_ground_plans_are_as_before(ground: Ground) -> None:
    """Everyone without terrain files would get other plans, or new findings."""
    made = plan(order(None))
    assert {w.altitude for s in made.sorties for w in s.route.waypoints} == {Altitude.agl(60)}
    assert not [finding for finding in made.findings if finding.rule == "clearance"]


def test_flat_ground_that_is_asked_for_is_proved_too() -> None:
    """Obstacles could not be checked where there is no terrain file."""
    mast = Obstacle("m", shapely.Point(FRAME.point_to_lonlat((500, 0))), Altitude.agl(90), 25.0, "Mast")
    made = plan(order(Ground(None, (mast,))))
    assert {w.altitude for s in made.sorties for w in s.route.waypoints} == {Altitude.agl(60)}
    blocking = found(made, "clearance", Severity.BLOCKING)
    assert "'Mast'" in blocking[0].sentence
    assert blocking[0].margin == pytest.approx(-30.0)
    assert LocalFrame(HOME).points_to_local(np.array([blocking[0].place]))[0] == pytest.approx((500, 0), abs=45)
    assert not plan(order(Ground(None))).is_blocked


def test_a_fixed_height_into_a_ridge_is_blocked_with_the_place(tmp_path: Path) -> None:
    """A leg that is high enough at both ends and not between them would be uploaded."""
    _, columns = np.indices((160, 160))
    heights = 900 + np.maximum(0, 75 - 15 * np.abs(columns - 98.0))
    ridge = Ground(Terrain.open(write_dem(tmp_path / "ridge.tif", heights)))
    fixed = replace(order(ridge), pattern=Sweep(altitude=Altitude.home(60), swath_m=60.0, heading_deg=90.0))
    blocking = found(plan(fixed), "clearance", Severity.BLOCKING)
    assert len(blocking) == 1
    assert blocking[0].margin == pytest.approx(60 - 75 - 20, abs=0.2)
    east = LocalFrame(HOME).points_to_local(np.array([blocking[0].place]))[0][0]
    assert east == pytest.approx((98.5 - 80) * 30, abs=15)


def test_a_way_home_through_a_ridge_is_blocked(tmp_path: Path) -> None:
    """On a lost link the drone would fly home into the ridge that its route went over."""
    _, columns = np.indices((160, 160))
    heights = 900 + np.maximum(0, 140 - 20 * np.abs(columns - 85.0))
    ridge = Ground(Terrain.open(write_dem(tmp_path / "ridge.tif", heights)))
    low = plan(order(ridge, vehicle=VehicleProfile(return_altitude_m=15.0)))
    high = plan(order(ridge, vehicle=VehicleProfile(return_altitude_m=165.0)))
    (blocking,) = found(low, "return_way", Severity.BLOCKING)
    wanted = float(re.search(r"return_altitude_m \(RTL_ALT\) to (\d+) m", blocking.mend)[1])
    assert wanted == pytest.approx(140 - 30 + 20, abs=2), "home stands on the ridge's foot, 30 m up"
    mended = plan(order(ridge, vehicle=VehicleProfile(return_altitude_m=wanted)))
    assert not found(mended, "return_way", Severity.BLOCKING), "what it says does not mend it"
    assert not found(high, "return_way", Severity.BLOCKING)
    assert not found(low, "clearance", Severity.BLOCKING)


def test_the_limit_holds_above_the_ground_below(tmp_path: Path) -> None:
    """Above a gorge a level flight would be higher over ground than the law allows, and nobody would say so."""
    _, columns = np.indices((160, 160))
    heights = 900 - np.maximum(0, 100 - 12 * np.abs(columns - 98.0))
    gorge = Ground(Terrain.open(write_dem(tmp_path / "gorge.tif", heights)))
    fixed = replace(order(gorge), pattern=Sweep(altitude=Altitude.home(60), swath_m=60.0, heading_deg=90.0))
    blocking = found(plan(fixed), "height", Severity.BLOCKING)
    assert blocking[0].margin == pytest.approx(120 - 160, abs=0.2)
    assert not found(plan(order(gorge)), "height", Severity.BLOCKING)


def test_other_patterns_follow_the_ground_too(ground: Ground) -> None:
    """Only sweeps would be safe in the mountains."""
    line = shapely.LineString([FRAME.point_to_lonlat(p) for p in ((100, 100), (900, 500), (1400, -300))])
    site = Site((), launches=(Launch("here", HOME),), corridors=(Corridor("road", line, 30.0),))
    pattern = CorridorPattern(altitude=Altitude.agl(50))
    made = plan(Patrol("road", site, pattern, vehicle=HIGH_RETURN, ground=ground))
    assert not found(made, "clearance", Severity.BLOCKING)
    assert found(made, "clearance", Severity.INFO)[0].margin >= 25 - 0.1


def test_a_camera_is_kept_on_the_ground_that_is_there(ground: Ground) -> None:
    """Kept on a place at home's own height, it would look into the hillside, or over the house."""
    place = FRAME.point_to_lonlat((600, 0))
    site = Site((), launches=(Launch("here", HOME),), points=(Point("house", place),))
    made = plan(Patrol("house", site, Orbit(altitude=Altitude.agl(50)), vehicle=HIGH_RETURN, ground=ground))
    aims = [item for item in compile_sortie(made, made.sorties[0]).items if item.command == Command.DO_SET_ROI_LOCATION]
    assert aims
    over_home = ground.terrain.height(place) - ground.terrain.height(HOME)
    assert abs(over_home) > 10
    assert [item.z for item in aims] == pytest.approx([over_home] * len(aims), abs=0.05)


def test_the_same_order_gives_the_same_plan(made: Plan, ground: Ground) -> None:
    """A plan could not be made again from its files."""
    again = plan(order(Ground(Terrain.open(ground.terrain.files))))
    assert again.sorties == made.sorties
    assert again.findings == made.findings


def test_the_highest_ground_under_a_shape_is_never_missed(ground: Ground) -> None:
    """A crest inside the fan of ways home would be overlooked: sampling by chance must never find higher ground."""
    chance = np.random.default_rng(5)
    shapes = []
    for _ in range(60):
        start, step = chance.uniform(-1000, 1000, 2), chance.normal(size=2) * 300
        side = np.array([-step[1], step[0]]) / np.hypot(*step) * chance.uniform(0, 200)
        shapes.append(shapely.convex_hull(shapely.multipoints([start, start + step, start + step + side])))
    highest = highest_ground(np.array(shapes), ground.terrain, FRAME)
    for shape, top in zip(shapes, highest, strict=True):
        points = np.array(shapely.get_coordinates(shape))[:3]
        weights = chance.dirichlet(np.ones(3) / 2, 4000)
        seen = ground.terrain.heights(FRAME.points_to_lonlat(weights @ points)).max()
        assert seen - 0.02 <= top <= seen + 2.0


def obstacles_file(path: Path, *features: dict) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def feature(geometry: dict, **properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


POINT = {"type": "Point", "coordinates": [76.9, 43.2]}


def test_obstacles_are_read_as_people_write_them(tmp_path: Path) -> None:
    """OpenStreetMap's heights, or a surveyor's, would not be understood."""
    wire = {"type": "LineString", "coordinates": [[76.9, 43.2], [76.91, 43.2]]}
    file = obstacles_file(
        tmp_path / "o.geojson",
        feature(POINT, height=35, radius=4, name="Mast"),
        feature(POINT, height="98.4 ft"),
        feature(wire, height="30 m", id="L-1"),
        feature(POINT, height="1250 m AMSL"),
    )
    mast, feet, line, sea = read_obstacles(file)
    assert (mast.top, mast.radius_m, mast.label) == (Altitude.agl(35), 4.0, "Mast")
    assert feet.top.metres == pytest.approx(29.99, abs=0.01)
    assert (line.id, line.top) == ("L-1", Altitude.agl(30))
    assert sea.top == Altitude.amsl(1250)


KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Placemark id="m1"><name>Mast</name><ExtendedData><Data name="Height"><value>35</value></Data>
<Data name="radius"><value>4</value></Data></ExtendedData>
<Point><coordinates>76.9,43.2,0</coordinates></Point></Placemark>
<Placemark><name>Wire</name><LineString><altitudeMode>relativeToGround</altitudeMode>
<coordinates>76.9,43.2,30 76.91,43.2,28</coordinates></LineString></Placemark>
<Placemark><name>Tower</name><Polygon><altitudeMode>absolute</altitudeMode><outerBoundaryIs><LinearRing>
<coordinates>76.9,43.2,1250 76.901,43.2,1250 76.901,43.201,1250 76.9,43.2,1250</coordinates>
</LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""


def test_obstacles_are_read_from_kml_and_tables_too(tmp_path: Path) -> None:
    """A surveyor's masts and wires would have to be drawn again, and some would be forgotten."""
    import pyogrio.raw

    (tmp_path / "o.kml").write_text(KML)
    with zipfile.ZipFile(tmp_path / "o.kmz", "w") as archive:
        archive.writestr("doc.kml", KML)
    for name in ("o.kml", "o.kmz"):
        mast, wire, tower = read_obstacles(tmp_path / name)
        assert (mast.id, mast.top, mast.radius_m) == ("m1", Altitude.agl(35), 4.0)
        assert (wire.label, wire.top, wire.shape.geom_type) == ("Wire", Altitude.agl(30), "LineString")
        assert tower.top == Altitude.amsl(1250)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32643", always_xy=True).transform(76.9, 43.2)
    pyogrio.raw.write(
        tmp_path / "o.gpkg",
        np.array([shapely.Point(x, y).wkb], dtype=object),
        [np.array([42.0]), np.array(["Chimney"], dtype=object)],
        ["HEIGHT", "name"],
        layer="masts",
        geometry_type="Point",
        crs="EPSG:32643",
    )
    (chimney,) = read_obstacles(tmp_path / "o.gpkg")
    assert (chimney.label, chimney.top) == ("Chimney", Altitude.agl(42))
    assert (chimney.shape.x, chimney.shape.y) == pytest.approx((76.9, 43.2), abs=1e-7)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("o.kml", KML.replace("<value>35</value>", "<value>tall</value>"), "placemark 1 .m1.: 'tall' is no height"),
        ("o.kml", KML.replace("relativeToGround", "clampToGround"), "placemark 2 .*height is missing"),
        ("o.kml", KML.replace("76.91,43.2,28", "76.91;43.2"), "placemark 2: The coordinates"),
        ("o.kml", "<gpx/>", "not KML"),
        ("o.gpkg", "SQLite format 3\0rubbish", "cannot be read"),
        ("o.zip", "PK\x03\x04rubbish", "cannot be read"),
        ("o.txt", "", "JSON|empty"),
    ],
)
def test_a_broken_obstacle_file_is_named_with_the_place(name: str, content: str, words: str, tmp_path: Path) -> None:
    """A person would search a file of a thousand masts for the one with the typing error."""
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        read_obstacles(tmp_path / name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (feature(POINT), "height is missing"),
        (feature(POINT, height="tall"), "'tall' is no height"),
        (feature(POINT, height=-5), "no height"),
        (feature(POINT, height="30 HOME"), "no height"),
        (feature(POINT, height=5, radius="wide"), "no radius"),
        (feature({"type": "Point", "coordinates": [43.2, 176.9]}, height=5), "not on the globe"),
        (feature({"type": "Point", "coordinates": []}, height=5), "Point"),
        ({"type": "Nothing"}, "no GeoJSON feature"),
    ],
)
def test_a_broken_obstacle_is_named(broken: dict, words: str, tmp_path: Path) -> None:
    """A mast with a typing error in its height would not be there."""
    file = obstacles_file(tmp_path / "o.geojson", feature(POINT, height=5), broken)
    with pytest.raises(InputError, match=words) as caught:
        read_obstacles(file)
    assert "feature 2" in str(caught.value)


def project_at(folder: Path, terrain: str) -> Path:
    site = order(None).site
    Project.create(folder, name="hills", site=site)
    settings = folder / "patrol.toml"
    settings.write_text(settings.read_text() + "\n[vehicle]\nreturn_altitude_m = 115.0\n" + terrain)
    return folder


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = run([str(word) for word in words])
    out = capsys.readouterr()
    return int(code), out.out, out.err


def test_a_project_names_its_terrain_and_obstacles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """[terrain] in patrol.toml would be words without effect."""
    folder = project_at(
        tmp_path / "p", '[terrain]\nfolder = "dem"\nobstacles = "o.geojson"\nclearance_m = 30\nabove_m = 20.0\n'
    )
    (folder / "dem").mkdir()
    write_dem(folder / "dem/hills.tif", hills())
    place = FRAME.point_to_lonlat((-500, 0))
    obstacles_file(folder / "o.geojson", feature({"type": "Point", "coordinates": list(place)}, height=20))
    ground = Project.open(folder).patrol.ground
    assert ground is not None
    assert (ground.clearance_m, ground.below_m, ground.above_m, len(ground.obstacles)) == (30.0, 5.0, 20.0, 1)
    code, out, _ = said(capsys, "plan", folder, "--json")
    assert code == 0
    assert any(f["rule"] == "clearance" and f["margin"] >= 24.9 for f in json.loads(out)["findings"])
    code, _, err = said(capsys, "plan", folder, "--flat", "--dry-run")
    assert code == 0
    assert "60.0 m to the ground on its whole length" in err


def test_the_command_line_takes_terrain_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person would have to edit a file to try terrain, or would not learn which tile is missing."""
    folder = project_at(tmp_path / "p", "")
    dem = write_dem(tmp_path / "hills.tif", hills())
    far = write_dem(tmp_path / "small.tif", hills()[:4, :4])
    code, _, err = said(capsys, "check", folder, "--terrain", dem)
    assert (code, "clearance: The route comes as near as 5" in err) == (0, True)
    code, _, err = said(capsys, "plan", folder, "--terrain", far, "--dry-run")
    assert (code, "N43E076" in err) == (2, True)
    code, _, err = said(capsys, "plan", folder, "--terrain", dem, "--flat")
    assert code == 2
    code, _, err = said(capsys, "plan", folder, "--terrain", tmp_path / "none")
    assert (code, "no such terrain" in err) == (2, True)


def test_settings_that_cannot_be_are_refused() -> None:
    """A clearance of -20 m would be taken as it stands."""
    with pytest.raises(SettingError, match="clearance_m"):
        settings_from({"terrain": {"clearance_m": -20.0}}, "patrol.toml")
    with pytest.raises(SettingError, match="at least 1 m"):
        settings_from({"terrain": {"below_m": 0.2, "above_m": 0.3}}, "patrol.toml")
    with pytest.raises((SettingError, FileFormatError), match="no such setting"):
        settings_from({"terrain": {"file": ["a"]}}, "patrol.toml")

"""The flight book: every flight once, whoever takes it in, and what is due."""

from __future__ import annotations

import json
import sqlite3
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from planner.errors import FileFormatError, SettingError
from telemetry.book import Added, Book
from telemetry.book_flights import BookFlight, flights_in
from telemetry.book_limits import EXAMPLE, Limits, Thing, overdue, read_limits

START_US = 1_780_000_000_000_000
START = datetime.fromtimestamp(START_US / 1e6, UTC)


def packets(spans: list[tuple[int, int]], seconds: int = 120, *, system: int = 3) -> list[bytes]:
    """A vehicle that is armed in these spans of seconds, flies east at 10 m/s then, and draws 12 V × 20 A."""
    sender = mavlink.MAVLink(None, srcSystem=system, srcComponent=1)
    out, east_m, left = [], 0.0, 100.0
    for second in range(seconds):
        armed = any(begin <= second < end for begin, end in spans)
        east_m += 10.0 * armed
        left -= 0.5 * armed
        boot_ms = second * 1000
        lon = 769_286_000 + round(east_m / 81_070.0 * 1e7)
        said = [
            mavlink.MAVLink_global_position_int_message(
                boot_ms, 432_567_000, lon, 800_000, 20_000 * armed, 0, 1000 * armed, 0, 9000
            ),
            mavlink.MAVLink_heartbeat_message(2, 3, 81 | (128 * armed), 3, 4, 3),
            mavlink.MAVLink_sys_status_message(1, 1, 1, 0, 12_000, 2000 * armed, round(left), 0, 0, 0, 0, 0, 0),
        ]
        if second == 40:
            said.append(mavlink.MAVLink_statustext_message(3, b"EKF variance", 0, 0))
        for message in said:
            out.append(struct.pack(">Q", START_US + second * 1_000_000) + message.pack(sender))
            sender.seq = (sender.seq + 1) % 256
    return out


def log_in(folder: Path, spans: list[tuple[int, int]], name: str = "flight.tlog", **kind: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"".join(packets(spans, **kind)))
    return path


def a_flight(days: int = 0, **changes: object) -> BookFlight:
    begun = START + timedelta(days=days)
    one = BookFlight(
        system=3,
        is_simulator=False,
        drone="D1",
        battery="B1",
        pilot="A. Pilot",
        order="sortie-1",
        started=begun,
        ended=begun + timedelta(hours=1),
        duration_s=3600.0,
        distance_m=10_000.0,
        energy_wh=80.0,
        battery_used=0.8,
        outcome="landed",
        lon=76.9,
        lat=43.2,
        findings=(),
        alerts=(),
        log="/logs/a.tlog",
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def test_a_flight_from_its_log_alone(tmp_path: Path) -> None:
    """Flights that Qyran did not fly would be missing, or stand there with wrong figures."""
    one, two = flights_in(log_in(tmp_path, [(10, 50), (60, 110)]))
    assert (one.drone, one.battery, one.pilot, one.order) == ("vehicle 3", None, None, None)
    assert (one.duration_s, two.duration_s) == (40.0, 50.0)
    assert one.started == START + timedelta(seconds=10)
    assert one.distance_m == pytest.approx(390.0, rel=0.01)
    # 240 W for 39 s between the first and the last armed word, and half a step down to nothing.
    assert one.energy_wh == pytest.approx(240 * 39.5 / 3600, rel=0.01)
    assert one.battery_used == pytest.approx(0.2, abs=0.011)
    assert one.alerts == (f"{START + timedelta(seconds=40):%H:%M:%S} error: EKF variance",)
    assert two.alerts == ()
    assert not one.is_simulator


def test_what_the_record_the_crew_and_the_plan_say(tmp_path: Path) -> None:
    """Who flew, with what, on whose order and against which warning could not be told afterwards."""
    log = log_in(tmp_path / "flights" / "one", [(10, 50)])
    word = {"person": "A. Pilot", "action": "fly sortie-2"}
    (log.parent / "flight.json").write_text(json.dumps({"vehicle": 3, "outcome": "landed", "confirmation": word}))
    (log.parent / "crew.json").write_text(json.dumps({"drone": "D1", "battery": "B7", "order": "sortie-2"}))
    (tmp_path / "missions").mkdir()
    findings = [
        {"severity": "warning", "sentence": "Wind is near the limit.", "sortie": 2},
        {"severity": "warning", "sentence": "Another sortie's.", "sortie": 1},
        {"severity": "info", "sentence": "All is well.", "sortie": 2},
    ]
    plan = {"sorties": [{"number": 2, "file": "missions/sortie-2.waypoints"}], "findings": findings}
    (tmp_path / "missions" / "plan.json").write_text(json.dumps(plan))
    (one,) = flights_in(log)
    assert (one.drone, one.battery, one.pilot, one.order, one.outcome) == ("D1", "B7", "A. Pilot", "sortie-2", "landed")
    assert one.findings == ("Wind is near the limit.",)
    (log.parent / "flight.json").write_text("{ half a")
    assert flights_in(log)[0].pilot is None


def test_the_same_log_twice_a_copy_and_a_grown_one_are_one_flight(tmp_path: Path) -> None:
    """Hours would be counted twice, and a drone called in for service that is not due."""
    book = Book(tmp_path / "book.sqlite")
    half = tmp_path / "half.tlog"
    half.write_bytes(b"".join(packets([(10, 50)]))[:4000])
    whole = log_in(tmp_path, [(10, 50)])
    copy = log_in(tmp_path / "elsewhere", [(10, 50)], name="other.tlog")
    assert book.add(flights_in(half)) == (Added.NEW,)
    assert book.flights()[0][1].ended is None
    assert [book.add(flights_in(one)) for one in (whole, copy, half, whole)] == [(Added.GREW,), *[(Added.KNOWN,)] * 3]
    ((_, kept),) = book.flights()
    assert (kept.duration_s, kept.ended) == (40.0, START + timedelta(seconds=50))
    assert book.add(flights_in(log_in(tmp_path, [(10, 50)], name="b.tlog", system=4))) == (Added.NEW,)


def test_the_vehicles_own_log_and_the_links_are_one_flight(tmp_path: Path) -> None:
    """Taking in a drone's memory card after its flights would double its hours."""
    book = Book(tmp_path / "book.sqlite")
    later = START + timedelta(seconds=43)
    onboard = a_flight(log="/logs/1.BIN", started=later, duration_s=3600.4, distance_m=10_050.0, pilot=None)
    assert book.add([a_flight(), onboard]) == (Added.NEW, Added.KNOWN)
    assert book.add([replace(onboard, duration_s=3300.0)]) == (Added.NEW,)


def test_what_a_person_assigned_stays(tmp_path: Path) -> None:
    """A battery told by hand would be forgotten when its folder is read again."""
    book = Book(tmp_path / "book.sqlite")
    log = log_in(tmp_path, [(10, 50)])
    whole = log.read_bytes()
    log.write_bytes(whole[:4000])
    book.add(flights_in(log))
    log.write_bytes(whole)
    book.assign(1, battery="B9", drone="D2", pilot=None)
    (log.parent / "crew.json").write_text(json.dumps({"drone": "D1", "battery": "B7"}))
    book.add(flights_in(log))
    assert (book.flights()[0][1].battery, book.flights()[0][1].drone) == ("B9", "D2")
    with pytest.raises(SettingError, match="no flight 99"):
        book.assign(99, battery="B1")


def test_hours_cycles_capacity_and_service(tmp_path: Path) -> None:
    """A worn battery would be flown until it fails."""
    book = Book(tmp_path / "book.sqlite")
    book.add([a_flight(0), a_flight(1), a_flight(2, energy_wh=56.0), a_flight(3, energy_wh=56.0, battery="B2")])
    (battery, other) = book.accounts(Thing.BATTERY)
    assert (battery.name, battery.flights, battery.hours) == ("B1", 3, 3.0)
    assert battery.cycles == pytest.approx(2.4)
    assert (battery.capacity_wh, other.capacity_wh) == (pytest.approx(100.0), pytest.approx(70.0))
    now = START + timedelta(days=10)
    assert overdue(battery, Limits(cycles=3, hours=4, days=11), now) == ()
    assert "2.4 full discharges without a service, at most 2" in overdue(battery, Limits(cycles=2), now)[0]
    assert "10.0 days" in overdue(battery, Limits(days=10), now)[0]
    assert "70% of its capacity" in overdue(other, Limits(health=0.8, capacity_wh=100), now)[0]
    book.service(Thing.BATTERY, "B1", "A. Mechanic", "balanced", START + timedelta(days=5))
    # Taken in after the service, but one flown before it.
    book.add([a_flight(4), a_flight(6)])
    serviced = book.accounts(Thing.BATTERY)[0]
    assert (serviced.since_hours, serviced.hours) == (1.0, 5.0)
    assert overdue(serviced, Limits(cycles=2), now) == ()
    assert "in its life" in overdue(serviced, Limits(life_hours=3), now)[0]


def test_limits_as_a_person_writes_them(tmp_path: Path) -> None:
    """A limit that was misspelt would never hold, and nobody would know."""
    file = tmp_path / "limits.toml"
    assert read_limits(file).of(Thing.DRONE, "D1") == Limits()
    file.write_text(EXAMPLE + "[batteries.B7]\ncapacity_wh = 99.9\ncycles = 50\n")
    limits = read_limits(file)
    assert limits.of(Thing.BATTERY, "B7") == Limits(cycles=50, life_cycles=300, health=0.8, capacity_wh=99.9)
    assert limits.of(Thing.BATTERY, "B1").cycles == 100
    assert limits.of(Thing.DRONE, "D1") == Limits(hours=50, days=180)
    for wrong in (
        "[drone]\nhuors = 1",
        "[drone]\nhours = -1",
        "[drone]\nhours = true",
        "[drones]\nD1 = 5",
        "[dron]",
        "x",
    ):
        file.write_text(wrong)
        with pytest.raises((SettingError, FileFormatError), match="limits"):
            read_limits(file)


ADD = """
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from telemetry.book import Book
from telemetry.book_flights import flights_in
book = Book(Path(sys.argv[1]))
told = [one for log in sys.argv[2:] for one in flights_in(Path(log))]
flights = [replace(one, started=one.started + timedelta(days=day)) for one in told for day in range(15)]
print("ready", flush=True)
sys.stdin.readline()
for one in flights:
    book.add([one])
"""


def test_several_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    """Two pilots who land at the same time would spoil the unit's book."""
    logs = [str(log_in(tmp_path, [(10, 20)], f"{system}.tlog", seconds=25, system=system)) for system in range(1, 9)]
    book = tmp_path / "book.sqlite"
    shared = [logs[:6], logs[::-1]]
    Book(book)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([sys.executable, "-c", ADD, str(book), *one], **pipes) for one in shared]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in running:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in running:
        one.communicate(timeout=120)
    assert [one.returncode for one in running] == [0, 0]
    assert sorted(one.system for _, one in Book(book).flights()) == sorted(list(range(1, 9)) * 15)


def test_a_change_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Half of a folder's flights would be in the book after a crash, and nobody could tell which."""
    book = Book(tmp_path / "book.sqlite")

    def broken():
        yield a_flight()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        book.add(broken())
    assert book.flights() == ()


def test_what_is_no_book_is_left_as_it_is(tmp_path: Path) -> None:
    """Another program's data would be written over."""
    text, other, later = tmp_path / "a.sqlite", tmp_path / "b.sqlite", tmp_path / "c.sqlite"
    text.write_text("not a book " * 200)
    for path, statement in ((other, "CREATE TABLE theirs (x)"), (later, "PRAGMA user_version = 99")):
        base = sqlite3.connect(path)
        base.execute(statement)
        base.commit()
        base.close()
    for path in (text, other, later):
        before = path.read_bytes()
        with pytest.raises(FileFormatError):
            Book(path)
        assert path.read_bytes() == before

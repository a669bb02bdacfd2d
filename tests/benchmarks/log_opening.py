"""Opening a log as columns against pymavlink's own loop, in one run: seconds and memory.

Run as ``python tests/benchmarks/log_opening.py [LOG]`` (``--smoke``: a short log that is made here). The first log is
``dronekit_flight_replay.tlog`` (a real flight) where the folder of shared data is found (``QYRAN_SHARED``), else one of
our own making; the second is the first repeated with later times up to 100 MB. pymavlink reads all of the first; of the
second only so many packets as show its pace, because that pace does not change (``--whole`` lets it read to the end).
Each figure is measured in a process of its own. Goals: 10 times as fast, memory below three times the file.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIG = 100_000_000
PACKETS_FOR_PACE = 100_000
GOAL_TIMES, GOAL_MEMORY = 10.0, 3.0


def find_log() -> Path | None:
    """The real flight's log, where it is at hand."""
    shared = Path(os.environ.get("QYRAN_SHARED", Path(__file__).parents[3] / "shared"))
    log = shared / "data" / "telemetry" / "dronekit_flight_replay.tlog"
    return log if log.exists() else None


def make_log(path: Path, seconds: int) -> Path:
    """A log of our own: attitude at 50 Hz, position at 10 Hz, a heartbeat and a status a second."""
    from pymavlink.dialects.v20 import ardupilotmega as mavlink

    from telemetry.tlog import STAMP

    sender = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    with path.open("wb") as file:
        for tick in range(seconds * 50):
            ms = tick * 20
            said = [mavlink.MAVLink_attitude_message(ms, 0.1, -0.05, tick % 6, 0, 0.01, 0)]
            if tick % 5 == 0:
                said.append(
                    mavlink.MAVLink_global_position_int_message(ms, 432567000, 769286000 + tick, *[0] * 5, 9000)
                )
            if tick % 50 == 0:
                said.append(mavlink.MAVLink_heartbeat_message(2, 3, 129, 3, 4, 3))
                said.append(mavlink.MAVLink_sys_status_message(1, 1, 1, 0, 12_600, 100, 95, 0, 0, 0, 0, 0, 0))
            for message in said:
                file.write(STAMP.pack(1_780_000_000_000_000 + tick * 20_000) + message.pack(sender))
                sender.seq = (sender.seq + 1) % 256
    return path


def repeat_log(log: Path, out: Path, size: int) -> Path:
    """A log several times over, each time an hour later, up to a size."""
    import numpy as np

    from telemetry.logs import read_index

    data = np.frombuffer(log.read_bytes(), dtype=np.uint8).copy()
    index, _ = read_index(log)
    data = data[: int(index.start[-1]) + int(index.size[-1])]
    places = index.start[:, None] - 8 + np.arange(8)
    with out.open("wb") as file:
        for time_over in range(-(-size // len(data))):
            stamps = (index.stamp_us + np.uint64(time_over * 3_600_000_000)).astype(">u8")
            data[places] = stamps.view(np.uint8).reshape(-1, 8)
            file.write(data.tobytes())
    return out


def ours(log: Path) -> None:
    """Every message of every kind as columns: count, seconds of CPU, peak memory in bytes."""
    from telemetry.logs import read_tlog_columns

    begun = time.process_time()
    opened = read_tlog_columns(log)
    took = time.process_time() - begun
    print(sum(len(opened[name]) for name in opened), took, peak())


def theirs(log: Path, most: int) -> None:
    """pymavlink's loop, which decodes message by message and keeps none."""
    from pymavlink import mavutil

    reader = mavutil.mavlink_connection(str(log), dialect="ardupilotmega")
    begun, count = time.process_time(), 0
    while (message := reader.recv_msg()) is not None and count < most:
        count += message.get_type() != "BAD_DATA"
    print(count, time.process_time() - begun, peak())


def peak() -> int:
    """The most memory that this process held, bytes; ``ru_maxrss`` would count its parent's, too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(what: str, log: Path, most: int) -> tuple[int, float, int]:
    """One reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", what, str(log), str(most)], capture_output=True, text=True, check=True
    )
    count, took, held = done.stdout.split()
    return int(count), float(took), int(held)


def compare(log: Path, most: int) -> bool:
    """Print both figures of a log; whether the goals are reached."""
    size = log.stat().st_size
    count, took, held = measured("ours", log, most)
    their_count, their_took, their_held = measured("theirs", log, most)
    ratio = (their_took / their_count) / (took / count)
    part = "" if their_count >= count else f" (its first {their_count:,})"
    base = measured("nothing", log, most)[2]
    print(f"{log.name}: {size / 1e6:.1f} MB, {count:,} messages")
    print(
        f"  ours      {took:8.2f} s  {count / took:11,.0f} messages/s  peak {held / 1e6:4.0f} MB = {held / size:.2f} ×"
    )
    pace = f"{their_took:8.2f} s  {their_count / their_took:11,.0f} messages/s"
    print(f"  pymavlink {pace}  peak {their_held / 1e6:4.0f} MB{part}")
    above = f"{(held - base) / size:.2f} × the file above the {base / 1e6:.0f} MB of the imports"
    print(f"  {ratio:.0f} × as fast (goal {GOAL_TIMES:.0f}); {above} (goal below {GOAL_MEMORY:.0f})")
    # A small file's memory is that of Python and numpy themselves.
    return ratio >= GOAL_TIMES and (held if size >= BIG / 2 else held - base - 16e6) / size < GOAL_MEMORY


def main() -> None:
    """Print the table; exit code 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", type=Path)
    parser.add_argument("--smoke", action="store_true", help="a short log only")
    parser.add_argument("--whole", action="store_true", help="let pymavlink read the 100 MB to the end")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.smoke:
            compare(make_log(Path(folder) / "short.tlog", 60), sys.maxsize)
            return
        log = options.log or find_log() or make_log(Path(folder) / "made.tlog", 1400)
        big = repeat_log(log, Path(folder) / "100MB.tlog", BIG)
        reached = [compare(log, sys.maxsize), compare(big, sys.maxsize if options.whole else PACKETS_FOR_PACE)]
    sys.exit(0 if all(reached) else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        if sys.argv[2] == "ours":
            ours(Path(sys.argv[3]))
        elif sys.argv[2] == "theirs":
            theirs(Path(sys.argv[3]), int(sys.argv[4]))
        else:
            from telemetry.logs.definitions import definitions

            definitions()
            print(0, 0.0, peak())
    else:
        main()

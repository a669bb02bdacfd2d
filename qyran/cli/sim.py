"""``qyran sim``: vehicles that are not there, embedded or ArduPilot's own."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.quantities import LonLat
from qyran.cli.talk import put_json, say
from qyran.cli.words import PLACE, POSITIVE, SETTING, NumberType

if TYPE_CHECKING:
    from sim.link_faults import FaultyLink

ALMATY = LonLat(76.9452, 43.2381)

HOME = click.option("--home", type=PLACE, default=ALMATY, show_default="43.2381,76.9452", help="Where vehicles stand.")
GROUND = click.option(
    "--ground", type=NumberType(), default=0.0, show_default=True, help="Height of the ground there, metres AMSL."
)
PARAMETERS = click.option("--param", "parameters", type=SETTING, multiple=True, help="Set an autopilot parameter.")


@click.group()
def sim() -> None:
    """Simulated vehicles on real sockets, loopback only unless told otherwise."""


@sim.command()
@click.option("--vehicles", type=click.IntRange(1, 250), default=1, show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=5760, show_default=True, help="0 is any free port.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--transport", type=click.Choice(["tcp", "udp"]), default="tcp", show_default=True)
@click.option(
    "--speedup",
    type=NumberType(least=0),
    default=1.0,
    show_default=True,
    help="Multiple of real time; 0 is as fast as the machine allows.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same flight.")
@click.option("--wind", type=NumberType(least=0), default=0.0, show_default=True, help="Wind, m/s.")
@click.option("--wind-from", type=NumberType(), default=0.0, show_default=True, help="Degrees the wind comes from.")
@HOME
@GROUND
@PARAMETERS
@click.option("--dry-run", is_flag=True, help="Say what would be served, and serve nothing.")
def serve(
    *,
    vehicles: int,
    port: int,
    host: str,
    transport: str,
    speedup: float,
    seed: int,
    wind: float,
    wind_from: float,
    home: LonLat,
    ground: float,
    parameters: tuple[tuple[str, float], ...],
    dry_run: bool,
) -> None:
    """Serve embedded vehicles until ended; one JSON line a vehicle on stdout says where each listens."""
    from sim import Simulator, SimulatorSettings, Transport  # noqa: PLC0415

    settings = SimulatorSettings(
        vehicles=vehicles,
        host=host,
        port=port,
        transport=Transport(transport),
        home=home,
        home_amsl_m=ground,
        speedup=speedup,
        seed=seed,
        wind_mps=wind,
        wind_from_deg=wind_from,
        parameters=dict(parameters),
    )
    if dry_run:
        say(f"would serve {vehicles} vehicle(s) by {transport} from {host}:{port}")
        return
    with ended_by_signals(), Simulator(settings) as simulator:
        for vehicle in simulator.addresses:
            put_json({"vehicle": vehicle.system_id, "address": vehicle.address})
        simulator.wait()


@sim.command()
@click.option("--instance", type=click.IntRange(0, 250), help="Port 5760 + 10 × this; the lowest free one if left out.")
@click.option("--speedup", type=POSITIVE, default=1.0, show_default=True, help="Multiple of real time.")
@click.option("--heading", type=NumberType(), default=0.0, show_default=True, help="Degrees from true north.")
@HOME
@GROUND
@PARAMETERS
@click.option("--folder", type=click.Path(path_type=Path), help="Where it keeps its logs; a temporary one if left out.")
@click.option("--dry-run", is_flag=True, help="Say which program would be started, and start nothing.")
def sitl(
    *,
    instance: int | None,
    speedup: float,
    heading: float,
    home: LonLat,
    ground: float,
    parameters: tuple[tuple[str, float], ...],
    folder: Path | None,
    dry_run: bool,
) -> None:
    """Start ArduPilot SITL, wait until it can arm, say where it listens, stop it when ended.

    The program is looked for in QYRAN_SITL, then on PATH, then in Qyran's own cache.
    """
    from sim.sitl import Sitl, SitlSettings, find_sitl, free_instance  # noqa: PLC0415

    if dry_run:
        say(f"would start {find_sitl()}")
        return
    settings = SitlSettings(
        instance=free_instance() if instance is None else instance,
        home=home,
        home_amsl_m=ground,
        heading_deg=heading,
        speedup=speedup,
        parameters=dict(parameters),
        folder=folder,
    )
    with ended_by_signals(), Sitl(settings) as program:
        say(f"starting {find_sitl()} …")
        program.wait_ready()
        put_json({"vehicle": 1, "address": program.address, "folder": str(program.folder), "pid": program.pid})
        while program.is_running:
            time.sleep(0.5)
        say("the SITL program ended by itself; its last words are in its folder")


FAULTS = {"loss": "loss", "delay": "delay_s", "jitter": "jitter_s", "duplicate": "duplicate", "reorder": "reorder"}
SHARE = NumberType(least=0, most=1)
NOT_NEGATIVE = NumberType(least=0)


@sim.command()
@click.argument("vehicle")
@click.option(
    "--near",
    default="udpin:127.0.0.1:14560",
    show_default=True,
    help="Where the ground station comes in: udpin (it sends first), tcp (it connects), udpout (it listens there).",
)
@click.option("--loss", type=SHARE, default=0.0, show_default=True, help="Share of packets that are lost.")
@click.option("--delay", type=NOT_NEGATIVE, default=0.0, show_default=True, help="Seconds on the way.")
@click.option("--jitter", type=NOT_NEGATIVE, default=0.0, show_default=True, help="Seconds more or less.")
@click.option("--duplicate", type=SHARE, default=0.0, show_default=True, help="Share of packets that come twice.")
@click.option("--reorder", type=SHARE, default=0.0, show_default=True, help="Share that later ones overtake.")
@click.option("--bandwidth", type=NOT_NEGATIVE, default=0.0, show_default="no limit", help="Bytes a second.")
@click.option("--up-only", is_flag=True, help="Faults towards the vehicle alone.")
@click.option("--down-only", is_flag=True, help="Faults towards the ground station alone.")
@click.option("--cut-after", type=POSITIVE, help="Seconds until nothing passes any more.")
@click.option("--cut-for", type=POSITIVE, help="Seconds until it passes again; for ever if left out.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same packets lost.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def link(
    *,
    vehicle: str,
    near: str,
    bandwidth: float,
    up_only: bool,
    down_only: bool,
    cut_after: float | None,
    cut_for: float | None,
    seed: int,
    dry_run: bool,
    **shares: float,
) -> None:
    """Stand between a ground station and the VEHICLE's address, and make faults, until ended.

    One JSON line on stdout says where the ground station connects; a last one counts packets.
    """
    from sim.link_faults import Faults, FaultyLink  # noqa: PLC0415
    from telemetry import Address  # noqa: PLC0415

    if up_only and down_only:
        raise click.UsageError("--up-only and --down-only exclude each other.")
    faults = Faults(**{FAULTS[name]: value for name, value in shares.items()}, bytes_per_s=bandwidth)
    far, here = Address.parse(vehicle), Address.parse(near)
    if dry_run:
        say(f"would stand between {here} and {far} with {faults}")
        return
    proxy = FaultyLink(
        far, near=here, up=Faults() if down_only else faults, down=Faults() if up_only else faults, seed=seed
    )
    with ended_by_signals(), proxy:
        put_json({"address": proxy.address, "vehicle": str(far)})
        try:
            _watch_cut(proxy, cut_after, cut_for)
        finally:
            put_json({"up": asdict(proxy.up), "down": asdict(proxy.down)})


def _watch_cut(proxy: FaultyLink, cut_after: float | None, cut_for: float | None) -> None:
    """Sleep until ended; cut, and mend, in between."""
    if cut_after is not None:
        time.sleep(cut_after)
        proxy.cut()
        say("cut")
        if cut_for is not None:
            time.sleep(cut_for)
            proxy.mend()
            say("mended")
    while True:
        time.sleep(3600)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End on SIGTERM as on Ctrl-C, quietly: being ended is how a server is done."""

    def end(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        say("ended")
    finally:
        signal.signal(signal.SIGTERM, before)

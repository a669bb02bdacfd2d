"""The main job from end to end on a simulated vehicle: plan, check, compile, load, read back, fly, record, map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from planner.errors import PlanError
from planner.plan import Plan
from planner.vehicles import VehicleProfile
from qyran.flying import Order, fly_order
from qyran.needs import needs_of
from qyran.record import draw_record, seen_by
from qyran.work import Compiled, compile_plan, export_plan, open_work, plan_work

if TYPE_CHECKING:
    from telemetry import Confirmation, FlightRecord, Vehicle

Step = Callable[[int, int, str], None]

DEMO_SPEEDUP = 40.0
"""Multiple of real time at which the demo flies: fast enough to wait for, slow enough for a loaded machine."""


class Ground(Enum):
    """What the demo flies on."""

    EMBEDDED = "embedded"
    SITL = "sitl"

    @property
    def mean_v(self) -> float:
        """The simulated battery's mean voltage in flight: SITL's stays at 12.6, ours falls as three cells do."""
        return 12.6 if self is Ground.SITL else 11.7


class Teller(Protocol):
    """How the demo says how far it is."""

    def stage(self, what: str) -> AbstractContextManager[Step]:
        """A stage with progress."""

    def say(self, text: str) -> None:
        """A line of talk."""


@dataclass(frozen=True, slots=True)
class Flown:
    """A sortie as planned and as it went."""

    compiled: Compiled
    record: FlightRecord


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of it all; ``seen`` is the share of the areas that pictures show, None without any."""

    plan: Plan
    flown: tuple[Flown, ...]
    seen: float | None
    map: Path
    folder: Path

    @property
    def is_good(self) -> bool:
        """Whether every sortie landed and none left its fence."""
        return all(one.record.outcome.is_landed and not one.record.max_outside_m for one in self.flown)


def run_demo(project: Path, folder: Path, ground: Ground, teller: Teller, *, speedup: float = DEMO_SPEEDUP) -> Demo:
    """Do the main job for a project and leave missions, records and a map in ``folder``.

    Raises ``PlanError`` where a finding blocks the plan, and what the vehicle and the link raise.
    """
    work = open_work(project)
    with teller.stage("planning") as step:
        made = plan_work(work, step)
    blocking = [finding for finding in made.findings if finding.severity.blocks]
    if blocking:
        raise PlanError(f"The plan is blocked: {blocking[0].sentence}", about=str(project), mend=blocking[0].mend)
    teller.say(f"✓ checked: nothing blocks {len(made.sorties)} sorties, {len(made.findings)} findings")
    compiled = compile_plan(made)
    export_plan(made, compiled, folder / "missions")
    flying = _Range(ground, speedup, teller)
    begun = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    flown = tuple(flying.fly(one, made, folder / "flights" / f"{begun}-{one.name}") for one in compiled)
    with teller.stage("drawing the map"):
        records = [one.record for one in flown]
        seen = seen_by(made, records)
        page = draw_record(folder / "map.html", title=made.patrol.name, made=made, flights=records, witnessed=seen)
    return Demo(made, flown, seen.share if seen else None, page, folder)


@dataclass(frozen=True, slots=True)
class _Range:
    """Where and how fast the demo flies, and who tells of it."""

    ground: Ground
    speedup: float
    teller: Teller

    def fly(self, one: Compiled, made: Plan, folder: Path) -> Flown:
        forecast = one.sortie.forecast
        order = Order(
            one.mission,
            one.name,
            one.identity,
            forecast.duration_s,
            forecast.distance_m,
            needs_of(made, one.sortie),
            profile=made.patrol.vehicle,
        )
        last = len(one.mission.items) - 1
        stage = self.teller.stage
        with (
            self._vehicle(made, one, folder) as address,
            stage(f"{one.name}: loading") as load_step,
            stage(f"{one.name}: flying") as fly_step,
        ):
            record = fly_order(
                order,
                address,
                confirm=_confirmed_by_the_simulator,
                folder=folder,
                on_load=load_step,
                on_state=lambda state: fly_step(state.mission_current or 0, last, state.mode or ""),
            )
        return Flown(one, record)

    def _battery(self, profile: VehicleProfile) -> dict[str, float]:
        """The parameters that give a simulated vehicle the profile's battery."""
        ampere_hours = profile.battery_wh / self.ground.mean_v
        return {"BATT_CAPACITY": round(ampere_hours * 1000), "SIM_BATT_CAP_AH": ampere_hours}

    @contextmanager
    def _vehicle(self, made: Plan, one: Compiled, folder: Path) -> Iterator[str]:
        """A simulated vehicle with a fresh battery at the sortie's launch; hands out its address."""
        home, battery = one.sortie.launch.position, self._battery(made.patrol.vehicle)
        if self.ground is Ground.EMBEDDED:
            from sim import Simulator, SimulatorSettings  # noqa: PLC0415

            embedded = SimulatorSettings(
                port=0, home=home, speedup=self.speedup, seed=made.patrol.seed, parameters=battery
            )
            with Simulator(embedded) as simulator:
                yield simulator.addresses[0].address
            return
        from sim.sitl import Sitl, SitlSettings, free_instance  # noqa: PLC0415

        settings = SitlSettings(
            home=home, instance=free_instance(), speedup=self.speedup, folder=folder / "sitl", parameters=battery
        )
        with Sitl(settings) as program:
            program.wait_ready()
            yield program.address


def _confirmed_by_the_simulator(vehicle: Vehicle) -> Confirmation:
    from telemetry import simulator_confirmation  # noqa: PLC0415

    return simulator_confirmation(vehicle)

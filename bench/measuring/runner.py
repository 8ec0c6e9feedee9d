"""One trial, from its launch to its outcome: the one place that knows isolations and meters."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from bench.errors import BenchError, LeftoverError, PortTakenError, said
from bench.host.cpus import free_port, placements
from bench.host.disturbance.readings import SentinelWatch
from bench.host.disturbance.rules import OwnActivity, samples, spoiled_by
from bench.host.engine.daemons import cpu_s
from bench.host.run_state import note_leftovers
from bench.host.signals import Interruptions
from bench.isolations.base import Availability, Isolation, Launch, Route
from bench.measuring import provision
from bench.measuring.entering import enter
from bench.measuring.many.burst import bursts
from bench.measuring.many.density import climb
from bench.measuring.many.rate import kept_rate
from bench.measuring.meters.memory import available_bytes
from bench.measuring.meters.startup import timeline_samples
from bench.measuring.observation import Ended, Inject, Observation
from bench.measuring.randomization import Setup, drawn
from bench.measuring.revival import restore
from bench.measuring.watch import Watch
from bench.model import Image, Kind, Measurement, Outcome, Recipe, Scalar, Trial, filled

_INSIDE_PORT = 7007
"""Where a service listens that nobody outside can reach: in a network of its own every port is free."""

_PORTS_TRIED = 3


class Runner:
    """Measures trials on isolations that have been checked and prepared."""

    def __init__(
        self,
        isolations: Mapping[str, Isolation],
        availabilities: Mapping[str, Availability],
        images: Mapping[str, Image],
        interruptions: Interruptions,
        recipes: Mapping[str, Recipe] | None = None,
        inject: Inject | None = None,
    ) -> None:
        self._isolations = isolations
        self._availabilities = availabilities
        self._images = images
        self._interruptions = interruptions
        self._recipes = recipes or {}
        self._inject = inject

    def measure(self, trial: Trial) -> tuple[Measurement, bytes]:
        """Run one trial; return what was measured and the raw console.

        Every fault of the trial becomes its outcome; only Interrupted gets through.
        """
        availability = self._availabilities[trial.cell.isolation]
        observation = Observation()
        if availability.fault is not None:
            reason = f"{availability.fault.reason}. {availability.fault.remedy}"
            observation.outcome = Outcome(kind=Kind.UNSUPPORTED, reason=reason)
        else:
            self._observe(trial, observation)
        measurement = _measurement(trial, observation, emulated=availability.emulated)
        return measurement, observation.raw_console()

    def _observe(self, trial: Trial, observation: Observation) -> None:
        isolation = self._isolations[trial.cell.isolation]
        setup = drawn(trial.nonce, placements(trial.cell.scenario.envelope.cpus))
        guard = SentinelWatch(setup.cpus, engine_s=partial(cpu_s, isolation.daemons, setup.cpus))
        try:
            self._follow(isolation, trial, setup, observation)
        except Ended as ended:
            observation.outcome = ended.outcome
        except BenchError as error:
            if isinstance(error, LeftoverError):
                note_leftovers(isolation.run)
            observation.outcome = Outcome(kind=Kind.FAILED, reason=said(error))
        except Exception as error:  # noqa: BLE001 - a fault in one isolation's code must not cost the others' trials
            where = traceback.extract_tb(error.__traceback__)[-1]
            reason = (
                f"a fault in Isobench: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
            )
            observation.outcome = Outcome(kind=Kind.FAILED, reason=reason)
        change = guard.end()
        own = OwnActivity(
            throttled=observation.throttled,
            cpu_s=observation.own_cpu_s,
            at_memory_limit=observation.at_memory_limit,
        )
        observation.samples += samples(change, own)
        observation.notes |= {
            "padding_bytes": str(setup.padding_bytes),
            "placement": ",".join(map(str, setup.cpus)),
        }
        reasons = spoiled_by(change, own)
        if reasons and trial.cell.timed and observation.outcome.kind is Kind.OK:
            observation.outcome = Outcome(kind=Kind.SPOILED, reason="; ".join(reasons))

    def _follow(self, isolation: Isolation, trial: Trial, setup: Setup, observation: Observation) -> None:
        """Launch and watch; where the port was taken in the meantime, with another one."""
        mode = isolation.altered(trial.cell.envelope).network
        route = isolation.route(mode)
        if route is None:
            raise Ended(Kind.UNSUPPORTED, f"{isolation.name} has no network mode {mode!r}")
        if trial.cell.scenario.many:
            self._many(isolation, trial, setup, route, observation)
            return
        if trial.cell.scenario.entering:
            enter(isolation, self._launch(isolation, trial, setup, route), observation, self._interruptions)
            return
        if trial.cell.scenario.provision:
            recipe = self._recipes[trial.cell.scenario.image]
            provision.make(
                isolation, self._launch(isolation, trial, setup, route), recipe, observation, self._interruptions
            )
            return
        if trial.cell.scenario.restore is not None:
            launch_of = self._numbered(isolation, trial, setup, route)
            restore.revive(isolation, launch_of, observation, self._interruptions)
            return
        for tries_left in reversed(range(_PORTS_TRIED)):
            launch = self._launch(isolation, trial, setup, route)
            available_before_bytes = available_bytes()
            try:
                with self._interruptions.held(), isolation.launch(launch) as instance:
                    observation.instance = instance
                    watch = Watch(isolation, instance, launch, route, observation, self._interruptions, self._inject)
                    with self._interruptions.allowed():
                        watch.run(available_before_bytes)
                return
            except PortTakenError:
                if not tries_left:
                    raise

    def _many(self, isolation: Isolation, trial: Trial, setup: Setup, route: Route, observation: Observation) -> None:
        """Let a trial start many instances, one by one or at once."""
        launch_of, of = self._numbered(isolation, trial, setup, route), trial.cell.scenario
        start = climb if of.density else bursts if of.burst else kept_rate
        done = start(isolation, launch_of, of, observation.samples.extend, self._interruptions)
        observation.notes |= {**done.seen, "stopped": done.stopped}

    def _numbered(self, isolation: Isolation, trial: Trial, setup: Setup, route: Route) -> Callable[[int], Launch]:
        """Return what gives the launch of a trial's instance 1, 2, ..., each under a number of its own."""

        @cache
        def launch_of(number: int) -> Launch:
            own = replace(trial, number=trial.number * 1000 + number, nonce=secrets.token_hex(8))
            return self._launch(isolation, own, setup, route)

        return launch_of

    def _launch(self, isolation: Isolation, trial: Trial, setup: Setup, route: Route) -> Launch:
        cell, scenario = trial.cell, trial.cell.scenario
        port = free_port() if route.address else _INSIDE_PORT
        answers = scenario.answer is not None and bool(route.address)
        patterns = {} if scenario.ready is None else {"said_ready" if answers else "ready": scenario.ready}
        if scenario.window is not None and scenario.client is None:
            patterns |= {"window_begin": scenario.window.begin, "window_finish": scenario.window.finish}
        values: dict[str, Scalar] = {"port": port, "bind": route.bind}
        values |= {"storage": cell.storage.path} if cell.storage else {}
        return Launch(
            trial=trial,
            image=self._images[scenario.name],
            envelope=isolation.altered(replace(cell.envelope, cpu_set=setup.cpus)),
            command=self._images[scenario.name].words(filled(scenario.command, {**cell.parameters, **values})),
            stays=scenario.stays,
            storage=cell.storage,
            port=port,
            patterns=patterns,
            answers=answers,
            named=setup.name_tail,
            padding_bytes=setup.padding_bytes,
        )


def _measurement(trial: Trial, observation: Observation, *, emulated: bool) -> Measurement:
    instance = observation.instance
    ok = observation.outcome.kind in (Kind.OK, Kind.SPOILED)
    return Measurement(
        trial=trial,
        outcome=observation.outcome,
        emulated=emulated,
        samples=(*(timeline_samples(instance.timeline) if instance and trial.cell.timed else ()), *observation.samples),
        seen={**(instance.console.seen if instance else {}), **observation.notes},
        tail=() if ok else observation.tail(),
    )

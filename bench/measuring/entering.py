"""What a command takes in an instance that runs already: from the call until its status is known.

One instance, ready and idle; the command again and again, each once the one before has ended. Samples, as the host saw
them:

==================== ===============================================================================================
``exec.first`` (s)   the first: whatever is made once, and read for the first time, is in it
``exec.last`` (s)    the last: the hundredth, where the scenario says 100
``exec.each`` (s)    every one
==================== ===============================================================================================
"""

from __future__ import annotations

from bench.errors import UnavailableError
from bench.host.signals import Interruptions
from bench.isolations.base import Isolation, Launch
from bench.measuring.leave import stop
from bench.measuring.many.standing import LEAVE_TIMEOUT_S, not_ready
from bench.measuring.observation import Ended, Observation
from bench.model import Kind, Sample


def enter(isolation: Isolation, launch: Launch, observation: Observation, interruptions: Interruptions) -> None:
    """Launch one instance and run the scenario's command in it; what is measured goes into the observation.

    Raises Ended where the isolation offers no way in, when a run of the command fails, or the instance does not leave
    as it should.
    """
    scenario = launch.trial.cell.scenario
    assert scenario.entering is not None
    if not isolation.entrance:
        raise Ended(Kind.UNSUPPORTED, f"{isolation.name} has no way to run a command in an instance that runs already")
    with interruptions.held(), isolation.launch(launch) as instance:
        observation.instance = instance
        observation.notes["entrance"] = isolation.entrance
        with interruptions.allowed():
            if why := not_ready(instance, scenario.start_timeout_s):
                raise Ended(Kind.FAILED, f"the instance {why}")
            times = []
            for number in range(1, scenario.entering.times + 1):
                began_ns = isolation.clock.now_ns()
                try:
                    status = instance.enter(scenario.entering.command, scenario.timeout_s)
                except UnavailableError as error:
                    raise Ended(Kind.UNSUPPORTED, f"{isolation.name}: {error}") from error
                times.append((isolation.clock.now_ns() - began_ns) / 1e9)
                if status:
                    raise Ended(Kind.FAILED, f"run {number} of the command in the instance ended with status {status}")
            observation.samples += [
                Sample(metric=metric, value=value, unit="s", vantage="host", better="lower", at_s=0.0)
                for metric, value in (
                    ("exec.first", times[0]),
                    ("exec.last", times[-1]),
                    *(("exec.each", one) for one in times),
                )
            ]
            stop({instance: launch}, LEAVE_TIMEOUT_S, isolation.clock)

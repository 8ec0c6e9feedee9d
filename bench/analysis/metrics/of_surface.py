"""The metrics of what an instance can reach. Standard library only."""

from __future__ import annotations

from bench.analysis.metrics.facts import MetricFacts

_FTRACE = "Linux, Documentation/trace/ftrace.rst"


def _surface(name: str, meaning: str, *, misses: str = "") -> MetricFacts:
    return MetricFacts(
        name=f"surface.{name}",
        unit="1",
        vantages=("workload",),
        meaning=meaning,
        begins="read once, by a probe inside",
        misses=misses,
    )


SURFACE_METRICS = (
    _surface("answered", "system calls that a kernel's own handler answered, by any errno or success",
        misses="whose kernel that is, which the trial notes beside it; how much a handler can do"),
    _surface("refused", "system calls that a filter refused: SIGSYS, or EPERM under a filter and with the capability"),
    _surface("needs_capability", "system calls that want a capability, or a privilege, which the workload has not",
        misses="whether a filter would have refused them besides"),
    _surface("absent", "system calls answered by ENOSYS: no kernel here has them, or a filter says so"),
    _surface("writable", "files below /proc and /sys that could be opened for writing"),
    _surface("devices", "device nodes below /dev"),
    _surface("set_id", "programs of the root file system with a set-user-id or set-group-id bit"),
    _surface("mounts", "mounts that can be seen"),
    _surface("processes", "processes that can be seen, the workload's own among them"),
    _surface("namespaces", "kinds of namespaces other than the host's; all, with a kernel of its own"),
    MetricFacts(
        name="surface.host_syscalls", unit="1", vantages=("host",),
        meaning="different system calls that the instance's processes made on the host, over all pieces of work",
        begins="each piece of work, once the instance is ready", ends="its end",
        misses="what shared daemons do for it, and what starting it takes", source=_FTRACE,
    ),
    MetricFacts(
        name="surface.host_functions", unit="1", vantages=("host",),
        meaning="different functions of the host's kernel entered on behalf of the instance's processes, over all "
        "pieces of work; interrupts, and what a process enters that only computes, are subtracted",
        begins="each piece of work, once the instance is ready", ends="its end",
        misses="functions that the compiler has inlined; kernel threads, which work for everybody; what was not "
        "reached in this trial", source=_FTRACE,
    ),
    MetricFacts(
        name="surface.host_syscalls.NAME", unit="1", vantages=("host",),
        meaning="different system calls that the instance's processes made on the host in one piece of work, such as "
        "`redis`",
        begins="the work's beginning", ends="its end",
        misses="what shared daemons do for it, and what starting it takes", source=_FTRACE,
    ),
    MetricFacts(
        name="surface.host_functions.NAME", unit="1", vantages=("host",),
        meaning="different functions of the host's kernel entered on behalf of the instance's processes in one piece "
        "of work",
        begins="the work's beginning", ends="its end",
        misses="functions that the compiler has inlined; kernel threads, which work for everybody", source=_FTRACE,
    ),
    MetricFacts(
        name="surface.known.NAME", unit="1", vantages=("host",),
        meaning="how often the tracer saw a call, or the function that is seeded, in a calibration's work; no figure",
        begins="the work's beginning", ends="its end", source=_FTRACE,
    ),
)  # fmt: skip
"""Stored with every trial that asks for them."""

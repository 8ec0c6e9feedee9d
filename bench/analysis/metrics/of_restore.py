"""What is known of the metrics of a service that is brought to life. Standard library only."""

from __future__ import annotations

from bench.analysis.metrics.facts import CLOCK, MetricFacts

_REVIVED = "the request to launch, thaw or restore; for `warm` the question itself"

RESTORED = (
    *(
        MetricFacts(name=f"restore.{name}", unit="s", vantages=("host",), meaning=meaning, begins=_REVIVED, ends=ends,
                    misses=misses, source=CLOCK)
        for name, meaning, ends, misses in (
            ("time", "until what was brought back lives", "the entry inside obeys the host, or has started",
             "an engine's stream may bring that together with the answer"),
            ("answer", "until its first answer", "the arrival of a right answer to a process that asks inside",
             "nothing, but has that process's own start too much"),
            ("hundredth", "until its hundredth answer", "the arrival of the last of 99 more, on one connection", ""),
        )
    ),
    MetricFacts(
        name="restore.faults", unit="1", vantages=("minor", "major"), meaning="page faults until the hundredth answer",
        begins=_REVIVED, ends="the hundredth answer", misses="processes that have ended, as those that asked; those "
        "of a guest's own kernel, but where the host had to fetch the page", source="proc(5), stat",
    ),
    MetricFacts(
        name="restore.read", unit="B", vantages=("processes",), meaning="read from disks until the hundredth answer",
        begins=_REVIVED, ends="the hundredth answer", misses="as of `restore.faults`", source="proc(5), io",
    ),
    MetricFacts(
        name="restore.checkpoint", unit="B", vantages=("files",), meaning="what a checkpoint takes on the disk",
        misses="the instance's own changes to its image, which lie beside it", source="stat(2), st_blocks",
    ),
    MetricFacts(
        name="restore.checkpoint_time", unit="s", vantages=("host",), meaning="until it was written, or all was paused",
        begins="the order", ends="the tool's return, and a copy of the instance's own changes to its image",
        source=CLOCK,
    ),
    MetricFacts(
        name="restore.clock_lag", unit="s", vantages=("host",), meaning="the host's clock minus the one inside",
        begins="at the first answer", misses="has too much by how long that answer took to arrive",
    ),
    MetricFacts(
        name="restore.same_random", unit="1", vantages=("kernel", "own"),
        meaning="1: two instances of one checkpoint drew the same number, from the kernel, or from the program's own "
        "generator, as it must where nobody tells the program; 0: they did not",
    ),
    MetricFacts(
        name="restore.lost_connection", unit="1", vantages=("inside",), meaning="1: a connection within the instance, "
        "open since before, does not answer any more; 0: it does", begins="once the service has answered for the first "
        "time", ends="after the hundredth answer", misses="connections with somebody outside",
    ),
    MetricFacts(
        name="restore.memory", unit="B", vantages=("own", "shared"), meaning="of a second copy of the checkpoint "
        "while the first stands, or of one beside the others of its pool: what it has for itself, and what of its "
        "memory others have too", misses="as of `memory.idle.uss` and `memory.idle.rss`", source="Linux, "
        "Documentation/filesystems/proc.rst, smaps",
    ),
)  # fmt: skip
"""Of ``bench.measuring.revival``."""

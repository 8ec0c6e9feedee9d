"""Every metric there is, but for those that scenarios declare: what it is, and how far it can be trusted.

The tables of ``docs/reference/metrics.md`` and the answers of ``bench explain`` are made of these rows. In a name, MARK
stands for a mark of the timeline, WHEN for ``idle`` (settled after readiness) or ``load`` (after the last step of a
service), METRIC for a metric that a scenario declares, NAME for a word, ROLE for what a process is to an instance.
Standard library only: whoever asks what a word means waits for no pandas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.analysis.metrics import of_many as many
from bench.analysis.metrics.facts import (
    CAPITALS,
    CGROUP,
    CLOCK,
    PROC,
    REQUEST,
    WINDOW,
    MetricFacts,
    Vantage,
    memory,
)
from bench.analysis.metrics.of_restore import RESTORED
from bench.analysis.metrics.of_surface import SURFACE_METRICS
from bench.model.codes import RETURNED

VANTAGES: Mapping[str, Vantage] = {
    "processes:ROLE": Vantage(
        sees="PSS, USS, RSS summed over host processes of one role",
        misses="kernel memory, page cache that is not mapped. RSS counts shared pages each time",
    ),
    "cgroup": Vantage(
        sees="the control group's books: all, anonymous, page cache, shared memory",
        misses="the shim, which lies outside; page cache that another group was charged for",
    ),
    "host": Vantage(
        sees="MemAvailable before the request minus now",
        misses="whatever else the host did in between; reclaimable cache counts as available",
    ),
    "guest": Vantage(
        sees="total minus available, as the guest's kernel says",
        misses="all that QEMU needs; it is read after the workload's end",
    ),
}
"""Of memory."""


COLLECTED = (
    MetricFacts(
        name="timeline.MARK", unit="s", vantages=("host",),
        meaning="from the request to the mark; of a burst, the median over its instances, from its first request",
        begins=REQUEST, ends="the arrival of the mark's line, or the moment at which the host sees it",
        misses="all that is made before the request: the image, and what each isolation's stopwatch names; the start "
        "of an engine or of libvirt, which are warm",
        source=CLOCK,
    ),
    memory(
        "memory.WHEN.available_change", "host", "MemAvailable before the request minus now", f"{PROC}, meminfo",
        begins="read before the request, and again `settle_s` after readiness, or after a service's last step",
    ),
    memory("memory.WHEN.cgroup", "cgroup", "all memory charged to the control group", CGROUP),
    memory("memory.WHEN.cgroup_anon", "cgroup", "of it anonymous memory", CGROUP),
    memory("memory.WHEN.cgroup_file", "cgroup", "of it page cache, shared memory included", CGROUP),
    memory("memory.WHEN.cgroup_shmem", "cgroup", "of it shared memory", CGROUP),
    memory(
        "memory.WHEN.pss", "processes:ROLE", "sum over the role's processes; a page that n processes share counts 1/n",
        f"{PROC}, smaps",
    ),
    memory(
        "memory.WHEN.uss", "processes:ROLE", "the same of pages that nobody else has: what would come back at its end",
        f"{PROC}, smaps",
    ),
    memory(
        "memory.WHEN.rss", "processes:ROLE", "the same of all pages, shared ones counted each time",
        f"{PROC}, smaps",
    ),
    memory(
        "memory.peak.cgroup", "cgroup", "the control group's peak, where the kernel keeps one", CGROUP,
        begins="the start of the instance", ends="the end mark",
    ),
    memory(
        "memory.peak.rss", "processes:ROLE",
        "sum of `VmHWM` of the role's processes; not of the workload's own, which have ended", f"{PROC}, status",
        begins="the start of each process", ends="the end mark",
    ),
    memory(
        "memory.guest_used", "guest", "total minus available in the guest, after the workload's end",
        f"{PROC}, meminfo, of the guest", begins="read after the workload's end",
    ),
    MetricFacts(
        name="disk.written", unit="B", vantages=("cgroup", "processes:ROLE"),
        meaning="written to disks until the workload's end: sent in the control group's name; made dirty or sent by "
        "the role's processes and the children they have waited for",
        begins="the start of the instance", ends="the end mark",
        misses="what a volume in memory takes; by the group of version 1, what the kernel brings out of the cache "
        "later; by processes, what one wrote that nobody has waited for",
        source="Linux, Documentation/admin-guide/cgroup-v1/blkio-controller.rst; proc(5), io",
    ),
    MetricFacts(
        name="cpu.used", unit="s", vantages=("cgroup", "processes:ROLE"),
        meaning="CPU time over the workload's window where the scenario names one, else from readiness to the end "
        "mark; of each step by itself",
        begins=WINDOW, ends="the end of the same", misses="shared daemons; processes are counted in ticks of 10 ms",
        source="cgroup-v2.rst, cpu.stat; cgroup-v1/cpuacct.rst; proc(5), stat",
    ),
    MetricFacts(
        name="cpu.window", unit="s", vantages=("host",), meaning="wall time between these two readings",
        begins=WINDOW, ends="the end of the same", source=CLOCK,
    ),
    MetricFacts(
        name="harness.cpu", unit="s", vantages=("harness",), meaning="CPU time of Isobench meanwhile",
        begins=f"{WINDOW}; of a burst, the moment at which all are asked for",
        ends="the end of the same; of a burst, when all are known to be ready",
        source="clock_gettime(2), CLOCK_PROCESS_CPUTIME_ID",
    ),
    MetricFacts(
        name="client.cpu", unit="s", vantages=("client",), meaning="CPU time of a client on the host, over one step",
        begins="the beginning of the step", ends="its end", misses="a client inside, which is in `cpu.used`",
        source="cgroup-v2.rst, cpu.stat; cgroup-v1/cpuacct.rst: the books of the client's own group",
    ),
    MetricFacts(
        name="idle.cpu", unit="s", vantages=("cgroup", "processes:ROLE"),
        meaning="CPU time of an instance that does nothing; shared daemons under roles of their own",
        begins="the reading of idle memory", ends="`idle_s` later",
        misses="processes are counted in ticks of 10 ms", source="proc(5), stat; cgroup-v2.rst, cpu.stat",
    ),
    MetricFacts(
        name="idle.wakeups", unit="1", vantages=("processes:ROLE",),
        meaning="how often its living threads have gone to sleep of their own accord: each time they were woken",
        begins="the reading of idle memory", ends="`idle_s` later", misses="threads that have ended meanwhile",
        source="proc(5), status: voluntary_ctxt_switches",
    ),
    MetricFacts(
        name="idle.window", unit="s", vantages=("host",), meaning="wall time between these two readings",
        begins="the reading of idle memory", ends="`idle_s` later", source=CLOCK,
    ),
    MetricFacts(
        name="neighbour.ended", unit=RETURNED, vantages=("host",),
        meaning="how the neighbour ended: 0 returned, 1 one of it was killed, 2 all of it was, 3 it did not return",
        begins="when the victim has ended its last step",
        ends="the neighbour has left, or has not stopped 5 s after it was told to",
        source="Matthews et al. 2007, who ask which of both returns",
    ),
    MetricFacts(
        name="neighbour.work", unit="1/s", vantages=("workload",),
        meaning="the neighbour's own throughput, in what its scenario counts", begins="its line that says it works",
        ends="it is told to stop", misses="one that was killed before it could tell",
    ),
    MetricFacts(
        name="neighbour.cpu", unit="s", vantages=("host",),
        meaning="CPU time that the neighbour had beside the victim's steps", begins="before the victim's first step",
        ends="after its last", misses="processes outside a group that have ended", source=CGROUP,
    ),
    MetricFacts(
        name="neighbour.window", unit="s", vantages=("host",), meaning="wall time between these two readings",
        begins="before the victim's first step", ends="after its last", source=CLOCK,
    ),
    MetricFacts(
        name="limit.oom_kills", unit="times", vantages=("cgroup",),
        meaning="processes of the instance that were killed at its limit of memory", begins="the start of the instance",
        ends="the end mark", misses="what a kernel of its own has killed inside", source=CGROUP,
    ),
    MetricFacts(
        name="limit.forks_refused", unit="times", vantages=("cgroup",),
        meaning="how often its limit of processes has refused one", begins="the start of the instance",
        ends="the end mark", misses="what a kernel of its own has refused inside",
        source="Linux, Documentation/admin-guide/cgroup-v1/pids.rst and cgroup-v2.rst, pids.events",
    ),
    MetricFacts(
        name="provision.time", unit="s", vantages=("host",), meaning="until what is made is in place",
        begins="the first step of the making", ends="what is made can be read; it need not be on the disk",
        misses="for `load` and `copy` the way from who shares it: the packed file lies on the local disk",
        source=CLOCK,
    ),
    MetricFacts(
        name="provision.ready", unit="s", vantages=("host",),
        meaning="that, and the server's start until it says that it is ready", begins="as of `provision.time`",
        ends="the server's ready mark", source=CLOCK,
    ),
    MetricFacts(
        name="provision.bytes", unit="B", vantages=("NAME",),
        meaning="what has to be shared, by the form it is shared in",
    ),
    MetricFacts(
        name="provision.drift", unit="", vantages=("NAME",),
        meaning="files that are not the same in two makings: by content, metadata, presence, and in total",
    ),
    MetricFacts(
        name="provision.drift.content", unit="", vantages=("NAME",),
        meaning="files of other content, by where they lie",
    ),
    MetricFacts(
        name="provision.drift.packages", unit="", vantages=("host",),
        meaning="packages of another version: the archive has moved between the two",
    ),
    *RESTORED,
    *SURFACE_METRICS,
    MetricFacts(
        name="clock.workload", unit="s", vantages=("workload",), meaning="how long the workload says its window took",
        begins="where the workload starts it", ends="where it stops it",
        misses="whether that clock is right: `clock.disagreement` says so",
    ),
    MetricFacts(
        name="clock.host", unit="s", vantages=("host",), meaning="how long it took by arrival of lines",
        begins="the line that matches `window.begin`", ends="the line that matches `window.finish`",
        misses="how long a line takes to arrive", source=CLOCK,
    ),
    MetricFacts(
        name="sentinel.NAME", unit="", vantages=("host",), meaning="what a sentinel read of the trial; no figure",
        begins="before anything is made for the instance", ends="verified that nothing of it is left",
        source="Barrett et al. 2017 (krun); Beyer, Löwe, Wendler 2019: such a trial is kept, marked, and in no figure",
    ),
    MetricFacts(
        name="METRIC.series", unit="", vantages=("workload",),
        meaning="what the workload said of a metric while it ran; no figure",
        misses="changes that last for fewer than three points", source="Barrett et al. 2017",
    ),
    *many.COLLECTED,
)  # fmt: skip
"""Stored with every trial."""

DERIVED = (
    MetricFacts(
        name="phase.MARK", unit="s", vantages=("host",),
        meaning="time between MARK and the mark before it, in order of their medians", begins="the mark before",
        ends="the mark",
        misses="trials that lack either mark", source=CLOCK,
    ),
    MetricFacts(
        name="teardown", unit="s", vantages=("host",),
        meaning="gone - bye; without a bye, gone - the last mark before it", begins="the entry's leave-taking",
        ends="verified that nothing is left",
        misses="nothing; but the harness's own checks and polls of 10 ms are in it, and libvirt, which looks every "
        "200 ms whether QEMU has ended",
        source=CLOCK,
    ),
    memory("memory.WHEN.pss", "processes", "sum over the instance's own roles; shared daemons are never in it",
    f"{PROC}, smaps"),
    memory("memory.WHEN.uss", "processes", "the same", f"{PROC}, smaps"),
    memory("memory.WHEN.rss", "processes", "the same", f"{PROC}, smaps"),
    MetricFacts(
        name="disk.written", unit="B", vantages=("processes",), meaning="sum over the instance's own roles",
        begins="the start of the instance", ends="the end mark", source="proc(5), io",
    ),
    memory(
        "memory.WHEN.residual", "host", "change of MemAvailable - sum of PSS: what the views cannot explain",
        f"{PROC}, meminfo and smaps", misses="whatever either view misses: it may be negative",
    ),
    MetricFacts(
        name="METRIC.per_cpu_s", unit="", vantages=("workload",),
        meaning="METRIC x cpu.window / cpu.used: work per host CPU-second", begins=WINDOW, ends="the end of the same",
        misses="CPU time of a client on the host, and of shared daemons",
    ),
    MetricFacts(
        name="METRIC.cpu_s_per_1000", unit="", vantages=("workload",),
        meaning="1000 / METRIC.per_cpu_s: host CPU-seconds for 1000 units of work", begins=WINDOW,
        ends="the end of the same", misses="CPU time of a client on the host, and of shared daemons",
    ),
    MetricFacts(
        name="clock.disagreement", unit="1", vantages=("workload",), meaning="clock.workload / clock.host - 1",
        begins="the workload's window", ends="its end",
        misses="how long lines take to arrive; over 1 % it is a caveat, since every rate from such a clock is off by "
        "as much",
    ),
    MetricFacts(
        name="idle.share", unit="%", vantages=("processes:ROLE", "processes", "cgroup"),
        meaning="100 idle.cpu / idle.window: share of one CPU; of its own processes together, and of each role",
        misses="shared daemons are in no sum",
    ),
    MetricFacts(
        name="idle.rate", unit="1/s", vantages=("processes:ROLE", "processes"),
        meaning="idle.wakeups / idle.window, likewise", misses="shared daemons are in no sum",
    ),
    MetricFacts(
        name="METRIC.loss", unit="%", vantages=("workload",),
        meaning="100 (1 - METRIC beside a neighbour / beside nobody, in the same round), where higher is better",
        misses="rounds in which either of both trials failed; their outcomes say so",
    ),
    MetricFacts(
        name="METRIC.growth", unit="times", vantages=("workload",),
        meaning="METRIC beside a neighbour / beside nobody, in the same round, where lower is better",
        misses="rounds in which either of both trials failed; their outcomes say so",
    ),
    MetricFacts(
        name="overhead.METRIC", unit="", vantages=(),
        meaning="a median minus bare's, of start-up, of idle memory and of memory at load; unit and vantage are "
        "METRIC's",
        misses="what bare itself takes",
    ),
    *many.DERIVED,
)  # fmt: skip
"""Made of these by ``analysis/data/``; seen in ``bench.summarize``, not stored."""


def find(metric: str) -> list[MetricFacts]:
    """Return every row that tells of a metric: those of its own name, or else of the nearest pattern."""
    rows = [row for row in (*COLLECTED, *DERIVED) if row.is_of(metric)]
    least = min((_open(row.name) for row in rows), default=0)
    return [row for row in rows if _open(row.name) == least]


def names(marks: Iterable[str] = ()) -> list[str]:
    """Return the names that can be asked for: WHEN and MARK filled in, what has another placeholder as it is."""
    filled = []
    for name in dict.fromkeys(row.name for row in (*COLLECTED, *DERIVED)):
        options = {"WHEN": ("idle", "load"), "MARK": tuple(marks) or ("MARK",)}
        word = next((word for word in options if word in name), "")
        filled += [name.replace(word, one) for one in options[word]] if word else [name]
    return filled


def _open(name: str) -> int:
    """Return how much of a name is left open."""
    return sum(word != "WHEN" for word in CAPITALS.findall(name))

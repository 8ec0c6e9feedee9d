"""The words of reports, tables and the command line: one word for one thing, everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHAPTERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "What is run": {
            "scenario": "one question, one file in `scenarios/`: image, workload, parameters, metrics, claims",
            "workload": "the command that runs inside; the same bytes in every isolation",
            "service": "a workload that stays and answers, until it is stopped",
            "client": "what asks a service, or works in an empty instance, once for every step; inside, or on the host",
            "image": "a content-addressed root file system built from a recipe; every isolation runs it",
            "recipe": "how an image is made: one file in `scenarios/images/`",
            "isolation": "a way to run a workload: `bare`, `docker`, `vm`",
            "variant": "an isolation with one thing changed, by words behind a colon: `docker:runsc`",
            "bare": "the baseline: a plain process on the host, in the same image, under the same envelope",
            "twin": "`bare` measured a second time as `bare:twin`: what differs between the two is chance",
            "envelope": "what every instance of a comparison gets: CPUs, memory, pids, network; it is checked",
            "instance": "one started isolation unit",
            "entry": "the script in the image that prints marks and starts the workload; the same in every isolation",
            "role": "what a process of the host is to an instance: workload, vmm, shim, network helper",
            "host": "the machine that Isobench runs on, and its kernel; a guest has a kernel of its own",
            "emulated": "a guest's instructions are translated by software, for want of usable hardware virtualization",
        },
        "How it is run": {
            "run": "one request, carried out: manifest, journal, samples under `results/<run-id>/`",
            "stretch": "what of a run was measured without a gap; another begins where it was taken up again",
            "fleet": "one request to many hosts, each of which keeps a run of its own: `results/fleet-<id>/`",
            "round": "every cell once, in a fresh random order",
            "trial": "one fresh instance of one cell, measured once",
            "cell": "scenario x parameters (the arm among them) x isolation",
            "arm": "a named way to run the same scenario: network, storage, the client's place",
            "step": "one set of the client's own parameters; all steps of a cell run in the same instance, in random "
            "order",
            "rung": "an isolation of a launch ladder: it starts what the rung below it starts, and something more",
            "manifest": "what a run was: host, versions, scenarios, isolations, seed, how it stopped",
            "journal": "`trials.jsonl`: one line for each trial, on the disk before the next one starts",
            "precision": "the half-width of an interval, relative to its figure, at which a run may stop",
            "budget": "the time that a run may take; it goes where intervals are widest",
            "calibration": "known delays, memory, quotas, rates and bytes are injected and recovered by our meters",
        },
        "What is seen": {
            "metric": "what is measured, with its unit: `timeline.ready`, `memory.idle.pss`",
            "sample": "one number: metric, value, unit, vantage (who saw it), when",
            "vantage": "who saw a number: the host, a control group, processes of a role, the workload itself",
            "timeline": "named marks of one instance on the host's monotonic clock",
            "mark": "an event of an instance with its time, such as the arrival of a line that the entry prints",
            "ready": "the mark at which the workload can do its work: a line of it, or a service's first answer",
            "phase": "the time from one mark of a timeline to the next",
            "PSS": "proportional set size: memory of processes, where a page that n of them share counts 1/n",
            "USS": "unique set size: memory that only these processes have",
            "sentinel": "a reading of the host around a trial that shows what others did to it: load, steal, swap",
            "steal": "time in which the host's own hypervisor ran somebody else on its CPUs",
            "pressure": "share of time in which tasks waited for CPU, memory or I/O (PSI of the kernel)",
            "envelope check": "the entry reports from inside what it got; another envelope fails the trial",
        },
        "How a trial ends": {
            "outcome": "how a trial ended: ok, failed, timed out, out of memory, did not return, unsupported, spoiled",
            "ok": "the workload left with status 0, in its envelope, and every metric was found",
            "failed": "another status, another envelope, a metric that is missing, or an engine that refused",
            "timed out": "not ready, or not ended, within the scenario's time",
            "out of memory": "a process was killed for memory, even if the workload went on",
            "did not return": "the instance was still there after its dismissal, or a service when asked to stop",
            "unsupported": "the isolation is not ready on this host",
            "spoiled": "it ended ok, but the host disturbed it; it is kept, and in no figure",
        },
        "What is made of it": {
            "figure": "what a run says of one metric of one cell: a median with its interval, a ratio to bare",
            "median": "the middle value over rounds",
            "interval": "confidence interval: as wide as chance alone may move the figure, at the run's confidence",
            "confidence": "how often intervals made this way hold the true figure: 95 % unless a run looked as it went",
            "ratio": "of geometric means by round, isolation over `bare`: 1.2 is 20 % more",
            "overhead": "the difference to bare in the metric's own unit",
            "p": "p-value: how likely chance alone makes a difference this large; corrected by Holm for many",
            "equivalent": "shown to lie within the margin of no overhead by two one-sided tests, not merely unseen",
            "margin": "how far from 1 a ratio may lie and two sides be called equal: 3 %",
            "detectable": "the smallest change that would have been seen in 80 of 100 such runs",
            "rank": "place among the isolations in a headline figure; equal ranks could not be told apart",
            "headline figure": "start-up, idle memory, and what workloads report: what the answer is made of",
            "percentile": "p95: the value that 95 of 100 instances do not exceed; it takes 59 trials to bound it",
            "success": "the share of trials that were begun and ended well, spoiled ones among them",
            "weight": "how heavy a criterion is to who has to choose: `start=3,memory=1`",
            "must": "what an isolation has to be or to reach before it is ranked: `own kernel`, `start<200ms`",
            "dominated": "another isolation costs no more and reaches no more of the host, and less of either",
            "front": "the isolations that nobody dominates",
            "warmup": "whether a workload's speed was steady within a trial, by its change points",
            "change point": "where the level of a series changes",
            "history": "each figure's course over the runs of one machine, scenario version and image",
            "shift": "a change point of a history: from one run on, a figure has another level",
            "baseline run": "the run that `bench baseline` has marked, for others to be compared with",
        },
        "What is said of it": {
            "claim": "an expectation written in a scenario: who says what, and what the data would have to show",
            "provenance": "whose a claim is, and how well it is documented: `P`, `P*`, `S`, `M`, `T`",
            "verdict": "what the data say of a claim: supported, refuted, undecided, or not testable here",
            "supported": "the whole interval lies within what the claim says",
            "refuted": "the whole interval lies outside of what the claim says",
            "undecided": "the interval reaches over the border: more rounds may decide",
            "not testable here": "this host or run has not what the claim speaks of",
            "caveat": "what a reader must know before he believes a figure of this run",
            "worse": "of two runs: significantly changed, by at least what matters, for the worse",
            "better": "the same, for the better",
            "no relevant change": "of two runs: shown to have changed by less than what matters",
        },
    }
)
"""The words in the order in which they are needed, each with what it means, in Markdown."""

GLOSSARY: Mapping[str, str] = MappingProxyType(
    {word: meaning for chapter in CHAPTERS.values() for word, meaning in chapter.items()}
)

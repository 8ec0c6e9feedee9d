"""A scripted run folder. FIXTURE: no value here was measured on anything."""

from __future__ import annotations

import json
import random
from pathlib import Path

MIB = 1 << 20
ISOLATIONS = ("bare", "docker", "vm")
MARKS: dict[str, dict[str, float]] = {
    "bare": {"spawned": 0.0006, "start": 0.0019, "ready": 0.0019},
    "docker": {"created": 0.018, "attached": 0.021, "started": 0.168, "start": 0.174, "ready": 0.174},
    "vm": {
        "disk": 0.021, "process_up": 0.110, "defined": 0.161, "kernel_up": 0.950, "start": 2.36,
        "ready": 2.36,
    },
}  # fmt: skip
LABELS = {
    "spawned": "process spawned", "created": "container created", "attached": "console attached",
    "started": "engine's start call returned", "disk": "disk overlay made", "process_up": "QEMU process up",
    "defined": "guest resumed", "kernel_up": "kernel's first line", "start": "first output", "ready": "ready",
}  # fmt: skip
ROLES: dict[str, dict[str, float]] = {
    "bare": {"workload": 0.6},
    "docker": {"workload": 0.7, "shim": 3.7, "shared:engine": 74.0},
    "vm": {"vmm": 148.0},
}
SPEED = {"bare": 1.0, "docker": 0.985, "vm": 0.052}
COSTS = {"bare": 1.0, "docker": 1.01, "vm": 1.12}


def write_run(
    folder: Path,
    *,
    rounds: int = 7,
    trouble: bool = True,
    interrupted: str | None = None,
    trials: int | None = None,
) -> Path:
    """Write a run folder; ``trials`` cuts the journal short."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(_trials(rounds, trouble=trouble))[:trials]
    counts = {"startup": rounds, "memory": rounds, "cpu": rounds}
    manifest = run_manifest(folder.name, counts, rounds * len(ISOLATIONS) * 4, interrupted)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2))
    (folder / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def _trials(rounds: int, *, trouble: bool) -> list[dict[str, object]]:
    chance = random.Random(5)
    found: list[dict[str, object]] = []
    cells = [
        (scenario, parameters, isolation)
        for scenario, parameters in (
            ("startup", {}),
            ("memory", {}),
            ("cpu", {"threads": 1}),
            ("cpu", {"threads": 2}),
        )
        for isolation in ISOLATIONS
    ]
    for round_number in range(1, rounds + 1):
        for scenario, parameters, isolation in chance.sample(cells, len(cells)):
            found.append(trial_line(len(found) + 1, round_number, scenario, parameters, isolation, chance))
    if trouble:
        vm = next(t for t in found if (t["isolation"], t["scenario"], t["round"]) == ("vm", "memory", min(2, rounds)))
        vm |= {
            "outcome": "timed out", "reason": "no start mark within 60 s", "samples": [],
            "tail": ["[    0.000000] Linux version 6.1.0", "Kernel panic - not syncing: <no init> | found"],
        }  # fmt: skip
        docker = next(
            t for t in found if (t["isolation"], t["scenario"], t["round"]) == ("docker", "startup", min(3, rounds))
        )
        docker |= {"outcome": "spoiled", "reason": "the host swapped 12 MiB during the trial"}
    return found


def trial_line(
    number: int,
    round_number: int,
    scenario: str,
    parameters: dict[str, int],
    isolation: str,
    chance: random.Random,
) -> dict[str, object]:
    def sample(metric: str, value: float, unit: str, vantage: str, better: str = "lower") -> None:
        noise = chance.lognormvariate(0, 0.0005 if metric.startswith("clock") else 0.02)
        samples.append(
            {
                "metric": metric,
                "value": value * noise,
                "unit": unit,
                "vantage": vantage,
                "better": better,
                "at_s": 1.0,
            }
        )

    samples: list[dict[str, object]] = []
    slow = chance.lognormvariate(0, 0.03)
    last = MARKS[isolation]["ready"]
    tail = {
        "end": last + 1,
        "bye": last + 1.001,
        "exited": last + 1.03,
        "gone": last + 1.05 + 30 * last / 100,
    }
    for mark, at_s in {**MARKS[isolation], **tail}.items():
        samples.append(
            {"metric": f"timeline.{mark}", "value": at_s * slow, "unit": "s", "vantage": "host",
             "better": "lower", "at_s": at_s * slow}
        )  # fmt: skip
    if scenario == "memory":
        _memory(isolation, sample)
    if scenario == "cpu":
        _cpu(isolation, parameters["threads"], sample)
    sample("harness.cpu", 0.004, "s", "harness")
    return {
        "number": number, "round": round_number, "scenario": scenario, "scenario_version": "0123456789ab",
        "parameters": parameters, "isolation": isolation, "emulated": isolation == "vm", "outcome": "ok",
        "reason": "", "started_at": "2026-11-23T21:05:00+00:00", "seen": {"cpus": "1"}, "tail": [],
        "samples": samples,
    }  # fmt: skip


def _memory(isolation: str, sample: object) -> None:
    assert callable(sample)
    for role, mebibytes in ROLES[isolation].items():
        for view, share in (("pss", 1.0), ("uss", 0.8), ("rss", 1.6)):
            sample(f"memory.idle.{view}", mebibytes * share * MIB, "B", f"processes:{role}")
        sample("memory.peak.rss", mebibytes * 1.7 * MIB, "B", f"processes:{role}")
    own = sum(value for role, value in ROLES[isolation].items() if not role.startswith("shared:"))
    sample("memory.idle.available_change", (own * 1.1 + 0.4) * MIB, "B", "host")
    if isolation != "vm":
        sample("memory.idle.cgroup", (own * 0.4 + 0.5) * MIB, "B", "cgroup")
        sample("memory.peak.cgroup", (own * 0.6 + 0.9) * MIB, "B", "cgroup")
    if isolation == "vm":
        sample("memory.guest_used", 21 * MIB, "B", "guest")


def _cpu(isolation: str, threads: int, sample: object) -> None:
    assert callable(sample)
    sample("events_per_s", 812.0 * threads * SPEED[isolation], "1/s", "workload", "higher")
    sample("latency_p95", 0.0012 / SPEED[isolation], "s", "workload")
    sample("cpu.used", 1.0 * threads * COSTS[isolation], "s", "processes:vmm" if isolation == "vm" else "cgroup")
    sample("cpu.window", 1.0, "s", "host")
    sample("clock.workload", 1.0 * (1.031 if isolation == "vm" else 1.0), "s", "workload")
    sample("clock.host", 1.0, "s", "host")


def run_manifest(run: str, rounds: dict[str, int], planned: int, interrupted: str | None) -> dict[str, object]:
    def isolation(name: str, detail: str) -> dict[str, object]:
        return {
            "ready": True, "detail": detail, "reason": None, "remedy": None, "emulated": name == "vm",
            "versions": {"kernel": "5.10"}, "own_kernel": name == "vm",
            "stopwatch": f"from the call that asks for the {name} instance to the arrival of its first line",
            "phases": [{"mark": mark, "label": LABELS[mark]} for mark in MARKS[name]],
        }  # fmt: skip

    return {
        "schema_version": 1, "run": run, "started_at": "2026-11-23T21:05:00+00:00",
        "finished_at": None if interrupted else "2026-11-23T21:09:30+00:00", "interrupted": interrupted,
        "command_line": ["bench", "run", *rounds], "bench_version": "0.1.0", "seed": 42,
        "rounds": rounds, "planned": planned, "quick": False,
        "host": {
            "name": "fir", "cpu_model": "Scripted CPU 9000", "cpus": 2, "memory_bytes": 23 << 30,
            "os": "Debian 12",
            "kernel": "6.1.0", "architecture": "x86_64", "cgroup": "v1", "virtual": "kvm", "swap_bytes": 0,
            "caveats": ["the CPU frequency governor cannot be read here"],
        },
        "harness": {"cpu_set": [0], "python": "3.11.7"},
        "isolations": {
            "bare": isolation("bare", "chroot into the image"),
            "docker": isolation("docker", "engine 20.10, runc 1.1"),
            "docker:runsc": {
                "ready": False, "detail": "", "reason": "the engine knows no runtime runsc",
                "emulated": False,
                "remedy": "install gVisor and register runsc in daemon.json", "versions": {},
                "own_kernel": True, "stopwatch": "", "phases": [],
            },
            "vm": isolation("vm", "libvirt 9.0 (embedded), QEMU 7.2, TCG"),
        },
        "scenarios": {
            "startup": _scenario("Start-up", "How long until the first line?", [], None),
            "memory": _scenario("Idle memory", "What does an instance that does nothing hold?", [], 1.0),
            "cpu": _scenario(
                "CPU throughput", "How much of the processor is left for the workload?",
                [{"name": "events_per_s", "unit": "1/s", "better": "higher"},
                 {"name": "latency_p95", "unit": "s", "better": "lower"}], None,
            ),
        },
        "images": {"base": {"digest": "sha256:" + "5f0c" * 16, "packages": 81, "lock": "locks/base.json"}},
    }  # fmt: skip


def _scenario(title: str, question: str, metrics: list[dict[str, str]], settle_s: float | None) -> dict[str, object]:
    return {
        "title": title, "question": question, "version": "0123456789ab", "image": "base",
        "command": ["/bin/workload", "--threads", "{threads}"],
        "parameters": {"threads": [1, 2]} if metrics else {},
        "envelope": {"cpus": 1, "memory_bytes": 512 * MIB, "pids": 256, "network": "none", "cpu_set": [1]},
        "settle_s": settle_s, "metrics": metrics,
        "claims": [{"says": "CPU-bound work is free in containers", "source": "Felter et al., ISPASS 2015"}],
    }  # fmt: skip

"""Services, clients, arms, steps, storage and claims at the door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import ScenarioError
from bench.measuring.plan import cells_of
from bench.model import Answer, Arm, Cell, Claim, Client, Output, Storage
from bench.scenario import load_scenario
from tests.scenario.test_scenario import write

NEIGHBOUR = {"command": ["hog", "{pids}"], "ready": "^works", "work": r"^did (\d+)"}

GOOD: dict[str, Any] = {
    "title": "Serve",
    "question": "Does it serve?",
    "image": "base",
    "command": ["serve", "--port={port}", "--bind={bind}", "--data={storage}", "--size={size}"],
    "envelope": {"cpus": 1, "memory_mib": 256, "network": "published"},
    "storage": {"path": "/data", "kind": "volume", "size_mib": 64},
    "arms": [
        {"name": "published", "client": "host"},
        {"name": "socket, layer", "network": "none", "storage": "layer", "client": "inside"},
    ],
    "ready": {"pattern": "^serving", "tcp": {"send": "PING\r\n", "expect": "PONG"}},
    "client": {"command": ["ask", "--at={address}:{port}", "--clients={clients}"], "where": "host"},
    "setup": {"commands": [["fill", "{storage}"], ["warm", "up"]]},
    "parameters": {"size": 9},
    "steps": {"clients": [1, 8]},
    "metrics": [
        {"name": "rate", "unit": "1/s", "better": "higher", "pattern": r"rate (\d+)"},
        {"name": "errors", "unit": "1", "better": "lower", "pattern": r"errors (\d+)", "most": 0},
    ],
    "output": {"expect": ["^done"], "forbid": ["refused"]},
    "claims": [
        {
            "says": "as fast in a container",
            "source": "many",
            "provenance": "T",
            "metric": "rate",
            "of": "docker",
            "against": "bare",
            "margin": 0.25,
            "where": {"arm": "published", "clients": [1, 8]},
        },
        {
            "says": "a port costs",
            "source": "someone, 2014",
            "provenance": "P*",
            "published": "0.8 of native",
            "metric": "rate",
            "of": "docker",
            "against": "docker",
            "at_most": 0.95,
            "where": {"arm": "published"},
            "against_where": {"arm": "socket, layer"},
        },
    ],
    "quick": {"arms": ["published"], "steps": {"clients": 8}, "rounds": 2},
    "time": {"full_s": 100, "quick_s": 20},
}


def changed(key: str, value: object) -> dict[str, Any]:
    """GOOD with one dotted key set; None removes it."""
    table: dict[str, Any] = json.loads(json.dumps(GOOD))
    *way, last = [int(step) if step.isdigit() else step for step in key.split(".")]
    place: Any = table
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return table


def test_a_good_file_arrives_whole(tmp_path: Path) -> None:
    found = load_scenario(write(tmp_path, GOOD))
    assert found.client == Client(
        command=("ask", "--at={address}:{port}", "--clients={clients}"),
        where="host",
        setup=(("fill", "{storage}"), ("warm", "up")),
    )
    assert found.answer == Answer(send=b"PING\r\n", expect="PONG", says="TCP answer that holds 'PONG'")
    assert found.storage == Storage(path="/data", kind="volume", size_bytes=64 << 20)
    assert found.arms[1] == Arm(name="socket, layer", network="none", storage="layer", client="inside")
    assert found.steps == {"clients": (1, 8)}
    assert found.output == Output(expect=("^done",), forbid=("refused",))
    assert found.took_s == 100
    assert [(metric.least, metric.most) for metric in found.metrics] == [(0.0, None), (None, 0.0)]


def test_claims_become_ranges(tmp_path: Path) -> None:
    equal, less = load_scenario(write(tmp_path, GOOD)).claims
    assert (equal.at_least, equal.at_most) == (0.8, 1.25)
    assert equal.where == {"arm": ("published",), "clients": (1, 8)}
    assert less == Claim(
        says="a port costs", source="someone, 2014", provenance="P*", published="0.8 of native", metric="rate",
        of="docker", against="docker", at_most=0.95, where={"arm": ("published",)},
        against_where={"arm": "socket, layer"},
    )  # fmt: skip


def test_an_http_answer_is_a_request_and_a_status(tmp_path: Path) -> None:
    found = load_scenario(write(tmp_path, changed("ready", {"http": "/health"}))).answer
    assert found is not None
    assert found.send.startswith(b"GET /health HTTP/1.0\r\n")
    assert found.send.endswith(b"\r\n\r\n")
    assert found.says == "HTTP GET /health"


def test_every_arm_is_a_cell_with_its_own_network_storage_and_client(tmp_path: Path) -> None:
    found = load_scenario(write(tmp_path, GOOD))

    def told(cell: Cell) -> tuple[object, ...]:
        assert cell.storage is not None
        return cell.parameters["arm"], cell.envelope.network, cell.storage.kind, cell.client_where

    assert [told(cell) for cell in cells_of(found, ["bare"])] == [
        ("published", "published", "volume", "host"),
        ("socket, layer", "none", "layer", "inside"),
    ]


def test_quick_takes_fewer_arms_and_steps(tmp_path: Path) -> None:
    quick = load_scenario(write(tmp_path, GOOD), quick=True)
    assert [arm.name for arm in quick.arms] == ["published"]
    assert quick.steps == {"clients": (8,)}
    assert quick.took_s == 20


@pytest.mark.parametrize(
    ("key", "value", "named", "expected"),
    [
        ("client.command.0", "ask {adress}", "client.command[0]", "did you mean 'address'?"),
        ("command.1", "{clients}", "command[1]", "no parameter is called 'clients'"),
        ("command.1", "{address}", "command[1]", "no parameter is called 'address'"),
        ("setup.commands.0", [], "setup.commands[0]", "at least 1"),
        ("setup.commands.1.0", "two\nlines", "setup.commands[1][0]", "on one line"),
        ("client", None, "setup", "needs a [client]"),
        ("surface", True, "surface = True", "needs a [client] inside with [steps] workload, 'calls' among them"),
        ("client.where", "beside", "client.where = 'beside'", "'inside' or 'host'"),
        ("arms.0.network", "none", "arms[0].network = 'none'", "a client on the host needs"),
        ("arms.1.name", "published", "arms[1].name = 'published'", "is already arms[0]"),
        ("arms.0.storage", "disk", "arms[0].storage = 'disk'", "'layer', 'volume' or 'tmpfs'"),
        ("storage", None, "storage", "say where it is"),
        ("steps", {"size": [1]}, "steps.size", "is already a parameter"),
        ("parameters", {"arm": 1}, "parameters.arm", "choose another"),
        ("steps.unused", [1], "steps.unused", "no word of command uses {unused}"),
        ("ready.tcp.expect", "(", "ready.tcp.expect = '('", "no regular expression"),
        ("ready.http", "no path", "ready.http = 'no path'", "absolute path"),
        ("output.expect.0", ".*", "output.expect[0] = '.*'", "matches every line"),
        ("claims.0.metric", "rat", "claims[0].metric = 'rat'", "did you mean 'rate'?"),
        ("claims.0.of", None, "claims[0].of", "names the isolation"),
        ("claims.0.at_most", 2, "claims[0].margin = 0.25", "instead of at_least and at_most"),
        ("claims.0.against", None, "claims[0].against", "to be equivalent to"),
        ("claims.1.at_most", None, "claims[1].at_least", "at_least, at_most or margin"),
        ("claims.1.at_least", 3, "claims[1].at_least = 3.0", "not be above at_most"),
        ("claims.0.where.arm", "publish", "claims[0].where.arm = 'publish'", "none of its values"),
        ("claims.0.where.thread", 1, "claims[0].where.thread", "no parameter, step or arm"),
        ("claims.1.against_where.arm", "no", "claims[1].against_where.arm = 'no'", "none of its values"),
        ("claims.1.metric", None, "claims[1].untested", "says why it is not tested"),
        ("claims.0.provenance", "Q", "claims[0].provenance = 'Q'", "'P'"),
        ("quick.arms", ["publishd"], "quick.arms[0] = 'publishd'", "did you mean 'published'?"),
        ("quick.steps", {"client": 1}, "quick.steps.client", "did you mean 'clients'?"),
        ("quick.most", 3, "quick.most = 3", "no [density]"),
        ("density", {"most": 3}, "density", "neither a [client] nor a network"),
        ("quick.idle_s", 3, "quick.idle_s = 3.0", "no idle_s"),
        ("untimed", {"clients": [1]}, "untimed.clients", "no parameter is called so"),
        ("neighbour", NEIGHBOUR, "parameters.antagonist", "'none' among its values"),
        ("neighbour", NEIGHBOUR, "neighbour", "a [client] that runs inside"),
        ("neighbour", {**NEIGHBOUR, "command": ["{pid}"]}, "neighbour.command[0]", "did you mean 'pids'?"),
        ("metrics.0.name", "density.mine", "metrics[0].name", "the harness's own"),
    ],
)
def test_an_error_names_file_key_value_and_what_is_right(
    tmp_path: Path, key: str, value: object, named: str, expected: str
) -> None:
    path = write(tmp_path, changed(key, value))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    told = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    assert any(line.startswith(f"{path}: {named}") and expected in line for line in told), told

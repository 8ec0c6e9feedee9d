"""What is heard from hosts, without any: who is given up, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from distributed import Client

from bench.measuring.fleet.host_request import HostRequest
from bench.measuring.fleet.mirror import Mirror
from bench.measuring.fleet.talk import FleetMember, Talk

LINE = b'{"number": 1}\n'
DIGEST = hashlib.sha256(LINE).hexdigest()
JOURNAL: dict[str, object] = {"kind": "piece", "file": "trials.jsonl", "offset": 0, "data": LINE, "last": True}
ENDED: dict[str, object] = {"kind": "ended", "code": 0, "digest": DIGEST, "said": []}


@dataclass
class _Task:
    status: str = "pending"


@dataclass
class _Scripted:
    """A client of dask's whose hosts say what is written down, as soon as they are asked."""

    answers: list[list[Mapping[str, object]]]
    """What is said each time that somebody is asked."""
    status: str = "pending"
    cancelled: int = 0
    handlers: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    def subscribe_topic(self, topic: str, handler: Callable[[Any], None]) -> None:
        self.handlers[topic] = handler

    def unsubscribe_topic(self, topic: str) -> None:
        del self.handlers[topic]

    asked: list[tuple[object, Mapping[str, object]]] = field(default_factory=list)

    def submit(self, _task: object, document: Mapping[str, object], **options: object) -> _Task:
        self.asked.append((options["workers"], document))
        for event in self.answers.pop(0):
            topic = "all" if "action" in event else "topic"
            self.handlers[topic]((0.0, {"ticket": document["ticket"], **event}))
        return _Task(self.status)

    def cancel(self, tasks: list[_Task]) -> None:
        self.cancelled += len(tasks)


def _measure(_document: Mapping[str, object]) -> None:
    pass


def _talked(folder: Path, *events: Mapping[str, object], status: str = "pending") -> tuple[FleetMember, list[str]]:
    """Return a host that has said these things, and what was said of it."""
    request = HostRequest(fleet="fleet-x", ticket="t", scenarios=("startup",), seed=1)
    member = FleetMember(
        name="alpha", number=1, address="tcp://10.0.0.9:1", request=request, mirror=Mirror(folder / "alpha")
    )
    said: list[str] = []
    client = cast(Client, _Scripted([list(events)], status))
    talk = Talk(client, "topic", [member], 0.5, dict, said.append)
    with talk.listening():
        talk.ask(_measure, [member])
    return member, said


def test_a_run_that_has_come_whole_is_measured(tmp_path: Path) -> None:
    member, said = _talked(tmp_path, JOURNAL, ENDED)
    assert (member.state, member.reason, member.mirror.trials) == ("measured", "", 1)
    assert (tmp_path / "alpha" / "trials.jsonl").read_bytes() == LINE
    assert said == ["alpha has measured 1 trials"]


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        ([JOURNAL], "lost", "it has sent nothing for 0 s"),
        ([JOURNAL, {"action": "remove-worker", "worker": "tcp://10.0.0.9:1"}], "lost", "it died or left"),
        ([JOURNAL, {**ENDED, "digest": "0"}], "lost", "its journal is not the one that has arrived"),
        ([{**JOURNAL, "offset": 7}], "lost", "its journal goes on at byte 7, and 0 have arrived"),
        ([{**JOURNAL, "file": "/etc/passwd"}], "lost", "it has sent '/etc/passwd', which is no part of a run"),
        ([{**JOURNAL, "file": "console/../../x"}], "lost", "which is no part of a run"),
        ([{"kind": "piece"}], "lost", "'file'"),
        ([{"kind": "dance"}], "lost", "an event 'dance'"),
        ([{"kind": "told", "facts": {"machine": 5}}], "lost", "what it sends is not what a host sends"),
        ([{"kind": "refused", "reason": "no"}], "left out", "no"),
        ([JOURNAL, {**ENDED, "code": 3, "said": ["no room"]}], "lost", "its run ended with exit code 3. no room"),
        ([JOURNAL, {**ENDED, "code": 143}], "lost", "it was told to end"),
        ([JOURNAL, {**ENDED, "code": 5}], "lost", "it was ended by a full disk"),
        ([{"kind": "full", "reason": "No space left on device"}], "lost", "its disk is full: No space left on device"),
        ([{**ENDED, "digest": ""}], "lost", "its run ended with exit code 0"),
    ],
)  # fmt: skip
def test_a_host_is_given_up_with_the_reason(
    events: list[Mapping[str, object]], state: str, reason: str, tmp_path: Path
) -> None:
    member, said = _talked(tmp_path, *events)
    assert member.state == state
    assert reason in member.reason
    assert said[0].startswith(f"alpha is {state}: ")
    if JOURNAL in events:
        assert (tmp_path / "alpha" / "trials.jsonl").read_bytes() == LINE, "what was measured is kept"
        assert state == "left out" or said[0].endswith("1 trials of it are kept")


def test_a_worker_that_cannot_begin_is_given_up(tmp_path: Path) -> None:
    member, _ = _talked(tmp_path, status="error")
    assert member.state == "lost"
    assert member.reason == "its worker cannot do what is asked: has it this version of Isobench?"


def test_what_comes_with_another_ticket_is_of_no_host(tmp_path: Path) -> None:
    member, _ = _talked(tmp_path, {**JOURNAL, "ticket": "u"}, {**ENDED, "ticket": "u"}, JOURNAL, ENDED)
    assert member.mirror.trials == 1


DIED: dict[str, object] = {"action": "remove-worker", "worker": "tcp://10.0.0.9:1"}
SECOND = b'{"number": 2}\n'
REST: dict[str, object] = {**JOURNAL, "offset": len(LINE), "data": SECOND}
BEGAN: dict[str, object] = {"kind": "began"}


def _waited_for(
    folder: Path, *answers: list[Mapping[str, object]], there: bool = True
) -> tuple[FleetMember, list[str], _Scripted]:
    """Return a host that was asked again after it had gone, if it is there, and at another address."""
    request = HostRequest(fleet="fleet-x", ticket="t", scenarios=("startup",), seed=1)
    member = FleetMember(
        name="alpha", number=1, address="tcp://10.0.0.9:1", request=request, mirror=Mirror(folder / "alpha")
    )
    said: list[str] = []
    client = _Scripted(list(answers))
    addresses = {"alpha": "tcp://10.0.0.9:2"} if there else {}
    talk = Talk(cast(Client, client), "topic", [member], 60, lambda: addresses, said.append)
    with talk.listening():
        talk.ask(_measure, [member], back_s=3)
    return member, said, client


def test_a_host_that_is_back_is_asked_for_the_rest(tmp_path: Path) -> None:
    ended = {**ENDED, "digest": hashlib.sha256(LINE + SECOND).hexdigest()}
    member, said, client = _waited_for(tmp_path, [JOURNAL, DIED], [BEGAN, REST, ended])
    assert (member.state, member.reason, member.mirror.trials) == ("measured", "", 2)
    assert (tmp_path / "alpha" / "trials.jsonl").read_bytes() == LINE + SECOND
    assert said == [
        "alpha is away: it died or left", "alpha goes on where it stopped", "alpha has measured 2 trials",
    ]  # fmt: skip
    (_, first), (place, again) = client.asked
    assert place == ["tcp://10.0.0.9:2"]
    assert (again["arrived"], again["digest"]) == (len(LINE), DIGEST)
    assert again["ticket"] != first["ticket"]


def test_a_host_that_does_not_come_back_is_lost(tmp_path: Path) -> None:
    member, said, _ = _waited_for(tmp_path, [JOURNAL, DIED], there=False)
    assert (member.state, member.reason) == ("lost", "it died or left, and did not go on within 3 s")
    assert said[-1].endswith("1 trials of it are kept")


def test_a_host_that_comes_back_and_says_nothing_is_lost(tmp_path: Path) -> None:
    member, _, client = _waited_for(tmp_path, [JOURNAL, DIED], [])
    assert member.reason == "it died or left, and did not go on within 3 s"
    assert len(client.asked) == 2


FULL: dict[str, object] = {**ENDED, "code": 5}
NO_ROOM: dict[str, object] = {"kind": "full", "reason": "No space left on device"}


def test_a_host_that_a_full_disk_has_ended_goes_on_when_there_is_room(tmp_path: Path) -> None:
    ended = {**ENDED, "digest": hashlib.sha256(LINE + SECOND).hexdigest()}
    member, said, client = _waited_for(tmp_path, [JOURNAL, FULL], [NO_ROOM, NO_ROOM, BEGAN, REST, ended])
    assert (member.state, member.reason, member.mirror.trials) == ("measured", "", 2)
    assert said == [
        "alpha is away: it was ended by a full disk", "alpha goes on where it stopped", "alpha has measured 2 trials",
    ]  # fmt: skip
    assert len(client.asked) == 2


def test_a_host_whose_disk_stays_full_is_lost_with_what_it_has_measured(tmp_path: Path) -> None:
    member, said, client = _waited_for(tmp_path, [JOURNAL, FULL], [NO_ROOM])
    assert (member.state, member.reason) == ("lost", "it was ended by a full disk, and did not go on within 3 s")
    assert said[-1].endswith("1 trials of it are kept")
    assert client.cancelled == 2, "its worker waits no more"


def test_a_host_that_a_full_disk_ends_again_without_a_trial_between_is_lost(tmp_path: Path) -> None:
    member, _, client = _waited_for(tmp_path, [JOURNAL, FULL], [BEGAN, FULL])
    assert (member.state, member.reason) == ("lost", "it was ended by a full disk")
    assert len(client.asked) == 2


def test_a_host_that_went_away_while_it_looked_at_itself_is_asked_again_and_may_go_away_once_more(
    tmp_path: Path,
) -> None:
    facts: dict[str, object] = {"machine": "m", "versions": {}, "scenarios": {}, "images": {}}
    told = {"kind": "told", "facts": {**facts, "began_s": 0.0, "told_s": 0.0}}
    request = HostRequest(fleet="fleet-x", ticket="t", scenarios=("startup",), seed=1)
    member = FleetMember(
        name="alpha", number=1, address="tcp://10.0.0.9:1", request=request, mirror=Mirror(tmp_path / "alpha")
    )
    answers: list[list[Mapping[str, object]]] = [
        [DIED],
        [told],
        [{**DIED, "worker": "tcp://10.0.0.9:2"}],
        [JOURNAL, ENDED],
    ]
    client = _Scripted(answers)
    talk = Talk(cast(Client, client), "topic", [member], 60, lambda: {"alpha": "tcp://10.0.0.9:2"}, lambda _line: None)
    with talk.listening():
        talk.ask(_measure, [member], back_s=3)
        assert (member.facts and member.facts.machine, member.state, member.reason) == ("m", "measuring", "")
        talk.ask(_measure, [member], back_s=3)
    assert (member.state, member.mirror.trials) == ("measured", 1)


def test_a_host_that_dies_again_without_a_trial_between_is_lost(tmp_path: Path) -> None:
    died_again = {**DIED, "worker": "tcp://10.0.0.9:2"}
    member, _, client = _waited_for(tmp_path, [JOURNAL, DIED], [BEGAN, died_again])
    assert (member.state, member.reason) == ("lost", "it died or left")
    assert len(client.asked) == 2


def test_a_host_that_has_changed_says_so_and_what_it_had_is_kept(tmp_path: Path) -> None:
    said = ["bench: /r was measured under other circumstances: host, kernel: 6.1 then, 6.9 now", "       Put that back"]
    member, _, _ = _waited_for(tmp_path, [JOURNAL, DIED], [BEGAN, {**ENDED, "code": 2, "said": said}])
    assert member.state == "lost"
    assert "host, kernel: 6.1 then, 6.9 now" in member.reason
    assert (tmp_path / "alpha" / "trials.jsonl").read_bytes() == LINE

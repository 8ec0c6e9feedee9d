"""The console: the same bytes give the same marks, lines and status, however they are cut into chunks."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.isolations.console import Console, Line

SECRET = "0123456789abcdef"
START = b"@isobench start\n"
EARLY = re.compile(rb"@isobench (start|gate|kernel_up|listening)\r?\n")


def mark(words: str, secret: str = SECRET) -> bytes:
    return f"@isobench {secret} {words}\n".encode()


def fed(*chunks: bytes, ready: str | None = None, limit_bytes: int = 1 << 20) -> Console:
    """Return a console that got these chunks at 100, 200, 300 ... nanoseconds; without a start among them, after it."""
    started = EARLY.search(b"".join(chunks)) is None
    console = Console(SECRET, started=started, patterns={"ready": ready} if ready else {}, limit_bytes=limit_bytes)
    for number, chunk in enumerate(chunks, start=1):
        console.feed(chunk, number * 100)
    return console


def output(console: Console) -> list[bytes]:
    return [line.data for line in console.lines()]


PIECES = st.one_of(
    st.sampled_from([START, mark("end 0"), mark("saw cpus 2"), mark("end 3", "ffff"), b"\r\n", b"\n", b"ready\n"]),
    st.binary(max_size=12),
    st.just(b"x" * 5000),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


@st.composite
def cut(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    stream = draw(STREAMS)
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    borders = [0, *places, len(stream)]
    return stream, [stream[a:b] for a, b in pairwise(borders)]


@given(cut())
@example((b"x" * 5000 + b"ready\n", [b"x" * 5000, b"ready\n"]))
def test_chunking_changes_nothing(stream_and_chunks: tuple[bytes, list[bytes]]) -> None:
    stream, chunks = stream_and_chunks
    whole, pieces = fed(stream, ready="^ready$"), fed(*chunks, ready="^ready$")
    assert output(pieces) == output(whole)
    assert (pieces.raw, pieces.status, pieces.seen) == (whole.raw, whole.status, whole.seen)
    for event in ("start", "ready", "end", "closed", "overflow"):
        assert pieces.happened(event) == whole.happened(event), event


@given(cut())
def test_a_lines_stamp_is_the_arrival_of_the_chunk_that_completed_it(
    stream_and_chunks: tuple[bytes, list[bytes]],
) -> None:
    stream, chunks = stream_and_chunks
    console = fed(*chunks)
    arrived: list[int] = []
    for number, chunk in enumerate(chunks, start=1):
        arrived += [number * 100] * len(chunk)
    allowed = {arrived[place] for place, byte in enumerate(stream) if byte in b"\r\n"} | set(arrived[-1:])
    assert {line.at_ns for line in console.lines()} <= allowed


def test_a_line_in_three_chunks_has_the_last_ones_stamp() -> None:
    assert list(fed(b"one\ntw", b"o", b"\nthree\n").lines()) == [
        Line(100, b"one"),
        Line(300, b"two"),
        Line(300, b"three"),
    ]


def test_an_unfinished_last_line_has_its_last_chunks_stamp() -> None:
    assert list(fed(b"one\n", b"tw", b"o").lines()) == [Line(100, b"one"), Line(300, b"two")]


def test_marks_become_events_with_the_stamp_of_their_line() -> None:
    heard: list[tuple[str, int]] = []
    console = Console(SECRET, on_event=lambda event, at_ns: heard.append((event, at_ns)))
    stream = START + b"hello\n" + mark("end 3")
    console.feed(stream[:10], 1)
    console.feed(stream[10:40], 2)
    console.feed(stream[40:], 3)
    console.close(4)
    assert heard == [("start", 2), ("ready", 2), ("end", 3), ("closed", 4)]
    assert console.status == 3


@pytest.mark.parametrize("stream", [START + b"ready\n" + mark("end 0"), START + b"ready" + mark("end 0")])
def test_what_arrives_at_once_happens_in_the_order_of_its_bytes(stream: bytes) -> None:
    """Who waits wakes between two events: an end that came before its readiness would be a workload that failed."""
    heard: list[str] = []
    console = Console(SECRET, patterns={"ready": "^ready$"}, on_event=lambda event, _at_ns: heard.append(event))
    console.feed(stream, 1)
    assert heard == ["start", "ready", "end"]


def test_marks_are_left_out_of_the_lines_and_kept_in_the_raw_bytes() -> None:
    stream = START + b"hello\n" + mark("saw cpus 2") + mark("end 0") + mark("bye")
    console = fed(stream)
    assert output(console) == [b"hello"]
    assert console.raw == stream


def test_a_mark_after_an_unfinished_line_is_a_mark_and_the_rest_is_output() -> None:
    console = fed(b"no newline" + mark("end 0") + b"after\n")
    assert console.happened("end")
    assert output(console) == [b"no newline", b"after"]


@pytest.mark.parametrize("secret", ["0", "", "end", SECRET[:-1], SECRET + "0", SECRET.replace("0", ".")])
def test_a_mark_with_the_wrong_secret_is_workload_output(secret: str) -> None:
    console = fed(mark("end 0", secret))
    assert not console.happened("end")
    assert console.status is None
    assert output(console) == [mark("end 0", secret).rstrip(b"\n")]


def test_a_secret_is_no_pattern() -> None:
    console = Console("a.c")
    console.feed(mark("end 0", "abc"), 1)
    assert not console.happened("end")


@pytest.mark.parametrize("word", ["start", "gate", "kernel_up", "listening"])
@pytest.mark.parametrize("apart", [True, False])
def test_marks_without_the_secret_count_until_the_workload_can_run_and_are_its_output_then(
    word: str, *, apart: bool
) -> None:
    early = f"@isobench {word}\n".encode()
    before, after = fed(early), fed(START, early) if apart else fed(START + early)
    assert word == "listening" or before.happened(word)
    assert output(before) == []
    assert output(after) == [early.rstrip(b"\n")]
    assert word == "start" or not after.happened(word)


@pytest.mark.parametrize("words", ["end 0", "saw cpus 2", "bye", "did 1 0", "left 0", "over 0"])
def test_without_the_secret_nothing_but_the_beginning_can_be_said(words: str) -> None:
    console = fed(f"@isobench {words}\n".encode())
    assert (console.seen, console.statuses, console.status, console.over) == ({}, {}, None, None)
    assert not any(console.happened(event) for event in ("end", "bye", "did.1", "left"))


def test_the_secret_is_delivered_once_to_who_listens_and_to_nobody_else() -> None:
    given: list[str] = []
    console = Console(SECRET)
    console.deliver = given.append
    console.feed(b"@isobench kernel_up\n", 1)
    assert given == []
    console.feed(b"@isobench listening\n", 2)
    console.feed(START + b"@isobench listening\n", 3)
    assert given == [f"{SECRET}\n{SECRET}"]


TWICE = [("saw cpus 2", "saw cpus 4"), ("end 0", "end 0"), ("did 1 0", "did 1 0"), ("end 0", "saw cpus 2")]


@pytest.mark.parametrize(("first", "second"), TWICE)
def test_what_the_entry_says_once_is_said_by_somebody_else_if_it_comes_twice_or_after_the_end(
    first: str, second: str
) -> None:
    assert fed(mark(first), mark(second)).contradicts


def test_an_entry_that_speaks_alone_does_not_contradict_itself() -> None:
    said = (
        "doing 1",
        "did 1 0",
        "doing 2",
        "did 2 1",
        "left 0",
        "saw cpus 2",
        "saw cpu_set 1",
        "end 0",
        "bye",
        "over 0",
    )
    console = fed(*map(mark, said))
    assert not console.contradicts
    assert (console.status, console.over) == (0, 0)


def test_what_the_instance_saw_is_kept_by_key() -> None:
    console = fed(mark("saw cpus 2") + mark("saw cpu_set 0-1") + mark("saw note two words") + mark("saw empty"))
    assert console.seen == {"cpus": "2", "cpu_set": "0-1", "note": "two words", "empty": ""}
    assert not console.happened("saw")


def test_what_the_inside_sees_wrongly_is_not_kept() -> None:
    console = Console(SECRET)
    console.doubted = frozenset({"memory_limit"})
    console.feed(b"@isobench start\n" + mark("saw memory_limit max") + mark("saw cpus 2"), 1)
    assert console.seen == {"cpus": "2"}


@pytest.mark.parametrize("rest", ["end", "end x", "end -1", "end 1 2"])
def test_an_end_without_a_number_ends_without_a_status(rest: str) -> None:
    console = fed(mark(rest))
    assert console.happened("end")
    assert console.status is None


def test_carriage_returns_of_a_terminal_belong_to_no_line() -> None:
    stream = (START + b"hello\nready\n" + mark("saw cpus 2") + mark("end 7")).replace(b"\n", b"\r\n")
    console = fed(stream, ready="^ready$")
    assert output(console) == [b"hello", b"ready"]
    assert (console.status, console.seen) == (7, {"cpus": "2"})
    assert console.happened("ready")


def test_bytes_that_are_no_utf8_are_kept_and_shown_as_replacements() -> None:
    console = fed(b"caf\xe9\n" + mark("end 0"))
    (line,) = console.lines()
    assert (line.data, line.text) == (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}")
    assert console.status == 0


def test_a_carriage_return_ends_a_line_with_a_stamp_of_its_own() -> None:
    console = fed(b"10%\r50", b"%\r", b"100%\r\nbye\r\r\n")
    assert [(line.at_ns, line.data) for line in console.lines()] == [
        (100, b"10%"), (200, b"50%"), (300, b"100%"), (300, b"bye"),
    ]  # fmt: skip


def test_a_line_that_ends_with_a_carriage_return_is_ready_when_that_arrives() -> None:
    console = fed(b"waiting\rready\r", ready="^ready$")
    assert console.happened("ready")


def test_a_mark_whose_line_end_is_cut_in_two_is_a_mark() -> None:
    console = fed(mark("start")[:-1] + b"\r", b"\nhello\n")
    assert console.happened("start")
    assert console.raw.endswith(b"hello\n")


@pytest.mark.parametrize("pattern", ["^[äö]ffne$", "^(?:über|öffne)$", "^.ffne$"])
def test_a_pattern_beyond_ascii_means_characters(pattern: str) -> None:
    assert fed("öffne\n".encode(), ready=pattern).happened("ready")


def test_the_end_of_a_window_counts_only_once_it_has_begun() -> None:
    console = Console(SECRET, started=True, patterns={"window_begin": "^go$", "window_finish": "^(go|stop)$"})
    console.feed(b"stop\ngo\n", 1)
    assert console.happened("window_begin")
    assert not console.happened("window_finish")
    console.feed(b"stop\n", 2)
    assert console.happened("window_finish")


def test_a_pattern_that_others_would_try_for_ever_keeps_nobody_from_their_turn() -> None:
    began = time.monotonic()
    console = fed(b"a" * 200_000 + b"\n", ready="^(a|a)*(a*)*b$")
    assert not console.happened("ready")
    assert time.monotonic() - began < 5


def test_empty_lines_are_lines() -> None:
    assert output(fed(b"\n\na\n")) == [b"", b"", b"a"]


def test_without_a_pattern_ready_is_the_start_mark() -> None:
    assert not fed(b"hello\n").happened("ready")
    assert fed(START).happened("ready")


def test_with_a_pattern_ready_is_its_line_and_not_the_start_mark() -> None:
    assert not fed(START, ready="^ready$").happened("ready")
    assert fed(START + b"ready\n", ready="^ready$").happened("ready")


@pytest.mark.parametrize("line", [b"not ready\n", b"ready?\n", b"ready"])
def test_a_pattern_with_anchors_matches_a_whole_and_finished_line_only(line: bytes) -> None:
    assert not fed(line, ready="^ready$").happened("ready")


def test_a_ready_line_across_chunks_is_ready_when_complete() -> None:
    console = fed(b"almost\nre", b"ad", b"y\nmore", ready="^ready$")
    assert console.at_ns("ready") == 300


@pytest.mark.parametrize("pattern", ["[0-9]+", "cpus", "start", "isobench"])
def test_the_entrys_marks_are_nobodys_readiness(pattern: str) -> None:
    assert not fed(START + mark("saw cpus 1"), ready=pattern).happened("ready")


def test_a_pattern_does_not_reach_across_lines() -> None:
    assert not fed(b"listening\non 80\n", ready=r"listening\s+on").happened("ready")


def test_the_first_ready_line_counts() -> None:
    assert fed(b"up\n", b"up\n", ready="up").at_ns("ready") == 100


def test_what_a_tool_or_kernel_says_before_the_start_is_not_the_workloads() -> None:
    console = fed(b"Warning: ready in a future version\n", START + b"one\n", ready="ready")
    assert not console.happened("ready")
    assert output(console) == [b"one"]
    assert console.tail() == ("Warning: ready in a future version", "one"), "for who asks why there is no workload"


def test_one_that_comes_back_still_has_a_gate() -> None:
    console = Console(SECRET, started=True, patterns={"ready": "up"})
    console.feed(b"@isobench gate\nup\n", 1)
    assert console.happened("gate")
    assert console.happened("ready")
    assert output(console) == [b"up"]


def test_output_beyond_the_limit_overflows_and_is_kept_no_more() -> None:
    console = fed(b"12345678", b"9a", b"more\n" + mark("end 0"), limit_bytes=9)
    assert console.happened("overflow")
    assert console.raw == b"123456789a"
    assert console.received_bytes > len(console.raw)
    assert not console.happened("end")


def test_output_up_to_the_limit_does_not_overflow() -> None:
    assert not fed(b"123456789", limit_bytes=9).happened("overflow")


def test_waiting_returns_the_first_of_the_events_in_the_order_asked_for() -> None:
    console = fed(START + mark("end 0"))
    assert console.wait("closed", "end", "start", timeout_s=0) == "end"
    assert console.wait("closed", timeout_s=0) is None


def test_what_the_host_sent_has_output_and_status_of_its_own() -> None:
    console = fed(
        START + b"service log\n" + mark("doing 1") + b"first\n" + mark("did 1 0"),
        b"between\n" + mark("doing 2") + b"second\nunfini",
    )
    assert [line.data for line in console.lines("1")] == [b"first"]
    assert [(line.data, line.at_ns) for line in console.lines("2")] == [(b"second", 200), (b"unfini", 200)]
    assert list(console.lines("3")) == []
    console.feed(b"shed\n" + mark("did 2 7"), 300)
    assert console.statuses == {"1": 0, "2": 7}
    assert [line.data for line in console.lines("2")] == [b"second", b"unfinished"]


def test_it_can_be_told_later_what_to_wait_for_and_only_later_lines_count() -> None:
    told: list[str] = []
    console = Console(SECRET, started=True, on_event=lambda event, _at_ns: told.append(event))
    console.feed(b"go\n", 1)
    console.listen({"begin.1": "^go$"})
    assert not console.happened("begin.1")
    console.feed(b"go\n", 2)
    assert console.happened("begin.1")
    assert told == [], "what belongs to a step is no mark of the instance"


def test_a_service_that_answers_is_ready_when_somebody_notes_it_and_not_before() -> None:
    told: dict[str, int] = {}
    console = Console(SECRET, ready_at_start=False, on_event=told.__setitem__)
    console.feed(START, 1)
    assert not console.happened("ready")
    console.note("ready", 5)
    assert console.wait("ready", timeout_s=0) == "ready"
    assert told == {"start": 1, "ready": 5}


def test_a_service_that_left_is_an_event_with_a_status() -> None:
    console = fed(mark("left 139"))
    assert console.happened("left")
    assert console.statuses["left"] == 139

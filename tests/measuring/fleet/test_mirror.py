"""A folder that is sent while it grows arrives as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench.errors import InputError
from bench.measuring.fleet.mirror import GrowingRun, Mirror, Piece


def _append(run: Path, number: int, end: str = "\n") -> None:
    (run / "console" / f"{number:04d}.log.gz").write_bytes(b"%d" % number)
    with (run / "trials.jsonl").open("a") as journal:
        journal.write(f'{{"number": {number}}}{end}')


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for folder in ("console", "locks", "plots"):
        (tmp_path / "run" / folder).mkdir(parents=True)
    (tmp_path / "run" / "manifest.json").write_text("begun")
    (tmp_path / "run" / "locks" / "base-1.json").write_bytes(b"x" * (2 << 20))
    (tmp_path / "run" / "samples.parquet").write_text("made from the rest")
    return tmp_path / "run"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_it_arrives_as_it_was_and_every_part_once(run: Path, tmp_path: Path) -> None:
    growing, mirror = GrowingRun(run), Mirror(tmp_path / "there")
    _append(run, 1)
    _append(run, 2, end="")
    first = list(growing.pieces())
    for piece in first:
        mirror.write(piece)
    assert (tmp_path / "there" / "trials.jsonl").read_bytes() == b'{"number": 1}\n', "a line is sent when it is whole"
    # never a line before its console
    assert [one["file"] for one in first][-2:] == ["console/0001.log.gz", "trials.jsonl"], (
        "never a line before its console"
    )
    assert list(growing.pieces()) == []
    (run / "trials.jsonl").open("a").write("\n")
    (run / "manifest.json").write_text("finished")
    for piece in growing.pieces():
        mirror.write(piece)
    whole = _files(run)
    del whole["samples.parquet"]
    assert _files(tmp_path / "there") == whole
    assert mirror.digest == growing.digest
    assert mirror.trials == 2


def test_a_run_that_is_taken_up_is_sent_from_where_it_had_arrived(run: Path, tmp_path: Path) -> None:
    growing, mirror = GrowingRun(run), Mirror(tmp_path / "there")
    _append(run, 1)
    for piece in growing.pieces():
        mirror.write(piece)
    with (tmp_path / "there" / "trials.jsonl").open("a") as journal:
        journal.write('{"numb')  # a piece of a line, the rest of which never came
    _append(run, 2)
    mirror = mirror.again()
    assert mirror.trials == 1
    growing = GrowingRun(run, mirror.arrived, mirror.digest)
    sent = list(growing.pieces())
    for piece in sent:
        mirror.write(piece)
    assert b"".join(one["data"] for one in sent if one["file"] == "trials.jsonl") == b'{"number": 2}\n'
    whole = _files(run)
    del whole["samples.parquet"]
    assert _files(tmp_path / "there") == whole
    assert mirror.digest == growing.digest


@pytest.mark.parametrize("journal", ['{"number": 2}\n', "", None])
def test_a_run_that_is_another_than_the_one_that_has_arrived_is_refused(run: Path, journal: str | None) -> None:
    _append(run, 1)
    arrived = (run / "trials.jsonl").read_bytes()
    (run / "trials.jsonl").unlink()
    if journal is not None:
        (run / "trials.jsonl").write_text(journal)
    with pytest.raises(InputError, match="its run is not the one that has arrived"):
        GrowingRun(run, len(arrived), hashlib.sha256(arrived).hexdigest())


def test_a_file_of_which_a_part_is_missing_stays_as_it_was(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    mirror.write(Piece(file="manifest.json", offset=0, data=b"one", last=True))
    mirror.write(Piece(file="manifest.json", offset=0, data=b"tw", last=False))
    with pytest.raises(ValueError, match=r"a piece of its manifest.json is missing"):
        mirror.write(Piece(file="manifest.json", offset=9, data=b"o", last=True))
    assert (tmp_path / "manifest.json").read_bytes() == b"one"

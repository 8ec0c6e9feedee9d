"""The records: frozen, their derived values exact."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench import model
from bench.model import Cell, short_digest
from tests.records import image, scenario


def test_every_record_is_frozen_slotted_and_keyword_only() -> None:
    records = [one for one in vars(model).values() if isinstance(one, type) and dataclasses.is_dataclass(one)]
    assert len(records) > 10
    for record in records:
        made = record.__dataclass_params__  # type: ignore[attr-defined]  # typeshed leaves it out
        assert made.frozen, record
        assert "__slots__" in vars(record), record
        assert all(field.kw_only for field in dataclasses.fields(record)), record


def test_a_cells_command_has_every_parameter_filled_in() -> None:
    squeeze = scenario("squeeze", "--threads={threads}", "{size}/{threads}", "{other}")
    cell = Cell(scenario=squeeze, parameters={"threads": 2, "size": "l"}, isolation="bare")
    assert cell.command == ("squeeze", "--threads=2", "l/2", "{other}")


def test_parameters_compare_as_text_whatever_their_order() -> None:
    one = Cell(scenario=scenario(), parameters={"b": 1, "a": "x"}, isolation="bare")
    other = Cell(scenario=scenario(), parameters={"a": "x", "b": 1}, isolation="bare")
    assert one.parameters_text == other.parameters_text == '{"a": "x", "b": 1}'


def test_an_image_knows_where_its_parts_lie(tmp_path: Path) -> None:
    made = image(tmp_path)
    assert (made.tar, made.lock) == (tmp_path / "rootfs.tar", tmp_path / "lock.json")


def test_a_short_digest_is_the_start_of_a_sha256_over_length_and_content() -> None:
    by_hand = hashlib.sha256(b"\0\0\0\0\0\0\0\x02ab" + b"\0\0\0\0\0\0\0\x01c").hexdigest()
    assert short_digest(b"ab", b"c") == by_hand[:12]


@given(st.lists(st.binary(max_size=4)), st.lists(st.binary(max_size=4)))
def test_different_parts_have_different_digests(some: list[bytes], others: list[bytes]) -> None:
    assume(some != others)
    assert short_digest(*some) != short_digest(*others)


def test_a_frozen_record_refuses_a_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario().rounds = 3  # type: ignore[misc]  # the point of the test

"""Redaction: what goes, what stays, and that what is left is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sharing.publish.identity import Secret
from bench.sharing.publish.redaction import Json, Redaction

REDACTION = Redaction(
    secrets=(
        Secret(word="fir", what="the host's name", instead="HOST"),
        Secret(word="fir.example.org", what="the host's name", instead="HOST"),
        Secret(word="alice", what="a user's name", instead="USER"),
        Secret(word="/srv/alice/project", what="a path", instead="PATH"),
    )
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("fir.example.org: refused", "HOST: refused"),
        ("FIR said no", "HOST said no"),
        ("the first trial", "the first trial"),
        ("/srv/alice/project/results/x", "PATH/results/x"),
        ("alice@fir", "USER@HOST"),
        ("see /home/bob/.cache", "see /home/USER/.cache"),
        ("from 192.168.7.5:80 to 10.0.0.9.", "from ADDRESS:80 to ADDRESS."),
        ("fe80::1c2d:3eff:fe4f:5061 up", "ADDRESS up"),
        ("link/ether 52:54:00:ab:cd:ef", "link/ether ADDRESS"),
    ],
)
def test_what_identifies_somebody_is_replaced(text: str, clean: str) -> None:
    assert REDACTION.text(text) == clean
    assert REDACTION.left(text) != [] or text == clean
    assert REDACTION.left(clean) == []


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0:80",
        "at 12:34:56",
        "bind9 1:9.18.33.1-1~deb12u1",
        "version 7.2",
        "sha256:5f0c",
    ],
)
def test_what_every_machine_has_and_what_only_looks_alike_stays(text: str) -> None:
    assert REDACTION.text(text) == text


def test_a_version_of_four_numbers_is_no_address() -> None:
    document: Json = {"packages": [{"name": "x", "version": "1.2.3.4"}], "peer": "1.2.3.4"}
    clean: Json = {"packages": [{"name": "x", "version": "1.2.3.4"}], "peer": "ADDRESS"}
    assert REDACTION.document(document) == clean
    assert REDACTION.left_in(document) == ["1.2.3.4"]
    assert REDACTION.left_in(clean) == []


WORDS = st.lists(
    st.sampled_from(
        ["fir", "alice", "/home/bob", "10.1.2.3", "52:54:00:12:34:56", "fe80::1", " ", "-", "x", ":", ".", "7"]
    ),
    max_size=12,
)


@given(WORDS)
def test_after_redaction_no_name_is_left_whatever_stands_beside_it(words: list[str]) -> None:
    assert REDACTION.left(REDACTION.text("".join(words))) == []

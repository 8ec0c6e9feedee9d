"""What came of a system call, from its answers and the rights of who asked."""

import pytest

from bench.measuring.surface.answers import CallAnswer, view

_ALL, _NONE, _DOCKER = "000001ffffffffff", "0000000000000000", "00000000a80425fb"


@pytest.mark.parametrize(
    ("name", "answers", "seccomp", "rights", "verdict"),
    [
        ("read", "EBADF", "0", _ALL, "answered"),
        ("pause", "waits", "2", _DOCKER, "answered"),
        ("rt_sigreturn", "signal-11", "2", _DOCKER, "answered"),
        ("keyctl", "SIGSYS", "2", _ALL, "refused"),
        ("add_key", "EPERM", "2", _DOCKER, "refused"),  # a handler would have said EFAULT
        ("mount", "EPERM EPERM", "2", _DOCKER, "refused"),  # before the addresses were looked at
        ("mount", "EFAULT EPERM", "0", _NONE, "needs_capability"),
        ("mount", "EFAULT EPERM", "2", _NONE, "needs_capability"),  # the handler has looked: not the filter
        ("mount", "EFAULT EPERM", "2", _ALL, "refused"),  # by its arguments, and the capability is held
        ("mount", "EFAULT ENODEV", "0", _ALL, "answered"),
        ("reboot", "EPERM", "2", _DOCKER, "needs_capability"),  # asks first: filter or not, the capability is missing
        ("reboot", "EPERM", "2", _ALL, "refused"),
        ("reboot", "EPERM", "0", _NONE, "needs_capability"),
        ("kcmp", "EPERM", "0", _DOCKER, "needs_capability"),  # no filter: a privilege that is missing
        ("vserver", "ENOSYS", "2", _DOCKER, "absent"),
        ("sync", "left-out", "0", _ALL, "left_out"),
    ],
)
def test_verdict_of(name: str, answers: str, seccomp: str, rights: str, verdict: str) -> None:
    call = CallAnswer(number=1, name=name, answers=tuple(answers.split()))
    assert call.verdict({"Seccomp": seccomp, "CapEff": rights}) == verdict


def test_probe_is_read_whole_and_its_table_says_every_call() -> None:
    said = ["call 0 read EBADF", "noise", "call 165 mount EFAULT EPERM", "call 162 sync left-out", ""]
    said += [
        "fact Seccomp 0",
        f"fact CapEff {_NONE}",
        "fact version Linux version 6",
        "fact cpus_given 1",
        "done: calls",
    ]
    seen = view(said)
    assert seen.counts() == {"answered": 1, "refused": 0, "needs_capability": 1, "absent": 0}
    assert seen.table() == "read=answered:EBADF mount=needs_capability:EFAULT,EPERM sync=left_out:left-out"
    assert seen.facts["version"] == "Linux version 6"


def test_probe_that_was_cut_short_is_no_result() -> None:
    with pytest.raises(ValueError, match="cut short: 1 calls and 0 facts"):
        view(["call 0 read EBADF"])

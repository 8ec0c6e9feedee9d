"""What a workload finds wherever it runs: one list of checks, the same for every isolation, and who is excused.

Each check is a script for the shell of the stock image; what it prints, its lines joined by blanks, must be what is
wanted. An excuse names an isolation and says what is other there; it must still be needed. The list is a table in
``docs/reference/isolations.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.isolations.base import HOSTNAME, SHM_BYTES
from bench.isolations.envelope import limits_here

_USER = "/.isobench/busybox nsenter -G 4711 -S 4711"
"""Gives up root, as the entry does for an image's USER."""
_WRITES = "file=%s/isobench-mine; " + _USER + ' /bin/sh -c "echo mine > $file && cat $file; rm -f $file"'
_RUNS = "file=%s/isobench-runs; printf '#!/bin/sh\\necho runs\\n' > $file && chmod +x $file && $file; rm -f $file"
_CONNECTS = (
    "perl -MSocket=:all -e 'my ($kind, $place) = (%s, %s); "
    "socket(my $one, $kind, SOCK_STREAM, 0); socket(my $other, $kind, SOCK_STREAM, 0); "
    'bind($one, $place) && listen($one, 1) && connect($other, getsockname($one)) && print "connected"\''
)
_ADDRESS = "perl -MSocket -e 'print inet_ntoa(inet_aton($ARGV[0]))' %s"
_CAPABLE = (
    r"mkdir /usr/able && cp /.isobench/busybox /usr/able && perl -e '"
    r'my $blob = pack("VVVVV", 0x02000001, 1 << 13, 0, 0, 0); my $number = `uname -m` eq "x86_64\n" ? 188 : 5; '
    r'my ($file, $name) = ("/usr/able/busybox", "security.capability"); '
    r"exit(syscall($number, $file, $name, $blob, length $blob, 0) != 0)' && "
    + _USER
    + " /usr/able/busybox awk '/^CapEff:/ { print $2 }' /proc/self/status"
)
"""Gives a program CAP_NET_RAW (13) as the kernel's own form of it, revision 2 (capabilities(7)); for want of setcap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a workload finds."""

    holds: str
    """For a person."""
    script: str
    wanted: str
    excused: Mapping[str, str] = field(default_factory=dict)
    """What is other, by isolation."""
    excused_at_times: Mapping[str, str] = field(default_factory=dict)
    """What is other in some releases of an isolation, and not in others."""

    @property
    def excuses(self) -> Mapping[str, str]:
        """Every excuse there is."""
        return {**self.excused, **self.excused_at_times}


_GVISOR = ("runsc", "docker:runsc")
_MACHINES = ("vm", "uml")
_GUESTS = (*_MACHINES, "microsandbox")


_SHOWN = {
    "open_files_limit": 0,
    "user_processes_limit": 0,
    "locked_memory_limit": 10,
    "stack_limit": 10,
    "core_limit": 9,
}
"""Limits in the order in which a shell is asked for them, and how far it shifts bytes: KiB, blocks of 512."""


def _all(names: tuple[str, ...], how: str) -> dict[str, str]:
    return dict.fromkeys(names, how)


CHECKS: Mapping[str, Check] = {
    "shm-size": Check(
        holds="`/dev/shm` is a tmpfs of 64 MiB",
        script='df -k /dev/shm | awk \'END { print $1 == "-" ? "folder" : $2 }\'',
        wanted=str(SHM_BYTES >> 10),
    ),
    "shm-empty": Check(
        holds="`/dev/shm` is empty: neither the host's nor that of an earlier trial",
        script="cd /dev/shm && echo *; echo mine > /dev/shm/mine",
        wanted="*",
    ),
    "shm-user": Check(holds="an image's `USER` may write there", script=_WRITES % "/dev/shm", wanted="mine"),
    "shm-noexec": Check(
        holds="no program is run from `/dev/shm`",
        script=f"({_RUNS % '/dev/shm'}) 2>/dev/null || :",
        wanted="",
        excused={"bubblewrap": "runs them: it has no such option"},
    ),
    "tmp-runs": Check(holds="`/tmp` runs programs", script=_RUNS % "/tmp", wanted="runs"),
    "run-runs": Check(holds="`/run` runs programs", script=_RUNS % "/run", wanted="runs"),
    "tmp-user": Check(holds="an image's `USER` may write to `/tmp`", script=_WRITES % "/tmp", wanted="mine"),
    "run-user": Check(holds="an image's `USER` may write to `/run`", script=_WRITES % "/run", wanted="mine"),
    "run-empty": Check(
        holds="`/run` is empty",
        script="cd /run && echo *",
        wanted="*",
        excused={
            "firejail": "holds `firejail`, where it keeps what it knows of itself",
            "nspawn": "holds `host`, which nspawn tells its guests about itself by",
        },
    ),
    "room": Check(
        holds="a file in `/tmp` or `/run` may fill the memory of the envelope, and is then out of memory",
        script="for folder in /tmp /run; do df -k $folder | awk 'END { print ($2 >= 262144) }'; done",
        wanted="1 1",
        excused=_all(_GUESTS, "may fill half of the machine's memory, and then there is no space left"),
    ),
    "links": Check(
        holds="`/dev/fd`, `/dev/stdin`, `/dev/stdout`, `/dev/stderr` lead to a process's own",
        script="for name in fd stdin stdout stderr; do /.isobench/busybox readlink /dev/$name; done",
        wanted="/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2",
    ),
    "stdout": Check(
        holds="`/dev/stdout` and `/dev/stderr` can be written to",
        script="echo out > /dev/stdout; echo err > /dev/stderr",
        wanted="out err",
    ),
    "devices": Check(
        holds="`null`, `zero`, `full`, `random`, `urandom` and `tty` are devices, for everybody",
        script="for name in null zero full random urandom tty; do /.isobench/busybox stat -c %a:%t:%T /dev/$name; done",
        wanted="666:1:3 666:1:5 666:1:7 666:1:8 666:1:9 666:5:0",
    ),
    "terminals": Check(
        holds="a pseudo-terminal can be opened", script="exec 4<>/dev/ptmx && echo opened", wanted="opened"
    ),
    "loopback": Check(
        holds="loopback is up: what listens at 127.0.0.1 can be connected to",
        script=_CONNECTS % ("AF_INET", 'pack_sockaddr_in(0, inet_aton("127.0.0.1"))'),
        wanted="connected",
    ),
    "loopback-6": Check(
        holds="the same at ::1",
        script=_CONNECTS % ("AF_INET6", 'pack_sockaddr_in6(0, inet_pton(AF_INET6, "::1"))'),
        wanted="connected",
        excused={"docker:runsc-net": "its engine turns IPv6 off"},
        excused_at_times={
            "docker": "its engine turns IPv6 off: 20.10 does, 26.1 does not",
            "uml": "its kernel has no IPv6, up to 6.12",
        },
    ),
    "localhost": Check(
        holds="`localhost` is 127.0.0.1",
        script=_ADDRESS % "localhost",
        wanted="127.0.0.1",
    ),
    "host-name": Check(
        holds=f"the host's name is `{HOSTNAME}`, and is 127.0.0.1",
        script=f"uname -n; {_ADDRESS % '$(uname -n)'}",
        wanted=f"{HOSTNAME} 127.0.0.1",
        excused=_all(("bare", "landlock", "systemd-run"), "the host's own name"),
    ),
    "resolver": Check(
        holds="no name server is given",
        script="grep -c ^nameserver /etc/resolv.conf 2>/dev/null || echo none",
        wanted="none",
        excused={"firejail": "the host's", **_all(("docker", "docker:runsc"), "the host's, by the engine")},
    ),
    "limits": Check(
        holds="16384 files, 32768 processes of a user, 8 MiB locked, 8 MiB of stack, no core, files of any size",
        script="ulimit -n; ulimit -p; ulimit -l; ulimit -s; ulimit -c; ulimit -f",
        wanted=" ".join(str(int(limits_here()[name]) >> shift) for name, shift in _SHOWN.items()) + " unlimited",
        excused={"docker:runsc": "64 KiB locked"},
    ),
    "ids": Check(holds="the user is root, without further groups", script="id -u; id -g; id -G", wanted="0 0 0"),
    "umask": Check(holds="the mask for new files is 022", script="umask", wanted="0022"),
    "folder": Check(holds="the working folder is `/`", script="pwd", wanted="/"),
    "environment": Check(
        holds="the environment is `PATH`, `HOME`, `LANG`, beside a padding that differs by trial",
        script="tr '\\0' '\\n' </proc/$$/environ | grep -v ^ISOBENCH_PADDING= | sort",
        wanted="HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    "input": Check(
        holds="standard input is `/dev/null`",
        script="/.isobench/busybox readlink /proc/$$/fd/0; cat",
        wanted="/dev/null",
    ),
    "signals": Check(
        holds="no signal is ignored or blocked",
        script="for name in HUP INT QUIT PIPE ALRM TERM USR1 USR2; do "
        '/bin/sh -c "kill -$name \\$\\$; echo $name"; done 2>/dev/null',
        wanted="",
    ),
    "terminal": Check(
        holds="there is no controlling terminal",
        script="(exec 3</dev/tty) 2>/dev/null && echo one || echo none",
        wanted="none",
    ),
    "zone": Check(holds="the time zone is UTC", script="date +%Z", wanted="UTC"),
    "cpus": Check(holds="the CPUs that may be used are those of the envelope", script="nproc", wanted="1"),
    "writable": Check(
        holds="the root can be written to, and a file be given away",
        script="echo mine > /usr/mine && chown 4711:42 /usr/mine && cat /usr/mine && "
        "/.isobench/busybox stat -c %u:%g /usr/mine",
        wanted="mine 4711:42",
    ),
    "holes": Check(
        holds="a file's holes take no room",
        script="/.isobench/busybox truncate -s 64M /usr/holes; /.isobench/busybox du -k /usr/holes | cut -f1",
        wanted="0",
        excused=_all(_GVISOR, "are counted in full"),
    ),
    "set-user-id": Check(
        holds="a program with the set-user-ID bit runs as its owner",
        script=f"cp /usr/bin/id /usr/owned && chmod 4755 /usr/owned && {_USER} /usr/owned -u",
        wanted="0",
        excused={
            **_all(("bubblewrap", "landlock", "apptainer"), "allows no new privileges"),
            **_all(_GVISOR, "runs as who started it"),
        },
    ),
    "capable": Check(
        holds="a program has the capabilities that its file has",
        script=_CAPABLE,
        wanted="0000000000002000",
        excused={
            **_all(("bubblewrap", "landlock", "apptainer"), "allows no new privileges"),
            **_all(_GVISOR, "files cannot have any"),
            "vm:virtiofs": "files cannot have any",
            "uml": "files cannot have any",
        },
    ),
    "capabilities": Check(
        holds="root has at least the capabilities that engines leave it",
        script="caps=$(awk '/^CapEff:/ { print $2 }' /proc/self/status); echo $((0x$caps & 0xa80425fb))",
        wanted=str(0xA80425FB),
        excused=_all(_GVISOR, "has no raw sockets"),
    ),
    "first-process": Check(
        holds="the entry is process 1",
        script="tr '\\0' ' ' </proc/1/cmdline | cut -c -40 | head -1 | grep -c 'busybox sh /.isobench/entry '",
        wanted="1",
        excused={
            **_all(("bare", "landlock", "systemd-run"), "the host's"),
            "bubblewrap": "bubblewrap itself",
            "firejail": "firejail itself",
            **_all(_MACHINES, "an init of ours"),
            "microsandbox": "its agent",
        },
    ),
    "low-ports": Check(
        holds="an image's `USER` cannot listen below port 1024",
        script=f"(cd /; {_USER} /.isobench/busybox timeout 1 /.isobench/busybox httpd -f -p 127.0.0.1:81) "
        ">/dev/null 2>&1; echo $?",
        wanted="1",
        excused={**_all(("docker", "docker:runsc"), "can, by the engine"), "runsc": "can"},
    ),
}


def script() -> str:
    """Return one script that makes all checks, each on a line of its own: ``furnishing NAME VALUE``."""
    return "".join(
        f"printf 'furnishing {name} %s\\n' \"$( ( {check.script} ) 2>&1 | /.isobench/busybox tr '\\n' ' ')\"\n"
        for name, check in CHECKS.items()
    )


def found(lines: Iterator[str]) -> dict[str, str]:
    """Return the values that such a script has printed, by check."""
    told = [line.split(" ", 2) for line in lines if line.startswith("furnishing ")]
    return {words[1]: words[2].strip() for words in told}


def table() -> list[str]:
    """Return the list as the rows of a table in Markdown."""
    rows = [
        f"| `{name}` | {check.holds} | "
        + "; ".join(f"`{isolation}`: {how}" for isolation, how in check.excuses.items())
        + " |"
        for name, check in CHECKS.items()
    ]
    return ["| check | everywhere | but |", "|---|---|---|", *(row.replace("|  |", "| |") for row in rows)]

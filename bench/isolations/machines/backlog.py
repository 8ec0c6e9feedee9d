"""A wider door for a forwarded port: QEMU's user-mode network lets one connection wait, where others let hundreds.

libslirp listens with a backlog of 1, so that clients who come together are turned away and try again after 1, 3,
7 seconds: 50 of them take minutes to get in. That is a stumbling block of the set-up, not a cost of isolation.
The socket is borrowed from QEMU for one call of listen(2), which may be repeated to change the backlog.
"""

from __future__ import annotations

import ctypes
import os
import socket

import psutil

from bench.errors import IsolationError

_BACKLOG = 4096
"""As the kernel's own limit for a socket's backlog (net.core.somaxconn since Linux 5.4)."""

_SYS_PIDFD_GETFD = 438
"""pidfd_getfd(2), the same number on every architecture; Linux 5.6. Python has no function for it."""


def widen(pid: int, port: int) -> None:
    """Let connections wait in line at a port on which process ``pid`` listens.

    Raises IsolationError when its socket cannot be found or borrowed.
    """
    try:
        with _borrowed(pid, _listening(pid, port)) as listener:
            listener.listen(_BACKLOG)
    except (OSError, psutil.Error) as error:
        raise IsolationError(
            f"cannot widen the queue of the forwarded port {port}: {error}",
            remedy="It takes root, Linux 5.6 or newer, and the right to trace QEMU (CAP_SYS_PTRACE)",
        ) from error


def _listening(pid: int, port: int) -> int:
    for connection in psutil.Process(pid).net_connections("tcp4"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            return int(connection.fd)
    raise OSError(f"process {pid} does not listen on port {port}")


def _borrowed(pid: int, descriptor: int) -> socket.socket:
    """Return a socket of our own that is the other process's."""
    process = os.pidfd_open(pid)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        found = library.syscall(_SYS_PIDFD_GETFD, process, descriptor, 0)
        if found < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return socket.socket(fileno=found)
    finally:
        os.close(process)

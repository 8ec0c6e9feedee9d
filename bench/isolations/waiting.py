"""Waiting for a child's end: the kernel says when, where ``Popen.wait`` looks again and again, up to 50 ms apart."""

from __future__ import annotations

import os
import select
import subprocess


def ended_within(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Wait until a child has ended, and take it away; return whether it has ended in time."""
    if process.poll() is not None:
        return True
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:  # a kernel before 5.3, or a sandbox that refuses the call
        return _looked_for(process, timeout_s)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(timeout_s * 1000)
    finally:
        os.close(descriptor)
    return process.poll() is not None


def _looked_for(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True

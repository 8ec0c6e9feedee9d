"""QEMU's monitor: one order at a time over a socket, and its answer.

Source: QEMU, docs/interop/qmp-spec: a greeting, then ``qmp_capabilities`` and its empty return; events in between.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from bench.errors import IsolationError
from bench.host import patience

_ANSWER_S = 30.0
_SAVED_S = 60.0
"""Within which a fast host answers an order, and writes a machine down."""
_LOOK_AGAIN_S = 0.005
_FASTEST_BYTES_PER_S = 100 << 30
"""QEMU holds itself to 128 MiB/s otherwise, for the sake of a network that others use."""


class Monitor:
    """Speaks to one QEMU; raises OSError where that has ended, TimeoutError where it does not answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")

    def tell(self, order: str, arguments: dict[str, object] | None = None, *, descriptor: int | None = None) -> object:
        """Give an order, with an open file where it takes one; return the answer.

        Raises IsolationError where QEMU refuses, with its reason.
        """
        self._connection.settimeout(patience.limit_s(_ANSWER_S))
        line = json.dumps({"execute": order, "arguments": arguments or {}}).encode() + b"\n"
        if descriptor is None:
            self._connection.sendall(line)
        else:
            socket.send_fds(self._connection, [line], [descriptor])
        for answer in map(json.loads, self._answers):
            if "error" in answer:
                raise IsolationError(f"QEMU refuses {order}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]
        raise ConnectionError("QEMU has ended")

    def leave_out_memory(self) -> None:
        """Neither write nor expect memory that lies in a file which others may open: it is saved there already.

        Source: QEMU, qapi/migration.json, ``x-ignore-shared``, since 4.0; Kata Containers makes its templates by it.
        """
        self.tell("migrate-set-capabilities", {"capabilities": [{"capability": "x-ignore-shared", "state": True}]})

    def save(self, file: Path) -> None:
        """Write the machine's state and memory into a file; it is stopped when that is done."""
        self.tell("migrate-set-parameters", {"max-bandwidth": _FASTEST_BYTES_PER_S})
        with file.open("wb") as opened:
            self.tell("getfd", {"fdname": "saved"}, descriptor=opened.fileno())
            self.tell("migrate", {"uri": "fd:saved"})
            deadline = time.monotonic() + patience.limit_s(_SAVED_S)
            while (state := self._asked("query-migrate")).get("status") != "completed":
                if state.get("status") in ("failed", "cancelled") or time.monotonic() > deadline:
                    said = state.get("error-desc") or f"it is {state.get('status')}"
                    raise IsolationError(f"QEMU has not written the machine down: {said}")
                time.sleep(_LOOK_AGAIN_S)

    def bring_back(self, file: Path) -> None:
        """Wait until the machine has its saved state from a file: what is sent to it before that would be lost.

        It runs on from then. Raises IsolationError where it does not in time.
        """
        with file.open("rb") as opened:
            self.tell("getfd", {"fdname": "saved"}, descriptor=opened.fileno())
            self.tell("migrate-incoming", {"uri": "fd:saved"})
        deadline = time.monotonic() + patience.limit_s(_SAVED_S)
        while (state := self._asked("query-status").get("status")) != "running":
            if time.monotonic() > deadline:
                raise IsolationError(f"QEMU has not brought the machine back: it is {state}", remedy=patience.longer())
            time.sleep(_LOOK_AGAIN_S)

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._connection.close()

    def _asked(self, question: str) -> dict[str, object]:
        found = self.tell(question)
        return found if isinstance(found, dict) else {}

"""What ``check-plugin`` has pytest collect: the whole contract, on the isolation that ``checking`` hands over."""

from __future__ import annotations

from bench.testing.contract import IsolationContract


class TestIsolation(IsolationContract):
    """All of it, on an isolation of which no more is known than its row and its class say."""

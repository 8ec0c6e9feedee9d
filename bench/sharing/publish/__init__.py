"""A run made fit to be read by others: a redacted folder of its own, and an index over all of them."""

from __future__ import annotations

from bench.sharing.publish.folder import Published, publish
from bench.sharing.publish.index import write_index

__all__ = ["Published", "publish", "write_index"]

"""A third party's module with a fault in it."""

raise RuntimeError("raised at import")

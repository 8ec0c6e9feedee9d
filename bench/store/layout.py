"""What lies where in a run's folder, and in which version. Standard library only: both sides read it."""

MANIFEST = "manifest.json"
JOURNAL = "trials.jsonl"
CONSOLE = "console"
SAMPLES = "samples.parquet"

SCHEMA_VERSION = 1
"""Version of manifest and journal. History. 1: the first (2026-11)."""

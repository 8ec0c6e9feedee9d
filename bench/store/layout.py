"""What lies where in a run's folder, and in which version. Standard library only: both sides read it."""

MANIFEST = "manifest.json"
JOURNAL = "trials.jsonl"
CONSOLE = "console"
SAMPLES = "samples.parquet"
CALIBRATION = "calibration.json"

SCHEMA_VERSION = 2
"""Version of manifest and journal. History:

1. The first (2026-11).
2. A sample may carry the ``step`` it belongs to, so that one trial has figures for several sets of parameters, and
   the table a column ``step``. The manifest tells of a scenario's steps, arms, storage, client, what ready means,
   density and provision, what claims expect, and which cells were ``not_offered``; of an image, what it was imported
   from. What may be missing was added since without a new version: when a run was to stop and why it did, which
   sentinels could not stand, samples ``sentinel.*`` and ``*.series`` (2026-11).

``tests/store/schema_N`` keeps a run of every older version; all of them are still read.
"""

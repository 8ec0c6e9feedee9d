"""What lies where in a run's folder, and in which version. Standard library only: both sides read it."""

MANIFEST = "manifest.json"
JOURNAL = "trials.jsonl"
CONSOLE = "console"
SAMPLES = "samples.parquet"
CALIBRATION = "calibration.json"
LOCKS = "locks"
REPORTS = ("report.html", "report.md")
PLOTS = "plots"
WRITER = ".writer"
"""Locked by the process that measures into the folder, whose pid it has; gone when that has ended well."""

SCHEMA_VERSION = 2
"""Version of manifest and journal. History:

1. The first (2026-11).
2. A sample may carry the ``step`` it belongs to, so that one trial has figures for several sets of parameters, and
   the table a column ``step``. The manifest tells of a scenario's steps, arms, storage, client, what ready means,
   density and provision, what claims expect, and which cells were ``not_offered``; of an image, what it was imported
   from. What may be missing was added since without a new version: when a run was to stop and why it did, which
   sentinels could not stand, samples ``sentinel.*`` and ``*.series``, the facts that isolations' rows tell, what was
   not kept apart, what a run was asked for and when it was taken up again (2026-11). By what a machine's processor
   comes about is a word, ``virtualization``; a manifest with ``emulated`` in its place is read as one
   (``bench.store.untold``). Trials say ``emulated``.

``tests/store/schema_N`` keeps a run of every older version; all of them are still read.
"""

MANIFEST_SCHEMA = f"urn:isobench:manifest-{SCHEMA_VERSION}"
TRIAL_SCHEMA = f"urn:isobench:trial-{SCHEMA_VERSION}"
EXPORT_SCHEMA = "urn:isobench:export-1"
"""What manifest, each line of the journal, and an export to JSON say of themselves, as ``schema``: the ``$id`` of a
JSON schema in ``bench/store/schemas``. Not as ``$schema``: editors look for a file there, and a name is none."""

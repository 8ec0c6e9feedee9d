"""Arithmetic on samples: intervals, ratios, tests; no knowledge of a run."""

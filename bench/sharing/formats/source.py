"""What every format is made from: one run, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bench.analysis.data.frame import load
from bench.analysis.data.manifest import load_manifest
from bench.analysis.figures.summary import measured, summarize
from bench.store.manifest import Manifest

SAMPLES = "samples"
SUMMARY = "summary"
WHATS = (SAMPLES, SUMMARY)


@dataclass(frozen=True)
class Source:
    """A run folder, and which of its tables is meant; read when first asked for. Raises ResultsError then."""

    run_dir: Path
    what: str = SAMPLES

    @cached_property
    def manifest(self) -> Manifest:
        """What the run says about itself."""
        return load_manifest(self.run_dir)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The samples, as ``load`` gives them."""
        return load(self.run_dir)

    @cached_property
    def measured(self) -> pd.DataFrame:
        """The samples that are in figures, and what is derived from them."""
        return measured(self.frame)

    @property
    def table(self) -> pd.DataFrame:
        """The table that is meant."""
        return self.frame if self.what == SAMPLES else summarize(self.frame)

"""Runs and fleets as one Parquet dataset, of which each run is a partition: for more samples than memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import dataset as datasets
from pyarrow import fs

from bench.analysis.data.manifest import load_manifest
from bench.errors import ResultsError
from bench.store.dataset import DTYPES, is_current
from bench.store.layout import MANIFEST, SAMPLES

_ARROW = {
    "string": pa.dictionary(pa.int32(), pa.string()),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "float64": pa.float64(),
}
_TEXT = [name for name, dtype in DTYPES.items() if dtype == "string"]


def dataset(*paths: str | Path) -> datasets.Dataset:
    """Return the samples of runs, of folders of runs, and of fleets as one dataset of ``pyarrow``; none are read yet.

    ``host`` and ``run`` are its partitions: a filter on one of them opens no file but theirs. Columns are those of
    ``bench.load``, text as dictionaries; what an older table lacks is missing. What it holds is as the files say: they
    are not checked as ``bench.load`` checks them.

    Raises ResultsError for a path where no run is, a run that is broken, and one whose table is missing or older than
    its journal.
    """
    runs = [run for path in paths for run in _runs(Path(path))]
    kind = datasets.ParquetFileFormat(read_options=datasets.ParquetReadOptions(dictionary_columns=_TEXT))
    schema = pa.schema({name: _ARROW[dtype] for name, dtype in DTYPES.items()})
    here = fs.LocalFileSystem()
    fragments = [kind.make_fragment(str(run / SAMPLES), here, _partition(run)) for run in runs]
    return datasets.FileSystemDataset(fragments, schema, kind, here)


def _runs(path: Path) -> Iterator[Path]:
    """Yield the run in a folder, or those in the folders below it, of fleets as well, in order of their names."""
    found = [path] if (path / MANIFEST).is_file() else sorted(one.parent for one in path.rglob(f"*/{MANIFEST}"))
    if not found:
        raise ResultsError(f"{path}: there is no run", remedy="Name a run, a fleet, or the folder that keeps them")
    yield from found


def _partition(run: Path) -> datasets.Expression:
    """Return what is true of all samples of a run; raises ResultsError where it has no table of them."""
    manifest = load_manifest(run)
    if not is_current(run):
        raise ResultsError(
            f"{run / SAMPLES} is missing, or older than the journal",
            remedy="`report` writes it, of a fleet `fleet report`",
        )
    return (datasets.field("host") == manifest.host.name) & (datasets.field("run") == manifest.run)

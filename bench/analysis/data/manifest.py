"""Read what a run says about itself: the records of ``bench.store.manifest``, validated once, at the door."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.store import layout, stored, untold
from bench.store.door import invalid
from bench.store.manifest import Manifest

_MANIFEST = TypeAdapter(Manifest)


def load_manifest(path: str | Path) -> Manifest:
    """Read ``manifest.json`` of the run folder ``path``.

    Raises ResultsError naming the file, and the key, when it is missing, broken or from a newer version.
    """
    run_dir = Path(path)
    document = stored.read_manifest(run_dir)
    file = run_dir / layout.MANIFEST
    _put_in_words(document)
    try:
        manifest = _MANIFEST.validate_json(json.dumps(document), strict=True)  # text is no number, however it looks
    except ValidationError as error:
        raise invalid(file, error, "Measure again") from error
    return replace(manifest, stopping=replace(manifest.stopping, confidence=stored.confidence_of(file, document)))


def _put_in_words(document: dict[str, object]) -> None:
    """Say of every isolation by what its machines ran, where an older run says only whether it was emulated."""
    isolations = document.get("isolations")
    for one in isolations.values() if isinstance(isolations, dict) else ():
        if isinstance(one, dict) and "emulated" in one and "virtualization" not in one:
            one["virtualization"] = untold.virtualization(one)

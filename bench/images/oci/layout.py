"""Which image the files of a layout or of a saved image hold for this machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import ImageError
from bench.images.oci.chosen import (
    CONFIGURATIONS,
    DOCKER,
    OCI,
    blob,
    blob_path,
    changed,
    chosen_manifest,
    entry_named,
    foreign,
    not_one,
    rank,
    require_known,
)
from bench.images.oci.documents import Configuration, ExecutionParameters, ImageManifest, Index, Layout, Saved, parse
from bench.images.oci.files import MEND, Files, quoted

_TARS = (f"{OCI}layer.v1.tar", f"{OCI}layer.nondistributable.v1.tar", f"{DOCKER}image.rootfs.diff.tar")
_LAYERS = {
    *(f"{tar}{packed}" for tar in _TARS for packed in ("", "+gzip", "+zstd", ".gzip", ".zstd")),
    f"{DOCKER}image.rootfs.foreign.diff.tar.gzip",
}
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBlob:
    """One layer: its file, and the digests it must have packed (where it is known) and plain."""

    path: str
    digest: str | None
    diff_id: str

    @property
    def says(self) -> str:
        """The layer in a message, short enough to be read and long enough to be found."""
        return f"{self.diff_id[:19]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One image: the digest of its configuration, what that says, and the layers, the lowest first."""

    digest: str
    running: ExecutionParameters
    layers: tuple[LayerBlob, ...]


def held(files: Files, wanted: str | None = None) -> Held:
    """Return the image that ``files`` hold for this machine, the one called ``wanted`` where a name is given.

    Raises ImageError when there is none, more than one, or a document that is damaged or of an unknown kind.
    """
    if "index.json" in files and "oci-layout" in files:
        return _of_layout(files, wanted)
    if "manifest.json" in files and not _is_skopeos_folder(files):
        return _of_saved(files, wanted)
    raise _no_image(files)


def _is_skopeos_folder(files: Files) -> bool:
    return "version" in files and files.document("version").startswith(b"Directory Transport Version")


def _no_image(files: Files) -> ImageError:
    if "manifest.json" in files:
        return ImageError(
            f"{files.says} is a folder of skopeo's form dir:, which no engine loads",
            remedy="Make a layout of it: skopeo copy dir:FOLDER oci:OTHER:latest",
        )
    exported = next((name for name in ("etc/passwd", "bin/sh", "usr/bin/env") if name in files), None)
    if exported:
        return ImageError(
            f"{files.says} is no image but the files of one: it holds {exported}",
            remedy="Give what `docker save` has written, or make an image of it: docker import FILE NAME",
        )
    return ImageError(
        f"{files.says} is no image: it holds neither index.json with oci-layout nor manifest.json",
        remedy="Give what `docker save` has written, an OCI layout, or a Dockerfile",
    )


def _of_saved(files: Files, wanted: str | None) -> Held:
    images = parse(tuple[Saved, ...], files.document("manifest.json"), f"{files.says}: manifest.json")
    if wanted is not None:
        images = tuple(entry_named(files, [(image.tags, image) for image in images], wanted))
    if len({image.config for image in images}) != 1:
        raise not_one(files, [image.tags for image in images])
    path = images[0].config
    raw = files.document(path)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    named_by = _HEX.search(path)  # every tool adds something else to it
    if named_by and f"sha256:{named_by[0]}" != digest:
        raise changed(files, path, digest)
    configuration = parse(Configuration, raw, f"{files.says}: {quoted(path)}")
    return _held(files, digest, configuration, [(layer, None) for layer in images[0].layers])


def _of_layout(files: Files, wanted: str | None) -> Held:
    layout = parse(Layout, files.document("oci-layout"), f"{files.says}: oci-layout")
    if layout.version != "1.0.0":
        raise ImageError(f"{files.says} is an OCI layout of the unknown version {layout.version!r}", remedy=MEND)
    index = parse(Index, files.document("index.json"), f"{files.says}: index.json")
    manifest = parse(ImageManifest, *blob(files, chosen_manifest(files, index, wanted)))
    require_known(files, manifest.config, CONFIGURATIONS, "an image's configuration")
    for layer in manifest.layers:
        require_known(files, layer, _LAYERS, "a layer")
    configuration = parse(Configuration, *blob(files, manifest.config))
    layers = [(blob_path(layer), layer.digest) for layer in manifest.layers]
    return _held(files, manifest.config.digest, configuration, layers)


def _held(files: Files, digest: str, configuration: Configuration, layers: Sequence[tuple[str, str | None]]) -> Held:
    if rank(configuration) is None:
        raise foreign(files, [configuration])
    diff_ids = configuration.rootfs.diff_ids
    if len(diff_ids) != len(layers):
        raise ImageError(
            f"{files.says}: its configuration names {len(diff_ids)} layers, its manifest {len(layers)}", remedy=MEND
        )
    return Held(
        digest=digest,
        running=configuration.running or ExecutionParameters(),
        layers=tuple(
            LayerBlob(path=path, digest=packed, diff_id=plain)
            for (path, packed), plain in zip(layers, diff_ids, strict=True)
        ),
    )

"""Which image the files of a layout or of a saved image hold for this machine."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from bench.errors import ImageError
from bench.images import architecture
from bench.images.imported.documents import (
    Configuration,
    Descriptor,
    Index,
    Layout,
    Manifest,
    Platform,
    Running,
    Saved,
    parse,
)
from bench.images.imported.files import MEND, Files

_OCI, _DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
_INDEXES = {f"{_OCI}index.v1+json", f"{_DOCKER}distribution.manifest.list.v2+json"}
_MANIFESTS = {f"{_OCI}manifest.v1+json", f"{_DOCKER}distribution.manifest.v2+json"}
_CONFIGURATIONS = {f"{_OCI}config.v1+json", f"{_DOCKER}container.image.v1+json"}
_TARS = (f"{_OCI}layer.v1.tar", f"{_OCI}layer.nondistributable.v1.tar", f"{_DOCKER}image.rootfs.diff.tar")
_LAYERS = {
    *(f"{tar}{packed}" for tar in _TARS for packed in ("", "+gzip", "+zstd", ".gzip", ".zstd")),
    f"{_DOCKER}image.rootfs.foreign.diff.tar.gzip",
}
_DEEPEST_INDEX = 4
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
    running: Running
    layers: tuple[LayerBlob, ...]


def held(files: Files) -> Held:
    """Return the image that ``files`` hold for this machine.

    Raises ImageError when there is none, more than one, or a document that is damaged or of an unknown kind.
    """
    if "index.json" in files and "oci-layout" in files:
        return _of_layout(files)
    if "manifest.json" in files:
        return _of_saved(files)
    raise ImageError(
        f"{files.says} is no image: it holds neither index.json with oci-layout nor manifest.json",
        remedy="Give what `docker save` has written, an OCI layout, or a Dockerfile",
    )


def _of_saved(files: Files) -> Held:
    images = parse(tuple[Saved, ...], files.document("manifest.json"), f"{files.says}: manifest.json")
    if len(images) != 1:
        names = ", ".join(tag for image in images for tag in image.tags or ("an unnamed one",)) or "none"
        raise _not_one(files, len(images), names)
    raw = files.document(images[0].config)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    named = _HEX.search(images[0].config)  # every tool adds something else to it
    if named and f"sha256:{named[0]}" != digest:
        raise _changed(files, images[0].config, digest)
    configuration = parse(Configuration, raw, f"{files.says}: {images[0].config}")
    return _held(files, digest, configuration, [(path, None) for path in images[0].layers])


def _of_layout(files: Files) -> Held:
    layout = parse(Layout, files.document("oci-layout"), f"{files.says}: oci-layout")
    if layout.version != "1.0.0":
        raise ImageError(f"{files.says} is an OCI layout of the unknown version {layout.version!r}", remedy=MEND)
    index = parse(Index, files.document("index.json"), f"{files.says}: index.json")
    manifest = parse(Manifest, *_blob(files, _chosen(files, index, _DEEPEST_INDEX)))
    _known(files, manifest.config, _CONFIGURATIONS, "an image's configuration")
    for layer in manifest.layers:
        _known(files, layer, _LAYERS, "a layer")
    configuration = parse(Configuration, *_blob(files, manifest.config))
    return _held(
        files, manifest.config.digest, configuration, [(_path(layer), layer.digest) for layer in manifest.layers]
    )


def _chosen(files: Files, index: Index, levels_left: int) -> Descriptor:
    """Return the one manifest for this machine, also where an index points to another one."""
    distinct = {one.digest: one for one in index.manifests if not _attests(one)}
    offered = [one for one in distinct.values() if one.platform is None or _fits(one.platform)]
    if distinct and not offered:
        raise _foreign(files, [one.platform for one in distinct.values() if one.platform])
    if len(offered) != 1:
        names = [(one.annotations or {}).get("org.opencontainers.image.ref.name", one.digest[:19]) for one in offered]
        raise _not_one(files, len(offered), ", ".join(names) or "none")
    [one] = offered
    _known(files, one, _INDEXES | _MANIFESTS, "an image's manifest")
    if one.media_type in _MANIFESTS:
        return one
    if not levels_left:
        raise ImageError(f"{files.says}: its indexes point to each other more than {_DEEPEST_INDEX} deep", remedy=MEND)
    return _chosen(files, parse(Index, *_blob(files, one)), levels_left - 1)


def _held(files: Files, digest: str, configuration: Configuration, layers: list[tuple[str, str | None]]) -> Held:
    if not _fits(configuration):
        raise _foreign(files, [configuration])
    diff_ids = configuration.rootfs.diff_ids
    if len(diff_ids) != len(layers):
        raise ImageError(
            f"{files.says}: its configuration names {len(diff_ids)} layers, its manifest {len(layers)}", remedy=MEND
        )
    return Held(
        digest=digest,
        running=configuration.running or Running(),
        layers=tuple(
            LayerBlob(path=path, digest=packed, diff_id=plain)
            for (path, packed), plain in zip(layers, diff_ids, strict=True)
        ),
    )


def _blob(files: Files, descriptor: Descriptor) -> tuple[bytes, str]:
    """Return a document's bytes, whose digest is held against its name, and where it is."""
    path = _path(descriptor)
    raw = files.document(path)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    if digest != descriptor.digest:
        raise _changed(files, path, digest)
    return raw, f"{files.says}: {path}"


def _path(descriptor: Descriptor) -> str:
    return "blobs/" + descriptor.digest.replace(":", "/")


def _attests(descriptor: Descriptor) -> bool:
    """Whether it is no image but says something about one, as builders put it beside."""
    return "vnd.docker.reference.type" in (descriptor.annotations or {})


def _fits(platform: Platform | Configuration) -> bool:
    """Whether it is for this machine; what names nothing is taken for it, as engines do."""
    return platform.os in ("", "linux") and platform.architecture in ("", architecture.current().debian)


def _known(files: Files, descriptor: Descriptor, known: set[str], what: str) -> None:
    if descriptor.media_type not in known:
        raise ImageError(
            f"{files.says}: {descriptor.digest[:19]}... should be {what}, and has the media type "
            f"{descriptor.media_type!r}",
            remedy="Give a container image, with layers that are plain, gzip or zstd",
        )


def _foreign(files: Files, platforms: list[Platform] | list[Configuration]) -> ImageError:
    offered = ", ".join(dict.fromkeys(f"{one.os}/{one.architecture}" for one in platforms))
    return ImageError(
        f"{files.says} is for {offered}, this machine is linux/{architecture.current().debian}",
        remedy="Build or pull it for this machine's platform",
    )


def _not_one(files: Files, count: int, names: str) -> ImageError:
    return ImageError(
        f"{files.says} holds {count} images, not one: {names}",
        remedy="Save the one that is to run by itself: docker save -o FILE NAME",
    )


def _changed(files: Files, path: str, digest: str) -> ImageError:
    return ImageError(
        f"{files.says}: {path} is not what its name says: its content has the digest {digest}", remedy=MEND
    )

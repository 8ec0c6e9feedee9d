"""Which manifest of an index is meant: an image, by its name where it was asked for, the best for this machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.errors import ImageError
from bench.images.debian import architecture
from bench.images.oci.documents import Configuration, Descriptor, ImageManifest, Index, Platform, parse
from bench.images.oci.files import MEND, Files, quoted

OCI, DOCKER = "application/vnd.oci.image.", "application/vnd.docker."
MANIFESTS = {f"{OCI}manifest.v1+json", f"{DOCKER}distribution.manifest.v2+json"}
INDEXES = {f"{OCI}index.v1+json", f"{DOCKER}distribution.manifest.list.v2+json"}
CONFIGURATIONS = {f"{OCI}config.v1+json", f"{DOCKER}container.image.v1+json"}
_LAYERS = (f"{OCI}layer.", f"{DOCKER}image.rootfs.")

_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
"""Whole names, as engines write them from Docker 25 on; the tag alone, by which other tools call an image."""

_BESIDE = {"dev.cosignproject.cosign/sigs", "dev.cosignproject.cosign/atts"}
"""What cosign calls, under ``kind``, what it saves beside an image."""

_DEEPEST_INDEX = 4
_HUB = re.compile(r"^docker\.io/(library/)?|:latest$")
"""What engines add to a name."""

ThingT = TypeVar("ThingT")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offered:
    """A manifest or an index with all of its names, and what it is for; None: it does not say."""

    descriptor: Descriptor
    names: tuple[str, ...]
    platform: Platform | Configuration | None

    @property
    def rank(self) -> int | None:
        return rank(self.platform) if self.platform else 0


def rank(platform: Platform | Configuration) -> int | None:
    """Return how well it suits this machine, None: not at all; what names nothing is taken for it, as engines do."""
    return architecture.rank(platform.architecture, platform.variant) if platform.os in ("", "linux") else None


def chosen_manifest(files: Files, index: Index, wanted: str | None, levels_left: int = _DEEPEST_INDEX) -> Descriptor:
    """Return the one manifest for this machine, also where an index points to another one.

    Raises ImageError when there is none, or when several are left to choose from.
    """
    offered = _offered(files, index)
    if wanted is not None:
        offered = entry_named(files, [((*one.names, one.descriptor.digest), one) for one in offered], wanted)
    fitting = [one for one in offered if one.rank is not None]
    if offered and not fitting:
        raise foreign(files, [one.platform for one in offered if one.platform])
    one = _best(files, fitting)
    require_known(files, one, INDEXES | MANIFESTS, "an image's manifest")
    if one.media_type in MANIFESTS:
        return one
    if not levels_left:
        raise ImageError(f"{files.says}: its indexes point to each other more than {_DEEPEST_INDEX} deep", remedy=MEND)
    return chosen_manifest(files, parse(Index, *blob(files, one)), None, levels_left - 1)


def entry_named(files: Files, offered: Sequence[tuple[Sequence[str], ThingT]], wanted: str) -> list[ThingT]:
    """Return what bears the wanted name, whole or without what engines add; raises ImageError when nothing does."""
    found = [thing for names, thing in offered if {wanted, _HUB.sub("", wanted)} & {*names, *map(_short, names)}]
    if not found:
        raise ImageError(
            f"{files.says} holds no image {wanted!r}, but: {listed(names for names, _ in offered)}",
            remedy="Choose one of these",
        )
    return found


def listed(names: Iterable[Sequence[str]]) -> str:
    """Return what images are called, for a message; each by the first of its names."""
    return quoted(", ".join(repr(_short(one[0])) if one else "an unnamed one" for one in names) or "none", 1000)


def foreign(files: Files, platforms: Iterable[Platform | Configuration]) -> ImageError:
    """Return the error for what is for other machines."""
    offered = ", ".join(dict.fromkeys(_platform_words(one) for one in platforms))
    return ImageError(
        f"{files.says} is for {quoted(offered, 1000)}, this machine is linux/{architecture.words()}",
        remedy="Build or pull it for this machine's platform; images for others are not run",
    )


def not_one(files: Files, names: Sequence[Sequence[str]]) -> ImageError:
    """Return the error for files that hold several images, or none."""
    return ImageError(
        f"{files.says} holds {len(names)} images, not one: {listed(names)}",
        remedy="Write which is to run behind the path, as skopeo does, oci:PATH:NAME or docker-archive:FILE:NAME, or "
        "save it by itself: docker save -o FILE NAME",
    )


def blob(files: Files, descriptor: Descriptor) -> tuple[bytes, str]:
    """Return a document's bytes, whose digest is held against its name, and where it is."""
    path = blob_path(descriptor)
    raw = files.document(path)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    if digest != descriptor.digest:
        raise changed(files, path, digest)
    return raw, f"{files.says}: {path}"


def blob_path(descriptor: Descriptor) -> str:
    """Return where a layout keeps a blob."""
    return "blobs/" + descriptor.digest.replace(":", "/")


def changed(files: Files, path: str, digest: str) -> ImageError:
    """Return the error for a document that is not what its name says."""
    return ImageError(
        f"{files.says}: {quoted(path)} is not what its name says: its content has the digest {digest}", remedy=MEND
    )


def require_known(files: Files, descriptor: Descriptor, known: set[str], what: str) -> None:
    """Raise ImageError for a blob of a kind that is none of the known ones."""
    if descriptor.media_type not in known:
        raise ImageError(
            f"{files.says}: {descriptor.digest[:19]}... should be {what}, and has the media type "
            f"{quoted(repr(descriptor.media_type))}",
            remedy="Give a container image, with layers that are plain, gzip or zstd",
        )


def _offered(files: Files, index: Index) -> list[_Offered]:
    """Return the images of an index, each once, whatever says something about one left out."""
    names: dict[str, list[str]] = {}
    for one in index.manifests:
        given = one.annotations or {}
        names.setdefault(one.digest, []).extend(given[key] for key in _NAMES if key in given)
    distinct = {one.digest: one for one in index.manifests if not _stands_beside(one)}.values()
    # Engines save an index whole, and of its images those that they have.
    there = [one for one in distinct if blob_path(one) in files] or list(distinct)
    found = []
    for one in there:
        platform: Platform | Configuration | None = one.platform
        fits = platform is None or rank(platform) is not None
        if fits and len(there) > 1 and one.media_type in MANIFESTS:
            manifest = parse(ImageManifest, *blob(files, one))
            if not _is_image(manifest):
                continue
            platform = platform or parse(Configuration, *blob(files, manifest.config))
        found.append(_Offered(descriptor=one, names=tuple(dict.fromkeys(names[one.digest])), platform=platform))
    return found


def _stands_beside(descriptor: Descriptor) -> bool:
    """Whether it is no image but says something about one, as builders, signers and registries put it beside."""
    given = descriptor.annotations or {}
    is_other = descriptor.artifact_type not in ("", *CONFIGURATIONS)
    return is_other or "vnd.docker.reference.type" in given or given.get("kind") in _BESIDE


def _is_image(manifest: ImageManifest) -> bool:
    """Whether a manifest is an image's: older signatures call themselves images, and have no layer that is one."""
    kinds = [layer.media_type for layer in manifest.layers]
    return (
        manifest.subject is None
        and manifest.artifact_type in ("", *CONFIGURATIONS)
        and manifest.config.media_type in CONFIGURATIONS
        and (not kinds or any(kind.startswith(_LAYERS) for kind in kinds))
    )


def _best(files: Files, fitting: Sequence[_Offered]) -> Descriptor:
    """Return the only one, or the best of those that differ in nothing but what they need of the processor."""
    best = max((one.rank or 0 for one in fitting), default=0)
    top = [one for one in fitting if one.rank == best]
    if len(top) == 1 and len({one.names for one in fitting}) == 1:
        return top[0].descriptor
    firsts = [one.names[:1] for one in fitting]  # a name that two have, as with a tag pushed twice, chooses none
    own = [one.names if firsts.count(one.names[:1]) == 1 else () for one in fitting]
    raise not_one(files, [names or (one.descriptor.digest,) for names, one in zip(own, fitting, strict=True)])


def _short(name: str) -> str:
    return _HUB.sub("", name) or name


def _platform_words(one: Platform | Configuration) -> str:
    return "/".join(quoted(part, 60) for part in (one.os, one.architecture, one.variant) if part) or "no platform"

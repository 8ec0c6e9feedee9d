"""The JSON documents of images, as far as they are read: checked once, when they come in.

Formats: OCI Image Specification 1.1 (image-layout.md, image-index.md, manifest.md, config.md); Docker Image
Specification 1.2 (``manifest.json`` of a saved image).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from bench.errors import ImageError
from bench.images.oci.files import MEND, quoted

DocumentT = TypeVar("DocumentT")


def _writable(text: str) -> str:
    if "\0" in text:
        raise ValueError("should hold no NUL character")
    text.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    return text


def _listed(given: Any) -> Any:
    """Read a list as engines do (encoding/json of Go): null for none, and null in it for empty text."""
    if given is None:
        return ()
    return ["" if one is None else one for one in given] if isinstance(given, list) else given


def _words(given: Any) -> Any:
    """Read words as engines do: text is one of them, and a single empty one is none (moby, strslice.go)."""
    listed = _listed([given] if isinstance(given, str) else given)
    return () if listed == [""] else listed


WritableText = Annotated[str, AfterValidator(_writable)]
Texts = Annotated[tuple[WritableText, ...], BeforeValidator(_listed)]
Words = Annotated[tuple[WritableText, ...], BeforeValidator(_words)]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _OciDocument(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Platform(_OciDocument):
    """What a manifest is for."""

    architecture: str = ""
    os: str = ""
    variant: str = ""


class Descriptor(_OciDocument):
    """A pointer to a blob."""

    media_type: str = Field("", alias="mediaType")
    digest: Digest
    platform: Platform | None = None
    annotations: Mapping[str, str] | None = None
    artifact_type: str = Field("", alias="artifactType")


class Index(_OciDocument):
    """``index.json``, or an index that it points to."""

    manifests: Annotated[tuple[Descriptor, ...], BeforeValidator(_listed)]


class ImageManifest(_OciDocument):
    """One image, or something else that is kept as one is: a signature, say."""

    config: Descriptor
    layers: Annotated[tuple[Descriptor, ...], BeforeValidator(_listed)]
    artifact_type: str = Field("", alias="artifactType")
    subject: Descriptor | None = None
    """What it says something about; an image says nothing about another."""


class Saved(_OciDocument):
    """One image in the ``manifest.json`` of what ``docker save`` writes."""

    config: str = Field(alias="Config")
    tags: Texts = Field((), alias="RepoTags")
    layers: Texts = Field((), alias="Layers")


class Layout(_OciDocument):
    """``oci-layout``."""

    version: str = Field(alias="imageLayoutVersion")


class ExecutionParameters(_OciDocument):
    """What the image says about running it."""

    user: WritableText | None = Field(None, alias="User")
    environment: Texts = Field((), alias="Env")
    entrypoint: Words = Field((), alias="Entrypoint")
    cmd: Words = Field((), alias="Cmd")
    directory: WritableText | None = Field(None, alias="WorkingDir")


class Layers(_OciDocument):
    """The digests of the layers' plain tars, the lowest first."""

    diff_ids: Annotated[tuple[Digest, ...], BeforeValidator(_listed)] = ()


class Configuration(_OciDocument):
    """The configuration of an image; its digest is the image's ID."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    running: ExecutionParameters | None = Field(None, alias="config")
    rootfs: Layers


def parse(table: type[DocumentT], raw: bytes, where: str) -> DocumentT:
    """Return a document, checked; raises ImageError that names the place and the first fault."""
    try:
        return TypeAdapter(table).validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"]))
        at = f"{quoted(key, 100)} = {quoted(repr(first['input']), 80)}: " if key else ""
        raise ImageError(f"{where}: {at}{quoted(first['msg'])}", remedy=MEND) from error

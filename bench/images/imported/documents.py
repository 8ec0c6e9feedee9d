"""The JSON documents of images, as far as they are read: checked once, when they come in.

Formats: OCI Image Specification 1.1 (image-layout.md, image-index.md, manifest.md, config.md); Docker Image
Specification 1.2 (``manifest.json`` of a saved image).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bench.errors import ImageError
from bench.images.imported.files import MEND

TableT = TypeVar("TableT")


def _writable(text: str) -> str:
    if "\0" in text:
        raise ValueError("should hold no NUL character")
    text.encode()  # a lone surrogate raises UnicodeEncodeError, which is a ValueError
    return text


Text = Annotated[str, AfterValidator(_writable)]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Platform(_Document):
    """What a manifest is for."""

    architecture: str = ""
    os: str = ""


class Descriptor(_Document):
    """A pointer to a blob."""

    media_type: str = Field("", alias="mediaType")
    digest: Digest
    platform: Platform | None = None
    annotations: Mapping[str, str] | None = None


class Index(_Document):
    """``index.json``, or an index that it points to."""

    manifests: tuple[Descriptor, ...]


class Manifest(_Document):
    """One image."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


class Saved(_Document):
    """One image in the ``manifest.json`` of what ``docker save`` writes."""

    config: str = Field(alias="Config")
    tags: tuple[str, ...] | None = Field(None, alias="RepoTags")
    layers: tuple[str, ...] = Field((), alias="Layers")


class Layout(_Document):
    """``oci-layout``."""

    version: str = Field(alias="imageLayoutVersion")


class Running(_Document):
    """What the image says about running it."""

    user: Text | None = Field(None, alias="User")
    environment: tuple[Text, ...] | None = Field(None, alias="Env")
    entrypoint: tuple[Text, ...] | None = Field(None, alias="Entrypoint")
    cmd: tuple[Text, ...] | None = Field(None, alias="Cmd")
    directory: Text | None = Field(None, alias="WorkingDir")


class Layers(_Document):
    """The digests of the layers' plain tars, the lowest first."""

    diff_ids: tuple[Digest, ...]


class Configuration(_Document):
    """The configuration of an image; its digest is the image's ID."""

    architecture: str = ""
    os: str = ""
    running: Running | None = Field(None, alias="config")
    rootfs: Layers


def parse(table: type[TableT], raw: bytes, where: str) -> TableT:
    """Return a document, checked; raises ImageError that names the place and the first fault."""
    try:
        return TypeAdapter(table).validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise ImageError(f"{where}: {key + ': ' if key else ''}{first['msg']}", remedy=MEND) from error

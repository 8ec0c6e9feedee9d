"""Images written by hand: layers member by member, saved images and OCI layouts with chosen faults."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.images.debian.architecture import current

OCI = "application/vnd.oci.image."

_STATIC = r"""
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **words) {
    char folder[4096];
    gid_t groups[64];
    for (int i = 1; i < count; i++) printf("word %s\n", words[i]);
    for (char **one = environ; *one; one++) printf("env %s\n", *one);
    printf("cwd %s\n", getcwd(folder, sizeof folder));
    printf("ids %d %d", getuid(), getgid());
    int many = getgroups(64, groups);
    for (int i = 0; i < many; i++) if (groups[i] != getgid()) printf(" %d", groups[i]);
    printf("\n");
    fflush(stdout);
    FILE *anew = fopen("/dev/stdout", "w");
    if (anew == NULL) perror("anew");
    else { fprintf(anew, "anew\n"); fclose(anew); }
    if (count > 1 && !strcmp(words[1], "stay")) pause();
    return count > 2 && !strcmp(words[1], "exit") ? atoi(words[2]) : 0;
}
"""
"""Says what it was given and who it is, needs no other file, and ends as it is told."""


def static_program(folder: Path) -> bytes:
    """Compile the one binary of an image that has nothing else."""
    source, program = folder / "tell.c", folder / "tell"
    source.write_text(_STATIC)
    subprocess.run(["gcc", "-static", "-Os", "-s", "-o", program, source], check=True, capture_output=True)
    return program.read_bytes()


def regular(name: str, content: bytes = b"", mode: int = 0o644, **more: object) -> tuple[tarfile.TarInfo, bytes]:
    return _made(name, tarfile.REGTYPE, mode=mode, size=len(content), **more), content


def folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    return _made(name, tarfile.DIRTYPE, mode=mode), b""


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return _made(name, tarfile.SYMTYPE, mode=0o777, linkname=target), b""


def hard(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return _made(name, tarfile.LNKTYPE, linkname=target), b""


def device(name: str, kind: bytes, numbers: tuple[int, int]) -> tuple[tarfile.TarInfo, bytes]:
    return _made(name, kind, mode=0o666, devmajor=numbers[0], devminor=numbers[1]), b""


def _made(name: str, kind: bytes, **more: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mtime = kind, 1_000_000_000
    for key, value in more.items():
        setattr(member, key, value)
    return member


Member = tuple[tarfile.TarInfo, bytes]


def layer(*members: Member) -> bytes:
    """Return a layer's plain tar; names are taken as they are, however wicked."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@dataclass(frozen=True, kw_only=True)
class Own:
    """An image: its layers, the lowest first, and what it says about running it."""

    layers: Sequence[bytes]
    running: Mapping[str, object] = field(default_factory=dict)
    architecture: str = field(default_factory=lambda: current().debian)
    os: str = "linux"

    @property
    def configuration(self) -> bytes:
        """The configuration's JSON."""
        document = {
            "architecture": self.architecture,
            "os": self.os,
            "config": dict(self.running),
            "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in self.layers]},
        }
        return json.dumps(document).encode()

    def save(self, path: Path, **changed: bytes | None) -> Path:
        """Write what ``docker save`` writes; ``changed`` replaces files, or leaves them out, by their path."""
        name = f"{digest(self.configuration)[7:]}.json"
        layers = [f"{number}/layer.tar" for number in range(len(self.layers))]
        manifest = [{"Config": name, "RepoTags": ["own:latest"], "Layers": layers}]
        files = {name: self.configuration, "manifest.json": json.dumps(manifest).encode()}
        files |= dict(zip(layers, self.layers, strict=True))
        with tarfile.open(path, "w") as archive:
            for path_inside, content in {**files, **changed}.items():
                if content is not None:
                    member = tarfile.TarInfo(path_inside)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        return path

    def lay_out(self, folder_: Path, packing: str = "gzip", kind: str | None = None) -> Path:
        """Write an OCI layout; ``kind`` is the layers' media type, where it is to be another than it should."""
        blobs = folder_ / "blobs" / "sha256"
        blobs.mkdir(parents=True)

        def blob(content: bytes, media_type: str) -> dict[str, object]:
            (blobs / digest(content)[7:]).write_bytes(content)
            return {"mediaType": media_type, "digest": digest(content), "size": len(content)}

        suffix = {"plain": "", "gzip": "+gzip", "zstd": "+zstd"}[packing]
        layers = [blob(packed(one, packing), kind or f"{OCI}layer.v1.tar{suffix}") for one in self.layers]
        manifest = {
            "schemaVersion": 2,
            "config": blob(self.configuration, f"{OCI}config.v1+json"),
            "layers": layers,
        }
        index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), f"{OCI}manifest.v1+json")]}
        (folder_ / "index.json").write_text(json.dumps(index))
        (folder_ / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return folder_


def packed(content: bytes, packing: str) -> bytes:
    if packing == "zstd":
        return subprocess.run(["zstd", "-qc"], input=content, capture_output=True, check=True).stdout
    return gzip.compress(content, mtime=0) if packing == "gzip" else content


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"

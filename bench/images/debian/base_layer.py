"""The lower layer of an image: a distribution's packages as a tar, cached by what was asked for."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from bench.images import cache, lock
from bench.images.debian import architecture, mmdebstrap
from bench.model import Recipe, Say, short_digest

_ROOM_BYTES = 900 * cache.MIB
"""Unpacked system, downloads and tar: 350 MiB measured without packages, 1500 with a database and tools."""
_ROOM_PER_PACKAGE_BYTES = 60 * cache.MIB

_OPTIONS = (
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    # mmdebstrap copies these two from the host: neither reproducible nor anybody's business
    '--customize-hook=rm -f "$1/etc/resolv.conf"; echo isobench > "$1/etc/hostname"',
    '--customize-hook=echo "127.0.0.1 localhost isobench" > "$1/etc/hosts"',
)
_NOTE = (
    "--customize-hook=chroot \"$1\" dpkg-query --show --showformat '${Package}:${Architecture}=${Version}\\n'"
    ' | APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" xargs apt-cache show --no-all-versions > "$1/packages"'
)
"""Asks apt, while it still has the archive's signed lists, for every installed package's stanza."""


def debian_base(recipe: Recipe, *, say: Say) -> Path:
    """Return the folder with ``base.tar`` and ``lock.json`` of a recipe's suite and packages.

    From the cache, or made now (about half a minute and more, for larger recipes). Raises ImageError.
    """
    machine = architecture.current()
    packages = tuple(sorted(set(recipe.packages)))
    asked = (recipe.suite, machine.debian, mmdebstrap.mirror(), *_OPTIONS, *packages)
    return cache.once(
        cache.shelf("bases") / f"{recipe.suite}-{short_digest(*map(str.encode, asked))}",
        partial(_make, recipe=recipe, packages=packages, machine=machine, say=say),
        whole=lock.whole,
        say=say,
    )


def _make(
    folder: Path, *, recipe: Recipe, packages: tuple[str, ...], machine: architecture.Architecture, say: Say
) -> None:
    wanted_by = f"image {recipe.name!r}"
    say(f"{wanted_by}: {recipe.suite} with {', '.join(packages) or 'no further packages'}, about a minute")
    room = _ROOM_BYTES + len(packages) * _ROOM_PER_PACKAGE_BYTES
    cache.require_free(folder.parent, room, wanted_by)
    cache.new_folder(folder)
    began = time.monotonic()
    tar, noted = folder / "base.tar", folder / "packages"
    mmdebstrap.build(
        recipe.suite,
        tar,
        variant="minbase",
        packages=packages,
        options=(*_OPTIONS, *_note_packages(noted)),
        wanted_by=wanted_by,
    )
    installed = lock.parse_packages(noted.read_text())
    noted.unlink()
    tar.chmod(0o644)
    lock.write(
        lock.Lock(
            suite=recipe.suite,
            architecture=machine.debian,
            digest=f"sha256:{cache.sha256(tar)}",
            packages=installed,
            sizes=lock.sizes(folder, tar.name),
        ),
        folder / "lock.json",
    )
    say(f"{wanted_by}: {len(installed)} packages in {time.monotonic() - began:.0f} s")


def _note_packages(noted: Path) -> tuple[str, ...]:
    return _NOTE, mmdebstrap.download("customize", "/packages", noted), '--customize-hook=rm "$1/packages"'

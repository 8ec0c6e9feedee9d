"""How to measure the same again: the command, the seed, the images by digest, the versions."""

from __future__ import annotations

import shlex

from bench.analysis.manifest import Manifest, RunImage
from bench.report.content import Table


def facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return names and values of what identifies the run."""
    return (
        ("run", manifest.run),
        ("started", manifest.started_at),
        ("finished", manifest.finished_at or "not finished"),
        ("command line", " ".join(manifest.command_line)),
        ("Isobench", manifest.bench_version),
        ("seed", str(manifest.seed)),
    )


def images(manifest: Manifest) -> Table:
    """Return the images by content, with the locks that name every package in them."""
    return Table(
        title="Images",
        head=("image", "digest", "made of", "lock, in the run's folder"),
        rows=tuple(
            (name, image.digest, _made_of(image), image.lock or "none") for name, image in manifest.images.items()
        ),
        names=4,
    )


def block(manifest: Manifest) -> tuple[str, ...]:
    """Return the lines to copy: the command with the seed it drew, and in remarks what it has to run on."""
    command = _command(manifest)
    return (
        f"# Isobench {manifest.bench_version}, Python {manifest.harness.python}, Linux {manifest.host.kernel}",
        *(f"# image {name} {image.digest} ({_locked(image)})" for name, image in manifest.images.items()),
        *(f"# scenario {name} version {one.version}" for name, one in manifest.scenarios.items()),
        *(
            f"# {name}: {', '.join(f'{what} {version}' for what, version in one.versions.items())}"
            for name, one in manifest.isolations.items()
            if one.ready and one.versions
        ),
        command,
    )


def _command(manifest: Manifest) -> str:
    words = list(manifest.command_line)
    asked = any(word == "--seed" or word.startswith("--seed=") for word in words)
    return shlex.join([*words, *([] if asked or not words else ["--seed", str(manifest.seed)])])


def _locked(image: RunImage) -> str:
    return f"lock {image.lock}" if image.lock else _made_of(image)


def _made_of(image: RunImage) -> str:
    return f"{image.source.reference}, {image.source.digest}" if image.source else f"{image.packages} packages"

"""How to measure the same again: the command, the seed, the images by digest, the versions."""

from __future__ import annotations

import shlex

from bench.report.content import Table
from bench.store.manifest import Manifest, RunImage

OURS = "bench"
"""What every command line begins with that a run records."""

_ESCAPES = {"\n": "\\n", "\t": "\\t", "\\": "\\\\", "'": "\\'"}
"""What bash and zsh read between ``$'`` and ``'`` (ANSI-C quoting)."""


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
    """Return the lines to copy: the command with the seed it drew, and in remarks what it has to run on.

    Each is one line, whatever a name holds: the next line of one would be a command. Of a command line that is none of
    ours only a remark is made: whoever copies it would run it.
    """
    remarks = (
        f"# Isobench {manifest.bench_version}, Python {manifest.harness.python}, Linux {manifest.host.kernel}",
        *(f"# image {name} {image.digest} ({_locked(image)})" for name, image in manifest.images.items()),
        *(f"# scenario {name} version {one.version}" for name, one in manifest.scenarios.items()),
        *(
            f"# {name}: {', '.join(f'{what} {version}' for what, version in one.versions.items())}"
            for name, one in manifest.isolations.items()
            if one.ready and one.versions
        ),
    )
    return (*map(_in_a_line, remarks), _command(manifest))


def _command(manifest: Manifest) -> str:
    words = list(manifest.command_line)
    if words[:1] != [OURS]:
        return _in_a_line(f"# not a command line of Isobench: {shlex.join(words)}") if words else ""
    asked = any(word == "--seed" or word.startswith("--seed=") for word in words)
    return " ".join(map(_word, [*words, *([] if asked else ["--seed", str(manifest.seed)])]))


def _word(word: str) -> str:
    """Return a word of a command, quoted; in the shell's words for what they are, where it has lines or tabs in it."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'{}'".format("".join(_ESCAPES.get(one, one) for one in word))


def _in_a_line(text: str) -> str:
    return text.replace("\n", "␊").replace("\t", "␉")


def _locked(image: RunImage) -> str:
    return f"lock {image.lock}" if image.lock else _made_of(image)


def _made_of(image: RunImage) -> str:
    return f"{image.source.reference}, {image.source.digest}" if image.source else f"{image.packages} packages"

"""What is to be copied stays one block, and each remark one line, whatever a foreign manifest's names hold."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.analysis.data.manifest import load_manifest
from bench.report.text import reproduce
from tests.analysis.two_runs.test_compare import edit_manifest
from tests.synthetic import write_run

NAME = "base\ntouch owned\n```\n````\n</pre><b>x</b>\x1b[31m\u2028touch owned\r\n\ttouch owned"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    run = write_run(tmp_path / "run", rounds=2)

    def rename(document: dict[str, Any]) -> None:
        for where in ("images", "isolations"):
            document[where] = {f"{name}{NAME}": one for name, one in document[where].items()}
        document["host"]["kernel"] = document["harness"]["python"] = document["bench_version"] = NAME
        for image in document["images"].values():
            image["lock"] = image["digest"] = NAME
        for one in document["isolations"].values():
            one["versions"] = {NAME: NAME}
        document["scenarios"]["cpu"]["version"] = NAME

    return edit_manifest(run, rename)


def executed(lines: tuple[str, ...], folder: Path) -> list[str]:
    """Let bash do what a user does who copies the block; return the words that the command was given."""
    script = 'bench() { printf "%s\\0" "$@"; }\n' + "\n".join(lines)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[:-1]


def test_no_name_becomes_a_line_of_its_own(hostile: Path, tmp_path: Path) -> None:
    manifest = load_manifest(hostile)
    lines = reproduce.block(manifest)
    assert all(line.startswith("# ") and line.isprintable() for line in lines[:-1])
    (tmp_path / "here").mkdir()
    assert executed(lines, tmp_path / "here") == [*manifest.command_line[1:], "--seed", str(manifest.seed)]
    assert not list((tmp_path / "here").iterdir())


def test_the_block_is_whole_in_markdown_and_on_the_page(hostile: Path) -> None:
    paths, expected = report.write(hostile), reproduce.block(load_manifest(hostile))
    [(fence, block)] = re.findall(r"^(`{3,})sh\n(.*?)\n\1$", paths.markdown.read_text(), re.MULTILINE | re.DOTALL)
    assert tuple(block.split("\n")) == expected
    assert not [line for line in expected if fence in line]
    assert "<b>x</b>" not in paths.html.read_text()


def test_lines_in_a_word_of_the_command_stay_in_that_word(hostile: Path, tmp_path: Path) -> None:
    words = ["run", "--image", "x", "--command", "sh -c 'echo a\\n\n\techo `b` $c'", "--metric", "a=``` 1/s higher"]
    edit_manifest(hostile, lambda document: document.update(command_line=["bench", *words]))
    lines = reproduce.block(load_manifest(hostile))
    assert "\n" not in lines[-1]
    assert executed(lines, tmp_path)[:-2] == words


def test_a_command_line_that_is_none_of_ours_is_a_remark(hostile: Path, tmp_path: Path) -> None:
    edit_manifest(hostile, lambda document: document.update(command_line=["touch", "owned", "\n touch owned"]))
    lines = reproduce.block(load_manifest(hostile))
    assert lines[-1].startswith("# not a command line of Isobench: touch owned")
    assert executed(lines, tmp_path) == []
    assert not (tmp_path / "owned").exists()
    assert shlex.split(lines[-1], comments=True) == []

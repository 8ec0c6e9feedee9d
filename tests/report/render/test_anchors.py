from pathlib import Path

import pytest

from bench import report
from bench.report.blocks import chapters
from bench.report.content import Report, Table
from bench.report.render.anchors import Anchors, slug
from tests.synthetic import write_run


def ids(composed: Report) -> list[str]:
    found = chapters(composed)
    anchors = Anchors(found)
    tables = [table for one in composed.sections for facet in one.facets for table in (facet.table, *facet.details)]
    rows = [anchors.row(table, row) for table in tables for row in table.rows]
    return [*map(anchors.table, tables), *rows, *map(anchors.picture, composed.pictures)]


def test_another_run_of_the_same_has_the_same_links(tmp_path: Path) -> None:
    one, other = (report.compose(write_run(tmp_path / str(rounds), rounds=rounds)) for rounds in (3, 5))
    assert ids(one) == ids(other)
    assert len(set(ids(one))) == len(ids(one)) > 30


def test_a_row_is_called_by_its_table_and_its_names(tmp_path: Path) -> None:
    composed = report.compose(write_run(tmp_path / "run", rounds=3))
    found = ids(composed)
    assert "startup-start-up-request-to-ready.docker" in found
    assert "picture-overview" in found


def test_of_two_that_are_called_the_same_the_second_is_told_apart() -> None:
    anchors = Anchors(())
    table = Table(title="x, lower is better", head=("a", "b"), rows=(("docker", "1"), ("Docker!", "2")))
    assert [anchors.row(table, row) for row in table.rows] == ["x.docker", "x.docker-2"]


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("vm (emulated), threads = 2", "vm-emulated-threads-2"),
        ("\"><script>", "script"),
        ("日本", "unnamed"),
        ("", "unnamed"),
        ("a" * 60, "a" * 48),
        ("word " * 20, "-".join(["word"] * 9)),
    ],
)  # fmt: skip
def test_a_slug_is_safe_and_short(text: str, called: str) -> None:
    assert slug(text) == called

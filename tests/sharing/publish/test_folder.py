"""A published folder: whole, redacted, the same every time, or not there at all."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.analysis.data.manifest import load_manifest
from bench.errors import PublishError, ResultsError
from bench.sharing.publish import publish
from bench.sharing.publish.identity import identity
from bench.sharing.publish.index import entries
from bench.sharing.publish.redaction import Redaction
from bench.sharing.publish.search import search
from tests.analysis.two_runs.test_compare import edit_trials
from tests.synthetic import write_run

SECRETS = ("7V5S:EAGB:NI4Q", "birch", "/home/ada", "/srv/secret", "192.168.7.5", "52:54:00:ab:cd:ef")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose every corner names the host, a user, a path or an address."""
    made = write_run(tmp_path_factory.mktemp("template") / "results" / "20261123-2105-elm", rounds=4)
    manifest = json.loads((made / "manifest.json").read_text())
    manifest |= {"scenarios": {"startup": manifest["scenarios"]["startup"]}, "planned": 8}  # one, to be quick
    manifest["host"] |= {"name": "birch.example.org", "caveats": ["birch swaps"]}
    manifest["isolations"]["docker"]["engine"] = {"address": "unix:///x.sock", "id": "7V5S:EAGB:NI4Q"}
    manifest["command_line"] = ["bench", "run", "--results", "/srv/secret/results", "--scenarios=/srv/secret/mine"]
    manifest["asked"] = {"scenarios_folder": "/srv/secret/mine"}
    manifest["isolations"]["docker:runsc"]["reason"] = "birch: no answer from 192.168.7.5:2375 (/home/ada/.docker)"
    (made / "manifest.json").write_text(json.dumps(manifest))
    lines = [json.loads(line) for line in (made / "trials.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["scenario"] == "startup" and line["isolation"] in ("bare", "vm")]
    lines[0] |= {"outcome": "failed", "reason": "birch refused 52:54:00:ab:cd:ef", "tail": ["root@birch:~# <b>", "x"]}
    lines[1]["seen"]["hostname"] = "birch"
    (made / "trials.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (made / "console").mkdir()
    (made / "console" / "0001.log.gz").write_bytes(gzip.compress(b"birch login: \xff 192.168.7.5\n"))
    (made / "locks").mkdir()
    (made / "locks" / "base.json").write_text(json.dumps({"packages": [{"name": "x", "version": "1.2.3.4"}]}))
    return made


@pytest.fixture
def run(template: Path, tmp_path: Path) -> Path:
    """That run, to be changed."""
    return Path(shutil.copytree(template, tmp_path / "results" / template.name))


@pytest.fixture(scope="module")
def published_template(template: Path) -> Path:
    """The same, published as ``one``: drawn once for all who begin with that."""
    publish(template, "one", results=template.parent)
    return template


@pytest.fixture
def published(published_template: Path, tmp_path: Path) -> Path:
    """That run beside what was published of it, to be changed."""
    shutil.copytree(published_template.parent, tmp_path / "results")
    return tmp_path / "results" / published_template.name


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_run_whose_own_name_tells_the_host_is_redacted_in_the_index_too(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "run": "20261123-2105-birch"}))
    done = publish(run, "two-cores", results=run.parent)
    assert json.loads((done.folder / "about.json").read_text())["run"] == "20261123-2105-HOST"


def test_everything_is_there_and_nobody_is_named(run: Path) -> None:
    done = publish(run, "two-cores", results=run.parent)
    files = contents(done.folder)
    wanted = {
        "report.html", "report.md", "samples.parquet", "summary.csv", "manifest.json", "trials.jsonl", "about.json",
        "locks/base.json", "plots/overview.svg", "plots/overview.png",
    }  # fmt: skip
    assert wanted <= set(files)
    assert not [name for name in files if name.startswith("console")]
    for name, data in files.items():
        assert not [word for word in SECRETS if word.encode() in data], name
        assert str(run).encode() not in data
    assert set(bench.load(done.folder)["host"]) == {"HOST"}
    assert load_manifest(done.folder).command_line == ("bench", "run", "--results", "PATH", "--scenarios=PATH")
    assert load_manifest(done.folder).asked is None
    assert "1.2.3.4" in files["locks/base.json"].decode()


def test_the_figures_are_those_of_the_run(run: Path) -> None:
    done = publish(run, "two-cores", results=run.parent)
    ours, theirs = bench.summarize(bench.load(done.folder)), bench.summarize(bench.load(run))
    pd.testing.assert_frame_equal(ours, theirs)
    stored = pd.read_csv(done.folder / "summary.csv")
    assert list(stored["median"].dropna()) == pytest.approx(list(theirs["median"].dropna()), rel=1e-15)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_the_summary_is_a_formula(run: Path, sign: str) -> None:
    formula = f"{sign}cmd|' /C calc'!A0"
    edit_trials(run, lambda trial: trial["samples"][0].update(metric=formula))
    with (publish(run, "two-cores", results=run.parent).folder / "summary.csv").open(newline="") as file:
        cells = {cell for row in csv.DictReader(file) for name, cell in row.items() if name == "metric"}
    assert f"'{formula}" in cells
    assert not [cell for cell in cells if cell.startswith(sign)]


def test_half_a_surrogate_pair_is_published_as_the_escape_that_it_was(run: Path) -> None:
    half = "\\ud800"
    (run / "locks" / "base.json").write_text(f'{{"packages": [{{"name": "{half}"}}]}}')
    journal = run / "trials.jsonl"
    journal.write_text(journal.read_text().replace('"reason": ""', f'"reason": "{half}"'))
    done = publish(run, "two-cores", results=run.parent)
    assert half in (done.folder / "locks" / "base.json").read_text()
    assert f'"reason": "{half}"' in (done.folder / "trials.jsonl").read_text()


@pytest.mark.parametrize("damage", [b"\x1f", b"no gzip", gzip.compress(b"x" * 99)[:-9], b"\x1f\x8b\x08" + b"\xff" * 60])
def test_a_console_that_cannot_be_unpacked_is_named(run: Path, damage: bytes) -> None:
    (run / "console" / "0001.log.gz").write_bytes(damage)
    with pytest.raises(ResultsError, match=r"0001\.log\.gz: cannot be unpacked") as caught:
        publish(run, "two-cores", results=run.parent, console=True)
    assert caught.value.remedy == "Publish without consoles"


@pytest.mark.parametrize("lock", ["{", "[" * 99_999, "\x00"])
def test_a_lock_that_is_none_is_named(run: Path, lock: str) -> None:
    (run / "locks" / "base.json").write_text(lock)
    with pytest.raises(ResultsError, match=r"base\.json: not valid JSON"):
        publish(run, "two-cores", results=run.parent)


def test_consoles_are_added_when_asked_for_and_redacted(run: Path) -> None:
    done = publish(run, "two-cores", results=run.parent, console=True)
    text = gzip.decompress((done.folder / "console" / "0001.log.gz").read_bytes()).decode()
    assert text == "HOST login: � ADDRESS\n"


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    publish(run, "one", results=run.parent, console=True)
    first = contents(run.parent / "published")
    publish(run, "one", results=run.parent, console=True, replace_existing=True)
    assert contents(run.parent / "published") == first


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/abs", "A", "a b", "-a", "a--b", "é", "a\n", "x" * 65])
def test_a_name_that_cannot_be_is_refused(run: Path, name: str) -> None:
    with pytest.raises(PublishError, match="cannot be published as"):
        publish(run, name, results=run.parent)
    assert not (run.parent / "published").exists()


def test_a_name_that_is_taken_is_refused_unless_it_may_be_replaced(published: Path) -> None:
    run = published
    with pytest.raises(PublishError, match=r"exists.*--replace"):
        publish(run, "one", results=run.parent)
    publish(run, "one", results=run.parent, replace_existing=True)


def test_a_link_is_never_followed(run: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (run.parent / "published").mkdir()
    (run.parent / "published" / "one").symlink_to(elsewhere)
    with pytest.raises(PublishError, match="no folder of ours"):
        publish(run, "one", results=run.parent, replace_existing=True)
    assert os.listdir(elsewhere) == ["kept"]  # noqa: PTH208 - names alone


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"quick": True}, "the run was quick"),
        ({"finished_at": None}, "the run is not finished"),
        ({"interrupted": "SIGINT"}, "interrupted by SIGINT"),
    ],
)
def test_a_run_that_is_not_whole_is_published_only_anyway_and_says_so(
    run: Path, change: dict[str, object], flaw: str
) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | change))
    with pytest.raises(PublishError, match=flaw):
        publish(run, "one", results=run.parent)
    done = publish(run, "one", results=run.parent, anyway=True)
    for page in (done.folder / "report.html", done.folder / "report.md", done.index, done.index.with_name("README.md")):
        assert flaw in " ".join(page.read_text().split())


def test_a_word_that_is_left_stops_it_and_nothing_is_there(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that a report's own words hold cannot be redacted; to keep it, somebody must say so."""
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["host"]["name"] = "median"
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(PublishError, match=r"'median' in report.*--keep"):
        publish(run, "one", results=run.parent)
    assert contents(run.parent / "published") == {}
    assert not list((run.parent / "published").iterdir())
    publish(run, "one", results=run.parent, keep={"median"})


def test_a_host_called_like_an_isolation_is_named_only_where_it_may_be_the_isolation(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["host"]["name"] = "vm"
    (run / "manifest.json").write_text(json.dumps(manifest))
    done = publish(run, "one", results=run.parent)
    assert [one.word for one in done.ambiguous] == ["vm"]
    assert load_manifest(done.folder).host.name == "HOST"
    assert set(bench.load(done.folder)["host"]) == {"HOST"}
    assert "vm" in set(bench.load(done.folder)["isolation"])


def test_the_last_look_finds_what_redaction_has_missed(published: Path) -> None:
    run, folder = published, published.parent / "published" / "one"
    redaction = Redaction(secrets=identity({run: load_manifest(run)}).secrets)
    assert search(folder, redaction) == []
    svg = folder / "plots" / "overview.svg"
    svg.write_text(svg.read_text() + "<!-- birch -->")
    table = pd.read_parquet(folder / "samples.parquet")
    table.assign(reason="from 192.168.7.5").to_parquet(folder / "samples.parquet")
    found = {(one.file, one.word) for one in search(folder, redaction)}
    assert found == {("plots/overview.svg", "birch"), ("samples.parquet", "192.168.7.5")}


def test_a_failure_on_the_way_leaves_what_was_there(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = published
    before = contents(run.parent / "published")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.sharing.publish.folder.write_dataset", fail)
    with pytest.raises(KeyboardInterrupt):
        publish(run, "one", results=run.parent, replace_existing=True)
    assert contents(run.parent / "published") == before
    assert not list((run.parent / "published").glob(".*"))


def test_the_index_lists_what_lies_there_newest_first(run: Path) -> None:
    older = json.loads((run / "manifest.json").read_text()) | {"started_at": "2026-10-01T00:00:00+00:00"}
    publish(run, "new", results=run.parent)
    (run / "manifest.json").write_text(json.dumps(older))
    done = publish(run, "old", results=run.parent)
    assert [one.name for one in entries(run.parent / "published")] == ["new", "old"]
    page, text = done.index.read_text(), done.index.with_name("README.md").read_text()
    assert page.index('href="new/report.html"') < page.index('href="old/report.html"')
    assert "[new](new/report.md)" in text
    assert "Scripted CPU 9000" in text


def test_hostile_words_in_an_entry_are_inert(published: Path) -> None:
    run, about = published, published.parent / "published" / "one" / "about.json"
    entry = json.loads(about.read_text())
    entry |= {"headline": "<script>alert(1)</script> | [x](javascript:1)", "host": "<img src=x onerror=1>"}
    about.write_text(json.dumps(entry))
    done = publish(run, "two", results=run.parent)
    page = done.index.read_text()
    assert "<script" not in page
    assert "<img" not in page
    assert "[x](javascript" not in done.index.with_name("README.md").read_text()


def test_a_broken_entry_is_named_before_anything_is_made(published: Path) -> None:
    run, about = published, published.parent / "published" / "one" / "about.json"
    about.write_text("{}")
    with pytest.raises(ResultsError, match=r"one/about\.json: name"):
        publish(run, "two", results=run.parent)
    assert not (run.parent / "published" / "two").exists()
    publish(run, "one", results=run.parent, replace_existing=True)

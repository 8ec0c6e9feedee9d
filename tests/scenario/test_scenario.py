"""The door for scenario and recipe files: what is right gets through whole, what is wrong is told well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import InputError, ScenarioError, UnknownNameError
from bench.model import Cell, Scenario, Window
from bench.scenario import find_scenarios, load_recipe, load_recipes, load_scenario, load_selected, stock_folder

GOOD: dict[str, Any] = {
    "title": "A title",
    "question": "A question?",
    "image": "base",
    "command": ["work", "--threads={threads}", "${HOME}", "{ echo a; }"],
    "rounds": 7,
    "timeout_s": 30,
    "settle_s": 1.5,
    "parameters": {"threads": [1, 2]},
    "envelope": {"cpus": 2, "memory_mib": 256, "pids": 64, "network": "none"},
    "files": [{"path": "/opt/work.sh", "source": "work.sh", "mode": "0755"}],
    "ready": {"pattern": "^ready$"},
    "window": {"begin": "^go", "finish": "^done", "seconds": r"took ([0-9.]+) s"},
    "metrics": [
        {"name": "rate", "unit": "1/s", "better": "higher", "pattern": r"rate (\d+)"},
        {"name": "lag_ms", "unit": "ms", "better": "lower", "json": "jobs.0.lag"},
    ],
    "claims": [{"says": "it is free", "source": "someone, 2014", "untested": "nobody has yet"}],
    "quick": {"rounds": 2, "settle_s": 1, "parameters": {"threads": 1}},
}


def as_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(key)} = {as_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")
    return json.dumps(value).replace("Infinity", "inf").replace("NaN", "nan")


def write(folder: Path, table: dict[str, Any], name: str = "mine") -> Path:
    (folder / "work.sh").write_text("echo work\n")
    path = folder / f"{name}.toml"
    path.write_text("".join(f"{as_toml(key)} = {as_toml(value)}\n" for key, value in table.items()))
    return path


def changed(key: str, value: object) -> dict[str, Any]:
    """GOOD with one dotted key set; None removes it."""
    table: dict[str, Any] = json.loads(json.dumps(GOOD))
    *way, last = [int(step) if step.isdigit() else step for step in key.split(".")]
    place: Any = table
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return table


def test_a_good_file_arrives_whole(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, GOOD))
    assert (scenario.name, scenario.rounds, scenario.timeout_s, scenario.settle_s) == ("mine", 7, 30.0, 1.5)
    assert scenario.parameters == {"threads": (1, 2)}
    assert (scenario.envelope.cpus, scenario.envelope.memory_bytes, scenario.envelope.pids) == (
        2,
        256 << 20,
        64,
    )
    assert scenario.window == Window(begin="^go", finish="^done", seconds=r"took ([0-9.]+) s")
    assert [(metric.name, metric.json) for metric in scenario.metrics] == [
        ("rate", None),
        ("lag_ms", "jobs.0.lag"),
    ]
    (file,) = scenario.files
    assert (file.path, file.mode, file.content) == ("/opt/work.sh", 0o755, b"echo work\n")
    cell = Cell(scenario=scenario, parameters={"threads": 2}, isolation="bare")
    assert cell.command == ("work", "--threads=2", "${HOME}", "{ echo a; }")


def test_quick_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    full, quick = load_scenario(path), load_scenario(path, quick=True)
    assert (quick.rounds, quick.settle_s, quick.parameters) == (2, 1.0, {"threads": (1,)})
    assert (quick.timeout_s, quick.command, quick.version) == (full.timeout_s, full.command, full.version)


def test_the_version_follows_the_file_and_what_it_brings(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    before = load_scenario(path).version
    (tmp_path / "work.sh").write_text("echo other\n")
    assert load_scenario(path).version != before


@pytest.mark.parametrize(
    ("key", "value", "named", "expected"),
    [
        ("titel", "x", "titel", "did you mean 'title'?"),
        ("title", None, "title = (missing)", "required"),
        ("envelope.cpu", 1, "envelope.cpu", "did you mean 'cpus'?"),
        ("envelope.cpus", 0, "envelope.cpus = 0", "greater than or equal to 1"),
        ("envelope.cpus", "two", "envelope.cpus = 'two'", "valid integer"),
        ("envelope.cpus", True, "envelope.cpus = True", "valid integer"),
        ("envelope.memory_mib", 8, "envelope.memory_mib = 8", "greater than or equal to 64"),
        ("envelope.network", "bridge", "envelope.network = 'bridge'", "should be 'none'"),
        ("image", "bse", "image = 'bse'", "did you mean 'base'?"),
        ("command.1", "{thread}", "command[1] = '{thread}'", "did you mean 'threads'?"),
        ("command.2", "${threads}", "command[2]", "name the variable differently"),
        ("command", ["work"], "parameters.threads", "no word of command uses {threads}"),
        ("parameters.threads", [1, "2"], "parameters.threads", "all of one type"),
        ("parameters.threads", [1, True], "parameters.threads", "all of one type"),
        ("parameters.threads", [1, 1.0], "parameters.threads", "name a value twice"),
        ("parameters.threads", 10**400, "parameters.threads", "at most 64 bits"),
        ("parameters.threads", ["{threads}"], "parameters.threads", "{{name}} is the text {name}"),
        ("timeout_s", 10**400, "timeout_s", "at most 64 bits"),
        ("settle_s", 10**400, "settle_s", "at most 64 bits"),
        ("rounds", 10**400, "rounds", "less than or equal"),
        ("envelope.cpus", 10**400, "envelope.cpus", "less than or equal"),
        ("metrics.0.least", 10**400, "metrics[0].least", "at most 64 bits"),
        ("claims.0.margin", 10**400, "claims[0].margin", "at most 64 bits"),
        ("title", "\0", "title", "without NUL"),
        ("title", " \t", "title", "not empty"),
        ("files.0.source", "work.sh\0", "files[0].source", "without NUL"),
        ("files.0.source", "\0", "files[0].source", "without NUL"),
        ("claims.0.published", "a\0b", "claims[0].published", "no NUL"),
        ("ready.pattern", "ready(?!ing)", "ready.pattern", "no lookaround"),
        ("window.begin", r"(a)\1", "window.begin", "no lookaround, backreferences"),
        ("metrics.0.pattern", r"(\d{,3})", "metrics[0].pattern", "write {0,n}"),
        ("metrics.1.json", "jobs..lag", "metrics[1].json", "or a JSON Pointer"),
        ("metrics.1.json", "/jobs/~2", "metrics[1].json", "written ~0"),
        ("quick.parameters", {"threads": "1"}, "quick.parameters.threads", "should be a number"),
        ("parameters.threads", [], "parameters.threads", "at least one value"),
        ("parameters.threads", float("nan"), "parameters.threads", "finite"),
        ("quick.parameters", {"treads": 1}, "quick.parameters.treads", "did you mean 'threads'?"),
        ("settle_s", 31, "settle_s = 31.0", "less than timeout_s"),
        ("ready.pattern", "(", "ready.pattern = '('", "no regular expression"),
        ("ready.pattern", "x*", "ready.pattern = 'x*'", "matches every line"),
        ("window.seconds", "took", "window.seconds = 'took'", "exactly one (group)"),
        (
            "metrics.0.pattern",
            "(a)(b)",
            "metrics[0].pattern = '(a)(b)'",
            "exactly one (group) around the number, has 2",
        ),
        ("metrics.0.pattern", None, "metrics[0].pattern", "a pattern or a json path"),
        ("metrics.0.json", "a.b", "metrics[0].json", "not both"),
        ("metrics.0.better", "more", "metrics[0].better = 'more'", "'higher' or 'lower'"),
        ("metrics.0.name", "memory.mine", "metrics[0].name", "the harness's own"),
        ("metrics.0.name", "lag_ms", "metrics[1].name = 'lag_ms'", "is already metrics[0]"),
        ("files.0.mode", "rwx", "files[0].mode = 'rwx'", '"0755"'),
        ("files.0.path", "opt/work", "files[0].path = 'opt/work'", "absolute path"),
        ("files.0.path", "/opt/../etc/x", "files[0].path", "plain absolute path"),
        ("files.0.source", "work", "files[0].source = 'work'", "there is no file"),
        ("files.0.source", "../../etc/passwd", "files[0].source", "should be a file below"),
    ],
)
def test_an_error_names_file_key_value_and_what_is_right(
    tmp_path: Path, key: str, value: object, named: str, expected: str
) -> None:
    path = write(tmp_path, changed(key, value))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: {named}")
    assert expected in str(caught.value)


def test_a_list_of_parameters_may_mix_whole_and_broken_numbers(tmp_path: Path) -> None:
    table = changed("parameters.threads", [0, 0.037])
    table["quick"]["parameters"]["threads"] = 0.5
    assert load_scenario(write(tmp_path, table)).parameters == {"threads": (0, 0.037)}
    assert load_scenario(write(tmp_path, table), quick=True).parameters == {"threads": (0.5,)}


def test_a_brace_that_a_command_needs_has_an_escape(tmp_path: Path) -> None:
    table = changed("command", ["curl", "-w", "%{{time_total}} ${{threads}} {{}} {{.Name}}", "{threads}"])
    table["parameters"]["threads"] = ["%{{code}}", "[a-z]{3}"]
    table["quick"] = {}
    scenario = load_scenario(write(tmp_path, table))
    assert scenario.parameters["threads"] == ("%{code}", "[a-z]{3}")
    cell = Cell(scenario=scenario, parameters={"threads": "%{code}"}, isolation="bare")
    assert cell.command == ("curl", "-w", "%{time_total} ${threads} {{}} {{.Name}}", "%{code}")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_scenario(path).title == GOOD["title"]


def test_a_source_that_links_to_itself_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, changed("files.0.source", "loop"))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ScenarioError, match=r"files\[0\]\.source = 'loop': .*(lead back|levels|no file)"):
        load_scenario(path)


def test_scenario_files_that_are_links_to_themselves_or_pipes_are_told(tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("loop", "pipe"):
        with pytest.raises(ScenarioError, match=rf"{name}\.toml: cannot be read"):
            load_selected([name], tmp_path, quick=False)


def test_a_long_text_is_checked_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, changed("title", " " * 1_000_000 + "\0"))
    began = time.monotonic()
    with pytest.raises(ScenarioError, match="title"):
        load_scenario(path)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("word", ["a\x03b", "\x1b[A", "a\nb", "\x7f", "\x15"])
def test_a_client_s_words_hold_nothing_that_a_terminal_obeys(tmp_path: Path, word: str) -> None:
    served = {key: GOOD[key] for key in ("title", "question", "image", "envelope")}
    served["client"] = {"command": ["ask", word]}
    with pytest.raises(ScenarioError, match=r"client\.command\[1\] = .*control characters: it is sent"):
        load_scenario(write(tmp_path, served))
    served |= {"client": {"command": ["ask", "{what}\t{arm}"]}, "steps": {"what": ["x", word]}}
    served |= {"arms": [{"name": "plain"}, {"name": f"a{word}"}]}
    with pytest.raises(ScenarioError, match=r"steps\.what = .*control character: it is sent") as caught:
        load_scenario(write(tmp_path, served))
    assert "arms[1].name" in caught.value.__notes__[0]


def test_a_figure_may_be_below_zero_where_the_file_says_so(tmp_path: Path) -> None:
    table = changed("metrics.0.negative", True)
    table["metrics"][1]["least"] = -5
    rate, lag = load_scenario(write(tmp_path, table)).metrics
    assert (rate.negative, rate.least, lag.negative, lag.least) == (True, None, True, -5.0)
    rate, lag = load_scenario(write(tmp_path, GOOD)).metrics
    assert (rate.negative, rate.least, lag.negative, lag.least) == (False, 0.0, False, None)


def test_all_errors_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    table = changed("rounds", 0)
    table["titel"] = "x"
    with pytest.raises(ScenarioError, match="rounds = 0") as caught:
        load_scenario(write(tmp_path, table))
    (note,) = caught.value.__notes__
    assert "titel" in note


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b"title = 'a'\nrounds = = 3\n", "at line 2, column 10"),
        (b"title = 'a'\nfiles = [", "at line 2, column 10, the end of the file"),
        (b"title = '\xff'\n", "at line 1, column 10"),
        (b"a = " + b"[" * 5000, "nests its brackets too deep"),
    ],
)
def test_broken_toml_is_told_with_its_place(tmp_path: Path, raw: bytes, place: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert place in str(caught.value)


def test_a_file_that_is_not_there_or_badly_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match="small letters"):
        load_scenario(write(tmp_path, GOOD, name="Mine"))


_scalars = (
    st.none() | st.booleans() | st.integers() | st.integers(10**380, 10**400) | st.floats() | st.text(max_size=20)
)
_garbage = st.recursive(
    _scalars.filter(lambda value: value is not None),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = [
    *GOOD,
    *(f"{table}.{key}" for table in ("envelope", "ready", "window", "quick") for key in GOOD[table]),
    *("command.0", "parameters.threads", "files.0.path", "files.0.source", "files.0.mode", "quick.timeout_s"),
    *("metrics.0.name", "metrics.0.pattern", "metrics.1.json", "claims.0.says", "unknown"),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(_KEYS), value=_garbage)
def test_garbage_under_any_key_is_a_scenario_or_a_scenario_error(tmp_path: Path, key: str, value: object) -> None:
    path = write(tmp_path, changed(key, value))
    try:
        assert isinstance(load_scenario(path), Scenario)
    except ScenarioError as error:
        told = str(error)
        assert told.startswith(f"{path}: ")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60) | st.text(alphabet="a='\"[]{}.,\n0x#", max_size=60).map(str.encode))
def test_garbage_bytes_are_a_scenario_error(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "garbage.toml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError):
        load_scenario(path)


def test_values_too_large_or_too_deep_to_show_are_still_told(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    for line in ("rounds = 0x" + "f" * 5000, ".".join("a" * 5000) + " = 1"):
        path.write_text(line + "\n")
        with pytest.raises(ScenarioError, match=r"too large to show|required"):
            load_scenario(path)


def test_recipes(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, {"suite": "trixie", "packages": ["g++", "libc6-dev"], "disk_mib": 100}))
    assert (recipe.name, recipe.suite, recipe.packages) == ("mine", "trixie", ("g++", "libc6-dev"))
    assert recipe.disk_bytes == 100 << 20
    for table, message in (
        ({"suite": "trixie", "packages": ["Sys Bench"]}, r"packages\[0\] = 'Sys Bench': should be a Debian"),
        ({"suite": "trixie", "packages": ["fio", "fio"]}, r"packages\[1\] = 'fio': is already packages\[0\]"),
        ({"suit": "trixie"}, r"suit = .* did you mean 'suite'\?"),
    ):
        with pytest.raises(ScenarioError, match=message):
            load_recipe(write(tmp_path, table))


def test_every_stock_scenario_loads_with_its_recipe() -> None:
    for quick in (False, True):
        scenarios = load_selected([], None, quick=quick)
        assert [scenario.name for scenario in scenarios] == list(find_scenarios([stock_folder()]))
        assert set(load_recipes(scenarios, None)) == {scenario.image for scenario in scenarios}
    assert {"startup", "footprint", "cpu"} <= {scenario.name for scenario in scenarios}


def test_selection_by_name(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    chosen = load_selected(["mine", "cpu", "mine"], tmp_path, quick=True)
    assert [scenario.name for scenario in chosen] == ["mine", "cpu"]
    with pytest.raises(UnknownNameError, match="did you mean 'startup'"):
        load_selected(["startpu"], None, quick=False)
    with pytest.raises(InputError, match="is no folder"):
        load_selected([], tmp_path / "none", quick=False)


def test_a_name_borne_twice_names_both_files(tmp_path: Path) -> None:
    own = write(tmp_path, GOOD, name="cpu")
    with pytest.raises(InputError, match="two files bear the name") as caught:
        load_selected(["startup"], tmp_path, quick=False)
    assert str(own) in str(caught.value)
    assert str(stock_folder() / "cpu.toml") in str(caught.value)


def test_an_own_image_stands_beside_its_scenario(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    write(tmp_path / "images", {"suite": "trixie"}, name="own")
    write(tmp_path, changed("image", "own"))
    recipes = load_recipes(load_selected(["mine"], tmp_path, quick=False), tmp_path)
    assert recipes["own"].suite == "trixie"


def test_importing_the_door_does_not_import_pydantic() -> None:
    code = "import sys, bench.scenario; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

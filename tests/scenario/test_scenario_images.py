"""Somebody's own image through the door: in a recipe, in a scenario, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.errors import ScenarioError
from bench.model import ImageSource, Metric, Scenario
from bench.scenario import load_recipe, load_recipes, load_scenario, load_selected, own_scenario
from tests.scenario.test_scenario import as_toml

GOOD: dict[str, Any] = {
    "title": "Own",
    "question": "What?",
    "image": {"from": "redis:7"},
    "envelope": {"cpus": 1, "memory_mib": 128},
}


def write(folder: Path, table: dict[str, Any], name: str = "mine") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text("".join(f"{key} = {as_toml(value)}\n" for key, value in table.items()))
    return path


@pytest.mark.parametrize(
    "reference",
    ["redis", "redis:7", "localhost:5000/a/b:c", f"a@sha256:{'0' * 64}", "docker.io/library/x", "0a1b2c", "x.tar/y"],
)
def test_a_name_is_a_reference(tmp_path: Path, reference: str) -> None:
    assert load_recipe(write(tmp_path, {"from": reference})).source == ImageSource(reference=reference)


@pytest.mark.parametrize("written", ["saved.tar", "./saved.tar", "layout", "../here/Dockerfile"])
def test_what_is_there_is_a_path_seen_from_the_file(tmp_path: Path, written: str) -> None:
    here = tmp_path / "here"
    (here / "layout").mkdir(parents=True)
    for name in ("saved.tar", "Dockerfile"):
        (here / name).touch()
    recipe = load_recipe(write(here, {"from": written}))
    assert recipe.source == ImageSource(reference=written, path=here / written)
    assert (recipe.packages, recipe.disk_bytes) == ((), None)


@pytest.mark.parametrize(
    ("written", "path", "chosen"),
    [
        ("oci:layout", "layout", None),
        ("oci:layout:1.0", "layout", "1.0"),
        ("oci:with:colon:1.0", "with:colon", "1.0"),
        ("dir:layout", "layout", None),
        ("docker-archive:saved.tar:localhost:5000/a/b:c", "saved.tar", "localhost:5000/a/b:c"),
        ("oci-archive:./saved.tar:", "saved.tar", None),
    ],
)
def test_one_of_several_images_is_chosen_as_skopeo_writes_it(
    tmp_path: Path, written: str, path: str, chosen: str | None
) -> None:
    for name in ("layout", "with:colon"):
        (tmp_path / name).mkdir()
    (tmp_path / "saved.tar").touch()
    expected = ImageSource(reference=written, path=tmp_path / path, chosen=chosen)
    assert load_recipe(write(tmp_path, {"from": written})).source == expected


@pytest.mark.parametrize("written", ["docker://redis:7", "docker-daemon:redis:7", "redis:7"])
def test_a_name_may_say_where_it_is_known(tmp_path: Path, written: str) -> None:
    assert load_recipe(write(tmp_path, {"from": written})).source == ImageSource(reference="redis:7")


def test_an_image_may_be_called_like_a_form(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, {"from": "oci:1"})).source == ImageSource(reference="oci:1")


def test_a_recipe_may_say_how_large_the_disk_is(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, {"from": "redis:7", "disk_mib": 100})).disk_bytes == 100 << 20


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "suite = (missing): this key is required where there is no 'from'"),
        ({"from": "redis", "suite": "bookworm"}, "suite = 'bookworm': an image that is imported"),
        ({"from": "redis", "packages": ["fio"]}, "packages = ['fio']: an image that is imported"),
        ({"from": "saved.tar"}, "from = 'saved.tar': there is no "),
        ({"from": "./own"}, "from = './own': there is no "),
        ({"from": "oci:./own:1"}, "from = 'oci:./own:1': there is no "),
        ({"from": "docker-archive:saved.tar:own:1"}, "from = 'docker-archive:saved.tar:own:1': there is no "),
        ({"from": "/no/where"}, "from = '/no/where': there is no /no/where"),
        ({"from": "docker/Dockerfile"}, "from = 'docker/Dockerfile': there is no "),
        ({"from": "two words"}, "from = 'two words': should be a path, or an image's name, like 'redis:7'"),
        ({"from": "-rf"}, "from = '-rf': should be a path"),
        ({"from": ""}, "from = '': should be text that is not empty"),
        ({"from": "a\0b"}, "from = 'a\\x00b': should be text that is not empty, without NUL characters"),
        ({"from": "~nobody-is-called-so/x"}, "is no path: "),
        ({"form": "redis"}, "form = 'redis': no such key, did you mean 'from'?"),
    ],
)
def test_a_recipe_that_is_wrong(tmp_path: Path, table: dict[str, Any], said: str) -> None:
    path = write(tmp_path, table)
    with pytest.raises(ScenarioError) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_scenario_brings_its_image(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "other")
    scenarios = load_selected(["mine", "other"], tmp_path, quick=False)
    assert [scenario.command for scenario in scenarios] == [(), ()]
    recipes = load_recipes(scenarios, tmp_path)
    assert {name: recipe.source for name, recipe in recipes.items()} == {
        "from redis:7": ImageSource(reference="redis:7")
    }


def test_a_recipe_that_imports_makes_the_command_optional(tmp_path: Path) -> None:
    write(tmp_path / "images", {"from": "redis:7"}, "cache")
    scenario = load_scenario(write(tmp_path, {**GOOD, "image": "cache"}))
    assert (scenario.image, scenario.recipe, scenario.command) == ("cache", None, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "base"}, "command = (missing): this key is required where there is no [client]"),
        ({"image": "bse"}, "command = (missing)"),
        ({"image": {"form": "redis"}}, "image.form = 'redis': no such key, did you mean 'from'?"),
        ({"image": {}}, "image.from = (missing): this key is required"),
        ({"image": {"from": 7}}, "image.from = 7: should be a valid string"),
        ({"image": {"from": "./none"}}, "image.from = './none': there is no "),
        ({"image": 7}, "image = 7: should be a valid string"),
        ({"image": "Not A Name"}, "image = 'Not A Name': should be a name of small letters"),
        ({"provision": True}, "image = 'redis:7': making an image ready is asked of one that is made of packages"),
    ],
)
def test_a_scenario_that_is_wrong(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write(tmp_path, {**GOOD, **changes})
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert said in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


def own(**changes: Any) -> Scenario:
    options: dict[str, Any] = {"command": None, "ready": None, "metrics": (), "cpus": 1, "memory_mib": 512}
    image = changes.pop("image", "redis:7")
    return own_scenario(image, **{**options, "quick": False, "folder": Path.cwd(), **changes})


def test_options_make_a_scenario() -> None:
    scenario = own(
        command="redis-benchmark -t get 'two words'",
        ready="^go$",
        metrics=["rate=a = ([0-9.]+) per s 1/s higher", r"lag_ms=lag=(\d+) ms lower"],
        cpus=2,
        memory_mib=64,
    )
    assert (scenario.name, scenario.image, scenario.rounds) == ("own", "from redis:7", 5)
    assert scenario.command == ("redis-benchmark", "-t", "get", "two words")
    assert scenario.ready == "^go$"
    assert scenario.metrics == (
        Metric(name="rate", unit="1/s", better="higher", pattern="a = ([0-9.]+) per s", least=0.0),
        Metric(name="lag_ms", unit="ms", better="lower", pattern=r"lag=(\d+)"),
    )
    assert (scenario.envelope.cpus, scenario.envelope.memory_bytes, scenario.envelope.pids) == (2, 64 << 20, 4096)
    assert own(quick=True).rounds == 2
    assert own().command == ()
    assert own().version != scenario.version


def test_a_path_is_seen_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.tar").touch()
    monkeypatch.chdir(tmp_path)
    recipe = own(image="own.tar").recipe
    assert recipe is not None
    assert recipe.source == ImageSource(reference="own.tar", path=tmp_path / "own.tar")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "./none"}, "--image = './none': there is no "),
        ({"image": ""}, "--image = '': should be text that is not empty"),
        ({"command": "it's"}, '--command = "it\'s": cannot be split into words: No closing quotation'),
        ({"command": " "}, "--command = ' ': is empty; leave it out for what the image runs by itself"),
        ({"command": "run {this}"}, "--command = '{this}': no parameter is called 'this'"),
        ({"ready": "("}, "--ready = '(': is no regular expression"),
        ({"ready": ".*"}, "--ready = '.*': matches every line"),
        ({"metrics": ["rate"]}, "--metric = 'rate': should be NAME=REGEX UNIT higher or lower"),
        ({"metrics": ["rate=(.) up"]}, "--metric = 'rate=(.) up': should be NAME=REGEX UNIT"),
        ({"metrics": ["rate=(.) 1 up"]}, "--metric = 'up': better: should be 'higher' or 'lower'"),
        ({"metrics": ["rate=. 1 higher"]}, "--metric = '.': pattern: needs exactly one (group)"),
        ({"metrics": ["Rate=(.) 1 higher"]}, "--metric = 'Rate': name: should be a name of small letters"),
        ({"metrics": ["cpu.x=(.) 1 lower"]}, "--metric = 'cpu.x': name: names that start with 'cpu.'"),
        ({"metrics": ["a=(.) 1 lower", "a=(.) 1 lower"]}, "--metric = 'a': name: is already metrics[0]"),
        ({"cpus": 0}, "--cpus = 0: should be greater than or equal to 1"),
        ({"memory_mib": 1}, "--memory = 1: should be greater than or equal to 64"),
    ],
)
def test_an_option_that_is_wrong_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        own(**changes)
    assert str(caught.value).startswith(f"the command line: {said}")

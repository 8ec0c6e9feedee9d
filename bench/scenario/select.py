"""What a run asks for: scenarios by name, and the recipes of their images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.errors import InputError, UnknownNameError
from bench.model import Recipe, Scenario
from bench.scenario.find import find_recipes, find_scenarios, stock_folder
from bench.scenario.load import load_recipe, load_scenario


def load_selected(names: Sequence[str], extra_folder: Path | None, *, quick: bool) -> list[Scenario]:
    """Load the scenarios of these names, from the stock and from the user's own folder.

    Args:
        names: in the order wanted; none means all.
        extra_folder: the user's own scenarios, if any.
        quick: apply what each file's ``[quick]`` says.

    Raises:
        UnknownNameError: no scenario bears that name.
        InputError: two files bear the same name, or the folder is missing.
        ScenarioError: a selected file is wrong.

    """
    found = find_scenarios(_folders(extra_folder))
    for name in names:
        if name not in found:
            raise UnknownNameError("scenario", name, found)
    return [load_scenario(found[name], quick=quick) for name in dict.fromkeys(names or found)]


def load_recipes(scenarios: Iterable[Scenario], extra_folder: Path | None) -> dict[str, Recipe]:
    """Return the recipe of every image these scenarios run, by the image's name."""
    found = find_recipes(_folders(extra_folder))
    wanted = {scenario.image: scenario.recipe for scenario in scenarios}
    for name, brought in wanted.items():
        if brought is None and name not in found:
            raise UnknownNameError("image recipe", name, found)
    return {name: brought or load_recipe(found[name]) for name, brought in sorted(wanted.items())}


def _folders(extra_folder: Path | None) -> list[Path]:
    if extra_folder is None:
        return [stock_folder()]
    if not extra_folder.is_dir():
        raise InputError(f"{extra_folder} is no folder", remedy="Name the folder that holds your scenario files")
    return [stock_folder(), extra_folder]

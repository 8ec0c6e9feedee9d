"""Which scenarios and recipes there are, by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from bench.errors import InputError, ScenarioError, did_you_mean


def stock_folder() -> Path:
    """Return the folder of the scenarios that come with Isobench, in a checkout or in an installed wheel."""
    package = Path(__file__).parents[1]
    installed = package / "stock_scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def find_scenarios(folders: Iterable[Path]) -> dict[str, Path]:
    """Return every scenario file of the folders, by name, sorted.

    Raises InputError when two files bear the same name.
    """
    return dict(sorted(_named(folders, "scenario").items()))


def find_recipes(folders: Iterable[Path]) -> dict[str, Path]:
    """Return every image recipe in ``images/`` of the folders, as ``find_scenarios`` does."""
    return dict(sorted(_named((folder / "images" for folder in folders), "image recipe").items()))


def find_recipe(image: str, scenario_path: Path) -> Path:
    """Return the recipe file that a scenario file names: beside it in ``images/``, or from the stock.

    Raises ScenarioError when there is none, InputError when both places have one.
    """
    found = find_recipes((scenario_path.parent, stock_folder()))
    if image in found:
        return found[image]
    hint = did_you_mean(image, found) or f"; known: {', '.join(sorted(found)) or 'none'}"
    raise ScenarioError(scenario_path, "image", image, f"there is no recipe images/{image}.toml{hint}")


def _named(folders: Iterable[Path], kind: str) -> dict[str, Path]:
    """Return the folders' TOML files by name; the same name in two places is an error that names both."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            other = found.setdefault(path.stem, path)
            if os.path.realpath(other) != os.path.realpath(path):  # which a link to itself does not stop
                raise InputError(
                    f"two files bear the name of the {kind} {path.stem!r}: {other} and {path}",
                    remedy="Rename one of them; a result must say without doubt what was run",
                )
    return found

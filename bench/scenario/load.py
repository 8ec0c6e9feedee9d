"""One file to one record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import InputError, ScenarioError
from bench.model import ImageFile, Recipe, Scenario, short_digest
from bench.scenario.find import find_recipe
from bench.scenario.image_source import BOOT_SUITE, image_source, imported

if TYPE_CHECKING:
    from bench.scenario.schema import FileTable

_MIB = 1 << 20
_DISK_MIB = 1024


def load_scenario(path: Path, *, quick: bool = False) -> Scenario:
    """Read a scenario file.

    Args:
        path: the ``.toml`` file; its name without the ending is the scenario's name.
        quick: apply what ``[quick]`` says.

    Raises:
        ScenarioError: the file is wrong. The first problem is the error, further ones are its notes.

    """
    # Imported here: nobody who only asks for help should wait for pydantic.
    from bench.scenario.document import read_scenario_file  # noqa: PLC0415
    from bench.scenario.records import scenario_record  # noqa: PLC0415

    name = _name(path)
    file, raw = read_scenario_file(path, lambda image: _imports(path, image))
    files = _files(path, file.files)
    version = short_digest(raw, *(item.content for item in files))
    if isinstance(file.image, str):
        find_recipe(file.image, path)
        return scenario_record(name, version, file, files, file.image, quick=quick)
    source = image_source(file.image.source, path.parent, where=path, key="image.from")
    return scenario_record(name, version, file, files, imported(source), quick=quick)


def load_recipe(path: Path) -> Recipe:
    """Read an image recipe; raises ScenarioError as ``load_scenario`` does."""
    from bench.scenario.document import read_recipe_file  # noqa: PLC0415 - as above

    name = _name(path)
    file = read_recipe_file(path)
    source = None if file.source is None else image_source(file.source, path.parent, where=path, key="from")
    usual_mib = _DISK_MIB if source is None else None
    disk_mib = file.disk_mib or usual_mib
    return Recipe(
        name=name,
        suite=file.suite or BOOT_SUITE,
        packages=tuple(file.packages),
        files=_files(path, file.files),
        disk_bytes=disk_mib * _MIB if disk_mib else None,
        source=source,
    )


def _imports(path: Path, image: str) -> bool:
    """Whether the recipe of that name imports its image; a recipe that is missing or wrong is said elsewhere."""
    try:
        return load_recipe(find_recipe(image, path)).source is not None
    except InputError:
        return False


def _name(path: Path) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*\.toml", path.name):
        raise ScenarioError(path, "", None, "the file's name should be small letters, digits, '-', '_' and .toml")
    return path.stem


def _files(path: Path, tables: Sequence[FileTable]) -> tuple[ImageFile, ...]:
    return tuple(
        ImageFile(
            path=table.path,
            mode=int(table.mode, 8),
            content=_brought(path, f"files[{number}].source", table.source),
        )
        for number, table in enumerate(tables)
    )


def _brought(path: Path, key: str, source: str) -> bytes:
    """Read a file that a scenario or recipe brings; it stands in the same folder or below it."""
    folder = path.parent.resolve()
    try:
        wanted = (folder / source).resolve()
        if not wanted.is_relative_to(folder):
            raise ScenarioError(path, key, source, f"should be a file below {folder}")
        if not wanted.is_file():
            raise ScenarioError(path, key, source, f"there is no file {wanted}")
        return wanted.read_bytes()
    except RuntimeError as error:  # before Python 3.13
        raise ScenarioError(path, key, source, "cannot be read: its links lead back to themselves") from error
    except OSError as error:
        raise ScenarioError(path, key, source, f"cannot be read: {error.strerror or error}") from error

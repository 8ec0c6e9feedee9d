"""The images of a run: every scenario's, or why it cannot be had while the other scenarios go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench import images
from bench.errors import ImageError, InputError
from bench.model import Image, Kind, Measurement, Outcome, Recipe, Scenario, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Images by scenario, and the errors of those that could not be built."""

    images: Mapping[str, Image]
    errors: Mapping[str, ImageError]

    def missing(self, trial: Trial) -> Measurement | None:
        """Return what is kept of a trial whose image could not be built; None: it can be measured."""
        error = self.errors.get(trial.cell.scenario.name)
        if error is None:
            return None
        outcome = Outcome(kind=Kind.FAILED, reason=str(error))
        return Measurement(trial=trial, outcome=outcome, emulated=False, samples=(), seen={}, tail=())

    def command(self, scenario: Scenario) -> tuple[str, ...]:
        """Return what really runs for a scenario: what its image makes of the scenario's command."""
        image = self.images.get(scenario.name)
        return image.words(scenario.command) if image else scenario.command


def build_images(scenarios: Sequence[Scenario], recipes: Mapping[str, Recipe], say: Callable[[str], None]) -> Built:
    """Build every scenario's image; equal recipes and files give the same image.

    Raises ImageError when there is none at all, InputError where neither a scenario nor its image says what to run.
    """
    built: dict[str, Image] = {}
    errors: dict[str, ImageError] = {}
    for scenario in scenarios:
        try:
            built[scenario.name] = _one(scenario, recipes[scenario.image], say)
        except ImageError as error:
            errors[scenario.name] = error
            if len(errors) == len(scenarios):
                raise
            say(f"scenario {scenario.name!r} cannot be run: {error}")
        else:
            _require_command(scenario, built[scenario.name])
    return Built(images=built, errors=errors)


def _one(scenario: Scenario, recipe: Recipe, say: Callable[[str], None]) -> Image:
    image = images.build(recipe, scenario.files, say=say)
    if recipe.source is not None and scenario.storage is not None:
        images.require_real_folder(image, scenario.storage.path)
    return image


def _require_command(scenario: Scenario, image: Image) -> None:
    if not (scenario.stays or scenario.provision or image.words(scenario.command)):
        raise InputError(
            f"scenario {scenario.name!r} has no command, and its image {scenario.image!r} runs nothing by itself",
            remedy="Give a command",
        )

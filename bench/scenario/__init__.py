"""The door: scenario and recipe files in, checked records out.

::

    find          which files there are, by name
    document      a file's TOML against ``schema`` and ``values``, then ``checks``; what is wrong as ``problems``
    load          one file to one record
    image_source  an image that is taken from somebody
    adhoc         a scenario from the command line, through the same checks
    select        what a run asks for
"""

from bench.scenario.adhoc import own_scenario
from bench.scenario.find import find_scenarios, stock_folder
from bench.scenario.load import load_recipe, load_scenario
from bench.scenario.select import load_recipes, load_selected

__all__ = [
    "find_scenarios",
    "load_recipe",
    "load_recipes",
    "load_scenario",
    "load_selected",
    "own_scenario",
    "stock_folder",
]

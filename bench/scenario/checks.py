"""What only several keys of a scenario file together can tell: placeholders, names given twice, times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from bench.errors import did_you_mean
from bench.model import PLACEHOLDER, Scalar
from bench.model.scenario import ANTAGONIST, NOBODY, OTHER_CPU, PLACE, SAME_CPU
from bench.scenario.problems import MISSING, Problem
from bench.scenario.schema import RecipeFile, ScenarioFile
from bench.scenario.values import CONTROL, RESERVED_PREFIXES, SENT, kind


def scenario_problems(file: ScenarioFile, imports: Callable[[str], bool]) -> Iterator[Problem]:
    """Yield everything that is wrong between the keys of a scenario file.

    ``imports`` tells whether the recipe of a name imports its image: such an image may know by itself what to run.
    """
    yield from _commands(file, imports)
    yield from _placeholders(file)
    yield from _arms(file)
    yield from _metrics(file)
    yield from _rungs(file)
    yield from _neighbour(file)
    yield from _claims(file)
    yield from _untimed(file)
    yield from _quick(file)
    yield from _times(file)
    yield from _twice("files", "path", [item.path for item in file.files])


def recipe_problems(file: RecipeFile) -> Iterator[Problem]:
    """Yield everything that is wrong between the keys of a recipe file."""
    if file.source is None and file.suite is None:
        yield Problem("suite", MISSING, "this key is required where there is no 'from'")
    if file.source is not None:
        for key, given in (("suite", file.suite), ("packages", file.packages)):
            if given:
                yield Problem(key, given, "an image that is imported ('from') is not made of packages")
    yield from _twice("packages", "", file.packages)
    yield from _twice("files", "path", [item.path for item in file.files])


def _commands(file: ScenarioFile, imports: Callable[[str], bool]) -> Iterator[Problem]:
    """What runs, and what is missing for it to run."""
    many = [name for name in ("density", "burst", "rate", "entering") if getattr(file, name)]
    empty = not file.command and file.client is None and not many and not file.provision
    if empty and not _imported(file, imports):
        yield Problem("command", MISSING, "this key is required where there is no [client]")
    if file.provision and _imported(file, imports):
        shown = file.image if isinstance(file.image, str) else file.image.source
        yield Problem("image", shown, "making an image ready is asked of one that is made of packages")
    if file.client is None:
        for key, given in (("setup", file.setup and file.setup.commands), ("steps", list(file.steps))):
            if given:
                yield Problem(key, given, "needs a [client] that it belongs to")
    if file.surface and (
        file.client is None or file.client.where != "inside" or "calls" not in file.steps.get("workload", ())
    ):
        yield Problem("surface", True, "needs a [client] inside with [steps] workload, 'calls' among them: it asks")
    if many and (file.client or file.envelope.network != "none"):
        yield Problem(many[0], MISSING, "idle instances have neither a [client] nor a network")
    if len(many) > 1:
        yield Problem(many[1], MISSING, f"instances come in one way, and there is [{many[0]}] already")
    if file.burst and sorted(set(file.burst.at_once)) != file.burst.at_once:
        yield Problem("burst.at_once", file.burst.at_once, "should grow: each burst is larger than the one before")
    if file.client and file.client.where == "host" and file.envelope.network == "none" and not file.arms:
        yield Problem("client.where", "host", "a client on the host needs envelope.network 'host' or 'published'")
    if file.restore is not None and (file.client or file.envelope.network != "none"):
        yield Problem("restore", MISSING, "the service is asked inside: it has neither a [client] nor a network")
    if file.storage is None and any(arm.storage for arm in file.arms):
        yield Problem("storage", MISSING, "arms name a storage; say where it is: [storage] with a path")


def _imported(file: ScenarioFile, imports: Callable[[str], bool]) -> bool:
    return imports(file.image) if isinstance(file.image, str) else True


def _arms(file: ScenarioFile) -> Iterator[Problem]:
    yield from _twice("arms", "name", [arm.name for arm in file.arms])
    for name in ("arm",):
        if name in file.parameters or name in file.steps:
            yield Problem(f"parameters.{name}", name, "is the name under which [[arms]] appear; choose another")
    for name in file.steps:
        if name in file.parameters:
            yield Problem(f"steps.{name}", list(file.steps[name]), "is already a parameter")
    for number, arm in enumerate(file.arms):
        network = arm.network or file.envelope.network
        if file.client and (arm.client or file.client.where) == "host" and network == "none":
            yield Problem(f"arms[{number}].network", network, "a client on the host needs 'host' or 'published'")
    known = [arm.name for arm in file.arms]
    for number, name in enumerate(file.quick.arms or ()):
        if name not in known:
            hint = did_you_mean(name, known) or f"; known: {', '.join(known) or 'none'}"
            yield Problem(f"quick.arms[{number}]", name, f"no arm is called so{hint}")


def _placeholders(file: ScenarioFile) -> Iterator[Problem]:
    """Every placeholder has a value, and every parameter a place."""
    used: set[str] = set()
    sent: set[str] = set()
    known = {**file.parameters, **dict.fromkeys(("port", "bind", "storage", "arm"), ())}
    yield from _filled("command", file.command, known, used)
    if file.client is not None:
        known |= {**file.steps, "address": ()}
        yield from _filled("client.command", file.client.command, known, sent)
        for number, command in enumerate(file.setup.commands if file.setup else ()):
            yield from _filled(f"setup.commands[{number}]", command, known, sent)
        yield from _unsendable(file, sent)
    if file.neighbour is not None:
        own = {**file.parameters, "storage": (), "pids": ()}
        yield from _filled("neighbour.command", file.neighbour.command, own, used)
    if file.restore is not None:
        yield from _filled("restore.ask", file.restore.ask, known | {"requests": ()}, sent)
        yield from _filled("restore.hold", file.restore.hold, known | {"when": ()}, sent)
    used |= sent
    for key, parameters in (("parameters", file.parameters), ("steps", file.steps)):
        for name in parameters:
            if name not in used and not (file.provision or file.restore or (file.neighbour and name == PLACE)):
                yield Problem(f"{key}.{name}", list(parameters[name]), f"no word of command uses {{{name}}}")


def _filled(
    key: str, command: Sequence[str], known: Mapping[str, tuple[Scalar, ...]], used: set[str]
) -> Iterator[Problem]:
    for number, word in enumerate(command):
        for found in PLACEHOLDER.finditer(word):
            name, dollar = found[2], word[: found.start()].endswith("$")
            if name is None:  # {{name}}
                continue
            if not dollar and name not in known:
                hint = did_you_mean(name, known) or f", known: {', '.join(sorted(known))}"
                shell = f"; write {{{{{name}}}}} for the text, {{ {name} }} with blanks for the shell's own braces"
                yield Problem(f"{key}[{number}]", word, f"no parameter is called {name!r}{hint}{shell}")
            elif dollar and name in known:
                yield Problem(
                    f"{key}[{number}]",
                    word,
                    f"'${{{name}}}' reads as the shell's variable and as the parameter {name!r}: "
                    f"write {{{name}}} for the parameter, or name the variable differently",
                )
            used.add(name)


def _unsendable(file: ScenarioFile, names: Collection[str]) -> Iterator[Problem]:
    """Values that a client's command brings into a line that is sent."""
    arms = [(f"arms[{number}].name", (arm.name,)) for number, arm in enumerate(file.arms) if "arm" in names]
    tables = [("parameters", file.parameters), ("steps", file.steps)]
    tables += [("quick.parameters", file.quick.parameters), ("quick.steps", file.quick.steps)]
    given = [(f"{key}.{name}", values) for key, table in tables for name, values in table.items() if name in names]
    for key, values in (*given, *arms):
        for value in values:
            if isinstance(value, str) and CONTROL.search(value):
                yield Problem(key, value, f"should hold no control character: {SENT}")


def _metrics(file: ScenarioFile) -> Iterator[Problem]:
    for number, metric in enumerate(file.metrics):
        if metric.pattern is None and metric.json_path is None:
            yield Problem(f"metrics[{number}].pattern", MISSING, "a metric needs a pattern or a json path")
        if metric.pattern is not None and metric.json_path is not None:
            yield Problem(
                f"metrics[{number}].json", metric.json_path, "a metric has a pattern or a json path, not both"
            )
    yield from _twice("metrics", "name", [metric.name for metric in file.metrics])


def _rungs(file: ScenarioFile) -> Iterator[Problem]:
    """Each rung stands on one that is named before it, so that a ladder has no circles."""
    names = [rung.isolation for rung in file.rungs]
    yield from _twice("rungs", "isolation", names)
    for number, rung in enumerate(file.rungs):
        if rung.over is not None and rung.over not in names[:number]:
            hint = did_you_mean(rung.over, names[:number]) or f"; known: {', '.join(names[:number]) or 'none'}"
            yield Problem(f"rungs[{number}].over", rung.over, f"no rung before this one is called so{hint}")
    if file.rungs and (file.parameters or file.arms or file.client):
        yield Problem("rungs", MISSING, "a ladder has one setting: no [parameters], [[arms]] or [client]")


def _neighbour(file: ScenarioFile) -> Iterator[Problem]:
    """A neighbour is asked for by parameters of the harness's own names."""
    antagonists, places = file.parameters.get(ANTAGONIST), file.parameters.get(PLACE, (SAME_CPU,))
    if file.neighbour is None:
        return
    if antagonists is None or NOBODY not in antagonists:
        given = MISSING if antagonists is None else list(antagonists)
        yield Problem(f"parameters.{ANTAGONIST}", given, f"[neighbour] needs it, with {NOBODY!r} among its values")
    for place in places:
        if place not in (SAME_CPU, OTHER_CPU):
            yield Problem(f"parameters.{PLACE}", place, f"is neither {SAME_CPU!r} nor {OTHER_CPU!r}")
    if file.client is None or file.client.where != "inside" or file.envelope.network != "none":
        yield Problem("neighbour", MISSING, "stands beside a [client] that runs inside, with envelope.network 'none'")


def _claims(file: ScenarioFile) -> Iterator[Problem]:
    for number, claim in enumerate(file.claims):
        key = f"claims[{number}]"
        if claim.metric is None:
            if not claim.untested:
                yield Problem(f"{key}.untested", MISSING, "a claim without a metric says why it is not tested")
            continue
        if claim.of is None:
            yield Problem(f"{key}.of", MISSING, "a claim with a metric names the isolation it speaks of")
        if claim.margin is not None and (claim.at_least is not None or claim.at_most is not None):
            yield Problem(f"{key}.margin", claim.margin, "a margin stands instead of at_least and at_most")
        if claim.margin is not None and claim.against is None:
            yield Problem(f"{key}.against", MISSING, "a margin needs an isolation to be equivalent to")
        if claim.margin is None and claim.at_least is None and claim.at_most is None:
            yield Problem(f"{key}.at_least", MISSING, "say what the claim expects: at_least, at_most or margin")
        if claim.at_least is not None and claim.at_most is not None and claim.at_least > claim.at_most:
            yield Problem(f"{key}.at_least", claim.at_least, f"should not be above at_most ({claim.at_most:g})")
        own = {metric.name for metric in file.metrics}
        if claim.metric not in own and not claim.metric.startswith((*RESERVED_PREFIXES, *(f"{name}." for name in own))):
            hint = did_you_mean(claim.metric, own) or f"; known: {', '.join(sorted(own)) or 'none'}"
            yield Problem(f"{key}.metric", claim.metric, f"no metric is called so{hint}")
        for name, values in claim.where.items():
            yield from _where(f"{key}.where.{name}", name, values, file)
        for name, value in claim.against_where.items():
            yield from _where(f"{key}.against_where.{name}", name, (value,), file)


def _where(key: str, name: str, values: tuple[Scalar, ...], file: ScenarioFile) -> Iterator[Problem]:
    known: dict[str, tuple[Scalar, ...]] = {**file.parameters, **file.steps}
    if file.burst:
        known["at_once"] = tuple(file.burst.at_once)
    if file.arms:
        known["arm"] = tuple(arm.name for arm in file.arms)
    yield from _among(key, name, values, known, "parameter, step or arm")


def _untimed(file: ScenarioFile) -> Iterator[Problem]:
    known = {name: tuple(values) for name, values in file.parameters.items()}
    for name, values in file.untimed.items():
        yield from _among(f"untimed.{name}", name, tuple(values), known, "parameter")


def _among(
    key: str, name: str, values: tuple[Scalar, ...], known: Mapping[str, tuple[Scalar, ...]], kind: str
) -> Iterator[Problem]:
    if name not in known:
        hint = did_you_mean(name, known) or f"; known: {', '.join(sorted(known)) or 'none'}"
        yield Problem(key, list(values), f"no {kind} is called so{hint}")
        return
    for value in values:
        if value not in known[name]:
            yield Problem(key, value, f"is none of its values: {', '.join(map(str, known[name]))}")


def _quick(file: ScenarioFile) -> Iterator[Problem]:
    for key, quick, full in (
        ("parameters", file.quick.parameters, file.parameters),
        ("steps", file.quick.steps, file.steps),
    ):
        for name, values in quick.items():
            if name not in full:
                known = f"; known: {', '.join(sorted(full)) or 'none'}"
                hint = did_you_mean(name, full) or known
                yield Problem(f"quick.{key}.{name}", list(values), f"no such parameter{hint}")
            elif kind(values[0]) is not kind(full[name][0]):
                wanted = {str: "text", bool: "true or false", float: "a number"}[kind(full[name][0])]
                yield Problem(f"quick.{key}.{name}", list(values), f"should be {wanted}, as in [{key}]")
    if file.quick.most is not None and not (file.density or file.burst or file.rate):
        yield Problem("quick.most", file.quick.most, "there is no [density], [burst] or [rate] that it could change")
    if file.quick.most == 1 and file.burst is None:
        yield Problem("quick.most", 1, "should be at least 2: one alone stands beside no other")
    if file.quick.most is not None and file.burst is not None and file.quick.most < file.burst.at_once[0]:
        yield Problem("quick.most", file.quick.most, f"leaves no burst: the smallest is {file.burst.at_once[0]}")
    for key, changed, own in (
        ("settle_s", file.quick.settle_s, file.settle_s),
        ("idle_s", file.quick.idle_s, file.idle_s),
    ):
        if changed is not None and own is None:
            yield Problem(f"quick.{key}", changed, f"there is no {key} that it could change")


def _times(file: ScenarioFile) -> Iterator[Problem]:
    for key, settle_s, timeout_s in (
        ("settle_s", file.settle_s, file.timeout_s),
        ("quick.settle_s", file.quick.settle_s or file.settle_s, file.quick.timeout_s or file.timeout_s),
    ):
        if settle_s is not None and settle_s >= timeout_s:
            yield Problem(key, settle_s, f"should be less than timeout_s ({timeout_s:g}), or it is never read")
            return


def _twice(key: str, of: str, names: Sequence[str]) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name in names[:number]:
            place = f"{key}[{number}]" + (f".{of}" if of else "")
            yield Problem(place, name, f"is already {key}[{names.index(name)}]")

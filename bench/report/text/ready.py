"""What "ready" means in a scenario, for the title of its start-up."""

from __future__ import annotations

from bench.store.manifest import Manifest, RunScenario


def title(manifest: Manifest, scenario: RunScenario | None) -> str:
    """Return the title of start-up figures: from the request to what."""
    meaning = _meaning(scenario) if scenario and manifest.schema_version > 1 else ""
    return f"Start-up, request to ready{f': {meaning}' if meaning else ''}"


def _meaning(scenario: RunScenario) -> str:
    """Return what the ready mark stands for; a service without a network cannot be asked and is read instead."""
    line = f"its console says “{scenario.ready}”" if scenario.ready else "its entry's first line"
    if not scenario.answer:
        return line
    networks = {arm.network or scenario.envelope.network for arm in scenario.arms} or {scenario.envelope.network}
    if networks == {"none"}:
        return line
    return f"first answer, {scenario.answer}" + (f" (without a network: {line})" if "none" in networks else "")

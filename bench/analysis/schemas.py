"""Every public table's columns, in order: dtype, unit and meaning. Documents and dtypes are made from these."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bench.store.table import AS_UNIT, SAMPLE_COLUMNS, Column, count, flag, number, text

_CELL = (
    text("scenario", "name"),
    text("parameters", "canonical JSON"),
    text("isolation", "name"),
    flag("emulated", "emulated, not hardware virtualization"),
)

FIGURE_COLUMNS = (
    *_CELL,
    text("metric", "name; missing where no trial ended ok"),
    text("vantage", "who saw it"),
    text("unit", "of the figures"),
    text("better", "`higher` or `lower`"),
)
"""Which figure a row is of."""

SUMMARY_COLUMNS = (
    *FIGURE_COLUMNS,
    count("n", "rounds with an instance behind the figure"),
    number("median", AS_UNIT, "over instances"),
    number("low", AS_UNIT, "lower end of the median's interval of order statistics"),
    number("high", AS_UNIT, "upper end"),
    number("confidence", "1", "of the intervals"),
    number("ratio", "1", "of geometric means, to bare's of the same scenario, parameters, metric and vantage"),
    number("ratio_low", "1", "lower end of its interval, a bootstrap by round"),
    number("ratio_high", "1", "upper end"),
    number(
        "p",
        "1",
        "of a ratio of 1, paired by round, corrected by Holm over all headline figures, or else over cells",
    ),
    flag("equivalent", "whether a test says that the ratio lies within 3 % of 1, corrected likewise"),
    number("detectable", "1", "smallest change that this comparison would have seen with a power of 80 %"),
    Column(name="rank", dtype="Int64", unit="", meaning="among the isolations, 1 the best, for headline figures"),
    text("warmup", "how the speed went behind what a workload reports: `flat`, `warming`, `slowing`, `unsteady`"),
    count("spoiled", "trials left out since the host disturbed them"),
    count("failed", "trials left out since they ended badly"),
    count("did_not_return", "trials left out since they were waited for in vain"),
    count("unsupported", "trials never begun, since the isolation is not ready"),
    number("p95", AS_UNIT, "95th percentile over instances; missing where they are too few for its interval"),
    number("p95_low", AS_UNIT, "lower end of its interval of order statistics"),
    number("p95_high", AS_UNIT, "upper end"),
    number("p99", AS_UNIT, "99th percentile, likewise"),
    number("p99_low", AS_UNIT, "lower end"),
    number("p99_high", AS_UNIT, "upper end"),
    number("success", "1", "share of the trials that were begun and ended well, spoiled ones among them"),
    number("success_low", "1", "lower end of its interval, Wilson's"),
    number("success_high", "1", "upper end"),
)
"""One row per scenario, parameters, isolation, metric and vantage."""

GLANCE_COLUMNS = (
    text("isolation", "name; from a process to a machine"),
    flag("emulated", "emulated, not hardware virtualization"),
    text("question", "the column of the glance: `start-up`, `idle memory`, or what a group of scenarios asks"),
    text("scenario", "whose figure is shown"),
    text("parameters", "canonical JSON: its setting; missing where no trial was run"),
    text("metric", "name"),
    text("vantage", "who saw it"),
    text("unit", "of the figures; missing for none"),
    text("better", "`higher` or `lower`; missing for no figure"),
    count("n", "rounds behind it"),
    number("median", AS_UNIT, "over instances"),
    number("low", AS_UNIT, "lower end of its interval"),
    number("high", AS_UNIT, "upper end"),
    number("ratio", "1", "to bare's"),
    number("ratio_low", "1", "lower end of its interval"),
    number("ratio_high", "1", "upper end"),
    text(
        "mark",
        "`better`, `same`, `worse`, `unsure`, `not measured`, `failed` or `spoiled`; missing for bare's own figures",
    ),
    text("reason", "why there is no figure, or nothing sure to be said; empty for none"),
    count("others_better", "further figures of the question in which the isolation is better than bare"),
    count("others_same", "in which it is the same"),
    count("others_worse", "in which it is worse"),
    count("others_unsure", "in which that is not known"),
)
"""One row per isolation and question."""

VERDICT_COLUMNS = (
    text("scenario", "name"),
    count("claim", "its number in the scenario"),
    text("says", "the claim, as the scenario has it"),
    text("source", "who says it"),
    text("provenance", "where the published figure was read"),
    text("published", "that figure"),
    text("metric", "what is judged"),
    text("vantage", "who saw it"),
    text("of", "the isolation spoken of"),
    text("against", "the one it is held against; missing: the value itself is judged"),
    number("at_least", AS_UNIT, "least that supports it"),
    number("at_most", AS_UNIT, "most that supports it"),
    text("parameters", "canonical JSON: the setting judged"),
    flag("emulated", "whether either isolation was"),
    count("n", "rounds behind it"),
    number("figure", AS_UNIT, "the ratio, or the median where there is no baseline"),
    number("low", AS_UNIT, "lower end of its interval"),
    number("high", AS_UNIT, "upper end"),
    text("unit", "`1` for a ratio"),
    number("confidence", "1", "0.90 between two bounds, else 0.95; less where few rounds cannot cover as much"),
    text("verdict", "`supported`, `refuted`, `undecided`, `not testable here`"),
    text("reason", "why"),
    Column(name="rounds_needed", dtype="Int64", unit="", meaning="an estimate, missing where there is none"),
    text("claim_verdict", "on the claim as a whole"),
    text("claim_reason", "why"),
)
"""One row per claim and setting it speaks of; one, without parameters, for a claim that cannot be tested here."""

DISTURBANCE_COLUMNS = (
    *_CELL,
    count("round", "from 1"),
    count("trial", "from 1"),
    text("outcome", "how the trial ended"),
    text("sentinel", "what was watched"),
    number("value", AS_UNIT, "what was read"),
    text("unit", "a share `1`, `B`, `s`, or how many `times`"),
    number("limit", AS_UNIT, "above which it spoils a trial; missing for none"),
    flag("judged", "whether it is held against the limit: shares of trials of up to 1 s are not"),
    flag("over", "whether it spoils"),
)
"""One row per trial and sentinel; what was not watched has no row."""

CALIBRATION_COLUMNS = (
    text("truth", "what was injected"),
    text("view", "from what it was recovered"),
    text("isolation", "name"),
    flag("emulated", "emulated, not hardware virtualization"),
    flag("machine", "whether it has a kernel of its own, and so a goal of its own"),
    number("injected", AS_UNIT, "how much"),
    text("unit", "`s`, `B`, `1/s`, or a share `1`"),
    count("n", "rounds that had both trials, with and without"),
    number("bias", AS_UNIT, "median of what was recovered less what was injected"),
    number("low", AS_UNIT, "lower end of its interval; missing below three rounds"),
    number("high", AS_UNIT, "upper end"),
    number("spread", AS_UNIT, "distance of the quartiles of the same"),
    number("goal", AS_UNIT, "largest bias allowed"),
    text("verdict", "`met`: the median is within the goal; `missed`: the whole interval is outside; else `undecided`"),
)
"""One row per truth, view, isolation and amount."""

CHANGE_COLUMNS = (
    *FIGURE_COLUMNS,
    count("n_before", "rounds of the first run"),
    count("n_after", "rounds of the second"),
    number("before", AS_UNIT, "median of the first run"),
    number("after", AS_UNIT, "median of the second"),
    number("ratio", "1", "of geometric means, after over before"),
    number("low", "1", "lower end of its interval"),
    number("high", "1", "upper end"),
    number("p", "1", "of no change, corrected by Holm over all figures"),
    number("p_alike", "1", "of a change that matters, corrected likewise"),
    number("detectable", "1", "smallest change that would have been seen"),
    text("test", "`permutation`, `welch`, or empty"),
    text("change", "`worse`, `better`, `no relevant change`, `undecided`"),
    text("note", "why it could not be tested"),
)
"""One row per figure that both runs have."""

HISTORY_COLUMNS = (
    *FIGURE_COLUMNS,
    text("run", "the run's id; of another tool's file its name"),
    text("began", "when the run began, ISO 8601 with offset"),
    count("n", "rounds behind the figure"),
    number("median", AS_UNIT, "over instances"),
    number("level", AS_UNIT, "median of the medians between two shifts; missing where no shifts are looked for"),
    text("shift", "`worse` or `better` at the first run after a shift; else empty"),
    number("ratio", "1", "of that shift, the level over the one before; else missing"),
)
"""One row per figure and run, in the order of the runs' dates."""

RECOMMENDATION_COLUMNS = (
    text("isolation", "name"),
    flag("emulated", "emulated, not hardware virtualization"),
    count("place", "from 1, by the weights"),
    number("probability", "1", "of that place, over the resamples"),
    number("first", "1", "of the first place"),
    number("times", "1", "the weighted geometric mean of its figures, over the first's"),
    number("times_low", "1", "lower end of its interval, a bootstrap by round"),
    number("times_high", "1", "upper end"),
)
"""One row per isolation, the best first."""

PARETO_COLUMNS = (
    text("cost", "the criterion: `start`, `memory`, or a scenario"),
    text("isolation", "name"),
    flag("emulated", "emulated, not hardware virtualization"),
    text("cost_metric", "the figure that it costs"),
    text("cost_unit", "its unit"),
    text("cost_better", "`higher` or `lower`"),
    number("cost_median", AS_UNIT, "over instances"),
    number("cost_low", AS_UNIT, "lower end of its interval"),
    number("cost_high", AS_UNIT, "upper end"),
    text("surface_metric", "what of the host is reached"),
    number("surface_median", "1", "over instances"),
    number("surface_low", "1", "lower end of its interval"),
    number("surface_high", "1", "upper end"),
    flag("front", "on the front: nobody costs as little and reaches as little"),
    number("front_probability", "1", "of being on the front, over the resamples"),
    text("dominated_by", "who is better than it in both, by the figures the most surely; missing for none"),
    number("dominated_probability", "1", "of that, over the resamples"),
)
"""One row per cost and isolation."""

schemas: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "samples": SAMPLE_COLUMNS,
        "summary": SUMMARY_COLUMNS,
        "glance": GLANCE_COLUMNS,
        "verdicts": VERDICT_COLUMNS,
        "disturbances": DISTURBANCE_COLUMNS,
        "calibration": CALIBRATION_COLUMNS,
        "changes": CHANGE_COLUMNS,
        "history": HISTORY_COLUMNS,
        "recommendation": RECOMMENDATION_COLUMNS,
        "pareto": PARETO_COLUMNS,
    }
)
"""The tables of functions of these names: ``bench.glance`` and the like; but samples are of ``load``, the summary of
``summarize``, changes of ``compare``, and the last two of ``bench.Run.recommend`` and ``bench.Run.pareto``."""

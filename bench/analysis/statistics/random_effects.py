"""Hosts as the highest level: what holds on average, how far hosts lie apart, and what the next one may show.

Every host has an estimate of its own, such as the logarithm of a ratio, with a variance. The hosts' true values scatter
around their mean with standard deviation tau. Hosts are never pooled: each counts once, however many trials it had.

Tau is estimated by restricted maximum likelihood (Viechtbauer, Journal of Educational and Behavioral Statistics 30,
2005). The interval of the mean is
that of Hartung and Knapp (Statistics in Medicine 20, 2001), never shorter than without their factor (Roever, Knapp &
Friede, BMC Medical Research Methodology 15, 2015). The prediction interval weighs every tau by its confidence
distribution (Nagashima, Noma & Furukawa, Statistical Methods in Medical Research 28, 2019), because one that takes a
single tau for true covers 88 % instead of 95 % where few hosts scatter about as much as they are unsure.
``tests/analysis/statistics/test_random_effects.py`` simulates what it covers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from bench.analysis.statistics.intervals import CONFIDENCE
from bench.analysis.statistics.resampling import Floats

FEWEST = 3
"""Hosts for a summary: the scatter of two is one number, of which nothing can be told."""

_TAUS = 200
"""Quantiles of the confidence distribution of tau."""
_GRID = 300
_REACH = 12.0
"""Standard deviations beyond which nothing is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects:
    """A mean over hosts with its interval, their spread, and where the next host's true value is expected."""

    hosts: int
    mean: float
    low: float
    high: float
    tau: float
    next_low: float
    next_high: float


def random_effects(estimates: Floats, variances: Floats, *, confidence: float = CONFIDENCE) -> RandomEffects | None:
    """Summarize what hosts have, one estimate each, shape (k,); None for fewer than ``FEWEST`` hosts.

    All in the unit of ``estimates``, of which a host's own error has ``variances``, above zero.
    """
    k = estimates.size
    if k < FEWEST:
        return None
    tau2 = _tau2(estimates, variances)
    weights = 1 / (variances + tau2)
    mean = float(weights @ estimates / weights.sum())
    factor = max(1.0, float(weights @ (estimates - mean) ** 2) / (k - 1))
    side = float(special.stdtrit(k - 1, (1 + confidence) / 2)) * math.sqrt(factor / float(weights.sum()))
    taus2 = _confidence_distribution(estimates, variances)
    next_low, next_high = _next(estimates, variances, taus2, (1 - confidence) / 2)
    return RandomEffects(
        hosts=k, mean=mean, low=mean - side, high=mean + side, tau=math.sqrt(tau2), next_low=next_low,
        next_high=next_high,
    )  # fmt: skip


def moderated(variances: Floats, degrees: Floats) -> Floats:
    """Return variances drawn towards what all have, each the less the more degrees of freedom stand behind it.

    From few rounds a host may seem sure by chance, and would count too much. By how much is estimated from how far the
    variances lie apart (Smyth, Statistical Applications in Genetics and Molecular Biology 3, 2004: limma). ``degrees``
    are at least 1, ``variances`` above zero; both of shape (k,), and so is what comes back.
    """
    logs = np.log(variances) - special.psi(degrees / 2) + np.log(degrees / 2)
    beyond = float(np.var(logs, ddof=1) - special.polygamma(1, degrees / 2).mean())
    if beyond <= 0:  # no further apart than chance alone has them: all are one
        return np.full(variances.shape, float((degrees * variances).sum() / degrees.sum()))
    shared = 2 * _inverse_trigamma(beyond)
    common = math.exp(float(logs.mean()) + special.psi(shared / 2) - math.log(shared / 2))
    found: Floats = (shared * common + degrees * variances) / (shared + degrees)
    return found


def _inverse_trigamma(value: float) -> float:
    """Return where the trigamma function, which falls from infinity to nought, has this value."""
    return math.exp(
        optimize.brentq(lambda log: float(special.polygamma(1, math.exp(log))) - value, math.log(1e-6), math.log(1e9))
    )


def _tau2(estimates: Floats, variances: Floats) -> float:
    """Return tau squared where the restricted likelihood is highest; nought where it falls from there on."""
    most = 10 * float(np.var(estimates, ddof=1))
    if most == 0:
        return 0.0

    def unlikely(tau2: float) -> float:
        _, weights, q = _by_tau2(estimates, variances, np.array([tau2]))
        return float(q[0] - np.log(weights).sum() + np.log(weights.sum()))

    found = optimize.minimize_scalar(unlikely, bounds=(0.0, most), method="bounded", options={"xatol": most * 1e-6})
    return float(found.x) if found.fun < unlikely(0.0) else 0.0


def _by_tau2(estimates: Floats, variances: Floats, taus2: Floats) -> tuple[Floats, Floats, Floats]:
    """Return, for each tau squared, the mean, shape (t,), the weights, shape (t, k), and the weighted squares, (t,)."""
    weights = 1 / (variances + taus2[:, np.newaxis])
    means = weights @ estimates / weights.sum(axis=1)
    q = (weights * (estimates - means[:, np.newaxis]) ** 2).sum(axis=1)
    return means, weights, q


def _confidence_distribution(estimates: Floats, variances: Floats) -> Floats:
    """Return quantiles of tau squared, shape (_TAUS,): the weighted squares are a chi-squared of k - 1 at the true one.

    They fall as tau grows, so that each quantile of theirs is one of tau; below nought it is nought.
    """
    k = estimates.size
    quantiles = special.chdtri(k - 1, (np.arange(_TAUS) + 0.5) / _TAUS)
    most = float(np.var(estimates, ddof=1)) * (k - 1) / float(quantiles.min())
    grid = np.concatenate([[0.0], np.geomspace(most * 1e-8, most, _GRID)]) if most else np.zeros(1)
    _, _, q = _by_tau2(estimates, variances, grid)
    found: Floats = np.interp(-quantiles, -q, grid)
    return found


def _next(estimates: Floats, variances: Floats, taus2: Floats, tail: float) -> tuple[float, float]:
    """Return what leaves out equal tails of where the next true value lies, over all these tau squared."""
    means, weights, _ = _by_tau2(estimates, variances, taus2)
    spreads = np.sqrt(taus2 + 1 / weights.sum(axis=1))
    begin, end = float((means - _REACH * spreads).min()), float((means + _REACH * spreads).max())

    def quantile(share: float) -> float:
        return float(optimize.brentq(lambda x: float(special.ndtr((x - means) / spreads).mean()) - share, begin, end))

    return quantile(tail), quantile(1 - tail)

"""Returns of trials that a test knows everything about: noise, an edge, copies, autocorrelation."""

import numpy as np

from domain.arrays import FloatArray


def noise(periods: int, trials: int, seed: int, volatility: float = 0.01) -> FloatArray:
    """Independent normal returns without any edge, (periods, trials)."""
    return np.random.default_rng(seed).normal(0.0, volatility, (periods, trials))


def with_an_edge(periods: int, trials: int, seed: int, column: int, drift: float) -> FloatArray:
    """The same, but for one trial that earns `drift` a period on average."""
    returns = noise(periods, trials, seed)
    returns[:, column] += drift
    return returns


def autoregressive(periods: int, seed: int, correlation: float) -> FloatArray:
    """A series each value of which remembers that share of the one before, (periods,)."""
    shocks = np.random.default_rng(seed).normal(0.0, 0.01, periods)
    values = np.empty(periods)
    values[0] = shocks[0]
    for row in range(1, periods):
        values[row] = correlation * values[row - 1] + shocks[row]
    return values

"""Target weights of a panel: a method, a schedule and limits, carried through time.

Look-ahead: what is decided at a row is made from closes up to that row. Where turnover is limited, a
band is kept or drift decides, what is held before a rebalance is estimated from closes and the targets
before it, as if they had been filled at the close of their row; such weights depend on where the data
begins, others do not.
"""

from dataclasses import dataclass, field

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.clock import NANOSECONDS_PER_DAY, from_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.portfolio.constraints import TOLERANCE, Constraints
from domain.portfolio.model import WeightMethod
from domain.portfolio.observations import RiskCloses, observe
from domain.portfolio.rebalancing import drifted, outside_band, within_turnover
from domain.portfolio.schedule import Schedule, session_days
from domain.portfolio.weights import Recipe, weights

# Markets keep different holidays; an instrument without a bar for a week has perhaps stopped trading.
_STALE_AFTER = 7 * NANOSECONDS_PER_DAY
_BARS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides an allocation.

    window        returns that risk and reward are estimated on
    history       share of the window's closes an instrument needs, in (0, 1]
    leverage      sum of all weights where the method is fully invested
    max_turnover  most that is bought plus sold at a rebalance, a share of equity; the first purchase
                  is free of it
    band          weights that are off by less, a share of equity, are left alone
    drift         with it, the schedule is not followed: there is a rebalance when a weight has moved
                  this far from where it was set
    """

    recipe: Recipe = field(default_factory=Recipe)
    schedule: Schedule = field(default_factory=Schedule)
    window: int = 252
    history: float = 0.6
    leverage: float = 1.0
    max_turnover: float = np.inf
    band: float = 0.0
    drift: float | None = None


def allocate(bars: Panel, policy: Policy) -> FloatArray:
    """Target weights (T, N): a full row where there is a rebalance, NaN elsewhere and where nothing trades.

    An instrument is held when it is observed (`domain.portfolio.observations`) and has had a bar
    within a week; others get 0. Nothing is decided where there is none to hold. Raises InvalidInput
    when the limits of the recipe cannot be kept, and as the methods do.
    """
    desk = _Desk(bars, policy, RiskCloses.of(bars))
    if policy.drift is not None:
        return desk.follow_drift(policy.drift)
    return desk.follow(policy.schedule.rows(session_days(bars)))


@dataclass(frozen=True, slots=True, eq=False)
class _Desk:
    bars: Panel
    policy: Policy
    closes: RiskCloses

    def follow(self, rows: IntArray) -> FloatArray:
        """Rebalance at these rows."""
        targets = np.full(self.bars.shape, np.nan)
        if not self._looks_back():
            for row in rows:
                wanted = self._wanted(int(row))
                if wanted is not None:
                    targets[row] = wanted[0]
            return targets
        marked = _last_known(self.bars.close)
        held, since = np.zeros(self.bars.shape[1]), 0
        for row in rows:
            after = self._trade(int(row), self._moved(marked, held, since, int(row)), targets)
            if after is not None:
                held, since = after, int(row)
        return targets

    def follow_drift(self, threshold: float) -> FloatArray:
        """Rebalance when a weight has drifted; with nothing held, look again every so many bars."""
        targets = np.full(self.bars.shape, np.nan)
        marked = _last_known(self.bars.close)
        held, since, row = np.zeros(self.bars.shape[1]), 0, 0
        while row < len(self.bars):
            after = self._trade(row, self._moved(marked, held, since, row), targets)
            if after is None:
                row += 1
                continue
            held, since = after, row
            row = (
                _first_drifted(marked, held, row, threshold)
                if held.any()
                else row + self.policy.schedule.bars
            )
        return targets

    def _looks_back(self) -> bool:
        return self.policy.band > 0.0 or self.policy.max_turnover < 2.0 * self.policy.leverage

    def _trade(self, row: int, current: FloatArray, targets: FloatArray) -> FloatArray | None:
        """Write one rebalance and return what is held after it; None when nothing is decided."""
        decided = self._wanted(row)
        if decided is None:
            return None
        wanted, constraints = decided
        if current.any():
            wanted = within_turnover(current, wanted, self.policy.max_turnover, constraints)
        trades = outside_band(current, wanted, self.policy.band)
        # What is neither held nor wanted is told so, that a run which begins here decides the same.
        written = trades.traded | (wanted == 0.0)
        targets[row, written] = trades.weights[written]
        return trades.weights

    def _wanted(self, row: int) -> tuple[FloatArray, Constraints] | None:
        policy = self.policy
        window = self.closes.window(row, policy.window)
        if window is None:
            return None
        trading = self._trading(row)
        seen = observe(window, policy.history)
        kept = trading[seen.columns]
        columns = seen.columns[kept]
        if not len(columns):
            return None
        returns = seen.returns if bool(kept.all()) else np.ascontiguousarray(seen.returns[:, kept])
        wanted = np.zeros(self.bars.shape[1])
        constraints = self._constraints(columns)
        try:
            wanted[columns] = self._weights(returns)
        except InvalidInput as refused:
            day = from_nanoseconds(self.bars.close_time[row])
            raise InvalidInput(f"On {day:%Y-%m-%d}: {refused}") from None
        return constraints.project(wanted), constraints

    def _weights(self, returns: FloatArray) -> FloatArray:
        """Shares of equity of the instruments that may be held."""
        policy, recipe = self.policy, self.policy.recipe
        if recipe.method is WeightMethod.KELLY:
            return weights(returns, recipe)
        # With few instruments the largest weights may not fill the budget: the rest is cash.
        most = min(1.0, recipe.maximum * returns.shape[1])
        if most < 1.0:
            return np.full(returns.shape[1], recipe.maximum * policy.leverage)
        return weights(returns, recipe) * policy.leverage

    def _constraints(self, columns: IntArray) -> Constraints:
        policy, recipe = self.policy, self.policy.recipe
        scale = 1.0 if recipe.method is WeightMethod.KELLY else policy.leverage
        if recipe.minimum * scale * len(columns) > policy.leverage + TOLERANCE:
            raise InvalidInput(
                f"A least share of {recipe.minimum:g} in each of {len(columns)} instruments is more than there is; take "
                f"{policy.leverage / scale / len(columns):.3g} or less, or fewer instruments."
            )
        lower, upper = np.zeros((2, self.bars.shape[1]))
        upper[columns] = recipe.maximum * scale
        lower[columns] = recipe.minimum * scale
        invested = min(policy.leverage, float(upper.sum()))
        may_hold_cash = recipe.method in {WeightMethod.KELLY, WeightMethod.MAXIMUM_SHARPE}
        if may_hold_cash:
            lower[:] = 0.0
        return Constraints.of(
            len(lower),
            minimum=lower,
            maximum=upper,
            net=(0.0 if may_hold_cash else invested, policy.leverage),
        )

    def _trading(self, row: int) -> BoolArray:
        """Which instruments (N,) have had a bar lately."""
        oldest = self.bars.close_time[row] - _STALE_AFTER - self.bars.timeframe.nanoseconds
        first = int(np.searchsorted(self.bars.close_time, oldest))
        newest: BoolArray = np.isfinite(self.bars.close[row])
        if bool(newest.all()):
            return newest
        return np.asarray(np.isfinite(self.bars.close[first : row + 1]).any(axis=0))

    @staticmethod
    def _moved(marked: FloatArray, held: FloatArray, since: int, row: int) -> FloatArray:
        if not held.any():
            return held
        own = held != 0.0
        growth = np.ones(len(held))
        growth[own] = marked[row, own] / marked[since, own]
        return drifted(held, growth)


def _first_drifted(marked: FloatArray, held: FloatArray, since: int, threshold: float) -> int:
    """The first later row at which a weight is further than the threshold from where it was set."""
    own = np.flatnonzero(held)
    weights_set, cash = held[own], 1.0 - float(held.sum())
    for start in range(since + 1, len(marked), _BARS_AT_ONCE):
        grown = weights_set * (marked[start : start + _BARS_AT_ONCE, own] / marked[since, own])
        equity = cash + grown.sum(axis=1, keepdims=True)
        now = grown / np.where(equity > 0.0, equity, np.nan)
        # An account that is worth nothing is as far from what was set as can be.
        far = ~(np.abs(now - weights_set).max(axis=1) <= threshold)
        if bool(far.any()):
            return start + int(np.argmax(far))
    return len(marked)


def _last_known(closes: FloatArray) -> FloatArray:
    """Closes with the last known one where there is no bar; NaN before the first."""
    present = np.isfinite(closes)
    if bool(present.all()):
        return closes
    rows = np.maximum.accumulate(np.where(present, np.arange(len(closes))[:, np.newaxis], 0), axis=0)
    return np.take_along_axis(closes, rows, axis=0)

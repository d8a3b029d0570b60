"""How much of a result hangs on a few days, trades or instruments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.performance.drawdowns import Underwater
from domain.performance.returns import EquityPath, as_date
from domain.performance.trades import TradeColumns

BEST = (1, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class BestFew:
    """What the best `count` of `of` days or trades brought.

    profit            account currency
    profit_share      over the whole profit; above 1 when the rest lost. None without a whole profit
    return_without    total return had they brought nothing; of trades, their profit over the initial cash
    """

    count: int
    of: int
    profit: float
    profit_share: float | None
    return_without: float


@dataclass(frozen=True, slots=True)
class DrawdownPart:
    """What one instrument, or the rest, took from the account in the deepest drawdown.

    loss is account currency, negative for a loss; share is of the whole fall.
    """

    name: str
    loss: float
    share: float


@dataclass(frozen=True, slots=True)
class DrawdownSources:
    """The deepest drawdown, from its peak to its trough, by what made it; greatest losses first."""

    start: date
    trough: date
    depth: float
    parts: tuple[DrawdownPart, ...]


@dataclass(frozen=True, slots=True)
class WorstDay:
    """One of the greatest losses of a single period, and its share of the deepest drawdown it lies in."""

    day: date
    return_: float
    drawdown_share: float | None


def best_days(path: EquityPath, counts: Sequence[int] = BEST) -> tuple[BestFew, ...]:
    """What the best return periods brought, by their returns. A ruined account has none to speak of.

    A market's best days are few, and a strategy that owes all to them has made a handful of bets.
    """
    if path.ruined:
        return ()
    profits = np.diff(path.level)
    order = np.argsort(-path.returns, kind="stable")
    whole = float(path.level[-1] - path.level[0])
    result = []
    for count in _usable(counts, len(order)):
        best = order[:count]
        others = np.ones(len(order), dtype=np.bool_)
        others[best] = False
        profit = float(profits[best].sum())
        result.append(
            BestFew(
                count=count,
                of=len(order),
                profit=profit,
                profit_share=profit / whole if whole > 0.0 else None,
                return_without=float(np.prod(1.0 + path.returns[others])) - 1.0,
            )
        )
    return tuple(result)


def best_trades(
    trades: TradeColumns, initial_cash: float, counts: Sequence[int] = BEST
) -> tuple[BestFew, ...]:
    """What the best closed trades brought, by their profit."""
    profits = np.sort(trades.pnl[~trades.is_open])[::-1]
    whole = float(profits.sum())
    return tuple(
        BestFew(
            count=count,
            of=len(profits),
            profit=float(profits[:count].sum()),
            profit_share=float(profits[:count].sum()) / whole if whole > 0.0 else None,
            return_without=float(profits[count:].sum()) / initial_cash,
        )
        for count in _usable(counts, len(profits))
    )


def worst_days(path: EquityPath, count: int = 10) -> tuple[WorstDay, ...]:
    """The greatest one-period losses, worst first; the share is set where one lies in the deepest fall."""
    if path.ruined:
        return ()
    span = _deepest(path)
    order = np.argsort(path.returns, kind="stable")[:count]
    days = []
    for period in order[path.returns[order] < 0.0]:
        share = None
        if span is not None and span[0] <= period < span[1]:
            fall = float(path.level[span[0]] - path.level[span[1]])
            share = float(path.level[period] - path.level[period + 1]) / fall
        days.append(WorstDay(as_date(int(path.day[period])), float(path.returns[period]), share))
    return tuple(days)


def drawdown_sources(path: EquityPath, names: Sequence[str], profits: FloatArray) -> DrawdownSources | None:
    """Which instruments made the deepest drawdown; None without one.

    profits (n, N) is what each instrument brought in each return period, account currency. What they
    do not add up to (costs, interest, the difference of a fill to a close) is the part "costs and rest".
    Raises InvalidInput when shapes do not fit.
    """
    if profits.shape != (len(path.day), len(names)):
        raise InvalidInput.at("profits", message=f"must have shape {(len(path.day), len(names))}")
    span = _deepest(path)
    if span is None:
        return None
    peak, trough = span
    fall = float(path.level[trough] - path.level[peak])
    by_name = profits[peak:trough].sum(axis=0)
    losses = [*zip(names, by_name.tolist(), strict=True), ("costs and rest", fall - float(by_name.sum()))]
    losses.sort(key=lambda part: part[1])
    return DrawdownSources(
        start=path.day_of(peak),
        trough=path.day_of(trough),
        depth=fall / float(path.level[peak]),
        parts=tuple(DrawdownPart(name, loss, loss / fall) for name, loss in losses),
    )


def _deepest(path: EquityPath) -> tuple[int, int] | None:
    """Positions in `level` of the peak and the trough of the deepest drawdown."""
    fall = Underwater.of(path).fall
    trough = int(np.argmin(fall))
    if fall[trough] >= 0.0:
        return None
    # The last time the peak was stood on, as the tables of drawdowns count it.
    on_peak = np.flatnonzero(fall[:trough] >= 0.0)
    return int(on_peak[-1]), trough


def _usable(counts: Sequence[int], available: int) -> list[int]:
    return [count for count in counts if 0 < count <= available]

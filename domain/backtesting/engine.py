"""The engine's public face: bars and a strategy in, curve, orders and trades out.

How look-ahead is prevented: a decision of bar t is taken over after bar t has closed, and nothing
that happens in bars up to t can depend on it, but for SAME_CLOSE, which is labelled optimistic. An
event strategy is handed bars up to t only. Where venues close at different times, an instrument's
next bar may have opened before bar t closed; under NEXT_OPEN such an order is filled at that bar's
close, the first price known to come after the decision.

Prices and money are float64: a simulation measures, it does not keep books.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting._kernel import Account
from domain.backtesting._prices import buy_and_hold, first_unusable_bar
from domain.backtesting.conditions import PLAIN, Conditions
from domain.backtesting.event_loop import run_events
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.backtesting.remarks import Course, remarks
from domain.backtesting.result import Curve, FillReason, Orders, Simulation, Trades
from domain.backtesting.terms import Terms, open_account
from domain.clock import from_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.orders.model import LimitFill
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy

_PROGRESS_STEPS = 50
_MOST_BARS_A_STEP = 100_000

# The rows of `_records.pxd`, eight bytes each.
ORDER_COLUMNS: dict[str, type[np.generic]] = {
    **dict.fromkeys(("decided_bar", "bar", "instrument", "status", "reason", "denial"), np.int64),
    **dict.fromkeys(("quantity", "price", "commission", "slippage", "held"), np.float64),
}
TRADE_COLUMNS: dict[str, type[np.generic]] = {
    **dict.fromkeys(("instrument", "entry_bar", "exit_bar", "exit_reason"), np.int64),
    **dict.fromkeys(("quantity", "entry_price", "exit_price", "pnl", "return_", "fees"), np.float64),
    **dict.fromkeys(("mae", "mfe", "dividends"), np.float64),
}


def simulate(
    panel: Panel,
    strategy: Strategy,
    *,
    initial_cash: float,
    costs: Costs,
    fill: FillPrice,
    sizing: Sizing,
    limit_fill: LimitFill = LimitFill.CROSSED,
    conditions: Conditions = PLAIN,
    benchmark: FloatArray | None = None,
    progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Trade a strategy of either form over a panel.

    panel         the bars that are traded
    initial_cash  account currency, above 0
    conditions    rates of exchange, corporate actions, and what the strategy sees instead of the panel
    benchmark     (T,) closes of the instrument to compare with, in account currency and dividends
                  put back, NaN where it has none; None buys equal shares of every instrument of
                  the panel at its first close and holds them
    progress      hears the share done, now and then, and may raise to cancel

    Raises InvalidInput for unusable bars, cash or benchmark, and for targets that are not weights:
    of another shape than the panel, not floats, or infinite. What the strategy raises passes through.
    """
    run = _Run.prepare(panel, Terms(initial_cash, costs, fill, sizing, limit_fill, conditions), benchmark)
    view = conditions.view
    if isinstance(strategy, VectorisedStrategy):
        targets = strategy.target(panel if view is None else view.panel)
        run.trade_targets(_checked(targets, panel, strategy.name), strategy.name, progress)
    elif isinstance(strategy, EventStrategy):
        run_events(
            run.account,
            panel,
            strategy,
            _stops(len(panel), progress),
            fill=fill,
            limit_fill=limit_fill,
            adverse_rate=run.terms.adverse_rate,
            view=view,
        )
    else:
        raise InvalidInput(f"'{strategy.name}' is neither a vectorised nor an event strategy.")
    return run.outcome(strategy)


def simulate_targets(
    panel: Panel,
    targets: FloatArray,
    *,
    initial_cash: float,
    costs: Costs,
    fill: FillPrice,
    sizing: Sizing,
    limit_fill: LimitFill = LimitFill.CROSSED,
    conditions: Conditions = PLAIN,
    benchmark: FloatArray | None = None,
    progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Trade target weights (T, N) that were made elsewhere; NaN keeps what is held.

    Row t counts as decided when bar t closed. The rest is as in `simulate`.
    """
    run = _Run.prepare(panel, Terms(initial_cash, costs, fill, sizing, limit_fill, conditions), benchmark)
    run.trade_targets(_checked(targets, panel, "targets"), "targets", progress)
    return run.outcome(None)


@dataclass(frozen=True, slots=True)
class _Run:
    panel: Panel
    terms: Terms
    account: Account
    curve: Curve
    missing: IntArray

    @classmethod
    def prepare(cls, panel: Panel, terms: Terms, benchmark: FloatArray | None) -> "_Run":
        initial_cash = terms.initial_cash
        if not (math.isfinite(initial_cash) and initial_cash > 0):
            raise InvalidInput.at("initialCash", message=f"must be above 0 (got {initial_cash})")
        missing = _require_usable(panel)
        # One block: the system hands out memory in large pages, and four blocks would end in small ones.
        equity, cash, exposure, held = np.empty((4, len(panel)))
        _follow_benchmark(_held_closes(panel, terms.conditions), benchmark, initial_cash, held)
        curve = Curve(panel.close_time, equity, cash, exposure, held)
        account = open_account(panel, curve, terms, missing)
        return cls(panel, terms, account, curve, missing)

    def trade_targets(self, targets: FloatArray, name: str, progress: Callable[[float], None] | None) -> None:
        start = 0
        for stop in _stops(len(self.panel), progress):
            self.account.run(targets, start, stop)
            if self.account.infinite_target_bar >= 0:
                raise InvalidInput(
                    f"'{name}' asks for an infinite weight at bar {self.account.infinite_target_bar}; "
                    "a target is a finite share of equity, or NaN to keep what is held."
                )
            start = stop

    def outcome(self, strategy: Strategy | None) -> Simulation:
        account = self.account
        account.finish()
        mean_equity = account.equity_sum / len(self.panel)
        return Simulation(
            curve=self.curve,
            orders=_orders(account),
            trades=_trades(self.panel, account),
            final_equity=float(self.curve.equity[-1]),
            fees_paid=account.fees,
            slippage_paid=account.slippage,
            financing_paid=account.financing,
            turnover=account.traded / mean_equity if mean_equity > 0 else None,
            entry_bar_exits=account.entry_bar_exits,
            dividends_received=account.dividends,
            warnings=remarks(Course(self.panel, self.terms, account, self.missing, strategy)),
        )


def _held_closes(panel: Panel, conditions: Conditions) -> FloatArray:
    """What one unit is worth to its holder at each close, in account currency; (T, N)."""
    closes = panel.close if conditions.view is None else conditions.view.panel.close
    return closes if conditions.rates is None else np.ascontiguousarray(closes * conditions.rates)


def _require_usable(panel: Panel) -> IntArray:
    """How many bars each instrument lacks. Raises InvalidInput for a bar that cannot be traded on."""
    rows, columns = panel.shape
    if rows == 0 or columns == 0:
        raise InvalidInput("There are no bars to simulate on.")
    missing = np.zeros(columns, dtype=np.int64)
    cell = first_unusable_bar(panel.open, panel.high, panel.low, panel.close, missing)
    if cell >= 0:
        row, column = divmod(cell, columns)
        raise InvalidInput(
            f"The bar of {panel.instruments[column].id} at {from_nanoseconds(panel.close_time[row]):%Y-%m-%d %H:%M} "
            "UTC has a price that is missing, not positive or not finite, or a high below its low."
        )
    return missing


def _follow_benchmark(
    held: FloatArray, benchmark: FloatArray | None, initial_cash: float, value: FloatArray
) -> None:
    if benchmark is None:
        buy_and_hold(held, initial_cash, value)
        return
    closes = np.ascontiguousarray(benchmark, dtype=np.float64)
    if closes.shape != value.shape:
        raise InvalidInput.at("benchmark", message=f"must have one close for each of the {len(held)} bars")
    if not bool((np.isnan(closes) | ((closes > 0) & np.isfinite(closes))).all()):
        raise InvalidInput.at("benchmark", message="has a close that is not positive and finite")
    buy_and_hold(closes.reshape(-1, 1), initial_cash, value)


def _checked(targets: FloatArray, panel: Panel, name: str) -> FloatArray:
    if not isinstance(targets, np.ndarray) or not np.issubdtype(targets.dtype, np.floating):
        kind = targets.dtype if isinstance(targets, np.ndarray) else type(targets).__name__
        raise InvalidInput(f"'{name}' must answer with an array of floats, not {kind}.")
    if targets.shape != panel.shape:
        raise InvalidInput(
            f"'{name}' must answer with one weight for each bar and instrument, shape {panel.shape}, "
            f"not {targets.shape}."
        )
    return np.ascontiguousarray(targets, dtype=np.float64)


def _stops(bars: int, progress: Callable[[float], None] | None) -> Iterator[int]:
    """Where to stop, in bars; the share done is reported when the next stop is asked for."""
    if progress is None:
        yield bars
        return
    step = min(max(1, bars // _PROGRESS_STEPS), _MOST_BARS_A_STEP)
    for stop in range(step, bars + step, step):
        yield min(stop, bars)
        progress(min(stop, bars) / bars)


def columns_of(table: IntArray, kinds: dict[str, type[np.generic]]) -> dict[str, Any]:
    """The rows of a table the account wrote, by name; floats were written as their bits."""
    return {name: row.view(kind) for (name, kind), row in zip(kinds.items(), table, strict=True)}


def _orders(account: Account) -> Orders:
    table = np.empty((len(ORDER_COLUMNS), account.order_count), dtype=np.int64)
    account.read_orders(table)
    return Orders(**columns_of(table, ORDER_COLUMNS))


def _trades(panel: Panel, account: Account) -> Trades:
    table = np.empty((len(TRADE_COLUMNS), account.trade_count), dtype=np.int64)
    account.read_trades(table)
    columns = columns_of(table, TRADE_COLUMNS)
    entry_bar, exit_bar = columns["entry_bar"], columns["exit_bar"]
    return Trades(
        instrument_ids=tuple(instrument.id for instrument in panel.instruments),
        entry_time=panel.close_time[entry_bar],
        exit_time=panel.close_time[exit_bar],
        bars_held=exit_bar - entry_bar,
        is_open=columns["exit_reason"] == FillReason.STILL_OPEN,
        **columns,
    )

"""What checks need to know of a finished run, whether it was just simulated or read from its files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.result import Curve, Simulation, Trades
from domain.backtesting.run import as_json
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Panel
from domain.market.calendars import measured_sessions
from domain.performance.returns import Periods
from domain.performance.statistics import Performance


@dataclass(frozen=True, slots=True, eq=False)
class AccountRecord:
    """A run's account over its n return periods, and its trades.

    statistics  by name, as `BacktestOutcome` holds them
    day         (n,) day each period ends on, days since 1970-01-01
    returns     (n,) simple returns; empty when the account was ruined
    benchmark   (n,) simple returns of the benchmark, NaN where it has none
    pnl         (K,) profit of every trade after costs, the open ones at the last close, as they ended
    """

    statistics: Mapping[str, Any]
    day: IntArray
    returns: FloatArray
    benchmark: FloatArray
    pnl: FloatArray

    @property
    def periods_per_year(self) -> int:
        return int(self.statistics["periods_per_year"])

    @property
    def years(self) -> float:
        return len(self.day) / self.periods_per_year

    @property
    def is_ruined(self) -> bool:
        return len(self.returns) == 0

    @classmethod
    def of(
        cls,
        statistics: Mapping[str, Any],
        curve: Curve,
        trades: Trades,
        initial_cash: float,
        sessions: IntArray | None = None,
    ) -> "AccountRecord":
        """sessions are those the statistics were measured by; left out, the bars of one day in UTC are
        one period wherever the statistics count fewer periods than there are bars."""
        if sessions is None and len(curve.close_time) != statistics["return_periods"]:
            sessions = (curve.close_time - 1) // NANOSECONDS_PER_DAY
        periods = Periods.of(curve.close_time, sessions)
        level = np.concatenate(([initial_cash], periods.closing(curve.equity)))
        held = np.concatenate(([np.nan], periods.closing(curve.benchmark)))
        # The benchmark is bought with the same cash, at the close of its first bar.
        known = np.flatnonzero(~np.isnan(held))
        if len(known):
            held[known[0] - 1] = initial_cash
        ruined = bool((curve.equity <= 0.0).any())
        returns = np.empty(0) if ruined else level[1:] / level[:-1] - 1.0
        return cls(statistics, periods.day, returns, held[1:] / held[:-1] - 1.0, trades.pnl)

    @classmethod
    def of_run(
        cls, simulation: Simulation, performance: Performance, panel: Panel, initial_cash: float
    ) -> "AccountRecord":
        sessions = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
        statistics = as_json(asdict(performance.statistics))
        return cls.of(statistics, simulation.curve, simulation.trades, initial_cash, sessions)

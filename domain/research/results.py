"""What finished runs tell beyond their own statistics: verdicts, breakdowns, comparisons.

Everything is worked out from what is stored, when it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.model import Backtest, BacktestOutcome
from domain.backtesting.result import Curve
from domain.backtesting.service import BacktestService
from domain.errors import Conflict, InvalidInput
from domain.ids import BacktestId, WorkspaceId
from domain.market.calendars import measured_sessions
from domain.market.catalogue import SeriesRepository
from domain.market.timeframe import Timeframe
from domain.performance.comparison import ComparedRun, Comparison, compare
from domain.performance.concentration import BestFew, best_days
from domain.performance.factor_regression import FactorRegression, regress_on_factors
from domain.performance.paths import equity_path, market_levels
from domain.performance.periods import Breakdown, breakdowns
from domain.performance.returns import EquityPath
from domain.research.evaluation.quick_verdict import quick_verdict
from domain.research.evaluation.verdict import Verdict
from domain.research.service import StudyService

MOST_COMPARED = 20
_BENCHMARK = "benchmark"


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Where a result comes from.

    breakdowns  by calendar and by regime of the market
    best_days   what is left without the best few days
    regression  of the returns on the benchmark's, with errors that allow for autocorrelation; None
                where there is too little to regress on
    """

    breakdowns: tuple[Breakdown, ...]
    best_days: tuple[BestFew, ...]
    regression: FactorRegression | None


class ResultAnalysis:
    """Reads completed runs of a workspace. Raises NotFound, and Conflict for runs that have no result."""

    def __init__(self, backtests: BacktestService, studies: StudyService, series: SeriesRepository) -> None:
        self._backtests = backtests
        self._studies = studies
        self._series = series

    def verdict(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Verdict:
        """What can be said without another run; an evaluation says more."""
        run, outcome = self._completed(workspace_id, backtest_id)
        curve = self._backtests.curve(workspace_id, backtest_id)
        return quick_verdict(
            outcome.statistics,
            curve,
            self._backtests.trades(workspace_id, backtest_id),
            initial_cash=float(run.spec.initial_cash),
            trials=self._studies.trials(workspace_id, run.spec.strategy),
            fill=run.spec.fill,
            sessions=self._sessions(run, curve),
        )

    def anatomy(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Anatomy:
        """Where the result of a run comes from."""
        run, outcome = self._completed(workspace_id, backtest_id)
        curve = self._backtests.curve(workspace_id, backtest_id)
        sessions = self._sessions(run, curve)
        cash = float(run.spec.initial_cash)
        path = equity_path(curve.close_time, curve.equity, cash, sessions)
        market = market_levels(curve.close_time, curve.benchmark, cash, sessions)
        year = int(outcome.statistics["periods_per_year"])
        return Anatomy(breakdowns(path, market, year), best_days(path), _regression(path, market, year))

    def comparison(self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]) -> Comparison:
        """Two runs or more, side by side. Raises InvalidInput for too few, too many or the same twice."""
        if len(backtest_ids) > MOST_COMPARED:
            raise InvalidInput.at("ids", message=f"names {len(backtest_ids)} runs; {MOST_COMPARED} at most")
        return compare([self._compared(workspace_id, one) for one in backtest_ids])

    def _compared(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> ComparedRun:
        run, outcome = self._completed(workspace_id, backtest_id)
        curve = self._backtests.curve(workspace_id, backtest_id)
        cash = float(run.spec.initial_cash)
        return ComparedRun(
            name=str(run.id),
            spec=run.spec.model_dump(mode="json"),
            statistics=outcome.statistics,
            path=equity_path(curve.close_time, curve.equity, cash, self._sessions(run, curve)),
            periods_per_year=int(outcome.statistics["periods_per_year"]),
            data_hash=outcome.provenance.data_hash,
            code_version=outcome.provenance.code_version,
        )

    def _completed(
        self, workspace_id: WorkspaceId, backtest_id: BacktestId
    ) -> tuple[Backtest, BacktestOutcome]:
        run = self._backtests.get(workspace_id, backtest_id)
        if run.outcome is None:
            raise Conflict(f"Backtest {backtest_id} is {run.status}; only a completed one has results.")
        return run, run.outcome

    def _sessions(self, run: Backtest, curve: Curve) -> IntArray | None:
        known = {one.id: one for one in self._series.instruments(run.workspace_id)}
        traded = [known[name] for name in known if name in run.spec.instruments]
        return measured_sessions(curve.close_time, Timeframe.parse(run.spec.timeframe), traded)


def _regression(path: EquityPath, market: FloatArray, periods_per_year: int) -> FactorRegression | None:
    if path.ruined:
        return None
    returns = np.diff(path.level) / path.level[:-1]
    factor = np.diff(market) / market[:-1]
    try:
        return regress_on_factors(returns, {_BENCHMARK: factor}, periods_per_year=periods_per_year)
    except InvalidInput:  # too few periods, or a benchmark that does not move
        return None

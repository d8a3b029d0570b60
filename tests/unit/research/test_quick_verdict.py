"""What a result page can say without running anything again."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from domain.backtesting.model import FillPrice
from domain.backtesting.run import as_json
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Bars
from domain.market.timeframe import Timeframe
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.quick_verdict import quick_verdict
from domain.research.evaluation.verdict import Verdict
from domain.research.model import Answer, Trials
from tests.kit.research import a_run, autocorrelated, bars_returning, laboratory


def judged(
    bars: Bars, trials: Trials | None = None, fill: FillPrice = FillPrice.NEXT_OPEN, **spec: Any
) -> Verdict:
    run = a_run(**{"costs": {"slippage_bps": 0.5, "spread_bps": 0, "commission_bps": 0}} | spec)
    simulation, performance = laboratory(bars).run(run)
    return quick_verdict(
        as_json(asdict(performance.statistics)),
        simulation.curve,
        simulation.trades,
        initial_cash=100_000.0,
        trials=trials,
        fill=fill,
    )


def answer(panel: Verdict, check: str) -> Answer:
    return next(one.answer for one in panel.findings if one.check == check)


def test_an_edge_tried_once_holds_and_the_same_among_many_may_not() -> None:
    bars = bars_returning(autocorrelated(700, 0.15, 1))
    once = judged(bars, Trials("follow_lag", 1, None))
    often = judged(bars, Trials("follow_lag", 5_000, 0.004))
    assert answer(once, "deflated_sharpe") is Answer.HOLDS
    assert answer(often, "deflated_sharpe") is Answer.FAILS
    assert often.answer is Answer.FAILS


def test_it_says_what_an_evaluation_says_of_the_account() -> None:
    panel = judged(bars_returning(autocorrelated(700, 0.3, 1)), Trials("follow_lag", 1, None))
    assert panel.answer is Answer.UNCLEAR
    assert panel.sentence.startswith("Luck alone does not explain it")
    assert {one.check for one in panel.findings} == {
        "look_ahead",
        "track_record",
        "backtest_length",
        "probabilistic_sharpe",
        "deflated_sharpe",
        "sharpe_interval",
        "growth_interval",
        "trade_interval",
        "drawdown",
        "costs",
        "trade_concentration",
        "period_concentration",
        "benchmark",
    }
    assert all(one.sentence.endswith(".") for one in panel.findings)


def test_the_same_run_is_judged_the_same_each_time() -> None:
    bars = bars_returning(autocorrelated(300, 0.1, 2))
    assert judged(bars) == judged(bars)


def test_trials_that_were_not_counted_leave_it_open() -> None:
    panel = judged(bars_returning(autocorrelated(700, 0.3, 1)))
    assert panel.answer is Answer.UNCLEAR
    assert answer(panel, "deflated_sharpe") is Answer.UNCLEAR


def test_an_account_that_was_ruined_fails() -> None:
    bars = bars_returning([0.0, 0.01, 0.02, *([-0.3] * 6), *([0.01] * 5)])
    panel = judged(
        bars, strategy="follow_first", sizing={"quantity": "fractional", "max_leverage": 20}, parameters={}
    )
    assert answer(panel, "drawdown") is not Answer.HOLDS
    bars = bars_returning([0.0, 0.0, *([0.45] * 9)])
    panel = judged(bars, strategy="follow_first", parameters={"sign": -1}, sizing={"quantity": "fractional"})
    assert panel.answer is Answer.FAILS
    assert answer(panel, "drawdown") is Answer.FAILS
    assert "ruined" in next(one.sentence for one in panel.findings if one.check == "drawdown")


def test_a_run_that_never_traded_is_unclear() -> None:
    panel = judged(bars_returning(np.zeros(300) + 0.001), parameters={"sign": 0}, trials=Trials("x", 3, 0.1))
    assert panel.answer is Answer.UNCLEAR
    assert answer(panel, "sharpe_interval") is Answer.UNCLEAR


def test_fills_nobody_could_have_had_are_named() -> None:
    panel = judged(bars_returning(autocorrelated(300, 0.3, 1)), fill=FillPrice.SAME_CLOSE)
    assert answer(panel, "fill") is Answer.FAILS


def test_intraday_bars_are_measured_by_the_day() -> None:
    hours = bars_returning(autocorrelated(24 * 40, 0.2, 1))
    hourly = replace(
        hours,
        timeframe=Timeframe.parse("1h"),
        close_time=hours.close_time[0] + np.arange(len(hours)) * (NANOSECONDS_PER_DAY // 24),
    )
    where = laboratory(hourly)
    spec = a_run(timeframe="1h")
    simulation, performance = where.run(spec)
    statistics = as_json(asdict(performance.statistics))
    record = AccountRecord.of(statistics, simulation.curve, simulation.trades, 100_000.0)
    assert len(record.returns) == 41
    whole = AccountRecord.of_run(simulation, performance, where.inputs(spec).panel, 100_000.0)
    assert len(whole.returns) == statistics["return_periods"]
    assert np.prod(1 + record.returns) == pytest.approx(simulation.final_equity / 100_000.0)
    assert np.prod(1 + whole.returns) == pytest.approx(simulation.final_equity / 100_000.0)


def test_the_benchmark_is_measured_as_everywhere_else() -> None:
    where, spec = laboratory(bars_returning(autocorrelated(60, 0.3, 1))), a_run()
    simulation, performance = where.run(spec)
    record = AccountRecord.of_run(simulation, performance, where.inputs(spec).panel, 100_000.0)
    benchmark = performance.benchmark_statistics
    assert benchmark is not None
    assert np.prod(1 + record.benchmark) - 1 == pytest.approx(benchmark.total_return)
    assert record.benchmark.mean() / record.benchmark.std(ddof=1) * 252**0.5 == pytest.approx(
        benchmark.sharpe
    )

"""Each check by itself: where it holds, where it fails, and what it says."""

from typing import Any

import numpy as np
import pytest

from domain.overfitting.sharpe import SharpeEstimate
from domain.research.evaluation.account_checks import (
    benchmark_finding,
    concentration_findings,
    drawdown_finding,
)
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.fragility_checks import (
    cost_finding,
    delay_finding,
    neighbourhood_finding,
    quick_cost_finding,
)
from domain.research.evaluation.luck_checks import (
    Tried,
    overfitting_finding,
    permutation_finding,
    sharpe_findings,
    snooping_finding,
)
from domain.research.evaluation.verdict import (
    Check,
    finding_as_json,
    graded,
    percent,
    read_finding,
    verdict_on,
)
from domain.research.model import Answer, Finding

HOLDS, FAILS, UNCLEAR = Answer.HOLDS, Answer.FAILS, Answer.UNCLEAR


def a_record(
    returns: Any = (0.01, -0.005) * 400, pnl: Any = (1.0,) * 20, benchmark: Any = None, **statistics: Any
) -> AccountRecord:
    made = np.asarray(returns, dtype=np.float64)
    held = np.zeros(len(made)) if benchmark is None else np.asarray(benchmark)
    values = {
        "periods_per_year": 252,
        "max_drawdown": -0.1,
        "total_return": float(np.prod(1 + made) - 1),
        "benchmark_return": 0.0,
        "excess_return": 0.1,
        "sharpe": 1.0,
    }
    return AccountRecord(
        values | statistics, np.arange(len(made)), made, held, np.asarray(pnl, dtype=np.float64)
    )


def paid(total_return: float, costs: float = 10.0) -> dict[str, float]:
    return {
        "total_return": total_return,
        "fees_paid": costs,
        "slippage_paid": costs,
        "financing_paid": 0.0,
        "trades": 5,
        "open_trades": 0,
    }


@pytest.mark.parametrize(
    ("value", "holds", "fails", "answer"),
    [
        (0.95, 0.95, 0.5, HOLDS),
        (0.94, 0.95, 0.5, UNCLEAR),
        (0.5, 0.95, 0.5, FAILS),
        (0.05, 0.05, 0.2, HOLDS),
        (0.06, 0.05, 0.2, UNCLEAR),
        (0.2, 0.05, 0.2, FAILS),
    ],
)
def test_a_value_is_graded_whichever_end_is_the_good_one(
    value: float, holds: float, fails: float, answer: Answer
) -> None:
    assert graded(value, holds, fails) is answer


def test_a_long_good_record_passes_every_check_of_its_sharpe_ratio() -> None:
    found = sharpe_findings(SharpeEstimate(0.1, 2_520), 252, Tried(1))
    assert [(one.check, one.answer) for one in found] == [
        (Check.TRACK_RECORD, HOLDS),
        (Check.BACKTEST_LENGTH, HOLDS),
        (Check.PROBABILISTIC_SHARPE, HOLDS),
        (Check.DEFLATED_SHARPE, HOLDS),
    ]
    assert found[2].sentence == (
        "With a probability of more than 99.9% the true Sharpe ratio is above zero (measured: 1.59 a year)."
    )


def test_a_short_record_is_unclear() -> None:
    found = sharpe_findings(SharpeEstimate(0.1, 60), 252, Tried(1))
    assert [one.answer for one in found] == [UNCLEAR, HOLDS, UNCLEAR, UNCLEAR]
    assert found[0].sentence == (
        "A Sharpe ratio like this one needs 1.1 years of data to be told from zero with 95% confidence; there are only "
        "0.2 years."
    )


def test_trials_take_luck_off() -> None:
    one, many = (
        sharpe_findings(SharpeEstimate(0.06, 1_500), 252, tried)[3]
        for tried in (Tried(1), Tried(1_000, 0.001))
    )
    assert one.answer is HOLDS
    assert many.answer is FAILS
    assert many.value is not None
    assert many.value < 0.1
    assert "which luck gives the best of 1,000 trials" in many.sentence


def test_trials_that_are_alike_count_as_fewer() -> None:
    estimate = SharpeEstimate(0.1, 1_500)
    found = sharpe_findings(estimate, 252, Tried(10_000, 0.0009, effective=2.0))[3]
    assert found.answer is UNCLEAR
    assert found.value is not None
    assert found.value < 0.5
    assert found.sentence.endswith("Many of them are alike: as 2.0 independent ones it is 99.9%.")


def test_trials_that_differ_by_more_than_chance_do_not_make_luck_of_an_edge() -> None:
    # A grid that holds an idea and its opposite: Sharpe ratios of 0.1 and -0.1 a period.
    mirrored = sharpe_findings(SharpeEstimate(0.1, 1_500), 252, Tried(10, 0.011))[3]
    assert mirrored.answer is UNCLEAR
    assert mirrored.value is not None
    assert mirrored.value < 0.05
    assert mirrored.sentence.endswith(
        "They differ by more than chance: had they the spread of worthless ones it is 98.9%."
    )
    weak = sharpe_findings(SharpeEstimate(0.03, 1_500), 252, Tried(10, 0.011))[3]
    assert weak.answer is FAILS


def test_trials_of_unknown_spread_leave_luck_open() -> None:
    found = sharpe_findings(SharpeEstimate(0.1, 1_500), 252, Tried(12))[3]
    assert (found.answer, found.value) == (UNCLEAR, None)
    assert (
        found.sentence == "How the 12 trials spread is not known; give the sweep that this result came from."
    )


def test_a_losing_record_fails_and_no_length_would_help() -> None:
    found = sharpe_findings(SharpeEstimate(-0.05, 1_000), 252, Tried(1))
    assert [one.answer for one in found] == [UNCLEAR, UNCLEAR, FAILS, FAILS]
    assert found[0].threshold is None


def test_an_account_that_never_moved_has_nothing_to_judge() -> None:
    found = sharpe_findings(None, 252, Tried(1))
    assert {one.answer for one in found} == {UNCLEAR}
    assert found[0].sentence == "The account never changed in value, so there is no Sharpe ratio to judge."
    lost = sharpe_findings(None, 252, Tried(1), is_ruined=True)[0]
    assert lost.sentence == "The account was ruined, so there is no Sharpe ratio to judge."


def test_a_single_trial_needs_no_length_of_data() -> None:
    found = sharpe_findings(SharpeEstimate(0.5, 5), 252, Tried(1))
    assert found[1].sentence == (
        "One strategy was tried, so no length of data is needed to outgrow the luck of a search."
    )
    assert found[0].sentence.endswith("there are only 8 days.")


@pytest.mark.parametrize(
    ("probability", "answer"), [(0.2, HOLDS), (0.3, UNCLEAR), (0.5, FAILS), (None, UNCLEAR)]
)
def test_overfitting_fails_from_one_half_on(probability: float | None, answer: Answer) -> None:
    assert overfitting_finding(probability, 9).answer is answer


@pytest.mark.parametrize(
    ("p_value", "answer"), [(0.05, HOLDS), (0.1, UNCLEAR), (0.2, FAILS), (None, UNCLEAR)]
)
def test_p_values_hold_up_to_one_in_twenty(p_value: float | None, answer: Answer) -> None:
    assert snooping_finding(p_value, 0.5, 9).answer is answer
    assert permutation_finding(p_value, 100, 0).answer is answer


def test_shuffles_too_few_to_reach_one_in_twenty_fail_nothing() -> None:
    assert permutation_finding(0.9, 18, 0).answer is UNCLEAR
    assert permutation_finding(0.9, 19, 0).answer is FAILS
    assert permutation_finding(None, 200, 0).sentence == (
        "There is no result that could be compared with those on shuffled bars."
    )


def test_costs_fail_when_twice_of_them_leave_nothing() -> None:
    assert cost_finding(paid(0.3), paid(0.1), paid(-0.1)).answer is HOLDS
    assert cost_finding(paid(0.3), paid(0.0), paid(-0.3)).answer is FAILS
    assert cost_finding(paid(-0.1), paid(-0.2), paid(-0.3)).answer is FAILS
    assert cost_finding(paid(0.3, costs=0.0), paid(0.3), paid(0.3)).answer is UNCLEAR
    idle = paid(0.0, costs=0.0) | {"trades": 0}
    assert cost_finding(idle, idle, idle).sentence == "No trade happened, so there were no costs to double."
    assert cost_finding(paid(0.3), paid(0.1), paid(-0.1)).sentence == (
        "At twice the costs it makes 10.0% and at three times -10.0%, instead of 30.0%."
    )


def test_the_quick_cost_check_takes_what_was_paid_off_once_more() -> None:
    found = quick_cost_finding(paid(0.3, costs=100.0), 1_000.0)
    assert found.answer is HOLDS
    assert found.value == pytest.approx(0.1)
    assert quick_cost_finding(paid(0.2, costs=100.0), 1_000.0).answer is FAILS
    assert quick_cost_finding(paid(0.3, costs=0.0), 1_000.0).answer is UNCLEAR


@pytest.mark.parametrize(
    ("here", "late", "answer"),
    [(2.0, 1.0, HOLDS), (2.0, 0.9, UNCLEAR), (2.0, 0.0, FAILS), (2.0, None, FAILS), (0.0, 0.0, UNCLEAR)],
)
def test_a_delay_may_take_half_of_the_sharpe_ratio(here: float, late: float | None, answer: Answer) -> None:
    assert delay_finding({"sharpe": here}, {"sharpe": late}).answer is answer


@pytest.mark.parametrize(
    ("around", "answer"),
    [
        ([1.0] * 7 + [0.9] * 3, HOLDS),
        ([1.0] * 6 + [0.9] * 4, UNCLEAR),
        ([1.0] * 4 + [0.9] * 6, FAILS),
        ([None, None], UNCLEAR),
    ],
)
def test_most_neighbours_must_keep_half_of_the_sharpe_ratio(
    around: list[float | None], answer: Answer
) -> None:
    assert neighbourhood_finding([2.0, *around]).answer is answer


def test_neighbours_that_could_not_be_run_do_not_count() -> None:
    found = neighbourhood_finding([2.0, 1.5, None])
    assert found.value == 1.0
    assert found.sentence == (
        "At least half of the Sharpe ratio is kept by 100% of the neighbouring parameter sets, 1 in all; their median is "
        "1.50, the run's 2.00, the worst 1.50."
    )


def test_a_neighbour_that_ran_and_never_traded_keeps_nothing() -> None:
    found = neighbourhood_finding([2.0, 1.5, None, None], [True, True, True, False])
    assert (found.answer, found.value) == (UNCLEAR, 0.5)


def test_a_trade_that_made_all_of_the_profit_fails() -> None:
    def answer(*pnl: float) -> Answer:
        return concentration_findings(a_record(pnl=pnl))[0].answer

    assert answer(*([1.0] * 12)) is HOLDS
    assert answer(10.0, *([0.5] * 12)) is UNCLEAR
    assert answer(10.0, *([-0.5] * 12)) is FAILS
    assert answer(*([-1.0] * 12)) is UNCLEAR
    assert answer(10.0, -0.5) is UNCLEAR
    alone = concentration_findings(a_record(pnl=(1.0,)))[0]
    assert alone.sentence == "1 trade is too few to say whether one of them is an exception."


def test_a_stretch_that_made_all_of_the_growth_fails() -> None:
    quarters = [np.full(100, change) for change in (0.01, -0.001, -0.001, -0.001)]
    assert concentration_findings(a_record(np.concatenate(quarters)))[1].answer is FAILS
    assert concentration_findings(a_record())[1].answer is HOLDS
    assert concentration_findings(a_record((0.01, -0.005) * 100))[1].answer is UNCLEAR


def test_only_a_gain_above_the_benchmark_holds() -> None:
    def answer(**statistics: Any) -> Answer:
        return benchmark_finding(a_record(benchmark=(0.02, -0.02) * 400, **statistics)).answer

    assert answer(total_return=0.3, benchmark_return=0.2, excess_return=0.1) is HOLDS
    assert answer(total_return=-0.1, benchmark_return=-0.2, excess_return=0.1) is UNCLEAR
    assert answer(total_return=0.1, benchmark_return=0.2, excess_return=-0.1, sharpe=1.0) is UNCLEAR
    assert answer(total_return=0.1, benchmark_return=0.2, excess_return=-0.1, sharpe=-1.0) is FAILS
    assert answer(benchmark_return=None, excess_return=None) is UNCLEAR


def test_a_drawdown_that_can_halve_the_account_fails() -> None:
    calm, cone = drawdown_finding(a_record(), resamples=200, seed=0)
    wild, _ = drawdown_finding(a_record((0.12, -0.11) * 200), resamples=200, seed=0)
    assert (calm.answer, wild.answer) == (HOLDS, FAILS)
    assert cone is not None
    assert cone["step"][0] == 0
    assert len(cone["equity"]) == len(cone["quantiles"])


def test_nothing_is_said_of_the_drawdowns_of_an_account_that_never_moved() -> None:
    idle, _ = drawdown_finding(a_record((0.0,) * 100), resamples=100, seed=0)
    short, _ = drawdown_finding(a_record((0.01,) * 3), resamples=100, seed=0)
    assert (idle.answer, short.answer) == (UNCLEAR, UNCLEAR)
    steady, _ = drawdown_finding(a_record((0.01,) * 100, max_drawdown=-0.0), resamples=100, seed=0)
    assert steady.sentence.startswith("The same returns in another order fall by 0.0% or more")


@pytest.mark.parametrize(
    ("change", "told"), [(0.123, "12.3%"), (-0.0002, "0.0%"), (-3.87, "-387.0%"), (5.9e51, "5.9e+53%")]
)
def test_a_change_is_told_in_a_readable_number(change: float, told: str) -> None:
    assert percent(change) == told


def test_a_handful_of_periods_neither_passes_nor_fails_a_test_of_luck() -> None:
    good = [Finding(check, HOLDS, "") for check in Check]
    bad = [Finding(Check.PERMUTATION, FAILS, ""), Finding(Check.DELAY, FAILS, "")]
    assert verdict_on(good, periods=20).answer is HOLDS
    assert verdict_on(good, periods=19).answer is UNCLEAR
    assert verdict_on(bad, periods=20).answer is FAILS
    assert verdict_on(bad, periods=19).answer is UNCLEAR
    assert verdict_on([Finding(Check.DRAWDOWN, FAILS, "ruined")], periods=3).answer is FAILS


def test_one_check_that_holds_is_told_in_the_singular() -> None:
    panel = verdict_on([Finding(Check.COSTS, HOLDS, ""), Finding(Check.REGIMES, UNCLEAR, "")])
    assert panel.sentence == "Luck cannot be ruled out yet: 1 of 2 checks holds and 1 cannot be told."


def test_the_gravest_group_of_failures_gives_the_sentence() -> None:
    late = Finding(Check.DELAY, FAILS, "late")
    luck = Finding(Check.PERMUTATION, FAILS, "luck")
    leak = Finding(Check.LOOK_AHEAD, FAILS, "leak")
    assert verdict_on([late]).sentence == (
        "Whatever edge there is does not survive real trading: one bar of delay ends it."
    )
    assert verdict_on([late, luck]).sentence == (
        "This looks like luck, not like an edge: it earns as much on shuffled bars."
    )
    panel = verdict_on([late, luck, leak])
    assert panel.sentence == "Do not trust this result: it uses the future."
    assert [one.check for one in panel.findings] == [Check.LOOK_AHEAD, Check.PERMUTATION, Check.DELAY]


def test_nothing_holds_without_luck_taken_off() -> None:
    good = [Finding(check, HOLDS, "") for check in Check if check is not Check.DEFLATED_SHARPE]
    assert verdict_on(good).answer is UNCLEAR
    whole = [*good, Finding(Check.DEFLATED_SHARPE, HOLDS, "")]
    assert verdict_on(whole).answer is HOLDS
    behind = [*whole, Finding(Check.BENCHMARK, FAILS, "")]
    assert verdict_on(behind).sentence == (
        "This result holds up: 19 of 20 checks hold; but buying and holding did as well or better."
    )


def test_a_finding_survives_json() -> None:
    found = Finding(Check.COSTS, UNCLEAR, "so so", float("nan"), 0.5, "House.")
    assert read_finding(finding_as_json(found)) == Finding(Check.COSTS, UNCLEAR, "so so", None, 0.5, "House.")

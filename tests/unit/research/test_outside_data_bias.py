"""Data that is joined by date or by row: what can be proved of it, and what is left to a person."""

import numpy as np

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.research.bias.lookahead import check_lookahead
from domain.research.bias.model import BiasKind, BiasReport
from domain.research.bias.outside import held_weights
from domain.strategies.protocol import BarContext, EventStrategy, Strategy, VectorisedStrategy
from tests.kit.bars import random_panel
from tests.kit.leaky_strategies import BARS, PAIRS, a_subject
from tests.kit.strategies import panel_closing_at

PANEL = random_panel(BARS, 1, seed=9)
MOVES = np.concatenate([PANEL.close[1:, 0] / PANEL.close[:-1, 0] - 1.0, [0.0]])
"""What the market does after each bar."""


def told(make: type[Strategy]) -> tuple[list[BiasKind], list[BiasKind]]:
    report: BiasReport = check_lookahead(a_subject(make, panel=PANEL))
    return [one.kind for one in report.findings], [one.kind for one in report.cautions]


class _Outside(VectorisedStrategy):
    """Owns the market where a list from somewhere else says so."""

    name = "outside"
    lookback = 1
    signal: FloatArray = MOVES

    def target(self, bars: Panel) -> FloatArray:
        return np.where(self.signal[: len(bars), np.newaxis] > 0.0, 1.0, 0.0)


def test_a_list_joined_by_row_that_knows_the_next_bar_is_found() -> None:
    assert told(_Outside) == ([BiasKind.FUTURE_JOIN], [])


def test_a_list_joined_by_row_that_knows_nothing_is_left_alone() -> None:
    class Noise(_Outside):
        signal = np.random.default_rng(1).normal(size=BARS)

    assert told(Noise) == ([], [])


def test_a_join_one_bar_late_is_no_proof_of_anything() -> None:
    class Late(_Outside):
        signal = np.concatenate([[0.0], MOVES[:-1]])

    assert told(Late) == ([], [])


def test_a_table_without_the_dates_of_another_time_counts_as_joined_by_date() -> None:
    table = dict(zip(PANEL.close_time.tolist(), MOVES.tolist(), strict=True))

    class Strict(_Outside):
        def target(self, bars: Panel) -> FloatArray:
            return np.array([[1.0 if table[time] > 0.0 else 0.0] for time in bars.close_time.tolist()])

    # Stamped a bar earlier its first date is missing too: nothing can be proved, and a person is told.
    assert told(Strict) == ([], [BiasKind.OUTSIDE_DATA])


def test_a_date_in_the_code_is_a_caution() -> None:
    crash = int(PANEL.close_time[200])

    class KnowsTheCrash(_Outside):
        def target(self, bars: Panel) -> FloatArray:
            return np.where(bars.close_time[:, np.newaxis] < crash, 1.0, 0.0)

    assert told(KnowsTheCrash) == ([], [BiasKind.OUTSIDE_DATA])


def _by_date(panel: Panel, signal: FloatArray) -> BiasReport:
    """A strategy that owns the market on the dates a table says so."""
    table = dict(zip(panel.close_time.tolist(), signal.tolist(), strict=True))

    class Dated(_Outside):
        def target(self, bars: Panel) -> FloatArray:
            return np.array([[table.get(time, 0.0)] for time in bars.close_time.tolist()])

    return check_lookahead(a_subject(Dated, panel=panel))


def test_a_market_that_any_lasting_signal_would_have_caught_is_no_proof() -> None:
    falling = np.arange(BARS) // 20 % 2 == 1
    panel = panel_closing_at((100.0 * np.cumprod(np.where(falling, 0.99, 1.01))).tolist())

    # What the bar just closed did: known, and nearly as good a bar later.
    report = _by_date(panel, np.where(falling, 0.0, 1.0))

    assert [one.kind for one in report.cautions] == [BiasKind.OUTSIDE_DATA]
    assert report.is_clean


def test_a_market_that_rose_all_along_is_no_foresight() -> None:
    panel = panel_closing_at((100.0 * 1.01 ** np.arange(BARS)).tolist())
    mostly = np.random.default_rng(2).random(BARS)

    report = _by_date(panel, mostly)

    assert [one.kind for one in report.cautions] == [BiasKind.OUTSIDE_DATA]
    assert report.is_clean


def test_an_event_strategy_that_reads_a_table_by_date_is_found() -> None:
    table = dict(zip(PANEL.close_time.tolist(), MOVES.tolist(), strict=True))

    class Reads(EventStrategy):
        name = "reads"
        lookback = 1

        def on_bar(self, context: BarContext) -> None:
            context.target(1.0 if table.get(context.time, 0.0) > 0.0 else 0.0)

    assert told(Reads) == ([BiasKind.FUTURE_JOIN], [])


def test_what_such_a_join_is_worth_is_the_run_with_the_data_a_bar_later() -> None:
    (finding,) = check_lookahead(PAIRS["future join"].leak()).findings

    behind = check_lookahead(PAIRS["future join"].honest()).cautions[0].effect
    assert finding.effect is not None
    assert behind is not None
    assert finding.effect.honest == behind.told


def test_a_weight_is_held_until_the_next_one() -> None:
    nan = np.nan
    asked = np.array([[nan, 0.5], [1.0, nan], [nan, nan], [0.0, -1.0]])

    np.testing.assert_array_equal(held_weights(asked), [[0.0, 0.5], [1.0, 0.5], [1.0, 0.5], [0.0, -1.0]])

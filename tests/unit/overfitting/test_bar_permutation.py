import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.market.bars import Bars, Panel
from domain.overfitting.permutation import p_value, permuted
from tests.kit.bars import an_instrument, bars_closing_at, random_bars, random_panel


def shuffled(panel: Panel, seed: int, start_row: int = 0, block: int = 1) -> Panel:
    return permuted(panel, np.random.default_rng(seed), start_row, block)


def gaps(panel: Panel, column: int = 0) -> FloatArray:
    rows = ~np.isnan(panel.close[:, column])
    open_, close = panel.open[rows, column], panel.close[rows, column]
    moves: FloatArray = np.log(open_[1:] / close[:-1])
    return moves


def insides(panel: Panel, column: int = 0) -> FloatArray:
    rows = ~np.isnan(panel.close[:, column])
    return np.column_stack(
        [
            *(
                np.log(getattr(panel, name)[rows, column] / panel.open[rows, column])
                for name in ("high", "low", "close")
            ),
            panel.volume[rows, column],
        ]
    )


def in_order(rows: FloatArray) -> FloatArray:
    return rows[np.lexsort(rows.round(12).T)]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), count=st.integers(3, 60), start=st.integers(0, 20), block=st.integers(1, 7)
)
def test_moves_are_dealt_anew_and_none_is_lost(seed: int, count: int, start: int, block: int) -> None:
    panel = random_panel(count, 2, seed)
    start_row = min(start, count - 1)

    other = shuffled(panel, seed, start_row, block)

    for column in range(2):
        assert np.sort(gaps(other, column)) == pytest.approx(np.sort(gaps(panel, column)), abs=1e-9)
        assert in_order(insides(other, column)) == pytest.approx(in_order(insides(panel, column)), abs=1e-9)
        assert other.close[-1, column] == pytest.approx(panel.close[-1, column], rel=1e-9)
    assert (other.close[: start_row + 1] == panel.close[: start_row + 1]).all()
    assert (other.low <= np.minimum(other.open, other.close)).all()
    assert (other.high >= np.maximum(other.open, other.close)).all()
    assert (other.close_time == panel.close_time).all()


def test_rows_up_to_the_start_stay_and_the_rest_moves() -> None:
    panel = random_panel(300, 1, 1)

    other = shuffled(panel, 2, start_row=99)

    for name in ("open", "high", "low", "close", "volume"):
        same = getattr(other, name)[:, 0] == getattr(panel, name)[:, 0]
        assert same[:100].all()
        assert same[100:].mean() < 0.05


def test_gaps_and_insides_are_dealt_apart() -> None:
    # Each gap is undone by its own bar: a strategy could fade it. Dealt apart, there is nothing to fade.
    rng = np.random.default_rng(1)
    jumps = rng.choice([0.99, 1.01], 400)
    panel = Panel.align([bars_closing_at([100.0] * 401, opens=[100.0, *(100.0 * jumps)])])

    other = shuffled(panel, 3)

    def fades(bars: Panel) -> float:
        return float(np.corrcoef(gaps(bars), np.log(bars.close[1:, 0] / bars.open[1:, 0]))[0, 1])

    assert fades(panel) == pytest.approx(-1.0, abs=1e-9)
    assert abs(fades(other)) < 0.15


def test_instruments_keep_moving_together() -> None:
    one = random_bars(500, 1)
    columns = (one.open**2.0, one.high**2.0, one.low**2.0, one.close**2.0, one.volume)
    scaled = Bars(an_instrument("TWO"), one.timeframe, one.close_time, *columns)
    panel = Panel.align([one, scaled])

    other = shuffled(panel, 4)

    assert other.close[:, 1] == pytest.approx(other.close[:, 0] ** 2.0, rel=1e-9)
    assert (other.close[1:-1, 0] != panel.close[1:-1, 0]).all()


def test_memory_is_lost_and_with_blocks_kept() -> None:
    rng = np.random.default_rng(2)
    moves = 0.02 * np.sin(np.arange(2_000) / 8.0) + rng.normal(0.0, 0.005, 2_000)
    panel = Panel.align([bars_closing_at(list(100.0 * np.exp(np.cumsum(moves))))])

    def memory(bars: Panel) -> float:
        returns = np.diff(np.log(bars.close[:, 0]))
        return float(np.corrcoef(returns[1:], returns[:-1])[0, 1])

    assert memory(panel) > 0.8
    assert abs(memory(shuffled(panel, 5))) < 0.05
    assert memory(shuffled(panel, 5, block=50)) > 0.75


def test_missing_bars_stay_where_they_are_and_later_listings_keep_their_first_bar() -> None:
    everyday = random_bars(200, 1)
    late = random_bars(200, 2, instrument=an_instrument("TWO"))
    weekdays = np.flatnonzero(np.arange(200) % 7 < 5)
    weekdays = weekdays[weekdays >= 50]
    panel = Panel.align(
        [
            everyday,
            Bars(late.instrument, late.timeframe, late.close_time[weekdays],
                 *(getattr(late, name)[weekdays] for name in ("open", "high", "low", "close", "volume"))),
        ]
    )  # fmt: skip

    other = shuffled(panel, 6)

    assert (np.isnan(other.close) == np.isnan(panel.close)).all()
    first = int(weekdays[0])
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(other, name)[first, 1] == getattr(panel, name)[first, 1]
    for column in range(2):
        assert np.sort(gaps(other, column)) == pytest.approx(np.sort(gaps(panel, column)), abs=1e-9)
        assert in_order(insides(other, column)) == pytest.approx(in_order(insides(panel, column)), abs=1e-9)
    assert (gaps(other, 1) != gaps(panel, 1)).mean() > 0.9


def test_every_order_is_as_likely_as_another() -> None:
    panel = Panel.align([bars_closing_at([100.0, 101.0, 103.02, 106.1106])])
    second_closes = [round(float(shuffled(panel, seed).close[1, 0]), 6) for seed in range(1_500)]

    # An open left out is the close before, so the bars' own moves are 1, 2 and 3 %: each comes first a third of the time.
    values, counts = np.unique(second_closes, return_counts=True)
    assert values.tolist() == pytest.approx([101.0, 102.0, 103.0], rel=1e-9)
    assert counts.tolist() == pytest.approx([500] * 3, abs=60)


def test_blocks_are_not_cut_at_the_same_rows_every_time() -> None:
    # Closes rise by 1 %, 2 %, ... so that a move names the bar it came from.
    steps = 1.0 + np.arange(1, 21) / 100.0
    panel = Panel.align([bars_closing_at(list(100.0 * np.cumprod(np.concatenate([[1.0], steps]))))])
    together = np.zeros(20)
    for seed in range(200):
        close = shuffled(panel, seed, block=5).close[:, 0]
        source = np.rint(100.0 * (close[1:] / close[:-1] - 1.0)).astype(np.int64)
        together[source[:-1][np.diff(source) == 1]] += 1

    # Any two neighbours stay together most of the time, and are parted some of it.
    assert together[1:].min() > 120
    assert together[1:].max() < 190


def test_the_same_generator_state_gives_the_same_bars() -> None:
    panel = random_panel(50, 2, 1)

    assert (shuffled(panel, 1).close == shuffled(panel, 1).close).all()
    assert (shuffled(panel, 1).close != shuffled(panel, 2).close).any()


def test_the_last_row_can_be_the_start_and_then_nothing_moves() -> None:
    panel = random_panel(10, 1, 1)

    assert (shuffled(panel, 1, start_row=9).close == panel.close).all()


@pytest.mark.parametrize(("start_row", "block"), [(-1, 1), (10, 1), (0, 0)])
def test_a_start_outside_the_panel_and_no_block_are_refused(start_row: int, block: int) -> None:
    with pytest.raises(InvalidInput, match=r"start_row|block"):
        shuffled(random_panel(10, 1, 1), 1, start_row, block)


def test_prices_at_or_below_zero_have_no_ratios() -> None:
    with pytest.raises(InvalidInput, match="at or below zero"):
        shuffled(Panel.align([bars_closing_at([1.0, -37.63, 2.0])]), 1)


def test_p_values_count_the_observed_result_itself() -> None:
    assert p_value(2.0, [1.0, 2.0, 3.0, 1.0]) == 3 / 5
    assert p_value(9.0, [1.0] * 99) == 0.01
    assert p_value(2.0, [1.0, 2.0, 3.0, 1.0], higher_is_better=False) == 4 / 5


def test_a_shuffle_that_differs_by_rounding_alone_is_as_good() -> None:
    below = np.nextafter(0.3, 0.0)
    assert p_value(0.3, [below] * 19) == 1.0
    assert p_value(-0.3, [-below] * 19, higher_is_better=False) == 1.0


def test_an_undefined_shuffle_is_not_as_good_and_an_undefined_result_has_no_p_value() -> None:
    assert p_value(2.0, [None, float("nan"), 3.0]) == 2 / 4
    assert p_value(None, [1.0]) is None
    assert p_value(float("nan"), [1.0]) is None
    assert p_value(2.0, []) is None

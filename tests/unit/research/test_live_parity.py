"""Fed bar by bar, strategies decide what the whole pass said, and where not the first bar is told."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.features.moving_averages import ema, sma
from domain.features.signals import shift
from domain.market.bars import Panel
from domain.research.bias.model import ParityReport
from domain.research.bias.parity import check_parity
from domain.strategies.decisions import Decisions
from domain.strategies.protocol import VectorisedStrategy
from tests.kit.bars import random_panel
from tests.kit.leaky_strategies import (
    BARS,
    PAIRS,
    DiceByInstrument,
    DiceInOrder,
    IndicatesAverage,
    IndicatesTomorrow,
    NegativeShift,
    PositiveShift,
    a_subject,
)


def compared(report: ParityReport) -> dict[str, int]:
    return dict(report.compared)


def test_an_honest_strategy_is_the_same_live() -> None:
    report = check_parity(a_subject(PositiveShift), window=11)

    assert report.is_clean
    assert compared(report)["growing"] == BARS - 9
    assert compared(report)["window"] == BARS - 10
    assert compared(report)["one object"] > 40
    assert f"Fed bar by bar it decides the same, bit for bit, on {BARS - 9} bars." in report.sentences


def test_the_first_bar_that_differs_is_told() -> None:
    subject = a_subject(NegativeShift)
    close = subject.panel.close[:, 0]
    first = next(row for row in range(9, BARS) if close[row + 1] > close[row])

    (growing, _) = check_parity(subject).differences

    assert (growing.feed, growing.row, growing.time) == ("growing", first, subject.panel.close_time[first])
    assert (growing.instrument, growing.vectorised, growing.live) == ("T0.XNAS", "1.0", "0.0")


@pytest.mark.parametrize(
    "name",
    ["centred window", "full-sample z-score", "resample label", "backfill", "model trained on the test span"],
)
def test_a_leak_of_the_strategy_breaks_parity(name: str) -> None:
    assert not check_parity(PAIRS[name].leak()).is_clean
    assert check_parity(PAIRS[name].honest()).is_clean


def test_a_window_that_is_too_short_for_what_is_remembered_is_told() -> None:
    class Exponential(PositiveShift):
        name = "exponential"

        def target(self, bars: Panel) -> FloatArray:
            return np.where(bars.close > ema(bars.close, 10), 1.0, 0.0)

    subject = a_subject(Exponential)

    short, long = check_parity(subject, window=12), check_parity(subject, window=250)

    assert [one.feed for one in short.differences] == ["window"]
    assert long.is_clean


def test_a_window_below_the_look_back_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"window: must be at least the look-back of 10 bars \(got 9\)"):
        check_parity(a_subject(PositiveShift), window=9)


def test_state_kept_from_call_to_call_is_told() -> None:
    class Remembers(PositiveShift):
        name = "remembers"
        _calls = 0

        def target(self, bars: Panel) -> FloatArray:
            self._calls += 1
            return super().target(bars) / self._calls

    (difference,) = check_parity(a_subject(Remembers)).differences

    assert difference.feed == "one object"


def test_random_numbers_in_the_order_of_the_bars_are_the_same_live() -> None:
    panel = random_panel(BARS, 2, 5)

    report = check_parity(a_subject(DiceInOrder, panel=panel))

    # One object goes on drawing, as it must: it is not compared.
    assert compared(report) == {"growing": BARS - 9}
    assert report.is_clean
    assert not check_parity(a_subject(DiceByInstrument, panel=panel)).is_clean


def test_event_strategies_are_compared_on_shorter_histories() -> None:
    honest, leaky = check_parity(a_subject(IndicatesAverage)), check_parity(a_subject(IndicatesTomorrow))

    assert honest.is_clean
    assert compared(honest)["growing"] > 40
    (difference,) = leaky.differences
    assert difference.instrument is None
    assert difference.live != difference.vectorised


class Swept(VectorisedStrategy):
    """Offers a sweep its decisions, honestly."""

    name = "swept"
    lookback = 5
    late = 0

    def target(self, bars: Panel) -> FloatArray:
        return np.where(bars.close > sma(bars.close, 5), 1.0, np.nan)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Any]) -> Decisions:
        targets = cls().target(bars)
        return Decisions.of_targets([shift(targets, cls.late) if cls.late else targets] * len(parameters))


def test_a_sweep_must_trade_what_a_single_run_trades() -> None:
    class SweptLate(Swept):
        name = "swept_late"
        late = 1

        @classmethod
        def decide_many(cls, bars: Panel, parameters: Sequence[Any]) -> Decisions:
            return super().decide_many(bars, parameters)

    honest, late = check_parity(a_subject(Swept)), check_parity(a_subject(SweptLate))

    assert compared(honest)["sweep"] == BARS
    assert honest.is_clean
    assert [one.feed for one in late.differences] == ["sweep"]


def test_long_histories_are_fed_their_newest_bars_unless_every_bar_is_asked_for() -> None:
    subject = a_subject(PositiveShift, panel=random_panel(2_600, 1, 3))

    assert compared(check_parity(subject))["growing"] == 2_500
    assert compared(check_parity(subject, every_bar=True))["growing"] == 2_591

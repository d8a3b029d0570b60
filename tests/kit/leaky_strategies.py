"""Ten ways to know the future, each beside the honest strategy it is mistaken for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.backtesting.inputs import RunInputs, read_inputs
from domain.features.moving_averages import sma
from domain.features.signals import shift
from domain.market.bars import Panel
from domain.market.corporate_actions import CorporateAction, Dividend, Split
from domain.research.bias.subject import Subject
from domain.strategies.protocol import BarContext, EventStrategy, Strategy, VectorisedStrategy
from tests.kit.backtests import a_spec
from tests.kit.bars import an_instrument, random_panel
from tests.kit.runs import BarsInMemory, closes_at, walk

BARS = 320


class _Rule(VectorisedStrategy):
    """A strategy that looks back ten bars."""

    @property
    def lookback(self) -> int:
        return 10


def _mean_of(values: FloatArray, window: int) -> FloatArray:
    """(T, N) plain trailing mean; NaN before the first full window."""
    out = np.full(values.shape, np.nan)
    if len(values) >= window:
        # Bar after bar of the window, so that a row has the same bits in data of any length.
        rows = len(values) - window + 1
        out[window - 1 :] = sum(values[first : first + rows] for first in range(window)) / window
    return out


def _owned_where(condition: BoolArray) -> FloatArray:
    return np.where(condition, 1.0, 0.0)


class CentredWindow(_Rule):
    name = "centred_window"

    def target(self, bars: Panel) -> FloatArray:
        centred = np.full(bars.shape, np.nan)
        centred[:-5] = _mean_of(bars.close, 11)[5:] if len(bars) > 5 else np.nan
        return _owned_where(bars.close < centred)


class TrailingWindow(_Rule):
    name = "trailing_window"

    def target(self, bars: Panel) -> FloatArray:
        trailing = _mean_of(bars.close, 11)
        return _owned_where(bars.close < trailing)


class NegativeShift(_Rule):
    name = "negative_shift"

    def target(self, bars: Panel) -> FloatArray:
        tomorrow = np.full(bars.shape, np.nan)
        tomorrow[:-1] = bars.close[1:]
        return _owned_where(tomorrow > bars.close)


class PositiveShift(_Rule):
    name = "positive_shift"

    def target(self, bars: Panel) -> FloatArray:
        return _owned_where(bars.close > shift(bars.close))


class FullSampleZscore(_Rule):
    name = "full_sample_zscore"

    def target(self, bars: Panel) -> FloatArray:
        score = (bars.close - bars.close.mean(axis=0)) / bars.close.std(axis=0)
        return _owned_where(score < -0.5)


class ExpandingZscore(_Rule):
    name = "expanding_zscore"

    def target(self, bars: Panel) -> FloatArray:
        count = np.arange(1, len(bars) + 1)[:, np.newaxis]
        mean = np.cumsum(bars.close, axis=0) / count
        deviation = np.sqrt(np.cumsum((bars.close - mean) ** 2, axis=0) / count)
        return _owned_where(bars.close - mean < -0.5 * deviation)


class WeeklyLabel(_Rule):
    """Joins each day with the bar of its whole week, stamped where the week begins."""

    name = "weekly_label"

    def target(self, bars: Panel) -> FloatArray:
        week = np.arange(len(bars)) // 5
        last = np.minimum(week * 5 + 4, len(bars) - 1)
        weekly = bars.close[last]
        return _owned_where(weekly > bars.close)


class WeeklyClosed(_Rule):
    """Joins each day with the last week that has closed."""

    name = "weekly_closed"

    def target(self, bars: Panel) -> FloatArray:
        week = (np.arange(len(bars)) + 1) // 5
        weekly = np.where(week[:, np.newaxis] > 0, bars.close[np.maximum(week * 5 - 1, 0)], np.nan)
        return _owned_where(weekly > bars.close)


class Backfill(_Rule):
    """A signal is there on some bars only; the bars before it get it too."""

    name = "backfill"

    def target(self, bars: Panel) -> FloatArray:
        filled = _last_known(_some_signal(bars)[::-1])[::-1]
        return _owned_where(filled > 0.0)


class ForwardFill(_Rule):
    name = "forward_fill"

    def target(self, bars: Panel) -> FloatArray:
        filled = _last_known(_some_signal(bars))
        return _owned_where(filled > 0.0)


def _last_known(values: FloatArray) -> FloatArray:
    known = np.where(np.isnan(values), 0, np.arange(len(values))[:, np.newaxis])
    return np.take_along_axis(values, np.maximum.accumulate(known, axis=0), axis=0)


def _some_signal(bars: Panel) -> FloatArray:
    signal = np.full(bars.shape, np.nan)
    signal[1:] = bars.close[1:] - bars.close[:-1]
    signal[np.arange(len(bars)) % 4 != 3] = np.nan
    return signal


class GlobalMaximum(_Rule):
    """Buys what is far below the highest price there ever was, or will be."""

    name = "global_maximum"

    def target(self, bars: Panel) -> FloatArray:
        return _owned_where(bars.close < 0.8 * np.max(bars.close, axis=0))


class RunningMaximum(_Rule):
    name = "running_maximum"

    def target(self, bars: Panel) -> FloatArray:
        return _owned_where(bars.close < 0.8 * np.maximum.accumulate(bars.close, axis=0))


class PriceLevel(_Rule):
    """Buys what is cheap in money: on adjusted prices, what will be split."""

    name = "price_level"

    def target(self, bars: Panel) -> FloatArray:
        return _owned_where(bars.close < 60.0)


class PriceAgainstItsPast(_Rule):
    name = "price_against_its_past"

    def target(self, bars: Panel) -> FloatArray:
        return _owned_where(bars.close < sma(bars.close, 10))


class FittedOnAll(_Rule):
    """A line through all pairs of this return and the next, then traded on the bars it was fitted on."""

    name = "fitted_on_all"

    def target(self, bars: Panel) -> FloatArray:
        features = _features(bars)
        fitted = _fit(features[:-1], _returns(bars)[1:])
        return _owned_where((features @ fitted)[:, np.newaxis] > 0.0)


class FittedBefore(_Rule):
    """The same model, fitted on the first hundred bars and traded on those that follow."""

    name = "fitted_before"

    @property
    def lookback(self) -> int:
        return 101

    def target(self, bars: Panel) -> FloatArray:
        features = _features(bars)
        if len(bars) <= 100:
            return np.full(bars.shape, np.nan)
        fitted = _fit(features[:99], _returns(bars)[1:100])
        decided = _owned_where((features @ fitted)[:, np.newaxis] > 0.0)
        decided[:100] = np.nan
        return decided


def _returns(bars: Panel) -> FloatArray:
    returns = np.zeros(len(bars))
    returns[1:] = bars.close[1:, 0] / bars.close[:-1, 0] - 1.0
    return returns


def _features(bars: Panel) -> FloatArray:
    returns = _returns(bars)
    earlier = np.concatenate([[0.0], returns[:-1]])
    return np.column_stack([np.ones(len(bars)), returns, earlier])


def _fit(features: FloatArray, answers: FloatArray) -> FloatArray:
    # Row after row, so that the sum of the first rows does not depend on how many follow.
    square = np.cumsum(features[:, :, np.newaxis] * features[:, np.newaxis, :], axis=0)[-1]
    product = np.cumsum(features * answers[:, np.newaxis], axis=0)[-1]
    return np.asarray(np.linalg.solve(square + 1e-9 * np.eye(3), product), dtype=np.float64)


def _joined(name: str, early_by: int, panel: Panel) -> type[VectorisedStrategy]:
    """Looks up by date how the market moves: of the next bar, or of the last one."""
    moves = np.zeros(len(panel))
    moves[1:] = panel.close[1:, 0] / panel.close[:-1, 0] - 1.0
    known = np.roll(moves, -early_by)
    table = dict(zip(panel.close_time.tolist(), known.tolist(), strict=True))

    class Joined(_Rule):
        def target(self, bars: Panel) -> FloatArray:
            outside = np.array([table.get(time, 0.0) for time in bars.close_time.tolist()])
            return np.repeat(_owned_where(outside > 0.0)[:, np.newaxis], bars.shape[1], axis=1)

    Joined.name = name
    return Joined


class UnusedPeek(_Rule):
    """Computes tomorrow's price and decides without it."""

    name = "unused_peek"

    def target(self, bars: Panel) -> FloatArray:
        tomorrow = np.full(bars.shape, np.nan)
        tomorrow[:-1] = bars.close[1:]
        return _owned_where(bars.close > shift(bars.close))


class HalfMonths(_Rule):
    """Owns the market in the first half of each month: reads dates, and no table of them."""

    name = "half_months"

    def target(self, bars: Panel) -> FloatArray:
        times = bars.close_time.astype("datetime64[ns]")
        day = (times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(np.int64)
        return np.repeat(_owned_where(day < 15)[:, np.newaxis], bars.shape[1], axis=1)


class DiceInOrder(_Rule):
    name = "dice_in_order"

    def target(self, bars: Panel) -> FloatArray:
        return self.random.random(bars.shape)


class DiceByInstrument(_Rule):
    """All numbers of the first instrument, then all of the second: how many there are decides which."""

    name = "dice_by_instrument"

    def target(self, bars: Panel) -> FloatArray:
        return np.column_stack([self.random.random(len(bars)) for _ in bars.instruments])


class CountsBackwards(_Rule):
    name = "counts_backwards"

    def target(self, bars: Panel) -> FloatArray:
        return np.repeat(np.linspace(0.0, 1.0, len(bars))[:, np.newaxis], bars.shape[1], axis=1)


class _Indicated(EventStrategy):
    """Buys ten units at a limit below the close while its indicator is above the price, else closes."""

    @property
    def lookback(self) -> int:
        return 10

    def on_bar(self, context: BarContext) -> None:
        value = context.indicator("value")
        if np.isnan(value):
            return
        context.cancel_all()
        if value > context.close() and context.position() == 0.0:
            context.buy(10.0, limit=context.close())
        elif value <= context.close():
            context.close_position()


class IndicatesTomorrow(_Indicated):
    name = "indicates_tomorrow"

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"value": np.concatenate([bars.close[1:], bars.close[-1:]])}


class IndicatesAverage(_Indicated):
    name = "indicates_average"

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"value": sma(bars.close, 10)}


class KeepsTheBars(EventStrategy):
    """Keeps the panel its indicators were made from, and reads tomorrow in it."""

    name = "keeps_the_bars"

    @property
    def lookback(self) -> int:
        return 1

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        self._kept = bars
        return {}

    def on_bar(self, context: BarContext) -> None:
        tomorrow = min(context.index + 1, len(self._kept) - 1)
        context.target(1.0 if self._kept.close[tomorrow, 0] > context.close() else 0.0)


@dataclass(frozen=True)
class Pair:
    """A leak and the honest strategy next to it, each with the run it is tried in."""

    leak: Callable[[], Subject]
    honest: Callable[[], Subject]


def a_subject(make: type[Strategy], *, panel: Panel | None = None, **changes: Any) -> Subject:
    """This strategy over random bars, with the default costs unless changed."""
    used = _PANEL if panel is None else panel
    ids = tuple(instrument.id for instrument in used.instruments)
    spec = a_spec(**{"strategy": make.name, "parameters": {}, "instruments": ids, **changes})
    return Subject(spec, RunInputs(used), lambda: make.configured({}, spec.seed))


def adjusted_subject(make: type[Strategy], actions: tuple[CorporateAction, ...]) -> Subject:
    """Over daily bars of sixty weeks that are adjusted for these actions."""
    share = an_instrument()
    store = BarsInMemory([walk(share, closes_at(21, weeks=60), 1)], actions)
    spec = a_spec(strategy=make.name, parameters={}, instruments=(share.id,))
    return Subject(spec, read_inputs(store, spec), lambda: make.configured({}, spec.seed), store)


SPLITS: tuple[CorporateAction, ...] = (
    Split(date(2020, 6, 15), 2.0),
    Dividend(date(2020, 9, 14), 0.7),
    Split(date(2020, 12, 14), 1.5),
)


def _plain(make: type[Strategy], **changes: Any) -> Callable[[], Subject]:
    return lambda: a_subject(make, **changes)


_PANEL = random_panel(BARS, 1, seed=5)
_RISING_LATE = random_panel(BARS, 1, seed=3)

PAIRS: dict[str, Pair] = {
    "centred window": Pair(_plain(CentredWindow), _plain(TrailingWindow)),
    "negative shift": Pair(_plain(NegativeShift), _plain(PositiveShift)),
    "full-sample z-score": Pair(_plain(FullSampleZscore), _plain(ExpandingZscore)),
    "same-bar close fill": Pair(
        _plain(PositiveShift, fill="same_close"), _plain(PositiveShift, fill="next_close")
    ),
    "future join": Pair(_plain(_joined("join_ahead", 1, _PANEL)), _plain(_joined("join_behind", 0, _PANEL))),
    "resample label": Pair(_plain(WeeklyLabel), _plain(WeeklyClosed)),
    "backfill": Pair(_plain(Backfill), _plain(ForwardFill)),
    "global maximum": Pair(
        _plain(GlobalMaximum, panel=_RISING_LATE), _plain(RunningMaximum, panel=_RISING_LATE)
    ),
    "adjusted price of a later date": Pair(
        lambda: adjusted_subject(PriceLevel, SPLITS), lambda: adjusted_subject(PriceAgainstItsPast, SPLITS)
    ),
    "model trained on the test span": Pair(_plain(FittedOnAll), _plain(FittedBefore)),
}

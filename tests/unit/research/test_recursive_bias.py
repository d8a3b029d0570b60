"""How long indicators remember, measured against what their formulas say, and too short look-backs."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.features.momentum import macd, rsi
from domain.features.moving_averages import ema, sma
from domain.features.signals import hold
from domain.market.bars import Panel
from domain.research.bias.model import BiasKind, BiasReport, WarmUp
from domain.research.bias.recursive import check_recursive
from domain.strategies.protocol import BarContext, EventStrategy, VectorisedStrategy
from tests.kit.bars import random_panel
from tests.kit.leaky_strategies import ExpandingZscore, a_subject

PANEL = random_panel(900, 1, seed=8)
CLOSE = PANEL.close[:, 0]
TOLERANCE = 1e-6
STARTS = [60, 150, 290]


def a_strategy(
    indicator: Callable[[FloatArray], FloatArray], lookback: int, *, opaque: bool = False
) -> type[VectorisedStrategy]:
    """Owns the market while the price is above the indicator; opaque keeps no name for what it computes."""

    class Above(VectorisedStrategy):
        name = "above"

        @property
        def lookback(self) -> int:
            return lookback

        def target(self, bars: Panel) -> FloatArray:
            if opaque:
                return hold(
                    bars.close > indicator(bars.close) * 1.0, bars.close < indicator(bars.close) * 1.0
                )
            line = indicator(bars.close)
            return hold(bars.close > line, bars.close < line)

    return Above


def checked(make: type[VectorisedStrategy] | type[EventStrategy], **options: object) -> BiasReport:
    return check_recursive(a_subject(make, panel=PANEL), starts=STARTS, **options)  # type: ignore[arg-type]


def warm_up_of(report: BiasReport, name: str) -> WarmUp:
    (found,) = (one for one in report.warm_ups if name in one.subject)
    return found


def settled_by_brute_force(indicator: Callable[[FloatArray], FloatArray]) -> int:
    """The smallest history from which on no run that begins later is off by more than the tolerance."""
    full = indicator(CLOSE)
    usual = float(np.nanmedian(np.abs(full)))
    needed = 0
    for start in STARTS:
        off = np.abs(indicator(CLOSE[start:]) - full[start:]) / np.maximum(np.abs(full[start:]), usual)
        wrong = [bars + 1 for bars in range(len(off)) if not off[bars] <= TOLERANCE]
        needed = max(needed, wrong[-1] + 1)
    return needed


def test_an_exponential_average_settles_when_its_formula_says_so() -> None:
    window = 20
    full = ema(CLOSE, window)
    usual = float(np.nanmedian(full))
    needed = 0
    for start in STARTS:
        # It is seeded with a mean; what that is off by shrinks by (1 - 2 / (window + 1)) a bar.
        seed = CLOSE[start : start + window].mean() - full[start + window - 1]
        bars = np.arange(window, 600)
        off = (
            abs(seed) * (1 - 2 / (window + 1)) ** (bars - window) / np.maximum(full[start + bars - 1], usual)
        )
        needed = max(needed, int(bars[np.flatnonzero(off > TOLERANCE)[-1]]) + 1)

    found = warm_up_of(checked(a_strategy(lambda close: ema(close, window), window)), "ema(window=20)")

    assert (found.available, found.stable) == (window, needed)
    assert found.fades
    assert found.exact is not None
    assert found.exact > needed


@pytest.mark.parametrize(
    ("subject", "over", "first"),
    [
        ("ema(window=12)", lambda close: ema(close, 12), 12),
        ("rsi(window=14)", lambda close: rsi(close, 14), 15),
        ("macd(fast=12, slow=26, signal=9).signal", lambda close: macd(close).signal, 34),
    ],
)
def test_recursive_indicators_report_their_true_warm_up(
    subject: str, over: Callable[[FloatArray], FloatArray], first: int
) -> None:
    # The signal of a MACD lies around nothing; on top of the price it is a line to be above.
    line = (lambda close: close + over(close)) if subject.startswith("macd") else over

    report = checked(a_strategy(line, first))

    found = warm_up_of(report, subject)
    assert (found.available, found.stable) == (first, settled_by_brute_force(over))
    assert found.stable is not None
    assert found.stable > 4 * first
    assert report.is_clean
    cautions = {one.subject: one for one in report.cautions}
    assert {one.kind for one in cautions.values()} == {BiasKind.SLOW_WARM_UP}
    assert cautions[found.subject].bars_back == found.stable
    assert found.at_lookback is not None
    assert found.at_lookback > 1e-3
    effect = cautions[found.subject].effect
    assert effect is not None
    assert effect.gain != 0.0


def test_a_larger_tolerance_settles_earlier() -> None:
    strategy = a_strategy(lambda close: ema(close, 20), 20)

    strict, lax = (
        warm_up_of(checked(strategy, tolerance=tolerance), "ema").stable for tolerance in (1e-9, 1e-3)
    )

    assert strict is not None
    assert lax is not None
    assert strict - lax == pytest.approx(np.log(1e-6) / np.log(1 - 2 / 21), abs=12)


def test_what_still_fades_when_the_data_ends_is_no_proof_that_it_never_settles() -> None:
    short = a_subject(a_strategy(lambda close: ema(close, 40), 40), panel=PANEL.take(slice(0, 360)))

    report = check_recursive(short, starts=[200])

    assert warm_up_of(report, "ema").stable is None
    assert report.is_clean
    (caution,) = report.cautions
    assert caution.kind is BiasKind.SLOW_WARM_UP
    assert "it has not settled within the data, so check it on more" in caution.sentence


def test_a_start_with_too_few_bars_to_settle_does_not_hide_what_another_one_showed() -> None:
    subject = a_subject(a_strategy(lambda close: ema(close, 20), 20), panel=PANEL)

    alone, beside = (check_recursive(subject, starts=starts) for starts in ([100], [100, 860]))

    assert warm_up_of(beside, "ema").stable == warm_up_of(alone, "ema").stable is not None


def test_a_window_is_exact_once_it_is_full_and_needs_no_word() -> None:
    report = checked(a_strategy(lambda close: sma(close, 50), 50))

    found = warm_up_of(report, "sma(window=50)")
    assert (found.available, found.stable, found.exact, found.fades) == (50, 50, 50, False)
    assert found.at_lookback == 0.0
    assert (report.findings, report.cautions) == ((), ())


def test_a_look_back_shorter_than_the_first_value_is_caught() -> None:
    report = checked(a_strategy(lambda close: sma(close, 50), 20))

    (finding,) = report.findings
    assert (finding.kind, finding.bars_back) == (BiasKind.SHORT_LOOKBACK, 50)
    assert (
        "has its first value after 50 bars, but the strategy declares a look-back of 20" in finding.sentence
    )
    assert finding.effect is not None
    # Fed twenty bars it never has an average, and never trades.
    assert finding.effect.honest.trades == 0


def _eager_mean(close: FloatArray) -> FloatArray:
    """Mean of the last 50, or of as many as there are."""
    total = np.concatenate([np.zeros((1, close.shape[1])), np.cumsum(close, axis=0)])
    rows = np.arange(1, len(close) + 1)
    first = np.maximum(rows - 50, 0)
    mean: FloatArray = (total[rows] - total[first]) / (rows - first)[:, np.newaxis]
    return mean


def test_a_window_that_is_used_before_it_is_full_is_caught() -> None:
    report = checked(a_strategy(_eager_mean, 20))

    # Sums since the beginning differ in their last bits; what counts is where the difference ends.
    (finding,) = report.findings
    assert (finding.kind, finding.bars_back) == (BiasKind.SHORT_LOOKBACK, 50)
    assert "is made of 50 bars" in finding.sentence


def test_a_strategy_that_shows_no_indicator_is_judged_by_its_decisions() -> None:
    def hidden(close: FloatArray) -> FloatArray:
        out = np.full(close.shape, np.nan)
        if len(close) >= 50:
            out[49:] = (_eager_mean(close) * 1.0)[49:]
        return out

    short, enough = (checked(a_strategy(hidden, lookback, opaque=True)) for lookback in (20, 50))

    (finding,) = short.findings
    assert (finding.kind, finding.subject) == (BiasKind.SHORT_LOOKBACK, "target")
    assert "when the strategy is shown no more than the 20 bars" in finding.sentence
    assert enough.is_clean


def test_a_statistic_of_everything_since_the_beginning_never_settles() -> None:
    report = checked(ExpandingZscore)

    assert {one.kind for one in report.findings} == {BiasKind.NEVER_SETTLES}
    assert {one.subject for one in report.findings} == {"mean", "deviation"}
    assert warm_up_of(report, "mean").stable is None


def test_what_never_settles_and_changes_no_late_decision_is_a_caution() -> None:
    class Unused(VectorisedStrategy):
        name = "unused"
        lookback = 1

        def target(self, bars: Panel) -> FloatArray:
            growth = np.cumprod(bars.close / bars.close[0], axis=0) ** 0.01
            return np.where(np.isfinite(growth), 1.0, np.nan)

    report = checked(Unused)

    assert report.is_clean
    assert [one.kind for one in report.cautions] == [BiasKind.NEVER_SETTLES]


def test_a_decision_before_the_look_back_is_full_is_told() -> None:
    class Hasty(VectorisedStrategy):
        name = "hasty"
        lookback = 30

        def target(self, bars: Panel) -> FloatArray:
            return np.where(np.arange(len(bars))[:, np.newaxis] >= 9, 1.0, 0.0)

    (caution,) = checked(Hasty).cautions

    assert caution.kind is BiasKind.EARLY_DECISION
    assert "made after 10 bars, before the declared look-back of 30 is full" in caution.sentence


def test_indicators_of_an_event_strategy_are_measured_too() -> None:
    class Averages(EventStrategy):
        name = "averages"
        lookback = 20

        def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
            return {"fast": ema(bars.close, 5), "slow": sma(bars.close, 40)}

        def on_bar(self, context: BarContext) -> None:
            if context.indicator("fast") > context.indicator("slow"):
                context.target(1.0)

    report = checked(Averages)

    assert [(one.subject, one.available, one.fades) for one in report.warm_ups] == [
        ("fast", 5, True),
        ("slow", 40, False),
    ]
    assert [(one.kind, one.subject) for one in report.findings] == [(BiasKind.SHORT_LOOKBACK, "slow")]


@pytest.mark.parametrize("start", [0, 900, -3])
def test_a_start_outside_the_run_is_refused(start: int) -> None:
    with pytest.raises(InvalidInput, match="must be rows from 1 to 899"):
        check_recursive(a_subject(ExpandingZscore, panel=PANEL), starts=[start])

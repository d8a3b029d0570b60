"""Every indicator in both its forms, so that one test can hold all of them to one rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.features.channels import RunningBollinger, RunningDonchian, bollinger, donchian
from domain.features.momentum import RunningMacd, RunningRoc, RunningRsi, macd, roc, rsi
from domain.features.moving_averages import RunningEma, RunningSma, ema, sma
from domain.features.volatility import (
    RunningAtr,
    RunningRealisedVolatility,
    RunningZscore,
    atr,
    realised_volatility,
    zscore,
)


@dataclass(frozen=True)
class IndicatorCase:
    """`over` computes the whole history; `running` makes the twin that is fed bar by bar.

    warm_up is the number of rows before the first value.
    """

    columns: tuple[str, ...]
    over: Callable[..., Any]
    running: Callable[[], Any]
    warm_up: int

    def history(self, bars: Mapping[str, FloatArray]) -> FloatArray:
        """(lines, T) or (lines, T, N): the indicator over all bars."""
        answer = self.over(*(bars[column] for column in self.columns))
        return np.stack(answer) if isinstance(answer, tuple) else answer[np.newaxis]

    def bar_by_bar(self, bars: Mapping[str, FloatArray]) -> FloatArray:
        """(lines, T): the twin, fed one bar after another."""
        twin = self.running()
        answers = [
            twin.update(*map(float, values))
            for values in zip(*(bars[column] for column in self.columns), strict=True)
        ]
        return np.array([answer if isinstance(answer, tuple) else (answer,) for answer in answers]).T


CLOSE = ("close",)

INDICATORS: dict[str, IndicatorCase] = {
    "sma": IndicatorCase(CLOSE, lambda c: sma(c, 20), lambda: RunningSma(20), 19),
    "sma of one bar": IndicatorCase(CLOSE, lambda c: sma(c, 1), lambda: RunningSma(1), 0),
    "sma of volume": IndicatorCase(("volume",), lambda v: sma(v, 50), lambda: RunningSma(50), 49),
    "long sma": IndicatorCase(CLOSE, lambda c: sma(c, 300), lambda: RunningSma(300), 299),
    "ema": IndicatorCase(CLOSE, lambda c: ema(c, 20), lambda: RunningEma(20), 19),
    "rsi": IndicatorCase(CLOSE, lambda c: rsi(c, 14), lambda: RunningRsi(14), 14),
    "macd": IndicatorCase(CLOSE, lambda c: macd(c, 12, 26, 9), lambda: RunningMacd(12, 26, 9), 33),
    "roc": IndicatorCase(CLOSE, lambda c: roc(c, 10), lambda: RunningRoc(10), 10),
    "atr": IndicatorCase(
        ("high", "low", "close"),
        lambda high, low, close: atr(high, low, close, 14),
        lambda: RunningAtr(14),
        14,
    ),
    "z-score": IndicatorCase(CLOSE, lambda c: zscore(c, 20), lambda: RunningZscore(20), 19),
    "bollinger": IndicatorCase(CLOSE, lambda c: bollinger(c, 20, 2.0), lambda: RunningBollinger(20, 2.0), 19),
    "long bollinger": IndicatorCase(
        CLOSE, lambda c: bollinger(c, 270, 1.5), lambda: RunningBollinger(270, 1.5), 269
    ),
    "donchian": IndicatorCase(
        ("high", "low"),
        lambda high, low: donchian(high, low, 20),
        lambda: RunningDonchian(20),
        19,
    ),
    "realised volatility": IndicatorCase(
        CLOSE, lambda c: realised_volatility(c, 20), lambda: RunningRealisedVolatility(20), 20
    ),
}

"""Sharpe ratio and volatility over the last twelve months, as they were known along the way."""

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import TimeScale, ValueScale
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.downsampling import extreme_rows
from domain.performance.adapters.charts.plot import fractions, grid, level, line, plot, stretched, time_axis
from domain.performance.adapters.formatting import Figure
from domain.performance.tear_sheet import MeasuredReturns

_BUCKETS = 300
_HOVER_BUCKETS = 120
_WINDOWS_NEEDED = 1.25


def rolling_statistics(
    returns: FloatArray, window: int, periods_per_year: int
) -> tuple[FloatArray, FloatArray]:
    """Annualised volatility (ddof 1) and Sharpe ratio (risk-free rate 0) of each full window.

    Shapes (R - window + 1,). Row i uses returns i to i + window - 1 and nothing later. Sharpe is NaN
    where returns do not vary.
    """
    centre = float(returns.mean())
    sums = np.concatenate([[0.0], np.cumsum(returns - centre)])
    squares = np.concatenate([[0.0], np.cumsum((returns - centre) ** 2)])
    total = sums[window:] - sums[:-window]
    variance = (squares[window:] - squares[:-window] - total**2 / window) / (window - 1)
    # Differences of running sums leave dust where the truth is no variation at all.
    dust = 1e-12 * max(float(squares[-1]), 1e-300)
    deviation = np.sqrt(np.where(variance > dust, variance, 0.0))
    mean = total / window + centre
    with np.errstate(divide="ignore", invalid="ignore"):
        sharpe = np.where(deviation > 0, mean / deviation * np.sqrt(periods_per_year), np.nan)
    return deviation * np.sqrt(periods_per_year), sharpe


def rolling_chart(returns: MeasuredReturns, periods_per_year: int) -> Chart | None:
    """None with less than fifteen months of returns: a line needs some length to be read."""
    known = np.isfinite(returns.value)
    value, time = returns.value[known], returns.time[known]
    window = periods_per_year
    if window < 2 or value.size < window * _WINDOWS_NEEDED:  # noqa: PLR2004 - ddof 1 needs two
        return None
    volatility, sharpe = rolling_statistics(value, window, periods_per_year)
    return _drawn(time[window - 1 :], sharpe, volatility)


def _drawn(times: TimeArray, sharpe: FloatArray, volatility: FloatArray) -> Chart:
    time = TimeScale(int(times[0]), int(times[-1]))
    up = ValueScale.around(sharpe, include=0.0, headroom=0.08)
    wide = ValueScale.around(volatility, include=0.0, headroom=0.08)
    wide = ValueScale(0.0, wide.high)
    panels = (
        Panel(
            plot(
                "rolling",
                "Sharpe ratio over the last twelve months.",
                time_axis(time, labelled=False),
                grid(up, formatting.axis_number, 4),
                level(up, 0.0, "zero"),
                stretched(_path("strategy", times, sharpe, time, up)),
            ),
            "Sharpe ratio",
        ),
        Panel(
            plot(
                "rolling",
                "Annualised volatility over the last twelve months.",
                time_axis(time),
                grid(wide, formatting.axis_percent, 3),
                stretched(_path("volatility", times, volatility, time, wide)),
            ),
            "Volatility",
        ),
    )
    last = _texts(sharpe, volatility, times.size - 1)
    keys = (
        Key("Sharpe ratio", "strategy", Figure(last[0])),
        Key("Volatility", "volatility", Figure(last[1])),
    )
    when = formatting.day(formatting.day_of(int(times[-1])))
    return Chart("rolling", panels, keys, when, _hover(times, sharpe, volatility, time, up, wide))


def _path(css: str, times: TimeArray, values: FloatArray, time: TimeScale, scale: ValueScale) -> str:
    rows = extreme_rows(values, _BUCKETS)
    return line(css, time.fraction(times[rows]), scale.fraction(values[rows]))


def _texts(sharpe: FloatArray, volatility: FloatArray, row: int) -> list[str]:
    ratio = float(sharpe[row])
    return [
        formatting.number(ratio) if np.isfinite(ratio) else formatting.DASH,
        formatting.percent(float(volatility[row])),
    ]


def _hover(
    times: TimeArray,
    sharpe: FloatArray,
    volatility: FloatArray,
    time: TimeScale,
    up: ValueScale,
    wide: ValueScale,
) -> Hover:
    rows = extreme_rows(volatility, _HOVER_BUCKETS)
    texts = [
        [formatting.day(formatting.day_of(int(times[row]))), *_texts(sharpe, volatility, int(row))]
        for row in rows
    ]
    known = np.isfinite(sharpe[rows])
    heights = fractions(up.fraction(np.where(known, sharpe[rows], 0.0)))
    tops = [top if shown else None for top, shown in zip(heights, known.tolist(), strict=True)]
    dots = [
        Dots(0, "strategy", tops),
        Dots(1, "volatility", [*fractions(wide.fraction(volatility[rows]))]),
    ]
    return Hover(np.round(time.fraction(times[rows]), 5).tolist(), texts, dots)

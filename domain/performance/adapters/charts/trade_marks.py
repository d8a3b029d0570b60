"""Price of an instrument with the trades on it: where each began, where it ended, won or lost."""

import numpy as np

from domain.arrays import IntArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import TimeScale, ValueScale
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.downsampling import extreme_rows
from domain.performance.adapters.charts.plot import fractions, grid, line, plot, stretched, time_axis
from domain.performance.adapters.charts.svg import Markup, element, from_bottom, percentage
from domain.performance.adapters.formatting import Figure
from domain.performance.tear_sheet import PriceLine, TearSheet, TradeMarks

MOST_CHARTS = 6
MOST_MARKS = 240
_BUCKETS = 600
_HOVER_BUCKETS = 200
_RANGE_THAT_NEEDS_A_LOGARITHM = 5.0


def price_charts(sheet: TearSheet, *, intraday: bool) -> tuple[Chart, ...]:
    """The instruments traded most, at most six; each with its largest trades marked."""
    chosen = charted_instruments(sheet)
    share = max(1, len(chosen))
    return tuple(
        _price_chart(
            sheet.prices[index],
            sheet.trades.take(sheet.trades.instrument == index),
            f"price-{rank}",
            share,
            intraday=intraday,
        )
        for rank, index in enumerate(chosen)
    )


def charted_instruments(sheet: TearSheet) -> tuple[int, ...]:
    """Instruments with prices, most traded first."""
    counts = np.bincount(sheet.trades.instrument, minlength=len(sheet.prices))
    order = np.argsort(-counts, kind="stable")[:MOST_CHARTS]
    return tuple(int(index) for index in order if bool(np.isfinite(sheet.prices[index].close).any()))


def largest_trades(trades: TradeMarks, limit: int) -> IntArray:
    """Rows of the trades with the largest profit or loss, in their own order."""
    if len(trades) <= limit:
        return np.arange(len(trades), dtype=np.int64)
    size = np.nan_to_num(np.abs(trades.pnl), nan=0.0)
    return np.sort(np.argsort(-size, kind="stable")[:limit]).astype(np.int64)


def _price_chart(price: PriceLine, trades: TradeMarks, name: str, share: int, *, intraday: bool) -> Chart:
    marked = trades.take(largest_trades(trades, MOST_MARKS // share))
    time = TimeScale(int(price.close_time[0]), int(price.close_time[-1]))
    scale = _scale(price)
    rows = extreme_rows(price.close, _BUCKETS // min(share, 2))
    path = line("price", time.fraction(price.close_time[rows]), scale.fraction(price.close[rows]))
    drawing = plot(
        "price",
        f"Price of {price.instrument} with {formatting.counted(len(marked), 'trade', 'trades')} marked.",
        time_axis(time),
        grid(scale, formatting.axis_number, 5 if share == 1 else 3),
        stretched(path),
        _marks(price, marked, time, scale, intraday=intraday),
    )
    last = int(extreme_rows(price.close, 1)[-1])
    return Chart(
        name,
        (Panel(drawing),),
        keys=(Key(price.instrument, "price", Figure(formatting.price(float(price.close[last])))),),
        when=formatting.bar_time(int(price.close_time[last]), intraday=intraday),
        hover=_hover(price, time, scale, share, intraday=intraday),
        notes=_notes(len(trades), len(marked), scale),
    )


def _scale(price: PriceLine) -> ValueScale:
    known = price.close[np.isfinite(price.close)]
    wide = bool((known > 0).all()) and float(known.max() / known.min()) > _RANGE_THAT_NEEDS_A_LOGARITHM
    return ValueScale.around(known, logarithmic=wide)


def _marks(
    price: PriceLine, trades: TradeMarks, time: TimeScale, scale: ValueScale, *, intraday: bool
) -> Markup:
    return element(
        "g",
        {"class": "trades", "aria-hidden": "true"},
        *(_mark(price, trades, row, time, scale, intraday=intraday) for row in range(len(trades))),
    )


def _mark(
    price: PriceLine, trades: TradeMarks, row: int, time: TimeScale, scale: ValueScale, *, intraday: bool
) -> Markup:
    moments = (int(trades.entry_time[row]), int(trades.exit_time[row]))
    prices = [_close_at(price, moment) for moment in moments]
    if not np.isfinite(prices).all():
        return Markup("")
    x = [percentage(min(1.0, max(0.0, time.at(moment)))) for moment in moments]
    y = [from_bottom(scale.at(price)) for price in prices]
    side = "long" if trades.quantity[row] > 0 else "short"
    outcome = "win" if trades.pnl[row] > 0 else "loss"
    parts = [
        element("title", {}, _told(trades, row, intraday=intraday)),
        element("line", {"x1": x[0], "x2": x[1], "y1": y[0], "y2": y[1]}),
        element("use", {"href": f"#mark-{side}", "x": x[0], "y": y[0]}),
    ]
    if not trades.is_open[row]:
        parts.append(element("use", {"href": "#mark-exit", "x": x[1], "y": y[1]}))
    return element("g", {"class": outcome}, *parts)


def _close_at(price: PriceLine, moment: int) -> float:
    """Where a mark lies: on the line. A trade's own prices are averages of all its orders."""
    row = int(np.searchsorted(price.close_time, moment, "right")) - 1
    return float(price.close[row]) if row >= 0 else float("nan")


def _told(trades: TradeMarks, row: int, *, intraday: bool) -> str:
    side = "Long" if trades.quantity[row] > 0 else "Short"
    entry = formatting.bar_time(int(trades.entry_time[row]), intraday=intraday)
    left = (
        "still open"
        if trades.is_open[row]
        else formatting.bar_time(int(trades.exit_time[row]), intraday=intraday)
    )
    size = formatting.quantity(abs(float(trades.quantity[row])))
    result = float(trades.return_[row])
    told = formatting.percent(result, signed=True) if np.isfinite(result) else formatting.DASH
    return f"{side} {size} · {entry} to {left} · {told}"


def _hover(price: PriceLine, time: TimeScale, scale: ValueScale, share: int, *, intraday: bool) -> Hover:
    rows = extreme_rows(price.close, _HOVER_BUCKETS // share)
    texts = [
        [
            formatting.bar_time(int(price.close_time[row]), intraday=intraday),
            formatting.price(float(price.close[row])),
        ]
        for row in rows
    ]
    dots = [Dots(0, "price", [*fractions(scale.fraction(price.close[rows]))])]
    return Hover(np.round(time.fraction(price.close_time[rows]), 5).tolist(), texts, dots)


def _notes(total: int, marked: int, scale: ValueScale) -> tuple[str, ...]:
    notes = []
    if marked < total:
        notes.append(
            f"The {formatting.count(marked)} largest of {formatting.count(total)} trades by profit or loss are marked."
        )
    if scale.logarithmic:
        notes.append("Logarithmic scale.")
    return tuple(notes)

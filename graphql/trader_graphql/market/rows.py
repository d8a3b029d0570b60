"""Bars as rows. Uses numpy: imported only when a query asks for bars."""

import numpy as np

from domain.clock import from_nanoseconds
from domain.market.bars import COLUMNS, Bars
from trader_graphql.market.types import Bar


def bar_rows(bars: Bars, rows: range) -> list[tuple[str, Bar]]:
    """These rows, each with its key: the close time in nanoseconds."""
    cut = slice(rows.start, rows.stop)
    times = bars.close_time[cut].tolist()
    columns = [getattr(bars, column)[cut].tolist() for column in COLUMNS]
    return [
        (
            str(close_time),
            Bar(close_time=from_nanoseconds(close_time), **dict(zip(COLUMNS, values, strict=True))),
        )
        for close_time, *values in zip(times, *columns, strict=True)
    ]


def row_closing_at(bars: Bars, key: str) -> int | None:
    """The row with this key; None when there is none."""
    if not key.removeprefix("-").isdecimal():
        return None
    row = int(np.searchsorted(bars.close_time, int(key)))
    return row if row < len(bars) and bars.close_time[row] == int(key) else None

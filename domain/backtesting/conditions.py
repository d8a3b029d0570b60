"""What surrounds the prices of a run: rates of exchange, corporate actions, the view strategies get."""

from dataclasses import dataclass, field

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.market.bars import Panel


@dataclass(frozen=True, slots=True, eq=False)
class InstrumentEvents:
    """What happens to instruments at the open of a row, before anything trades there.

    where  (A, 2) row of the panel and column of the instrument, by row
    what   (A, 2) new shares for each old one, and cash for each old one in the instrument's currency.
           1.0 is no split; 0.0 is a delisting, with which nothing is left of the share but its last
           close in cash
    """

    where: IntArray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    what: FloatArray = field(default_factory=lambda: np.empty((0, 2)))

    def __len__(self) -> int:
        return len(self.where)

    def take(self, start: int, stop: int) -> "InstrumentEvents":
        """The events of rows start <= row < stop, counted from start."""
        first, last = np.searchsorted(self.where[:, 0], (start, stop))
        return InstrumentEvents(self.where[first:last] - (start, 0), self.what[first:last])

    def together(self, other: "InstrumentEvents") -> "InstrumentEvents":
        """Those of both, by row."""
        where = np.concatenate([self.where, other.where])
        order = np.argsort(where[:, 0], kind="stable")
        return InstrumentEvents(where[order], np.concatenate([self.what, other.what])[order])

    @property
    def delistings(self) -> IntArray:
        """(D, 2) rows and columns of the delistings."""
        gone: IntArray = self.where[self.what[:, 0] == 0]
        return gone


@dataclass(frozen=True, slots=True, eq=False)
class RestatedView:
    """Total-return prices for strategies of an account that trades prices as they are.

    panel   the traded panel times `price`, its volume divided by `shares`
    price   (T, N) what one share of the first row has become, dividends put back, over its price
    shares  (T, N) how many shares one share of the first row has become

    Row t holds the actions up to row t and no later one, so nothing of the future can be in it. Every
    row is on the footing of the first: ratios of prices are total returns, while a level means money
    of the first row only. A rule that compares prices with each other is the same on any footing: times
    1 / price[t] and shares[t] the panel stands on the footing of row t, whose bar is then as traded.
    """

    panel: Panel
    price: FloatArray
    shares: FloatArray

    def until(self, row: int) -> Panel:
        """Rows 0 to `row` inclusive, on the footing of that row."""
        return self.panel.until(row).scaled(1.0 / self.price[row], self.shares[row])

    def take(self, rows: slice) -> "RestatedView":
        """A contiguous run of rows, without copying."""
        return RestatedView(self.panel.take(rows), self.price[rows], self.shares[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """What decides a run besides its bars and its terms.

    rates   (T, N) money of the account for one unit of each instrument's currency, as known at the
            close of each row; None where all are 1. At the open and inside a bar the rate of the row
            before holds, for that of the row itself may be younger. NaN before the first bar of an
            instrument only
    events  of the instruments; a booked split or dividend, a delisting
    view    what strategies see instead of the traded panel; None for the panel itself
    foreign (N,) whether prices are in other money than the account's, which a rate of 1 does not tell; None
            takes those whose rate is ever another
    """

    rates: FloatArray | None = None
    events: InstrumentEvents = field(default_factory=InstrumentEvents)
    view: RestatedView | None = None
    foreign: BoolArray | None = None

    @property
    def is_plain(self) -> bool:
        """Whether prices are all there is: nothing to convert, nothing happens, nothing else is seen."""
        return self.rates is None and self.view is None and len(self.events) == 0

    def take(self, rows: slice, length: int) -> "Conditions":
        """Those of a contiguous run of rows out of `length`."""
        if self.is_plain:
            return PLAIN
        start, stop, _ = rows.indices(length)
        return Conditions(
            None if self.rates is None else self.rates[rows],
            self.events.take(start, max(start, stop)),
            None if self.view is None else self.view.take(rows),
            self.foreign,
        )


PLAIN = Conditions()
"""One currency, no events: prices are all there is."""

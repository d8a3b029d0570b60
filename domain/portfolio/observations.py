"""From the closes of a window to the returns that risk is estimated on, missing bars included.

The rules, in one place:

- A window is S + 1 closes: S returns. Nothing outside of it is read, so the answer does not depend
  on where the data began.
- A bar an instrument does not have leaves its price where it was, as an account would mark it: a
  return of 0, and the next return spans the gap. Bars before an instrument's first one in the
  window count the same way. Every instrument then has S returns, and any covariance of them is
  positive semi-definite, which pairwise estimates are not.
- An instrument is observed when it has its close on at least `history` of the S + 1 rows, moved at
  all, and never by a factor beyond `LARGEST_MOVE`. The others are left out.
"""

import math
from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.calendars import trading_hours

LARGEST_MOVE = 1e6
"""A price that changes by this factor from one bar to the next is a fault of the data, not a risk."""

_FEWEST_ROWS = 3  # two returns: a spread needs no fewer


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """columns (M,) of the N instruments were observed; returns (S, M) are theirs, simple, finite."""

    columns: IntArray
    returns: FloatArray

    def __len__(self) -> int:
        return int(self.columns.shape[0])


def observe(closes: FloatArray, history: float = 0.6) -> Observations:
    """The usable instruments of a window of closes (S + 1, N), NaN where there is no bar.

    history is the share of rows an instrument needs, in (0, 1]. Rules: see the module. Raises
    InvalidInput for a window of fewer than three rows or another history.
    """
    if closes.ndim != 2 or closes.shape[0] < _FEWEST_ROWS:  # noqa: PLR2004 - rows and columns
        raise InvalidInput("Risk is estimated on a table of three closes at least, (S + 1, N).")
    if not 0.0 < history <= 1.0:
        raise InvalidInput.at("history", message=f"must be above 0 and at most 1 (got {history})")
    present = np.isfinite(closes) & (closes > 0.0)
    if bool(present.all()):
        columns = np.arange(closes.shape[1])
        prices = closes
    else:
        needed = math.ceil(history * closes.shape[0])
        columns = np.flatnonzero(np.count_nonzero(present, axis=0) >= needed)
        prices = _marked(closes[:, columns], present[:, columns])
    returns = prices[1:] / prices[:-1]
    returns -= 1.0
    usable = _moves_like_a_price(returns)
    if not bool(usable.all()):
        columns, returns = columns[usable], np.ascontiguousarray(returns[:, usable])
    return Observations(columns, returns)


def _marked(closes: FloatArray, present: BoolArray) -> FloatArray:
    """Prices without gaps: the last known one, and before the first the first."""
    if closes.shape[1] == 0:
        return closes
    rows = np.arange(closes.shape[0])[:, np.newaxis]
    known = np.maximum.accumulate(np.where(present, rows, -1), axis=0)
    known = np.where(known < 0, present.argmax(axis=0), known)
    return np.take_along_axis(closes, known, axis=0)


def _moves_like_a_price(returns: FloatArray) -> BoolArray:
    # Two extremes of each column tell both that it moved and that it did not leap.
    highest, lowest = returns.max(axis=0, initial=-1.0), returns.min(axis=0, initial=np.inf)
    leap = (highest >= LARGEST_MOVE) | (lowest <= 1.0 / LARGEST_MOVE - 1.0)
    return np.asarray((highest > lowest) & ~leap, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class RiskCloses:
    """Closes that returns may be taken of, one row for each moment all of them can be compared at.

    closes (P, N), NaN where there is no bar; newest (T,) is the last of these rows that is complete
    when a row of the panel closes, -1 before the first.
    """

    closes: FloatArray
    newest: IntArray

    @classmethod
    def of(cls, bars: Panel) -> "RiskCloses":
        """Venues that close at different hours have rows of their own: their returns would never fall
        on one row, and nothing would seem to move together. Their daily (and longer) closes are put
        side by side by day (UTC), and a day counts once the next one has begun. Everywhere else the
        rows are those of the panel.
        """
        venues = {trading_hours(instrument) for instrument in bars.instruments}
        if len(venues) <= 1 or bars.timeframe.is_intraday or len(bars) == 0:
            return cls(bars.close, np.arange(len(bars)))
        day = (bars.close_time - 1) // NANOSECONDS_PER_DAY
        starts = np.concatenate(([0], np.flatnonzero(day[1:] != day[:-1]) + 1))
        rows = np.where(np.isfinite(bars.close), np.arange(len(bars))[:, np.newaxis], -1)
        last = np.maximum.reduceat(rows, starts, axis=0)
        closes = np.take_along_axis(bars.close, np.maximum(last, 0), axis=0)
        closes = np.where(last >= 0, closes, np.nan)
        return cls(closes, np.searchsorted(starts, np.arange(len(bars)), side="right") - 2)

    def window(self, row: int, periods: int) -> FloatArray | None:
        """The newest `periods` + 1 rows known at a row of the panel; None when there are fewer."""
        last = int(self.newest[row])
        return None if last < periods else self.closes[last - periods : last + 1]

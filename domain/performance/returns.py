"""From the account's value at each bar to the returns that statistics are measured on."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput

_Scalar = TypeVar("_Scalar", bound=np.generic)

# Rounding alone makes returns of a steady curve differ by about 1e-16: a spread below this is none.
NOISE = 1e-14
# A spread of returns with one degree of freedom taken off needs two of them.
FEWEST_FOR_A_SPREAD = 2
_DAYS_BEFORE_1970 = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Where return periods begin and end among the bars.

    first, last  rows (bars) each period starts and ends with, shape (n,); both None when every bar
                 is a period of its own
    day          calendar day each period ends on, days since 1970-01-01, shape (n,), int64
    """

    first: IntArray | None
    last: IntArray | None
    day: IntArray

    @classmethod
    def of(cls, close_time: TimeArray, session: IntArray | None) -> "Periods":
        """A period a bar, or a period a session when session day numbers are given; both (T,), ascending.

        A bar that closes at midnight UTC ends the day before: the daily bar of 31 January belongs
        to January, though its close time reads 1 February.
        """
        if session is None:
            return cls(None, None, (close_time - 1) // NANOSECONDS_PER_DAY)
        starts = np.flatnonzero(session[1:] != session[:-1]) + 1
        first = np.concatenate(([0], starts))
        last = np.concatenate((starts - 1, [len(session) - 1]))
        return cls(first, last, session[last])

    def closing(self, values: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """Of one value a bar (T,), those at the end of each period (n,)."""
        return values if self.last is None else values[self.last]


@dataclass(frozen=True, slots=True, eq=False)
class BarCurve:
    """Value of an account at each bar, (T,), with its highest and lowest within each period, (n,)."""

    periods: Periods
    value: FloatArray
    high: FloatArray
    low: FloatArray

    @classmethod
    def of(cls, periods: Periods, value: FloatArray) -> "BarCurve":
        """Raises InvalidInput when a value is not a finite number."""
        if periods.first is None:
            high = low = value
        else:
            high = np.maximum.reduceat(value, periods.first)
            low = np.minimum.reduceat(value, periods.first)
        require_finite("equity", float(high.max()), float(low.min()))
        return cls(periods, value, high, low)


@dataclass(frozen=True, slots=True, eq=False)
class EquityPath:
    """Value of an account over its return periods.

    day      day each period ends on, days since 1970-01-01, shape (n,)
    level    value at the start and at the end of each period, shape (n + 1,): the first is the
             initial cash, so that a loss of the first period is a loss
    returns  simple returns, shape (n,); empty for a ruined account
    ruined   whether the value ever fell to zero or below. A broker would have ended it there, so
             from that period on the level is 0, and no average of returns is meant to describe it.
    """

    day: IntArray
    level: FloatArray
    returns: FloatArray
    ruined: bool

    @classmethod
    def of(cls, day: IntArray, close: FloatArray, low: FloatArray, initial: float) -> "EquityPath":
        """close and low (n,) are the last and the lowest value within each period; initial > 0."""
        level = np.empty(len(close) + 1)
        level[0] = initial
        level[1:] = close
        if float(low.min()) <= 0.0:
            level[1 + int(np.argmax(low <= 0.0)) :] = 0.0
            return cls(day, level, np.empty(0), ruined=True)
        return cls(day, level, level[1:] / level[:-1] - 1.0, ruined=False)

    def day_of(self, position: int) -> date:
        """Day of a position in `level`; the start counts as the first day."""
        return as_date(int(self.day[max(position - 1, 0)]))


class Growth(TypedDict):
    """What came out, in the account's own terms."""

    final_equity: float
    total_return: float
    annual_return: float | None
    periods_per_year: int
    return_periods: int
    start: date
    end: date


def growth(path: EquityPath, final_equity: float, periods_per_year: int) -> Growth:
    """Total and geometric annual return; see CONVENTIONS.

    final_equity is given apart because a ruined account may end in debt, which the path does not show.
    """
    return Growth(
        final_equity=final_equity,
        total_return=final_equity / float(path.level[0]) - 1.0,
        annual_return=annual_return(path, periods_per_year),
        periods_per_year=periods_per_year,
        return_periods=len(path.day),
        start=path.day_of(0),
        end=path.day_of(len(path.day)),
    )


def annual_return(path: EquityPath, periods_per_year: int) -> float | None:
    """Growth to the power of periods a year over periods, minus one; -1 when ruined.

    None when a short run extrapolates beyond what a float holds.
    """
    if path.ruined:
        return -1.0
    return compounded(float(path.level[-1] / path.level[0]), periods_per_year / len(path.day))


def compounded(growth_factor: float, exponent: float) -> float | None:
    """growth_factor ** exponent - 1, or None where that is no finite number."""
    if growth_factor < 0.0:
        return None
    try:
        return float(growth_factor**exponent) - 1.0
    except OverflowError:
        return None


def as_date(day: int) -> date:
    """The date of a day number since 1970-01-01."""
    return date.fromordinal(_DAYS_BEFORE_1970 + day)


def require_finite(name: str, highest: float, lowest: float) -> None:
    """Raises InvalidInput when a curve whose extremes these are holds NaN or infinity."""
    if not (np.isfinite(highest) and np.isfinite(lowest)):
        raise InvalidInput.at(name, message=f"the {name} curve holds values that are not finite numbers")

"""Splits and dividends, as known facts. Free of numpy; `domain.market.adjustment` applies them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Split:
    """From `ex_date` on, one old share is `ratio` new shares: 2.0 for a two-for-one split."""

    ex_date: date
    ratio: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """From `ex_date` on, a share no longer carries `amount` of cash, in the instrument's currency
    and per share as it was on the day before."""

    ex_date: date
    amount: float


CorporateAction: TypeAlias = Split | Dividend


class Adjustment(StrEnum):
    """Which corporate actions a view of prices is adjusted for.

    BOOKED is prices as they were traded, like NONE, with the actions carried out where they are held:
    a simulated account gets its new shares and its dividends on the ex-date.
    """

    NONE = "none"
    SPLITS = "splits"
    TOTAL_RETURN = "total_return"
    BOOKED = "booked"

    @property
    def changes_prices(self) -> bool:
        """Whether the view differs from the prices that were traded."""
        return self in {Adjustment.SPLITS, Adjustment.TOTAL_RETURN}

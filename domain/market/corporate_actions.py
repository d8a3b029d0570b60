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
    """Which corporate actions a view of prices is adjusted for."""

    NONE = "none"
    SPLITS = "splits"
    TOTAL_RETURN = "total_return"

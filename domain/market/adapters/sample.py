"""Daily bars of five large US shares up to 1 March 2013, from the package `bokeh_sampledata`.

The package carries public-domain prices as they were traded and an adjusted close. Splits and
dividends are not listed in it; they are inferred from the ratio of the two.
"""

import importlib
from datetime import date, datetime
from functools import lru_cache
from types import ModuleType

import numpy as np

from domain.arrays import FloatArray
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, MissingExtra, NotFound
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adjustment import infer_actions
from domain.market.bars import COLUMNS
from domain.market.calendars import day_number
from domain.market.instruments import Instrument
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.stamps import session_close_times
from domain.market.timeframe import DAILY, Timeframe

_INSTRUMENTS = {
    "AAPL": Instrument("AAPL", "XNAS", name="Apple Inc."),
    "FB": Instrument("FB", "XNAS", name="Facebook, Inc."),
    "GOOG": Instrument("GOOG", "XNAS", name="Google Inc."),
    "IBM": Instrument("IBM", "XNYS", name="International Business Machines"),
    "MSFT": Instrument("MSFT", "XNAS", name="Microsoft Corporation"),
}


class SampleSource:
    """Bars that need no network and no account."""

    name = "sample"

    def symbols(self) -> tuple[str, ...]:
        return tuple(_INSTRUMENTS)

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        instrument = _INSTRUMENTS.get(symbol)
        if instrument is None:
            raise NotFound("symbol", symbol, f"Source 'sample' has {', '.join(_INSTRUMENTS)}.")
        if timeframe != DAILY:
            raise InvalidInput.at(
                "timeframe", message=f"source 'sample' has {DAILY} bars only, not {timeframe}"
            )
        delivery = _whole(symbol)
        wanted = np.ones(len(delivery.bars), dtype=np.bool_)
        if start is not None:
            wanted &= delivery.bars.close_time >= to_nanoseconds(start)
        if end is not None:
            wanted &= delivery.bars.close_time <= to_nanoseconds(end)
        return Delivery(instrument, timeframe, delivery.bars.take(wanted), delivery.actions)


@lru_cache(maxsize=len(_INSTRUMENTS))
def _whole(symbol: str) -> Delivery:
    table = getattr(_package(), symbol)
    day = np.array([day_number(date.fromisoformat(text)) for text in table["date"]], dtype=np.int64)
    columns: dict[str, FloatArray] = {
        name: np.array(table[name], dtype=np.float64) for name in (*COLUMNS, "adj_close")
    }
    actions = infer_actions(day, columns["close"], columns.pop("adj_close"))
    instrument = _INSTRUMENTS[symbol]
    close_time = session_close_times(calendar_for(instrument), day)
    return Delivery(instrument, DAILY, RawBars(close_time, **columns), actions)


def _package() -> ModuleType:
    try:
        return importlib.import_module("bokeh_sampledata.stocks")
    except ModuleNotFoundError:
        raise MissingExtra("The sample data set", "research") from None

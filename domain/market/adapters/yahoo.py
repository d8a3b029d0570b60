"""Bars of Yahoo Finance through `yfinance`: wide coverage, no account, no promise of quality.

Yahoo restates prices, volume and dividends for every later split, also with `auto_adjust` off. They
are put back here to what was traded, for which every split up to today must be known: the
request therefore always runs to the present, and `end` only cuts what is handed over.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from types import ModuleType
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, MissingExtra, NotFound, Retryable
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adjustment import unadjusted_for_splits
from domain.market.calendars import TradingCalendar, day_number, day_of, session_ids
from domain.market.corporate_actions import CorporateAction, Dividend, Split
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.stamps import close_times_of_opens
from domain.market.timeframe import Timeframe

_INTERVALS = {"1m", "2m", "5m", "15m", "30m", "1h", "1d"}
_VENUES = {
    **dict.fromkeys(("NMS", "NGM", "NCM", "NAS"), "XNAS"),
    "NYQ": "XNYS",
    "PCX": "ARCX",
    "ASE": "XASE",
    "BTS": "BATS",
    "TOR": "XTSE",
    "LSE": "XLON",
    "PAR": "XPAR",
    "AMS": "XAMS",
    "GER": "XETR",
    "FRA": "XFRA",
    "MIL": "XMIL",
    "MCE": "XMAD",
    "EBS": "XSWX",
    "STO": "XSTO",
    "JPX": "XTKS",
    "HKG": "XHKG",
    "ASX": "XASX",
    "NSI": "XNSE",
    "BSE": "XBOM",
}
_CLASSES = {
    "EQUITY": AssetClass.EQUITY,
    "ETF": AssetClass.ETF,
    "MUTUALFUND": AssetClass.ETF,
    "INDEX": AssetClass.INDEX,
    "CRYPTOCURRENCY": AssetClass.CRYPTO,
    "CURRENCY": AssetClass.FX,
}
# Yahoo writes hundredths of a currency with a small letter; these are their usual codes.
_CURRENCIES = {"GBp": "GBX", "ZAc": "ZAC", "ILA": "ILA"}


class YahooSource:
    """Daily and intraday bars; intraday ones reach back 7 days (1m), 60 days or two years (1h)."""

    name = "yahoo"

    def __init__(
        self,
        *,
        timeout_seconds: float = 20.0,
        session: Any = None,
        calendar: Callable[[Instrument], TradingCalendar] = calendar_for,
    ) -> None:
        """`session` is a requests-like session; None lets the library make its own."""
        self._timeout_seconds = timeout_seconds
        self._session = session
        self._calendar = calendar

    def symbols(self) -> None:
        """Yahoo does not list what it has."""
        return

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        if str(timeframe) not in _INTERVALS:
            offered = ", ".join(sorted(_INTERVALS))
            raise InvalidInput.at("timeframe", message=f"source 'yahoo' has {offered}, not {timeframe}")
        library = _library()
        one_bar = timedelta(seconds=timeframe.seconds)  # a bar that closes in the range opened before it
        with _faults_mapped(library, symbol):
            ticker = library.Ticker(symbol, session=self._session)
            frame = ticker.history(
                interval=str(timeframe),
                auto_adjust=False,
                actions=True,
                timeout=self._timeout_seconds,
                **({"period": "max"} if start is None else {"start": start - one_bar}),
            )
            instrument = _instrument(symbol, ticker.history_metadata)
        open_time: TimeArray = frame.index.tz_convert("UTC").as_unit("ns").asi8
        close_time = self._close_times(open_time, timeframe, instrument)
        session = session_ids(close_time, instrument)
        splits = _splits(session, frame["Stock Splits"].to_numpy(dtype=np.float64))
        prices, volume = unadjusted_for_splits(
            session,
            frame[["Open", "High", "Low", "Close"]].to_numpy(dtype=np.float64),
            frame["Volume"].to_numpy(dtype=np.float64),
            splits,
        )
        open_, high, low, close = prices.T
        dividends = _dividends(session, frame["Dividends"].to_numpy(dtype=np.float64), splits)
        wanted = np.ones(len(frame), dtype=np.bool_)
        if start is not None:
            wanted &= close_time >= to_nanoseconds(start)
        if end is not None:
            wanted &= close_time <= to_nanoseconds(end)
        actions: tuple[CorporateAction, ...] = (*splits, *dividends)
        return Delivery(
            instrument,
            timeframe,
            RawBars(close_time, open_, high, low, close, volume).take(wanted),
            tuple(sorted(actions, key=lambda action: action.ex_date)),
        )

    def _close_times(self, open_time: TimeArray, timeframe: Timeframe, instrument: Instrument) -> TimeArray:
        if instrument.asset_class is AssetClass.FX:
            # Yahoo's currency day is midnight to midnight in London, not the banking day.
            return open_time + timeframe.nanoseconds
        return close_times_of_opens(open_time, timeframe, self._calendar(instrument))


def _splits(session: IntArray, ratio: FloatArray) -> tuple[Split, ...]:
    return tuple(Split(day_of(int(session[row])), float(ratio[row])) for row in np.flatnonzero(ratio > 0))


def _dividends(session: IntArray, amount: FloatArray, splits: tuple[Split, ...]) -> tuple[Dividend, ...]:
    """Amounts per share as it was the day before, undoing the splits of that day and after."""
    dividends = []
    for row in np.flatnonzero(amount > 0):
        later = [split.ratio for split in splits if day_number(split.ex_date) >= session[row]]
        paid = float(amount[row]) * float(np.prod(later))
        dividends.append(Dividend(day_of(int(session[row])), paid))
    return tuple(dividends)


def _instrument(symbol: str, metadata: Any) -> Instrument:
    exchange, currency = str(metadata["exchangeName"]), str(metadata["currency"])
    asset_class = _CLASSES.get(str(metadata["instrumentType"]), AssetClass.EQUITY)
    return Instrument(
        symbol=symbol,
        venue=_VENUES.get(exchange, exchange),
        asset_class=asset_class,
        currency=_CURRENCIES.get(currency, currency),
        fractional=asset_class is AssetClass.CRYPTO,
        name=str(metadata.get("longName") or metadata.get("shortName") or ""),
    )


def _library() -> ModuleType:
    try:
        library = importlib.import_module("yfinance")
    except ModuleNotFoundError:
        raise MissingExtra("Source 'yahoo'", "data") from None
    # Left on, the library logs a fault and returns an empty table, as if there had been no bars.
    library.config.debug.hide_exceptions = False
    return library


@contextmanager
def _faults_mapped(library: ModuleType, symbol: str) -> Iterator[None]:
    faults = library.exceptions
    try:
        with warnings.catch_warnings():
            # The library is not yet at home with the newest pandas and says so on every call.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    except faults.YFRateLimitError:
        raise Retryable("Yahoo Finance is throttling this machine; try again in some minutes.") from None
    except faults.YFTzMissingError:
        raise NotFound("symbol", symbol, "Yahoo Finance does not know it.") from None
    except faults.YFTickerMissingError as missing:
        if "may be delisted" in str(missing):
            raise NotFound("symbol", symbol, "Yahoo Finance does not know it.") from None
        raise InvalidInput(f"Yahoo Finance has no bars of {symbol} here: {missing.rationale}.") from None
    except (faults.YFException, OSError, ValueError) as fault:
        if getattr(getattr(fault, "response", None), "status_code", None) == HTTPStatus.NOT_FOUND:
            raise NotFound("symbol", symbol, "Yahoo Finance does not know it.") from None
        # Network faults of either HTTP backend are OSErrors; unreadable answers are ValueErrors.
        raise Retryable("Yahoo Finance did not answer as it should; try again later.") from fault

"""Bars and corporate actions of Alpaca's market data API through `alpaca-py`."""

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import numpy as np

from domain.clock import Clock, to_nanoseconds
from domain.errors import InvalidInput, MissingExtra, NeedsOperator, NotFound, Retryable, TradingError
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.calendars import TradingCalendar
from domain.market.corporate_actions import CorporateAction, Dividend, Split
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.stamps import close_times_of_opens
from domain.market.timeframe import Timeframe, TimeUnit

_FIRST_BAR = datetime(2016, 1, 1, tzinfo=UTC)
# Without a paid plan the consolidated tape may be read once it is a quarter of an hour old.
_TAPE_DELAY = timedelta(minutes=16)
_VENUES = {
    "NASDAQ": "XNAS",
    "NYSE": "XNYS",
    "ARCA": "ARCX",
    "NYSEARCA": "ARCX",
    "AMEX": "XASE",
    "BATS": "BATS",
}
_UNITS = {
    TimeUnit.MINUTE: ("Minute", 59),
    TimeUnit.HOUR: ("Hour", 23),
    TimeUnit.DAY: ("Day", 1),
    TimeUnit.WEEK: ("Week", 1),
}
_COLUMNS = ("o", "h", "l", "c", "v")


class AlpacaSource:
    """US shares as traded, from the consolidated tape; intraday bars include extended hours."""

    name = "alpaca"

    def __init__(
        self,
        api_key: str | None,
        secret_key: str | None,
        clock: Clock,
        *,
        paper: bool = True,
        feed: str = "sip",
        timeout_seconds: float = 20.0,
        session: Any = None,
        calendar: Callable[[Instrument], TradingCalendar] = calendar_for,
    ) -> None:
        """`paper` says which account the keys belong to; `session` is a requests session."""
        self._keys = (api_key, secret_key)
        self._clock = clock
        self._paper = paper
        self._feed = feed
        self._timeout_seconds = timeout_seconds
        self._session = session
        self._calendar = calendar

    def symbols(self) -> None:
        """More than anyone would import at once."""
        return

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        name, most = _UNITS[timeframe.unit]
        if timeframe.count > most:
            raise InvalidInput.at(
                "timeframe", message=f"source 'alpaca' has up to {most}{timeframe.unit} bars, not {timeframe}"
            )
        latest = self._clock.now() - _TAPE_DELAY
        # A bar that closes in the range opened before it: by a time frame, or over a weekend.
        first = _FIRST_BAR if start is None else start - timedelta(seconds=timeframe.seconds)
        last = latest if end is None else min(end, latest)
        with _faults_mapped(symbol):
            instrument = self._instrument(symbol)
            rows = self._bars(symbol, _timeframe(timeframe.count, name), first, last)
            actions = self._actions(symbol, first.date())
        opens = np.array([to_nanoseconds(datetime.fromisoformat(row["t"])) for row in rows], dtype=np.int64)
        columns = np.array([[row[column] for column in _COLUMNS] for row in rows], dtype=np.float64)
        close_time = close_times_of_opens(opens, timeframe, self._calendar(instrument))
        wanted = np.ones(len(rows), dtype=np.bool_)
        if start is not None:
            wanted &= close_time >= to_nanoseconds(start)
        if end is not None:
            wanted &= close_time <= to_nanoseconds(end)
        bars = RawBars(close_time, *columns.reshape(-1, len(_COLUMNS)).T).take(wanted)
        return Delivery(instrument, timeframe, bars, actions)

    def _instrument(self, symbol: str) -> Instrument:
        client = self._client("alpaca.trading.client", "TradingClient", paper=self._paper)
        asset = client.get_asset(symbol)
        exchange = str(asset["exchange"])
        return Instrument(
            symbol,
            _VENUES.get(exchange, exchange),
            AssetClass.EQUITY,
            fractional=bool(asset.get("fractionable", False)),
            name=str(asset.get("name") or ""),
        )

    def _bars(
        self, symbol: str, timeframe: Any, start: datetime, end: datetime
    ) -> Sequence[Mapping[str, Any]]:
        request = _alpaca("alpaca.data.requests").StockBarsRequest(
            symbol_or_symbols=symbol,
            timeframe=timeframe,
            start=start,
            end=end,
            adjustment=_alpaca("alpaca.data.enums").Adjustment.RAW,
            feed=_alpaca("alpaca.data.enums").DataFeed(self._feed),
        )
        client = self._client("alpaca.data.historical.stock", "StockHistoricalDataClient")
        bars: Sequence[Mapping[str, Any]] = client.get_stock_bars(request).get(symbol, ())
        return bars

    def _actions(self, symbol: str, start: date) -> tuple[CorporateAction, ...]:
        request = _alpaca("alpaca.data.requests").CorporateActionsRequest(
            symbols=[symbol], start=start, end=self._clock.now().date(), limit=None
        )
        client = self._client("alpaca.data.historical.corporate_actions", "CorporateActionsClient")
        found: Mapping[str, Any] = client.get_corporate_actions(request)
        actions: list[CorporateAction] = [
            Split(date.fromisoformat(one["ex_date"]), float(one["new_rate"]) / float(one["old_rate"]))
            for kind in ("forward_splits", "reverse_splits")
            for one in found.get(kind, ())
        ]
        actions += [
            Split(date.fromisoformat(one["ex_date"]), 1.0 + float(one["rate"]))
            for one in found.get("stock_dividends", ())
        ]
        actions += [
            Dividend(date.fromisoformat(one["ex_date"]), float(one["rate"]))
            for one in found.get("cash_dividends", ())
        ]
        return tuple(sorted(actions, key=lambda action: action.ex_date))

    def _client(self, module: str, name: str, **options: object) -> Any:
        api_key, secret_key = self._keys
        if not api_key or not secret_key:
            raise NeedsOperator("Source 'alpaca' needs an API key and its secret; set both and try again.")
        client = getattr(_alpaca(module), name)(
            api_key=api_key, secret_key=secret_key, raw_data=True, **options
        )
        # The library takes neither a session nor a time-out, and without one a silent server would
        # hang an import for ever.
        session = self._session or client._session  # noqa: SLF001
        client._session = _TimedSession(session, self._timeout_seconds)  # noqa: SLF001
        return client


class _TimedSession:
    """Sends every request with a time-out."""

    def __init__(self, session: Any, seconds: float) -> None:
        self._session = session
        self._seconds = seconds

    def request(self, method: str, url: str, **options: Any) -> Any:
        return self._session.request(method, url, **{"timeout": self._seconds, **options})


def _timeframe(count: int, unit: str) -> Any:
    module = _alpaca("alpaca.data.timeframe")
    return module.TimeFrame(count, getattr(module.TimeFrameUnit, unit))


def _alpaca(module: str) -> Any:
    try:
        with warnings.catch_warnings():
            # The library still imports a part of websockets that is on its way out.
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module(module)
    except ModuleNotFoundError:
        raise MissingExtra("Source 'alpaca'", "brokers") from None


@contextmanager
def _faults_mapped(symbol: str) -> Iterator[None]:
    api_error = _alpaca("alpaca.common.exceptions").APIError
    try:
        yield
    except api_error as fault:
        raise fault_of_status(fault.status_code, symbol) from fault
    except (OSError, ValueError) as fault:
        # requests raises OSErrors for the network and ValueErrors for an unreadable answer.
        raise Retryable("Alpaca did not answer as it should; try again later.") from fault


def fault_of_status(status: int | None, symbol: str) -> TradingError:
    """What an HTTP status of Alpaca means to the person who asked."""
    if status == HTTPStatus.NOT_FOUND:
        return NotFound("symbol", symbol, "Alpaca does not trade it.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return NeedsOperator("Alpaca refused the API key, or its plan does not cover this data; check both.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Retryable("Alpaca is throttling this account; try again in a minute.")
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return InvalidInput(f"Alpaca cannot serve this request for {symbol}; check the symbol and the range.")
    return Retryable("Alpaca is away; try again later.")

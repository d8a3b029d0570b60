"""Bars of crypto exchanges through `ccxt`."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import numpy as np

from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, MissingExtra, NeedsOperator, NotFound, Retryable
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.timeframe import Timeframe

_FIRST_BAR = datetime(2010, 1, 1, tzinfo=UTC)
_PAGE = 1_000
_NANOSECONDS_PER_MILLISECOND = 1_000_000


class CcxtSource:
    """One exchange; its ccxt id, `binance` or `kraken`, is the name of the source."""

    def __init__(
        self,
        exchange: str = "binance",
        *,
        timeout_seconds: float = 20.0,
        session: Any = None,
    ) -> None:
        """`session` is a requests session; None lets the library make its own."""
        self._exchange_id = exchange
        self._timeout_seconds = timeout_seconds
        self._session = session
        self._connected: Any = None

    @property
    def name(self) -> str:
        return self._exchange_id

    def symbols(self) -> tuple[str, ...]:
        """Spot pairs that can be traded now."""
        exchange = self._exchange()
        with _faults_mapped(self._exchange_id, "its markets"):
            markets = exchange.load_markets()
        return tuple(
            sorted(
                name
                for name, market in markets.items()
                if market.get("spot") and market.get("active") is not False
            )
        )

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        exchange = self._exchange()
        offered = exchange.timeframes or {}
        if str(timeframe) not in offered:
            raise InvalidInput.at(
                "timeframe", message=f"source '{self.name}' has {', '.join(offered)}, not {timeframe}"
            )
        with _faults_mapped(self._exchange_id, symbol):
            exchange.load_markets()
            market = exchange.market(symbol)
            rows = list(_pages(exchange, symbol, timeframe, start or _FIRST_BAR, end))
        table = np.array(rows, dtype=np.float64).reshape(-1, 6)
        # Milliseconds are exact in float64 for the next hundred thousand years.
        opens = table[:, 0].astype(np.int64) * _NANOSECONDS_PER_MILLISECOND
        close_time = opens + timeframe.nanoseconds
        wanted = np.ones(len(rows), dtype=np.bool_)
        if start is not None:
            wanted &= close_time >= to_nanoseconds(start)
        if end is not None:
            wanted &= close_time <= to_nanoseconds(end)
        bars = RawBars(close_time, *table[:, 1:].T).take(wanted)
        return Delivery(_instrument(exchange, market), timeframe, bars)

    def _exchange(self) -> Any:
        if self._connected is None:
            library = _library()
            if self._exchange_id not in library.exchanges:
                raise NotFound("exchange", self._exchange_id, "Use an id of ccxt, like binance or kraken.")
            options = {"timeout": int(self._timeout_seconds * 1_000), "enableRateLimit": True}
            exchange = getattr(library, self._exchange_id)(options)
            if self._session is not None:
                exchange.session = self._session
            self._connected = exchange
        return self._connected


def _pages(
    exchange: Any, symbol: str, timeframe: Timeframe, start: datetime, end: datetime | None
) -> Iterator[Sequence[float]]:
    """Rows of every page, oldest first, each once. Exchanges cap a page, so the end of the data
    is where a page brings nothing newer."""
    step = timeframe.seconds * 1_000
    since = to_nanoseconds(start) // _NANOSECONDS_PER_MILLISECOND - step
    until = None if end is None else to_nanoseconds(end) // _NANOSECONDS_PER_MILLISECOND
    while until is None or since <= until:
        page = [row for row in exchange.fetch_ohlcv(symbol, str(timeframe), since, _PAGE) if row[0] >= since]
        if not page:
            return
        yield from page
        since = int(page[-1][0]) + 1


def _instrument(exchange: Any, market: Any) -> Instrument:
    precision = market.get("precision") or {}
    tick, lot = (_step(exchange, precision.get(key)) for key in ("price", "amount"))
    return Instrument(
        symbol=market["symbol"],
        venue=str(exchange.id).upper(),
        asset_class=AssetClass.CRYPTO,
        currency=market["quote"],
        tick_size=tick or Decimal("0.00000001"),
        lot_size=lot or Decimal(1),
        fractional=lot is None,
    )


def _step(exchange: Any, precision: float | None) -> Decimal | None:
    """A precision as a step: most exchanges give the step itself, others a number of decimals."""
    if precision is None:
        return None
    if exchange.precisionMode == _library().TICK_SIZE:
        return Decimal(str(precision)) or None
    return Decimal(1).scaleb(-int(precision))


def _library() -> ModuleType:
    try:
        return importlib.import_module("ccxt")
    except ModuleNotFoundError:
        raise MissingExtra("Bars of crypto exchanges", "brokers") from None


@contextmanager
def _faults_mapped(exchange: str, symbol: str) -> Iterator[None]:
    library = _library()
    try:
        yield
    except library.BadSymbol:
        raise NotFound("symbol", symbol, f"Exchange '{exchange}' does not list it.") from None
    except (library.AuthenticationError, library.RestrictedLocation) as fault:
        raise NeedsOperator(f"Exchange '{exchange}' does not serve this account or this country.") from fault
    except (library.NotSupported, library.BadRequest) as fault:
        raise InvalidInput(f"Exchange '{exchange}' cannot serve this request for {symbol}.") from fault
    except (library.BaseError, OSError, ValueError) as fault:
        # Throttling, time-outs and maintenance are all a kind of BaseError.
        raise Retryable(f"Exchange '{exchange}' did not answer as it should; try again later.") from fault

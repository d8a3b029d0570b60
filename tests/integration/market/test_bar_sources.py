"""What every source of bars must keep to, whichever it is. The vendors answer from records."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.clock import FixedClock, to_nanoseconds
from domain.errors import InvalidInput, MissingExtra, NeedsOperator, NotFound, Retryable
from domain.market.adapters.alpaca import AlpacaSource, fault_of_status
from domain.market.adapters.ccxt import CcxtSource
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.files import FileSource
from domain.market.adapters.sample import SampleSource
from domain.market.adapters.yahoo import YahooSource
from domain.market.adjustment import adjusted
from domain.market.calendars import day_of, session_ids
from domain.market.corporate_actions import Adjustment, Dividend, Split
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import BarSource, Delivery
from domain.market.quality import check
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.market import RecordedHttp
from tests.kit.vendor_records import alpaca_http, binance_http, yahoo_http

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
DIVIDEND_DAY, SPLIT_DAY = date(2020, 8, 7), date(2020, 8, 31)


@dataclass(frozen=True)
class Case:
    """A source, what to ask it for, and its transport where it has one."""

    source: BarSource
    symbol: str
    start: datetime
    end: datetime
    http: RecordedHttp | None = None


def _sample(_: Path) -> Case:
    return Case(SampleSource(), "AAPL", _moment("2012-12-24"), _moment("2013-01-04"))


def _file(folder: Path) -> Case:
    path = folder / "acme.csv"
    path.write_text(
        "Date,Open,High,Low,Close,Volume\n2020-08-06,1,2,1,2,9\n2020-08-07,2,3,2,3,9\n2020-08-10,3,4,3,4,9\n"
    )
    source = FileSource(path, Instrument("ACME", "XNYS"))
    return Case(source, "ACME", _moment("2020-08-06"), _moment("2020-08-08"))


def _yahoo(_: Path) -> Case:
    http = yahoo_http()
    return Case(
        YahooSource(session=http.session()), "AAPL", _moment("2020-08-07"), _moment("2020-09-01"), http
    )


def _alpaca(_: Path) -> Case:
    http = alpaca_http()
    source = AlpacaSource("key", "secret", FixedClock(NOW), session=http.session())
    return Case(source, "AAPL", _moment("2020-08-07"), _moment("2020-09-01"), http)


def _ccxt(_: Path) -> Case:
    http = binance_http()
    source = CcxtSource("binance", session=http.session())
    return Case(source, "BTC/USDT", _moment("2020-08-05"), _moment("2020-08-25"), http)


CASES: dict[str, Callable[[Path], Case]] = {
    "sample": _sample,
    "file": _file,
    "yahoo": _yahoo,
    "alpaca": _alpaca,
    "binance": _ccxt,
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    made = CASES[request.param](tmp_path)
    assert made.source.name == request.param
    return made


@pytest.fixture(autouse=True)
def _no_zone_cache_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """yfinance remembers time zones in a database under the home folder; tests keep out of it."""
    import yfinance.cache

    monkeypatch.setattr(yfinance.cache, "get_tz_cache", yfinance.cache._TzCacheDummy)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _fetch(case: Case) -> Delivery:
    return case.source.fetch(case.symbol, DAILY, case.start, case.end)


def test_a_delivery_is_of_the_symbol_and_time_frame_asked_for(case: Case) -> None:
    delivery = _fetch(case)

    assert delivery.instrument.symbol == case.symbol
    assert delivery.timeframe == DAILY
    assert len(delivery.bars) > 0


def test_every_bar_closes_within_the_range_and_none_that_does_is_left_out(case: Case) -> None:
    within = _fetch(case).bars.close_time
    everything = case.source.fetch(case.symbol, DAILY, None, None).bars.close_time

    lowest, highest = to_nanoseconds(case.start), to_nanoseconds(case.end)
    assert within.tolist() == [time for time in everything.tolist() if lowest <= time <= highest]
    assert len(within) < len(everything)


def test_bars_come_in_order_and_pass_the_error_rules(case: Case) -> None:
    delivery = _fetch(case)

    calendar = calendar_for(delivery.instrument)
    checked = check(delivery.bars, delivery.instrument, DAILY, delivery.actions, calendar)

    assert checked.report.errors == ()
    assert len(checked.bars) == len(delivery.bars)


def test_daily_bars_are_stamped_with_the_close_of_their_session(case: Case) -> None:
    delivery = _fetch(case)

    session = session_ids(delivery.bars.close_time, delivery.instrument)
    expected = calendar_for(delivery.instrument).sessions(day_of(session[0]), day_of(session[-1]))
    assert set(delivery.bars.close_time.tolist()) <= set(expected.close_time.tolist())


def test_an_unknown_symbol_is_not_found(case: Case) -> None:
    with pytest.raises(NotFound, match="GONE"):
        case.source.fetch("GONE", DAILY, case.start, case.end)


def test_a_time_frame_the_source_does_not_have_is_refused(case: Case) -> None:
    odd = Timeframe.parse("77m")

    with pytest.raises(InvalidInput):
        case.source.fetch(case.symbol, odd, case.start, case.end)


def test_every_request_to_a_vendor_has_a_time_out(case: Case) -> None:
    _fetch(case)

    timeouts = [] if case.http is None else case.http.timeouts
    assert (case.http is None) == (not timeouts)
    assert all(timeout is not None and timeout <= 30 for timeout in timeouts)


@pytest.mark.parametrize(
    ("make", "package", "extra"),
    [
        (_sample, "bokeh_sampledata.stocks", "research"),
        (_yahoo, "yfinance", "data"),
        (_alpaca, "alpaca.common.exceptions", "brokers"),
        (_ccxt, "ccxt", "brokers"),
    ],
    ids=["sample", "yahoo", "alpaca", "ccxt"],
)
def test_a_missing_package_names_the_extra_to_install(
    make: Callable[[Path], Case], package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain.market.adapters import sample

    case = make(tmp_path)
    sample._whole.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtra, match=rf"\.\[{extra}\]"):
        _fetch(case)


def test_yahoo_prices_volume_and_dividends_are_put_back_to_what_was_traded() -> None:
    delivery = YahooSource(session=yahoo_http().session()).fetch("AAPL", DAILY, None, None)

    assert delivery.instrument == Instrument("AAPL", "XNAS", name="Apple Inc.")
    np.testing.assert_allclose(delivery.bars.close, [455.6, 444.44, 499.24, 129.04, 134.18])
    np.testing.assert_allclose(
        delivery.bars.volume, [50_607_200, 49_511_400, 46_907_500, 225_702_700, 151_948_100]
    )
    assert delivery.actions == (Dividend(DIVIDEND_DAY, 0.82), Split(SPLIT_DAY, 4.0))


def test_yahoo_bars_cut_off_before_a_split_are_still_as_traded() -> None:
    source = YahooSource(session=yahoo_http().session())

    delivery = source.fetch("AAPL", DAILY, None, _moment("2020-08-29"))

    np.testing.assert_allclose(delivery.bars.close, [455.6, 444.44, 499.24])


def test_yahoo_and_alpaca_agree_on_the_split_adjusted_closes() -> None:
    yahoo = YahooSource(session=yahoo_http().session()).fetch("AAPL", DAILY, None, None)
    alpaca = AlpacaSource("key", "secret", FixedClock(NOW), session=alpaca_http().session()).fetch(
        "AAPL", DAILY, None, None
    )

    views = []
    for delivery in (yahoo, alpaca):
        bars = check(
            delivery.bars, delivery.instrument, DAILY, delivery.actions, calendar_for(delivery.instrument)
        ).bars
        views.append(adjusted(bars, delivery.actions, Adjustment.SPLITS).close)

    np.testing.assert_allclose(views[0], views[1], rtol=1e-4)


def test_alpaca_reads_every_page_and_its_corporate_actions() -> None:
    http = alpaca_http()
    source = AlpacaSource("key", "secret", FixedClock(NOW), session=http.session())

    delivery = source.fetch("AAPL", DAILY, None, None)

    assert delivery.instrument.venue == "XNAS"
    assert delivery.instrument.fractional
    assert delivery.bars.close.tolist() == [455.61, 444.45, 499.23, 129.04, 134.18]
    assert delivery.actions == (
        Dividend(DIVIDEND_DAY, 0.82),
        Split(SPLIT_DAY, 4.0),
    )
    bars_requests = [request.url or "" for request in http.requests if "/stocks/bars" in (request.url or "")]
    assert len(bars_requests) == 2
    assert all("adjustment=raw" in url for url in bars_requests)


def test_alpaca_without_keys_needs_an_operator() -> None:
    source = AlpacaSource(None, None, FixedClock(NOW), session=alpaca_http().session())

    with pytest.raises(NeedsOperator, match="API key"):
        source.fetch("AAPL", DAILY, None, None)


def test_alpaca_refusing_the_key_needs_an_operator() -> None:
    source = AlpacaSource("key", "secret", FixedClock(NOW), session=alpaca_http().session())

    with pytest.raises(NeedsOperator, match="refused the API key"):
        source.fetch("SECRET", DAILY, None, None)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, NeedsOperator),
        (404, NotFound),
        (422, InvalidInput),
        (429, Retryable),
        (500, Retryable),
        (None, Retryable),
    ],
)
def test_a_status_of_alpaca_becomes_the_fault_that_says_what_to_do(
    status: int | None, fault: type[Exception]
) -> None:
    assert type(fault_of_status(status, "AAPL")) is fault


@pytest.mark.parametrize("make", [_yahoo, _alpaca], ids=["yahoo", "alpaca"])
def test_a_vendor_that_is_away_may_be_asked_again(make: Callable[[Path], Case], tmp_path: Path) -> None:
    case = make(tmp_path)

    with pytest.raises(Retryable):
        case.source.fetch("AWAY", DAILY, case.start, case.end)


def test_an_exchange_that_is_away_may_be_asked_again() -> None:
    http = RecordedHttp({"https://api.binance.com/": 503, "https://fapi.": 503, "https://dapi.": 503})

    with pytest.raises(Retryable, match="binance"):
        CcxtSource("binance", session=http.session()).symbols()


def test_an_unknown_exchange_is_not_found() -> None:
    with pytest.raises(NotFound, match="mtgox2"):
        CcxtSource("mtgox2").symbols()


def test_pages_of_an_exchange_are_joined_without_gap_or_repeat() -> None:
    http = binance_http(days=1_500)

    delivery = CcxtSource("binance", session=http.session()).fetch("BTC/USDT", DAILY, None, None)

    assert len(delivery.bars) == 1_500
    assert set(np.diff(delivery.bars.close_time).tolist()) == {86_400 * 10**9}
    assert delivery.bars.close_time[0] == to_nanoseconds(_moment("2020-08-02"))


def test_a_pair_of_an_exchange_carries_its_steps() -> None:
    source = CcxtSource("binance", session=binance_http().session())

    instrument = source.fetch("BTC/USDT", DAILY, None, _moment("2020-08-05")).instrument

    assert instrument.id == "BTC/USDT.BINANCE"
    assert instrument.asset_class is AssetClass.CRYPTO
    assert (str(instrument.tick_size), str(instrument.lot_size)) == ("0.01", "0.00001")
    assert source.symbols() == ("BTC/USDT",)

"""What vendors answer, cut down to a few bars of the days around Apple's split of 31 August 2020.

The shapes are those the vendors' APIs had in 2026; the prices were traded.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.kit.market import RecordedHttp

_DAYS = ("2020-08-06", "2020-08-07", "2020-08-28", "2020-08-31", "2020-09-01")
_NOT_FOUND = {
    "result": None,
    "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
}


def yahoo_http() -> RecordedHttp:
    """Yahoo restates everything for the four-for-one split; GONE is unknown, AWAY is down."""
    chart = "https://query2.finance.yahoo.com/v8/finance/chart/"
    return RecordedHttp(
        {
            "https://fc.yahoo.com": "",
            "https://guce.yahoo.com": "<html></html>",
            "https://query1.finance.yahoo.com/v1/test/getcrumb": "crumb",
            f"{chart}AAPL": {"chart": {"result": [_yahoo_chart()], "error": None}},
            f"{chart}GONE": (404, {"chart": _NOT_FOUND}),
            f"{chart}AWAY": 503,
            "https://query2.finance.yahoo.com/v10/finance/quoteSummary/GONE": (
                404,
                {"quoteSummary": _NOT_FOUND},
            ),
        }
    )


def _yahoo_chart() -> dict[str, Any]:
    stamps = [int(datetime.fromisoformat(f"{day}T13:30:00+00:00").timestamp()) for day in _DAYS]
    period = {"timezone": "EDT", "start": stamps[-1], "end": stamps[-1] + 23_400, "gmtoffset": -14_400}
    return {
        "meta": {
            "currency": "USD",
            "symbol": "AAPL",
            "exchangeName": "NMS",
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": "America/New_York",
            "timezone": "EDT",
            "gmtoffset": -14_400,
            "longName": "Apple Inc.",
            "regularMarketTime": stamps[-1] + 23_400,
            "priceHint": 2,
            "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "1y", "max"],
        },
        "timestamp": stamps,
        "events": {
            "dividends": {str(stamps[1]): {"amount": 0.205, "date": stamps[1]}},
            "splits": {
                str(stamps[3]): {"date": stamps[3], "numerator": 4.0, "denominator": 1.0, "splitRatio": "4:1"}
            },
        },
        "indicators": {
            "quote": [
                {
                    "open": [110.4, 113.2, 126.0, 127.58, 132.76],
                    "high": [114.41, 113.67, 126.44, 131.0, 134.8],
                    "low": [109.8, 110.29, 124.58, 126.0, 130.53],
                    "close": [113.9, 111.11, 124.81, 129.04, 134.18],
                    "volume": [202_428_800, 198_045_600, 187_630_000, 225_702_700, 151_948_100],
                }
            ],
            "adjclose": [{"adjclose": [112.7, 110.1, 123.9, 128.1, 133.2]}],
        },
    }


def alpaca_http() -> RecordedHttp:
    """Two pages of daily bars as traded, and the split and dividend of the month."""
    return RecordedHttp(
        {
            "https://paper-api.alpaca.markets/v2/assets/AAPL": {
                "id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
                "class": "us_equity",
                "exchange": "NASDAQ",
                "symbol": "AAPL",
                "name": "Apple Inc. Common Stock",
                "status": "active",
                "tradable": True,
                "fractionable": True,
            },
            "https://paper-api.alpaca.markets/v2/assets/GONE": (
                404,
                {"code": 40410000, "message": "asset not found"},
            ),
            "https://paper-api.alpaca.markets/v2/assets/AWAY": (503, {"message": "unavailable"}),
            "https://paper-api.alpaca.markets/v2/assets/SECRET": (403, {"message": "forbidden."}),
            "https://data.alpaca.markets/v2/stocks/bars": _alpaca_page,
            "https://data.alpaca.markets/v1/corporate-actions": {
                "corporate_actions": {
                    "forward_splits": [
                        {
                            "symbol": "AAPL",
                            "new_rate": 4,
                            "old_rate": 1,
                            "ex_date": "2020-08-31",
                            "process_date": "2020-08-31",
                        }
                    ],
                    "cash_dividends": [
                        {
                            "symbol": "AAPL",
                            "rate": 0.82,
                            "ex_date": "2020-08-07",
                            "special": False,
                            "foreign": False,
                        }
                    ],
                },
                "next_page_token": None,
            },
        }
    )


def _alpaca_page(request: requests.PreparedRequest) -> dict[str, Any]:
    rows = [
        ("2020-08-06", 441.62, 457.65, 439.19, 455.61, 50_607_225),
        ("2020-08-07", 452.82, 454.7, 441.17, 444.45, 49_511_403),
        ("2020-08-28", 504.05, 505.77, 498.31, 499.23, 46_907_479),
        ("2020-08-31", 127.58, 131.0, 126.0, 129.04, 225_702_688),
        ("2020-09-01", 132.76, 134.8, 130.53, 134.18, 152_470_142),
    ]
    first_page = "page_token" not in parse_qs(urlsplit(request.url or "").query)
    page = rows[:3] if first_page else rows[3:]
    bars = [
        {"t": f"{day}T04:00:00Z", "o": o, "h": h, "l": low, "c": c, "v": v, "n": 1, "vw": c}
        for day, o, h, low, c, v in page
    ]
    return {"bars": {"AAPL": bars}, "next_page_token": "cGFnZTI=" if first_page else None}


BINANCE_FIRST_OPEN = datetime(2020, 8, 1, tzinfo=UTC)
_DAY = 86_400_000


def binance_http(days: int = 1_500) -> RecordedHttp:
    """Daily bars of BTC/USDT since August 2020, at most 1,000 a page, as Binance sends them."""
    klines = "https://api.binance.com/api/v3/klines"
    return RecordedHttp(
        {
            "https://api.binance.com/api/v3/exchangeInfo": {
                "timezone": "UTC",
                "symbols": [_binance_market()],
            },
            "https://fapi.binance.com/": {"symbols": []},
            "https://dapi.binance.com/": {"symbols": []},
            klines: _binance_page(days),
        }
    )


def _binance_page(days: int) -> Callable[[requests.PreparedRequest], list[list[Any]]]:
    first = int(BINANCE_FIRST_OPEN.timestamp() * 1_000)

    def page(request: requests.PreparedRequest) -> list[list[Any]]:
        query = parse_qs(urlsplit(request.url or "").query)
        since, limit = int(query["startTime"][0]), int(query["limit"][0])
        opens = [first + n * _DAY for n in range(days) if first + n * _DAY >= since][:limit]
        return [
            [
                at,
                "11335.46",
                "11861.00",
                "11220.00",
                "11801.17",
                "79340.5",
                at + _DAY - 1,
                "9e8",
                1,
                "4e4",
                "4e8",
                "0",
            ]
            for at in opens
        ]

    return page


def _binance_market() -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
        ],
    }

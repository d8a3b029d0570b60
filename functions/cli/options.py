"""The options of the commands that take many, each with its help. None is an option not given.

Choices are spelled out: the enumerations they stand for need pydantic, which would slow `--help`.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

DAY = ["%Y-%m-%d"]
_MARKET, _COSTS, _ORDERS = "What and when", "Costs", "Orders and limits"
_FILE = "Files (with SOURCE file)"

FillChoice: TypeAlias = Literal["next_open", "next_close", "same_close"]
QuantityChoice: TypeAlias = Literal["instrument", "whole_lots", "fractional"]
AdjustmentChoice: TypeAlias = Literal["none", "splits", "total_return", "booked"]
LimitFillChoice: TypeAlias = Literal["crossed", "touched"]
TierPeriodChoice: TypeAlias = Literal["order", "month"]
StatusChoice: TypeAlias = Literal["queued", "running", "completed", "failed", "cancelled"]
AssetClassChoice: TypeAlias = Literal["equity", "etf", "index", "fx", "crypto"]
StampChoice: TypeAlias = Literal["open", "close"]

# Shared by several commands.
Timeframe = Annotated[str, typer.Option(help="Length of a bar: 1d, 15m.", rich_help_panel=_MARKET)]
FirstDay = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAY, help="First day, inclusive.", rich_help_panel=_MARKET),
]
LastDay = Annotated[
    datetime | None, typer.Option("--to", formats=DAY, help="Last day, inclusive.", rich_help_panel=_MARKET)
]
StrategyFile = Annotated[
    Path | None,
    typer.Option(
        "--strategy-file", metavar="FILE", help="A Python file of yours whose strategies are added."
    ),
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Named after the run when left out.")
]
RunId = Annotated[str, typer.Argument(metavar="ID", help="As `backtest list` shows it: bt_…")]
StoredSymbol = Annotated[str, typer.Argument(help="Instrument id or symbol, as `data list` shows it.")]
SourceFilter = Annotated[str | None, typer.Option(help="Only of this source.", rich_help_panel=_MARKET)]

# backtest run
Symbols = Annotated[
    list[str],
    typer.Option(help="Instrument id (AAPL.XNAS) or symbol; may be repeated.", rich_help_panel=_MARKET),
]
Parameters = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the strategy; may be repeated.")
]
Source = Annotated[
    str | None,
    typer.Option(
        help="Where the bars come from; series not stored yet are imported first.", rich_help_panel=_MARKET
    ),
]
Adjustment = Annotated[
    AdjustmentChoice | None,
    typer.Option(
        help="What prices are adjusted for; total_return by default, booked pays and splits in the account.",
        rich_help_panel=_MARKET,
    ),
]
CloseDelisted = Annotated[
    bool | None,
    typer.Option(
        "--close-delisted/--keep-delisted",
        help="Close what has no more bars while others go on; the default.",
        rich_help_panel=_MARKET,
    ),
]
Benchmark = Annotated[
    str | None,
    typer.Option(
        help="An instrument to compare with; by default those traded, bought and held.",
        rich_help_panel=_MARKET,
    ),
]
Cash = Annotated[str | None, typer.Option(metavar="AMOUNT", help="Cash to begin with; 100000 by default.")]
AccountCurrency = Annotated[
    str | None, typer.Option(help="Of the account; prices in others are converted. USD by default.")
]
Seed = Annotated[int | None, typer.Option(help="For strategies that draw random numbers; 0 by default.")]
CommissionBps = Annotated[
    float | None, typer.Option(help="Of the notional of an order; 1 by default.", rich_help_panel=_COSTS)
]
CommissionPerShare = Annotated[
    float | None, typer.Option(help="Account currency a unit.", rich_help_panel=_COSTS)
]
CommissionFixed = Annotated[
    float | None, typer.Option(help="Account currency an order.", rich_help_panel=_COSTS)
]
CommissionMinimum = Annotated[
    float | None, typer.Option(help="Least commission of an order.", rich_help_panel=_COSTS)
]
CommissionMaximumBps = Annotated[
    float | None, typer.Option(help="Most commission of an order, of its notional.", rich_help_panel=_COSTS)
]
CommissionBpsPassive = Annotated[
    float | None, typer.Option(help="Of fills of limit orders (maker).", rich_help_panel=_COSTS)
]
CommissionTiers = Annotated[
    str | None,
    typer.Option(
        metavar="OVER=BPS,…",
        help="Lower rates for larger notionals: 10000=0.8,50000=0.5.",
        rich_help_panel=_COSTS,
    ),
]
CommissionTierPeriod = Annotated[
    TierPeriodChoice | None,
    typer.Option(help="Over what the notional of tiers adds up; order by default.", rich_help_panel=_COSTS),
]
SpreadBps = Annotated[
    float | None,
    typer.Option(help="Full quoted spread, each side pays half; 2 by default.", rich_help_panel=_COSTS),
]
SlippageBps = Annotated[
    float | None, typer.Option(help="Lost by every fill; 1 by default.", rich_help_panel=_COSTS)
]
ImpactBps = Annotated[
    float | None,
    typer.Option(
        help="Extra for a fill as large as the bar's volume, by the square root.", rich_help_panel=_COSTS
    ),
]
FxBps = Annotated[
    float | None,
    typer.Option(help="Of fills in another currency than the account's.", rich_help_panel=_COSTS),
]
BorrowRate = Annotated[
    float | None, typer.Option(help="A year on shorts; 0.01 by default.", rich_help_panel=_COSTS)
]
MarginRate = Annotated[
    float | None, typer.Option(help="A year on negative cash; 0.06 by default.", rich_help_panel=_COSTS)
]
FundingRate = Annotated[
    float | None,
    typer.Option(help="Of perpetual swaps: every 8 hours on the position's value.", rich_help_panel=_COSTS),
]
Fill = Annotated[
    FillChoice | None,
    typer.Option(
        help="Price of a fill; next_open by default, same_close is optimistic.", rich_help_panel=_ORDERS
    ),
]
LimitFill = Annotated[
    LimitFillChoice | None,
    typer.Option(help="What fills a limit inside a bar; crossed by default.", rich_help_panel=_ORDERS),
]
Quantity = Annotated[
    QuantityChoice | None,
    typer.Option(help="Order quantities; as the instrument trades by default.", rich_help_panel=_ORDERS),
]
MaxLeverage = Annotated[
    float | None, typer.Option(help="Gross exposure over equity; 1 by default.", rich_help_panel=_ORDERS)
]
InitialMargin = Annotated[
    float | None,
    typer.Option(help="Equity over a new position, in place of leverage: 0.5.", rich_help_panel=_ORDERS),
]
MaintenanceMargin = Annotated[
    float | None,
    typer.Option(help="Equity over exposure below which positions are sold: 0.25.", rich_help_panel=_ORDERS),
]
MaxVolumeShare = Annotated[
    float | None, typer.Option(help="Of a bar's volume that fills may take: 0.1.", rich_help_panel=_ORDERS)
]
StopLoss = Annotated[
    float | None, typer.Option(help="Fraction of the entry price: 0.05.", rich_help_panel=_ORDERS)
]
TakeProfit = Annotated[
    float | None, typer.Option(help="Fraction of the entry price: 0.10.", rich_help_panel=_ORDERS)
]

# data import
SourceName = Annotated[str, typer.Argument(help="A name from `data sources`, or `file`.")]
SymbolsOfSource = Annotated[list[str] | None, typer.Option(help="As the source writes it; may be repeated.")]
FilePath = Annotated[Path | None, typer.Option(help="CSV or Parquet.", rich_help_panel=_FILE)]
Venue = Annotated[
    str | None, typer.Option(help="Where it trades: XNAS, XNYS, BINANCE.", rich_help_panel=_FILE)
]
AssetClass = Annotated[
    AssetClassChoice | None, typer.Option(help="What it is; equity by default.", rich_help_panel=_FILE)
]
Currency = Annotated[str | None, typer.Option(help="Of the prices; USD by default.", rich_help_panel=_FILE)]
TimeZone = Annotated[
    str | None,
    typer.Option("--timezone", help="Of stamps that carry none: America/New_York.", rich_help_panel=_FILE),
]
TimeFormat = Annotated[
    str | None,
    typer.Option(help="Of stamps, for anything but ISO 8601 and Unix time: %d.%m.%Y.", rich_help_panel=_FILE),
]
TimeStamp = Annotated[
    StampChoice | None,
    typer.Option(
        "--stamp", help="Which moment of a bar its stamp names; open by default.", rich_help_panel=_FILE
    ),
]
Delimiter = Annotated[
    str | None, typer.Option(help="Of a CSV; found out when left out.", rich_help_panel=_FILE)
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="NAME=HEADER", help="Which column is which: close=Last.", rich_help_panel=_FILE
    ),
]

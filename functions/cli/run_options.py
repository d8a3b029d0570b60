"""The options that describe a run, declared once for every command that takes one."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from functions.cli import options

if TYPE_CHECKING:
    from domain.backtesting.model import BacktestSpec

_COSTS = (
    "commission_bps", "commission_per_share", "commission_fixed", "commission_minimum", "commission_maximum_bps",
    "commission_bps_passive", "commission_tiers", "commission_tier_period", "spread_bps", "slippage_bps",
    "impact_bps", "fx_bps", "borrow_rate", "margin_rate", "funding_rate",
)  # fmt: skip
_SIZING = (
    "quantity", "max_leverage", "initial_margin", "maintenance_margin", "stop_loss", "take_profit",
    "max_volume_share",
)  # fmt: skip
_AS_THEY_ARE = (
    "strategy", "source", "timeframe", "adjustment", "close_delisted", "benchmark", "currency", "fill",
    "limit_fill", "seed",
)  # fmt: skip


def _declared(
    strategy: Annotated[str, typer.Argument(help="A name from `strategy list`.")],
    symbol: options.Symbols,
    param: options.Parameters = None,
    source: options.Source = None,
    timeframe: options.Timeframe = "1d",
    start: options.FirstDay = None,
    end: options.LastDay = None,
    adjustment: options.Adjustment = None,
    close_delisted: options.CloseDelisted = None,
    benchmark: options.Benchmark = None,
    cash: options.Cash = None,
    currency: options.AccountCurrency = None,
    commission_bps: options.CommissionBps = None,
    commission_per_share: options.CommissionPerShare = None,
    commission_fixed: options.CommissionFixed = None,
    commission_minimum: options.CommissionMinimum = None,
    commission_maximum_bps: options.CommissionMaximumBps = None,
    commission_bps_passive: options.CommissionBpsPassive = None,
    commission_tiers: options.CommissionTiers = None,
    commission_tier_period: options.CommissionTierPeriod = None,
    spread_bps: options.SpreadBps = None,
    slippage_bps: options.SlippageBps = None,
    impact_bps: options.ImpactBps = None,
    fx_bps: options.FxBps = None,
    borrow_rate: options.BorrowRate = None,
    margin_rate: options.MarginRate = None,
    funding_rate: options.FundingRate = None,
    fill: options.Fill = None,
    limit_fill: options.LimitFill = None,
    quantity: options.Quantity = None,
    max_leverage: options.MaxLeverage = None,
    initial_margin: options.InitialMargin = None,
    maintenance_margin: options.MaintenanceMargin = None,
    stop_loss: options.StopLoss = None,
    take_profit: options.TakeProfit = None,
    max_volume_share: options.MaxVolumeShare = None,
    seed: options.Seed = None,
    strategy_file: options.StrategyFile = None,
) -> None:
    """Their names and defaults; never called."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the person wrote, by the names of `_declared`."""

    given: Mapping[str, Any]

    @property
    def strategy_file(self) -> Path | None:
        path: Path | None = self.given["strategy_file"]
        return path

    def spec(self) -> "BacktestSpec":
        """The specification these options ask for. Raises InvalidInput."""
        from functions.cli.specification import read_parameters, read_tiers, specification

        given = self.given
        costs = {name: given[name] for name in _COSTS}
        if costs["commission_tiers"] is not None:
            costs["commission_tiers"] = read_tiers(costs["commission_tiers"])
        start, end = given["start"], given["end"]
        return specification(
            {
                **{name: given[name] for name in _AS_THEY_ARE},
                "parameters": read_parameters(given["param"] or []),
                "instruments": given["symbol"],
                "start": start and start.date(),
                "end": end and end.date(),
                "initial_cash": given["cash"],
                "costs": costs,
                "sizing": {name: given[name] for name in _SIZING},
            }
        )


def takes_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option of a run; it is called with them as its first argument."""
    ours = inspect.signature(_declared, eval_str=True).parameters
    first, *own = inspect.signature(command, eval_str=True).parameters.values()
    required = [one for one in (*ours.values(), *own) if one.default is inspect.Parameter.empty]
    optional = [one for one in (*ours.values(), *own) if one.default is not inspect.Parameter.empty]

    @wraps(command)
    def called(**values: Any) -> None:
        given = {name: values.pop(name) for name in ours}
        command(RunOptions(given), **values)

    parameters = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*required, *optional) if one is not first
    ]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what typer reads
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called

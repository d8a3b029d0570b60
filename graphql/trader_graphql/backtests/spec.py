"""The specification of a run as the API takes it and gives it back."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from strawberry.scalars import JSON

from domain.backtesting import model
from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput
from trader_graphql.enums import Adjustment, FillPrice, LimitFill, QuantityRule, TierPeriod
from trader_graphql.scalars import BigInt


@strawberry.input(description="The commission of that part of the notional that lies above a threshold.")
class CommissionTierInput:
    over: float = strawberry.field(description="Notional, account currency.")
    bps: float


@strawberry.input(
    description="What trading costs. What is left out has the default of a retail account, not zero."
)
class CostsInput:
    commission_fixed: float | None = strawberry.field(default=None, description="Account currency an order.")
    commission_per_share: float | None = strawberry.field(
        default=None, description="Account currency a unit."
    )
    commission_bps: float | None = strawberry.field(default=None, description="Of the notional; default 1.")
    commission_minimum: float | None = strawberry.field(
        default=None, description="Account currency an order."
    )
    commission_maximum_bps: float | None = strawberry.field(
        default=None, description="Most commission of an order, of its notional; null is no limit."
    )
    commission_bps_passive: float | None = strawberry.field(
        default=None, description="Of fills of limit orders (maker); null is commissionBps for all."
    )
    commission_tiers: list[CommissionTierInput] | None = strawberry.field(
        default=None, description="In order of their thresholds; below the first commissionBps is paid."
    )
    commission_tier_period: TierPeriod | None = strawberry.field(
        default=None, description="Over what the notional adds up; default: each order alone."
    )
    spread_bps: float | None = strawberry.field(default=None, description="Full quoted spread; default 2.")
    slippage_bps: float | None = strawberry.field(default=None, description="On every fill; default 1.")
    impact_bps: float | None = strawberry.field(
        default=None, description="Extra for a fill as large as the bar's volume, by the square root."
    )
    fx_bps: float | None = strawberry.field(
        default=None,
        description="Of the notional of fills in another currency than the account's; default 0.",
    )
    borrow_rate: float | None = strawberry.field(default=None, description="A year on shorts; default 0.01.")
    margin_rate: float | None = strawberry.field(
        default=None, description="A year on negative cash; default 0.06."
    )
    funding_rate: float | None = strawberry.field(
        default=None, description="Of perpetual swaps, every 8 hours on the position's value; default 0."
    )


@strawberry.input(description="How target weights become quantities, and what the account may do.")
class SizingInput:
    quantity: QuantityRule | None = strawberry.field(
        default=None, description="Default: as the instrument trades."
    )
    max_leverage: float | None = strawberry.field(
        default=None, description="Gross exposure over equity; default 1."
    )
    initial_margin: float | None = strawberry.field(
        default=None,
        description="Equity over a new position, in place of maxLeverage: 0.5 is a leverage of 2.",
    )
    maintenance_margin: float | None = strawberry.field(
        default=None, description="Equity over gross exposure below which positions are sold; null is none."
    )
    stop_loss: float | None = strawberry.field(default=None, description="Fraction of the entry price.")
    take_profit: float | None = strawberry.field(default=None, description="Fraction of the entry price.")
    max_volume_share: float | None = strawberry.field(
        default=None, description="Share of a bar's volume that fills may take; null is no limit."
    )


@strawberry.input(description="Everything that decides the result of a run.")
class BacktestSpecInput:
    strategy: str
    instruments: list[str] = strawberry.field(
        description="Instrument ids (AAPL.XNAS), or symbols that are unique."
    )
    parameters: JSON | None = strawberry.field(
        default=None, description="Checked against the strategy's own schema."
    )
    timeframe: str = strawberry.field(default="1d", description="A number and m, h, d or w: 1d, 15m.")
    source: str | None = strawberry.field(
        default=None, description="Where the bars came from; needed when several hold them."
    )
    from_: date | None = strawberry.field(default=None, description="First bar, inclusive; null is all.")
    to: date | None = strawberry.field(default=None, description="Last bar, inclusive; null is all.")
    initial_cash: Decimal = strawberry.field(default=Decimal(100_000))
    currency: str = "USD"
    costs: CostsInput | None = None
    fill: FillPrice = FillPrice.NEXT_OPEN
    limit_fill: LimitFill = LimitFill.CROSSED
    sizing: SizingInput | None = None
    adjustment: Adjustment = Adjustment.TOTAL_RETURN
    close_delisted: bool = strawberry.field(
        default=True,
        description="Close an instrument whose bars end well before the others' at its last close.",
    )
    benchmark: str | None = strawberry.field(
        default=None,
        description="An instrument to compare with; null compares with buying and holding the instruments.",
    )
    seed: BigInt = strawberry.field(default=BigInt(0))

    def spec(self) -> BacktestSpec:
        """Raises InvalidInput in the caller's own field names."""
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise InvalidInput.at("from", message=f"{self.from_} is after to, {self.to}")
        if self.parameters is not None and not isinstance(self.parameters, dict):
            raise InvalidInput.at("parameters", message="must be an object of names and values")
        return BacktestSpec.read(
            {
                "strategy": self.strategy,
                "parameters": self.parameters or {},
                "instruments": self.instruments,
                "timeframe": self.timeframe,
                "source": self.source,
                "start": self.from_,
                "end": self.to,
                "initial_cash": self.initial_cash,
                "currency": self.currency,
                "costs": _given(self.costs),
                "fill": self.fill,
                "limit_fill": self.limit_fill,
                "sizing": _given(self.sizing),
                "adjustment": self.adjustment,
                "close_delisted": self.close_delisted,
                "benchmark": self.benchmark,
                "seed": self.seed,
            }
        )


@strawberry.input(description="Everything that decides the result of a run.")
class StartBacktestInput(BacktestSpecInput):
    idempotency_key: str | None = strawberry.field(
        default=None, description="Sent again with the same input, the run it started before is returned."
    )


def _given(values: CostsInput | SizingInput | None) -> dict[str, Any]:
    """What the caller wrote; the domain's defaults stand for the rest."""
    return (
        {} if values is None else {name: value for name, value in asdict(values).items() if value is not None}
    )


@strawberry.type(description="The commission of that part of the notional that lies above a threshold.")
class CommissionTier:
    over: float
    bps: float


@strawberry.type(description="What trading costs.")
class Costs:
    commission_fixed: float
    commission_per_share: float
    commission_bps: float
    commission_minimum: float
    commission_maximum_bps: float | None
    commission_bps_passive: float | None
    commission_tiers: list[CommissionTier]
    commission_tier_period: TierPeriod
    spread_bps: float
    slippage_bps: float
    impact_bps: float
    fx_bps: float
    borrow_rate: float
    margin_rate: float
    funding_rate: float

    @classmethod
    def of(cls, costs: model.Costs) -> "Costs":
        """From the domain's."""
        tiers = [CommissionTier(over=tier.over, bps=tier.bps) for tier in costs.commission_tiers]
        return cls(**(costs.model_dump() | {"commission_tiers": tiers}))


@strawberry.type(description="How target weights become quantities.")
class Sizing:
    quantity: QuantityRule
    max_leverage: float
    initial_margin: float | None
    maintenance_margin: float | None
    stop_loss: float | None
    take_profit: float | None
    max_volume_share: float | None


@strawberry.type(
    name="BacktestSpec",
    description="Everything that decides a result, with every default filled in. Two runs of one spec on one data "
    "hash are identical.",
)
class Spec:
    strategy: str
    parameters: JSON
    instruments: list[str]
    timeframe: str
    source: str | None
    from_: date | None
    to: date | None
    initial_cash: Decimal
    currency: str
    costs: Costs
    fill: FillPrice
    fill_is_optimistic: bool = strawberry.field(
        description="Whether fills use a price only known when deciding."
    )
    limit_fill: LimitFill
    sizing: Sizing
    adjustment: Adjustment
    close_delisted: bool
    benchmark: str | None
    seed: BigInt

    @classmethod
    def of(cls, spec: model.BacktestSpec) -> "Spec":
        """From the domain's."""
        return cls(
            strategy=spec.strategy,
            parameters=JSON(spec.parameters),
            instruments=list(spec.instruments),
            timeframe=spec.timeframe,
            source=spec.source,
            from_=spec.start,
            to=spec.end,
            initial_cash=spec.initial_cash,
            currency=spec.currency,
            costs=Costs.of(spec.costs),
            fill=spec.fill,
            fill_is_optimistic=spec.fill.is_optimistic,
            limit_fill=spec.limit_fill,
            sizing=Sizing(**spec.sizing.model_dump()),
            adjustment=spec.adjustment,
            close_delisted=spec.close_delisted,
            benchmark=spec.benchmark,
            seed=BigInt(spec.seed),
        )

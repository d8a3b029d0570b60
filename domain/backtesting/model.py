"""What a backtest is: the specification that reproduces it, and its life from queued to ended.

Nothing here needs numpy, so that a light API process can read and start backtests.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from domain.errors import InvalidInput, Problem
from domain.ids import BacktestId, WorkspaceId
from domain.market.corporate_actions import Adjustment
from domain.orders.model import LimitFill
from domain.validation import wrong_value

BasisPoints = Annotated[float, Field(ge=0, le=10_000, description="Hundredths of a per cent.")]
AnnualRate = Annotated[float, Field(ge=0, le=10, description="Share a year: 0.05 is five per cent.")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FillPrice(StrEnum):
    """The price at which a decision made at the close of bar t is carried out."""

    NEXT_OPEN = "next_open"
    NEXT_CLOSE = "next_close"
    SAME_CLOSE = "same_close"

    @property
    def is_optimistic(self) -> bool:
        """Whether it trades at a price that was only known when the decision was made."""
        return self is FillPrice.SAME_CLOSE


class TierPeriod(StrEnum):
    """Over what the notional of commission tiers adds up: each order alone, or a calendar month (UTC)."""

    ORDER = "order"
    MONTH = "month"


class QuantityRule(StrEnum):
    """How a wanted amount becomes an order quantity."""

    INSTRUMENT = "instrument"
    WHOLE_LOTS = "whole_lots"
    FRACTIONAL = "fractional"


class CommissionTier(_Frozen):
    """The rate of that part of the notional that lies above `over`, up to the next tier."""

    over: float = Field(gt=0, description="Notional, account currency.")
    bps: BasisPoints


class Costs(_Frozen):
    """What trading costs. Defaults are those of a retail account in liquid US shares, not zero.

    commission  per order: max(minimum, fixed + per_share * quantity + bps of notional), but no more
                than maximum_bps of the notional
    tiers       the part of the notional above each threshold pays the rate of its tier, the part
                below the first commission_bps; the notional counted is that of the order, or of all
                fills of the calendar month with this order on top
    passive     the rate of a limit's fill instead of commission_bps and tiers (maker and taker);
                such a fill pays neither spread nor slippage nor impact
    spread      the full quoted spread; each side pays half of it
    slippage    paid on top of half the spread by every fill
    impact      extra bps of a fill as large as the bar's whole volume, scaled by the square root
                of quantity / volume
    borrow      a year on the value of short positions
    margin      a year on cash below zero
    funding     of perpetual swaps: at 00:00, 08:00 and 16:00 UTC, on the signed value of positions at
                the last close up to then; longs pay and shorts receive while it is positive
    fx          of the notional of a fill in another currency than the account's
    """

    commission_fixed: float = Field(0.0, ge=0, description="Account currency an order.")
    commission_per_share: float = Field(0.0, ge=0, description="Account currency a unit.")
    commission_bps: BasisPoints = 1.0
    commission_minimum: float = Field(0.0, ge=0, description="Account currency an order.")
    commission_maximum_bps: BasisPoints | None = None
    commission_bps_passive: BasisPoints | None = None
    commission_tiers: tuple[CommissionTier, ...] = Field((), max_length=20)
    commission_tier_period: TierPeriod = TierPeriod.ORDER
    spread_bps: BasisPoints = 2.0
    slippage_bps: BasisPoints = 1.0
    impact_bps: BasisPoints = 0.0
    fx_bps: BasisPoints = 0.0
    borrow_rate: AnnualRate = 0.01
    margin_rate: AnnualRate = 0.06
    funding_rate: float = Field(0.0, ge=-0.1, le=0.1, description="Share of the position every 8 hours.")

    @field_validator("commission_tiers")
    @classmethod
    def _tiers_in_order(cls, tiers: tuple[CommissionTier, ...]) -> tuple[CommissionTier, ...]:
        thresholds = [tier.over for tier in tiers]
        if any(later <= earlier for earlier, later in pairwise(thresholds)):
            raise ValueError("must be in order of their thresholds, each above the one before")
        return tiers


class Sizing(_Frozen):
    """How target weights become quantities, and what the account may do.

    max_leverage 1.0 is a cash account: gross exposure never exceeds equity at the time of a fill.
    initial_margin says the same for a margin account, as the share of a new position's value that
    equity must cover: 0.5 is a max_leverage of 2. Give one of the two.
    maintenance_margin is the share of gross exposure that equity must not fall below at a bar's close;
    else positions are sold at the next open, all by the same share, until it holds again. What prices
    did inside the bar is not looked at. None switches it off.
    stop_loss and take_profit are fractions of the entry price; None switches them off.
    max_volume_share is how much of a bar's volume all fills in an instrument may take together; the
    rest stays open for the next bar. A bar of unknown volume then fills nothing. None is no limit.
    """

    quantity: QuantityRule = QuantityRule.INSTRUMENT
    max_leverage: float = Field(1.0, gt=0, le=20, description="Gross exposure over equity.")
    initial_margin: float | None = Field(None, ge=0.01, le=1, description="Equity over a new position.")
    maintenance_margin: float | None = Field(None, gt=0, le=1, description="Equity over gross exposure.")
    stop_loss: float | None = Field(None, gt=0, lt=1, description="Fraction below entry (above for shorts).")
    take_profit: float | None = Field(
        None, gt=0, le=100, description="Fraction above entry (below for shorts)."
    )
    max_volume_share: float | None = Field(None, gt=0, le=1, description="Share of a bar's volume.")

    @property
    def leverage(self) -> float:
        """Most gross exposure over equity, by whichever of the two limits was given."""
        return self.max_leverage if self.initial_margin is None else 1.0 / self.initial_margin

    @model_validator(mode="after")
    def _margins_fit(self) -> "Sizing":
        if self.initial_margin is not None and self.max_leverage != 1.0:
            raise ValueError("max_leverage and initial_margin say the same thing; give one of them")
        if self.maintenance_margin is not None and self.maintenance_margin * self.leverage > 1.0:
            raise ValueError(
                f"maintenance_margin {self.maintenance_margin:g} is above the {1 / self.leverage:g} that a new "
                "position needs, so that every full purchase would be called at once"
            )
        return self


class BacktestSpec(_Frozen):
    """Everything that decides a result. Two runs of one spec on one data hash are identical.

    instruments  ids (`AAPL.XNAS`) or symbols that are unique in the workspace
    start, end   first and last bar by UTC date of the close, inclusive; None is all there is
    benchmark    an instrument bought and held for comparison; None compares with the equal-weight
                 buy-and-hold of the instruments themselves
    close_delisted
                 whether an instrument whose bars end more than ten days of trading before the others'
                 counts as delisted: it is then closed at its last close, on the row after it. That no
                 bar follows is known in hindsight, though holders of a share that goes are told before;
                 what it changes is that its money is free from that row on
    """

    strategy: str = Field(min_length=1)
    parameters: dict[str, Any] = Field(default_factory=dict)
    instruments: tuple[str, ...] = Field(min_length=1, max_length=1_000)
    timeframe: str = "1d"
    source: str | None = None
    start: date | None = None
    end: date | None = None
    initial_cash: Decimal = Field(Decimal(100_000), gt=0, le=Decimal(10) ** 15)
    currency: str = "USD"
    costs: Costs = Costs()
    fill: FillPrice = FillPrice.NEXT_OPEN
    limit_fill: LimitFill = LimitFill.CROSSED
    sizing: Sizing = Sizing()
    adjustment: Adjustment = Adjustment.TOTAL_RETURN
    close_delisted: bool = True
    benchmark: str | None = None
    seed: int = Field(0, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _dates_in_order(self) -> "BacktestSpec":
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"start {self.start} is after end {self.end}")
        return self

    @classmethod
    def read(cls, values: dict[str, Any]) -> "BacktestSpec":
        """Validate outside input. Raises InvalidInput with the path of every wrong field."""
        try:
            return cls.model_validate(values)
        except ValidationError as fault:
            raise InvalidInput.of(
                Problem(tuple(str(part) for part in error["loc"]), wrong_value(error))
                for error in fault.errors()
            ) from None

    @property
    def start_time(self) -> datetime | None:
        return None if self.start is None else datetime.combine(self.start, time.min, UTC)

    @property
    def end_time(self) -> datetime | None:
        return None if self.end is None else datetime.combine(self.end, time.max, UTC)


class BacktestStatus(StrEnum):
    """Where a run stands. The last three never change again."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in {BacktestStatus.COMPLETED, BacktestStatus.FAILED, BacktestStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a result was made from.

    data_hash     SHA-256 over every series as the engine saw it, adjusted and in order: its bars and
                  the asset class, currency, tick, lot and divisibility of its instrument; then booked
                  corporate actions, rates of exchange, and the benchmark's come last
    code_version  package version of the engine, with the commit where it is known
    """

    data_hash: str
    code_version: str
    seed: int
    bars: int
    first_bar: datetime
    last_bar: datetime
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class BacktestOutcome:
    """What a finished run leaves in the database; curves and trades are artefacts.

    statistics and benchmark_statistics map a statistic's name to its value, None when undefined
    (`domain.performance.conventions.CONVENTIONS` describes each); `tables` holds the drawdown,
    monthly and yearly tables.
    """

    statistics: dict[str, Any]
    benchmark_statistics: dict[str, Any]
    tables: dict[str, Any]
    warnings: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Backtest:
    """One run of one spec in one workspace.

    progress is in [0, 1]. `runner` names the process that carries it out; `failure` is one
    sentence for a person.
    """

    id: BacktestId
    workspace_id: WorkspaceId
    spec: BacktestSpec
    status: BacktestStatus
    created_at: datetime
    progress: float = 0.0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    runner: str | None = None
    failure: str | None = None
    outcome: BacktestOutcome | None = None

    def began(self, at: datetime, runner: str) -> "Backtest":
        return replace(self, status=BacktestStatus.RUNNING, started_at=at, runner=runner)

    def advanced(self, progress: float) -> "Backtest":
        return replace(self, progress=progress)

    def completed(self, at: datetime, outcome: BacktestOutcome) -> "Backtest":
        return replace(self, status=BacktestStatus.COMPLETED, finished_at=at, progress=1.0, outcome=outcome)

    def failed(self, at: datetime, reason: str) -> "Backtest":
        return replace(self, status=BacktestStatus.FAILED, finished_at=at, failure=reason)

    def cancelled(self, at: datetime) -> "Backtest":
        return replace(self, status=BacktestStatus.CANCELLED, finished_at=at)


@dataclass(frozen=True, slots=True)
class BacktestProgress:
    """One step of a run, as subscribers see it. `stage` is a word for people: "simulating"."""

    id: BacktestId
    workspace_id: WorkspaceId
    status: BacktestStatus
    progress: float
    stage: str
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a listing, newest first, with what a Relay connection needs to go on."""

    items: tuple[Backtest, ...]
    has_next: bool
    has_previous: bool
    total: int


@dataclass(frozen=True, slots=True)
class BacktestFilter:
    """Which runs a listing holds; None matches all."""

    status: BacktestStatus | None = None
    strategy: str | None = None
    instrument: str | None = None


EVERY_BACKTEST = BacktestFilter()

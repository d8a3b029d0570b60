"""The terms an account is simulated under, and the compiled account they open."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.backtesting._kernel import Account
from domain.backtesting.conditions import PLAIN, Conditions
from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import Costs, FillPrice, Sizing, TierPeriod
from domain.backtesting.result import Curve
from domain.market.bars import Panel
from domain.orders.model import LimitFill

_BPS = 10_000.0
_FILL_CODES = {FillPrice.NEXT_OPEN: 0, FillPrice.NEXT_CLOSE: 1, FillPrice.SAME_CLOSE: 2}


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What an account begins with and is held to. initial_cash is in account currency."""

    initial_cash: float
    costs: Costs
    fill: FillPrice
    sizing: Sizing
    limit_fill: LimitFill = LimitFill.CROSSED
    conditions: Conditions = PLAIN

    @property
    def adverse_rate(self) -> float:
        """What a market order loses to spread and slippage, as a fraction of price."""
        return (self.costs.spread_bps / 2.0 + self.costs.slippage_bps) / _BPS

    def conversion(self) -> FloatArray | None:
        """What changing currency costs, as a share of a fill's notional, (N,); None for nothing at all."""
        rates, foreign = self.conditions.rates, self.conditions.foreign
        if rates is None or self.costs.fx_bps == 0:
            return None
        if foreign is None:
            foreign = (np.nan_to_num(rates, nan=1.0) != 1.0).any(axis=0)
        return np.where(foreign, self.costs.fx_bps / _BPS, 0.0)


def open_account(panel: Panel, curve: Curve, terms: Terms, missing: IntArray) -> Account:
    """The compiled account, not yet begun; it writes into the arrays of the curve.

    missing (N,) counts the bars each instrument lacks.
    """
    sizing, rates, events = terms.sizing, terms.conditions.rates, terms.conditions.events
    conversion = terms.conversion()
    # An instrument with a bar at every time opens each after the last decision: nothing to look up.
    mixed = len(panel.instruments) > 1 and bool(missing.any())
    return Account(
        panel.close_time,
        panel.open_time if mixed else np.empty((0, 0), dtype=np.int64),
        panel.open,
        panel.high,
        panel.low,
        panel.close,
        panel.volume,
        np.array(lot_sizes(panel.instruments, sizing.quantity)),
        curve.equity,
        curve.cash,
        curve.exposure,
        rates=np.empty((0, 0)) if rates is None else np.ascontiguousarray(rates),
        conversion=np.zeros(len(panel.instruments)) if conversion is None else conversion,
        event_where=np.ascontiguousarray(events.where),
        event_what=np.ascontiguousarray(events.what),
        initial_cash=terms.initial_cash,
        fill=_FILL_CODES[terms.fill],
        limits_fill_at_touch=terms.limit_fill is LimitFill.TOUCHED,
        max_leverage=sizing.leverage,
        maintenance_margin=_or_nan(sizing.maintenance_margin),
        max_volume_share=_or_nan(sizing.max_volume_share),
        stop_loss=_or_nan(sizing.stop_loss),
        take_profit=_or_nan(sizing.take_profit),
        adverse_rate=terms.adverse_rate,
        **_fractions(terms.costs, panel.close_time),
    )


def _fractions(costs: Costs, close_time: TimeArray) -> dict[str, Any]:
    """The other costs, bps as fractions, under the names the account takes them by."""
    tiers, passive, most = costs.commission_tiers, costs.commission_bps_passive, costs.commission_maximum_bps
    by_month = bool(tiers) and costs.commission_tier_period is TierPeriod.MONTH
    return {
        "commission_fixed": costs.commission_fixed,
        "commission_per_share": costs.commission_per_share,
        "commission_rate": costs.commission_bps / _BPS,
        "commission_rate_passive": math.nan if passive is None else passive / _BPS,
        "commission_minimum": costs.commission_minimum,
        "commission_maximum": math.inf if most is None else most / _BPS,
        "tier_from": np.array([tier.over for tier in tiers], dtype=np.float64),
        "tier_rates": np.array([tier.bps / _BPS for tier in tiers], dtype=np.float64),
        "tier_period": _months(close_time) if by_month else np.empty(0, dtype=np.int64),
        "impact_rate": costs.impact_bps / _BPS,
        "borrow_rate": costs.borrow_rate,
        "margin_rate": costs.margin_rate,
        "funding_rate": costs.funding_rate,
    }


def _months(close_time: TimeArray) -> IntArray:
    """The calendar month (UTC) that each bar closes in, counted from 1970. Shape (T,).

    A bar that closes at midnight belongs to the day that ends then.
    """
    return (close_time - 1).astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value

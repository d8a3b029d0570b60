"""Rates of exchange of a run: what one unit of each instrument's currency is worth to the account."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray, TimeArray
from domain.backtesting.model import BacktestSpec
from domain.clock import NANOSECONDS_PER_DAY, from_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import BarStore
from domain.market.timeframe import Timeframe

DAYS_OF_AN_OLD_RATE = 10
"""A rate older than this, besides the length of a bar, is no longer that of the day: longer than any
holiday of the currency market."""


@dataclass(frozen=True, slots=True, eq=False)
class RateSeries:
    """The stored pair that turns one currency into the account's. inverted where it is quoted the
    other way round."""

    currency: str
    bars: Bars
    inverted: bool

    def known_at(self, panel: Panel) -> FloatArray:
        """Money of the account for one unit, at the last close known at each row, (T,); NaN before."""
        closes = last_known_close(self.bars, panel)
        return 1.0 / closes if self.inverted else closes

    def require_recent(self, closed: TimeArray, converted: Instrument, field: str) -> None:
        """Raises InvalidInput, at `field` of the spec, where the pair falls silent for more than
        `DAYS_OF_AN_OLD_RATE` before one of the times at which the instrument it converts closed."""
        # A rate that stands still makes a share in foreign money look calmer than it was.
        times, patience = self.bars.close_time, DAYS_OF_AN_OLD_RATE * NANOSECONDS_PER_DAY
        last = times[np.maximum(np.searchsorted(times, closed, "right") - 1, 0)]
        old = np.flatnonzero(closed - last > patience + self.bars.timeframe.nanoseconds)
        if len(old):
            since, at = from_nanoseconds(last[old[0]]), from_nanoseconds(closed[old[0]])
            raise InvalidInput.at(
                field,
                message=f"{self.bars.instrument.id} has no bar between {since:%Y-%m-%d} and {at:%Y-%m-%d}, while "
                f"{converted.id}, whose prices it is to convert, goes on; import the missing bars of the pair, or "
                "choose another period",
            )


def last_known_close(bars: Bars, panel: Panel) -> FloatArray:
    """The last close known at each row of the panel, (T,); NaN before the first."""
    if len(bars) == 0:
        return np.full(len(panel), np.nan)
    known = np.searchsorted(bars.close_time, panel.close_time, "right") - 1
    return np.where(known >= 0, bars.close[np.maximum(known, 0)], np.nan)


def foreign_to(currency: str, panel: Panel) -> BoolArray:
    """Which instruments have prices in another currency, (N,)."""
    return np.array([instrument.currency != currency for instrument in panel.instruments])


def read_rate(store: BarStore, spec: BacktestSpec, bars: Bars, field: str) -> RateSeries | None:
    """The pair that converts an instrument's prices; None where they are in the account's currency.

    The pair is an instrument of class FX whose symbol names both currencies, `EUR/USD` or `USD/EUR`,
    of any venue, in the run's time frame. That of the run's own source comes first, and the direct
    quote before the inverse. Raises InvalidInput, at `field` of the spec, when none is stored.
    """
    instrument, account = bars.instrument, spec.currency
    if instrument.currency == account:
        return None
    timeframe = Timeframe.parse(spec.timeframe)
    for base, quote in ((instrument.currency, account), (account, instrument.currency)):
        keys = store.named(f"{base}/{quote}", timeframe)
        for key in sorted(keys, key=lambda one: one.source != spec.source):
            found = store.read(key, None, spec.end_time)
            if found.instrument.asset_class is AssetClass.FX and len(found):
                return RateSeries(instrument.currency, found, inverted=base == account)
    raise InvalidInput.at(
        field,
        message=f"{instrument.id} has prices in {instrument.currency}; to convert them for a {account} account, "
        f"import {spec.timeframe} bars of the pair {instrument.currency}/{account} or "
        f"{account}/{instrument.currency}, as an instrument of class fx",
    )


def rates_of(
    store: BarStore, spec: BacktestSpec, series: Sequence[Bars], panel: Panel
) -> tuple[FloatArray | None, tuple[RateSeries, ...]]:
    """The rates of every instrument, (T, N), and the pairs they come from; None when all are 1.

    Raises InvalidInput for a pair that is not stored, begins after the instrument it is for, or falls
    silent for more than `DAYS_OF_AN_OLD_RATE` while that has bars.
    """
    pairs: dict[str, RateSeries] = {}
    for bars in series:
        currency = bars.instrument.currency
        found = pairs.get(currency) or read_rate(store, spec, bars, "instruments")
        if found is not None:
            pairs[currency] = found
    if not pairs:
        return None, ()
    rates = np.ones(panel.shape)
    for column, bars in enumerate(series):
        pair = pairs.get(bars.instrument.currency)
        if pair is not None:
            rates[:, column] = pair.known_at(panel)
            _require_early_enough(pair, rates[:, column], panel, column)
            has_bar = ~np.isnan(panel.close[:, column])
            pair.require_recent(panel.close_time[has_bar], bars.instrument, "instruments")
    return rates, tuple(pairs.values())


def _require_early_enough(pair: RateSeries, rates: FloatArray, panel: Panel, column: int) -> None:
    # The first bar's open trades at the rate of the row before it.
    has_bar = np.flatnonzero(~np.isnan(panel.close[:, column]))
    if len(has_bar) and np.isnan(rates[max(int(has_bar[0]) - 1, 0)]):
        raise InvalidInput.at(
            "instruments",
            message=f"{pair.bars.instrument.id} begins after {panel.instruments[column].id}, whose prices it is to "
            "convert; import earlier bars of the pair, or start the run later",
        )

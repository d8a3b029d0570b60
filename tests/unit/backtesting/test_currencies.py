"""Prices in another currency are converted at the bar, by a stored pair, never by a later rate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.inputs import RunInputs, read_inputs
from domain.backtesting.model import FillPrice, QuantityRule, Sizing
from domain.errors import InvalidInput
from domain.market.bars import Bars
from domain.market.instruments import AssetClass, Instrument
from tests.kit.backtests import a_spec
from tests.kit.bars import FIRST_CLOSE, bars_closing_at
from tests.kit.engine import FRACTIONAL, KEEP, a_panel, free_but, panel_of, trade
from tests.kit.runs import BarsInMemory, carried_out

DAY = 86_400_000_000_000
SIEMENS = Instrument("SIE", "XETR", currency="EUR")


def rates(*rows: float | Sequence[float]) -> Conditions:
    return Conditions(np.array(rows, dtype=np.float64).reshape(len(rows), -1))


# ---------------------------------------------------------------- in the account


def test_an_open_is_converted_at_the_rate_before_it_and_a_close_at_its_own() -> None:
    panel = a_panel([100.0] * 4)

    simulation = trade(panel, [1.0, KEEP, 0.0], conditions=rates(1.25, 1.3, 1.4, 1.5))

    # 80 shares for 125 a piece, marked at 130 and 140, and sold at the open of the last row for 140
    assert simulation.orders.quantity.tolist() == [80.0, -80.0]
    assert simulation.orders.price.tolist() == [100.0, 100.0]
    assert simulation.curve.equity.tolist() == pytest.approx(
        [10_000.0, 10_400.0, 11_200.0, 11_200.0], rel=1e-15
    )
    assert simulation.trades.pnl.tolist() == pytest.approx([1_200.0], rel=1e-15)
    assert simulation.trades.entry_price.tolist() == simulation.trades.exit_price.tolist() == [100.0]
    assert simulation.trades.return_.tolist() == pytest.approx([0.12], rel=1e-15)


def test_a_fill_at_the_close_is_converted_at_the_rate_of_that_row() -> None:
    simulation = trade(
        a_panel([100.0] * 3), [1.0], fill=FillPrice.NEXT_CLOSE, conditions=rates(1.0, 2.0, 2.0)
    )
    assert simulation.orders.quantity.tolist() == [50.0]


def test_a_stop_lies_at_a_price_and_not_at_a_rate() -> None:
    # Given a currency that loses a half while the price stands still
    simulation = trade(
        a_panel([100.0] * 3), [1.0], sizing=Sizing(stop_loss=0.1), conditions=rates(1.0, 0.5, 0.5)
    )
    assert simulation.trades.is_open.tolist() == [True]


def test_weights_are_shares_of_the_account_whatever_the_currency() -> None:
    panel = panel_of([100.0] * 3, [100.0] * 3)

    simulation = trade(panel, [[0.5, 0.5]], conditions=rates([1.0, 0.01], [1.0, 0.01], [1.0, 0.01]))

    assert simulation.orders.quantity.tolist() == [50.0, 5_000.0]


def test_changing_currency_costs_where_one_is_changed() -> None:
    panel = panel_of([100.0] * 3, [100.0] * 3)
    costs = free_but(fx_bps=100)

    simulation = trade(panel, [[0.4, 0.4]], costs=costs, conditions=rates([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]))

    assert simulation.orders.quantity.tolist() == [40.0, 19.0]
    assert simulation.orders.commission.tolist() == pytest.approx([0.0, 38.0], rel=1e-15)
    assert simulation.fees_paid == pytest.approx(38.0, rel=1e-15)


def test_a_purchase_leaves_room_for_what_changing_costs() -> None:
    simulation = trade(
        a_panel([100.0] * 2), [1.0], costs=free_but(fx_bps=100), sizing=FRACTIONAL, conditions=rates(2.0, 2.0)
    )
    assert simulation.orders.quantity[0] == pytest.approx(10_000 / 202.0, rel=1e-14)


def test_a_dividend_is_converted_too() -> None:
    happened = InstrumentEvents(np.array([[2, 0]]), np.array([[1.0, 5.0]]))
    conditions = replace(rates(2.0, 3.0, 4.0), events=happened)

    assert trade(a_panel([100.0] * 3), [1.0], conditions=conditions).dividends_received == 50 * 5.0 * 3.0


def test_the_default_benchmark_is_worth_what_it_is_in_the_account() -> None:
    simulation = trade(a_panel([100.0] * 3), [KEEP], conditions=rates(1.0, 1.5, 0.5))
    assert simulation.curve.benchmark.tolist() == [10_000.0, 15_000.0, 5_000.0]


# ---------------------------------------------------------------- from the store


def pair(
    symbol: str,
    closes: Sequence[float],
    *,
    first: int = 0,
    kind: AssetClass = AssetClass.FX,
    venue: str = "FOREX",
) -> Bars:
    """A pair that closes an hour before the shares of the same day, from day `first` on."""
    bars = bars_closing_at(
        closes, instrument=Instrument(symbol, venue, asset_class=kind, currency=symbol[-3:])
    )
    return replace(bars, close_time=bars.close_time + first * DAY - DAY // 24)


def shares(count: int = 4) -> Bars:
    return bars_closing_at([100.0] * count, instrument=SIEMENS)


def inputs(*stored: Bars, **changes: Any) -> RunInputs:
    spec = a_spec(**{"instruments": (SIEMENS.id,), "strategy": "dice", "parameters": {}} | changes)
    return read_inputs(BarsInMemory([shares(), *stored]), spec)


def rate_column(found: RunInputs) -> list[float]:
    assert found.conditions.rates is not None
    return [float(rate) for rate in found.conditions.rates[:, 0]]


def test_the_pair_is_found_either_way_round() -> None:
    assert rate_column(inputs(pair("EUR/USD", [1.1, 1.2, 1.3, 1.4]))) == [1.1, 1.2, 1.3, 1.4]
    assert rate_column(inputs(pair("USD/EUR", [0.5, 0.25, 0.5, 1.0]))) == [2.0, 4.0, 2.0, 1.0]


def test_a_day_without_a_rate_keeps_the_last_known_one_and_never_takes_a_later_one() -> None:
    quoted = pair("EUR/USD", [1.1, 1.2, 1.3, 1.4])
    keep = np.array([True, False, True, True])
    gap = Bars(quoted.instrument, quoted.timeframe, *(getattr(quoted, name)[keep] for name in (
        "close_time", "open", "high", "low", "close", "volume")))  # fmt: skip
    late = replace(quoted, close_time=quoted.close_time + DAY // 12)

    assert rate_column(inputs(gap)) == [1.1, 1.1, 1.3, 1.4]
    # Given a pair that closes an hour after the shares, and was there the day before
    early = replace(late, close_time=late.close_time - DAY)
    assert rate_column(inputs(early)) == [1.1, 1.2, 1.3, 1.4]


def test_changing_into_a_currency_at_par_costs_what_it_costs() -> None:
    # Given a pair that stands at 1.0, as a pegged currency does, and 1 % for changing
    found = inputs(pair("EUR/USD", [1.0] * 4))

    simulation = trade(found.panel, [1.0], costs=free_but(fx_bps=100), conditions=found.conditions)

    # Then 99 shares at 101 are what 10,000 buy
    assert simulation.orders.quantity.tolist() == [99.0]
    assert simulation.fees_paid == pytest.approx(99.0, rel=1e-14)
    made_up = found.on(found.seen).take(slice(1, 4)).conditions
    assert made_up.foreign is not None
    assert made_up.foreign.tolist() == [True]


def test_what_is_not_a_currency_pair_converts_nothing() -> None:
    with pytest.raises(
        InvalidInput, match="import 1d bars of the pair EUR/USD or USD/EUR, as an instrument of class fx"
    ):
        inputs(pair("EUR/USD", [1.1] * 4, kind=AssetClass.CRYPTO))


def test_a_pair_that_begins_after_the_shares_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"EUR/USD.FOREX begins after SIE.XETR, .*import earlier bars"):
        inputs(pair("EUR/USD", [1.1] * 4, first=1))


@pytest.mark.parametrize(
    ("changes", "field"),
    [({}, "instruments"), ({"instruments": ("HOME.XNAS",), "benchmark": SIEMENS.id}, "benchmark")],
)
def test_a_pair_that_falls_silent_is_refused(changes: dict[str, Any], field: str) -> None:
    # Given a pair whose last bar is that of the second of many days
    ends = pair("EUR/USD", [1.1] * 2)
    store = BarsInMemory(
        [shares(14), ends, bars_closing_at([5.0] * 14, instrument=Instrument("HOME", "XNAS"))]
    )
    spec = a_spec(**{"instruments": (SIEMENS.id,)} | changes)

    # Then twelve days later its rate is none any more, and eleven days later it still is one
    with pytest.raises(InvalidInput, match=r"FOREX has no bar between 2020-01-02 and 2020-01-13") as refusal:
        read_inputs(store, spec)
    assert refusal.value.problems[0].path == (field,)
    assert read_inputs(store, spec.model_copy(update={"end": date(2020, 1, 12)}))


def test_shares_that_begin_later_wait_for_no_rate() -> None:
    late = bars_closing_at([5.0] * 2, instrument=Instrument("7203", "XTKS", currency="JPY"))
    late = replace(late, close_time=late.close_time + 2 * DAY)
    yen = pair("USD/JPY", [100.0] * 3, first=1)

    found = inputs(
        late, yen, pair("EUR/USD", [1.1] * 4), instruments=(SIEMENS.id, "7203.XTKS")
    ).conditions.rates

    assert found is not None
    assert np.isnan(found[0, 1])
    assert found[1:, 1].tolist() == [0.01] * 3


def test_the_pair_of_the_runs_own_source_comes_first() -> None:
    own = pair("EUR/USD", [1.1] * 4, venue="OWN")

    class TwoSources(BarsInMemory):
        def named(self, symbol: str, timeframe: Any) -> Any:
            keys = super().named(symbol, timeframe)
            return tuple(
                replace(key, source="mine" if key.instrument_id.endswith("OWN") else "also") for key in keys
            )

    store = TwoSources([shares(), pair("EUR/USD", [9.0] * 4), own])
    spec = a_spec(instruments=(SIEMENS.id,), source="mine")

    assert rate_column(read_inputs(store, spec)) == [1.1] * 4


def test_rates_are_part_of_the_hash_and_of_a_cut() -> None:
    one, other = inputs(pair("EUR/USD", [1.1] * 4)), inputs(pair("EUR/USD", [1.1, 1.1, 1.1, 1.2]))

    assert one.data_hash != other.data_hash
    assert rate_column(other.take(slice(2, 4))) == [1.1, 1.2]


def test_a_benchmark_in_another_currency_is_compared_in_the_accounts() -> None:
    home = bars_closing_at([10.0] * 4, instrument=Instrument("HOME", "XNAS"))
    store = BarsInMemory([home, shares(), pair("EUR/USD", [1.0, 2.0, 4.0, 5.0])])

    found = read_inputs(store, a_spec(instruments=("HOME.XNAS",), benchmark=SIEMENS.id))

    assert found.benchmark is not None
    assert found.benchmark.tolist() == [100.0, 200.0, 400.0, 500.0]
    assert found.conditions.rates is None


def test_a_whole_run_in_another_currency_is_carried_out() -> None:
    spec = a_spec(
        instruments=(SIEMENS.id,),
        strategy="dice",
        parameters={},
        sizing={"quantity": QuantityRule.FRACTIONAL},
    )
    _, curve = carried_out(spec, shares(), pair("EUR/USD", [1.0, 1.1, 1.2, 1.3]))

    assert curve.close_time[0] == FIRST_CLOSE
    assert curve.equity[-1] > curve.equity[0]

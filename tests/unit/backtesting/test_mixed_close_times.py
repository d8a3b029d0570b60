"""No order is filled at a price from before its decision, whatever the clocks of its instruments."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import assume, given, settings

from domain.backtesting.model import FillPrice, QuantityRule, Sizing
from domain.backtesting.result import FillReason, OrderStatus, Simulation
from domain.clock import to_nanoseconds
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import DAILY
from tests.kit.engine import FRACTIONAL, FREE, KEEP, WHOLE, Scenario, scenarios, trade

NEW_YORK = Instrument("A", "XNAS")
FRANKFURT = Instrument("B", "XETR")
BITCOIN = Instrument("BTC", "BINANCE", AssetClass.CRYPTO, fractional=True)


def at(text: str) -> int:
    return to_nanoseconds(datetime.fromisoformat(f"{text}Z"))


def daily(instrument: Instrument, clock: str, *rows: tuple[float, float], first: int = 2) -> Bars:
    """One bar of open and close a day from that day of January 2020, closing at this time in UTC."""
    opens, closes = (np.array(prices) for prices in zip(*rows, strict=True))
    times = np.array([at(f"2020-01-{first + day:02}T{clock}") for day in range(len(rows))])
    high, low = np.maximum(opens, closes), np.minimum(opens, closes)
    return Bars(instrument, DAILY, times, opens, high, low, closes, np.full(len(rows), 1e6))


def decided(
    panel: Panel,
    when: str,
    column: int,
    weight: float,
    *,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    sizing: Sizing = WHOLE,
) -> Simulation:
    """One decision, at the close of the bar of that time."""
    targets = np.full(panel.shape, KEEP)
    targets[panel.close_time.tolist().index(at(when)), column] = weight
    return trade(panel, targets, fill=fill, sizing=sizing)


def fills(simulation: Simulation) -> list[tuple[int, float]]:
    """Bar time and price of each order."""
    times = simulation.curve.close_time[simulation.orders.bar].tolist()
    return list(zip(times, simulation.orders.price.tolist(), strict=True))


# Bitcoin's bar of 2 January runs from midnight to midnight: it had opened 21 hours before New York closed.
WITH_BITCOIN = Panel.align(
    [
        daily(NEW_YORK, "21:00", (50.0, 51.0), (52.0, 53.0), (54.0, 55.0)),
        daily(BITCOIN, "00:00", (100.0, 110.0), (111.0, 120.0), (121.0, 130.0), first=3),
    ]
)
# Frankfurt closes at 16:30 UTC, two hours after New York has opened.
WITH_FRANKFURT = Panel.align(
    [
        daily(NEW_YORK, "21:00", (50.0, 51.0), (52.0, 53.0), (54.0, 55.0)),
        daily(FRANKFURT, "16:30", (20.0, 21.0), (22.0, 23.0), (24.0, 25.0)),
    ]
)


def test_bitcoin_bought_at_the_close_of_new_york_is_not_bought_at_the_midnight_before() -> None:
    simulation = decided(WITH_BITCOIN, "2020-01-02T21:00", 1, 0.5)

    assert fills(simulation) == [(at("2020-01-03T00:00"), 110.0)]


def test_new_york_bought_at_midnight_is_bought_at_its_next_open() -> None:
    simulation = decided(WITH_BITCOIN, "2020-01-03T00:00", 0, 0.5)

    assert fills(simulation) == [(at("2020-01-03T21:00"), 52.0)]


def test_bitcoin_bought_at_its_own_close_is_bought_at_its_next_open() -> None:
    simulation = decided(WITH_BITCOIN, "2020-01-03T00:00", 1, 0.5)

    assert fills(simulation) == [(at("2020-01-04T00:00"), 111.0)]


def test_new_york_bought_at_the_close_of_frankfurt_is_not_bought_at_the_open_two_hours_before() -> None:
    simulation = decided(WITH_FRANKFURT, "2020-01-02T16:30", 0, 0.5)

    assert fills(simulation) == [(at("2020-01-02T21:00"), 51.0)]


def test_frankfurt_bought_at_the_close_of_new_york_is_bought_at_its_next_open() -> None:
    simulation = decided(WITH_FRANKFURT, "2020-01-02T21:00", 1, 0.5)

    assert fills(simulation) == [(at("2020-01-03T16:30"), 22.0)]


def test_a_reader_is_told_how_many_orders_waited_for_the_close() -> None:
    late = "filled at the close instead of the open"

    assert any(
        warning.startswith(f"1 order was {late}")
        for warning in decided(WITH_BITCOIN, "2020-01-02T21:00", 1, 0.5).warnings
    )
    assert not any(late in warning for warning in decided(WITH_BITCOIN, "2020-01-03T00:00", 1, 0.5).warnings)


@pytest.mark.parametrize("fill", [FillPrice.NEXT_CLOSE, FillPrice.SAME_CLOSE])
def test_fills_at_closes_need_no_exception(fill: FillPrice) -> None:
    simulation = decided(WITH_BITCOIN, "2020-01-02T21:00", 1, 0.5, fill=fill)

    assert fills(simulation) == [(at("2020-01-03T00:00"), 110.0)]
    assert not any("instead of the open" in warning for warning in simulation.warnings)


def test_a_position_bought_late_at_a_close_is_protected_from_the_next_bar_on() -> None:
    # Given a bar of entry that fell far below the stop before its close
    crash = daily(BITCOIN, "00:00", (100.0, 110.0), (111.0, 112.0), (95.0, 94.0), first=3)
    low = crash.low.copy()
    low[0] = 10.0
    panel = Panel.align([daily(NEW_YORK, "21:00", (50.0, 51.0), (52.0, 53.0)), replace(crash, low=low)])

    simulation = decided(
        panel, "2020-01-02T21:00", 1, 0.5, sizing=Sizing(quantity=QuantityRule.FRACTIONAL, stop_loss=0.1)
    )

    # Then it is stopped by the later fall, at the open that jumped over the stop of 99
    assert fills(simulation) == [(at("2020-01-03T00:00"), 110.0), (at("2020-01-05T00:00"), 95.0)]
    assert simulation.orders.reason.tolist() == [FillReason.SIGNAL, FillReason.STOP_LOSS]
    assert simulation.entry_bar_exits == 0


def test_an_exit_decided_inside_a_bar_does_not_undo_a_stop_of_that_bar() -> None:
    # Given New York held, and sold on Frankfurt's close while its bar falls through the stop
    panel = Panel.align(
        [
            daily(NEW_YORK, "21:00", (50.0, 50.0), (50.0, 50.0), (50.0, 40.0)),
            daily(FRANKFURT, "16:30", (20.0, 20.0), (20.0, 20.0), (20.0, 20.0)),
        ]
    )
    targets = np.full(panel.shape, KEEP)
    targets[1, 0], targets[4, 0] = 1.0, 0.0

    simulation = trade(panel, targets, sizing=Sizing(quantity=QuantityRule.FRACTIONAL, stop_loss=0.1))

    assert fills(simulation) == [(at("2020-01-03T21:00"), 50.0), (at("2020-01-04T21:00"), 45.0)]


def test_instruments_of_one_calendar_are_filled_at_the_open_even_after_a_missing_bar() -> None:
    # Given two of New York, the second without a bar on the 3rd
    other = Instrument("C", "XNYS")
    lacking = daily(other, "21:00", (30.0, 31.0), (32.0, 33.0), (34.0, 35.0))
    lacking = Bars(
        other,
        DAILY,
        *(
            np.delete(getattr(lacking, name), 1)
            for name in ("close_time", "open", "high", "low", "close", "volume")
        ),
    )
    panel = Panel.align([daily(NEW_YORK, "21:00", (50.0, 51.0), (52.0, 53.0), (54.0, 55.0)), lacking])

    for when in ("2020-01-02T21:00", "2020-01-03T21:00"):
        simulation = decided(panel, when, 1, 0.5)
        assert fills(simulation) == [(at("2020-01-04T21:00"), 34.0)]


@settings(max_examples=120, deadline=None)
@given(scenarios(events=False))
def test_every_fill_for_the_next_open_is_at_a_price_that_came_after_its_decision(scenario: Scenario) -> None:
    assume(scenario.panel.shape[1] > 1)
    panel, open_time = scenario.panel, scenario.panel.open_time
    orders = (
        replace(
            scenario,
            fill=FillPrice.NEXT_OPEN,
            costs=FREE,
            sizing=FRACTIONAL,
        )
        .simulated()
        .orders
    )

    for order in np.flatnonzero(orders.status == OrderStatus.FILLED).tolist():
        cell = (orders.bar[order], orders.instrument[order])
        opened_before = open_time[cell] < panel.close_time[orders.decided_bar[order]]
        assert orders.price[order] == (panel.close if opened_before else panel.open)[cell]

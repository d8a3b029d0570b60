"""A fill takes its share of the bar's volume; the rest waits."""

import numpy as np
import pytest

from domain.backtesting.model import FillPrice, QuantityRule, Sizing
from domain.backtesting.result import FillReason, OrderStatus
from domain.market.bars import Panel
from tests.kit.engine import KEEP, a_panel, trade


def capped(**changes: float) -> Sizing:
    return Sizing(quantity=QuantityRule.WHOLE_LOTS, max_volume_share=0.1, **changes)


def with_volumes(panel: Panel, *volumes: float) -> Panel:
    volume = np.array(volumes).reshape(-1, 1)
    return Panel(
        panel.instruments,
        panel.timeframe,
        panel.close_time,
        panel.open,
        panel.high,
        panel.low,
        panel.close,
        volume,
    )


@pytest.mark.parametrize("fill", [FillPrice.NEXT_OPEN, FillPrice.NEXT_CLOSE])
def test_a_target_is_worked_on_bar_by_bar(fill: FillPrice) -> None:
    panel = with_volumes(a_panel([100.0] * 5), 1e6, 400.0, 405.0, 1e6, 1e6)

    simulation = trade(panel, [1.0], sizing=capped(), fill=fill)

    assert simulation.orders.bar.tolist() == [1, 2, 3]
    assert simulation.orders.quantity.tolist() == [40.0, 40.0, 20.0]
    assert simulation.orders.decided_bar.tolist() == [0, 0, 0]
    assert simulation.warnings == ("2 fills were cut to 10 % of the bar's volume; the rest waited.",)


def test_a_new_target_replaces_what_still_waits() -> None:
    panel = with_volumes(a_panel([100.0] * 5), 1e6, 400.0, 400.0, 1e6, 1e6)

    simulation = trade(panel, [1.0, KEEP, 0.0], sizing=capped())

    assert simulation.orders.quantity.tolist() == [40.0, 40.0, -80.0]


def test_a_flip_closes_first_and_opens_the_other_side_when_all_is_sold() -> None:
    panel = with_volumes(a_panel([100.0] * 6), 1e6, 1e6, 600.0, 600.0, 1e6, 1e6)

    simulation = trade(panel, [1.0, -1.0], sizing=capped())

    assert simulation.orders.bar.tolist() == [1, 2, 3, 3, 4]
    assert simulation.orders.quantity.tolist() == [100.0, -60.0, -40.0, -20.0, -80.0]


@pytest.mark.parametrize("volume", [0.0, np.nan])
def test_a_bar_of_unknown_volume_fills_nothing(volume: float) -> None:
    panel = with_volumes(a_panel([100.0] * 3), 1e6, volume, 1e6)

    simulation = trade(panel, [1.0], sizing=capped())

    assert simulation.orders.bar.tolist() == [2]
    assert simulation.orders.status.tolist() == [OrderStatus.FILLED]


def test_what_never_fills_is_listed_as_pending_at_the_end() -> None:
    simulation = trade(with_volumes(a_panel([100.0] * 2), 1e6, 400.0), [1.0], sizing=capped())

    assert simulation.orders.status.tolist() == [OrderStatus.FILLED, OrderStatus.PENDING]
    assert simulation.orders.quantity.tolist() == [40.0, 60.0]


def test_a_stop_that_volume_cuts_short_goes_on_at_the_next_open_whatever_the_price() -> None:
    # Given 100 units held, a stop at 90 touched in a bar of 300, and a recovery at once
    panel = with_volumes(
        a_panel([100.0, 100.0, 95.0, 120.0, 120.0], opens=[100.0, 100.0, 100.0, 110.0, 120.0],
                lows=[100.0, 100.0, 85.0, 110.0, 120.0]),
        1e6, 1e6, 300.0, 1e6, 1e6,
    )  # fmt: skip

    simulation = trade(panel, [1.0], sizing=capped(stop_loss=0.1))

    assert simulation.orders.quantity.tolist() == [100.0, -30.0, -70.0]
    assert simulation.orders.price.tolist() == [100.0, 90.0, 110.0]
    assert simulation.orders.reason.tolist() == [0, FillReason.STOP_LOSS, FillReason.STOP_LOSS]


def test_what_is_left_of_a_profit_target_stays_a_limit() -> None:
    panel = with_volumes(
        a_panel([100.0, 100.0, 112.0, 105.0, 111.0], opens=[100.0, 100.0, 100.0, 105.0, 105.0]),
        1e6, 1e6, 300.0, 1e6, 1e6,
    )  # fmt: skip

    simulation = trade(panel, [1.0], sizing=capped(take_profit=0.1))

    assert simulation.orders.quantity.tolist() == [100.0, -30.0, -70.0]
    assert simulation.orders.bar.tolist() == [1, 2, 4]
    assert simulation.orders.price.tolist() == pytest.approx([100.0, 110.0, 110.0], rel=1e-15)

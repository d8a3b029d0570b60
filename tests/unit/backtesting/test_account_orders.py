"""Orders of a strategy's own, as the account fills them: cut to money, lots and volume, or denied."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.backtesting._kernel import Account
from domain.backtesting.model import Sizing
from domain.backtesting.reference import ReferenceAccount
from domain.backtesting.reference_books import Wanted
from domain.backtesting.result import DenialReason, FillReason, OrderStatus
from tests.kit.engine import (
    WHOLE,
    Scenario,
    a_panel,
    an_account,
    free_but,
    opened,
    orders_of,
    scenarios,
    trades_of,
)

PANEL = a_panel(
    [100.0, 100.0, 120.0, 120.0], opens=[100.0, 100.0, 110.0, 120.0], lows=[100.0, 100.0, 90.0, 120.0]
)
BUY = {"i": 1, "j": 0, "reason": FillReason.ORDER, "decided_bar": 0, "passive": False}


def order(account: Account, quantity: float, reference: float = 100.0, **changes: Any) -> float:
    return account.trade(**(BUY | {"quantity": quantity, "reference": reference} | changes))


def after_first_bar(sizing: Sizing = WHOLE, **terms: Any) -> Account:
    """An account that stands inside bar 1."""
    account = an_account(PANEL, sizing, **terms)
    account.begin_bar(0)
    account.end_bar(0)
    account.open_bar(1)
    return account


def test_an_order_is_filled_and_booked_with_its_own_reason() -> None:
    account = after_first_bar()

    assert order(account, 30.0) == 30.0
    assert (account.position(0), account.cash, account.average(0)) == (30.0, 7_000.0, 100.0)
    rows = orders_of(account)
    assert (rows["reason"].tolist(), rows["bar"].tolist(), rows["decided_bar"].tolist()) == ([4], [1], [0])


def test_more_than_the_money_buys_is_cut() -> None:
    assert order(after_first_bar(), 150.0) == 100.0
    assert order(after_first_bar(Sizing(max_leverage=1.255)), -150.0) == -125.0


def test_what_no_money_is_left_for_is_denied() -> None:
    account = after_first_bar()
    order(account, 100.0)

    assert order(account, 10.0) == 0.0
    rows = orders_of(account)
    assert rows["status"].tolist() == [OrderStatus.FILLED, OrderStatus.DENIED]
    assert rows["denial"].tolist() == [0, DenialReason.NO_BUYING_POWER]
    assert rows["quantity"].tolist() == [100.0, 10.0]


def test_less_than_a_lot_is_denied() -> None:
    account = after_first_bar()

    assert order(account, 0.5) == 0.0
    assert orders_of(account)["denial"].tolist() == [DenialReason.ROUNDS_TO_ZERO]


def test_shrinking_is_allowed_without_any_money_and_a_flip_is_two_orders() -> None:
    account = after_first_bar()
    order(account, 100.0)

    assert order(account, -130.0) == -130.0
    assert orders_of(account)["quantity"].tolist() == [100.0, -100.0, -30.0]
    assert account.position(0) == -30.0


def test_a_limit_pays_no_spread_and_the_makers_rate() -> None:
    costs = free_but(spread_bps=100, slippage_bps=50, commission_bps=20, commission_bps_passive=5)
    taking, making = after_first_bar(costs=costs), after_first_bar(costs=costs)

    order(taking, 10.0)
    order(making, 10.0, passive=True)

    assert orders_of(taking)["price"].tolist() == [101.0]
    assert taking.fees == pytest.approx(10 * 101.0 * 0.002, rel=1e-15)
    assert orders_of(making)["price"].tolist() == [100.0]
    assert making.fees == pytest.approx(10 * 100.0 * 0.0005, rel=1e-15)


def test_orders_share_the_volume_of_a_bar_and_waiting_is_no_denial() -> None:
    account = after_first_bar(Sizing(max_volume_share=5e-5))

    assert account.volume_left(1, 0) == 50.0
    assert order(account, 30.0) == 30.0
    assert order(account, 30.0) == 20.0
    assert order(account, 30.0) == 0.0
    assert account.volume_left(1, 0) == 0.0
    assert account.order_count == 2
    assert account.denied_count == 0


def test_an_order_inside_the_bar_takes_no_profit_from_prices_that_may_have_come_before() -> None:
    # Given a purchase at 90 inside bar 2, whose high of 120 is beyond the target of 99
    account = an_account(PANEL, Sizing(take_profit=0.1))
    for bar in range(2):
        account.begin_bar(bar)
        account.end_bar(bar)
    account.open_bar(2)
    order(account, 10.0, 90.0, i=2, passive=True)
    account.close_bar(2)
    account.end_bar(2)
    assert account.position(0) == 10.0

    # When the next bar opens beyond it
    account.begin_bar(3)
    assert account.position(0) == 0.0
    account.end_bar(3)
    account.finish()

    # Then nothing before the entry counts as seen either
    assert trades_of(account)["mae"].tolist() == [0.0]
    assert trades_of(account)["exit_price"].tolist() == [120.0]


def test_an_order_that_ended_unfilled_is_listed() -> None:
    account = after_first_bar()
    account.list_order(0, 1, 0, OrderStatus.EXPIRED, FillReason.ORDER, DenialReason.NOT_DENIED, -7.0)

    rows = orders_of(account)
    assert (rows["status"].tolist(), rows["quantity"].tolist(), rows["reason"].tolist()) == ([4], [-7.0], [4])


@pytest.mark.parametrize(
    ("quantity", "reference"), [(0.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, 0.0), (1.0, math.nan)]
)
def test_an_order_that_means_nothing_is_refused(quantity: float, reference: float) -> None:
    with pytest.raises(ValueError, match="finite quantity at a positive price"):
        order(after_first_bar(), quantity, reference)


def test_what_is_known_of_an_instrument_before_its_first_bar() -> None:
    account = an_account(a_panel([1.0, 2.0]))

    assert math.isnan(account.last_close(0))
    account.begin_bar(0)
    assert account.last_close(0) == 1.0
    assert account.average(0) == 0.0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios(), st.integers(0, 2**32 - 1))
def test_both_accounts_fill_random_orders_alike(scenario: Scenario, seed: int) -> None:
    # Given an account and its plain twin, and an order here and there, at the open, inside the bar and at the close
    account, curve = opened(scenario)
    plain = ReferenceAccount(scenario.panel, scenario.terms)
    random = np.random.default_rng(seed)
    for bar, row in enumerate(scenario.targets.tolist()):
        for half in ("open_bar", "close_bar"):
            getattr(account, half)(bar)
            getattr(plain, half)(bar)
            for _ in range(int(random.integers(3))):
                _order_of_both(account, plain, scenario, bar, half, random)
        for index, weight in enumerate(row):
            account.ask(index, weight)
        account.end_bar(bar)
        plain.end_bar(bar, row)
    account.finish()
    plain.finish(len(scenario.targets) - 1)

    # Then every order, trade and mark agrees
    for name, column in orders_of(account).items():
        np.testing.assert_allclose(
            column, [getattr(one, name) for one in plain.orders], 1e-9, 1e-9, err_msg=name
        )
    for name, column in trades_of(account).items():
        np.testing.assert_allclose(
            column, [getattr(one, name) for one in plain.trades], 1e-9, 1e-9, err_msg=name
        )
    np.testing.assert_allclose(curve.equity, plain.equity_curve, 1e-9, 1e-9)
    assert account.cut_by_volume == plain.cut_by_volume
    assert account.filled_late == plain.filled_late


def _order_of_both(
    account: Account,
    plain: ReferenceAccount,
    scenario: Scenario,
    bar: int,
    half: str,
    random: np.random.Generator,
) -> None:
    index = int(random.integers(scenario.panel.shape[1]))
    if math.isnan(scenario.panel.close[bar, index]):
        return
    low, high = scenario.panel.low[bar, index], scenario.panel.high[bar, index]
    at_open = float(scenario.panel.open[bar, index])
    reference = float(random.choice([at_open, low + (high - low) * random.random()]))
    if half == "close_bar":
        reference = float(scenario.panel.close[bar, index])
    quantity = float(random.choice([-1.0, 1.0]) * random.choice([0.4, 3.0, 10.0, 200.0]))
    passive = bool(random.random() < 0.5)
    filled = account.trade(bar, index, quantity, reference, FillReason.ORDER, max(bar - 1, 0), passive)
    side = math.copysign(1.0, quantity)
    wanted = Wanted(bar, index, side, reference, FillReason.ORDER, max(bar - 1, 0), passive)
    told = side * plain.trade(wanted, abs(quantity))
    assert math.isclose(filled, told, rel_tol=1e-9, abs_tol=1e-9), (filled, told)

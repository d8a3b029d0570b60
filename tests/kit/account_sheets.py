"""Accounts checked on paper: prices as in a spreadsheet, what happens to a share, what was filled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.model import Costs
from domain.backtesting.result import OrderStatus, Simulation
from domain.clock import to_nanoseconds
from domain.market.bars import Panel
from domain.market.timeframe import Timeframe
from tests.kit.bars import an_instrument, daily_times
from tests.kit.engine import FREE

NONE = float("nan")
"""No bar."""


def sheet(
    *columns: Mapping[str, Sequence[float]], times: Sequence[str] | None = None, timeframe: str = "1d"
) -> Panel:
    """A panel as one would write it in a spreadsheet: `close`, and where they differ `open`, `high`, `low`
    and `volume`, a list for each instrument. Times are those of the closes, UTC; one a day if not given."""
    rows = len(columns[0]["close"])
    table = {name: np.empty((rows, len(columns))) for name in ("open", "high", "low", "close", "volume")}
    for column, one in enumerate(columns):
        close = np.array(one["close"], dtype=np.float64)
        open_ = np.array(one.get("open", one["close"]), dtype=np.float64)
        table["close"][:, column], table["open"][:, column] = close, open_
        table["high"][:, column] = one.get("high", np.maximum(open_, close))
        table["low"][:, column] = one.get("low", np.minimum(open_, close))
        table["volume"][:, column] = one.get("volume", np.where(np.isnan(close), NONE, 1e6))
    at = daily_times(rows)
    if times is not None:
        at = np.array([to_nanoseconds(datetime.fromisoformat(f"{one}+00:00")) for one in times])
    names = tuple(an_instrument(f"T{column}") for column in range(len(columns)))
    return Panel(names, Timeframe.parse(timeframe), at, **table)


def costing(**costs: Any) -> Costs:
    """No costs, except these."""
    return Costs.model_validate(FREE.model_dump() | costs)


def happening(*events: tuple[int, float, float], column: int = 0) -> Conditions:
    """Row, new shares for each old one (0 is the end of it), cash for each old one."""
    where = np.array([(row, column) for row, _, _ in events], dtype=np.int64)
    return Conditions(events=InstrumentEvents(where, np.array([what for _, *what in events])))


def filled(simulation: Simulation) -> list[tuple[int, int, float]]:
    """Row, instrument and units of everything filled."""
    orders = simulation.orders
    done = orders.status == OrderStatus.FILLED
    return list(
        zip(
            *(getattr(orders, name)[done].tolist() for name in ("bar", "instrument", "quantity")), strict=True
        )
    )


def adds_up(simulation: Simulation, initial_cash: float) -> None:
    """Final equity = initial cash + pnl of all trades (fees and dividends are in it) - financing."""
    explained = initial_cash + simulation.trades.pnl.sum() - simulation.financing_paid
    assert simulation.final_equity == pytest.approx(explained, rel=1e-13)
    assert simulation.trades.fees.sum() == pytest.approx(simulation.fees_paid, rel=1e-13)
    assert simulation.trades.dividends.sum() == pytest.approx(simulation.dividends_received, rel=1e-13)

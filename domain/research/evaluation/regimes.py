"""In which kind of market a result was made: calm or wild, rising or falling.

What a state is told from had closed before the period it is given to. Where calm ends and wild begins
is set by the whole run: this says in which markets a result was made, it is no signal to trade.
"""

from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.market.bars import Panel
from domain.market.calendars import measured_sessions
from domain.performance.returns import Periods
from domain.research.evaluation.account_checks import concentration
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.verdict import Check
from domain.research.json_values import number
from domain.research.model import Answer, Finding

VOLATILITY_WINDOW = 21
"""A month of sessions: short enough to change with the market."""
TREND_WINDOW = 126
"""Half a year of sessions."""
CALM, ORDINARY, WILD = "calm", "ordinary", "wild"
RISING, FALLING = "rising", "falling"
FEWEST_PERIODS = 20
"""Below so many a state of the market has no statistics of its own."""


def market_states(panel: Panel) -> tuple[list[str], list[str]]:
    """Volatility and trend of the market before each return period; "" until they are known.

    The market is the equal-weight mean return of the instruments. Calm, ordinary and wild are the thirds
    of its trailing volatility over the whole run; rising and falling the sign of its trailing return.
    """
    market = _market_returns(panel)
    volatility = _before(_trailing(market, VOLATILITY_WINDOW, np.std))
    trend = _before(_trailing(np.log1p(np.maximum(market, -0.999)), TREND_WINDOW, np.sum))
    known = volatility[~np.isnan(volatility)]
    lower, upper = np.quantile(known, (1 / 3, 2 / 3)) if len(known) else (np.nan, np.nan)
    return (
        [
            "" if np.isnan(value) else CALM if value <= lower else ORDINARY if value <= upper else WILD
            for value in volatility
        ],
        ["" if np.isnan(value) else RISING if value > 0.0 else FALLING for value in trend],
    )


def regimes(record: AccountRecord, panel: Panel) -> tuple[Finding, list[dict[str, Any]]]:
    """Whether profit came from one third of the volatility alone, and a row for each state: kind, state,
    periods, total_return and annual Sharpe ratio within it."""
    volatility, trend = market_states(panel)
    rows = [
        _row(record, kind, state, _periods(states, state))
        for kind, states, names in (
            ("volatility", volatility, (CALM, ORDINARY, WILD)),
            ("trend", trend, (RISING, FALLING)),
        )
        for state in names
        if not record.is_ruined
    ]
    parts = [_periods(volatility, state) for state in (CALM, ORDINARY, WILD)]
    if record.is_ruined or min(len(part) for part in parts) < FEWEST_PERIODS:
        sentence = (
            "The account was ruined, so there is no profit to look for in calm or wild markets."
            if record.is_ruined
            else "There is too little data to tell calm markets from wild ones."
        )
        return Finding(Check.REGIMES, Answer.UNCLEAR, sentence), rows
    gains = [float(np.log1p(record.returns[part]).sum()) for part in parts]
    best = (CALM, ORDINARY, WILD)[int(np.argmax(gains))]
    return concentration(Check.REGIMES, gains, "calm, ordinary and wild markets", f"({best})"), rows


def _market_returns(panel: Panel) -> FloatArray:
    """Simple returns of the mean instrument at each return period's end, (n,); 0 without any bar."""
    sessions = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
    periods = Periods.of(panel.close_time, sessions)
    close = _last_known(panel.close)
    ends = np.stack([periods.closing(close[:, column]) for column in range(close.shape[1])], axis=1)
    moves = np.full(ends.shape, np.nan)
    moves[1:] = ends[1:] / ends[:-1] - 1.0
    counted = ~np.isnan(moves)
    mean: FloatArray = np.where(counted, moves, 0.0).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return mean


def _last_known(close: FloatArray) -> FloatArray:
    rows = np.where(~np.isnan(close), np.arange(len(close))[:, None], 0)
    return np.take_along_axis(close, np.maximum.accumulate(rows, axis=0), axis=0)


def _trailing(values: FloatArray, window: int, of: Any) -> FloatArray:
    found = np.full(len(values), np.nan)
    # The first return has nothing before it.
    if len(values) > window:
        found[window:] = of(np.lib.stride_tricks.sliding_window_view(values[1:], window), axis=1)
    return found


def _before(values: FloatArray) -> FloatArray:
    return np.concatenate(([np.nan], values[:-1]))


def _periods(states: list[str], state: str) -> IntArray:
    return np.array([index for index, one in enumerate(states) if one == state], dtype=np.int64)


def _row(record: AccountRecord, kind: str, state: str, periods: IntArray) -> dict[str, Any]:
    returns = record.returns[periods]
    spread = float(returns.std(ddof=1)) if len(returns) >= FEWEST_PERIODS else 0.0
    annual = record.periods_per_year**0.5
    return {
        "kind": kind,
        "state": state,
        "periods": len(periods),
        "total_return": number(float(np.prod(1.0 + returns)) - 1.0) if len(returns) else None,
        "sharpe": number(float(returns.mean()) / spread * annual) if spread > 0.0 else None,
    }

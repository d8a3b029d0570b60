"""In which kind of market a result was made."""

import numpy as np

from domain.market.bars import Panel
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.regimes import market_states, regimes
from domain.research.model import Answer
from tests.kit.research import bars_returning, changed_from


def a_record(returns: np.ndarray) -> AccountRecord:
    nothing = np.zeros(len(returns))
    return AccountRecord({"periods_per_year": 252}, np.arange(len(returns)), returns, nothing, nothing)


def a_market() -> Panel:
    """Three calm stretches, ordinary ones and wild ones, drifting up and then down."""
    rng = np.random.default_rng(1)
    size = np.repeat([0.002, 0.01, 0.03], 200)
    drift = np.repeat([0.001, -0.004], 300)
    return Panel.align([bars_returning(size * rng.choice([-1.0, 1.0], 600) + drift)])


def test_states_follow_volatility_and_trend() -> None:
    volatility, trend = market_states(a_market())
    assert volatility[:22] == [""] * 22
    assert set(volatility[60:190]) == {"calm"}
    assert set(volatility[260:390]) == {"ordinary"}
    assert set(volatility[460:]) == {"wild"}
    assert trend[:127] == [""] * 127
    assert trend[250] == "rising"
    assert trend[-1] == "falling"


def test_the_trend_of_a_day_does_not_know_the_day() -> None:
    panel = a_market()
    bars = bars_returning(np.concatenate(([0.0], panel.close[1:, 0] / panel.close[:-1, 0] - 1)))
    one, other = (market_states(Panel.align([some]))[1] for some in (bars, changed_from(bars, 400, seed=2)))
    assert one[:401] == other[:401]
    assert one != other


def test_profit_of_wild_markets_alone_fails() -> None:
    panel = a_market()
    wild = np.where(np.arange(600) >= 420, 0.004, -0.0005)
    finding, rows = regimes(a_record(wild), panel)
    assert finding.answer is Answer.FAILS
    assert "(wild)" in finding.sentence
    by_state = {row["state"]: row for row in rows}
    assert by_state["wild"]["total_return"] > 0 > by_state["calm"]["total_return"]
    assert by_state["calm"]["periods"] > 100


def test_profit_everywhere_holds() -> None:
    finding, _ = regimes(a_record(np.tile([0.004, -0.002], 300)), a_market())
    assert finding.answer is Answer.HOLDS


def test_a_short_run_has_no_regimes() -> None:
    panel = a_market().take(slice(0, 60))
    finding, _ = regimes(a_record(np.full(60, 0.001)), panel)
    assert finding.answer is Answer.UNCLEAR

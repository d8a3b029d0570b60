"""How each statistic is measured, in words that stand beside the number. Free of numpy."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["fraction", "ratio", "currency", "count", "days", "date"]
Group: TypeAlias = Literal[
    "growth", "drawdown", "distribution", "activity", "trades", "costs", "benchmark", "measurement"
]


@dataclass(frozen=True, slots=True)
class Convention:
    """What a statistic means and how it was computed.

    label              its name for people
    unit               fraction (0.12 is 12 %), ratio (a plain number with decimals), currency
                       (of the account), count, days (calendar days) or date
    group              the part of the tear sheet it belongs to
    higher_is_better   None where neither more nor less is better in itself
    convention         periods, arithmetic or geometric, ddof, risk-free rate, when it is undefined
    source             where the formula comes from
    """

    label: str
    unit: Unit
    group: Group
    higher_is_better: bool | None
    convention: str
    source: str


_HOUSE = "House definition."
_CAGR = "Bacon, Practical Portfolio Performance Measurement and Attribution (2008)."
_RISK = "Bacon, Practical Portfolio Performance Measurement and Attribution (2008)."
_SHARPE = "Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994)."
_PSR = "Bailey & Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012)."
_SORTINO = (
    "Sortino & Price, Performance Measurement in a Downside Risk Framework, Journal of Investing 3 (1994)."
)
_CALMAR = "Young, Calmar Ratio: A Smoother Tool, Futures 20 (1991)."
_DRAWDOWN = "Magdon-Ismail & Atiya, Maximum Drawdown, Risk 17 (2004)."
_MOMENTS = "Joanes & Gill, Comparing Measures of Sample Skewness and Kurtosis, The Statistician 47 (1998): g1 and g2 + 3."
_VAR = "Jorion, Value at Risk (2006); quantile 7 of Hyndman & Fan, American Statistician 50 (1996)."
_CVAR = "Rockafellar & Uryasev, Optimization of Conditional Value-at-Risk, Journal of Risk 2 (2000)."
_TAIL = "As published with the open-source library empyrical."
_THARP = "Tharp, The Definitive Guide to Position Sizing (2008)."
_KELLY = "Kelly, A New Interpretation of Information Rate, Bell System Technical Journal 35 (1956), in its win/loss form."
_PARDO = "Pardo, The Evaluation and Optimization of Trading Strategies (2008)."
_CAPM = "Jensen, The Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 23 (1968)."
_BETA = "Sharpe, Capital Asset Prices, Journal of Finance 19 (1964)."
_INFORMATION = "Grinold & Kahn, Active Portfolio Management (1999); in realised form Goodwin (1998)."

_GROWTH: dict[str, Convention] = {
    "final_equity": Convention(
        "Final equity", "currency", "growth", True,
        "Cash and open positions at the last bar's close, after all costs.", _HOUSE,
    ),
    "total_return": Convention(
        "Total return", "fraction", "growth", True,
        "Final equity over initial cash, minus one.", _CAGR,
    ),
    "annual_return": Convention(
        "Annual return", "fraction", "growth", True,
        "Geometric: growth over the whole run to the power of periods per year over return periods, minus one. "
        "-1 for an account that was ruined.", _CAGR,
    ),
    "volatility": Convention(
        "Volatility", "fraction", "growth", False,
        "Standard deviation (ddof 1) of simple period returns, times the square root of periods per year. "
        "Undefined below two periods.", _RISK,
    ),
    "sharpe": Convention(
        "Sharpe ratio", "ratio", "growth", True,
        "Arithmetic mean of period returns less the risk-free rate (annual rate divided by periods per year; "
        "0 unless given), over their standard deviation (ddof 1), times the square root of periods per year. "
        "Undefined when returns do not vary.", _SHARPE,
    ),
    "probabilistic_sharpe": Convention(
        "Probabilistic Sharpe ratio", "fraction", "growth", True,
        "Probability that the true Sharpe ratio is above 0: from the per-period (not annualised) Sharpe ratio, "
        "the number of periods, population skew and Pearson kurtosis.", _PSR,
    ),
    "sortino": Convention(
        "Sortino ratio", "ratio", "growth", True,
        "Arithmetic mean of period returns over the root mean square of the negative ones, taken over all "
        "periods, target 0, times the square root of periods per year. Undefined without a negative period.",
        _SORTINO,
    ),
    "calmar": Convention(
        "Calmar ratio", "ratio", "growth", True,
        "Annual return over the size of the maximum drawdown, both of the whole run. Undefined without a "
        "drawdown.", _CALMAR,
    ),
}  # fmt: skip

_DRAWDOWNS: dict[str, Convention] = {
    "max_drawdown": Convention(
        "Maximum drawdown", "fraction", "drawdown", True,
        "Deepest fall of compounded equity below its highest value so far, initial cash included; negative, "
        "at least -1.", _DRAWDOWN,
    ),
    "max_drawdown_start": Convention(
        "Maximum drawdown from", "date", "drawdown", None,
        "Day of the peak before the deepest fall; the first day when the peak is the initial cash.", _DRAWDOWN,
    ),
    "max_drawdown_trough": Convention(
        "Maximum drawdown trough", "date", "drawdown", None,
        "Day of the lowest equity of the deepest fall.", _DRAWDOWN,
    ),
    "max_drawdown_end": Convention(
        "Maximum drawdown until", "date", "drawdown", None,
        "Day the peak was reached again; undefined while it has not been.", _DRAWDOWN,
    ),
    "max_drawdown_days": Convention(
        "Maximum drawdown length", "days", "drawdown", False,
        "Calendar days from the peak to its recovery, or to the end of the data; the deepest fall, which need "
        "not be the longest.", _DRAWDOWN,
    ),
    "time_under_water": Convention(
        "Time under water", "fraction", "drawdown", False,
        "Share of return periods that end below an earlier peak.", _DRAWDOWN,
    ),
}  # fmt: skip

_DISTRIBUTION: dict[str, Convention] = {
    "skew": Convention(
        "Skew", "ratio", "distribution", True,
        "Population skew (no bias correction) of period returns; 0 for a symmetric distribution.", _MOMENTS,
    ),
    "kurtosis": Convention(
        "Kurtosis", "ratio", "distribution", False,
        "Population kurtosis of period returns, Pearson's form: 3 for a normal distribution.", _MOMENTS,
    ),
    "value_at_risk_95": Convention(
        "Value at risk 95 %", "fraction", "distribution", True,
        "Historical: the 5 % quantile of period returns, linearly interpolated; negative for a loss.", _VAR,
    ),
    "conditional_value_at_risk_95": Convention(
        "Conditional value at risk 95 %", "fraction", "distribution", True,
        "Historical: mean of the period returns at or below the 5 % quantile; negative for a loss.", _CVAR,
    ),
    "tail_ratio": Convention(
        "Tail ratio", "ratio", "distribution", True,
        "Size of the 95 % quantile of period returns over the size of the 5 % quantile. Undefined when the "
        "latter is 0.", _TAIL,
    ),
    "best_month": Convention(
        "Best month", "fraction", "distribution", True,
        "Highest compounded return of a calendar month; months cut by the start or end of the data count.",
        _HOUSE,
    ),
    "worst_month": Convention(
        "Worst month", "fraction", "distribution", True,
        "Lowest compounded return of a calendar month; months cut by the start or end of the data count.",
        _HOUSE,
    ),
}  # fmt: skip

_ACTIVITY: dict[str, Convention] = {
    "exposure": Convention(
        "Exposure", "fraction", "activity", None,
        "Share of bars at whose close any position, long or short, was held.", _HOUSE,
    ),
    "turnover": Convention(
        "Turnover", "ratio", "activity", False,
        "Everything bought and sold, at fill prices, over mean equity, per year: a round trip of the whole "
            "account each year is about 2.", _HOUSE,
    ),
    "trades": Convention(
        "Trades", "count", "activity", None,
        "Closed round trips, from flat to flat; a trade still open at the end is not counted here.", _HOUSE,
    ),
    "open_trades": Convention(
        "Open trades", "count", "activity", None,
        "Round trips not yet closed at the last bar; they enter equity but no trade statistic.", _HOUSE,
    ),
    "average_bars_held": Convention(
        "Average bars held", "ratio", "activity", None,
        "Mean bars from entry to exit over closed trades.", _HOUSE,
    ),
}  # fmt: skip

_TRADES: dict[str, Convention] = {
    "win_rate": Convention(
        "Win rate", "fraction", "trades", True,
        "Share of closed trades with a profit after costs; a trade at exactly zero has not won.", _PARDO,
    ),
    "profit_factor": Convention(
        "Profit factor", "ratio", "trades", True,
        "Sum of profits over the size of the sum of losses, closed trades, after costs. Undefined without a "
        "losing trade.", _PARDO,
    ),
    "expectancy": Convention(
        "Expectancy", "currency", "trades", True,
        "Mean profit or loss of a closed trade after costs.", _THARP,
    ),
    "sqn": Convention(
        "System quality number", "ratio", "trades", True,
        "Mean over standard deviation (ddof 1) of closed trades' returns, times the square root of their number "
        "(not capped at 100). A trade's return on its cost stands for the R multiple. Undefined below two "
        "trades.", _THARP,
    ),
    "kelly": Convention(
        "Kelly fraction", "fraction", "trades", True,
        "Win rate less (1 - win rate) over the ratio of mean winning to mean losing trade return; negative means "
        "do not bet. Undefined without both a winner and a loser.", _KELLY,
    ),
    "best_trade": Convention(
        "Best trade", "fraction", "trades", True,
        "Highest return of a closed trade on its cost of entry, after costs.", _HOUSE,
    ),
    "worst_trade": Convention(
        "Worst trade", "fraction", "trades", True,
        "Lowest return of a closed trade on its cost of entry, after costs.", _HOUSE,
    ),
}  # fmt: skip

_COSTS: dict[str, Convention] = {
    "fees_paid": Convention(
        "Fees paid", "currency", "costs", False, "Commissions of all fills.", _HOUSE,
    ),
    "slippage_paid": Convention(
        "Slippage paid", "currency", "costs", False,
        "Half-spread, slippage and impact of all fills, against the reference price.", _HOUSE,
    ),
    "financing_paid": Convention(
        "Financing paid", "currency", "costs", False,
        "Borrow fees of short positions, interest on margin and funding; less than 0 when more funding came in.", _HOUSE,
    ),
}  # fmt: skip

_BENCHMARK: dict[str, Convention] = {
    "benchmark_return": Convention(
        "Benchmark return", "fraction", "benchmark", None,
        "Total return of buying and holding the benchmark, from its first bar within the run.", _CAGR,
    ),
    "excess_return": Convention(
        "Excess return", "fraction", "benchmark", True,
        "Total return less the benchmark's, over the periods both have (arithmetic difference).", _CAGR,
    ),
    "alpha": Convention(
        "Alpha", "fraction", "benchmark", True,
        "Mean period return left after beta times the benchmark's, both less the risk-free rate, compounded over "
        "a year's periods.", _CAPM,
    ),
    "beta": Convention(
        "Beta", "ratio", "benchmark", None,
        "Covariance of period returns with the benchmark's over the benchmark's variance. Undefined when the "
        "benchmark does not vary.", _BETA,
    ),
    "correlation": Convention(
        "Correlation", "ratio", "benchmark", None,
        "Pearson correlation of period returns with the benchmark's.", _BETA,
    ),
    "information_ratio": Convention(
        "Information ratio", "ratio", "benchmark", True,
        "Arithmetic mean of period returns less the benchmark's, over the standard deviation (ddof 1) of that "
        "difference, times the square root of periods per year.", _INFORMATION,
    ),
}  # fmt: skip

_MEASUREMENT: dict[str, Convention] = {
    "periods_per_year": Convention(
        "Periods per year", "count", "measurement", None,
        "Return periods in a year of the instrument's calendar; sessions for intraday bars.", _HOUSE,
    ),
    "return_periods": Convention(
        "Return periods", "count", "measurement", None,
        "Number of simple returns measured; the first starts from the initial cash. Intraday runs are measured "
        "from session close to session close.", _HOUSE,
    ),
    "start": Convention(
        "First day", "date", "measurement", None,
        "Day of the first bar; a bar that ends at midnight UTC belongs to the day it closes.", _HOUSE,
    ),
    "end": Convention(
        "Last day", "date", "measurement", None,
        "Day of the last bar; a bar that ends at midnight UTC belongs to the day it closes.", _HOUSE,
    ),
}  # fmt: skip

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    _GROWTH | _DRAWDOWNS | _DISTRIBUTION | _ACTIVITY | _TRADES | _COSTS | _BENCHMARK | _MEASUREMENT
)
"""One entry for each field of `domain.performance.model.Statistics`, in the order of the tear sheet."""

"""Statistics as figures to show: grouped, named, with their convention, and a reason where undefined."""

from dataclasses import dataclass
from datetime import date

from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import Figure, Tone
from domain.performance.conventions import CONVENTIONS, Convention, Group
from domain.performance.model import Statistics

_TITLES: dict[Group, str] = {
    "growth": "Growth and risk",
    "drawdown": "Drawdown",
    "distribution": "Distribution of returns",
    "activity": "Activity",
    "trades": "Trades",
    "costs": "Costs",
    "benchmark": "Against the benchmark",
    "measurement": "Measurement",
}
_HEADLINE = ("total_return", "annual_return", "volatility", "sharpe", "max_drawdown", "final_equity")
# Their sign is the news. Elsewhere a plus would only be noise.
_SIGNED = frozenset(
    {
        "total_return", "annual_return", "best_month", "worst_month", "best_trade", "worst_trade", "expectancy",
        "benchmark_return", "excess_return", "alpha", "value_at_risk_95", "conditional_value_at_risk_95",
        "max_drawdown",
    }
)  # fmt: skip
_FEWEST_RETURNS = 2
_OF_TRADES = frozenset(
    {
        "win_rate",
        "profit_factor",
        "expectancy",
        "sqn",
        "kelly",
        "average_bars_held",
        "best_trade",
        "worst_trade",
    }
)
# A benchmark is bought once and held: these say nothing about it, or nothing new.
_OF_THE_STRATEGY_ONLY: frozenset[Group] = frozenset(
    {"activity", "trades", "costs", "benchmark", "measurement"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One statistic; `benchmark` is None where the column has nothing to say."""

    name: str
    label: str
    convention: str
    figure: Figure
    benchmark: Figure | None


@dataclass(frozen=True, slots=True)
class StatisticsGroup:
    """Statistics that belong together."""

    name: Group
    title: str
    rows: tuple[Row, ...]
    compares: bool


def figure_of(statistics: Statistics, name: str, currency: str) -> Figure:
    """One statistic as it is written everywhere in the report."""
    value: float | date | None = getattr(statistics, name)
    return written(name, value, currency, reason_undefined(statistics, name) if value is None else "")


def written(name: str, value: float | date | None, currency: str, reason: str = "Undefined") -> Figure:
    """A value of the statistic of this name; `reason` says why there is none."""
    if value is None:
        return Figure.undefined(reason)
    if isinstance(value, date):
        return Figure(formatting.day(value))
    signed = name in _SIGNED
    text = _written(value, CONVENTIONS[name], currency, signed=signed)
    return Figure(text, Tone.of(value) if signed else Tone.NEUTRAL)


def reason_undefined(statistics: Statistics, name: str) -> str:
    """Why there is no figure, in words."""
    reasons = (
        (name in _OF_TRADES and statistics.trades == 0, "no trade was closed"),
        (
            CONVENTIONS[name].group == "benchmark" and statistics.benchmark_return is None,
            "there is no benchmark",
        ),
        (name == "max_drawdown_end" and statistics.max_drawdown < 0, "not recovered by the end of the data"),
        (CONVENTIONS[name].group == "drawdown", "equity never closed below its peak"),
        (statistics.max_drawdown <= -1, "the account was lost"),
        (statistics.return_periods < _FEWEST_RETURNS, "there are fewer than two returns"),
    )
    for holds, reason in reasons:
        if holds:
            return f"Undefined: {reason}"
    return "Undefined for this run: see how it is measured"


def headline(statistics: Statistics, benchmark: Statistics | None, currency: str) -> tuple[Row, ...]:
    """The six figures a reader looks for first."""
    return tuple(_row(statistics, benchmark, name, currency) for name in _HEADLINE)


def grouped(
    statistics: Statistics, benchmark: Statistics | None, currency: str
) -> tuple[StatisticsGroup, ...]:
    """Every statistic, in the order of CONVENTIONS."""
    groups: list[StatisticsGroup] = []
    for group, title in _TITLES.items():
        compares = benchmark is not None and group not in _OF_THE_STRATEGY_ONLY
        rows = tuple(
            _row(statistics, benchmark if compares else None, name, currency)
            for name, convention in CONVENTIONS.items()
            if convention.group == group
        )
        groups.append(StatisticsGroup(group, title, rows, compares))
    return tuple(groups)


def _row(statistics: Statistics, benchmark: Statistics | None, name: str, currency: str) -> Row:
    return Row(
        name,
        CONVENTIONS[name].label,
        CONVENTIONS[name].convention,
        figure_of(statistics, name, currency),
        None if benchmark is None else figure_of(benchmark, name, currency),
    )


def _written(value: float, convention: Convention, currency: str, *, signed: bool) -> str:
    match convention.unit:
        case "fraction":
            return formatting.percent(value, signed=signed)
        case "currency":
            return formatting.money(value, currency, signed=signed)
        case "count":
            # The mean over several accounts need not be whole.
            return formatting.number(value, 0 if value == round(value) else 1, signed=signed)
        case "days":
            return formatting.counted(int(value), "day", "days")
        case _:
            return formatting.number(value, 2, signed=signed)

"""Statistics of a run as a table beside buying and holding, and as a line of blocks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.performance.conventions import CONVENTIONS
from functions.cli.output import table

if TYPE_CHECKING:
    from rich.table import Table

HEADLINES = (
    "final_equity",
    "total_return",
    "annual_return",
    "volatility",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "max_drawdown_days",
    "time_under_water",
    "exposure",
    "turnover",
    "trades",
    "win_rate",
    "profit_factor",
    "fees_paid",
)
# What an account that trades once at the start cannot be compared by.
_OF_TRADING = {"exposure", "turnover", "trades", "win_rate", "profit_factor", "fees_paid"}
_BLOCKS = "▁▂▃▄▅▆▇█"
UNDEFINED = "—"


def statistics_table(
    statistics: Mapping[str, Any],
    benchmark: Mapping[str, Any],
    *,
    benchmark_name: str,
    everything: bool = False,
) -> "Table":
    """The headline statistics, or all of them, of a run and of its benchmark."""
    shown = table("", "Statistic", "Strategy", benchmark_name, right=("Strategy", benchmark_name))
    for name in statistics if everything else HEADLINES:
        convention = CONVENTIONS[name]
        compared = "" if name in _OF_TRADING else formatted(name, benchmark.get(name))
        if convention.group == "benchmark" or not benchmark:
            compared = ""
        shown.add_row(convention.label, formatted(name, statistics.get(name)), compared)
    return shown


def formatted(name: str, value: Any) -> str:
    """The value of a statistic as a person reads it."""
    if value is None:
        return UNDEFINED
    unit = CONVENTIONS[name].unit
    if unit == "fraction":
        return f"{value:.2%}"
    if unit == "currency":
        return f"{value:,.2f}"
    if unit == "ratio":
        return f"{value:.3f}"
    return str(value) if unit == "date" else f"{_count(value)} days" if unit == "days" else _count(value)


def _count(value: Any) -> str:
    """Whole, unless it is the mean over several accounts."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """The course of finite values in at most `width` blocks, each the last value of its stretch."""
    if not values:
        return ""
    count = min(width, len(values))
    picked = [values[(index + 1) * len(values) // count - 1] for index in range(count)]
    low, high = min(picked), max(picked)
    if high == low:
        return _BLOCKS[0] * count
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((value - low) / (high - low) * steps)] for value in picked)

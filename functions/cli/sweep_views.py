"""Sweeps as a person reads them in a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.performance.conventions import CONVENTIONS
from domain.research.model import HeatMap, ParameterRange, SweepSpec
from functions.cli.output import note, show, table, write_line
from functions.cli.statistics import formatted

if TYPE_CHECKING:
    from rich.table import Table

HEADLINES = ("sharpe", "annual_return", "max_drawdown", "calmar", "trades")
_SHOWN = 10
_WIDEST_MAP = 14


def show_outcome(found: Mapping[str, Any]) -> None:
    """The best combinations, whether they stand on a plateau, and each instrument and period."""
    objectives = found["objectives"]
    write_line(
        f"{found['combinations']:,} combinations, {found['runs']:,} runs, {found['failed']:,} failed; "
        f"best first: {' and '.join(_wanted(one) for one in objectives)}"
    )
    if found["top"]:
        show(_ranking("", objectives, found["top"]))
    if len(objectives) > 1 and found["pareto"]:
        count = len(found["pareto"])
        show(_ranking(f"Not beaten in all objectives at once: {count}", objectives, found["pareto"]))
    for title, parts in (("Instrument", found["instruments"]), ("Period", found["periods"])):
        if len(parts) > 1:
            show(_by(title, objectives[0], parts))
    if found["neighbourhood"] is not None and found["neighbourhood"]["median"] is not None:
        write_line(_on_neighbours(objectives[0]["statistic"], found["neighbourhood"]))


def show_runs(rows: Sequence[Mapping[str, Any]], order_by: str | None) -> None:
    """Single runs of a sweep."""
    if not rows:
        note("No run is finished.")
        return
    names = list(dict.fromkeys((*([order_by] if order_by else []), *HEADLINES)))
    labels = [plain(name) for name in names]
    shown = table("", "Parameters", "Instrument", "Period", *labels, right=tuple(labels))
    for row in rows:
        measured = [formatted(name, row.get(name)) for name in names]
        shown.add_row(listed(row["parameters"]), row["instrument"], row["period"], *measured)
    show(shown)
    for reason in dict.fromkeys(row["failure"] for row in rows if row["failure"]):
        count = sum(row["failure"] == reason for row in rows)
        write_line(f"Failed, {count} of these: {reason}")


def show_heat_map(found: HeatMap) -> None:
    """Rows of y by columns of x; wide maps show every so many columns."""
    step = max(1, -(-len(found.x_values) // _WIDEST_MAP))
    names = [_value(value) for value in found.x_values[::step]]
    corner = f"{found.y} \\ {found.x}"
    shown = table(f"{plain(found.statistic)}, {found.aggregate}", corner, *names, right=tuple(names))
    for value, cells in zip(found.y_values, found.cells, strict=True):
        shown.add_row(_value(value), *(formatted(found.statistic, cell) for cell in cells[::step]))
    show(shown)
    if step > 1:
        note(f"Every {step}th value of {found.x}; --json has all.")


def searched(sweep: SweepSpec) -> str:
    """What was varied, in words."""
    return ", ".join(f"{name} {_range(values)}" for name, values in sweep.space.items())


def listed(parameters: Mapping[str, Any]) -> str:
    """Parameters in one line."""
    return ", ".join(f"{name}={_value(value)}" for name, value in parameters.items())


def plain(name: str) -> str:
    """A name as a heading: the label of a statistic where it is one."""
    if name in CONVENTIONS:
        return CONVENTIONS[name].label
    words = name.replace("_", " ").replace("sharpe", "Sharpe")
    return words[:1].upper() + words[1:]


def _ranking(
    title: str, objectives: Sequence[Mapping[str, str]], combinations: Sequence[Mapping[str, Any]]
) -> "Table":
    scored = [one["statistic"] for one in objectives]
    others = [name for name in HEADLINES if name not in scored]
    labels = [plain(name) for name in (*scored, *others)]
    shown = table(title, "Parameters", *labels, right=tuple(labels))
    for one in combinations[:_SHOWN]:
        scores = zip(scored, one["scores"], strict=True)
        shown.add_row(
            listed(one["parameters"]),
            *(formatted(name, score) for name, score in scores),
            *(formatted(name, one["statistics"].get(name)) for name in others),
        )
    return shown


def _by(title: str, objective: Mapping[str, str], parts: Sequence[Mapping[str, Any]]) -> "Table":
    statistic = objective["statistic"]
    label = plain(statistic)
    right = ("Runs", "Failed", f"Mean {label}", f"Best {label}")
    shown = table("", title, *right, "With", right=right)
    for one in parts:
        best = one["parameters"]
        shown.add_row(
            one["name"],
            f"{one['runs']:,}",
            f"{one['failed']:,}",
            formatted(statistic, one["mean"]),
            formatted(statistic, one["best"]),
            "" if best is None else listed(best),
        )
    return shown


def _on_neighbours(statistic: str, near: Mapping[str, Any]) -> str:
    median, beaten = formatted(statistic, near["median"]), f"{near['better_than']:.0%} of all combinations"
    if near["scored"] == 1:
        return f"The one neighbour of the best has {median}, better than {beaten}."
    return f"The {near['scored']} neighbours of the best have a median of {median}, better than {beaten}."


def _wanted(objective: Mapping[str, str]) -> str:
    direction = "highest" if objective["direction"] == "maximise" else "lowest"
    return f"{direction} {objective['statistic'].replace('_', ' ')}"


def _range(values: ParameterRange) -> str:
    if values.values is not None:
        return " or ".join(_value(value) for value in values.values)
    step = "" if values.step is None else f" by {_value(values.step)}"
    return f"{_value(values.low)} to {_value(values.high)}{step}" + (" (logarithmic)" if values.log else "")


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)

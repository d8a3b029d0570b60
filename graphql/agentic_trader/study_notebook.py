"""How studies look in a notebook: what a reader wants first, and every field below it."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, TypeAlias

from agentic_trader.names import snake_case
from agentic_trader.notebook import columns_of, folded, table_of

Fields: TypeAlias = Mapping[str, Any]

_FRACTIONS = {"total_return", "annual_return", "max_drawdown", "volatility", "win_rate", "exposure"}
_COUNTS = {"trades", "open_trades"}
_HEADLINES = ("sharpe", "annual_return", "max_drawdown", "calmar", "trades")
_SHOWN = 10
_MARKS = {"HOLDS": "✓ holds", "FAILS": "✗ fails", "UNCLEAR": "? unclear"}
_UNDEFINED = "—"


def sweep_html(fields: Fields) -> str:
    """The best combinations, whether they stand on a plateau, and what went wrong."""
    spec = fields["spec"]
    if fields["combinations"] is None:
        return _unfinished("Sweep", spec["backtest"], fields)
    objectives = [(snake_case(one["statistic"]), one["direction"]) for one in fields["objectives"] or ()]
    wanted = " and ".join(
        f"{'highest' if direction == 'MAXIMISE' else 'lowest'} {_words(name)}"
        for name, direction in objectives
    )
    told = f"{fields['combinations']:,} combinations, {fields['failed']:,} runs failed; best first: {wanted}."
    parts = [told, _combinations("Best", [name for name, _ in objectives], fields["top"] or ())]
    if len(objectives) > 1:
        names = [name for name, _ in objectives]
        parts.append(_combinations("Not beaten in all objectives at once", names, fields["pareto"] or ()))
    near = fields["neighbourhood"]
    if near is not None and near["median"] is not None:
        beaten = near["better_than"]
        parts.append(
            f"The {near['scored']} nearest combinations have a median of {_number('', near['median'])}, "
            f"better than {beaten:.0%} of all."
        )
    failures = [f"{one['runs']:,} failed: {one['reason']}" for one in fields["failures"] or ()]
    return _page("Sweep", spec["backtest"], parts, [*fields["warnings"], *failures], fields)


def walk_forward_html(fields: Fields) -> str:
    """The stitched account beside buying and holding, and its windows."""
    base = fields["spec"]["sweep"]["backtest"]
    statistics, benchmark = fields["statistics"], fields["benchmark_statistics"] or {}
    if statistics is None:
        return _unfinished("Walk-forward", base, fields)
    rows = [
        (_words(name), _number(name, statistics[name]), _number(name, benchmark.get(name)))
        for name in ("total_return", *_HEADLINES[:-1])
    ]
    parts = [columns_of("Out of sample", ("", "walk-forward", "buy and hold"), rows), _windows(fields)]
    if fields["efficiency"] is not None:
        parts.append(f"It kept {fields['efficiency']:.0%} of the annual return promised in sample.")
    parts.append(f"{fields['profitable_windows']:.0%} of the windows made money.")
    return _page("Walk-forward", base, parts, fields["warnings"], fields)


def evaluation_html(fields: Fields) -> str:
    """The verdict with its findings."""
    base = fields["spec"]["backtest"]
    if fields["verdict"] is None:
        return _unfinished("Evaluation", base, fields)
    return _page("Evaluation", base, [verdict_html(fields["verdict"])], fields["warnings"], fields)


def verdict_html(fields: Fields) -> str:
    """The answer, and every check behind it."""
    rows = [
        (_words(one["check"]), _MARKS[one["answer"]], one["sentence"]) for one in fields["findings"] or ()
    ]
    answer = f"<p><b>{escape(_MARKS[fields['answer']])}</b> {escape(fields['sentence'])}</p>"
    return answer + columns_of("", ("check", "answer", "what was found"), rows)


def comparison_html(fields: Fields) -> str:
    """The headline statistics side by side, and what speaks against comparing them."""
    names = [f"[{number}]" for number in range(1, len(fields["backtests"]) + 1)]
    values = {snake_case(one["name"]): one["values"] for one in fields["statistics"] or ()}
    rows = [
        (_words(name), *(_number(name, value) for value in values[name]))
        for name in ("total_return", *_HEADLINES)
        if name in values
    ]
    differences = [
        (one["path"], *(str(value) for value in one["values"])) for one in fields["differences"] or ()
    ]
    return "".join(
        (
            columns_of("Comparison", ("", *names), rows),
            columns_of("Asked differently", ("", *names), differences),
            _listed(fields["warnings"]),
            folded("All fields", table_of("", fields)),
        )
    )


PRESENTED: Mapping[str, Callable[[Fields], str]] = {
    "Sweep": sweep_html,
    "WalkForward": walk_forward_html,
    "Evaluation": evaluation_html,
    "Verdict": verdict_html,
    "Comparison": comparison_html,
}
"""What shows an answer of this type; all others are tables of their fields."""


def _page(kind: str, base: Fields, parts: Sequence[str], remarks: Sequence[str], fields: Fields) -> str:
    body = "".join(part if part.startswith("<") else f"<p>{escape(part)}</p>" for part in parts)
    return _title(kind, base) + body + _listed(remarks) + folded("All fields", table_of("", fields))


def _unfinished(kind: str, base: Fields, fields: Fields) -> str:
    """Also what a listing leaves out."""
    status = str(fields["status"]).lower()
    told = f"{status.capitalize()}, {fields['progress']:.0%} done. {fields['failure'] or ''}"
    return _page(kind, base, [told], fields["warnings"], fields)


def _title(kind: str, base: Fields) -> str:
    return f"<p><b>{kind} of {escape(base['strategy'])}</b> on {escape(', '.join(base['instruments']))}</p>"


def _combinations(title: str, scored: Sequence[str], found: Sequence[Fields]) -> str:
    others = [name for name in _HEADLINES if name not in scored]
    rows = []
    for one in found[:_SHOWN]:
        statistics = {snake_case(named["name"]): named["value"] for named in one["statistics"] or ()}
        scores = (_number(name, score) for name, score in zip(scored, one["scores"], strict=False))
        rows.append(
            (
                _parameters(one["parameters"]),
                *scores,
                *(_number(name, statistics.get(name)) for name in others),
            )
        )
    return columns_of(title, ("parameters", *map(_words, (*scored, *others))), rows)


def _windows(fields: Fields) -> str:
    objectives = fields["spec"]["sweep"]["objectives"] or ()
    ranked = snake_case(objectives[0]["statistic"]) if objectives else "sharpe"
    rows = [
        (
            str(one["number"] + 1),
            f"{one['test']['start']:%Y-%m-%d} to {one['test']['end']:%Y-%m-%d}",
            _UNDEFINED if one["parameters"] is None else _parameters(one["parameters"]),
            _number(ranked, one["in_sample"].get(ranked)),
            _number(ranked, one["out_of_sample"].get(ranked)),
        )
        for one in fields["windows"] or ()
    ]
    heads = ("window", "traded", "parameters", "in sample", "out of sample")
    return columns_of(f"{_words(ranked)} by window", heads, rows)


def _listed(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _parameters(values: Fields) -> str:
    return ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    )


def _number(name: str, value: Any) -> str:
    if value is None:
        return _UNDEFINED
    if name in _FRACTIONS:
        return f"{value:.2%}"
    return f"{value:,.0f}" if name in _COUNTS and value == int(value) else f"{value:,.3f}"


def _words(name: str) -> str:
    return name.replace("_", " ")

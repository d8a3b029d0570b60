"""What a search varies, as it is written on the command line."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InvalidInput, Problem
from functions.cli.specification import read_value

if TYPE_CHECKING:
    from domain.backtesting.model import BacktestSpec
    from domain.research.model import SweepSpec

_OPTIONS = {
    "space": "--vary",
    "constraints": "--where",
    "method": "--method",
    "samples": "--samples",
    "objectives": "--objective",
    "patience": "--patience",
    "periods": "--period",
    "train_bars": "--train",
    "test_bars": "--test",
    "embargo_bars": "--embargo",
    "each_instrument": "--each-instrument",
    "permutations": "--permutations",
    "resamples": "--resamples",
    "trials": "--trials",
}
# Options that are repeated as a whole: which field of the n-th one was wrong says nothing to a person.
_REPEATED = {"--where", "--objective", "--period"}
_CONFIRM = ("--yes",)
_DIRECTIONS = ("maximise", "minimise")
_LOGARITHMIC = "log:"
_RANGE_PARTS = (2, 3)


class Method(StrEnum):
    """How combinations are chosen."""

    GRID = "grid"
    RANDOM = "random"
    LATIN_HYPERCUBE = "latin_hypercube"
    BAYESIAN = "bayesian"


Vary = Annotated[
    list[str],
    typer.Option(
        "--vary",
        metavar="NAME=VALUES",
        help="A parameter to vary, repeatable: fast=5:30, fast=5:30:5 (a step), fast=5,10,20 (listed), "
        "stop=log:0.01:1 (logarithmic).",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="CONDITION", help="Only combinations that meet it: 'fast < slow'."),
]
Search = Annotated[
    Method | None, typer.Option("--method", help="grid unless given; all others need --samples.")
]
Samples = Annotated[int | None, typer.Option(min=1, help="Combinations to try.")]
Objectives = Annotated[
    list[str] | None,
    typer.Option(
        "--objective",
        metavar="STATISTIC",
        help="What is best, repeatable: sharpe (default), calmar, minimise:volatility.",
    ),
]
EachInstrument = Annotated[
    bool, typer.Option("--each-instrument", help="Every symbol by itself instead of all in one account.")
]
Periods = Annotated[
    list[str] | None,
    typer.Option(
        "--period", metavar="FROM:TO", help="Run every combination over this period too; repeatable."
    ),
]
Patience = Annotated[
    int | None, typer.Option(min=1, help="Stop after so many combinations without a better one.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Go ahead however many runs it takes.")]
EstimateOnly = Annotated[bool, typer.Option("--estimate", help="Say what it would take, and do nothing.")]
StudyIdentifier = Annotated[str, typer.Argument(metavar="ID", help="The id that was printed: st_…")]


@contextmanager
def named() -> Iterator[None]:
    """Tells a refusal of what is inside in the names of options."""
    try:
        yield
    except InvalidInput as refused:
        if type(refused) is not InvalidInput or not refused.problems:
            raise
        problems = tuple(_in_options(one) for one in refused.problems)
        if len(problems) == 1 and problems[0].path == _CONFIRM:
            raise InvalidInput(problems[0].message, problems) from None
        raise InvalidInput.of(problems) from None


def _in_options(problem: Problem) -> Problem:
    path = problem.path
    while path and path[0] in {"base", "sweep"}:
        path = path[1:]
    name = _snake(path[0]) if path else ""
    if name == "confirmed_runs":
        told = problem.message.partition(";")[0]
        return Problem(_CONFIRM, f"{told[:1].upper()}{told[1:]}; add --yes to go ahead.")
    if name not in _OPTIONS:
        return Problem(path, problem.message)
    option = _OPTIONS[name]
    return Problem((option,) if option in _REPEATED else (option, *path[1:]), _in_words(problem.message))


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter.group().lower()}", name)


def _in_words(message: str) -> str:
    """Without the object a person never wrote."""
    return message.partition(" (got {")[0]


def sweep_spec(
    base: "BacktestSpec",
    *,
    vary: Sequence[str],
    where: Sequence[str] | None,
    method: Method | None,
    samples: int | None,
    objectives: Sequence[str] | None,
    seed: int | None,
    **others: Any,
) -> "SweepSpec":
    """The search these options ask for. Raises InvalidInput."""
    from domain.research.model import SweepSpec, read

    values: dict[str, Any] = {
        "base": base,
        "space": _space(vary),
        "constraints": tuple(where or ()),
        "method": str(method or Method.GRID),
        "samples": samples,
        "seed": seed or 0,
        **others,
    }
    if objectives:
        values["objectives"] = [_objective(one) for one in objectives]
    return read(SweepSpec, values)


def read_periods(texts: Sequence[str] | None) -> list[dict[str, date | None]]:
    """Periods written `2005-01-01:2008-12-31`; either end may be left out. Raises InvalidInput."""
    return [_period(text) for text in texts or ()]


def _period(text: str) -> dict[str, date | None]:
    first, colon, last = text.partition(":")
    try:
        if colon:
            return {"start": _day(first), "end": _day(last)}
    except ValueError:
        pass  # told below, as for a text without a colon
    raise InvalidInput.at("--period", message=f"'{text}' is not of the form FROM:TO, 2005-01-01:2008-12-31")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _space(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    space: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, sign, values = setting.partition("=")
        if not sign or not name.strip() or not values:
            raise InvalidInput.at("--vary", message=f"'{setting}' is not of the form NAME=VALUES")
        if name.strip() in space:
            raise InvalidInput.at("--vary", name.strip(), message="is given twice")
        space[name.strip()] = _range(name.strip(), values.strip())
    return space


def _range(name: str, text: str) -> dict[str, Any]:
    log = text.startswith(_LOGARITHMIC)
    parts = text.removeprefix(_LOGARITHMIC).split(":")
    if len(parts) == 1 and not log:
        return {"values": [_listed(name, value.strip()) for value in text.split(",")]}
    numbers = [read_value(part.strip()) for part in parts]
    if len(parts) not in _RANGE_PARTS or not all(_is_number(one) for one in numbers):
        form = "log:LOW:HIGH" if log else "LOW:HIGH or LOW:HIGH:STEP"
        raise InvalidInput.at("--vary", name, message=f"'{text}' is not of the form {form}, in numbers")
    return dict(zip(("low", "high", "step"), numbers, strict=False)) | ({"log": True} if log else {})


def _listed(name: str, value: str) -> Any:
    read = read_value(value)
    if not value or not isinstance(read, int | float | bool | str):
        raise InvalidInput.at("--vary", name, message=f"'{value}' is no number, word or truth value")
    return read


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _objective(text: str) -> dict[str, str]:
    direction, colon, statistic = text.rpartition(":")
    if not statistic or (colon and direction not in _DIRECTIONS):
        raise InvalidInput.at(
            "--objective", message=f"'{text}' is not of the form STATISTIC or minimise:STATISTIC"
        )
    return {"statistic": statistic, "direction": direction or _DIRECTIONS[0]}

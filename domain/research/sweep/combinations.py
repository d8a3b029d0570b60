"""The combinations of a sweep as a list, for studies that try all of them again and again."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from domain.backtesting.many import ManyRuns
from domain.errors import InvalidInput
from domain.research.laboratory import Laboratory
from domain.research.model import ParameterValue, SearchMethod, SweepSpec
from domain.research.sweep.search import Search

MOST = 1_000_000
"""All of them are held in memory."""
T = TypeVar("T")


def combinations_of(sweep: SweepSpec, laboratory: Laboratory) -> Sequence[Mapping[str, ParameterValue]]:
    """What the sweep would try, in its order.

    Raises InvalidInput as `Search` does, for a Bayesian search, whose combinations follow from its results,
    and for more than `MOST`.
    """
    if sweep.method is SearchMethod.BAYESIAN:
        raise InvalidInput.at(
            "sweep",
            "method",
            message="the same combinations are tried again on other bars, and a Bayesian search has none of its own; "
            "choose grid, random or latin_hypercube",
        )
    strategy = laboratory.strategy(sweep.base)
    base = sweep.base.model_copy(update={"parameters": strategy.parameters.model_dump(mode="json")})
    search = Search.of(sweep.model_copy(update={"base": base}), type(strategy).Parameters.model_json_schema())
    extent = search.extent()
    if extent.combinations > MOST:
        raise InvalidInput.at(
            "sweep",
            "space",
            message=f"has {extent.combinations:,} combinations, and {MOST:,} is the most that can be tried again and "
            "again; give samples",
        )
    found = search.stratified(extent.strata)
    _, levels = found.taken(0, extent.stop, extent.repeated)
    return found.candidates.combinations(levels)


def evenly(items: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of them, the first and the last among them, evenly spaced."""
    if len(items) <= most:
        return items
    return [items[int(at)] for at in np.linspace(0, len(items) - 1, most).round()]


def columns_of(combinations: Sequence[Mapping[str, ParameterValue]], many: ManyRuns) -> dict[str, Any]:
    """Columns of a table with one row a combination: `combination` is its number, `parameter.<name>` what it
    sets, then its statistics (NaN undefined) and its `failure` ("" for none)."""
    columns: dict[str, Any] = {"combination": np.arange(len(many), dtype=np.int64)}
    for name in combinations[0]:
        values = [one[name] for one in combinations]
        columns[f"parameter.{name}"] = (
            [str(value) for value in values] if _is_text(values) else np.array(values)
        )
    columns.update(many.statistics)
    columns["failure"] = list(many.failures)
    return columns


def _is_text(values: Sequence[ParameterValue]) -> bool:
    return any(isinstance(value, str) for value in values)

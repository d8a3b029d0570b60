"""Weights from any optimiser of skfolio, by name: `MeanRisk`, `RiskBudgeting`, `NestedClustersOptimization`.

For what the portfolio room does not build itself: risk measures beyond variance, nested clusters,
robust optimisation. Needs the extra `ml`. The library takes seconds to import; it is loaded at the first call.
"""

import importlib
import inspect
from collections.abc import Mapping
from enum import Enum
from types import ModuleType
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput, MissingExtra

_ENUMERATIONS = {
    "risk_measure": ("RiskMeasure", "skfolio"),
    "objective_function": ("ObjectiveFunction", "skfolio.optimization"),
}
_ABSTRACT = {"BaseOptimization", "ConvexOptimization", "BaseHierarchicalOptimization", "Random"}


def optimisers() -> tuple[str, ...]:
    """Names `skfolio_weights` knows, in alphabetical order. Raises MissingExtra without the library."""
    library = _library("skfolio.optimization")
    base = library.BaseOptimization
    return tuple(
        sorted(
            name
            for name, member in vars(library).items()
            if inspect.isclass(member) and issubclass(member, base) and name not in _ABSTRACT
        )
    )


def skfolio_weights(
    optimiser: str, returns: FloatArray, options: Mapping[str, Any] | None = None
) -> FloatArray:
    """Weights (N,) that the optimiser finds for simple returns (S, N) without gaps, in their order.

    options are the optimiser's own parameters; `risk_measure` and `objective_function` may be written as
    the names of their members, "CVAR" or "MAXIMIZE_RATIO". Raises InvalidInput for an unknown optimiser,
    wrong options, and where it finds no weights; MissingExtra without the library.
    """
    known = optimisers()
    if optimiser not in known:
        raise InvalidInput.at("optimiser", message=f"'{optimiser}' is not one of {', '.join(known)}")
    values = {name: _member(name, value) for name, value in (options or {}).items()}
    kind = getattr(_library("skfolio.optimization"), optimiser)
    refusals = (ValueError, TypeError, ArithmeticError, _library("skfolio.exceptions").SkfolioError)
    try:
        model = kind(**values)
        model.fit(np.asarray(returns, dtype=np.float64))
        weights = np.asarray(model.weights_, dtype=np.float64)
    except refusals as refused:
        raise InvalidInput(f"{optimiser} found no weights: {refused}") from refused
    if weights.shape != (returns.shape[1],) or not bool(np.isfinite(weights).all()):
        raise InvalidInput(f"{optimiser} found no weights for these returns.")
    return weights


def _member(name: str, value: Any) -> Any:
    if name not in _ENUMERATIONS or isinstance(value, Enum):
        return value
    enumeration, module = _ENUMERATIONS[name]
    members = vars(_library(module))[enumeration].__members__
    if str(value).upper() not in members:
        raise InvalidInput.at("options", name, message=f"'{value}' is not one of {', '.join(members)}")
    return members[str(value).upper()]


def _library(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise MissingExtra("Weights from skfolio", "ml") from None

"""Bayesian search with Optuna's tree-structured Parzen estimator.

Bergstra, Bardenet, Bengio, Kegl, Algorithms for Hyper-Parameter Optimization (2011). Optuna is told
everything anew at each call, so that a search can be interrupted, and goes on as if it had not been.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from domain.errors import MissingExtra
from domain.research.sweep.sampling import Candidates
from domain.research.sweep.space import Axis

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

_ATTEMPTS = 8
_LOOKED_AT = 1_000_000
_Levels = tuple[int, ...]


def is_installed() -> bool:
    """Whether the extra `search` is there."""
    return importlib.util.find_spec("optuna") is not None


class OptunaSampler:
    """Implements `SearchSampler`. Levels are what Optuna searches over: typed, exact, and already
    logarithmic where the range is."""

    def ask(
        self,
        candidates: Candidates,
        told: Sequence[tuple[Sequence[int], Sequence[float]]],
        maximise: Sequence[bool],
        count: int,
        seed: int,
    ) -> Sequence[Sequence[int]]:
        """The first round is random; later ones follow what was told. Raises MissingExtra."""
        known = {tuple(levels) for levels, _ in told}
        chosen: dict[_Levels, None] = {}
        if told:
            study = _study(candidates.space.axes, told, maximise, (seed + len(told)) % 2**32)
            for levels in _suggested(study, candidates.space.axes, _ATTEMPTS * count):
                if levels not in known and _allowed(candidates, levels):
                    chosen[levels] = None
                if len(chosen) == count:
                    break
        for levels in _random(candidates):
            if len(chosen) == count:
                break
            if levels not in known:
                chosen[levels] = None
        return list(chosen)


def _study(
    axes: Sequence[Axis],
    told: Sequence[tuple[Sequence[int], Sequence[float]]],
    maximise: Sequence[bool],
    seed: int,
) -> "Study":
    try:
        import optuna
    except ModuleNotFoundError:
        raise MissingExtra("Bayesian search", "search") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed),
        directions=["maximize" if more else "minimize" for more in maximise],
    )
    distributions = _distributions(axes)
    for levels, scores in told:
        has_all = all(score == score for score in scores)  # noqa: PLR0124 - not NaN
        study.add_trial(
            optuna.trial.create_trial(
                params={axis.name: level for axis, level in zip(axes, levels, strict=True)},
                distributions=distributions,
                values=list(scores) if has_all else None,
                state=optuna.trial.TrialState.COMPLETE if has_all else optuna.trial.TrialState.FAIL,
            )
        )
    return study


def _distributions(axes: Sequence[Axis]) -> "dict[str, BaseDistribution]":
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return {
        axis.name: IntDistribution(0, axis.levels - 1)
        if axis.kind.is_numeric
        else CategoricalDistribution(range(axis.levels))
        for axis in axes
    }


def _suggested(study: "Study", axes: Sequence[Axis], count: int) -> Iterator[_Levels]:
    distributions = _distributions(axes)
    for _ in range(count):
        trial = study.ask(fixed_distributions=distributions)
        yield tuple(int(trial.params[axis.name]) for axis in axes)


def _allowed(candidates: Candidates, levels: _Levels) -> bool:
    import numpy as np

    return bool(candidates.allowed(np.array([levels], dtype=np.int64))[0])


def _random(candidates: Candidates) -> Iterator[_Levels]:
    """The whole space in shuffled order, as far as is sensible to look."""
    for _, rows in candidates.blocks(_LOOKED_AT):
        yield from map(tuple, rows.tolist())

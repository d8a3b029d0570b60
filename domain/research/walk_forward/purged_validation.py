"""How a choice of parameters does on stretches of time it was not made on, over many ways to cut time.

A walk-forward gives one path through history. Here time is cut into folds; every few of them are left
out once, the best combination of what remains is chosen, and what it made in the folds left out is put
together to whole paths: a distribution of out-of-sample Sharpe ratios instead of a single one. The
choice may know bars after those it is judged on, so this measures the choosing, it is no trading record.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 12.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.market.calendars import periods_per_year
from domain.overfitting.splits import assemble_paths, combinatorial_purged, fixed_horizon
from domain.overfitting.trials import sharpe_ratios
from domain.research.json_values import numbers
from domain.research.laboratory import Laboratory
from domain.research.model import ParameterValue, SweepSpec
from domain.research.sweep.combinations import combinations_of, evenly

MOST_VALUES = 20_000_000
"""Returns of all combinations that are held at once, 160 MB; a larger search is thinned evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class PurgedValidation:
    """Sharpe ratios are annual, NaN where a stretch's returns do not vary.

    paths         (P,) of the whole history as put together from folds the choice had not seen
    in_sample     (S,) of the chosen combination on what it was chosen on, one for each split
    out_of_sample (S,) of the same on the folds left out
    chosen        (S,) its number among `combinations`
    combinations  that could be run
    """

    paths: FloatArray
    in_sample: FloatArray
    out_of_sample: FloatArray
    chosen: IntArray
    combinations: Sequence[Mapping[str, ParameterValue]]

    @property
    def probability_of_loss(self) -> float:
        """Share of paths with a Sharpe ratio not above zero, or none."""
        return float(np.mean(~(self.paths > 0.0)))

    @property
    def degradation(self) -> float | None:
        """Median out of sample over median in sample; None unless the latter is above zero."""
        before, after = (one[np.isfinite(one)] for one in (self.in_sample, self.out_of_sample))
        if not len(before) or not len(after) or float(np.median(before)) <= 0.0:
            return None
        return float(np.median(after)) / float(np.median(before))

    def as_json(self) -> dict[str, Any]:
        """{paths, in_sample, out_of_sample, probability_of_loss, degradation, chosen: [{parameters, share}]},
        the combination chosen most often first."""
        numbered, counts = np.unique(self.chosen, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {
            "paths": numbers(self.paths),
            "in_sample": numbers(self.in_sample),
            "out_of_sample": numbers(self.out_of_sample),
            "probability_of_loss": self.probability_of_loss,
            "degradation": self.degradation,
            "chosen": [
                {
                    "parameters": dict(self.combinations[int(numbered[at])]),
                    "share": float(counts[at] / len(self.chosen)),
                }
                for at in order
            ],
        }


def purged_validation(
    sweep: SweepSpec,
    laboratory: Laboratory,
    *,
    folds: int = 10,
    test_folds: int = 2,
    horizon: int = 0,
    embargo: int = 0,
) -> PurgedValidation:
    """Choose by Sharpe ratio on every split of the base's return periods.

    Each combination is run once over all bars, so that it is warm in every fold; only the choice is cut.
    horizon  return periods after a period that its result still depends on, say how long a position is
             held: training periods that reach into a test fold are purged
    embargo  return periods left out of training after each test fold

    Raises InvalidInput when fewer than two combinations can be run, and as `combinatorial_purged` does
    for folds that do not fit the data.
    """
    returns, tried = _returns_of(sweep, laboratory)
    panel = laboratory.inputs(sweep.base).panel
    year = float(periods_per_year(panel.timeframe, panel.instruments)) ** 0.5
    label_end = fixed_horizon(len(returns), horizon)
    splits = list(combinatorial_purged(label_end, folds=folds, test_folds=test_folds, embargo=embargo))
    chosen = [_best(returns[split.train]) for split in splits]
    made = [[returns[rows, one] for rows in split.tests] for split, one in zip(splits, chosen, strict=True)]
    seen = [_sharpe(returns[split.train, one]) for split, one in zip(splits, chosen, strict=True)]
    return PurgedValidation(
        paths=sharpe_ratios(assemble_paths(made, folds, test_folds).T) * year,
        in_sample=np.array(seen) * year,
        out_of_sample=np.array([_sharpe(np.concatenate(parts)) for parts in made]) * year,
        chosen=np.array(chosen, dtype=np.int64),
        combinations=tried,
    )


def _returns_of(
    sweep: SweepSpec, laboratory: Laboratory
) -> tuple[FloatArray, Sequence[Mapping[str, ParameterValue]]]:
    """Returns (n, K) of the combinations that can be run, and these."""
    inputs = laboratory.inputs(sweep.base)
    tried = evenly(combinations_of(sweep, laboratory), max(2, MOST_VALUES // len(inputs)))
    many = laboratory.many(sweep.base, tried, inputs, statistics=("sharpe",), with_returns=True)
    assert many.returns is not None  # noqa: S101 - they were asked for
    ran = np.flatnonzero(np.isfinite(many.returns).all(axis=1))
    if len(ran) < 2:  # noqa: PLR2004 - a choice needs two
        raise InvalidInput.at(
            "sweep",
            message=f"{len(ran)} of {len(tried)} combinations can be run, and a choice needs two at least",
        )
    return many.returns[ran].T, [tried[int(row)] for row in ran]


def _best(returns: FloatArray) -> int:
    """The first column with the highest Sharpe ratio; one that never traded counts as none."""
    return int(np.argmax(np.nan_to_num(sharpe_ratios(returns), nan=-np.inf)))


def _sharpe(returns: FloatArray) -> float:
    return float(sharpe_ratios(returns[:, None])[0])

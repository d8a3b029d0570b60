"""An evaluation: is a result luck, a leak, or an edge? Everything that can be checked by running it again.

The work of a chunk is one of PARTS. What each part found is JSON values; the verdict is put together
from them in `evaluation_outcome`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.booking import delistings
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import ManyRuns
from domain.errors import InvalidInput
from domain.overfitting.data_snooping import reality_check, superior_ability
from domain.overfitting.permutation import permuted
from domain.overfitting.selection import SelectionBias, probability_of_overfitting
from domain.overfitting.sharpe import SharpeEstimate
from domain.overfitting.trials import effective_trials, sharpe_ratios, sharpe_variance
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.outcome import outcome_of
from domain.research.evaluation.quick_verdict import account_view
from domain.research.evaluation.regimes import regimes
from domain.research.evaluation.stress import COST_MULTIPLES, DELAY_BARS, neighbours, run_dearer, run_delayed
from domain.research.evaluation.verdict import finding_as_json
from domain.research.json_values import number, numbers, of_statistics
from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, EvaluationSpec, Finding, Objective, ParameterValue, StudyKind
from domain.research.ports import ChunkAnswer
from domain.research.program import Plan, Report
from domain.research.sweep.combinations import columns_of, combinations_of, evenly
from domain.research.sweep.effort import Effort
from domain.research.table import Table
from domain.research.walk_forward.choosing import best, wanted_statistics
from domain.strategies.protocol import EventStrategy

MOST_VALUES = 20_000_000
"""Returns of a search that are held at once, 160 MB; a larger search is thinned evenly."""
SNOOPED = 250
"""Combinations whose returns are resampled for the data-snooping tests; more are thinned evenly."""
SEARCHED_ANEW = 100
"""Combinations tried again on each shuffle of the bars; more are thinned evenly."""
SNOOPING_RESAMPLES = 1_000

LookAheadCheck = Callable[["EvaluationSpec", Laboratory], Finding]
"""Whether the base run of a spec uses the future: a finding of `Check.LOOK_AHEAD`."""


class EvaluationProgram:
    """Chunks: the account, stress, the neighbourhood, the search, look-ahead, and shuffles in batches.

    The search's combinations are laid over the base and run on the base's bars, whatever instruments and
    periods it was made on: what is asked is whether this result is the luckiest of its like.

    The rows of the study are the combinations that were run on the real bars: those of the search
    (origin "search") and around the run's own parameters (origin "neighbourhood").
    """

    kind = StudyKind.EVALUATION

    def __init__(self, look_ahead: LookAheadCheck | None = None) -> None:
        self._look_ahead = look_ahead

    def plan(self, spec: EvaluationSpec, laboratory: Laboratory) -> Plan:
        """Raises InvalidInput for a sweep of another strategy, or one that cannot be tried again as it is."""
        _check(spec)
        inputs = laboratory.inputs(spec.base)
        combinations = () if spec.sweep is None else combinations_of(spec.sweep, laboratory)
        kept, notes = _thinned(combinations, inputs)
        parts: list[tuple[int, dict[str, Any]]] = [
            (1, {"part": "account"}),
            (len(COST_MULTIPLES) + 1, {"part": "stress"}),
        ]
        around = len(_around(spec, laboratory))
        if around:
            parts.append((around, {"part": "neighbourhood"}))
        if kept:
            parts.append((len(kept), {"part": "search"}))
        if self._look_ahead is not None:
            parts.append((1, {"part": "look_ahead"}))
        parts.extend(_batches(spec, laboratory, inputs, min(len(kept), SEARCHED_ANEW) or 1))
        chunks = tuple(Chunk(index, runs, work) for index, (runs, work) in enumerate(parts))
        return Plan(chunks, inputs.data_hash, notes)

    def run(self, spec: EvaluationSpec, chunk: Chunk, laboratory: Laboratory, report: Report) -> ChunkAnswer:
        """Carry out one part. Raises what the base run raises; other runs that fail are noted."""
        part = chunk.work["part"]
        if part == "account":
            return {"part": part, **_account(spec, laboratory)}, None
        if part == "stress":
            return {"part": part, **_stress(spec, laboratory, report)}, None
        if part == "neighbourhood":
            values, table = _neighbourhood(spec, laboratory, report)
            return {"part": part, **values}, table
        if part == "search":
            values, table = _search(spec, laboratory, report)
            return {"part": part, **values}, table
        if part == "look_ahead":
            found = None if self._look_ahead is None else self._look_ahead(spec, laboratory)
            return {"part": part, "finding": None if found is None else finding_as_json(found)}, None
        numbered = range(chunk.work["first"], chunk.work["first"] + chunk.work["count"])
        return {"part": part, "best": _shuffled(spec, numbered, laboratory, report)}, None

    def give_up(
        self,
        spec: EvaluationSpec,  # noqa: ARG002 - the reason is the same whatever was asked
        chunk: Chunk,
        laboratory: Laboratory,  # noqa: ARG002 - as above
        reason: str,
    ) -> ChunkAnswer:
        """The answer of a part that ran into the time limit: the verdict goes on without it."""
        return {"part": chunk.work["part"], "gave_up": reason}, None

    def reduce(
        self,
        spec: EvaluationSpec,
        plan: Plan,
        read: Callable[[int], ChunkAnswer],
        laboratory: Laboratory,  # noqa: ARG002 - every run was made in a chunk
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The outcome; its fields are described in `evaluation_outcome`."""
        answers = [read(chunk.number)[0] for chunk in plan.chunks]
        outcome, warnings = outcome_of(spec, answers, plan.data_hash)
        return outcome, (*plan.notes, *warnings)


def _check(spec: EvaluationSpec) -> None:
    if spec.sweep is not None and spec.sweep.base.strategy != spec.base.strategy:
        raise InvalidInput.at(
            "sweep",
            "base",
            "strategy",
            message=f"searches '{spec.sweep.base.strategy}', but the run in question is of '{spec.base.strategy}'",
        )


def _thinned(
    combinations: Sequence[Mapping[str, ParameterValue]], inputs: RunInputs
) -> tuple[Sequence[Mapping[str, ParameterValue]], tuple[str, ...]]:
    kept = evenly(combinations, max(2, MOST_VALUES // len(inputs)))
    if len(kept) == len(combinations):
        return kept, ()
    note = f"The search has {len(combinations):,} combinations; {len(kept):,} of them, evenly spaced, stand for all."
    return kept, (note,)


def _batches(
    spec: EvaluationSpec, laboratory: Laboratory, inputs: RunInputs, runs_each: int
) -> list[tuple[int, dict[str, Any]]]:
    is_event = isinstance(laboratory.strategy(spec.base), EventStrategy)
    effort = Effort(inputs.panel.close.size, "event" if is_event else "vectorised")
    total = spec.permutations * runs_each
    each = max(1, effort.runs_a_chunk(max(total, 1)) // runs_each)
    firsts = range(0, spec.permutations, each)
    counts = [min(each, spec.permutations - first) for first in firsts]
    return [
        (count * runs_each, {"part": "shuffles", "first": first, "count": count})
        for first, count in zip(firsts, counts, strict=True)
    ]


def _around(spec: EvaluationSpec, laboratory: Laboratory) -> Sequence[Mapping[str, ParameterValue]]:
    return neighbours(laboratory.strategy(spec.base).parameters.model_dump(mode="json"))


def _account(spec: EvaluationSpec, laboratory: Laboratory) -> dict[str, Any]:
    inputs = laboratory.inputs(spec.base)
    simulation, performance = laboratory.run(spec.base, inputs)
    record = AccountRecord.of_run(simulation, performance, inputs.panel, float(spec.base.initial_cash))
    view = account_view(record, spec.base.fill, resamples=spec.resamples, seed=spec.seed)
    regime, rows = regimes(record, inputs.panel)
    estimate = None if record.is_ruined else SharpeEstimate.of(record.returns)
    return {
        "statistics": dict(record.statistics),
        "warnings": [*simulation.warnings, *performance.notes],
        "estimate": None if estimate is None else asdict(estimate),
        "ruined": record.is_ruined,
        "findings": [finding_as_json(one) for one in (*view.findings, regime)],
        **view.details,
        "regimes": rows,
    }


def _stress(spec: EvaluationSpec, laboratory: Laboratory, report: Report) -> dict[str, Any]:
    inputs = laboratory.inputs(spec.base)
    costs = []
    for multiple in COST_MULTIPLES:
        performance = run_dearer(spec.base, multiple, inputs, laboratory)
        costs.append({"multiple": multiple, "statistics": of_statistics(performance.statistics)})
        report(len(costs))
    late = run_delayed(spec.base, DELAY_BARS, inputs, laboratory)
    report(len(costs) + 1)
    return {"costs": costs, "delay": {"bars": DELAY_BARS, "statistics": of_statistics(late.statistics)}}


def _neighbourhood(
    spec: EvaluationSpec, laboratory: Laboratory, report: Report
) -> tuple[dict[str, Any], Table]:
    combinations = _around(spec, laboratory)
    many = laboratory.many(spec.base, combinations, statistics=wanted_statistics(Objective()), report=report)
    values = {
        "parameters": [dict(one) for one in combinations],
        "sharpes": numbers(many.statistics["sharpe"]),
        "ran": [not failure for failure in many.failures],
    }
    return values, _rows("neighbourhood", combinations, many)


def _search(spec: EvaluationSpec, laboratory: Laboratory, report: Report) -> tuple[dict[str, Any], Table]:
    assert spec.sweep is not None  # noqa: S101 - a plan without a sweep has no such chunk
    inputs = laboratory.inputs(spec.base)
    every = combinations_of(spec.sweep, laboratory)
    combinations, _ = _thinned(every, inputs)
    objective = spec.sweep.objectives[0]
    many = laboratory.many(
        spec.base,
        combinations,
        inputs,
        statistics=wanted_statistics(objective),
        with_returns=True,
        report=report,
    )
    observed = _best(many, evenly(range(len(combinations)), SEARCHED_ANEW), objective)
    base = laboratory.strategy(spec.base).parameters.model_dump(mode="json")
    full = [{**base, **one} for one in combinations]
    values = {
        "combinations": len(every),
        "searched_anew": min(len(combinations), SEARCHED_ANEW),
        "observed": observed,
        **_selection(spec, many),
    }
    return values, _rows("search", full, many)


def _selection(spec: EvaluationSpec, many: ManyRuns) -> dict[str, Any]:
    """What the returns of a search say about choosing from it."""
    assert many.returns is not None  # noqa: S101 - they were asked for
    returns: FloatArray = many.returns[np.isfinite(many.returns).all(axis=1)].T
    if returns.shape[1] < 2:  # noqa: PLR2004 - a choice needs two
        return {
            "ran": returns.shape[1],
            "variance": None,
            "effective": None,
            "overfitting": None,
            "snooping": None,
        }
    bias = probability_of_overfitting(returns)
    some = returns[:, np.asarray(evenly(range(returns.shape[1]), SNOOPED))]
    superior = superior_ability(some, resamples=SNOOPING_RESAMPLES, seed=spec.seed)
    white = reality_check(some, resamples=SNOOPING_RESAMPLES, seed=spec.seed)
    return {
        "ran": returns.shape[1],
        "variance": number(sharpe_variance(sharpe_ratios(returns))),
        "effective": number(effective_trials(returns)),
        "overfitting": None if bias is None else _bias_as_json(bias),
        "snooping": {
            "superior": None if superior is None else number(superior.consistent),
            "lower": None if superior is None else number(superior.lower),
            "upper": None if superior is None else number(superior.upper),
            "reality_check": number(white),
            "trials": some.shape[1],
        },
    }


def _bias_as_json(bias: SelectionBias) -> dict[str, Any]:
    return {
        "probability": number(bias.probability),
        "probability_of_loss": number(bias.probability_of_loss),
        "degradation": None if bias.degradation is None else asdict(bias.degradation),
        "splits": bias.splits,
        "trials": bias.trials,
    }


def _rows(origin: str, combinations: Sequence[Mapping[str, ParameterValue]], many: ManyRuns) -> Table:
    columns = columns_of(combinations, many)
    return Table({"origin": [origin] * len(many), **columns})


def _shuffled(
    spec: EvaluationSpec, numbered: range, laboratory: Laboratory, report: Report
) -> list[float | None]:
    """The objective on each of these shuffles: of the run itself, or the best of the search tried anew."""
    inputs = laboratory.inputs(spec.base)
    objective = Objective() if spec.sweep is None else spec.sweep.objectives[0]
    combinations: Sequence[Mapping[str, ParameterValue]] = ({},)
    if spec.sweep is not None:
        kept, _ = _thinned(combinations_of(spec.sweep, laboratory), inputs)
        combinations = evenly(kept, SEARCHED_ANEW)
    found: list[float | None] = []
    for one in numbered:
        # Its own generator for each shuffle, so that it is the same in whichever batch it lies.
        shuffled = _shuffle(spec, inputs, np.random.default_rng((spec.seed, one)))
        many = laboratory.many(spec.base, combinations, shuffled, statistics=(objective.statistic,))
        found.append(_best(many, range(len(many)), objective))
        report(len(found) * len(combinations))
    return found


def _shuffle(spec: EvaluationSpec, inputs: RunInputs, rng: np.random.Generator) -> RunInputs:
    """The run's terms on shuffled bars. Prices are shuffled as a strategy sees them: a split that is booked
    on its day would halve or double an account whose bars have moved. Missing bars stay where they are, and
    so do delistings."""
    shuffled = inputs.on(permuted(inputs.seen, rng))
    if not spec.base.close_delisted:
        return shuffled
    conditions = replace(shuffled.conditions, events=delistings(shuffled.panel))
    return replace(shuffled, conditions=conditions)


def _best(many: ManyRuns, rows: Sequence[int], objective: Objective) -> float | None:
    values = many.statistics[objective.statistic][np.asarray(rows)]
    chosen = best(values, objective.direction)
    return None if chosen is None else number(float(values[chosen]))

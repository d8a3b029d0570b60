"""From what a caller asked for to a study that leaves nothing open, and what it would take."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from domain.backtesting.completion import CompletedSpec, SpecCompletion
from domain.backtesting.many import STATISTICS
from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput, MissingExtra, NotFound, Problem
from domain.ids import WorkspaceId
from domain.performance.conventions import CONVENTIONS
from domain.research.evaluation.program import SEARCHED_ANEW
from domain.research.evaluation.stress import COST_MULTIPLES, neighbours
from domain.research.model import (
    ASK_ABOVE,
    SPEC_OF,
    Direction,
    Estimate,
    EvaluationSpec,
    Period,
    SearchMethod,
    StudyKind,
    StudySpec,
    SweepSpec,
    WalkForwardSpec,
    sweep_of,
)
from domain.research.sweep.effort import Effort, Form, result_bytes
from domain.research.sweep.search import MOST_RUNS, Extent, Search
from domain.research.walk_forward.windows import windows as windows_of
from domain.strategies.ports import StrategyCatalogue

_STATISTICS = frozenset(STATISTICS)
_RUN_AND_LOOK_AHEAD = 2
T = TypeVar("T")


class StudyPreparation:
    """Completes the specs of studies as those of backtests are, and counts what they would do."""

    def __init__(
        self,
        *,
        completion: SpecCompletion,
        strategies: Callable[[], StrategyCatalogue],
        workers: int,
        can_search: Callable[[], bool],
    ) -> None:
        """can_search says whether a Bayesian search can be carried out here."""
        self._completion = completion
        self._strategies = strategies
        self._workers = workers
        self._can_search = can_search

    def prepare(
        self, workspace_id: WorkspaceId, kind: StudyKind, spec: StudySpec
    ) -> tuple[StudySpec, Estimate]:
        """The completed spec, and what it would take. Raises NotFound, InvalidInput, MissingExtra."""
        if not isinstance(spec, SPEC_OF[kind]):
            raise InvalidInput(f"A {kind} cannot be started from a {type(spec).__name__}.")
        if isinstance(spec, SweepSpec):
            return self._sweep(workspace_id, spec)
        if isinstance(spec, WalkForwardSpec):
            return self._walk_forward(workspace_id, spec)
        return self._evaluation(workspace_id, spec)

    def require_confirmed(self, spec: StudySpec, estimate: Estimate) -> None:
        """Raises InvalidInput, with the estimate in words, for a search above `ASK_ABOVE` runs that
        the caller has not confirmed."""
        sweep = sweep_of(spec)
        if sweep is None or estimate.runs <= ASK_ABOVE or (sweep.confirmed_runs or 0) >= estimate.runs:
            return
        about = "" if estimate.is_exact else "about "
        raise InvalidInput.at(
            "confirmedRuns",
            message=f"this would make {about}{estimate.runs:,} runs, take {_duration(estimate.seconds)} and "
            f"{_size(estimate.bytes)} of disk; set it to {estimate.runs} to go ahead",
        )

    def _sweep(self, workspace_id: WorkspaceId, spec: SweepSpec) -> tuple[SweepSpec, Estimate]:
        _check_objectives(spec)
        if spec.method is SearchMethod.BAYESIAN and not self._can_search():
            raise MissingExtra("Bayesian search", "search")
        base = _within(
            "base",
            lambda: self._completion.complete(
                workspace_id, spec.base, traded_together=1 if spec.each_instrument else None
            ),
        )
        periods = self._periods(workspace_id, spec, base)
        complete = spec.model_copy(update={"base": base.spec})
        extent = self._extent(complete)
        accounts = len(base.series) if spec.each_instrument else 1
        runs = extent.combinations * accounts * len(periods)
        if runs > MOST_RUNS:
            raise InvalidInput.at(
                "space",
                message=f"this would make {runs:,} runs; {MOST_RUNS:,} is the most. Narrow the space or sample it",
            )
        form = self._strategies().describe(base.spec.strategy).form
        efforts = [_effort(base, period, form, accounts) for period in periods]
        seconds = sum(effort.seconds_of(extent.combinations, accounts) for effort in efforts)
        return complete, Estimate(runs, seconds / self._workers, result_bytes(runs), extent.is_exact)

    def _walk_forward(
        self, workspace_id: WorkspaceId, spec: WalkForwardSpec
    ) -> tuple[WalkForwardSpec, Estimate]:
        """Each window is a sweep over its training bars, and one more sweep spans everything. Raises
        InvalidInput for windows that no alignment of the bars could hold."""
        _require_plain(spec.sweep, "a walk-forward")
        sweep, whole = _within("sweep", lambda: self._sweep(workspace_id, spec.sweep))
        base = self._completion.complete(workspace_id, sweep.base)
        # Rows of all instruments together are never more than their bars.
        windows_of(spec, _bars(base, sweep.base))
        bars = max(1, _bars(base, sweep.base) // len(base.series))
        windows = max(1, (bars - spec.train_bars - spec.embargo_bars) // spec.test_bars)
        share = min(1.0, spec.train_bars / bars)
        return spec.model_copy(update={"sweep": sweep}), Estimate(
            whole.runs * (windows + 1) + windows,
            whole.seconds * (1.0 + windows * share),
            whole.bytes * (windows + 1),
            is_exact=False,
        )

    def _evaluation(self, workspace_id: WorkspaceId, spec: EvaluationSpec) -> tuple[EvaluationSpec, Estimate]:
        """Every check by itself: the run and its stress, what lies around it, its search, and that search
        again on each shuffle."""
        base = _within("base", lambda: self._completion.complete(workspace_id, spec.base))
        complete = spec.model_copy(update={"base": base.spec})
        searched = Estimate(0, 0.0, 0)
        if spec.sweep is not None:
            asked = spec.sweep
            _require_plain(asked, "an evaluation")
            sweep, searched = _within("sweep", lambda: self._sweep(workspace_id, asked))
            complete = complete.model_copy(update={"sweep": sweep})
        around = len(neighbours(base.spec.parameters))
        each = min(max(1, searched.runs), SEARCHED_ANEW)
        alone = _RUN_AND_LOOK_AHEAD + len(COST_MULTIPLES) + 1 + around
        effort = _effort(base, base.spec, self._strategies().describe(base.spec.strategy).form)
        seconds = effort.seconds_of(alone) + spec.permutations * effort.seconds_of(each)
        return complete, Estimate(
            alone + searched.runs + spec.permutations * each,
            searched.seconds + seconds / self._workers,
            searched.bytes + result_bytes(around),
            is_exact=False,
        )

    def _periods(self, workspace_id: WorkspaceId, spec: SweepSpec, base: CompletedSpec) -> list[BacktestSpec]:
        """The base over each period."""
        if not spec.periods:
            return [base.spec]
        return [
            _within(f"periods.{number}", partial(self._over, workspace_id, base, period))
            for number, period in enumerate(spec.periods)
        ]

    def _over(self, workspace_id: WorkspaceId, base: CompletedSpec, period: Period) -> BacktestSpec:
        one = BacktestSpec.read({**base.spec.model_dump(), "start": period.start, "end": period.end})
        self._completion.check_period(workspace_id, one, base.series)
        return one

    def _extent(self, spec: SweepSpec) -> Extent:
        schema = self._strategies().describe(spec.base.strategy).parameters_schema
        search = Search.of(spec, schema)
        return search.extent()


def _require_plain(sweep: SweepSpec, study: str) -> None:
    """The search of another study is made in one account over one period, and all of its combinations are
    tried again and again."""
    if sweep.each_instrument or sweep.periods:
        field = "eachInstrument" if sweep.each_instrument else "periods"
        raise InvalidInput.at(
            "sweep",
            field,
            message=f"{study} is about one account over one period; leave this out and start one study for each",
        )
    if sweep.method is SearchMethod.BAYESIAN:
        raise InvalidInput.at(
            "sweep",
            "method",
            message=f"{study} tries the same combinations on other bars, and a Bayesian search has none of its own; "
            "choose grid, random or latin_hypercube",
        )


def _check_objectives(spec: SweepSpec) -> None:
    problems = [
        Problem(
            ("objectives", str(number), "statistic"),
            f"'{objective.statistic}' is not a statistic that can be ranked by; try sharpe, calmar or total_return",
        )
        for number, objective in enumerate(spec.objectives)
        if objective.statistic not in _STATISTICS
    ]
    # Drawdowns and losses are negative: whoever minimises one asks for the worst.
    problems += [
        Problem(
            ("objectives", str(number), "direction"),
            f"a higher {objective.statistic} is the better one (losses are negative numbers); maximise it",
        )
        for number, objective in enumerate(spec.objectives)
        if objective.direction is Direction.MINIMISE
        and objective.statistic in _STATISTICS
        and CONVENTIONS[objective.statistic].higher_is_better
    ]
    if problems:
        raise InvalidInput.of(problems)


def _within(path: str, call: Callable[[], T]) -> T:
    """The same refusal, said of a part of the request. What is not stored is named by itself."""
    try:
        return call()
    except NotFound:
        raise
    except InvalidInput as refused:
        prefix = tuple(path.split("."))
        if not refused.problems:
            raise
        raise InvalidInput.of(
            Problem((*prefix, *problem.path), problem.message) for problem in refused.problems
        ) from None


def _effort(base: CompletedSpec, spec: BacktestSpec, form: Form, accounts: int = 1) -> Effort:
    """Of one run in one of the accounts among which the instruments are divided."""
    together = form == "vectorised" and len(base.series) == accounts
    return Effort(max(1, _bars(base, spec) // accounts), form, together)


def _bars(base: CompletedSpec, spec: BacktestSpec) -> int:
    """Bars of all instruments in the period of a spec, by the share of time it covers."""
    total = 0.0
    for one in base.series:
        whole = max(1.0, (one.last - one.first).total_seconds())
        first = max(one.first, spec.start_time or one.first)
        last = min(one.last, spec.end_time or one.last)
        total += one.rows * min(1.0, max(0.0, (last - first).total_seconds() / whole))
    return max(1, round(total))


def _duration(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - below two minutes people count seconds
        return f"about {max(1, round(seconds))} seconds"
    minutes = seconds / 60
    return f"about {minutes:.0f} minutes" if minutes < 120 else f"about {minutes / 60:.0f} hours"  # noqa: PLR2004


def _size(amount: int) -> str:
    megabytes = amount / 1e6
    return f"{megabytes:,.0f} MB" if megabytes < 10_000 else f"{megabytes / 1e3:,.0f} GB"  # noqa: PLR2004

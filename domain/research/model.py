"""Studies: questions that take many runs to answer. A sweep, a walk-forward, an evaluation.

A study is planned into chunks, each chunk is carried out by a pure function of what is in it, and
the results are reduced to one outcome. Chunks can be carried out anywhere and in any order; the
outcome is the same bytes. Nothing here needs numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput, Problem
from domain.ids import WorkspaceId
from domain.validation import wrong_value

StudyId = NewType("StudyId", str)
ParameterValue: TypeAlias = int | float | bool | str
Model = TypeVar("Model", bound=BaseModel)

PARAMETER = "parameter."
"""Stands before a parameter's name in a column of rows: a parameter may be called as a statistic is."""
ASK_ABOVE = 100_000
"""Runs from which on a sweep must be confirmed."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def read(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Validate outside input. Raises InvalidInput with the path of every wrong field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as fault:
        raise InvalidInput.of(
            Problem(tuple(str(part) for part in error["loc"]), wrong_value(error)) for error in fault.errors()
        ) from None


class SearchMethod(StrEnum):
    """How combinations are chosen from the space."""

    GRID = "grid"
    RANDOM = "random"
    LATIN_HYPERCUBE = "latin_hypercube"
    BAYESIAN = "bayesian"


class Direction(StrEnum):
    MAXIMISE = "maximise"
    MINIMISE = "minimise"


class Objective(_Frozen):
    """A statistic to be as high or as low as it can be: a field of `performance.model.Statistics`."""

    statistic: str = "sharpe"
    direction: Direction = Direction.MAXIMISE


class ParameterRange(_Frozen):
    """Values of one parameter: listed, or from low to high inclusive.

    step  distance of grid points; integers step by 1 unless told otherwise, floats need one for a grid
    log   sampled evenly on a logarithmic scale; low must be above 0. Not for grids
    """

    values: tuple[ParameterValue, ...] | None = Field(None, min_length=1, max_length=100_000)
    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = Field(None, gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "ParameterRange":
        if self.values is not None:
            if self.low is not None or self.high is not None or self.step is not None or self.log:
                raise ValueError("give either values, or low and high")
            return self
        if self.low is None or self.high is None:
            raise ValueError("needs values, or low and high")
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range begins above 0")
        return self


class Period(_Frozen):
    """First and last bar by UTC date of the close, inclusive; None is all there is."""

    start: date | None = None
    end: date | None = None


class SweepSpec(_Frozen):
    """Parameters x instruments x periods of one strategy, and what makes one better than another.

    base             the run that is varied; its parameters stay as they are unless the space names them
    constraints      conditions over parameter names, `fast < slow`; arithmetic and comparisons alone
    samples          combinations to try; None takes the whole grid. Needed by the other methods
    objectives       one ranks; several give the set that nothing else beats in all of them (Pareto)
    each_instrument  every instrument by itself instead of all in one account
    periods          each combination is run over each of these; empty is the base's own period
    patience         stop when so many combinations in a row did not better the first objective
    confirmed_runs   the caller has seen that this many runs will be made; needed above ASK_ABOVE
    """

    base: BacktestSpec
    space: dict[str, ParameterRange] = Field(min_length=1, max_length=20)
    constraints: tuple[str, ...] = Field((), max_length=50)
    method: SearchMethod = SearchMethod.GRID
    samples: int | None = Field(None, ge=1, le=10_000_000)
    objectives: tuple[Objective, ...] = Field((Objective(),), min_length=1, max_length=5)
    each_instrument: bool = False
    periods: tuple[Period, ...] = Field((), max_length=1_000)
    patience: int | None = Field(None, ge=1)
    confirmed_runs: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0, lt=2**63)


class WindowScheme(StrEnum):
    """ROLLING trains on a window of fixed length that moves; ANCHORED on everything since the start."""

    ROLLING = "rolling"
    ANCHORED = "anchored"


class WalkForwardSpec(_Frozen):
    """Choose parameters on past bars, trade them on the bars that follow, move on, and repeat.

    sweep        how parameters are chosen in each window, by its first objective; one account, one period
    train_bars   bars to choose on (the first window's, when anchored)
    test_bars    bars to trade with what was chosen; windows follow each other without a gap
    embargo_bars bars left out between the two, so that what overlaps the end of training is not traded
    """

    sweep: SweepSpec
    scheme: WindowScheme = WindowScheme.ROLLING
    train_bars: int = Field(504, ge=10)
    test_bars: int = Field(126, ge=2)
    embargo_bars: int = Field(0, ge=0)


class EvaluationSpec(_Frozen):
    """Is a result luck, a leak, or an edge? Everything the platform can check about one strategy's run.

    base          the run that is questioned
    sweep         the search it came from, for the probability of overfitting and the neighbourhood;
                  None varies each numeric parameter around its value
    trials        strategies tried to find this one; None takes what the platform has counted when
                  the study is started
    trial_sharpe_variance  of those trials' Sharpe ratios per period (not annualised); None is unknown,
                  and filled in with `trials`
    permutations  shuffles of the bars
    resamples     bootstrap samples
    """

    base: BacktestSpec
    sweep: SweepSpec | None = None
    trials: int | None = Field(None, ge=1)
    trial_sharpe_variance: float | None = Field(None, ge=0)
    permutations: int = Field(200, ge=0, le=100_000)
    resamples: int = Field(2_000, ge=100, le=1_000_000)
    seed: int = Field(0, ge=0, lt=2**63)


class StudyKind(StrEnum):
    SWEEP = "sweep"
    WALK_FORWARD = "walk_forward"
    EVALUATION = "evaluation"


StudySpec: TypeAlias = SweepSpec | WalkForwardSpec | EvaluationSpec

SPEC_OF: Mapping[StudyKind, type[SweepSpec] | type[WalkForwardSpec] | type[EvaluationSpec]] = {
    StudyKind.SWEEP: SweepSpec,
    StudyKind.WALK_FORWARD: WalkForwardSpec,
    StudyKind.EVALUATION: EvaluationSpec,
}
"""The specification of each kind; `SPEC_OF[kind].model_validate` reads a stored one."""


def base_of(spec: StudySpec) -> BacktestSpec:
    """The run that a study is about."""
    return spec.sweep.base if isinstance(spec, WalkForwardSpec) else spec.base


def sweep_of(spec: StudySpec) -> SweepSpec | None:
    """The search of a study; None for one that searches nothing, or leaves it to the program."""
    return spec if isinstance(spec, SweepSpec) else spec.sweep


class StudyStatus(StrEnum):
    """Where a study stands. The last three never change again; FAILED and CANCELLED can be resumed
    as a new life of the same study."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in {StudyStatus.COMPLETED, StudyStatus.FAILED, StudyStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class Study:
    """One study of one workspace.

    runs_planned  simulations the plan holds; None until planned
    runs_done     simulations of the chunks that are finished and kept
    eta           when it may be done, by the speed so far; None before that can be said
    outcome       JSON by kind, see `sweep.reduce`, `walk_forward.reduce`, `evaluation.reduce`
    """

    id: StudyId
    workspace_id: WorkspaceId
    kind: StudyKind
    spec: StudySpec
    status: StudyStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    runner: str | None = None
    runs_planned: int | None = None
    runs_done: int = 0
    eta: datetime | None = None
    failure: str | None = None
    warnings: tuple[str, ...] = ()
    outcome: Mapping[str, Any] | None = None

    @property
    def progress(self) -> float:
        """Share of the planned runs that are done, in [0, 1]."""
        if self.status is StudyStatus.COMPLETED:
            return 1.0
        return self.runs_done / self.runs_planned if self.runs_planned else 0.0

    def changed(self, **values: Any) -> "Study":
        return replace(self, **values)


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """One step of a study, as subscribers see it. best is the best value of the first objective so far."""

    id: StudyId
    workspace_id: WorkspaceId
    kind: StudyKind
    status: StudyStatus
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    stage: str
    best: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a study: its number, how many simulations it holds, and what they are, as JSON values.

    Chunks of a plan are numbered from 0; the same spec and data give the same chunks.
    """

    number: int
    runs: int
    work: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StudyJob:
    """All that is needed to carry out a study; picklable."""

    id: StudyId
    workspace_id: WorkspaceId
    kind: StudyKind
    spec: StudySpec


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a study would take, before it is started.

    runs     simulations; an upper bound where is_exact is False
    seconds  on this machine's workers, by a rule of thumb: a strategy of one's own may be far slower
    bytes    of result files on disk
    """

    runs: int
    seconds: float
    bytes: int
    is_exact: bool = True


class Aggregate(StrEnum):
    """How the runs that share a cell of a heat map become one number."""

    BEST = "best"
    MEAN = "mean"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A statistic over two parameters; cells[i][j] is at y_values[i] and x_values[j].

    A cell nothing was measured in is None. BEST is the highest value, the lowest where the sweep
    minimises the statistic.
    """

    x: str
    y: str
    statistic: str
    aggregate: Aggregate
    x_values: tuple[ParameterValue, ...]
    y_values: tuple[ParameterValue, ...]
    cells: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A slice of a listing, newest first."""

    items: tuple[Study, ...]
    has_next: bool
    has_previous: bool
    total: int


@dataclass(frozen=True, slots=True)
class Trials:
    """How often a strategy was tried in a workspace: every run and every combination of every sweep.

    sharpe_variance is of the trials' Sharpe ratios per period (not annualised); None below two trials.
    """

    strategy: str
    count: int
    sharpe_variance: float | None


class Answer(StrEnum):
    """What a check says."""

    HOLDS = "holds"
    FAILS = "fails"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of a verdict panel, in words and in a number.

    value and threshold are in the unit the sentence names; None where the check has no number.
    """

    check: str
    answer: Answer
    sentence: str
    value: float | None = None
    threshold: float | None = None
    source: str = ""

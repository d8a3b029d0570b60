"""Specifications of studies as the API takes them and gives them back."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import strawberry
from strawberry.scalars import JSON

from domain.errors import InvalidInput, Problem
from domain.performance.conventions import CONVENTIONS
from domain.research import model
from domain.research.model import EvaluationSpec, SweepSpec, WalkForwardSpec
from trader_graphql.backtests.spec import BacktestSpecInput, Spec
from trader_graphql.enums import Direction, SearchMethod, WindowScheme
from trader_graphql.field_names import camel_case, in_callers_names
from trader_graphql.scalars import BigInt

_STATISTICS = {camel_case(name): name for name in CONVENTIONS}


@strawberry.input(description="Values of one parameter: listed, or from low to high inclusive.")
class ParameterRangeInput:
    name: str
    values: list[JSON] | None = strawberry.field(default=None, description="Instead of low and high.")
    low: float | None = None
    high: float | None = None
    step: float | None = strawberry.field(
        default=None, description="Distance of grid points; integers step by 1 unless told otherwise."
    )
    log: bool = strawberry.field(default=False, description="Sampled evenly on a logarithmic scale.")


@strawberry.input(description="A statistic to be as high, or as low, as it can be.")
class ObjectiveInput:
    statistic: str = strawberry.field(default="sharpe", description="A field of Statistics.")
    direction: Direction = Direction.MAXIMISE


@strawberry.input(description="First and last bar, inclusive; null is all there is.")
class PeriodInput:
    from_: date | None = None
    to: date | None = None


@strawberry.input(description="Parameters, instruments and periods to be varied, and what makes one better.")
class SweepSpecInput:
    backtest: BacktestSpecInput = strawberry.field(description="The run that is varied.")
    space: list[ParameterRangeInput]
    constraints: list[str] | None = strawberry.field(
        default=None, description="Conditions over parameter names: `fast < slow`."
    )
    method: SearchMethod = SearchMethod.GRID
    samples: int | None = strawberry.field(
        default=None, description="Combinations to try; null takes the whole grid."
    )
    objectives: list[ObjectiveInput] | None = strawberry.field(
        default=None,
        description="One ranks; several give the set that nothing beats in all of them. Default: sharpe.",
    )
    each_instrument: bool = strawberry.field(
        default=False, description="Every instrument by itself instead of all in one account."
    )
    periods: list[PeriodInput] | None = strawberry.field(
        default=None, description="Each combination is run over each of these."
    )
    patience: int | None = strawberry.field(
        default=None,
        description="Stop when so many combinations in a row did not better the first objective.",
    )
    confirmed_runs: int | None = strawberry.field(
        default=None,
        description="You have seen `estimateSweep` and want so many runs; needed for large ones.",
    )
    seed: BigInt = BigInt(0)

    def sweep(self) -> SweepSpec:
        """Raises InvalidInput in the caller's own field names."""
        try:
            base = self.backtest.spec()
        except InvalidInput as refused:
            raise within("backtest", in_callers_names(refused)) from None
        return _read(
            SweepSpec,
            {
                "base": base,
                "space": self._space(),
                "constraints": self.constraints or (),
                "method": self.method,
                "samples": self.samples,
                "each_instrument": self.each_instrument,
                "periods": [{"start": one.from_, "end": one.to} for one in self.periods or ()],
                "patience": self.patience,
                "confirmed_runs": self.confirmed_runs,
                "seed": int(self.seed),
                **({"objectives": [_objective(one) for one in self.objectives]} if self.objectives else {}),
            },
        )

    def _space(self) -> dict[str, dict[str, Any]]:
        space: dict[str, dict[str, Any]] = {}
        for one in self.space:
            if one.name in space:
                raise InvalidInput.at("space", message=f"names '{one.name}' twice")
            given = {"values": one.values, "low": one.low, "high": one.high, "step": one.step, "log": one.log}
            space[one.name] = {
                key: _whole(value) if isinstance(value, float) else value
                for key, value in given.items()
                if value is not None
            }
        return space


@strawberry.input(description="Choose on past bars, trade the bars that follow, move on, and repeat.")
class WalkForwardSpecInput:
    sweep: SweepSpecInput = strawberry.field(description="How parameters are chosen in each window.")
    scheme: WindowScheme = WindowScheme.ROLLING
    train_bars: int = strawberry.field(default=504, description="Bars to choose on.")
    test_bars: int = strawberry.field(default=126, description="Bars to trade with what was chosen.")
    embargo_bars: int = strawberry.field(default=0, description="Bars left out between the two.")

    def walk_forward(self) -> WalkForwardSpec:
        """Raises InvalidInput in the caller's own field names."""
        try:
            sweep = self.sweep.sweep()
        except InvalidInput as refused:
            raise within("sweep", refused) from None
        values = {
            "sweep": sweep,
            "scheme": self.scheme,
            "train_bars": self.train_bars,
            "test_bars": self.test_bars,
            "embargo_bars": self.embargo_bars,
        }
        return _read(WalkForwardSpec, values)


@strawberry.input(description="Everything that can be checked about one run: luck, leak or edge.")
class EvaluationSpecInput:
    backtest: BacktestSpecInput = strawberry.field(description="The run that is questioned.")
    sweep: SweepSpecInput | None = strawberry.field(
        default=None,
        description="The search it came from; null varies each numeric parameter around its value.",
    )
    trials: int | None = strawberry.field(
        default=None,
        description="Strategies tried to find this one; null takes what the platform has counted.",
    )
    permutations: int = strawberry.field(default=200, description="Shuffles of the bars.")
    resamples: int = strawberry.field(default=2_000, description="Bootstrap samples.")
    seed: BigInt = BigInt(0)

    def evaluation(self) -> EvaluationSpec:
        """Raises InvalidInput in the caller's own field names."""
        try:
            base = self.backtest.spec()
        except InvalidInput as refused:
            raise within("backtest", in_callers_names(refused)) from None
        try:
            sweep = None if self.sweep is None else self.sweep.sweep()
        except InvalidInput as refused:
            raise within("sweep", refused) from None
        values = {
            "base": base,
            "sweep": sweep,
            "trials": self.trials,
            "permutations": self.permutations,
            "resamples": self.resamples,
            "seed": int(self.seed),
        }
        return _read(EvaluationSpec, values)


def statistic_name(name: str, field: str) -> str:
    """The domain's name of a statistic, from the API's or its own. Raises InvalidInput at `field`."""
    found = name if name in CONVENTIONS else _STATISTICS.get(name)
    if found is None:
        raise InvalidInput.at(field, message=f"'{name}' is no statistic; see statisticConventions")
    return found


def _objective(one: ObjectiveInput) -> dict[str, Any]:
    return {"statistic": statistic_name(one.statistic, "objectives"), "direction": one.direction}


def within(field: str, refused: InvalidInput) -> InvalidInput:
    """The same refusal, its paths beginning with the field that holds them."""
    if type(refused) is not InvalidInput or not refused.problems:
        return refused
    return InvalidInput.of(Problem((field, *one.path), one.message) for one in refused.problems)


def in_study_names(refused: InvalidInput) -> InvalidInput:
    """The same refusal in the names of the API: the base of a study is its `backtest`."""
    if type(refused) is not InvalidInput or not refused.problems:
        return refused
    return InvalidInput.of(Problem(_study_path(one.path), one.message) for one in refused.problems)


def _study_path(path: tuple[str, ...]) -> tuple[str, ...]:
    kept = ("parameters", "space")  # below these stand the strategy's own names
    names = []
    for index, part in enumerate(path):
        own = any(before in kept for before in path[:index])
        names.append(part if own else {"base": "backtest"}.get(part, camel_case(part)))
    return tuple(names)


def _read(kind: type[model.Model], values: Mapping[str, Any]) -> model.Model:
    try:
        return model.read(kind, values)
    except InvalidInput as refused:
        raise in_study_names(refused) from None


def _whole(value: float) -> int | float:
    """GraphQL has one kind of number here; 20.0 means the integer to an integer parameter."""
    return int(value) if value.is_integer() else value


@strawberry.type(description="Values of one parameter that were searched.")
class ParameterRange:
    name: str
    values: list[JSON] | None
    low: float | None
    high: float | None
    step: float | None
    log: bool

    @classmethod
    def of(cls, name: str, one: model.ParameterRange) -> "ParameterRange":
        """From the domain's."""
        values = None if one.values is None else [JSON(value) for value in one.values]
        return cls(name=name, values=values, low=one.low, high=one.high, step=one.step, log=one.log)


@strawberry.type(description="A statistic and which way it is better.")
class Objective:
    statistic: str
    direction: Direction


@strawberry.type(description="First and last bar, inclusive; null is all there is.")
class Period:
    from_: date | None
    to: date | None


@strawberry.type(name="SweepSpec", description="What a sweep was asked for.")
class SweepSpecification:
    backtest: Spec
    space: list[ParameterRange]
    constraints: list[str]
    method: SearchMethod
    samples: int | None
    objectives: list[Objective]
    each_instrument: bool
    periods: list[Period]
    patience: int | None
    confirmed_runs: int | None
    seed: BigInt

    @classmethod
    def of(cls, spec: SweepSpec) -> "SweepSpecification":
        """From the domain's."""
        return cls(
            backtest=Spec.of(spec.base),
            space=[ParameterRange.of(name, one) for name, one in spec.space.items()],
            constraints=list(spec.constraints),
            method=spec.method,
            samples=spec.samples,
            objectives=shown_objectives(spec.objectives),
            each_instrument=spec.each_instrument,
            periods=[Period(from_=one.start, to=one.end) for one in spec.periods],
            patience=spec.patience,
            confirmed_runs=spec.confirmed_runs,
            seed=BigInt(spec.seed),
        )


@strawberry.type(name="WalkForwardSpec", description="What a walk-forward was asked for.")
class WalkForwardSpecification:
    sweep: SweepSpecification
    scheme: WindowScheme
    train_bars: int
    test_bars: int
    embargo_bars: int

    @classmethod
    def of(cls, spec: WalkForwardSpec) -> "WalkForwardSpecification":
        """From the domain's."""
        return cls(
            sweep=SweepSpecification.of(spec.sweep),
            scheme=spec.scheme,
            train_bars=spec.train_bars,
            test_bars=spec.test_bars,
            embargo_bars=spec.embargo_bars,
        )


@strawberry.type(name="EvaluationSpec", description="What an evaluation was asked for.")
class EvaluationSpecification:
    backtest: Spec
    sweep: SweepSpecification | None
    trials: int | None
    permutations: int
    resamples: int
    seed: BigInt

    @classmethod
    def of(cls, spec: EvaluationSpec) -> "EvaluationSpecification":
        """From the domain's."""
        return cls(
            backtest=Spec.of(spec.base),
            sweep=None if spec.sweep is None else SweepSpecification.of(spec.sweep),
            trials=spec.trials,
            permutations=spec.permutations,
            resamples=spec.resamples,
            seed=BigInt(spec.seed),
        )


def shown_objectives(objectives: Sequence[model.Objective]) -> list[Objective]:
    """From the domain's, under the API's names."""
    return [Objective(statistic=camel_case(one.statistic), direction=one.direction) for one in objectives]

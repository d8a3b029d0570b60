"""A sweep as the API shows it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import strawberry
from strawberry.scalars import JSON

from domain.performance.conventions import CONVENTIONS
from domain.research import model
from domain.research.model import StudyId, SweepSpec
from trader_graphql.connections import Connection, PageArguments, connection, slice_of
from trader_graphql.enums import Aggregate
from trader_graphql.field_names import camel_case
from trader_graphql.fields import resolved
from trader_graphql.request import Info, in_thread
from trader_graphql.research.specs import Objective, SweepSpecification, shown_objectives, statistic_name
from trader_graphql.research.studies import Study
from trader_graphql.scalars import number_or_none

KIND = "Sweep"


@strawberry.type(description="A statistic of a combination, by its name in Statistics.")
class NamedValue:
    name: str
    value: float | None


@strawberry.type(description="Parameters and what they came to: the mean over instruments and periods.")
class Combination:
    number: int = strawberry.field(description="Its place in the search, from 0.")
    parameters: JSON
    scores: list[float | None] = strawberry.field(description="One for each objective.")
    statistics: list[NamedValue]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Combination":
        """From stored JSON values."""
        return cls(
            number=int(values["combination"]),
            parameters=JSON(values["parameters"]),
            scores=list(values["scores"]),
            statistics=_named(values["statistics"]),
        )


@strawberry.type(description="One simulation of a sweep.")
class SweepRun:
    combination: int
    instrument: str = strawberry.field(description="`all` where the instruments share an account.")
    period: str = strawberry.field(description="`all` is the period of the backtest itself.")
    parameters: JSON
    statistics: list[NamedValue]
    failure: str | None = strawberry.field(description="Why it could not be run.")


@strawberry.type(description="The first objective by the values of one parameter, whatever the others are.")
class Marginal:
    parameter: str
    from_: JSON
    to: JSON = strawberry.field(description="The same as `from` unless values are grouped.")
    combinations: int
    mean: float | None
    best: float | None


@strawberry.type(description="What the neighbours of the best combination score by the first objective.")
class Neighbourhood:
    neighbours: int
    scored: int
    median: float | None
    mean: float | None
    worst: float | None
    better_than: float | None = strawberry.field(
        description="Share of all combinations the neighbours' median beats: near 1 is a plateau."
    )


@strawberry.type(description="The sweep on one instrument, or over one period, by the first objective.")
class SweepPart:
    name: str
    runs: int
    failed: int
    mean: float | None
    best: float | None
    combination: int | None = strawberry.field(description="The best one there.")
    parameters: JSON | None


@strawberry.type(description="Why runs failed.")
class SweepFailure:
    reason: str
    runs: int


@strawberry.type(description="A statistic over two parameters; cells are rows of y by columns of x.")
class HeatMap:
    x: str
    y: str
    statistic: str
    aggregate: Aggregate
    x_values: list[JSON]
    y_values: list[JSON]
    cells: list[list[float | None]]

    @classmethod
    def of(cls, found: model.HeatMap) -> "HeatMap":
        """From the domain's."""
        return cls(
            x=found.x,
            y=found.y,
            statistic=camel_case(found.statistic),
            aggregate=found.aggregate,
            x_values=[JSON(value) for value in found.x_values],
            y_values=[JSON(value) for value in found.y_values],
            cells=[list(row) for row in found.cells],
        )


@strawberry.type(description="Many combinations of parameters on the same bars.")
class Sweep(Study):
    TYPE: ClassVar[str] = KIND

    @resolved("What was asked for, with every default filled in.")
    def spec(self) -> SweepSpecification:
        return SweepSpecification.of(self._spec)

    @resolved("Combinations that were tried. Null until it has completed.")
    def combinations(self) -> int | None:
        found: int | None = self._value("combinations")
        return found

    @resolved("Runs that could not be carried out. Null until it has completed.")
    def failed(self) -> int | None:
        found: int | None = self._value("failed")
        return found

    @resolved("Whether it ended because nothing better came for long enough.")
    def stopped_early(self) -> bool | None:
        found: bool | None = self._value("stopped_early")
        return found

    @resolved("What ranks the combinations.")
    def objectives(self) -> list[Objective]:
        return shown_objectives(self._spec.objectives)

    @resolved("The best combination by each objective; null where none has a score.")
    def best(self) -> list[Combination | None]:
        return [None if one is None else Combination.read(one) for one in self._list("best")]

    @resolved("The best twenty by the first objective, best first.", expected_size=20)
    def top(self) -> list[Combination]:
        return [Combination.read(one) for one in self._list("top")]

    @resolved("What no other combination beats in every objective.", expected_size=20)
    def pareto(self) -> list[Combination]:
        return [Combination.read(one) for one in self._list("pareto")]

    @resolved("How the first objective goes with each parameter.", expected_size=50)
    def marginals(self) -> list[Marginal]:
        found = self.found()
        return [
            Marginal(
                parameter=parameter,
                from_=JSON(one["from"]),
                to=JSON(one["to"]),
                combinations=one["combinations"],
                mean=one["mean"],
                best=one["best"],
            )
            for parameter, rows in (found["marginals"] if found else {}).items()
            for one in rows
        ]

    @resolved("Whether the best stands on a plateau or on a needle.")
    def neighbourhood(self) -> Neighbourhood | None:
        found = self._value("neighbourhood")
        return None if found is None else Neighbourhood(**found)

    @resolved("Each instrument by itself, or one entry for all together.", expected_size=20)
    def instruments(self) -> list[SweepPart]:
        return [_part(one) for one in self._list("instruments")]

    @resolved("Each period by itself.", expected_size=20)
    def periods(self) -> list[SweepPart]:
        return [_part(one) for one in self._list("periods")]

    @resolved("Why runs failed, most frequent first.", expected_size=5)
    def failures(self) -> list[SweepFailure]:
        return [SweepFailure(**one) for one in self._list("failures")]

    @resolved("SHA-256 over every series read. Null until it has completed.")
    def data_hash(self) -> str | None:
        found: str | None = self._value("data_hash")
        return found

    @resolved(
        "A statistic over two of its parameters, of the runs so far; null without any.", expected_size=50
    )
    async def heat_map(
        self,
        info: Info,
        x: str,
        y: str,
        statistic: str | None = None,
        aggregate: Aggregate = Aggregate.BEST,
    ) -> HeatMap | None:
        if self.runs_done == 0:
            return None
        context = info.context
        wanted = None if statistic is None else statistic_name(statistic, "statistic")
        found = await in_thread(
            context.services.studies.heat_map,
            context.workspace_id,
            StudyId(self.identifier),
            x,
            y,
            wanted,
            aggregate,
        )
        return HeatMap.of(found)

    @resolved("Every simulation, in the order of the search unless ordered by a statistic.")
    async def runs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        order_by: str | None = None,
        descending: bool = True,
    ) -> Connection[SweepRun]:
        page = PageArguments.read(first, last, after, before)
        total = self.runs_done
        rows = slice_of(total, page, lambda key: int(key) if key.isdecimal() else None)
        context = info.context
        table = await in_thread(
            context.services.studies.rows,
            context.workspace_id,
            StudyId(self.identifier),
            order_by=None if order_by is None else statistic_name(order_by, "orderBy"),
            descending=descending,
            offset=rows.start,
            limit=max(len(rows), 1),
        )
        found = _runs(table.columns)[: len(rows)]
        return connection(
            list(enumerate(found, rows.start)),
            lambda numbered: str(numbered[0]),
            lambda numbered: numbered[1],
            has_next=rows.stop < total,
            has_previous=rows.start > 0,
            total=total,
        )

    @property
    def _spec(self) -> SweepSpec:
        spec = self.stored.spec
        assert isinstance(spec, SweepSpec)  # noqa: S101 - a study's kind says what its spec is
        return spec

    def _value(self, name: str) -> Any:
        found = self.found()
        return found[name] if found else None

    def _list(self, name: str) -> Sequence[Any]:
        found = self.found()
        return found[name] if found else ()


def _named(statistics: Mapping[str, Any]) -> list[NamedValue]:
    return [NamedValue(name=camel_case(name), value=value) for name, value in statistics.items()]


def _part(values: Mapping[str, Any]) -> SweepPart:
    parameters = values["parameters"]
    return SweepPart(**{**values, "parameters": None if parameters is None else JSON(parameters)})


def _runs(columns: Mapping[str, Any]) -> list[SweepRun]:
    """Rows of a table as simulations."""
    plain = {name: _plain(column) for name, column in columns.items()}
    varied = [name for name in plain if name.startswith(model.PARAMETER)]
    measured = [name for name in plain if name in CONVENTIONS]
    return [
        SweepRun(
            combination=int(plain["combination"][row]),
            instrument=plain["instrument"][row],
            period=plain["period"][row],
            parameters=JSON({name.removeprefix(model.PARAMETER): plain[name][row] for name in varied}),
            statistics=[
                NamedValue(name=camel_case(name), value=number_or_none(plain[name][row])) for name in measured
            ],
            failure=plain["failure"][row] or None,
        )
        for row in range(len(plain["combination"]))
    ]


def _plain(column: Any) -> list[Any]:
    return list(column.tolist() if hasattr(column, "tolist") else column)

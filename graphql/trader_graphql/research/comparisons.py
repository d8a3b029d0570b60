"""What completed runs tell beyond their own statistics, as the API shows it."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import strawberry
from strawberry.scalars import JSON

from domain.errors import InvalidInput
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.connections import global_id
from trader_graphql.field_names import camel_case
from trader_graphql.fields import query
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread

if TYPE_CHECKING:
    from domain.performance.comparison import Comparison as DomainComparison

_FEWEST_POINTS, _MOST_POINTS = 5, 5_000


@strawberry.type(description="One statistic, one value a run in the order asked for.")
class ComparedStatistic:
    name: str
    values: list[JSON | None] = strawberry.field(description="Numbers, or dates as text.")


@strawberry.type(description="A field of the specification that is not the same in all runs.")
class SpecDifference:
    path: str
    values: list[JSON | None]
    is_term: bool = strawberry.field(
        description="Whether it is how runs were traded or measured, and not what was varied."
    )


@strawberry.type(description="Value of each run over its value on the first common day.")
class ComparedPoint:
    day: date
    values: list[float]


@strawberry.type(description="Whether the Sharpe ratios of two runs differ by more than luck.")
class SharpeTest:
    first: strawberry.ID
    second: strawberry.ID
    difference: float | None = strawberry.field(description="Annual Sharpe ratio of first over second.")
    p_value: float | None


@strawberry.type(description="Runs side by side, in the order asked for.")
class Comparison:
    backtests: list[strawberry.ID]
    statistics: list[ComparedStatistic]
    differences: list[SpecDifference]
    curves: list[ComparedPoint]
    correlations: list[list[float | None]]
    sharpe_tests: list[SharpeTest]
    warnings: list[str] = strawberry.field(description="Why these results may not be compared.")

    @classmethod
    def of(cls, found: "DomainComparison", points: int) -> "Comparison":
        """From the domain's; curves in at most so many points."""
        rows = _spread(len(found.days), points)
        return cls(
            backtests=[_id(name) for name in found.names],
            statistics=[
                ComparedStatistic(name=camel_case(one.name), values=_json(one.values))
                for one in found.statistics
            ],
            differences=[
                SpecDifference(path=one.path, values=_json(one.values), is_term=one.is_term)
                for one in found.differences
            ],
            curves=[
                ComparedPoint(day=found.days[row], values=[curve[row] for curve in found.curves])
                for row in rows
            ],
            correlations=[list(row) for row in found.correlations],
            sharpe_tests=[
                SharpeTest(
                    first=_id(one.first),
                    second=_id(one.second),
                    difference=one.test.difference,
                    p_value=one.test.p_value,
                )
                for one in found.sharpe_tests
            ],
            warnings=list(found.warnings),
        )


@strawberry.type
class ComparisonQueries:
    @query(VIEWER, "Two completed runs or more, side by side.")
    async def compare_backtests(self, info: Info, ids: list[strawberry.ID], points: int = 500) -> Comparison:
        if not _FEWEST_POINTS <= points <= _MOST_POINTS:
            message = f"must be from {_FEWEST_POINTS} to {_MOST_POINTS}, not {points}"
            raise InvalidInput.at("points", message=message)
        context = info.context
        keys = [backtest_id(one, "ids") for one in ids]
        analysis = await in_thread(context.services.results)
        found = await in_thread(analysis.comparison, context.workspace_id, keys)
        return Comparison.of(found, points)


def _id(identifier: str) -> strawberry.ID:
    return global_id("Backtest", identifier)


def _json(values: Sequence[object]) -> list[JSON | None]:
    return [None if value is None else JSON(value) for value in values]


def _spread(length: int, points: int) -> list[int]:
    """At most so many rows, evenly spread, the first and the last among them."""
    if length <= points:
        return list(range(length))
    return sorted({round(step * (length - 1) / (points - 1)) for step in range(points)})

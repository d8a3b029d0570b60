"""Importing bars."""

from datetime import date
from typing import Annotated, TypeAlias

import strawberry

from domain import errors as domain
from domain.errors import Problem
from domain.market.timeframe import Timeframe
from trader_graphql.days import end_of, start_of
from trader_graphql.enums import OnError
from trader_graphql.errors import Conflict, Forbidden, InvalidInput, NotFound
from trader_graphql.fields import mutation
from trader_graphql.market.types import Series
from trader_graphql.permissions import TRADER
from trader_graphql.request import Info, in_thread

_MOST_SYMBOLS = 100


@strawberry.input(description="Which bars to fetch, and what to do with rows that break a quality rule.")
class ImportBarsInput:
    source: str = strawberry.field(description="sample, yahoo, alpaca, or an exchange.")
    symbols: list[str] = strawberry.field(description="As the source writes them; at most 100.")
    timeframe: str = "1d"
    from_: date | None = strawberry.field(default=None, description="Null is as far as the source goes.")
    to: date | None = None
    on_error: OnError = OnError.REFUSE


@strawberry.type(description="Everything was imported; doing it again changes nothing.")
class ImportBarsResult:
    series: list[Series] = strawberry.field(description="Each whole series as it is stored now.")


ImportBarsOutcome: TypeAlias = Annotated[
    ImportBarsResult | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("ImportBarsOutcome")
]


@strawberry.type
class MarketMutations:
    @mutation(
        TRADER,
        "Fetch bars from a source, check and store them. Idempotent: bars are merged by their time. "
        "Nothing already stored is damaged by a bad import.",
    )
    async def import_bars(self, info: Info, input_: ImportBarsInput) -> ImportBarsOutcome:
        _check(input_)
        context = info.context
        market = await in_thread(context.services.market)
        imported = await in_thread(
            market.import_bars,
            context.workspace_id,
            input_.source,
            input_.symbols,
            Timeframe.parse(input_.timeframe),
            start_of(input_.from_),
            end_of(input_.to),
            input_.on_error,
        )
        return ImportBarsResult(series=[Series.of(one.series) for one in imported])


def _check(input_: ImportBarsInput) -> None:
    problems = []
    if not 1 <= len(input_.symbols) <= _MOST_SYMBOLS:
        problems.append(Problem(("symbols",), f"name from 1 to {_MOST_SYMBOLS}"))
    if input_.from_ is not None and input_.to is not None and input_.from_ > input_.to:
        problems.append(Problem(("from",), f"{input_.from_} is after to, {input_.to}"))
    if problems:
        raise domain.InvalidInput.of(problems)

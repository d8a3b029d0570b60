"""Reading runs."""

import strawberry

from domain.backtesting.model import BacktestFilter
from domain.errors import InvalidInput
from domain.ids import BacktestId
from trader_graphql.backtests.statistics import StatisticConvention, conventions
from trader_graphql.backtests.types import KIND, Backtest
from trader_graphql.connections import Connection, PageArguments, connection, key_of
from trader_graphql.enums import BacktestStatus
from trader_graphql.fields import query
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread

_PREFIX = "bt_"


@strawberry.input(
    name="BacktestFilter", description="Which runs a listing holds; what is left out matches all."
)
class Filter:
    status: BacktestStatus | None = None
    strategy: str | None = None
    instrument: str | None = strawberry.field(default=None, description="Instrument id: AAPL.XNAS.")


def backtest_id(text: str, field: str = "id") -> BacktestId:
    """From the id of the API, or from the bt_… that the command line shows. Raises InvalidInput."""
    return BacktestId(text if text.startswith(_PREFIX) else key_of(KIND, text, field))


def _cursor(key: str | None, field: str) -> BacktestId | None:
    if key is not None and not key.startswith(_PREFIX):
        raise InvalidInput.at(field, message="is not a cursor of this list")
    return None if key is None else BacktestId(key)


@strawberry.type
class BacktestQueries:
    @query(VIEWER, "One run; null when there is none.")
    async def backtest(self, info: Info, id_: strawberry.ID) -> Backtest | None:
        found = await info.context.loaders.backtest.load(backtest_id(id_))
        return Backtest.of(found) if found else None

    @query(VIEWER, "Runs, newest first.")
    async def backtests(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        filter_: Filter | None = None,
    ) -> Connection[Backtest]:
        arguments = PageArguments.read(first, last, after, before)
        wanted = filter_ or Filter()
        page = await in_thread(
            info.context.services.backtests.page,
            info.context.workspace_id,
            first=arguments.first,
            after=_cursor(arguments.after, "after"),
            last=arguments.last,
            before=_cursor(arguments.before, "before"),
            where=BacktestFilter(wanted.status, wanted.strategy, wanted.instrument),
        )
        return connection(
            page.items,
            lambda backtest: backtest.id,
            Backtest.of,
            has_next=page.has_next,
            has_previous=page.has_previous,
            total=page.total,
        )

    @query(VIEWER, "How each statistic is measured.", expected_size=50)
    def statistic_conventions(self) -> list[StatisticConvention]:
        return conventions()

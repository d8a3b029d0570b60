"""Fetching anything again by its id."""

from collections.abc import Awaitable, Callable

import strawberry

from domain import errors as domain
from domain.ids import BacktestId
from domain.research.model import StudyId
from trader_graphql.backtests import types as backtests
from trader_graphql.connections import Node, split_id
from trader_graphql.fields import query
from trader_graphql.market import types as market
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread
from trader_graphql.research.mutations import SHOWN_AS
from trader_graphql.research.studies import Study
from trader_graphql.strategies import queries as strategies


@strawberry.type
class NodeQueries:
    @query(VIEWER, "A thing by its id; null when there is none.")
    async def node(self, info: Info, id_: strawberry.ID) -> Node | None:
        kind, key = split_id(id_)
        find = _FINDERS.get(kind)
        if find is None:
            raise domain.InvalidInput.at("id", message=f"names a {kind}, which is no node")
        return await find(info, key)


async def _backtest(info: Info, key: str) -> backtests.Backtest | None:
    found = await info.context.loaders.backtest.load(BacktestId(key))
    return backtests.Backtest.of(found) if found else None


async def _instrument(info: Info, key: str) -> market.Instrument | None:
    found = await info.context.loaders.instrument.load(key)
    return market.Instrument.of(found) if found else None


async def _strategy(info: Info, key: str) -> strategies.Strategy | None:
    catalogue = await in_thread(info.context.services.strategies)
    try:
        return strategies.Strategy.of(await in_thread(catalogue.describe, key))
    except domain.NotFound:
        return None


async def _study(info: Info, key: str) -> Study | None:
    found = await info.context.loaders.study.load(StudyId(key))
    return SHOWN_AS[found.kind].of(found) if found else None


_FINDERS: dict[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    backtests.KIND: _backtest,
    market.KIND: _instrument,
    strategies.KIND: _strategy,
    **{shown.TYPE: _study for shown in SHOWN_AS.values()},
}

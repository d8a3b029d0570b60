"""A strategy as the API shows it."""

import strawberry
from strawberry.scalars import JSON

from domain.strategies.ports import StrategyInfo
from trader_graphql.connections import Node, global_id
from trader_graphql.fields import query
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread

KIND = "Strategy"


@strawberry.type(description="Something that decides what to hold.")
class Strategy(Node):
    name: str = strawberry.field(description="As a backtest names it.")
    title: str
    summary: str
    description: str
    form: str = strawberry.field(description="vectorised or event.")
    parameters_schema: JSON = strawberry.field(
        description="JSON Schema of its parameters, for forms and checks."
    )
    minimum_instruments: int
    maximum_instruments: int | None = strawberry.field(description="Null is no limit.")
    origin: str = strawberry.field(description="built in, or the package it came with.")

    @classmethod
    def of(cls, info: StrategyInfo) -> "Strategy":
        """From the catalogue's."""
        return cls(
            id=global_id(KIND, info.name),
            name=info.name,
            title=info.title,
            summary=info.summary,
            description=info.description,
            form=info.form,
            parameters_schema=JSON(dict(info.parameters_schema)),
            minimum_instruments=info.minimum_instruments,
            maximum_instruments=info.maximum_instruments,
            origin=info.origin,
        )


@strawberry.type
class StrategyQueries:
    @query(VIEWER, "Every strategy a backtest can name.", expected_size=20)
    async def strategies(self, info: Info) -> list[Strategy]:
        catalogue = await in_thread(info.context.services.strategies)
        return [Strategy.of(one) for one in await in_thread(catalogue.list)]

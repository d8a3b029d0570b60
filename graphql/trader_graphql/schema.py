"""The schema: every subject's fields, and what happens to each request before and after them."""

from functools import partial

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.execution import ExecutionContext

from trader_graphql.backtests.mutations import BacktestMutations
from trader_graphql.backtests.queries import BacktestQueries
from trader_graphql.backtests.subscriptions import BacktestSubscriptions
from trader_graphql.errors import HANDLERS
from trader_graphql.fast_executor import FastExecutor
from trader_graphql.fields import FieldNames
from trader_graphql.identity.api_keys import IdentityMutations, IdentityQueries
from trader_graphql.limits import Guard, Limits
from trader_graphql.market.mutations import MarketMutations
from trader_graphql.market.queries import MarketQueries
from trader_graphql.node import NodeQueries
from trader_graphql.pipeline import Pipeline
from trader_graphql.research.comparisons import ComparisonQueries
from trader_graphql.research.mutations import ResearchMutations
from trader_graphql.research.queries import ResearchQueries
from trader_graphql.research.subscriptions import ResearchSubscriptions
from trader_graphql.scalars import SCALARS
from trader_graphql.strategies.queries import StrategyQueries


@strawberry.type(description="What can be read.")
class Query(
    IdentityQueries,
    NodeQueries,
    MarketQueries,
    StrategyQueries,
    BacktestQueries,
    ResearchQueries,
    ComparisonQueries,
):
    pass


@strawberry.type(
    description="What can be changed. Each takes one input and answers with the thing or with a refusal."
)
class Mutation(MarketMutations, BacktestMutations, ResearchMutations, IdentityMutations):
    pass


@strawberry.type(description="What can be followed.")
class Subscription(BacktestSubscriptions, ResearchSubscriptions):
    pass


class TraderSchema(strawberry.Schema):
    """Faults are logged where they are presented, under the incident the client is told."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        del errors, execution_context


def build_schema(limits: Limits | None = None, *, fast: bool = True) -> TraderSchema:
    """The schema with its limits and caches, made once for a process.

    fast off runs every field through graphql-core; answers are the same.
    """
    guard = Guard(limits or Limits())
    return TraderSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(
            name_converter=FieldNames(), disable_field_suggestions=True, scalar_map=SCALARS
        ),
        extensions=[partial(Pipeline, guard)],
        execution_context_class=FastExecutor if fast else StrawberryGraphQLCoreExecutionContext,
        exception_handlers=HANDLERS,
    )

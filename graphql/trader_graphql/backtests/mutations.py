"""Starting and ending runs."""

from typing import Annotated, TypeAlias

import strawberry

from domain import errors as domain
from domain.ids import BacktestId
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.backtests.spec import StartBacktestInput
from trader_graphql.backtests.types import KIND, Backtest
from trader_graphql.connections import global_id
from trader_graphql.errors import Conflict, Forbidden, InvalidInput, NotFound
from trader_graphql.field_names import in_callers_names
from trader_graphql.fields import mutation
from trader_graphql.permissions import TRADER
from trader_graphql.request import Info, in_thread


@strawberry.input
class CancelBacktestInput:
    id: strawberry.ID


@strawberry.input
class DeleteBacktestInput:
    id: strawberry.ID


@strawberry.type(description="What was deleted; its id names nothing any more.")
class DeletedBacktest:
    id: strawberry.ID


StartBacktestOutcome: TypeAlias = Annotated[
    Backtest | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("StartBacktestOutcome")
]
CancelBacktestOutcome: TypeAlias = Annotated[
    Backtest | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("CancelBacktestOutcome")
]
DeleteBacktestOutcome: TypeAlias = Annotated[
    DeletedBacktest | InvalidInput | NotFound | Conflict | Forbidden,
    strawberry.union("DeleteBacktestOutcome"),
]


@strawberry.type
class BacktestMutations:
    @mutation(
        TRADER,
        "Check a specification, store the run and begin it. The answer comes at once; "
        "`backtestProgress` tells how it goes on.",
    )
    async def start_backtest(self, info: Info, input_: StartBacktestInput) -> StartBacktestOutcome:
        context = info.context
        try:
            spec = input_.spec()
            started = await in_thread(
                context.services.backtests.start, context.workspace_id, spec, input_.idempotency_key
            )
        except domain.InvalidInput as refused:
            raise in_callers_names(refused) from None
        return Backtest.of(started)

    @mutation(TRADER, "Stop a run. One that was cancelled already is returned as it is.")
    async def cancel_backtest(self, info: Info, input_: CancelBacktestInput) -> CancelBacktestOutcome:
        context = info.context
        key = backtest_id(input_.id)
        return Backtest.of(await in_thread(context.services.backtests.cancel, context.workspace_id, key))

    @mutation(TRADER, "Forget an ended run, its curve and its trades.")
    async def delete_backtest(self, info: Info, input_: DeleteBacktestInput) -> DeleteBacktestOutcome:
        context = info.context
        key: BacktestId = backtest_id(input_.id)
        await in_thread(context.services.backtests.delete, context.workspace_id, key)
        return DeletedBacktest(id=global_id(KIND, key))

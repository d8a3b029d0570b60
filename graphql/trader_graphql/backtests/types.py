"""A run as the API shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from domain.backtesting import model
from domain.backtesting.model import BacktestProgress
from domain.errors import InvalidInput
from domain.ids import BacktestId
from trader_graphql.backtests.rows import EquityPoint, Trade
from trader_graphql.backtests.spec import Spec
from trader_graphql.backtests.statistics import Drawdown, PeriodReturn, Statistics
from trader_graphql.connections import Connection, Node, PageArguments, connection, global_id, slice_of
from trader_graphql.downloads import Download
from trader_graphql.enums import BacktestStatus
from trader_graphql.fields import resolved
from trader_graphql.request import Info, in_thread
from trader_graphql.research.anatomy import Anatomy
from trader_graphql.research.verdicts import Verdict
from trader_graphql.scalars import BigInt

KIND = "Backtest"
FEWEST_POINTS, MOST_POINTS = 5, 5_000


@strawberry.type(description="What a result was made from.")
class Provenance:
    data_hash: str = strawberry.field(
        description="SHA-256 over every series read, the benchmark and the facts of the instruments."
    )
    code_version: str
    seed: BigInt
    bars: int
    first_bar: datetime
    last_bar: datetime
    duration_seconds: float

    @classmethod
    def of(cls, provenance: model.Provenance) -> "Provenance":
        """From the domain's."""
        return cls(
            data_hash=provenance.data_hash,
            code_version=provenance.code_version,
            seed=BigInt(provenance.seed),
            bars=provenance.bars,
            first_bar=provenance.first_bar,
            last_bar=provenance.last_bar,
            duration_seconds=provenance.duration_seconds,
        )


@strawberry.type(description="One run of one specification.")
class Backtest(Node):
    identifier: str = strawberry.field(description="The id as the command line and file names show it: bt_…")
    status: BacktestStatus
    progress: float = strawberry.field(description="From 0 to 1.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None = strawberry.field(description="Why it failed, in one sentence.")
    stored: strawberry.Private[model.Backtest]

    @classmethod
    def of(cls, backtest: model.Backtest) -> "Backtest":
        """From the domain's; what costs more than reading an attribute waits until it is asked for."""
        return cls(
            id=global_id(KIND, backtest.id),
            identifier=backtest.id,
            status=backtest.status,
            progress=backtest.progress,
            created_at=backtest.created_at,
            started_at=backtest.started_at,
            finished_at=backtest.finished_at,
            failure=backtest.failure,
            stored=backtest,
        )

    @resolved("What was asked for, with every default filled in.")
    def spec(self) -> Spec:
        return Spec.of(self.stored.spec)

    @resolved("Null until the run has completed.")
    def statistics(self) -> Statistics | None:
        outcome = self.stored.outcome
        return Statistics.read(outcome.statistics) if outcome else None

    @resolved("Of buying and holding the benchmark with the same cash.")
    def benchmark_statistics(self) -> Statistics | None:
        outcome = self.stored.outcome
        known = outcome is not None and outcome.benchmark_statistics
        return Statistics.read(known) if known else None

    @resolved("The deepest, deepest first.")
    def drawdowns(self) -> list[Drawdown]:
        return [Drawdown.read(row) for row in self._table("drawdowns")]

    @resolved("Return of each calendar month.", expected_size=120)
    def monthly_returns(self) -> list[PeriodReturn]:
        return [PeriodReturn.read(row) for row in self._table("months")]

    @resolved("Return of each calendar year.")
    def yearly_returns(self) -> list[PeriodReturn]:
        return [PeriodReturn.read(row) for row in self._table("years")]

    @resolved("What a reader of the result should know.")
    def warnings(self) -> list[str]:
        return list(self.stored.outcome.warnings) if self.stored.outcome else []

    @resolved("What the result was made from. Null until the run has completed.")
    def provenance(self) -> Provenance | None:
        return Provenance.of(self.stored.outcome.provenance) if self.stored.outcome else None

    def _table(self, name: str) -> Sequence[Mapping[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = (
            self.stored.outcome.tables.get(name, ()) if self.stored.outcome else ()
        )
        return rows

    @resolved(
        "The account over time in at most this many points; the highest and lowest equity and the "
        "deepest drawdown are always among them. Null until the run has completed."
    )
    async def equity_curve(self, info: Info, points: int = 500) -> list[EquityPoint] | None:
        if not FEWEST_POINTS <= points <= MOST_POINTS:
            raise InvalidInput.at(
                "points", message=f"must be from {FEWEST_POINTS} to {MOST_POINTS}, not {points}"
            )
        if self.status is not BacktestStatus.COMPLETED:
            return None
        from trader_graphql.backtests.curves import equity_points

        context = info.context
        curve = await in_thread(
            context.services.backtests.curve, context.workspace_id, BacktestId(self.identifier)
        )
        return await in_thread(equity_points, curve, points)

    @resolved("Round trips in the order of their exits. Null until the run has completed.")
    async def trades(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Trade] | None:
        page = PageArguments.read(first, last, after, before)
        if self.status is not BacktestStatus.COMPLETED:
            return None
        from trader_graphql.backtests.curves import trade_rows

        context = info.context
        trades = await in_thread(
            context.services.backtests.trades, context.workspace_id, BacktestId(self.identifier)
        )
        total = len(trades)
        rows = slice_of(total, page, lambda key: int(key) - 1 if key.isdecimal() else None)
        return connection(
            trade_rows(trades, rows),
            lambda trade: str(trade.number),
            lambda trade: trade,
            has_next=rows.stop < total,
            has_previous=rows.start > 0,
            total=total,
        )

    @resolved(
        "What holds, what does not, and what nobody can tell yet, without another run. Null until completed."
    )
    async def verdict(self, info: Info) -> Verdict | None:
        if self.status is not BacktestStatus.COMPLETED:
            return None
        context = info.context
        analysis = await in_thread(context.services.results)
        found = await in_thread(analysis.verdict, context.workspace_id, BacktestId(self.identifier))
        return Verdict.read(found.as_json())

    @resolved("Where the result comes from: periods, regimes, best days, benchmark. Null until completed.")
    async def anatomy(self, info: Info) -> Anatomy | None:
        if self.status is not BacktestStatus.COMPLETED:
            return None
        context = info.context
        analysis = await in_thread(context.services.results)
        return Anatomy.read(
            await in_thread(analysis.anatomy, context.workspace_id, BacktestId(self.identifier))
        )

    @resolved("The tear sheet, one self-contained HTML page. Null until the run has completed.")
    def report_url(self, info: Info) -> str | None:
        return self._url(info, "report.html") if self.status is BacktestStatus.COMPLETED else None

    @resolved("Curve and trades as files; empty until the run has completed.")
    def downloads(self, info: Info) -> list[Download]:
        if self.status is not BacktestStatus.COMPLETED:
            return []
        names = [f"{what}.{form}" for what in ("curve", "trades") for form in ("csv", "parquet")]
        return [Download(name=name, url=self._url(info, name)) for name in names]

    def _url(self, info: Info, name: str) -> str:
        return f"{info.context.root_path}/backtests/{self.identifier}/{name}"


@strawberry.type(name="BacktestProgress", description="Where a run stands at this moment.")
class Progress:
    id: strawberry.ID
    status: BacktestStatus
    progress: float = strawberry.field(description="From 0 to 1.")
    stage: str = strawberry.field(description="What it is doing, in a word for people.")
    failure: str | None

    @classmethod
    def of(cls, event: BacktestProgress) -> "Progress":
        """From an event of the bus."""
        return cls(
            id=global_id(KIND, event.id),
            status=event.status,
            progress=event.progress,
            stage=event.stage,
            failure=event.failure,
        )

    @classmethod
    def snapshot(cls, backtest: model.Backtest) -> "Progress":
        """From what is stored."""
        return cls(
            id=global_id(KIND, backtest.id),
            status=backtest.status,
            progress=backtest.progress,
            stage=str(backtest.status),
            failure=backtest.failure,
        )

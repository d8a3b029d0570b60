"""Instruments, stored series and bars as the API shows them."""

from datetime import datetime
from decimal import Decimal

import strawberry

from domain.market import instruments, quality_report, series
from trader_graphql.connections import Node, global_id
from trader_graphql.enums import AssetClass, Severity
from trader_graphql.fields import resolved
from trader_graphql.request import Info, in_thread
from trader_graphql.scalars import BigInt

KIND = "Instrument"


@strawberry.type(description="One rule that some rows broke.")
class QualityFinding:
    rule: str
    severity: Severity
    message: str
    rows: int
    examples: list[datetime] = strawberry.field(description="Close times of the first few rows.")


@strawberry.type(description="The outcome of every quality rule on one import.")
class QualityReport:
    rows_checked: int
    rows_quarantined: int
    findings: list[QualityFinding]

    @classmethod
    def of(cls, report: quality_report.QualityReport) -> "QualityReport":
        """From the domain's."""
        return cls(
            rows_checked=report.rows_checked,
            rows_quarantined=report.rows_quarantined,
            findings=[
                QualityFinding(
                    rule=finding.rule,
                    severity=finding.severity,
                    message=finding.message,
                    rows=finding.rows,
                    examples=list(finding.examples),
                )
                for finding in report.findings
            ],
        )


@strawberry.type(description="Stored bars of one instrument, from one source, at one time frame.")
class Series:
    source: str
    instrument_id: str = strawberry.field(description="symbol.venue: AAPL.XNAS.")
    timeframe: str
    rows: BigInt
    first: datetime = strawberry.field(description="Close of the first bar.")
    last: datetime = strawberry.field(description="Close of the last bar.")
    data_hash: str
    imported_at: datetime
    warnings: int = strawberry.field(description="Kept with the data at the last import.")
    stored: strawberry.Private[series.Series]

    @classmethod
    def of(cls, stored: series.Series) -> "Series":
        """From the domain's."""
        return cls(
            source=stored.key.source,
            instrument_id=stored.key.instrument_id,
            timeframe=str(stored.key.timeframe),
            rows=BigInt(stored.rows),
            first=stored.first,
            last=stored.last,
            data_hash=stored.data_hash,
            imported_at=stored.imported_at,
            warnings=stored.warnings,
            stored=stored,
        )

    @resolved("What the last import found.")
    async def quality_report(self, info: Info) -> QualityReport:
        context = info.context
        report = await in_thread(context.services.series.report, context.workspace_id, self.stored.key)
        return QualityReport.of(report)


@strawberry.type(description="One tradable thing at one venue.")
class Instrument(Node):
    identifier: str = strawberry.field(description="symbol.venue, as a backtest names it: AAPL.XNAS.")
    symbol: str
    venue: str = strawberry.field(description="ISO 10383 market identifier, or the exchange's name.")
    name: str
    asset_class: AssetClass
    currency: str
    tick_size: Decimal
    lot_size: Decimal
    fractional: bool

    @classmethod
    def of(cls, instrument: instruments.Instrument) -> "Instrument":
        """From the domain's."""
        return cls(
            id=global_id(KIND, instrument.id),
            identifier=instrument.id,
            symbol=instrument.symbol,
            venue=instrument.venue,
            name=instrument.name,
            asset_class=instrument.asset_class,
            currency=instrument.currency,
            tick_size=instrument.tick_size,
            lot_size=instrument.lot_size,
            fractional=instrument.fractional,
        )

    @resolved("Stored bars of this instrument.")
    async def series(self, info: Info) -> list[Series]:
        return [
            Series.of(one) for one in await info.context.loaders.series_of_instrument.load(self.identifier)
        ]


@strawberry.type(
    description="Prices and volume of one bar. Stamped with its close: the moment all of it is known."
)
class Bar:
    close_time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float

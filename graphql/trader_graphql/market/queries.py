"""Reading instruments and bars."""

from datetime import date

import strawberry

from domain.errors import InvalidInput
from domain.market.timeframe import Timeframe
from trader_graphql.connections import Connection, PageArguments, connection, page_of, slice_of
from trader_graphql.days import end_of, start_of
from trader_graphql.enums import Adjustment
from trader_graphql.fields import query
from trader_graphql.market.types import Bar, Instrument
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread


@strawberry.type
class MarketQueries:
    @query(VIEWER, "Instruments with stored bars, by id.")
    async def instruments(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        search: str | None = None,
    ) -> Connection[Instrument]:
        arguments = PageArguments.read(first, last, after, before)
        stored = await in_thread(info.context.services.series.instruments, info.context.workspace_id)
        if search:
            wanted = search.casefold()
            stored = [one for one in stored if wanted in one.id.casefold() or wanted in one.name.casefold()]
        return page_of(stored, lambda one: one.id, Instrument.of, arguments)

    @query(VIEWER, "Stored bars of an instrument, oldest first.")
    async def bars(
        self,
        info: Info,
        instrument: str,
        timeframe: str = "1d",
        source: str | None = None,
        from_: date | None = None,
        to: date | None = None,
        adjustment: Adjustment = Adjustment.NONE,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Bar]:
        arguments = PageArguments.read(first, last, after, before)
        if from_ is not None and to is not None and from_ > to:
            raise InvalidInput.at("from", message=f"{from_} is after to, {to}")
        context = info.context
        frame = Timeframe.parse(timeframe)
        (series,) = await in_thread(
            context.services.catalogue.find, context.workspace_id, [instrument], frame, source
        )
        market = await in_thread(context.services.market)
        bars = await in_thread(
            market.bars,
            context.workspace_id,
            series.key,
            start_of(from_),
            end_of(to),
            adjustment,
        )
        from trader_graphql.market.rows import bar_rows, row_closing_at

        rows = slice_of(len(bars), arguments, lambda key: row_closing_at(bars, key))
        return connection(
            bar_rows(bars, rows),
            lambda row: row[0],
            lambda row: row[1],
            has_next=rows.stop < len(bars),
            has_previous=rows.start > 0,
            total=len(bars),
        )

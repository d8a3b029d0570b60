"""Importing bars from a named source or from a person's own file."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import InvalidInput, Problem
from domain.market.quality_report import OnError
from domain.market.timeframe import Timeframe
from functions.cli.progress import progress_bar

if TYPE_CHECKING:
    from domain.market.ports import BarSource
    from domain.market.service import ImportOutcome
    from functions.bootstrap import Application


_FILE = "file"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What a person says about a file of theirs; None or empty is left to be found out."""

    path: Path | None
    venue: str | None
    asset_class: str | None
    currency: str | None
    timezone: str | None
    time_format: str | None
    stamp: str | None
    delimiter: str | None
    column: tuple[str, ...]

    def given(self) -> list[str]:
        """The options that were given, as they are written."""
        return [f"--{one.name.replace('_', '-')}" for one in fields(self) if getattr(self, one.name)]


def chosen_source(
    source: str, symbols: Sequence[str], described: FileOptions, *, everything: bool = False
) -> "str | BarSource":
    """The name of a source, or the person's own file. Raises InvalidInput for options that do not
    go together."""
    if source == _FILE:
        return _file_source(symbols, described)
    if given := described.given():
        raise InvalidInput.at(
            given[0], message=f"describes a file; use it with: data import file, not {source}"
        )
    if bool(symbols) == everything:
        # Without a word from the person, thousands of pairs of an exchange would be fetched.
        raise InvalidInput.at("--symbol", message="name at least one, or take all there are with --all")
    return source


def _file_source(symbols: Sequence[str], described: FileOptions) -> "BarSource":
    problems = [
        Problem((name,), "is needed to import a file")
        for name, value in (("--path", described.path), ("--venue", described.venue))
        if value is None
    ]
    if len(symbols) != 1:
        problems.append(Problem(("--symbol",), "name the one instrument whose bars the file holds"))
    if problems or described.path is None or described.venue is None:
        raise InvalidInput.of(problems)
    from domain.market.instruments import AssetClass, Instrument
    from functions.market_data import file_source

    instrument = Instrument(
        symbols[0],
        described.venue,
        AssetClass(described.asset_class or AssetClass.EQUITY),
        described.currency or "USD",
        fractional=described.asset_class in {AssetClass.CRYPTO, AssetClass.FX},
    )
    return file_source(
        described.path,
        instrument,
        columns=read_columns(described.column),
        delimiter=described.delimiter,
        timezone=described.timezone,
        time_format=described.time_format,
        stamp=described.stamp,
    )


def read_columns(mappings: Sequence[str]) -> dict[str, str]:
    """Columns written `name=header`. Raises InvalidInput for one that is not, or is given twice."""
    columns: dict[str, str] = {}
    for mapping in mappings:
        name, sign, header = mapping.partition("=")
        if not sign or not name.strip() or not header.strip():
            raise InvalidInput.at("--column", message=f"'{mapping}' is not of the form name=header")
        if name.strip() in columns:
            raise InvalidInput.at("--column", name.strip(), message="is given twice")
        columns[name.strip()] = header.strip()
    return columns


def import_bars(
    application: "Application",
    source: "str | BarSource",
    symbols: Sequence[str] | None,
    timeframe: str,
    start: datetime | None,
    end: datetime | None,
    on_error: OnError,
) -> "tuple[ImportOutcome, ...]":
    """Fetch, check and store, with a progress bar. Raises what the service refuses."""
    if start is not None and end is not None and start > end:
        raise InvalidInput.at("--from", message=f"{start:%Y-%m-%d} is after --to {end:%Y-%m-%d}")
    parsed = Timeframe.parse(timeframe)
    market = application.services.market()
    with progress_bar("Importing") as progress:
        return market.import_bars(
            application.workspace_id, source, symbols or None, parsed, start, end, on_error, progress
        )

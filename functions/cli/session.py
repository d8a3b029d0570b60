"""The platform, opened for the length of one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import NeedsOperator
from functions.cli.output import only_results_on_stdout

if TYPE_CHECKING:
    from functions.bootstrap import Application
    from functions.settings import Settings


@contextmanager
def opened(settings: "Settings | None" = None) -> "Iterator[Application]":
    """The wired platform with a database that is ready; backtests run in this process.

    An SQLite database is created and upgraded on the way. A PostgreSQL one is shared, so a person
    decides when it changes: NeedsOperator says how.
    """
    with composed(settings) as application:
        make_ready(application)
        yield application


@contextmanager
def opened_with(strategy_file: Path | None) -> "Iterator[Application]":
    """The platform, with the strategies of a person's own file."""
    with opened() as application:
        if strategy_file is not None:
            with only_results_on_stdout():
                application.register_strategy_file(strategy_file)
        yield application


@contextmanager
def composed(settings: "Settings | None" = None) -> "Iterator[Application]":
    """The wired platform; nothing is asked of the database."""
    from functions.bootstrap import compose

    application = compose(settings, inline=True)
    try:
        yield application
    finally:
        application.close()


def make_ready(application: "Application") -> None:
    """Upgrade an SQLite database that is behind. Raises NeedsOperator for any other."""
    try:
        application.database.ping()
    except NeedsOperator:
        if application.database.engine.dialect.name != "sqlite":
            raise
        application.upgrade_database()

"""From the options of a bias check to the strategy, its bars and its terms."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from functions.cli.faults import CommandFailed
from functions.cli.output import only_results_on_stdout
from functions.cli.session import opened_with

if TYPE_CHECKING:
    from domain.backtesting.model import BacktestSpec
    from domain.market.ports import BarStore
    from domain.research.bias.subject import Subject
    from functions.bootstrap import Application
    from functions.cli.run_options import RunOptions


@contextmanager
def subject_of(given: "RunOptions") -> "Iterator[Subject]":
    """What is checked, with bars that are imported first where they are not stored yet.

    Raises what a backtest of the same options would be refused with, and CommandFailed when the check
    runs into the time limit of a job.
    """
    from domain.research.bias.subject import Subject
    from domain.research.laboratory import Laboratory
    from domain.research.ports import RanTooLong
    from functions.backtest_run import bar_store
    from functions.cli.backtest_execution import import_missing
    from functions.inline_limit import time_limit

    spec = given.spec()
    with opened_with(given.strategy_file) as application, only_results_on_stdout():
        strategies = application.strategies
        strategies.check(spec.strategy, spec.parameters, len(spec.instruments))
        import_missing(application, spec)
        store = bar_store(application.settings.folder, application.workspace_id)
        complete = _completed(application, store, spec)
        subject = Subject.of(complete, Laboratory(store, strategies), store)
        try:
            with time_limit(application.settings.job_timeout_seconds):
                yield subject
        except RanTooLong as late:
            raise CommandFailed("BiasCheckFailed", str(late)) from None


def _completed(application: "Application", store: "BarStore", spec: "BacktestSpec") -> "BacktestSpec":
    from domain.backtesting.completion import SpecCompletion

    services = application.services
    completion = SpecCompletion(
        catalogue=services.catalogue,
        strategies=services.strategies,
        bars_in_period=lambda _, key, start, end: len(store.read(key, start, end)),
    )
    return completion.complete(application.workspace_id, spec).spec

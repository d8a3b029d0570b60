"""Carrying out one run in this process: the bars it needs first, then the run, with Ctrl-C in mind."""

from typing import TYPE_CHECKING

from domain.errors import NotFound
from domain.market.timeframe import Timeframe
from functions.cli.faults import DEBUG_HINT, CommandFailed, Interrupted
from functions.cli.output import note, only_results_on_stdout
from functions.cli.progress import progress_bar

if TYPE_CHECKING:
    from domain.backtesting.model import Backtest, BacktestProgress, BacktestSpec
    from functions.bootstrap import Application


def run_backtest(application: "Application", spec: "BacktestSpec") -> "Backtest":
    """The completed run. Raises what the services refuse,
    CommandFailed for a run that failed, Interrupted for one that Ctrl-C cancelled."""
    # Before any download: a name that is wrong should be told at once.
    with only_results_on_stdout():
        application.services.strategies().check(spec.strategy, spec.parameters, len(spec.instruments))
    if spec.source is not None:
        import_missing(application, spec)
    return _carried_out(application, spec)


def import_missing(application: "Application", spec: "BacktestSpec") -> None:
    """Fetch the series of an explicit source that are not stored yet.

    Daily bars are fetched as far as the source goes, so that a later run over another period finds
    them too; intraday bars for the period of the run only.
    """
    timeframe = Timeframe.parse(spec.timeframe)
    wanted = dict.fromkeys((*spec.instruments, *([spec.benchmark] if spec.benchmark else [])))
    missing = [name for name in wanted if not _is_stored(application, name, timeframe, spec.source)]
    if not missing or spec.source is None:
        return
    market = application.services.market()
    note(f"Importing {', '.join(missing)} from {spec.source}: not stored yet.")
    period = (spec.start_time, spec.end_time) if timeframe.is_intraday else (None, None)
    with progress_bar("Importing") as progress:
        market.import_bars(
            application.workspace_id, spec.source, missing, timeframe, *period, progress=progress
        )


def _is_stored(application: "Application", name: str, timeframe: Timeframe, source: str | None) -> bool:
    try:
        application.services.catalogue.find(application.workspace_id, [name], timeframe, source)
    except NotFound:
        return False
    return True


def _carried_out(application: "Application", spec: "BacktestSpec") -> "Backtest":
    seen: list[BacktestProgress] = []
    backtests = application.services.backtests
    try:
        with progress_bar("Backtest") as move, only_results_on_stdout():

            def hear(progress: "BacktestProgress") -> None:
                seen.append(progress)
                move(progress.progress, progress.stage)

            application.listen(hear)
            started = backtests.start(application.workspace_id, spec)
    except KeyboardInterrupt:
        raise _cancelled(application, seen) from None
    ended = backtests.get(application.workspace_id, started.id)
    if ended.outcome is None:
        raise CommandFailed(
            "BacktestFailed",
            ended.failure or f"Backtest {ended.id} was {ended.status}.",
            hint=DEBUG_HINT,
            id=ended.id,
        )
    return ended


def _cancelled(application: "Application", seen: "list[BacktestProgress]") -> Interrupted:
    """Leave no run behind that looks alive, however early Ctrl-C came."""
    if not seen:
        return Interrupted("Interrupted before the backtest began.")
    last = seen[-1]
    if not last.status.is_final:
        application.services.backtests.cancel(application.workspace_id, last.id)
    return Interrupted(f"Interrupted: backtest {last.id} was cancelled.")

"""The command line. Each command is thin: read options, ask the platform, show the answer.

stdout carries the result and stderr everything else. A fault is one sentence on stderr; with
`--json`, stdout holds `{"error": {...}}` instead of the result, so that it is one JSON document
whatever happens. What loads numpy or polars is imported when a command runs.
"""

import sys

try:
    import typer
except ModuleNotFoundError:
    sys.exit("The command line needs an extra; in the checkout run: pip install -e '.[local]'.")

import logging
import os
import signal
import traceback
from collections.abc import Sequence
from types import FrameType

from functions.cli import (
    backtest,
    bias,
    data,
    database,
    demo,
    evaluation,
    key,
    output,
    serve,
    strategy,
    study,
    sweep,
    version,
    walk_forward,
)
from functions.cli.exit_codes import ExitCode, table
from functions.cli.faults import CommandFault, described

_PROGRAM = "agentic-trader"
_EPILOG = "Exit codes\n\n" + table()

app = typer.Typer(
    name=_PROGRAM,
    help="Research, backtest and serve trading strategies on one machine.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show where in the code a fault came from."),
) -> None:
    """Research, backtest and serve trading strategies on one machine.

    Settings are environment variables that begin with AGENTIC_TRADER_; data lives in
    ~/.agentic-trader unless AGENTIC_TRADER_DATA_FOLDER names another folder.

    Start here:

      agentic-trader demo

      agentic-trader backtest run sma_cross --symbol GOOG --source sample
    """
    del debug  # read in `run`, because a fault may come before any command begins


app.add_typer(data.app, name="data")
app.add_typer(strategy.app, name="strategy")
app.add_typer(backtest.app, name="backtest")
app.add_typer(sweep.app, name="sweep")
app.add_typer(walk_forward.app, name="walk-forward")
app.add_typer(evaluation.app, name="evaluation")
app.add_typer(study.app, name="study")
app.add_typer(bias.app, name="bias")
app.add_typer(key.app, name="key")
app.add_typer(database.app, name="database")
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("version")(version.version)


def main() -> None:
    """The console script."""
    signal.signal(signal.SIGTERM, _terminated)
    _log_to_stderr("--debug" in sys.argv)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _reader_left()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; nothing is raised but SystemExit of a server."""
    try:
        return _carried_out(arguments)
    except BrokenPipeError:
        return _reader_left()
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - the last place before a traceback
        return _tell(fault, arguments)


def _carried_out(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    code = command.main(list(arguments), prog_name=_PROGRAM, standalone_mode=False)
    if code == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt  # typer turns Ctrl-C into this code
    return code if isinstance(code, int) else ExitCode.OK


def _tell(fault: BaseException, arguments: Sequence[str]) -> int:
    if type(fault).__name__ == "NoArgsIsHelpError":  # the help was asked for in the shortest way
        output.note(str(fault))
        return ExitCode.INVALID_INPUT
    told = described(fault)
    if "--debug" in arguments:
        traceback.print_exception(fault, file=sys.stderr)
    if "--json" in arguments:
        output.print_json({"error": told.document()})
    output.note(_sentence(told))
    return told.exit_code


def _sentence(told: CommandFault) -> str:
    return f"{told.message}\n{told.hint}" if told.hint else told.message


def _reader_left() -> int:
    # Whoever read the pipe has closed it (`| head`): nobody is left to tell.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.FAULT


def _log_to_stderr(debug: bool) -> None:
    """A command tells its outcome itself; what the platform logs on the way is for finding faults."""
    if debug:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    else:
        logging.getLogger().addHandler(logging.NullHandler())


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    # A termination is told like Ctrl-C, so that a run is cancelled and a child is stopped.
    raise KeyboardInterrupt

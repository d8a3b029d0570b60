"""Running a user's own strategy file. For the command line alone: the file may do anything."""

import importlib.util
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from domain.errors import InvalidInput, NotFound


def run_file(path: Path) -> ModuleType:
    """The module the file makes when it is run.

    Raises NotFound when there is no such file, InvalidInput that names the line when it is not
    Python or stops with an error.
    """
    if not path.is_file():
        raise NotFound("strategy file", str(path))
    # Two files of one name in two folders are two modules.
    name = f"agentic_trader_strategy_{path.stem}_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"{path} is not a Python file; its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks annotations up there while the classes are made
    try:
        spec.loader.exec_module(module)
    except SyntaxError as fault:
        del sys.modules[name]
        raise InvalidInput(f"{path} is not valid Python: {fault.msg} in line {fault.lineno}.") from None
    except (Exception, SystemExit) as fault:
        del sys.modules[name]
        raise InvalidInput(
            f"{path} stopped with an error{_place(fault, path)}: {type(fault).__name__}: {fault}."
        ) from fault
    return module


def _place(fault: BaseException, path: Path) -> str:
    """The last line of the user's own file that led to the fault; what it called is not theirs."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == str(path)
    ]
    return f" in line {lines[-1]}" if lines else ""

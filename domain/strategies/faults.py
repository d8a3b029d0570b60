"""What a strategy's own code did wrong, told to the person who wrote it."""

import sys
from types import TracebackType

from domain.errors import InvalidInput
from domain.strategies.protocol import Strategy

_WRAPPERS = "domain.research."  # what studies put around a strategy is not the author's


def own_fault(strategy: Strategy, fault: BaseException) -> InvalidInput | None:
    """The refusal that names the line, when the strategy's own code led to this fault; None when
    it came from elsewhere, say from who watches the progress."""
    place = _place(fault.__traceback__)
    if place is None:
        return None
    said = f": {fault}" if str(fault) else ""
    return InvalidInput(
        f"The strategy '{strategy.name}' stopped with an error in {place}: {type(fault).__name__}{said}."
    )


def _place(trace: TracebackType | None) -> str | None:
    """The last line of a strategy's own file; what that called is not its author's."""
    found = None
    while trace is not None:
        frame = trace.tb_frame
        owner = frame.f_locals.get("self")
        if isinstance(owner, Strategy) and not type(owner).__module__.startswith(_WRAPPERS):
            module = sys.modules.get(type(owner).__module__)
            if module is not None and frame.f_code.co_filename == getattr(module, "__file__", None):
                name = frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
                found = f"line {trace.tb_lineno} of {name}"
        trace = trace.tb_next
    return found

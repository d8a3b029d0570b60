"""Which values a vectorised strategy computed on its way to a decision, without asking it.

While a strategy decides, Python's profile hook hears every function return. Kept are the answers of
the public functions of `domain.features` and of the strategy's own module, and the local variables of
`target`: each array with one row for each bar. Nothing in the product or in the strategy has to know,
and a run that is not watched pays nothing.

What cannot be seen this way: values inside compiled code, and values kept one bar at a time.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.strategies import protocol
from domain.strategies.protocol import VectorisedStrategy

_FEATURES = "domain.features."
_SCALARS = (int, float, str)
_MOST_KEPT = 64


@contextmanager
def captured(strategy: VectorisedStrategy, bars: int) -> Iterator[dict[str, FloatArray]]:
    """The arrays of `bars` rows, (T,) or (T, N), that the strategy makes inside the block.

    Named as a person would: "fast = sma(window=20)"; a second of one name is numbered. Not
    for strategies that decide in another thread.
    """
    seen = _Seen(strategy, bars)
    before = sys.getprofile()
    sys.setprofile(seen.hear)
    try:
        yield seen.kept
    finally:
        sys.setprofile(before)


class _Seen:
    """What the hook has kept so far."""

    def __init__(self, strategy: VectorisedStrategy, bars: int) -> None:
        self.kept: dict[str, FloatArray] = {}
        self._strategy = strategy
        self._bars = bars
        self._own = {base.__module__ for base in type(strategy).__mro__} - {
            protocol.__name__,
            "builtins",
            "abc",
        }
        self._names: dict[int, tuple[str, Any]] = {}

    def hear(self, frame: FrameType, event: str, answer: Any) -> None:
        """The hook itself: sees calls and returns of Python and of C; the first kind of return counts."""
        if event != "return" or answer is None:
            return
        module = frame.f_globals.get("__name__", "")
        name = frame.f_code.co_name
        if module.startswith(_FEATURES):
            if _is_public(frame) and not _module_of(frame.f_back).startswith(_FEATURES):
                self._keep(_called(frame), answer)
        elif module in self._own:
            if frame.f_locals.get("self") is self._strategy:
                self._hear_strategy(frame, name, answer)
            elif _is_public(frame):
                self._keep(name, answer)

    def _hear_strategy(self, frame: FrameType, name: str, answer: Any) -> None:
        if name != "target":
            return
        for variable, value in frame.f_locals.items():
            # The answer is compared as the target itself.
            if value is not answer:
                self._keep_variable(variable, value)

    def _keep_variable(self, variable: str, value: Any) -> None:
        if isinstance(value, tuple) and any(id(part) in self._names for part in value):
            for part in value:
                self._keep_variable(variable, part)
            return
        known = self._names.get(id(value))
        if known is None:
            self._keep(variable, value)
        elif known[0] in self.kept and "=" not in known[0].split("(", 1)[0]:
            self.kept[f"{variable} = {known[0]}"] = self.kept.pop(known[0])

    def _keep(self, label: str, value: Any) -> None:
        if isinstance(value, tuple):
            names = getattr(value, "_fields", tuple(range(len(value))))
            for name, part in zip(names, value, strict=True):
                self._keep(f"{label}.{name}", part)
        elif self._is_of_bars(value) and len(self.kept) < _MOST_KEPT:
            count = sum(1 for known, _ in self._names.values() if known.split(" #")[0] == label)
            numbered = label if not count else f"{label} #{count + 1}"
            self.kept[numbered] = value.astype(np.float64)
            self._names[id(value)] = numbered, value  # held, so that no other array gets this id

    def _is_of_bars(self, value: Any) -> bool:
        return (
            isinstance(value, np.ndarray)
            and value.ndim in {1, 2}
            and value.shape[0] == self._bars
            and (np.issubdtype(value.dtype, np.floating) or value.dtype == np.bool_)
        )


def _is_public(frame: FrameType) -> bool:
    """A function of the module itself: not a method, not a function inside another."""
    return "." not in frame.f_code.co_qualname and not frame.f_code.co_name.startswith(("_", "<"))


def _module_of(frame: FrameType | None) -> str:
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


def _called(frame: FrameType) -> str:
    """The function with the plain arguments it was given: "sma(window=20)"."""
    code = frame.f_code
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    plain = [
        f"{name}={frame.f_locals[name]}"
        for name in arguments
        if isinstance(frame.f_locals.get(name), _SCALARS)
    ]
    return f"{code.co_name}({', '.join(plain)})"

"""What an event strategy asks for at each bar, heard while it trades."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.strategies.protocol import EventStrategy

_QUESTIONS = frozenset({"average_price", "close", "higher", "history", "indicator", "orders", "position"})
_HOOKS = ("on_order", "on_timer", "on_bar")
_TARGET = "target"


class EventDecisions:
    """Listens to one instance on one panel.

    targets  (T, N) weights asked for, NaN where none was
    orders   (T,) every other action of a bar in words: the call with its arguments
    indicators
             what the strategy made for the whole run, (T,) or (T, N), by name
    """

    def __init__(self, panel: Panel) -> None:
        self.targets: FloatArray = np.full(panel.shape, np.nan)
        self._columns = {one.id: column for column, one in enumerate(panel.instruments)}
        self._orders: list[list[str]] = [[] for _ in range(len(panel))]
        self.indicators: dict[str, FloatArray] = {}

    @property
    def orders(self) -> tuple[str, ...]:
        return tuple("; ".join(actions) for actions in self._orders)

    def listen_to(self, strategy: EventStrategy) -> None:
        """From now on this instance decides through a listening context; its class is left alone."""
        context = _Listening(self)
        for name in _HOOKS:
            vars(strategy)[name] = _overheard(getattr(strategy, name), context)
        make = strategy.indicators

        def indicators(bars: Panel) -> Mapping[str, FloatArray]:
            made = make(bars)
            self.indicators = {name: np.array(values, dtype=np.float64) for name, values in made.items()}
            return made

        vars(strategy)["indicators"] = indicators

    def heard(self, row: int, action: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        if action == _TARGET:
            instrument = arguments[1] if len(arguments) > 1 else named.get("instrument")
            column = 0 if instrument is None else self._columns.get(instrument, 0)
            self.targets[row, column] = arguments[0] if arguments else named["weight"]
            return
        told = ", ".join([*map(repr, arguments), *(f"{name}={value!r}" for name, value in named.items())])
        self._orders[row].append(f"{action}({told})")


def _overheard(hook: Callable[..., None], context: "_Listening") -> Callable[..., None]:
    def called(given: Any, *news: Any) -> None:
        context.begin(given)
        hook(context, *news)

    return called


class _Listening:
    """Stands before the real context: passes everything on, and notes what acts."""

    def __init__(self, decisions: EventDecisions) -> None:
        self._decisions = decisions
        self._real: Any = None
        self._row = 0

    def begin(self, real: Any) -> None:
        self._real, self._row = real, real.index

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name in _QUESTIONS or not callable(value):
            return value

        def acted(*arguments: Any, **named: Any) -> Any:
            self._decisions.heard(self._row, name, arguments, named)
            return value(*arguments, **named)

        return acted

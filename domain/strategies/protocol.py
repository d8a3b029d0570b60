"""What a strategy is. One object serves backtest, paper, live and agents.

There are two forms. A **vectorised** strategy sees a whole panel and answers with target weights;
an **event** strategy is called once a bar. Neither is given a date to ask for: what it may see is
cut off at the bar it decides on.

A ten-line strategy:

    class Breakout(VectorisedStrategy):
        '''Own what makes a new high; leave at a new low.'''

        name = "breakout"

        class Parameters(StrategyParameters):
            window: int = Field(20, ge=2, le=500, description="Bars in the channel.")

        @property
        def lookback(self) -> int:
            return self.parameters.window + 1

        def target(self, bars: Panel) -> FloatArray:
            upper, lower = donchian(bars.high, bars.low, self.parameters.window)
            return hold(enter=bars.close > shift(upper), leave=bars.close < shift(lower))
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.arrays import FloatArray
from domain.errors import InvalidInput, Problem
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.validation import wrong_value

"""Characters of a wrong value that are repeated in a message."""


class StrategyParameters(BaseModel):
    """Typed, bounded parameters. Units and meaning belong in each field's description.

    The JSON Schema of this model draws forms and validates `parameters` in the API.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Strategy(ABC):
    """The face both forms share. Subclass `VectorisedStrategy` or `EventStrategy`, not this."""

    name: ClassVar[str]
    """Unique, lower case with underscores; how the API and the CLI call it."""

    instruments_needed: ClassVar[tuple[int, int | None]] = (1, None)
    """Fewest and most instruments traded together; None is no limit."""

    _seed: int = 0

    class Parameters(StrategyParameters):
        """No parameters, unless a strategy says otherwise."""

    def __init__(self, parameters: StrategyParameters | None = None) -> None:
        self.parameters: Any = self.Parameters() if parameters is None else parameters

    @cached_property
    def random(self) -> np.random.Generator:
        """The only source of random numbers a strategy may use, so that a run can be repeated.

        It begins anew with the run's seed whenever a strategy is created, and goes on from call to
        call. Draw a number for each bar in the order of the bars, or later bars decide earlier ones.
        """
        return np.random.default_rng(self._seed)

    @classmethod
    def configured(cls, values: Mapping[str, object], seed: int = 0) -> "Strategy":
        """An instance with these parameter values, drawing the random numbers of this seed.

        Raises InvalidInput with one problem for each value that is unknown, of the wrong type or
        out of bounds; paths begin with "parameters".
        """
        try:
            strategy = cls(cls.Parameters.model_validate(dict(values)))
        except ValidationError as fault:
            raise InvalidInput.of(
                _problem(error, cls.Parameters.model_fields) for error in fault.errors()
            ) from None
        strategy._seed = seed
        return strategy

    @property
    @abstractmethod
    def lookback(self) -> int:
        """Bars that must have closed before the first decision can be made."""


class VectorisedStrategy(Strategy):
    """Answers with the target weights of a whole panel at once."""

    @abstractmethod
    def target(self, bars: Panel) -> FloatArray:
        """Target weights, shape (T, N) like the panel: the share of equity to hold, negative short.

        Row t is decided when bar t closes and may use rows 0..t only. NaN keeps what is held, so
        a strategy that acts on an event writes a number on that bar alone and is not rebalanced
        in between. Live, the last row is used.
        """


class BarContext(Protocol):
    """What an event strategy sees when a bar has closed, and the only way it can act."""

    @property
    def index(self) -> int:
        """Number of bars closed before this one."""
        ...

    @property
    def time(self) -> int:
        """Close time of this bar, UTC nanoseconds."""
        ...

    @property
    def bars(self) -> Panel:
        """Every bar up to and including this one; nothing later exists here."""
        ...

    @property
    def instruments(self) -> tuple[InstrumentId, ...]: ...

    @property
    def equity(self) -> float:
        """Account value at this close, in account currency."""
        ...

    @property
    def cash(self) -> float: ...

    def position(self, instrument: InstrumentId | None = None) -> float:
        """Units held, negative short. The instrument may be left out when there is one."""
        ...

    def close(self, instrument: InstrumentId | None = None) -> float:
        """Last close; NaN when the instrument has no bar now."""
        ...

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        """Ask to hold this share of equity. A later call on the same bar replaces an earlier one."""
        ...


class EventStrategy(Strategy):
    """Is called once for each closed bar and may keep state between calls."""

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        """Called once before the first bar; reset state here."""

    @abstractmethod
    def on_bar(self, context: BarContext) -> None:
        """Decide. Orders are filled by later bars, never by this one."""


def _problem(error: Mapping[str, Any], known: Iterable[str]) -> Problem:
    path = ("parameters", *(str(part) for part in error["loc"]))
    if error["type"] == "extra_forbidden":
        return Problem(path, f"is not a parameter of this strategy; it has {', '.join(known) or 'none'}")
    return Problem(path, wrong_value(error))

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
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.arrays import FloatArray
from domain.errors import InvalidInput, Problem
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.orders.model import OrderEvent, OrderRequest, Trail, WorkingOrder
from domain.validation import wrong_value


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
    """What an event strategy sees when a bar has closed, and the only way it can act.

    Where an instrument is asked for, it may be left out when there is one. Whatever is done here
    is decided at this close: orders begin to work with the next bar of their instrument. What
    cannot be meant raises InvalidInput that names the strategy and the bar.
    """

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

    def higher(self, timeframe: str) -> Panel:
        """The bars of a longer time frame, made from these, that have closed by now.

        See `domain.market.resampling` for when such a bar closes. May be empty. Raises InvalidInput
        for a time frame that is not longer.
        """
        ...

    @property
    def instruments(self) -> tuple[InstrumentId, ...]: ...

    # ------------------------------------------------------------------ the account

    @property
    def equity(self) -> float:
        """Account value at this close, in account currency."""
        ...

    @property
    def cash(self) -> float: ...

    def position(self, instrument: InstrumentId | None = None) -> float:
        """Units held, negative short."""
        ...

    def average_price(self, instrument: InstrumentId | None = None) -> float:
        """Average price of the units held, spread and slippage included; NaN when none is held."""
        ...

    def close(self, instrument: InstrumentId | None = None) -> float:
        """Last close; NaN when the instrument has no bar now."""
        ...

    # ------------------------------------------------------------------ indicators

    def indicator(self, name: str, instrument: InstrumentId | None = None) -> float:
        """Value at this bar of an indicator that `indicators` named; NaN in warm-up."""
        ...

    def history(self, name: str, bars: int, instrument: InstrumentId | None = None) -> FloatArray:
        """The last values of an indicator up to this bar, oldest first, read-only.

        Shape (bars,), or shorter near the start of the run.
        """
        ...

    # ------------------------------------------------------------------ acting

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        """Ask to hold this share of equity. A later call on the same bar replaces an earlier one.

        Targets and orders cannot both be given for one instrument on one bar.
        """
        ...

    def order(self, request: OrderRequest) -> int:
        """Place an order; answers with its number, which `modify`, `cancel` and events use.

        For what `buy` and `sell` do not offer: orders for the day, to a date, for the open or the close.

            context.order(OrderRequest(instrument, -5, OrderType.MARKET_ON_CLOSE))

        Orders that meet the same price fill in the order they were placed, each with the money that is
        there by then: place sales before the purchases they pay for. A split restates resting orders;
        a dividend does not move them.
        """
        ...

    def buy(
        self,
        quantity: float,
        instrument: InstrumentId | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: Trail | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        reduce_only: bool = False,
        oco_group: str = "",
        tag: str = "",
    ) -> int:
        """Buy this many units, above 0: at the market, or as the prices given say.

        limit, stop  a limit order, a stop order, or, together, a stop-limit order
        trail        a trailing stop: `Trail(TrailKind.PERCENT, 0.05)`
        take_profit, stop_loss
                     prices of two exits that begin to work with the entry and cancel each other. They
                     may fill in the bar of an entry at the open; after an entry inside a bar only the
                     stop may, and it does so if the bar has touched it at all
        reduce_only  never more than closes the position
        oco_group    a name; the first order of a group that fills, be it in part, cancels the others
        tag          comes back in the events of the order, and in those of its exits

        Units are not rounded here: the account cuts them to whole lots and to what it can pay for, and
        ends the rest. Raises InvalidInput, as for a stop on the wrong side of the last close.
        """
        ...

    def sell(
        self,
        quantity: float,
        instrument: InstrumentId | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: Trail | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        reduce_only: bool = False,
        oco_group: str = "",
        tag: str = "",
    ) -> int:
        """Sell this many units, above 0; see `buy`."""
        ...

    def close_position(self, instrument: InstrumentId | None = None) -> int | None:
        """Close what is held at the market; None when nothing is."""
        ...

    def modify(
        self,
        order_id: int,
        *,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
    ) -> bool:
        """Change what is given of a working order; False when it no longer works.

        quantity is what is still to be filled, signed as in the order: negative sells. take_profit and
        stop_loss move exits that do not work yet; those that do are in `orders` under their own numbers.
        """
        ...

    def cancel(self, order_id: int) -> bool:
        """End a working order; False when it no longer works."""
        ...

    def cancel_all(self, instrument: InstrumentId | None = None) -> int:
        """End every working order, or those for one instrument; how many there were."""
        ...

    def orders(self, instrument: InstrumentId | None = None) -> tuple[WorkingOrder, ...]:
        """Working orders, oldest first; exits of brackets from the moment of the entry on."""
        ...

    def timer(self, name: str, *, at: int | timedelta | None = None, every: timedelta | None = None) -> None:
        """Have `on_timer` called at the first bar close at or after a time.

        at     UTC nanoseconds, or how long from now; once
        every  again and again, the first time this long from now. What falls between two bars is
               called for once. Months differ in length: set the next one by `at` from `on_timer`
        One of the two is given. A timer of the same name is replaced.
        """
        ...

    def cancel_timer(self, name: str) -> bool:
        """Whether there was one."""
        ...


class EventStrategy(Strategy):
    """Is called once for each closed bar and may keep state between calls.

    At each close, in this order: `on_order` for what has happened to orders since the last call,
    `on_timer` for timers that are due, `on_bar`.
    """

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        """Called once before the first bar; reset state here."""

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:  # noqa: ARG002 - none unless overridden
        """Columns that `context.indicator` reads, by name; called once a run, before the first bar.

        Shape (T,) or (T, N) like the panel; row t may use rows 0..t only, as in
        `domain.features.columns`. `bars` is the whole run: keep no reference to it. Where the account
        books splits and dividends, it is called again after each, with prices restated, so that an
        indicator in units of price always compares with the price that is traded.
        """
        return {}

    @abstractmethod
    def on_bar(self, context: BarContext) -> None:
        """Decide. Orders are filled by later bars, never by this one."""

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        """Hear what happened to an order, at the close of the bar it happened in.

        What the strategy does itself (place, change, cancel) is told at the next close. By the time an
        event is heard, more may have happened: an order just filled in part may have ended since.
        """

    def on_timer(self, context: BarContext, name: str) -> None:
        """A timer is due."""


def _problem(error: Mapping[str, Any], known: Iterable[str]) -> Problem:
    path = ("parameters", *(str(part) for part in error["loc"]))
    if error["type"] == "extra_forbidden":
        return Problem(path, f"is not a parameter of this strategy; it has {', '.join(known) or 'none'}")
    return Problem(path, wrong_value(error))

"""What a bias check found, in values and in words. Free of numpy.

A **finding** is proof: the same strategy on the same past answered differently once the future was
taken away, or it was paid a price it could not have had. A **caution** is something no rerun can
clear, for a person to judge.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.market.instruments import InstrumentId


class BiasKind(StrEnum):
    """What is wrong.

    FUTURE_BARS       a value uses a limited number of later bars: a centred window, a negative shift, a
                      bar of a longer time frame that has not closed, a gap filled from behind
    WHOLE_SAMPLE      a value of any age changes: it was scaled, ranked or fitted on all the data
    LENGTH_OF_DATA    a value depends on how many bars follow, whatever is in them
    RANDOM_ORDER      random numbers are not drawn in the order of the bars, so later bars decide earlier ones
    SAME_CLOSE        fills at the very close the decision was made on
    LATER_ADJUSTMENT  decisions depend on splits and dividends that came later, through adjusted prices
    FUTURE_JOIN       data from outside, joined by date or by row, knows the next bar
    OUTSIDE_DATA      decisions depend on the calendar date itself: data joined by date, or dates in the code
    SHORT_LOOKBACK    the declared look-back is too short for what is computed
    NEVER_SETTLES     a value depends on where the data begins, however long ago that was
    SLOW_WARM_UP      a value forgets where the data begins, but later than after the look-back
    EARLY_DECISION    a decision is made before the declared look-back is full
    """

    FUTURE_BARS = "future_bars"
    WHOLE_SAMPLE = "whole_sample"
    LENGTH_OF_DATA = "length_of_data"
    RANDOM_ORDER = "random_order"
    SAME_CLOSE = "same_close"
    LATER_ADJUSTMENT = "later_adjustment"
    FUTURE_JOIN = "future_join"
    OUTSIDE_DATA = "outside_data"
    SHORT_LOOKBACK = "short_lookback"
    NEVER_SETTLES = "never_settles"
    SLOW_WARM_UP = "slow_warm_up"
    EARLY_DECISION = "early_decision"


@dataclass(frozen=True, slots=True)
class BarChange:
    """A value of one bar that is not what it was when the bar was new.

    time        close of the bar, UTC nanoseconds
    instrument  None where the value belongs to all of them
    now, then   with all the data, and without what came later; None is undefined, or "keep"
    bars_back   how far before the first unknown bar it lies: 1 is the last bar that was known
    """

    time: int
    instrument: InstrumentId | None
    now: float | None
    then: float | None
    bars_back: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a simulation came to; sharpe is annual, None where undefined."""

    final_equity: float
    total_return: float
    sharpe: float | None
    trades: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What the bias is worth: the run as it is, and as it would have been traded live.

    Both over the same `bars`, the newest ones where there are very many.
    """

    told: Figures
    honest: Figures
    bars: int

    @property
    def gain(self) -> float:
        """Final equity that is owed to the bias, account currency."""
        return self.told.final_equity - self.honest.final_equity


@dataclass(frozen=True, slots=True)
class BiasFinding:
    """One thing that changes, or one price that could not be had.

    subject       "target", "orders", "fill", or the name of an indicator
    bars_back     the farthest a change reaches back; 0 where that has no meaning
    changed_bars  values that changed, of all bars and instruments that were compared
    changes       the first of them, by time
    effect        on the result; None where it was not measured
    """

    kind: BiasKind
    subject: str
    sentence: str
    bars_back: int = 0
    changed_bars: int = 0
    changes: tuple[BarChange, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How long one value remembers where its data began, in bars of its instrument.

    available     bars until its first value; None if it never had one
    stable        bars from which on it differs by no more than the tolerance; None if it had not settled
    exact         bars from which on it is the same to the last bit; None if it never was
    fades         whether the difference fades by and by, instead of ending with a window
    at_lookback   largest relative difference with the declared look-back of bars; None where there
                  was no value yet
    differences   (bars, largest relative difference) at some lengths
    """

    subject: str
    available: int | None
    stable: int | None
    exact: int | None
    fades: bool
    at_lookback: float | None
    differences: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class BiasReport:
    """The answer of one check of one strategy.

    checked     close times after which the future was taken away, or at which data was made to begin
    bars        bars of the run
    lookback    as the strategy declares it
    warm_ups    of the recursive check alone
    sentences   the whole answer for a person, the gravest first
    """

    check: str
    strategy: str
    bars: int
    lookback: int
    checked: tuple[int, ...]
    findings: tuple[BiasFinding, ...]
    cautions: tuple[BiasFinding, ...]
    sentences: tuple[str, ...]
    warm_ups: tuple[WarmUp, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not self.findings


@dataclass(frozen=True, slots=True)
class ParityDifference:
    """The first bar on which the same strategy decides differently when it is fed bar by bar."""

    feed: str
    row: int
    time: int
    instrument: InstrumentId | None
    vectorised: str
    live: str


@dataclass(frozen=True, slots=True)
class ParityReport:
    """Whether bars fed one by one give the decisions of the whole pass, bit for bit.

    compared    bars that were fed this way, by the name of the feed: "growing", "window", "one object"
    """

    strategy: str
    bars: int
    compared: tuple[tuple[str, int], ...]
    differences: tuple[ParityDifference, ...]
    sentences: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        return not self.differences

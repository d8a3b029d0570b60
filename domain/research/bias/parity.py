"""Does a strategy that is fed bar by bar, as it is live, decide what the backtest said?

The feeds:

    growing     all bars up to now, to a new instance at each bar; the last row is what would be traded
    one object  the same to one instance that lives on, as in a live process: it must keep no state
    window      only the newest bars, as many as asked for
    sweep       all bars, to the sparse decisions a sweep trades, where the strategy offers them for
                one instrument

Decisions must be equal to the last bit. An event strategy is fed bar by bar in any case; it is
compared on histories that end at chosen bars, which shows whether its indicators knew more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from domain.arrays import FloatArray
from domain.clock import from_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.research.bias.futures import chosen_cuts
from domain.research.bias.model import ParityDifference, ParityReport
from domain.research.bias.subject import Observation, Subject, same
from domain.research.bias.words import plural
from domain.strategies.decisions import DecidesMany, deciding_many
from domain.strategies.protocol import Strategy, VectorisedStrategy

MOST_BARS = 2_500
"""Bars fed one by one unless told otherwise: each costs a pass over the past."""
_FEEDS = {
    "growing": "Fed bar by bar",
    "one object": "Asked again and again as one object",
    "window": "Shown the newest bars alone",
    "sweep": "In a sweep",
}


_Compared = tuple[str, int, ParityDifference | None]
_Feed = tuple[str, Sequence[int], Callable[[int], FloatArray]]


def check_parity(subject: Subject, *, window: int | None = None, every_bar: bool = False) -> ParityReport:
    """Feed the bars one by one and compare with the whole pass.

    window     also feed no more than this many of the newest bars, for a strategy said to need no more
    every_bar  of long histories too, where the newest bars are fed otherwise

    Raises InvalidInput for a window below the look-back, and when the strategy fails on the bars.
    """
    strategy = subject.make()
    if window is not None and window < strategy.lookback:
        raise InvalidInput.at(
            "window", message=f"must be at least the look-back of {strategy.lookback} bars (got {window})"
        )
    whole = subject.on(subject.panel)
    if isinstance(strategy, VectorisedStrategy):
        compared = list(_vectorised(subject, whole, window, every_bar=every_bar))
    else:
        compared = [("growing", *_event_histories(subject, whole, every_bar=every_bar))]
    differences = tuple(difference for _, _, difference in compared if difference is not None)
    counts = tuple((feed, count) for feed, count, _ in compared)
    return ParityReport(
        subject.spec.strategy, len(subject.panel), counts, differences, tuple(_sentences(counts, differences))
    )


def _vectorised(
    subject: Subject, whole: Observation, window: int | None, *, every_bar: bool
) -> Iterator[_Compared]:
    for feed, rows, decide in _feeds(subject, whole, window, every_bar=every_bar):
        yield feed, len(rows), _first_difference(feed, whole, rows, decide)


def _feeds(subject: Subject, whole: Observation, window: int | None, *, every_bar: bool) -> Iterator[_Feed]:
    """Each feed with the rows it is tried on, and what is decided at such a row."""
    panel, one = subject.panel, subject.make()
    # On fewer bars than it asks for, a strategy need not be able to answer.
    first = min(one.lookback, len(panel)) - 1
    newest = 0 if every_bar else len(panel) - MOST_BARS
    yield (
        "growing",
        range(max(first, newest), len(panel)),
        lambda row: _decide(subject.make(), panel.until(row)),
    )
    if not whole.drew:
        some = [row for row in chosen_cuts(whole, one.lookback, subject.spec.seed) if row >= first]
        yield "one object", some, lambda row: _decide(one, panel.until(row))
    many = deciding_many(type(one))
    if many is not None and panel.shape[1] == 1:
        swept = _swept(many, subject)
        yield "sweep", range(len(panel)), lambda row: swept[row]
    if window is not None:
        full = range(max(window - 1, newest), len(panel))
        yield (
            "window",
            full,
            lambda row: _decide(subject.make(), panel.take(slice(row + 1 - window, row + 1))),
        )


def _swept(many: type[DecidesMany], subject: Subject) -> FloatArray:
    """The targets (T, 1) that a sweep trades for these parameters."""
    decisions = many.decide_many(subject.panel, [subject.make().parameters])
    targets = np.full(subject.panel.shape, np.nan)
    targets[decisions.row, 0] = decisions.weight
    return targets


def _decide(strategy: Strategy, panel: Panel) -> FloatArray:
    """The last row of the targets (N,)."""
    assert isinstance(strategy, VectorisedStrategy)  # noqa: S101 - the caller chose this form
    decided: FloatArray = strategy.target(panel)[-1]
    return decided


def _first_difference(
    feed: str, whole: Observation, rows: Sequence[int], decide: Callable[[int], FloatArray]
) -> ParityDifference | None:
    for row in rows:
        told, live = whole.targets[row], decide(row)
        apart = np.flatnonzero(~same(told, live))
        if apart.size:
            column = int(apart[0])
            return _difference(feed, whole, row, column, (_weight(told[column]), _weight(live[column])))
    return None


def _event_histories(
    subject: Subject, whole: Observation, *, every_bar: bool
) -> tuple[int, ParityDifference | None]:
    panel = subject.panel
    lookback = subject.make().lookback
    rows = chosen_cuts(whole, lookback, subject.spec.seed, exhaustive=every_bar)
    for row in rows:
        live = subject.on(panel.until(row))
        apart = np.argwhere(~same(whole.targets[: row + 1], live.targets))
        if apart.size:
            at, column = (int(index) for index in apart[0])
            values = (_weight(whole.targets[at, column]), _weight(live.targets[at, column]))
            return len(rows), _difference("growing", whole, at, column, values)
        for at, (told, heard) in enumerate(zip(whole.orders, live.orders, strict=False)):
            if told != heard:
                return len(rows), _difference(
                    "growing", whole, at, None, (told or "nothing", heard or "nothing")
                )
    return len(rows), None


def _difference(
    feed: str, whole: Observation, row: int, column: int | None, values: tuple[str, str]
) -> ParityDifference:
    panel = whole.panel
    instrument = None if column is None else panel.instruments[column].id
    return ParityDifference(feed, row, int(panel.close_time[row]), instrument, *values)


def _weight(value: float) -> str:
    return "keep" if np.isnan(value) else repr(float(value))


def _sentences(counts: Sequence[tuple[str, int]], differences: Sequence[ParityDifference]) -> Iterable[str]:
    differing = {one.feed for one in differences}
    for one in differences:
        at = from_nanoseconds(one.time)
        what = "" if one.instrument is None else f" for {one.instrument}"
        yield (
            f"{_FEEDS[one.feed]} it decides otherwise first at {at:%Y-%m-%d %H:%M} UTC (bar {one.row}){what}: "
            f"the whole pass says {one.vectorised}, live it is {one.live}."
        )
    for feed, count in counts:
        if feed not in differing:
            yield f"{_FEEDS[feed]} it decides the same, bit for bit, on {plural(count, 'bar')}."

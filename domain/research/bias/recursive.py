"""How long does a strategy remember where its data begins, and is its look-back long enough?

The run is repeated on data that begins later, at several bars. Where both have a bar, its value with
w bars behind it is compared with its value with all of them, for every w at once: an average over a
window is the same from w = window on, to the last bit; an exponential one forgets its first bars
only by and by; a sum since the beginning never does.

Live, a strategy is warmed up with some bars of history. With fewer than its indicators remember, it
decides otherwise than the backtest said.

Compared are indicators: columns of many values that always have one once they began. Weights and
conditions depend on the position held before and are looked at through the decisions they lead to.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.research.bias.effect import MOST_ROWS, effect_of
from domain.research.bias.model import BiasFinding, BiasKind, BiasReport, Effect, WarmUp
from domain.research.bias.subject import TARGET, Observation, Subject, same
from domain.research.bias.warm_up import Memory
from domain.research.bias.words import effect_in_words, plural, share
from domain.strategies.protocol import Strategy, VectorisedStrategy

TOLERANCE = 1e-6
"""Relative difference below which a value counts as settled: a tenth of a basis point of a price is ten times that."""
_STARTS = 8
_MOST_DECISIONS = 64
_FEWEST_DISTINCT = 8
_ALMOST_ALWAYS = 0.95

Heard = Callable[[float], None]


def check_recursive(
    subject: Subject,
    *,
    starts: Sequence[int] = (),
    tolerance: float = TOLERANCE,
    report: Heard | None = None,
) -> BiasReport:
    """Measure the warm-up of every indicator, and judge the declared look-back.

    starts     rows at which data is made to begin; eight over the first half unless given
    tolerance  relative difference, of the value or of its usual size, below which it is settled

    Raises InvalidInput for rows that are not in the panel, and when the strategy fails on the bars.
    """
    panel = subject.panel
    lookback = subject.make().lookback
    rows = _checked(starts, panel) or _chosen(len(panel), lookback)
    whole = subject.on(panel)
    memories = {
        name: Memory(table, tolerance)
        for name, table in whole.columns.items()
        if _is_indicator(name, table, panel)
    }
    late = False
    for done, start in enumerate(rows):
        begun = subject.on(panel.take(slice(start, None))).columns
        late = late or _differs_late(whole.targets, begun[TARGET])
        for name, memory in memories.items():
            if name in begun and begun[name].shape[1] == memory.width:
                memory.compare(begun[name], start, _own_bars(panel, start, memory.width))
        if report is not None:
            report((done + 1) / len(rows))
    warm_ups = tuple(memory.warm_up(name, lookback) for name, memory in memories.items())
    sure, unsure = _judged(subject, whole, warm_ups, lookback)
    if not late:
        harmless = [one for one in sure if one.kind is BiasKind.NEVER_SETTLES]
        sure, unsure = [one for one in sure if one not in harmless], [*harmless, *unsure]
    return BiasReport(
        check="recursive",
        strategy=subject.spec.strategy,
        bars=len(panel),
        lookback=lookback,
        checked=tuple(int(panel.close_time[row]) for row in rows),
        findings=tuple(sure),
        cautions=tuple(unsure),
        sentences=tuple(_sentences(subject, lookback, sure, unsure)),
        warm_ups=warm_ups,
    )


def _checked(starts: Sequence[int], panel: Panel) -> tuple[int, ...]:
    wrong = [start for start in starts if not 0 < start < len(panel)]
    if wrong:
        raise InvalidInput.at("starts", message=f"must be rows from 1 to {len(panel) - 1} (got {wrong[0]})")
    return tuple(sorted(set(starts)))


def _chosen(bars: int, lookback: int) -> tuple[int, ...]:
    """Rows over the first half, so that the other half is left to settle in; at uneven distances."""
    last = min(bars // 2, max(1, bars - 2 * lookback))
    return tuple(sorted({max(1, int(last * (step / _STARTS) ** 1.1)) for step in range(1, _STARTS + 1)}))


def _is_indicator(name: str, table: FloatArray, panel: Panel) -> bool:
    """Many values, and one on almost every bar once they began: not weights, not conditions."""
    if name == TARGET:
        return False
    present = np.asarray(np.isfinite(table), dtype=np.bool_)
    if not present.any():
        return False
    bars = _bars_of(panel, table.shape[1])
    column = int(present.sum(axis=0).argmax())
    first = int(present[:, column].argmax())
    due = np.flatnonzero(bars[first:, column]) + first
    if present[due, column].mean() < _ALMOST_ALWAYS:
        return False
    return np.unique(table[present[:, column], column]).size > _FEWEST_DISTINCT


def _differs_late(told: FloatArray, begun: FloatArray) -> bool:
    """Whether decisions of the last quarter of what both saw depend on where the data begins."""
    last = slice(-max(1, min(len(told), len(begun)) // 4), None)
    return not bool(same(told[last], begun[last]).all())


def _own_bars(panel: Panel, start: int, width: int) -> IntArray:
    """(T - start, width) bars each instrument has had since the start, this one included."""
    return np.cumsum(_bars_of(panel, width)[start:], axis=0)


def _bars_of(panel: Panel, width: int) -> BoolArray:
    present = np.isfinite(panel.close)
    if present.shape[1] == width:
        return np.asarray(present, dtype=np.bool_)
    return np.repeat(np.asarray(present.all(axis=1)).reshape(-1, 1), width, axis=1)


def _judged(
    subject: Subject, whole: Observation, warm_ups: Sequence[WarmUp], lookback: int
) -> tuple[list[BiasFinding], list[BiasFinding]]:
    sure = [finding for one in warm_ups for finding in _too_short(one, lookback)]
    unsure = [finding for one in warm_ups for finding in _slow(one, lookback)]
    strategy = subject.make()
    effect = None
    if isinstance(strategy, VectorisedStrategy):
        if not sure:
            sure += _blind_windows(subject, whole, lookback)
        effect = _window_effect(subject, whole, lookback) if sure or unsure else None
    unsure += _early(whole, lookback)
    return [_worth(one, effect) for one in sure], [_worth(one, effect) for one in unsure]


def _worth(finding: BiasFinding, effect: Effect | None) -> BiasFinding:
    if finding.kind is BiasKind.EARLY_DECISION:
        return finding
    return BiasFinding(
        finding.kind,
        finding.subject,
        finding.sentence,
        finding.bars_back,
        finding.changed_bars,
        effect=effect,
    )


def _too_short(one: WarmUp, lookback: int) -> Iterator[BiasFinding]:
    if one.available is not None and one.available > lookback:
        yield BiasFinding(
            BiasKind.SHORT_LOOKBACK,
            one.subject,
            f"'{one.subject}' has its first value after {plural(one.available, 'bar')}, "
            f"but the strategy declares a look-back of {lookback}.",
            bars_back=one.available,
        )
    elif one.stable is None and not one.fades:
        yield BiasFinding(
            BiasKind.NEVER_SETTLES,
            one.subject,
            f"'{one.subject}' depends on where the data begins, however long ago that was: a run that is "
            "warmed up with other history decides on other numbers.",
        )
    elif one.stable is not None and one.stable > lookback and not one.fades:
        yield BiasFinding(
            BiasKind.SHORT_LOOKBACK,
            one.subject,
            f"'{one.subject}' is made of {plural(one.stable, 'bar')}, but the strategy declares a look-back of "
            f"{lookback}{_off(one)}.",
            bars_back=one.stable,
        )


def _slow(one: WarmUp, lookback: int) -> Iterator[BiasFinding]:
    if not one.fades or (one.stable is not None and one.stable <= lookback):
        return
    if one.available is None or one.available > lookback:
        return
    if one.stable is None:
        settles = "it has not settled within the data, so check it on more"
    else:
        settles = f"it settles after {one.stable}, so warm a live run up with as many"
    yield BiasFinding(
        BiasKind.SLOW_WARM_UP,
        one.subject,
        f"'{one.subject}' fades: with the declared look-back of {plural(lookback, 'bar')} it is off by "
        f"{share(one.at_lookback or 0.0)}; {settles}.",
        bars_back=one.stable or 0,
    )


def _off(one: WarmUp) -> str:
    return "" if one.at_lookback is None else f" and is off by {share(one.at_lookback)} with so many"


def _early(whole: Observation, lookback: int) -> Iterator[BiasFinding]:
    # To hold nothing needs no look-back.
    early = whole.targets[: max(lookback - 1, 0)]
    decided = np.flatnonzero((np.isfinite(early) & (early != 0.0)).any(axis=1))
    if decided.size:
        yield BiasFinding(
            BiasKind.EARLY_DECISION,
            TARGET,
            f"The first decision is made after {plural(int(decided[0]) + 1, 'bar')}, before the declared look-back of "
            f"{lookback} is full.",
            changed_bars=int(decided.size),
        )


def _blind_windows(subject: Subject, whole: Observation, lookback: int) -> Iterator[BiasFinding]:
    """A strategy that never decides when it is shown as many bars as it says it needs."""
    rows = np.flatnonzero(whole.decided())
    rows = rows[rows >= lookback - 1]
    if not rows.size:
        return
    chosen = rows[np.unique(np.linspace(0, rows.size - 1, _MOST_DECISIONS).astype(np.int64))]
    silent = [row for row in chosen if np.isnan(_by_window(subject, int(row), lookback)).all()]
    if len(silent) == chosen.size:
        yield BiasFinding(
            BiasKind.SHORT_LOOKBACK,
            TARGET,
            f"None of {plural(int(chosen.size), 'decision')} is made again when the strategy is shown no more than "
            f"the {plural(lookback, 'bar')} it declares as its look-back.",
            changed_bars=len(silent),
        )


def _by_window(subject: Subject, row: int, lookback: int) -> FloatArray:
    """What is decided at this row by a strategy that is shown its look-back of bars."""
    window = subject.panel.take(slice(max(0, row + 1 - lookback), row + 1))
    decided: FloatArray = _target(subject.make(), window)[-1]
    return decided


def _window_effect(subject: Subject, whole: Observation, lookback: int) -> Effect:
    first = max(0, len(subject.panel) - MOST_ROWS)
    windowed = np.full(whole.targets.shape, np.nan)
    for row in range(max(first, lookback - 1), len(subject.panel)):
        windowed[row] = _by_window(subject, row, lookback)
    return effect_of(subject, whole.targets, windowed)


def _target(strategy: Strategy, panel: Panel) -> FloatArray:
    assert isinstance(strategy, VectorisedStrategy)  # noqa: S101 - the caller chose this form
    return strategy.target(panel)


def _sentences(
    subject: Subject, lookback: int, sure: Sequence[BiasFinding], unsure: Sequence[BiasFinding]
) -> Iterable[str]:
    for finding in sure:
        yield finding.sentence
    if not sure:
        yield f"The declared look-back of {plural(lookback, 'bar')} is long enough for a first decision."
    for caution in unsure:
        yield f"Caution: {caution.sentence}"
    worth = next((one for one in (*sure, *unsure) if one.effect is not None), None)
    if worth is not None and worth.effect is not None:
        yield effect_in_words(worth.kind, worth.effect, subject.spec.currency, len(subject.panel))

"""Does anything a strategy decided change when the future is taken away?

The strategy decides once on all the bars. Then the future after each of many bars is cut off,
shuffled, and made huge, and a new instance decides again: up to that bar every decision and every
indicator must be the same to the last bit. What differs has used later bars.

Beside the strategy itself the run is looked at: fills at the close that was decided on, prices
adjusted for what came later (`later_adjustment`), and data that knows the date (`outside`).

What no rerun can find: instruments chosen because they survived, fundamentals that were restated,
index members as of today, bars stamped at their open, parameters chosen on the same bars, and a
model that was trained elsewhere on these very days.
"""

from collections.abc import Callable, Iterable, Sequence

from domain.backtesting.model import FillPrice
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.research.bias.changes import Changes
from domain.research.bias.effect import figures, foresight_effect
from domain.research.bias.futures import Way, chosen_cuts, futures
from domain.research.bias.later_adjustment import later_adjustment
from domain.research.bias.model import BiasFinding, BiasKind, BiasReport, Effect
from domain.research.bias.outside import outside_data
from domain.research.bias.subject import ORDERS, TARGET, Observation, Subject
from domain.research.bias.words import effect_in_words, lookahead_sentence, plural

_REPLACED_FOR_EVENTS = 4

Heard = Callable[[float], None]
"""Hears the share of the work that is done; may raise to stop."""


def check_lookahead(
    subject: Subject, *, cuts: Sequence[int] = (), exhaustive: bool = False, report: Heard | None = None
) -> BiasReport:
    """Look for decisions that know the future.

    cuts        rows after which the future is taken away; chosen unless given
    exhaustive  take it away after every bar: slow, and no leak of a single bar can hide

    Raises InvalidInput when the strategy fails on the bars, or on fewer of them.
    """
    panel = subject.panel
    lookback = subject.make().lookback
    whole = subject.on(panel)
    rows = _checked(cuts, panel) or chosen_cuts(whole, lookback, subject.spec.seed, exhaustive=exhaustive)
    changes = _without_future(subject, whole, rows, report)
    sure, unsure = _of_the_strategy(subject, whole, changes)
    sure += [*_of_the_fill(subject), *later_adjustment(subject)]
    if not sure or all(one.kind is BiasKind.SAME_CLOSE for one in sure):
        # A strategy that peeks at its own bars would look as if the date told it.
        known, unknown = outside_data(subject, whole)
        sure += known
        unsure += unknown
    return BiasReport(
        check="lookahead",
        strategy=subject.spec.strategy,
        bars=len(panel),
        lookback=lookback,
        checked=tuple(int(panel.close_time[row]) for row in rows),
        findings=tuple(sure),
        cautions=tuple(unsure),
        sentences=tuple(_sentences(subject, len(rows), sure, unsure)),
    )


def _checked(cuts: Sequence[int], panel: Panel) -> tuple[int, ...]:
    wrong = [cut for cut in cuts if not 0 <= cut < len(panel) - 1]
    if wrong:
        raise InvalidInput.at("cuts", message=f"must be rows from 0 to {len(panel) - 2} (got {wrong[0]})")
    return tuple(sorted(set(cuts)))


def _without_future(
    subject: Subject, whole: Observation, rows: Sequence[int], report: Heard | None
) -> Changes:
    changes = Changes(whole)
    step = _REPLACED_FOR_EVENTS if whole.orders else 1
    for done, row in enumerate(rows):
        for way, panel in futures(subject.panel, row, subject.spec.seed):
            # An event strategy lives through every bar of every future: replaced ones are for some cuts.
            if way is Way.CUT or done % step == 0:
                changes.compare(subject.on(panel), row, way)
        if report is not None:
            report((done + 1) / len(rows))
    return changes


def _of_the_strategy(
    subject: Subject, whole: Observation, changes: Changes
) -> tuple[list[BiasFinding], list[BiasFinding]]:
    """Findings when a decision changed; cautions when nothing but indicators did."""
    if not changes.subjects:
        return [], []
    decides = bool({TARGET, ORDERS} & set(changes.subjects))
    effect = foresight_effect(subject, whole.targets) if decides else None
    found = [
        BiasFinding(
            kind=changes.kind(name),
            subject=name,
            sentence=lookahead_sentence(changes.kind(name), name, changes.reach(name), changes.count(name)),
            bars_back=changes.reach(name),
            changed_bars=changes.count(name),
            changes=changes.listed(name),
            effect=effect if name in {TARGET, ORDERS} else None,
        )
        for name in changes.subjects
    ]
    return (found, []) if decides else ([], found)


def _of_the_fill(subject: Subject) -> Iterable[BiasFinding]:
    if not subject.spec.fill.is_optimistic:
        return
    later = subject.spec.model_copy(update={"fill": FillPrice.NEXT_OPEN})
    both = (figures(spec, subject.inputs, subject.make()) for spec in (subject.spec, later))
    effect = Effect(next(both), next(both), len(subject.panel))
    yield BiasFinding(
        BiasKind.SAME_CLOSE,
        "fill",
        "Orders are filled at the very close they were decided on, a price that was gone when it was known.",
        effect=effect,
    )


def _sentences(
    subject: Subject, cuts: int, sure: Sequence[BiasFinding], unsure: Sequence[BiasFinding]
) -> Iterable[str]:
    for finding in sure:
        yield finding.sentence
    told: set[int] = set()
    for finding in sure:
        if finding.effect is not None and id(finding.effect) not in told:
            told.add(id(finding.effect))
            yield effect_in_words(finding.kind, finding.effect, subject.spec.currency, len(subject.panel))
    if not sure:
        yield (
            f"No decision changed when the future was taken away after {plural(cuts, 'bar')} of "
            f"{len(subject.panel)}: cut off, shuffled and made huge."
        )
    for caution in unsure:
        yield f"Caution: {caution.sentence}"

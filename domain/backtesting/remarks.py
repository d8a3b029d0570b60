"""What a reader must know before trusting a result, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.arrays import IntArray
from domain.backtesting._kernel import Account
from domain.backtesting.terms import Terms
from domain.clock import from_nanoseconds
from domain.market.bars import Panel
from domain.strategies.protocol import Strategy


@dataclass(frozen=True, slots=True)
class Course:
    """How a simulation went. missing (N,) counts the bars each instrument lacks."""

    panel: Panel
    terms: Terms
    account: Account
    missing: IntArray
    strategy: Strategy | None


def remarks(course: Course) -> tuple[str, ...]:
    """One sentence for each thing that limits what the result says; the gravest first."""
    return tuple(_all(course))


def _all(course: Course) -> Iterator[str]:
    yield from _about_ruin(course)
    yield from _about_margin_calls(course)
    yield from _about_silence(course)
    yield from _about_lookback(course)
    if course.terms.fill.is_optimistic:
        yield "Optimistic: orders were filled at the very close they were decided on."
    yield from _about_late_fills(course)
    yield from _about_refusals(course)
    yield from _about_volume(course)
    yield from _about_exits(course)
    yield from _about_delistings(course)
    yield from _about_bars(course)


def _about_ruin(course: Course) -> Iterator[str]:
    bar = course.account.ruined_bar
    if bar >= 0:
        at = from_nanoseconds(course.panel.close_time[bar])
        yield f"The account was ruined on {at:%Y-%m-%d %H:%M} UTC: equity fell to zero or below, and trading stopped."


def _about_margin_calls(course: Course) -> Iterator[str]:
    account = course.account
    if account.margin_calls > 0:
        at = from_nanoseconds(course.panel.close_time[account.first_margin_call_bar])
        others = _count(account.margin_calls - 1, "more call", "more calls")
        yield (
            f"The account was called for margin on {at:%Y-%m-%d %H:%M} UTC, {account.first_margin_shortfall:,.2f} "
            f"short{f', with {others} later' if account.margin_calls > 1 else ''}: positions were sold at the next "
            "open. Margin was looked at at closes only, not inside bars."
        )


def _about_silence(course: Course) -> Iterator[str]:
    account = course.account
    if account.filled_count > 0:
        return
    if account.decisions == 0:
        yield f"No trade happened: {_why_silent(course)}."
    elif account.denied_count > 0:
        yield "No trade happened: every order was denied."
    elif account.pending_count > 0:
        yield "No trade happened: the only decisions came too late to be filled."
    else:
        yield "No trade happened: the strategy never asked to hold anything."


def _why_silent(course: Course) -> str:
    bars, strategy = len(course.panel), course.strategy
    if strategy is None or strategy.lookback <= bars:
        return "the strategy never asked to hold anything"
    # The parameter that alone is longer than the data is the one to change.
    too_long = [
        f"'{name}' needs {value} bars"
        for name, value in strategy.parameters
        if isinstance(value, int) and not isinstance(value, bool) and bars < value <= strategy.lookback
    ]
    wanted = " and ".join(too_long) or f"'{strategy.name}' needs {strategy.lookback} bars"
    return f"{wanted} but there are {bars}"


def _about_lookback(course: Course) -> Iterator[str]:
    strategy, bars = course.strategy, len(course.panel)
    acted = course.account.decisions > 0 or course.account.order_count > 0
    if strategy is not None and strategy.lookback > bars and acted:
        yield (
            f"'{strategy.name}' asks for {strategy.lookback:,} bars before it decides and there are {bars:,}: what it "
            "decided rests on less than it needs."
        )


def _about_late_fills(course: Course) -> Iterator[str]:
    late = course.account.filled_late
    if late > 0:
        yield (
            f"{_count(late, 'order was', 'orders were')} filled at the close instead of the open: the bar had opened "
            "before the decision was made, for the instruments close at different times."
        )


def _about_refusals(course: Course) -> Iterator[str]:
    account = course.account
    if account.denied_count > 0:
        yield f"{_count(account.denied_count, 'order was', 'orders were')} denied for lack of buying power or for being less than one lot."
    if account.rows_over_leverage > 0:
        yield (
            f"Weights add up to more than {course.terms.sizing.leverage:g} times equity on "
            f"{_count(account.rows_over_leverage, 'bar', 'bars')}; buying power limited what was bought."
        )
    if account.pending_count > 0:
        yield (
            f"{_count(account.pending_count, 'order was', 'orders were')} still waiting for a bar to be filled on at the end."
        )


def _about_volume(course: Course) -> Iterator[str]:
    cut, share = course.account.cut_by_volume, course.terms.sizing.max_volume_share
    if cut > 0 and share is not None:
        yield (
            f"{_count(cut, 'fill was', 'fills were')} cut to {100 * share:g} % of the bar's volume; the rest waited."
        )


def _about_delistings(course: Course) -> Iterator[str]:
    for row, column in course.terms.conditions.events.delistings:
        if row == 0:  # Gone before the first bar: nothing was ever held of it.
            continue
        ended = from_nanoseconds(course.panel.close_time[row - 1])
        yield (
            f"{course.panel.instruments[column].id} has no bar after {ended:%Y-%m-%d} while others go on: it was taken "
            "as delisted, and whatever was held of it was closed at its last close."
        )


def _about_exits(course: Course) -> Iterator[str]:
    exits = course.account.entry_bar_exits
    if exits > 0:
        yield (
            f"{_count(exits, 'protective exit', 'protective exits')} happened on the bar of entry, where the order of "
            "prices inside the bar is not known."
        )


def _about_bars(course: Course) -> Iterator[str]:
    lacking = [
        (int(missing), instrument.id)
        for missing, instrument in zip(course.missing, course.panel.instruments, strict=True)
        if missing > 0
    ]
    if not lacking:
        return
    most, name = max(lacking)
    bars = len(course.panel)
    who = f"{name} has" if len(lacking) == 1 else f"{len(lacking)} instruments have"
    how_many = f"{most}" if len(lacking) == 1 else f"up to {most}"
    yield (
        f"{who} no bar at {how_many} of {bars} times; orders waited for the next one and positions were valued at "
        "the last known close."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"

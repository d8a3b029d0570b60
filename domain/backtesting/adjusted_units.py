"""What a reader must know when a run counted shares that an adjusted view has restated, or restated none."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from domain.backtesting.lots import FRACTIONAL, lot_sizes
from domain.backtesting.model import BacktestSpec
from domain.clock import from_nanoseconds
from domain.market.adjustment import effective, split_like
from domain.market.bars import Bars
from domain.market.calendars import day_number, session_ids
from domain.market.corporate_actions import Adjustment, CorporateAction, Split

_FAR = 2.9
"""Prices halve overnight without a split now and then; a fall to a third or less, within a twentieth of a
ratio that exchanges list, is hardly ever anything else."""


def about_adjusted_units(
    spec: BacktestSpec, series: Sequence[Bars], actions_of: Callable[[Bars], Iterable[CorporateAction]]
) -> tuple[str, ...]:
    """One sentence when numbers of shares decide the result and actions have restated them, or none.

    An adjusted view is as of the end of the run, so a later split changes how many shares an earlier
    order is for. Money is not changed: returns, and costs counted in money, stay what they were.
    Impact compares shares with volume, which dividends do not restate.

    series  the adjusted bars of the period
    """
    costs = spec.costs
    lots = lot_sizes([bars.instrument for bars in series], spec.sizing.quantity)
    by_shares = costs.commission_per_share > 0 or costs.impact_bps > 0
    applied: list[CorporateAction] = []
    in_lots = False
    for bars, lot in zip(series, lots, strict=True):
        if by_shares or lot != FRACTIONAL:
            found = list(_applied(spec, bars, actions_of(bars)))
            in_lots = in_lots or (bool(found) and lot != FRACTIONAL)
            applied += found
    splits = sum(isinstance(action, Split) for action in applied)
    dividends = len(applied) - splits
    counted = ["whole lots"] * in_lots
    counted += ["commissions per share"] * (bool(applied) and costs.commission_per_share > 0)
    counted += ["impact costs"] * (dividends > 0 and costs.impact_bps > 0)
    if not counted:
        return ()
    until = from_nanoseconds(max(int(bars.close_time[-1]) - 1 for bars in series if len(bars)))
    of = [_count(splits, "split"), _count(dividends, "dividend")]
    told = (
        f"Prices are adjusted for {_listed(filter(None, of))} up to {until:%Y-%m-%d}; "
        f"{_listed(counted)} are counted in adjusted shares."
    )
    return (told,)


def about_ignored_splits(
    spec: BacktestSpec, series: Sequence[Bars], actions_of: Callable[[Bars], Iterable[CorporateAction]]
) -> tuple[str, ...]:
    """One sentence when unadjusted prices run over splits, or none.

    series  the bars of the period
    """
    if spec.adjustment is not Adjustment.NONE:
        return ()
    told = []
    for bars in series:
        splits = [
            action
            for _, action in effective(bars, list(actions_of(bars)), spec.end)
            if isinstance(action, Split) and action.ratio != 1
        ]
        if splits:
            told.append(f"{bars.instrument.id} {_count(len(splits), 'time')}")
    if not told:
        return ()
    return (
        (
            f"Prices are as they were traded, and splits are not carried out ({_listed(told)}): each shows as a loss or "
            "gain that no holder had. Choose prices adjusted for splits, or book the actions."
        ),
    )


def about_unknown_splits(
    spec: BacktestSpec, series: Sequence[Bars], actions_of: Callable[[Bars], Iterable[CorporateAction]]
) -> Iterator[str]:
    """A sentence for each instrument that opens as if it had split threefold or more, with no split known.

    series  the bars of the period
    """
    for bars in series:
        gap = bars.open[1:] / bars.close[:-1]
        after = np.flatnonzero((gap > _FAR) | (gap < 1.0 / _FAR)) + 1
        if len(after) == 0:
            continue
        # A split takes effect between sessions; a fall inside one is a crash.
        before = session_ids(bars.close_time[after - 1], bars.instrument)
        is_between = session_ids(bars.close_time[after], bars.instrument) > before
        ratio = split_like(gap[after - 1])
        known = [
            row
            for row, action in effective(bars, list(actions_of(bars)), spec.end)
            if isinstance(action, Split)
        ]
        explained = np.isin(after, known) & (not spec.adjustment.changes_prices)
        unknown = np.flatnonzero(is_between & ~np.isnan(ratio) & ~explained)
        if len(unknown):
            first = float(ratio[unknown[0]])
            new, old = (first, 1.0) if first > 1 else (1.0, 1.0 / first)
            yield (
                f"{bars.instrument.id} opens on {from_nanoseconds(bars.close_time[after[unknown[0]]]):%Y-%m-%d} as "
                f"after a split of {new:.3g}:{old:.3g}, and none is known for that day: if it was one, the result holds "
                "a loss or gain that no holder had."
            )


def _applied(spec: BacktestSpec, bars: Bars, actions: Iterable[CorporateAction]) -> Iterator[CorporateAction]:
    """Actions by which the view changed some bar of the period: not those before its first bar."""
    if len(bars) == 0 or not spec.adjustment.changes_prices:
        return
    first, last = session_ids(bars.close_time[[0, -1]], bars.instrument)
    horizon = last if spec.end is None else min(last, day_number(spec.end))
    for action in actions:
        wanted = isinstance(action, Split) or spec.adjustment is Adjustment.TOTAL_RETURN
        changes = action.ratio != 1 if isinstance(action, Split) else action.amount > 0
        if wanted and changes and first < day_number(action.ex_date) <= horizon:
            yield action


def _count(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else what + 's'}" if number else ""


def _listed(parts: Iterable[str]) -> str:
    """A, B and C."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last

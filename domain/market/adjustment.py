"""Adjusted views of prices as of a date, and corporate actions inferred from adjusted closes.

Prices are stored as they were traded. A view for research multiplies the prices before each
ex-date by a factor, so that the jump the action caused is not mistaken for a return:

    split of r new shares for one     prices x 1/r, volume x r
    dividend of D a share             prices x (1 - D / P), P the last close before the ex-date

The dividend factor is the one CRSP and Yahoo publish: over the ex-date the adjusted return is
that of a holder who puts the dividend back into the share at P - D, its price without it.
Sources: CRSP, "Data Descriptions Guide", factor to adjust price; Yahoo Finance help, "What is the
adjusted close?".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.market.bars import Bars
from domain.market.calendars import day_number, day_of, session_ids
from domain.market.corporate_actions import Adjustment, CorporateAction, Dividend, Split

# The ratios exchanges list, new shares for old. Those below 5:4 are stock dividends, which a price
# alone cannot tell from a large cash dividend.
_FORWARD = (1.25, 4 / 3, 1.5, 5 / 3, 2.5, *map(float, (*range(2, 11), 12, 15, 20, 25, 30, 50)))
SPLIT_RATIOS = tuple(sorted({*_FORWARD, *(1 / ratio for ratio in _FORWARD), 1 / 100}))
# Earnings alone move a price by a quarter, so only larger ratios are told from a bare jump.
_SMALLEST_JUMP = 1.5
_JUMP_RATIOS = np.array([ratio for ratio in SPLIT_RATIOS if max(ratio, 1 / ratio) >= _SMALLEST_JUMP])
# Adjusted closes are published with ten digits or more; a change smaller than this is rounding.
_ROUNDING = 1e-6
# How much of the change on a split date may be a dividend paid with it.
_LARGEST_DIVIDEND_WITH_SPLIT = 0.05


def adjusted(
    bars: Bars, actions: Sequence[CorporateAction], adjustment: Adjustment, as_of: date | None = None
) -> Bars:
    """The same bars with earlier prices and volume put on the footing of the last bar.

    Actions whose ex-date is after `as_of`, or after the last bar's session, are not known yet and
    change nothing, so a view never depends on what happened later. An action takes effect with
    the first bar of its ex-date in the venue's own time. Raises InvalidInput for a split ratio
    that is not positive and for a dividend that is negative or not below the price it is paid
    from.
    """
    if not adjustment.changes_prices or not actions or len(bars) == 0:
        return bars
    price_step, share_step = _steps(bars, effective(bars, actions, as_of), adjustment)
    price, shares = _product_from_here_on(price_step), _product_from_here_on(share_step)
    columns = {name: getattr(bars, name) * price for name in ("open", "high", "low", "close")}
    return replace(bars, volume=bars.volume * shares, **columns)


def growth_of_a_share(
    bars: Bars, actions: Sequence[CorporateAction], as_of: date | None = None
) -> tuple[FloatArray, FloatArray]:
    """What one share of the first bar has become by each bar, dividends put back: (price, shares).

    price (T,) is its worth over that of one share then, shares (T,) their number without dividends.
    Row t holds the actions up to bar t alone. Prices times `price` are total returns on the footing
    of the first bar: the ratios between bars are those of `adjusted`. Raises as that does.
    """
    price_step, share_step = _steps(bars, effective(bars, actions, as_of), Adjustment.TOTAL_RETURN)
    return _product_up_to_here(1.0 / price_step), _product_up_to_here(share_step)


def effective(
    bars: Bars, actions: Sequence[CorporateAction], as_of: date | None = None
) -> Iterator[tuple[int, CorporateAction]]:
    """The actions that take effect inside the bars, each with the row it takes effect with.

    That is the first bar of its ex-date or after. An action on the first bar of all changes nothing,
    one after `as_of` or after the last bar's session is not known yet. Raises InvalidInput for a split
    ratio that is not positive.
    """
    if len(bars) == 0:
        return
    session = session_ids(bars.close_time, bars.instrument)
    horizon = int(session[-1]) if as_of is None else min(int(session[-1]), day_number(as_of))
    for action in actions:
        row = int(np.searchsorted(session, day_number(action.ex_date), "left"))
        if row > 0 and day_number(action.ex_date) <= horizon:
            if isinstance(action, Split):
                _check_ratio(action, bars)
            yield row, action


def _steps(
    bars: Bars, actions: Iterable[tuple[int, CorporateAction]], adjustment: Adjustment
) -> tuple[FloatArray, FloatArray]:
    """The factors of price and shares by which each bar differs from the next one's footing."""
    price_step, share_step = np.ones(len(bars)), np.ones(len(bars))
    for row, action in actions:
        if isinstance(action, Split):
            price_step[row - 1] /= action.ratio
            share_step[row - 1] *= action.ratio
        elif adjustment is Adjustment.TOTAL_RETURN:
            price_step[row - 1] *= _dividend_factor(action, float(bars.close[row - 1]), bars)
    return price_step, share_step


def _product_up_to_here(steps: FloatArray) -> FloatArray:
    return np.concatenate([np.ones(1), np.cumprod(steps[:-1])]) if len(steps) else steps


def _product_from_here_on(steps: FloatArray) -> FloatArray:
    return np.asarray(np.cumprod(steps[::-1])[::-1], dtype=np.float64)


def _check_ratio(split: Split, bars: Bars) -> None:
    if not (np.isfinite(split.ratio) and split.ratio > 0):
        raise InvalidInput(
            f"The split of {bars.instrument.id} on {split.ex_date} has the ratio {split.ratio}, "
            "which must be a positive number."
        )


def _dividend_factor(dividend: Dividend, previous_close: float, bars: Bars) -> float:
    if not 0 <= dividend.amount < previous_close:
        raise InvalidInput(
            f"The dividend of {bars.instrument.id} on {dividend.ex_date} is {dividend.amount}, "
            f"which must not be negative and must be below the close of {previous_close} before it."
        )
    return 1.0 - dividend.amount / previous_close


def infer_actions(
    session: IntArray, close: FloatArray, adjusted_close: FloatArray
) -> tuple[CorporateAction, ...]:
    """Splits and dividends that explain an adjusted close, oldest first.

    session (T,) day numbers, close and adjusted_close (T,) positive. The ratio adjusted / close
    is constant between ex-dates and grows over one by the split ratio times (1 + D / C), where C
    is the close of the ex-date: the convention of the Quandl WIKI prices, by which the dividend is
    put back at that close. Dividends are rounded to a hundredth of a cent and given per share
    as it was the day before.
    """
    factor = adjusted_close / close
    growth = factor[1:] / factor[:-1]
    actions: list[CorporateAction] = []
    for row in np.flatnonzero(np.abs(growth - 1.0) > _ROUNDING) + 1:
        ex_date = day_of(int(session[row]))
        ratio = _split_ratio(float(growth[row - 1]))
        if ratio != 1.0:
            actions.append(Split(ex_date, ratio))
        dividend_yield = float(growth[row - 1]) / ratio - 1.0
        amount = round(dividend_yield * float(close[row]) * ratio, 4)
        if dividend_yield > _ROUNDING and amount > 0:
            actions.append(Dividend(ex_date, amount))
    return tuple(actions)


def _split_ratio(growth: float) -> float:
    """The listed ratio that leaves the smallest dividend unexplained, or 1.0 for none."""
    fits = [
        ratio for ratio in SPLIT_RATIOS if -_ROUNDING <= growth / ratio - 1.0 <= _LARGEST_DIVIDEND_WITH_SPLIT
    ]
    return min(fits, key=lambda ratio: abs(growth / ratio - 1.0), default=1.0)


def unadjusted_for_splits(
    session: IntArray, prices: FloatArray, volume: FloatArray, splits: Sequence[Split]
) -> tuple[FloatArray, FloatArray]:
    """Prices and volume as they were traded, from a vendor that restates them after each split.

    session (T,), prices (T, k), volume (T,). `splits` must hold every split up to the day the
    vendor answered, also those after the last bar.
    """
    shares = np.ones(session.shape[0])
    for split in splits:
        shares[session < day_number(split.ex_date)] *= split.ratio
    return prices * shares[:, None], volume / shares


def split_like(change: FloatArray) -> FloatArray:
    """The listed split ratio a price change of `change` (new / old) looks like, NaN for none.

    Shape of the input. A split comes with the day's ordinary move on top, so a change within five
    per cent of a ratio of two or more counts, and within two per cent of a ratio below two, which an
    ordinary crash or rally may reach.
    """
    distance = np.abs(change[:, None] * _JUMP_RATIOS[None, :] - 1.0)
    nearest = np.argmin(distance, axis=1)
    is_large = (_JUMP_RATIOS >= 2.0) | (_JUMP_RATIOS <= 0.5)  # noqa: PLR2004 - two for one, one for two
    tolerance = np.where(is_large, 0.05, 0.02)[nearest]
    near = distance[np.arange(change.shape[0]), nearest] <= tolerance
    return np.where(near, _JUMP_RATIOS[nearest], np.nan)


def actions_between(actions: Sequence[CorporateAction], after: TimeArray, until: TimeArray) -> list[bool]:
    """Whether some action's ex-date lies in (after, until], day numbers of shape (K,)."""
    days = np.array(sorted(day_number(action.ex_date) for action in actions), dtype=np.int64)
    known = np.searchsorted(days, until, "right") - np.searchsorted(days, after, "right")
    return [bool(count) for count in known]

# cython: language_level=3
"""Exits that nobody decided on: protective levels and margin calls."""

from libc.math cimport NAN, fabs
from libc.stdint cimport int64_t

from domain.backtesting._books cimport book, price_now, rate_of, terms, volume_left
from domain.backtesting._costs cimport noise, round_up
from domain.backtesting._records cimport MARGIN_CALL, STOP_LOSS, TAKE_PROFIT, Holding, see
from domain.backtesting._state cimport State


cdef inline void protect(State* s, Py_ssize_t i, bint at_open) noexcept nogil:
    # Pessimistic: when one bar touches both levels, the stop is taken; a limit fills only when
    # price trades through it, for at the level itself others are first in the queue.
    cdef Py_ssize_t j, cell = i * s.columns
    cdef Holding* h
    cdef double side, stop, take, opening, worst, best
    cdef bint stopped, taken, inside
    for j in range(s.columns):
        h = &s.holdings[j]
        if h.quantity == 0 or s.close[cell + j] != s.close[cell + j]:
            continue
        if h.leaving != 0:
            # A stop that volume cut short is a market order under way.
            if at_open:
                exit(s, i, j, s.open[cell + j], h.leaving)
            continue
        # Seen from the position: multiplied by its side, lower is always worse.
        side = 1.0 if h.quantity > 0 else -1.0
        opening = side * s.open[cell + j]
        worst = opening if at_open else side * (s.low[cell + j] if side > 0 else s.high[cell + j])
        best = opening if at_open else side * (s.high[cell + j] if side > 0 else s.low[cell + j])
        stop = side * (h.average * (1.0 - side * s.stop_loss))
        take = side * (h.average * (1.0 + side * s.take_profit))
        stopped = worst <= stop
        taken = best > take or (s.limits_fill_at_touch and best == take)
        # What an order inside the bar opened or added to cannot leave at a price from before it: the
        # best price of the bar may be such a one, and its open is.
        inside = h.added_inside == i
        taken = taken and not inside
        if not at_open and not inside and (stopped or taken):
            see(h, s.open[cell + j])
        if stopped:
            exit(s, i, j, side * (opening if opening < stop and not inside else stop), STOP_LOSS)
        elif taken:
            see(h, side * worst)
            exit(s, i, j, side * (opening if opening > take else take), TAKE_PROFIT)


cdef inline void exit(State* s, Py_ssize_t i, Py_ssize_t j, double reference, int64_t reason) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double side = -1.0 if h.quantity > 0 else 1.0
    cdef double quantity = fabs(h.quantity), left = volume_left(s, i, j)
    if h.pending * h.quantity > 0:
        # That decision was made before the exit; it must not buy back what was just stopped.
        h.pending = NAN
        s.pending -= 1
    if left < quantity:
        quantity = left
        s.cut_by_volume += 1
        h.leaving = reason if reason == STOP_LOSS else 0
    if quantity <= 0:
        return
    if h.entry_bar == i:
        s.entry_bar_exits += 1
    see(h, reference)
    book(s, i, j, i, side, quantity, reference, reason, terms(s, i, j, reason != STOP_LOSS))


cdef inline void check_margin(State* s, Py_ssize_t i, double equity, double gross) noexcept nogil:
    cdef double shortfall = s.maintenance * gross - equity
    if shortfall <= noise() * gross:
        s.called_bar = -1
        return
    if s.called_bar >= 0:
        return
    s.called_bar = i
    s.margin_calls += 1
    if s.first_margin_call_bar < 0:
        s.first_margin_call_bar, s.first_margin_shortfall = i, shortfall


cdef inline bint is_callable(State* s, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    # Held, and its open comes after the close on which the call was made.
    cdef Py_ssize_t cell = i * s.columns + j
    if s.holdings[j].quantity == 0 or s.close[cell] != s.close[cell]:
        return False
    return s.open_time == NULL or s.open_time[cell] >= s.close_time[s.called_bar]


cdef inline void liquidate(State* s, Py_ssize_t i) noexcept nogil:
    # Every position gives the same share, in whole lots rounded up, until what is left is covered.
    # Spread, slippage and the commission rate are allowed for; what other costs leave is called again.
    cdef Py_ssize_t j
    cdef double equity = s.cash, gross = 0.0, within_reach = 0.0, worth, covered, share
    cdef Holding* h
    for j in range(s.columns):
        h = &s.holdings[j]
        if h.quantity != 0:
            worth = h.quantity * (price_now(s, i, j) * rate_of(s, j))
            equity += worth
            gross += fabs(worth)
            if is_callable(s, i, j):
                within_reach += fabs(worth)
    if s.maintenance * gross <= equity or within_reach == 0:
        return
    covered = (s.maintenance - s.active_costs.adverse - s.active_costs.rate) * within_reach
    share = (s.maintenance * gross - equity) / covered if equity > 0 and covered > 0 else 1.0
    for j in range(s.columns):
        if is_callable(s, i, j):
            sell_called(s, i, j, share if share < 1.0 else 1.0)


cdef inline void sell_called(State* s, Py_ssize_t i, Py_ssize_t j, double share) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double side = -1.0 if h.quantity > 0 else 1.0
    cdef double held = fabs(h.quantity), left = volume_left(s, i, j)
    cdef double quantity = round_up(held * share, h.lot)
    if quantity > held:
        quantity = held
    if left < quantity:
        quantity = left
        s.cut_by_volume += 1
    if quantity > 0:
        see(h, s.open[i * s.columns + j])
        book(s, 
            i, j, s.called_bar, side, quantity, s.open[i * s.columns + j], MARGIN_CALL,
            terms(s, i, j, False),
        )

# cython: language_level=3
"""What companies do to their shares: dividends, splits, delistings."""

from libc.math cimport NAN, fabs

from domain.backtesting._books cimport book, rate_of, record_order
from domain.backtesting._costs cimport noise, round_down
from domain.backtesting._records cimport DELISTED, FILLED, NOT_DENIED, SPLIT, Holding, Order, restate
from domain.backtesting._state cimport State


cdef inline void take_events(State* s, Py_ssize_t i) noexcept nogil:
    # Before anything trades: who held at the close before is entitled, who buys at this open is not.
    cdef Py_ssize_t j
    cdef double ratio, dividend, amount
    cdef Holding* h
    while s.next_event < s.event_count and s.event_where[2 * s.next_event] <= i:
        j = s.event_where[2 * s.next_event + 1]
        ratio, dividend = s.event_what[2 * s.next_event], s.event_what[2 * s.next_event + 1]
        s.next_event += 1
        h = &s.holdings[j]
        if dividend > 0 and h.quantity != 0:
            amount = h.quantity * dividend * rate_of(s, j)
            s.cash += amount
            s.dividends += amount
            h.dividends += amount
        if ratio == 0:
            delist(s, i, j)
        elif ratio != 1:
            split(s, i, j, ratio)


cdef inline void delist(State* s, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    # Nothing is sold on a market: holders are left with the last price.
    cdef Holding* h = &s.holdings[j]
    if h.pending == h.pending:
        h.pending = NAN
        s.pending -= 1
    if h.quantity != 0:
        book(s, 
            i, j, i, -1.0 if h.quantity > 0 else 1.0, fabs(h.quantity), h.last_close, DELISTED, &s.no_costs
        )


cdef inline void split(State* s, Py_ssize_t i, Py_ssize_t j, double ratio) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double before = h.quantity, whole, fraction, side
    cdef double unit = h.lot if h.lot < 1.0 else 1.0
    cdef Order* order
    h.last_close /= ratio
    if before == 0:
        return
    side = 1.0 if before > 0 else -1.0
    restate(h, ratio)
    whole = round_down(fabs(h.quantity), unit)
    fraction = fabs(h.quantity) - whole
    if fraction <= noise():
        h.quantity, fraction = side * whole, 0.0
    order = record_order(s, i, i, j, FILLED, NOT_DENIED, h.quantity - before)
    if order != NULL:
        order.reason, order.price = SPLIT, 0.0
    # A fraction of a share that does not trade is paid for at the last close, on the new footing.
    if fraction > 0:
        book(s, i, j, i, 0.0 - side, fraction, h.last_close, SPLIT, &s.no_costs)


cdef inline double split_ratio(const State* s, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    # Events lie in the order of their bars; several of one bar and instrument multiply.
    cdef Py_ssize_t low = 0, high = s.event_count, middle
    cdef double ratio = 1.0
    while low < high:
        middle = (low + high) // 2
        if s.event_where[2 * middle] < i:
            low = middle + 1
        else:
            high = middle
    while low < s.event_count and s.event_where[2 * low] == i:
        if s.event_where[2 * low + 1] == j and s.event_what[2 * low] > 0:
            ratio *= s.event_what[2 * low]
        low += 1
    return ratio

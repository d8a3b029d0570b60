# cython: language_level=3
"""Target weights become orders."""

from libc.math cimport NAN, fabs
from libc.stdint cimport int64_t

from domain.backtesting._books cimport book, rate_of, record_order, ruin, terms, volume_left
from domain.backtesting._costs cimport Costs, affordable, money_needed, noise, round_down
from domain.backtesting._records cimport (
    DENIED, NEXT_OPEN, NO_BUYING_POWER, NOT_DENIED, PENDING, ROUNDS_TO_ZERO, SIGNAL, Holding, see,
)
from domain.backtesting._state cimport State


cdef inline bint is_due(State* s, Py_ssize_t i, Py_ssize_t j, const double* price, bint at_open) noexcept nogil:
    # Venues close at different times: the next bar of one may have opened before the bar of
    # another, which the decision was made on, had closed. Nobody trades at a price of the past.
    cdef Holding* h = &s.holdings[j]
    if h.pending != h.pending or price[j] != price[j]:
        return False
    if s.fill != NEXT_OPEN or s.open_time == NULL:
        return True
    # At the close it is the turn of those alone: what volume cut short at the open waits for the next one.
    return at_open == (s.open_time[i * s.columns + j] >= s.close_time[h.decided_bar])


cdef inline void fill_targets(State* s, Py_ssize_t i, const double* price, bint at_open) noexcept nogil:
    cdef Py_ssize_t j, due = 0
    cdef double equity = s.cash, wanted = 0.0, left, gross = 0.0, scale
    cdef Holding* h
    for j in range(s.columns):
        h = &s.holdings[j]
        due += is_due(s, i, j, price, at_open)
        s.quoted[j] = price[j] if price[j] == price[j] else h.last_close
        s.reference[j] = s.quoted[j] * rate_of(s, j)
        if h.quantity != 0:
            equity += h.quantity * s.reference[j]
    if due == 0:
        return
    if equity <= 0:
        ruin(s, i)
        return
    # Sales raise the money that purchases need, so everything that shrinks goes first.
    for j in range(s.columns):
        s.budget[j] = 0.0
        if is_due(s, i, j, price, at_open):
            s.cut[j] = False
            s.budget[j] = reduce(s, i, j, equity)
            wanted += s.budget[j]
    if wanted > 0:
        left = s.cash
        for j in range(s.columns):
            h = &s.holdings[j]
            if h.quantity != 0:
                left += h.quantity * s.reference[j]
                gross += fabs(h.quantity) * s.reference[j]
        left = s.max_leverage * left - gross
        if left < 0:
            left = 0.0
        # Too little for all: everyone gets the same share, whatever the order of instruments.
        scale = left / wanted if wanted > left else 1.0
        for j in range(s.columns):
            if s.budget[j] > 0:
                left -= increase(s, i, j, s.budget[j], s.budget[j] * scale, left, equity)
    for j in range(s.columns):
        # What volume cut short stays wanted, and is worked on at the next price.
        if is_due(s, i, j, price, at_open) and not s.cut[j]:
            s.holdings[j].pending = NAN
            s.pending -= 1


cdef inline double reduce(State* s, Py_ssize_t i, Py_ssize_t j, double equity) noexcept nogil:
    # Sell what is too much; the answer is the money wanted for what is too little.
    cdef Holding* h = &s.holdings[j]
    cdef double desired = h.pending * equity
    cdef double current = h.quantity * s.reference[j]
    cdef double quantity
    if h.quantity != 0 and desired * current <= 0:
        sell_back(s, i, j, fabs(h.quantity))
        return 0.0 if s.cut[j] else fabs(desired)
    if fabs(desired - current) <= noise() * equity:
        return 0.0
    if fabs(desired) > fabs(current):
        return fabs(desired) - fabs(current)
    quantity = round_down((fabs(current) - fabs(desired)) / s.reference[j], h.lot)
    if quantity > fabs(h.quantity):
        quantity = fabs(h.quantity)
    if quantity > 0:
        sell_back(s, i, j, quantity)
    return 0.0


cdef inline double cut_to_volume(State* s, Py_ssize_t i, Py_ssize_t j, double quantity) noexcept nogil:
    cdef double left = volume_left(s, i, j)
    if left < quantity:
        s.cut[j] = True
        s.cut_by_volume += 1
        return left
    return quantity


cdef inline void sell_back(State* s, Py_ssize_t i, Py_ssize_t j, double wanted) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double side = -1.0 if h.quantity > 0 else 1.0
    cdef double quantity = cut_to_volume(s, i, j, wanted)
    if quantity > 0:
        see(h, s.quoted[j])
        book(s, i, j, h.decided_bar, side, quantity, s.quoted[j], SIGNAL, terms(s, i, j, False))


cdef inline double increase(
    State* s, Py_ssize_t i, Py_ssize_t j, double budget, double share, double left, double equity
) noexcept nogil:
    # Buy (or sell short) what the share pays for; the answer is the buying power used.
    cdef Holding* h = &s.holdings[j]
    cdef double side = 1.0 if h.pending > 0 else -1.0
    cdef double reference = s.reference[j], needed
    cdef double volume = s.volume[i * s.columns + j]
    cdef double quantity = 0.0, by_power
    cdef const Costs* costs = terms(s, i, j, False)
    if share > noise() * equity and left > noise() * equity:
        quantity = affordable(costs, share, 1.0, reference, side, volume)
        by_power = affordable(costs, left, s.max_leverage, reference, side, volume)
        quantity = round_down(by_power if by_power < quantity else quantity, h.lot)
    if quantity > 0:
        quantity = cut_to_volume(s, i, j, quantity)
        if quantity <= 0:
            return 0.0
        needed = money_needed(costs, quantity, s.max_leverage, reference, side, volume)
        book(s, i, j, h.decided_bar, side, quantity, s.quoted[j], SIGNAL, costs)
        return needed
    quantity = round_down(affordable(costs, budget, 1.0, reference, side, volume), h.lot)
    if quantity > 0:
        record_order(s, h.decided_bar, i, j, DENIED, NO_BUYING_POWER, side * quantity)
    elif h.quantity == 0:
        record_order(s, h.decided_bar, i, j, DENIED, ROUNDS_TO_ZERO, 0.0)
    return 0.0


cdef inline void list_pending(State* s, Py_ssize_t j) noexcept nogil:
    # The fill price is not known yet; the last close stands in for it.
    cdef Holding* h = &s.holdings[j]
    cdef double delta = 0.0, quantity
    if h.last_close > 0:
        delta = h.pending * s.equity_curve[s.rows - 1] / (h.last_close * rate_of(s, j)) - h.quantity
    quantity = fabs(h.quantity) if h.pending == 0 else round_down(fabs(delta), h.lot)
    if quantity > 0 or (h.quantity == 0 and h.pending != 0):
        record_order(s, 
            h.decided_bar, -1, j, PENDING, NOT_DENIED, quantity if delta > 0 else 0.0 - quantity
        )

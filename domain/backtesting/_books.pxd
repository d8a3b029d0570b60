# cython: language_level=3
"""Fills, and what is written down about them."""

from libc.math cimport INFINITY, NAN, fabs
from libc.stdint cimport int64_t
from libc.stdlib cimport realloc

from domain.backtesting._costs cimport Costs, affordable, commission_of, fill_price, noise, round_down
from domain.backtesting._records cimport (
    DENIED, FILLED, NO_BUYING_POWER, NOT_DENIED, PENDING, ROUNDS_TO_ZERO, SIGNAL, Holding, Order, Trade, add_to,
    begin_trip, end_trip, see, take_from,
)
from domain.backtesting._state cimport State


cdef inline double rate_of(State* s, Py_ssize_t j) noexcept nogil:
    # Money of the account for one unit of the instrument's currency, as far as it is known now.
    return 1.0 if s.rate == NULL else s.rate[j]


cdef inline const Costs* terms(State* s, Py_ssize_t i, Py_ssize_t j, bint passive) noexcept nogil:
    # What a fill of this instrument costs now.
    cdef Costs* costs = &s.passive_costs if passive else &s.active_costs
    costs.conversion = s.holdings[j].conversion
    if s.tier_period != NULL and s.tier_period[i] != s.period:
        s.period = s.tier_period[i]
        s.active_costs.traded = s.passive_costs.traded = 0.0
    return costs


cdef inline double volume_left(State* s, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double volume, most, left
    if s.max_volume_share != s.max_volume_share:
        return INFINITY
    volume = s.volume[i * s.columns + j]
    if not volume > 0:
        return 0.0
    most = s.max_volume_share * volume
    left = most - (h.volume_taken if h.volume_bar == i else 0.0)
    return round_down(left, h.lot) if left > noise() * most else 0.0


cdef inline double price_now(State* s, Py_ssize_t i, Py_ssize_t j) noexcept nogil:
    # The open while the bar lasts, where there is one; its close from then on.
    cdef double price = s.open[i * s.columns + j]
    return s.holdings[j].last_close if s.at_close or price != price else price


cdef inline double trade(
    State* s, Py_ssize_t i, Py_ssize_t j, double quantity, double reference, int64_t reason,
    Py_ssize_t decided_bar, bint passive,
) noexcept nogil:
    cdef double held = s.holdings[j].quantity
    cdef double side = 1.0 if quantity > 0 else -1.0
    cdef double wanted = fabs(quantity), filled = 0.0
    if held * side < 0:
        filled = shrink(s, i, j, side, wanted, reference, reason, decided_bar, passive)
        wanted -= fabs(held)
        if filled < fabs(held) or wanted <= noise() * s.holdings[j].lot:
            return side * filled
    filled += extend(s, i, j, side, wanted, reference, reason, decided_bar, passive)
    return side * filled


cdef inline double shrink(
    State* s, Py_ssize_t i, Py_ssize_t j, double side, double wanted, double reference, int64_t reason,
    Py_ssize_t decided_bar, bint passive,
) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double left = volume_left(s, i, j)
    cdef double quantity = fabs(h.quantity) if wanted >= fabs(h.quantity) else round_down(wanted, h.lot)
    if quantity <= 0:
        deny(s, i, j, decided_bar, reason, ROUNDS_TO_ZERO, side * wanted)
        return 0.0
    if left < quantity:
        quantity = left
        s.cut_by_volume += 1
    if quantity > 0:
        see(h, reference)
        book(s, i, j, decided_bar, side, quantity, reference, reason, terms(s, i, j, passive))
    return quantity


cdef inline double extend(
    State* s, Py_ssize_t i, Py_ssize_t j, double side, double wanted, double reference, int64_t reason,
    Py_ssize_t decided_bar, bint passive,
) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double whole = round_down(wanted, h.lot), quantity = 0.0, left
    cdef bint opens = h.quantity == 0
    cdef const Costs* costs = terms(s, i, j, passive)
    if whole <= 0:
        deny(s, i, j, decided_bar, reason, ROUNDS_TO_ZERO, side * wanted)
        return 0.0
    if s.ruined_bar < 0:
        quantity = affordable(
            costs, buying_power(s, i, j, reference), s.max_leverage, reference * rate_of(s, j), side,
            s.volume[i * s.columns + j],
        )
        quantity = round_down(quantity if quantity < whole else whole, h.lot)
    if quantity <= 0:
        deny(s, i, j, decided_bar, reason, NO_BUYING_POWER, side * whole)
        return 0.0
    left = volume_left(s, i, j)
    if left < quantity:
        quantity = left
        s.cut_by_volume += 1
    if quantity > 0:
        book(s, i, j, decided_bar, side, quantity, reference, reason, costs)
        if not s.at_close and reference != s.open[i * s.columns + j]:
            h.added_inside = i
            if opens:
                h.entered_inside = i
    return quantity


cdef inline double buying_power(State* s, Py_ssize_t i, Py_ssize_t j, double reference) noexcept nogil:
    # What may still be added to gross exposure when instrument j is worth this price.
    cdef Py_ssize_t k
    cdef double equity = s.cash, gross = 0.0, worth, left
    for k in range(s.columns):
        if s.holdings[k].quantity != 0:
            worth = (reference if k == j else price_now(s, i, k)) * rate_of(s, k) * s.holdings[k].quantity
            equity += worth
            gross += fabs(worth)
    left = s.max_leverage * equity - gross
    return left if left > noise() * equity else 0.0


cdef inline void deny(
    State* s, Py_ssize_t i, Py_ssize_t j, Py_ssize_t decided_bar, int64_t reason, int64_t denial, double quantity
) noexcept nogil:
    cdef Order* order = record_order(s, decided_bar, i, j, DENIED, denial, quantity)
    if order != NULL:
        order.reason = reason


cdef inline void book(
    State* s, Py_ssize_t i, Py_ssize_t j, int64_t decided_bar, double side, double quantity, double reference,
    int64_t reason, const Costs* costs,
) noexcept nogil:
    cdef Holding* h = &s.holdings[j]
    cdef double rate = rate_of(s, j)
    cdef double price = fill_price(costs, reference, side, quantity, s.volume[i * s.columns + j])
    cdef double paid = price * rate
    cdef double commission = commission_of(costs, quantity, paid)
    cdef double slippage = quantity * fabs(price - reference) * rate
    cdef Order* order
    s.cash -= side * quantity * paid + commission
    s.fees += commission
    s.slippage += slippage
    s.traded += quantity * paid
    if s.tier_period != NULL and costs != &s.no_costs:
        s.active_costs.traded += quantity * paid
        s.passive_costs.traded = s.active_costs.traded
    if s.max_volume_share == s.max_volume_share:
        h.volume_taken = quantity + (h.volume_taken if h.volume_bar == i else 0.0)
        h.volume_bar = i
    order = record_order(s, decided_bar, i, j, FILLED, NOT_DENIED, side * quantity)
    if order != NULL:
        order.reason, order.price = reason, price
        order.commission, order.slippage = commission, slippage
        order.held = h.quantity + side * quantity
        if fabs(order.held) <= noise() * h.lot:
            order.held = 0.0
    if h.quantity == 0:
        begin_trip(h, i)
    h.fees += commission
    if h.quantity * side >= 0:
        add_to(h, side, quantity, price, paid)
        return
    take_from(h, side, quantity, price, paid)
    if fabs(h.quantity) <= noise() * h.lot:
        h.quantity = 0.0
    if h.quantity == 0:
        record_trade(s, i, j, reason)


cdef inline void record_trade(State* s, Py_ssize_t i, Py_ssize_t j, int64_t exit_reason) noexcept nogil:
    if s.trade_count == s.trade_room and not grow_trades(s):
        return
    s.trades[s.trade_count].instrument = j
    end_trip(&s.holdings[j], &s.trades[s.trade_count], i, exit_reason, rate_of(s, j))
    s.trade_count += 1


cdef inline Order* record_order(
    State* s, int64_t decided_bar, int64_t bar, int64_t instrument, int64_t status, int64_t denial,
    double quantity,
) noexcept nogil:
    cdef Order* order
    if s.order_count == s.order_room and not grow_orders(s):
        return NULL
    order = &s.orders[s.order_count]
    s.order_count += 1
    s.filled_count += status == FILLED
    s.denied_count += status == DENIED
    s.pending_count += status == PENDING
    order.decided_bar, order.bar, order.instrument = decided_bar, bar, instrument
    order.held = s.holdings[instrument].quantity
    order.status, order.reason, order.denial = status, SIGNAL, denial
    order.quantity, order.price, order.commission, order.slippage = quantity, NAN, 0.0, 0.0
    return order


cdef inline bint grow_orders(State* s) noexcept nogil:
    cdef Py_ssize_t room = 2 * s.order_room + 64
    cdef Order* grown = <Order*> realloc(s.orders, room * sizeof(Order))
    if grown == NULL:
        s.out_of_memory = 1
        return False
    s.orders, s.order_room = grown, room
    return True


cdef inline bint grow_trades(State* s) noexcept nogil:
    cdef Py_ssize_t room = 2 * s.trade_room + 64
    cdef Trade* grown = <Trade*> realloc(s.trades, room * sizeof(Trade))
    if grown == NULL:
        s.out_of_memory = 1
        return False
    s.trades, s.trade_room = grown, room
    return True


cdef inline void ruin(State* s, Py_ssize_t i) noexcept nogil:
    # Nobody lends to an account that is worth nothing: it trades no more.
    cdef Py_ssize_t j
    if s.ruined_bar < 0:
        s.ruined_bar = i
    for j in range(s.columns):
        s.holdings[j].pending = NAN
    s.pending = 0

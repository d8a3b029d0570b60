# cython: language_level=3
"""The market rules: what one known price, or a bar whose path nobody knows, does to one waiting order.

Every function looks at one order and one bar. Who comes first, what a fill ends or begins and how long
an order works is the business of `_book.pyx` and `_working.pyx`. Multiplied by its side (1 buys, -1
sells) a higher price is always the worse one, which makes a sale the mirror image of a purchase.
"""

from libc.stdint cimport int64_t

# The values of OrderType in `model.py`.
cdef enum:
    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4
    ON_OPEN = 5
    ON_CLOSE = 6

# What a price does to an order: nothing, fill it, wake it without filling it.
cdef enum:
    STAYS = 0
    FILLS = 1
    WAKES = 2

# What a bar touches inside: no order of this kind, a stop, a limit.
cdef enum:
    NOTHING = 0
    A_STOP = 1
    A_LIMIT = 2


cdef struct Wait:
    # How one order waits.
    # kind      a stop that was triggered waits as MARKET, a stop-limit as LIMIT
    # side      1 buys, -1 sells
    # best      the best price since a trailing stop began, `trail` its distance (a fraction if `relative`)
    # takes     a limit order that was marketable when it was placed: where it fills at once, it takes what
    #           others offer and pays the spread
    int kind
    bint relative, takes
    double side, limit, stop, best, trail


cdef struct Quote:
    # One bar of one instrument, as orders meet it; `visit` tells which bars of the book it belongs to.
    double open, high, low, close
    int64_t open_time, close_time, session, visit
    bint ends_session, bought_inside, sold_inside


cdef inline bint is_stop(const Wait* w) noexcept nogil:
    return w.kind == STOP or w.kind == STOP_LIMIT or w.kind == TRAILING_STOP


cdef inline bint is_marketable(const Wait* w, double price) noexcept nogil:
    # Better than the limit: at the limit itself others stand first in the queue.
    return w.side * (w.limit - price) > 0


cdef inline bint is_reached(const Wait* w, double price) noexcept nogil:
    return w.side * (price - w.stop) >= 0


cdef inline bint is_allowed(const Wait* w, double price) noexcept nogil:
    # A plain stop takes any price, a stop-limit none beyond its limit.
    return w.kind != STOP_LIMIT or w.side * (w.limit - price) >= 0


cdef inline int at_price(const Wait* w, double price, bint at_close, bint market_at_open) noexcept nogil:
    """The order meets one known price: an open, or the close."""
    if w.kind == MARKET:
        return FILLS if at_close or market_at_open else STAYS
    if w.kind == LIMIT:
        return FILLS if is_marketable(w, price) else STAYS
    if w.kind == ON_OPEN or w.kind == ON_CLOSE:
        return FILLS if at_close == (w.kind == ON_CLOSE) else STAYS
    if not is_reached(w, price):
        return STAYS
    # A gap: the price beyond the stop is the first that was there.
    return FILLS if w.kind != STOP_LIMIT or is_marketable(w, price) else WAKES


cdef inline int inside(const Wait* w, const Quote* bar, bint touch_is_enough) noexcept nogil:
    """What the rest of the bar touches of an order that was there at the open and has not filled at it."""
    cdef double room
    if w.kind == LIMIT:
        room = w.side * (w.limit - (bar.low if w.side > 0 else bar.high))
        return A_LIMIT if room > 0 or (room == 0 and touch_is_enough) else NOTHING
    if is_stop(w) and is_reached(w, bar.high if w.side > 0 else bar.low):
        return A_STOP
    return NOTHING


cdef inline double stopped_at(const Wait* w, double opening) noexcept nogil:
    """The price of a stop touched inside a bar, of which `opening` is the first price the order saw.

    Only an exit can find its level behind it: the entry it protects was filled beyond the stop.
    """
    return opening if is_reached(w, opening) else w.stop


cdef inline double limited_at(const Wait* w, double opening) noexcept nogil:
    """The price of a limit crossed inside a bar.

    Only an exit can find the opening beyond it: the entry it closes was filled beyond the target.
    """
    return opening if is_marketable(w, opening) else w.limit


cdef inline void wake(Wait* w) noexcept nogil:
    w.kind = LIMIT if w.kind == STOP_LIMIT else MARKET


cdef inline void set_stop(Wait* w) noexcept nogil:
    w.stop = w.best + w.side * (w.best * w.trail if w.relative else w.trail)


cdef inline void follow(Wait* w, double price) noexcept nogil:
    """A better price moves a trailing stop; a worse one never moves it back."""
    if w.side * (w.best - price) > 0:
        w.best = price
        set_stop(w)


cdef inline void follow_bar(Wait* w, const Quote* bar) noexcept nogil:
    # After the bar was tested: whether its best price came before its worst is not known.
    follow(w, bar.low if w.side > 0 else bar.high)


cdef inline void restate(Wait* w, double ratio) noexcept nogil:
    """After a split of 1 into `ratio`."""
    w.limit /= ratio
    w.stop /= ratio
    w.best /= ratio
    if not w.relative:
        w.trail /= ratio

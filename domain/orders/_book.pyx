# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""The order book: which resting orders a bar fills, at what price, and in what order.

One book serves the simulation, where all bars of a row come together, and a paper broker, where they
come one by one. It knows nothing about accounts: it asks for a fill and is told how much was done.

A bar says four prices and not the path between them, so every choice here is the pessimistic one:

1. **At the open**, in the order they were placed: market orders, and stops and limits that the open
   has jumped over, which fill at the open.
2. **Inside the bar**: first every stop that is touched, at the stop; then every limit that is crossed,
   at the limit. Of two orders that cancel each other the stop is taken.
3. An order that enters inside the bar, by a stop or a limit, can be stopped out in what is left of that
   bar, and can do nothing better: its target would need a price that may have come before the entry.
   For the same reason no limit fills in a bar inside of which the other side was filled already.
4. A trailing stop is tested at where it stood before the bar, and follows the bar afterwards.
5. **At the close**: orders for the close, and orders that were placed after this bar had opened (on
   another venue's close), for which the close is the first price that comes after them.

What a price does to one order is in `_rules.pxd`, what becomes of it then in `_working.pyx`. Compiled
because a strategy may keep orders resting through millions of bars.
"""

cimport cython
from libc.math cimport NAN, isfinite
from libc.stdint cimport int64_t

from domain.orders._rules cimport (
    A_LIMIT, A_STOP, FILLS, LIMIT, MARKET, ON_CLOSE, ON_OPEN, STAYS, STOP_LIMIT, TRAILING_STOP, Quote,
    at_price, follow, follow_bar, inside, is_allowed, is_marketable, is_reached, is_stop, limited_at,
    restate, set_stop, stopped_at,
)
from domain.orders._working cimport (
    ACCEPTED, ALWAYS, CANCELLED, DENIED, EXPIRED, MODIFIED, OWN, STOP_LOSS, Bracket, Resting, WorkingOrders,
)

from domain.orders.checks import check_change, check_exits, check_request
from domain.orders.model import LimitFill, OrderRole, TrailKind, WantedFill, WorkingOrder

cdef tuple ROLES = tuple(OrderRole)
# Called with the class and its fields it skips what a named tuple's own constructor does in Python.
cdef object NEW_TUPLE = tuple.__new__


@cython.final
cdef class OrderBook(WorkingOrders):
    """Working orders of one account, and the bars that fill them.

    listen          hears every event, in the order things happen
    limit_fill      what fills a limit inside a bar
    market_at_open  whether a market order fills at the next open, or else at the next close
    ends_only       whether `listen` hears only of orders that end unfilled
    instruments     those of the columns of `PanelBars`, where the book is shown such
    """

    cdef bint _touch_is_enough, _market_at_open, _late

    def __init__(
        self, listen, *, limit_fill=LimitFill.CROSSED, bint market_at_open=True, ends_only=False,
        instruments=(),
    ):
        self._touch_is_enough = limit_fill is LimitFill.TOUCHED
        self._market_at_open = market_at_open

    # ------------------------------------------------------------------ what its owner does

    def place(self, request, *, int64_t time, double market=NAN, atr=None):
        """Accept an order; it may be filled by bars that come later. Answers with its number.

        time    UTC nanoseconds, the close of the bar it was decided on
        market  last known price; NaN where there has been none, and then no side can be checked
        atr     average true range now, for a trail that is measured in it
        Raises InvalidInput for an order that cannot be meant.
        """
        cdef Resting order
        if not _is_plain(tuple(request)):
            check_request(request, time=time, market=market, atr=atr)
        order = self.add(request, time, OWN)
        if order.wait.kind == TRAILING_STOP:
            _begin_to_trail(order, market, atr)
        elif order.wait.kind == LIMIT:
            order.wait.takes = is_marketable(&order.wait, market)
        self.tell(order, ACCEPTED, time, order.remaining)
        return order.id

    def modify(
        self, int64_t order_id, *, int64_t time, double market=NAN, quantity=None, limit=None, stop=None,
        take_profit=None, stop_loss=None,
    ):
        """Change what is given, from the next bar on; False when the order no longer works.

        quantity is what is still to be filled, signed as before. take_profit and stop_loss move
        exits that do not work yet; exits that do are orders of their own. Raises InvalidInput for a
        change that cannot be meant, and for a number that was never given out.
        """
        cdef Resting order = self.known(order_id)
        if order is None:
            return False
        view = _view(order)
        check_change(view, market, quantity=quantity, limit=limit, stop=stop)
        if take_profit is not None or stop_loss is not None:
            entered = order.bracket is not None and order.bracket.exits is not None
            check_exits(view, market, take_profit=take_profit, stop_loss=stop_loss, entered=entered)
            order.take_profit = order.take_profit if take_profit is None else take_profit
            order.stop_loss = order.stop_loss if stop_loss is None else stop_loss
        if quantity is not None:
            order.remaining = quantity
        if stop is not None:
            order.wait.stop = stop
        if limit is not None:
            order.wait.limit = limit
            order.wait.takes = order.wait.kind == LIMIT and is_marketable(&order.wait, market)
        order.since = time
        self.tell(order, MODIFIED, time, order.remaining)
        return True

    def cancel(self, int64_t order_id, *, int64_t time, reason="cancelled"):
        """End an order; False when it no longer works. The exits of what it has filled stay.

        Raises InvalidInput for a number that was never given out.
        """
        cdef Resting order = self.known(order_id)
        if order is None:
            return False
        self.end(order, CANCELLED, time, reason)
        return True

    def cancel_all(self, instrument=None, *, int64_t time):
        """End every order, or every one for an instrument; how many there were."""
        cdef Resting order
        cdef list ended = self.of(instrument)
        for order in ended:
            self.end(order, CANCELLED, time, "cancelled")
        return len(ended)

    def working(self, instrument=None):
        """Working orders, oldest first."""
        return tuple([_view(order) for order in self.of(instrument)])

    def instrument_of(self, int64_t order_id):
        """What an order is for; None when it no longer works.

        Raises InvalidInput for a number that was never given out.
        """
        cdef Resting order = self.known(order_id)
        return None if order is None else order.instrument

    def instruments(self):
        """Instruments with working orders: the ones whose bars `match_bar` needs."""
        cdef Resting order
        return {order.instrument for order in self._orders.values()}

    def split(self, instrument, double ratio):
        """Restate the orders of an instrument before the first bar after a split of 1 into `ratio`."""
        cdef Resting order
        cdef Bracket bracket
        cdef set brackets = set()
        for order in self.of(instrument):
            order.remaining *= ratio
            order.take_profit /= ratio
            order.stop_loss /= ratio
            restate(&order.wait, ratio)
            if order.bracket is not None:
                brackets.add(order.bracket)
        for bracket in brackets:
            bracket.units *= ratio

    @property
    def has_exits(self):
        """Whether exits of brackets work, so that `cancel_orphans` is worth its call."""
        return self._exits > 0

    def cancel_orphans(self, position, *, int64_t time):
        """End the exits of brackets that have nothing left to close, by the position of each instrument."""
        cdef Resting order
        cdef Py_ssize_t slot = -1
        cdef double held = 0.0
        for order in self.queue():
            if order.role == OWN or order.ended:
                continue
            if order.slot != slot:
                slot, held = order.slot, position(order.instrument)
            if order.wait.side * held >= 0:
                self.end(order, CANCELLED, time, "the position was closed")

    # ------------------------------------------------------------------ what bars do

    def match_bar(self, bars, execute):
        """Fill what these bars fill at their open and inside; an instrument without a bar waits.

        bars  one `PriceBar` for each instrument, or `PanelBars` at a row
        Call it when the bars have closed, before `match_close`. A bar must come once only. Answers
        whether the closes can do anything, so that `match_close` is worth its call.
        """
        cdef Resting order
        cdef Quote* bar
        cdef list stops = [], limits = []
        self.meet(bars)
        if self._timed > 0:
            self.expire_before()
        self._open(execute, stops, limits)
        for order in stops:
            if not order.ended:
                self._stop_inside(order, self.bar_of(order).open, execute)
        for order in limits:
            if not order.ended:
                self._limit_inside(order, execute)
        if self._trailing > 0:
            for order in self._orders.values():
                bar = self.bar_of(order)
                if order.wait.kind == TRAILING_STOP and bar != NULL and order.since <= bar.open_time:
                    follow_bar(&order.wait, bar)
        return self._late or self._closing > 0 or self._timed > 0 or not self._market_at_open

    def match_close(self, bars, execute, *, int64_t time):
        """Fill what fills at these closes, then end what was good until now.

        time  UTC nanoseconds, now
        """
        cdef Resting order
        cdef Quote* bar
        self.meet(bars)
        for order in self.queue():
            bar = self.bar_of(order)
            if bar == NULL or order.ended or order.since >= bar.close_time:
                continue
            if order.since > bar.open_time:
                # It was placed after this bar had opened; the close alone is known to come later.
                self._meet(order, bar.close, bar.close_time, execute, True)
                if order.wait.kind == TRAILING_STOP:
                    follow(&order.wait, bar.close)
            elif order.wait.kind == ON_CLOSE or (order.wait.kind == MARKET and not self._market_at_open):
                self._fill(order, bar.close, bar.close_time, execute, False)
        if self._timed > 0:
            self.expire_after(time)

    def match_now(self, bars, execute):
        """Fill market orders placed at these very closes. Optimistic: their price was known."""
        cdef Resting order
        cdef Quote* bar
        self.meet(bars)
        for order in self.queue():
            bar = self.bar_of(order)
            if bar != NULL and order.wait.kind == MARKET and order.since == bar.close_time:
                self._fill(order, bar.close, bar.close_time, execute, False)

    # ------------------------------------------------------------------ one order and a price

    cdef int _open(self, execute, list stops, list limits) except -1:
        """Fill what the opens fill; note the stops and the limits that are touched inside."""
        cdef Resting order, leg
        cdef Quote* bar
        cdef double before
        cdef list entered
        self._late = False
        for order in self.queue():
            bar = self.bar_of(order)
            if bar == NULL or order.ended:
                continue
            if order.since > bar.open_time:
                self._late = True
                continue
            before = order.remaining
            entered = self._meet(order, bar.open, bar.close_time, execute, False)
            if order.remaining == before and not order.ended:
                self._sort_touched(order, stops, limits)
            if entered is not None:
                for leg in entered:
                    self._sort_touched(leg, stops, limits)
        return 0

    cdef list _meet(self, Resting order, double price, int64_t time, execute, bint at_close):
        """The order meets one known price: an open, or the close. Answers with exits that begin to work."""
        cdef int outcome = at_price(&order.wait, price, at_close, self._market_at_open)
        cdef bint passive = order.wait.kind == LIMIT and not order.wait.takes
        if outcome == STAYS:
            return None
        if is_stop(&order.wait):
            self.trigger(order, time)
        return self._fill(order, price, time, execute, passive) if outcome == FILLS else None

    cdef int _sort_touched(self, Resting order, list stops, list limits) except -1:
        """Note an order that was there at the open and that the bar touches inside."""
        cdef int touched = inside(&order.wait, self.bar_of(order), self._touch_is_enough)
        # Its first price has passed: from now on it waits like any other.
        order.wait.takes = False
        if touched == A_STOP:
            stops.append(order)
        elif touched == A_LIMIT:
            limits.append(order)
        return 0

    cdef int _stop_inside(self, Resting order, double opening, execute) except -1:
        cdef double price = stopped_at(&order.wait, opening)
        # A stop-limit may ask for a better price than the one that woke it; whether the bar came back
        # to that price afterwards is not known, so it waits for the next.
        cdef bint allowed = is_allowed(&order.wait, price)
        self.trigger(order, self.bar_of(order).close_time)
        if allowed:
            self._fill_inside(order, price, execute, False)
        return 0

    cdef int _limit_inside(self, Resting order, execute) except -1:
        cdef Quote* bar = self.bar_of(order)
        cdef bint jumped = is_marketable(&order.wait, bar.open)
        if bar.sold_inside if order.wait.side > 0 else bar.bought_inside:
            return 0
        self._fill_inside(order, limited_at(&order.wait, bar.open), execute, not jumped)
        return 0

    cdef int _fill_inside(self, Resting order, double price, execute, bint passive) except -1:
        cdef double before = order.remaining
        cdef Resting leg
        cdef list entered = self._fill(order, price, self.bar_of(order).close_time, execute, passive)
        # Asked for anew: whoever listens may have placed an order, and with it moved the bars.
        cdef Quote* bar = self.bar_of(order)
        if order.remaining != before and order.wait.side > 0:
            bar.bought_inside = True
        elif order.remaining != before:
            bar.sold_inside = True
        if entered is not None:
            for leg in entered:
                if not leg.ended and inside(&leg.wait, self.bar_of(leg), self._touch_is_enough) == A_STOP:
                    self._stop_inside(leg, price, execute)
        return 0

    cdef list _fill(self, Resting order, double price, int64_t time, execute, bint passive):
        """Have it carried out, and follow what that ends or begins: exits that begin to work."""
        cdef double filled
        cdef list entered = None
        done = execute(
            NEW_TUPLE(WantedFill, (
                order.id, order.request, ROLES[order.role], order.remaining, price, passive,
                None if order.wait.limit != order.wait.limit else order.wait.limit, order.placed_at,
            ))
        )
        filled = done[0]
        if filled != 0:
            entered = self.book(order, filled, price if done[2] is None else <double> done[2], time)
        if order.ended:
            return entered
        if done[1]:
            self.end(order, CANCELLED if filled != 0 else DENIED, time, done[1])
        elif order.wait.kind == ON_OPEN or order.wait.kind == ON_CLOSE:
            self.end(order, EXPIRED, time, "its only price has passed")
        return entered


cdef bint _is_plain(tuple request) except -1:
    """Whether there is nothing to check: most orders are market orders of a sound quantity."""
    cdef double quantity = request[1]
    return (
        isfinite(quantity) and quantity != 0 and <int> request[2] == MARKET and <int> request[6] == ALWAYS
        and request[3] is None and request[4] is None and request[5] is None and request[7] is None
        and request[8] is None and request[9] is None
    )


cdef int _begin_to_trail(Resting order, double market, atr) except -1:
    trail = order.request.trail
    order.wait.relative = trail.kind is TrailKind.PERCENT
    order.wait.trail = trail.distance * (atr if trail.kind is TrailKind.ATR else 1.0)
    order.wait.best = market
    set_stop(&order.wait)
    return 0


cdef _view(Resting order):
    cdef bint limits = order.wait.kind == LIMIT or order.wait.kind == STOP_LIMIT
    return WorkingOrder(
        order.id, order.request, order.remaining, order.wait.stop if is_stop(&order.wait) else None,
        order.placed_at, order.wait.limit if limits else None, ROLES[order.role],
    )

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""The life of orders: accepted, filled, ended, and what that ends or begins.

Here an order of a group cancels the others, an entry brings its exits to life, and time runs out. At
what price anything fills is the business of `_rules.pxd`, and in what order that of `_book.pyx`.
"""

cimport cython
from libc.math cimport NAN, fabs
from libc.stdint cimport int64_t
from libc.stdlib cimport free, realloc

from domain.orders._rules cimport LIMIT, ON_CLOSE, STOP_LIMIT, TRAILING_STOP, Quote, wake

from domain.errors import InvalidInput
from domain.orders.model import OrderEvent, OrderEventKind, OrderRequest, OrderRole, OrderType

cdef tuple KINDS = tuple(OrderEventKind)
cdef tuple ROLES = tuple(OrderRole)

# Share of an order's quantity below which a rest is rounding of floats.
cdef double NOISE = 1e-9
cdef int64_t NEVER_LATE = 0x7FFFFFFFFFFFFFFF


@cython.final
cdef class PriceBar:
    """One bar of one instrument, as orders meet it. Prices are positive and finite.

    open_time, close_time  UTC nanoseconds. An order placed after the bar opened meets its close alone
    session                any number that is the same for all bars of one trading day
    ends_session           whether no later bar of this session can come
    """

    def __init__(
        self, double open_, double high, double low, double close, int64_t open_time, int64_t close_time,
        int64_t session=0, bint ends_session=False,
    ):
        self.open, self.high, self.low, self.close = open_, high, low, close
        self.open_time, self.close_time = open_time, close_time
        self.session, self.ends_session = session, ends_session


@cython.final
cdef class PanelBars:
    """The bars of a whole panel, (T, N), of which a book is shown one row at a time without a copy.

    A close of NaN is no bar. The columns are those of the instruments the book was made with.

    close_time    (T,) UTC nanoseconds
    open_time     (T, N) where a bar may have opened before the last decision; None where none can
    ends_session  whether every bar is the last of its session
    """

    def __init__(
        self, const double[:, ::1] open_, const double[:, ::1] high, const double[:, ::1] low,
        const double[:, ::1] close, const int64_t[::1] close_time, open_time=None, bint ends_session=False,
    ):
        self._open, self._high, self._low, self._close = open_, high, low, close
        self._close_time = close_time
        self._mixed = open_time is not None
        if self._mixed:
            self._open_time = open_time
        self._ends_session = ends_session
        self._sessions = {}

    def follow_sessions(self, Py_ssize_t column, const int64_t[::1] session):
        """Which session each bar of a column belongs to, (T,): orders good for the day need it."""
        self._sessions[column] = session

    def at(self, Py_ssize_t row):
        """The same bars, standing at a row."""
        if not 0 <= row < self._close.shape[0]:
            raise IndexError(row)
        self.row = row
        return self

    cdef int read(self, Py_ssize_t column, Quote* quote) except -1:
        """Whether there is a bar."""
        cdef Py_ssize_t row = self.row
        cdef const int64_t[::1] sessions
        if column >= self._close.shape[1]:
            raise IndexError(column)
        quote.close = self._close[row, column]
        if quote.close != quote.close:
            return False
        quote.open, quote.high = self._open[row, column], self._high[row, column]
        quote.low = self._low[row, column]
        quote.close_time = self._close_time[row]
        quote.open_time = self._open_time[row, column] if self._mixed else NEVER_LATE
        quote.ends_session = self._ends_session
        quote.session = 0
        if self._sessions and column in self._sessions:
            sessions = self._sessions[column]
            quote.session = sessions[row]
        return True


@cython.final
cdef class Bracket:
    """What an entry has opened and its exits have not closed yet.

    units is signed like the entry. The exits always work on all of it, so that a target that was
    filled in part leaves the rest protected.
    """


@cython.final
cdef class Resting:
    """State of one working order.

    wait   how it waits, as the rules see it
    since  from when on it may be filled; bars that opened earlier offer their close
    slot   where the book keeps the bar of its instrument
    """


cdef class WorkingOrders:
    """Working orders of one account, oldest first.

    listen       hears every event, in the order things happen
    ends_only    whether `listen` hears only of orders that end unfilled
    instruments  that the book will be shown together, in the order of the columns of `PanelBars`
    """

    def __cinit__(self, listen, *, bint ends_only=False, instruments=(), **_):
        self._listen = listen
        self._ends_only = ends_only
        self._orders, self._groups, self._slots, self._queue = {}, {}, {}, []
        for instrument in instruments:
            self._slot_of(instrument)

    def __dealloc__(self):
        free(self._quotes)

    def __len__(self):
        return len(self._orders)

    # ------------------------------------------------------------------ the list

    cdef list queue(self):
        """All of them as they are now; what begins while the list is gone through is not in it."""
        if self._changed:
            self._queue = list(self._orders.values())
            self._changed = False
        return self._queue

    cdef Resting known(self, int64_t order_id):
        if not 0 < order_id <= self._last_id:
            raise InvalidInput(f"There is no order {order_id}.")
        return self._orders.get(order_id)

    cdef list of(self, instrument):
        cdef Resting order
        if instrument is None:
            return list(self._orders.values())
        return [order for order in self._orders.values() if order.instrument == instrument]

    cdef int meet(self, bars) except -1:
        """Note the bars that orders wait for."""
        cdef Resting order
        cdef PriceBar bar
        cdef Quote* quote
        self._visit += 1
        if type(bars) is PanelBars:
            for order in self.queue():
                quote = &self._quotes[order.slot]
                if quote.visit != self._visit and (<PanelBars> bars).read(order.slot, quote):
                    quote.visit = self._visit
                    quote.bought_inside = quote.sold_inside = False
            return 0
        for instrument, bar in bars.items():
            if instrument in self._slots:
                quote = &self._quotes[<Py_ssize_t> self._slots[instrument]]
                quote.open, quote.high, quote.low, quote.close = bar.open, bar.high, bar.low, bar.close
                quote.open_time, quote.close_time = bar.open_time, bar.close_time
                quote.session, quote.ends_session = bar.session, bar.ends_session
                quote.visit = self._visit
                quote.bought_inside = quote.sold_inside = False
        return 0

    cdef Quote* bar_of(self, Resting order) noexcept:
        """The bar that its instrument has now; NULL for none."""
        cdef Quote* quote = &self._quotes[order.slot]
        return quote if quote.visit == self._visit else NULL

    cdef Py_ssize_t _slot_of(self, instrument) except -1:
        cdef Quote* grown
        cdef Py_ssize_t slot = len(self._slots)
        known = self._slots.get(instrument)
        if known is not None:
            return known
        if slot & (slot - 1) == 0:
            grown = <Quote*> realloc(self._quotes, (2 * slot or 1) * sizeof(Quote))
            if grown == NULL:
                raise MemoryError
            self._quotes = grown
        self._quotes[slot].visit = 0
        self._slots[instrument] = slot
        return slot

    # ------------------------------------------------------------------ coming and going

    cdef Resting add(self, request, int64_t time, int role):
        cdef Resting order = Resting.__new__(Resting)
        (
            order.instrument, order.remaining, order.wait.kind, limit, stop, _, order.until, good_till,
            take_profit, stop_loss, _, order.group, _,
        ) = tuple(request)
        self._last_id += 1
        order.id, order.request, order.role = self._last_id, request, role
        order.slot = self._slot_of(order.instrument)
        order.wait.side = 1.0 if order.remaining > 0 else -1.0
        order.wait.limit, order.wait.stop = _or_nan(limit), _or_nan(stop)
        order.wait.best = order.wait.trail = NAN
        order.take_profit, order.stop_loss = _or_nan(take_profit), _or_nan(stop_loss)
        order.placed_at = order.since = time
        if good_till is not None:
            order.good_till = good_till
        if take_profit is not None or stop_loss is not None:
            order.bracket = Bracket.__new__(Bracket)
            order.bracket.entry = order
        if order.group:
            self._groups.setdefault(order.group, []).append(order)
        self._orders[order.id] = order
        self._changed = True
        self._timed += order.until != ALWAYS
        self._trailing += order.wait.kind == TRAILING_STOP
        self._closing += order.wait.kind == ON_CLOSE
        self._exits += role != OWN
        return order

    cdef int end(self, Resting order, int kind, int64_t time, reason) except -1:
        self._remove(order)
        self.tell(order, kind, time, order.remaining, NAN, reason)
        return 0

    cdef int _remove(self, Resting order) except -1:
        cdef Resting other
        order.ended = True
        del self._orders[order.id]
        self._changed = True
        self._timed -= order.until != ALWAYS
        self._trailing -= order.wait.kind == TRAILING_STOP
        self._closing -= order.wait.kind == ON_CLOSE
        self._exits -= order.role != OWN
        if order.group:
            for other in self._groups.get(order.group, ()):
                if not other.ended:
                    return 0
            self._groups.pop(order.group, None)
        return 0

    cdef int tell(
        self, Resting order, int kind, int64_t time, double quantity, double price=NAN, reason=""
    ) except -1:
        if self._ends_only and not (kind == CANCELLED or kind == EXPIRED or kind == DENIED):
            return 0
        self._listen(
            OrderEvent(
                order.id, KINDS[kind], time, order.instrument, quantity, None if price != price else price,
                reason, ROLES[order.role], order.request.tag, order.placed_at,
            )
        )
        return 0

    cdef int trigger(self, Resting order, int64_t time) except -1:
        """Its stop was reached."""
        self._trailing -= order.wait.kind == TRAILING_STOP
        wake(&order.wait)
        if order.wait.kind == LIMIT:
            self.tell(order, TRIGGERED, time, order.remaining)
        return 0

    # ------------------------------------------------------------------ what a fill changes

    cdef list book(self, Resting order, double filled, double paid, int64_t time):
        """Take note of a fill. Answers with exits that begin to work."""
        cdef double rest = order.remaining - filled
        cdef bint whole = fabs(rest) <= NOISE * fabs(order.remaining)
        order.remaining = 0.0 if whole else rest
        if whole:
            self._remove(order)
        self.tell(order, FILLED if whole else PARTIALLY_FILLED, time, filled, paid)
        if order.group:
            self._cancel_group(order, time)
        if order.bracket is None:
            return None
        if order.role == OWN:
            return self._enter(order, filled, time)
        self._reduce(order, filled, time)
        return None

    cdef list _enter(self, Resting order, double filled, int64_t time):
        """The exits of a bracket begin to work, or grow by what more was filled."""
        cdef Bracket bracket = order.bracket
        cdef Resting leg
        cdef bint begins = bracket.exits is None
        bracket.units += filled
        if begins:
            bracket.exits = []
            if order.stop_loss == order.stop_loss:
                self._begin_exit(order, STOP_LOSS, time)
            if order.take_profit == order.take_profit:
                self._begin_exit(order, TAKE_PROFIT, time)
        for leg in bracket.exits:
            leg.remaining = -bracket.units
        return bracket.exits if begins else None

    cdef int _begin_exit(self, Resting order, int role, int64_t time) except -1:
        cdef Resting leg
        stop, limit = (order.stop_loss, None) if role == STOP_LOSS else (None, order.take_profit)
        leg = self.add(
            OrderRequest(
                order.instrument, -order.bracket.units,
                OrderType.STOP if role == STOP_LOSS else OrderType.LIMIT,
                limit=limit, stop=stop, reduce_only=True, tag=order.request.tag,
            ),
            time, role,
        )
        leg.bracket = order.bracket
        order.bracket.exits.append(leg)
        self.tell(leg, ACCEPTED, time, leg.remaining)
        return 0

    cdef int _reduce(self, Resting leg, double filled, int64_t time) except -1:
        """What one exit has closed, the other must not close again, nor the entry open anew."""
        cdef Bracket bracket = leg.bracket
        cdef Resting other
        if not bracket.entry.ended:
            self.end(bracket.entry, CANCELLED, time, "an exit of its bracket was filled")
        bracket.units = 0.0 if leg.ended else bracket.units + filled
        for other in bracket.exits:
            if other is leg or other.ended:
                continue
            if bracket.units == 0:
                self.end(other, CANCELLED, time, "the other exit was filled")
            else:
                other.remaining = -bracket.units
        return 0

    cdef int _cancel_group(self, Resting order, int64_t time) except -1:
        # The first fill, be it a part, decides: what is left of this order goes on, the others end.
        cdef Resting other
        for other in list(self._groups.get(order.group, ())):
            if other is not order and not other.ended:
                self.end(other, CANCELLED, time, "another order of its group was filled")
        return 0

    # ------------------------------------------------------------------ time in force

    cdef int expire_before(self) except -1:
        """End what cannot be filled by the bars met."""
        cdef Resting order
        cdef Quote* bar
        for order in self.queue():
            bar = self.bar_of(order)
            if order.until == ALWAYS or bar == NULL or order.since >= bar.close_time:
                continue
            if order.until != DAY:
                if bar.close_time > order.good_till:
                    self.end(order, EXPIRED, bar.close_time, "its date has passed")
            elif not order.in_session:
                order.in_session, order.session = True, bar.session
            elif order.session != bar.session:
                self.end(order, EXPIRED, bar.close_time, "its session has ended")
        return 0

    cdef int expire_after(self, int64_t time) except -1:
        """End what was good until now."""
        cdef Resting order
        cdef Quote* bar
        for order in self.queue():
            bar = self.bar_of(order)
            if order.until == ALWAYS:
                continue
            if order.until != DAY:
                if time >= order.good_till:
                    self.end(order, EXPIRED, time, "its date has passed")
            elif bar != NULL and bar.ends_session and order.since < bar.close_time:
                self.end(order, EXPIRED, time, "its session has ended")
        return 0


cdef inline double _or_nan(value) except? -1:
    return NAN if value is None else value

# cython: language_level=3
"""The orders that work, and the bars they meet; `_working.pyx` says what happens to them."""

from libc.stdint cimport int64_t

from domain.orders._rules cimport Quote, Wait

# The values of TimeInForce, OrderRole and OrderEventKind in `model.py`.
cdef enum:
    ALWAYS = 0
    DAY = 1

cdef enum:
    OWN = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2

cdef enum:
    ACCEPTED = 0
    FILLED = 1
    PARTIALLY_FILLED = 2
    CANCELLED = 3
    EXPIRED = 4
    DENIED = 5
    TRIGGERED = 6
    MODIFIED = 7


cdef class PriceBar:
    cdef readonly double open, high, low, close
    cdef readonly int64_t open_time, close_time, session
    cdef readonly bint ends_session


cdef class PanelBars:
    cdef const double[:, ::1] _open, _high, _low, _close
    cdef const int64_t[::1] _close_time
    cdef const int64_t[:, ::1] _open_time
    cdef dict _sessions
    cdef bint _mixed, _ends_session
    cdef Py_ssize_t row

    cdef int read(self, Py_ssize_t column, Quote* quote) except -1


cdef class Resting


cdef class Bracket:
    cdef double units
    cdef list exits
    cdef Resting entry


cdef class Resting:
    cdef int64_t id, placed_at, since, session, good_till
    cdef object request, instrument
    cdef str group
    cdef Py_ssize_t slot
    cdef int role, until
    cdef bint ended, in_session
    cdef Wait wait
    cdef double remaining, take_profit, stop_loss
    cdef Bracket bracket


cdef class WorkingOrders:
    cdef object _listen
    cdef bint _ends_only, _changed
    cdef dict _orders, _groups, _slots
    cdef list _queue
    cdef Quote* _quotes
    cdef int64_t _last_id, _visit
    cdef Py_ssize_t _timed, _exits, _trailing, _closing

    cdef list queue(self)
    cdef Resting known(self, int64_t order_id)
    cdef list of(self, instrument)
    cdef int meet(self, bars) except -1
    cdef Quote* bar_of(self, Resting order) noexcept
    # Good until an order is added: a new instrument may move all bars.
    cdef Resting add(self, request, int64_t time, int role)
    cdef int end(self, Resting order, int kind, int64_t time, reason) except -1
    cdef int tell(
        self, Resting order, int kind, int64_t time, double quantity, double price=*, reason=*
    ) except -1
    cdef int trigger(self, Resting order, int64_t time) except -1
    cdef list book(self, Resting order, double filled, double paid, int64_t time)
    cdef int expire_before(self) except -1
    cdef int expire_after(self, int64_t time) except -1
    cdef Py_ssize_t _slot_of(self, instrument) except -1
    cdef int _remove(self, Resting order) except -1
    cdef list _enter(self, Resting order, double filled, int64_t time)
    cdef int _begin_exit(self, Resting order, int role, int64_t time) except -1
    cdef int _reduce(self, Resting leg, double filled, int64_t time) except -1
    cdef int _cancel_group(self, Resting order, int64_t time) except -1

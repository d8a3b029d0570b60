# cython: language_level=3
"""What the account keeps: orders, trades, and holdings at average cost.

Every field of the rows has eight bytes, so that numpy can read them."""

from libc.math cimport INFINITY, NAN, fabs, fmax, fmin
from libc.stdint cimport int64_t

cdef enum:
    NEXT_OPEN = 0
    NEXT_CLOSE = 1
    SAME_CLOSE = 2

cdef enum:
    STILL_OPEN = -1
    SIGNAL = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2

cdef enum:
    FILLED = 0
    DENIED = 1
    PENDING = 2

cdef enum:
    NOT_DENIED = 0
    NO_BUYING_POWER = 1
    ROUNDS_TO_ZERO = 2


cdef struct Order:
    int64_t decided_bar
    int64_t bar
    int64_t instrument
    int64_t status
    int64_t reason
    int64_t denial
    double quantity
    double price
    double commission
    double slippage
    double held


cdef struct Trade:
    int64_t instrument
    int64_t entry_bar
    int64_t exit_bar
    int64_t exit_reason
    double quantity
    double entry_price
    double exit_price
    double pnl
    double return_
    double fees
    double mae
    double mfe


cdef struct Holding:
    # What is held, what is wanted, and the round trip in progress.
    double quantity
    double average
    double last_close
    double lot
    double pending
    int64_t decided_bar
    int64_t entry_bar
    double side
    double basis
    double entry_units
    double entry_value
    double exit_units
    double exit_value
    double fees
    double lowest
    double highest
    double mae
    double mfe


cdef inline void see(Holding* h, double price) noexcept nogil:
    # A price that occurred while the position was held.
    if price < h.lowest:
        h.lowest = price
    if price > h.highest:
        h.highest = price


cdef inline void judge(Holding* h) noexcept nogil:
    # How far price went against the average cost held at that time, and how far in favour of it.
    cdef double worst, best
    if h.average > 0 and h.lowest <= h.highest:
        worst = h.lowest if h.side > 0 else h.highest
        best = h.highest if h.side > 0 else h.lowest
        h.mae = fmin(h.mae, h.side * (worst - h.average) / h.average)
        h.mfe = fmax(h.mfe, h.side * (best - h.average) / h.average)
    h.lowest, h.highest = INFINITY, -INFINITY


cdef inline void begin_trip(Holding* h, int64_t bar) noexcept nogil:
    h.entry_bar = bar
    h.average = h.basis = h.fees = h.side = h.mae = h.mfe = 0.0
    h.entry_units = h.entry_value = h.exit_units = h.exit_value = 0.0
    h.lowest, h.highest = INFINITY, -INFINITY


cdef inline void add_to(Holding* h, double side, double quantity, double price) noexcept nogil:
    cdef double held = fabs(h.quantity)
    if held > 0:
        judge(h)  # what was seen so far concerns the average before this purchase
    h.side = side
    h.entry_units += quantity
    h.entry_value += quantity * price
    h.average = (h.average * held + quantity * price) / (held + quantity)
    h.quantity += side * quantity
    if fabs(h.quantity) * h.average > h.basis:
        h.basis = fabs(h.quantity) * h.average


cdef inline void take_from(Holding* h, double side, double quantity, double price) noexcept nogil:
    # The average cost of what is left stays.
    h.exit_units += quantity
    h.exit_value += quantity * price
    h.quantity += side * quantity


cdef inline void end_trip(Holding* h, Trade* trade, int64_t bar, int64_t exit_reason) noexcept nogil:
    # A trip that is still open counts what is left at the last close.
    cdef double entry = h.entry_value / h.entry_units
    cdef double exit_value = h.exit_value
    if exit_reason == STILL_OPEN:
        exit_value += fabs(h.quantity) * h.last_close
    judge(h)
    trade.exit_price = exit_value / h.entry_units
    trade.entry_bar, trade.exit_bar, trade.exit_reason = h.entry_bar, bar, exit_reason
    trade.quantity, trade.entry_price, trade.fees = h.side * h.entry_units, entry, h.fees
    trade.pnl = h.side * (exit_value - h.entry_value) - h.fees
    trade.return_ = trade.pnl / h.basis if h.basis > 0 else NAN
    trade.mae, trade.mfe = h.mae, h.mfe

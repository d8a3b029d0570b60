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
    TRAILING_STOP = 3
    ORDER = 4
    MARGIN_CALL = 5
    DELISTED = 6
    SPLIT = 7

cdef enum:
    FILLED = 0
    DENIED = 1
    PENDING = 2
    CANCELLED = 3
    EXPIRED = 4

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
    double dividends


cdef struct Holding:
    # What is held, what is wanted, and the round trip in progress. `average` and the prices are in the
    # instrument's currency, `cost` and the values are money of the account.
    double quantity
    double average
    double last_close
    double lot
    double pending
    int64_t decided_bar
    int64_t entry_bar
    double side
    double cost
    double basis
    double entry_units
    double entry_prices
    double entry_value
    double exit_units
    double exit_prices
    double exit_value
    double fees
    double dividends
    int64_t leaving  # why a market exit that volume cut short goes on at the next open, 0 for none
    int64_t entered_inside  # the bar in which an order inside it opened the position, -1 for none
    int64_t added_inside  # the bar in which an order inside it opened or added, -1 for none
    int64_t volume_bar  # the bar that `volume_taken` units were taken from
    double volume_taken
    double conversion  # share of the notional that changing currency costs
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
    h.entry_bar, h.entered_inside, h.added_inside, h.leaving = bar, -1, -1, 0
    h.average = h.cost = h.basis = h.fees = h.dividends = h.side = h.mae = h.mfe = 0.0
    h.entry_units = h.entry_prices = h.entry_value = 0.0
    h.exit_units = h.exit_prices = h.exit_value = 0.0
    h.lowest, h.highest = INFINITY, -INFINITY


cdef inline void add_to(Holding* h, double side, double quantity, double price, double paid) noexcept nogil:
    # price is in the instrument's currency, paid the same in the account's.
    cdef double held = fabs(h.quantity)
    if held > 0:
        judge(h)  # what was seen so far concerns the average before this purchase
    h.side = side
    h.entry_units += quantity
    h.entry_prices += quantity * price
    h.entry_value += quantity * paid
    h.average = (h.average * held + quantity * price) / (held + quantity)
    h.cost = (h.cost * held + quantity * paid) / (held + quantity)
    h.quantity += side * quantity
    if fabs(h.quantity) * h.cost > h.basis:
        h.basis = fabs(h.quantity) * h.cost


cdef inline void take_from(Holding* h, double side, double quantity, double price, double paid) noexcept nogil:
    # The average cost of what is left stays.
    h.exit_units += quantity
    h.exit_prices += quantity * price
    h.exit_value += quantity * paid
    h.quantity += side * quantity


cdef inline void restate(Holding* h, double ratio) noexcept nogil:
    # A split: so many new shares for each old one, at the same cost altogether.
    h.quantity *= ratio
    h.average /= ratio
    h.cost /= ratio
    h.entry_units *= ratio
    h.exit_units *= ratio
    h.lowest /= ratio
    h.highest /= ratio


cdef inline void end_trip(
    Holding* h, Trade* trade, int64_t bar, int64_t exit_reason, double rate
) noexcept nogil:
    # A trip that is still open counts what is left at the last close.
    cdef double exit_prices = h.exit_prices, exit_value = h.exit_value
    if exit_reason == STILL_OPEN:
        exit_prices += fabs(h.quantity) * h.last_close
        exit_value += fabs(h.quantity) * (h.last_close * rate)
    judge(h)
    trade.exit_price = exit_prices / h.entry_units
    trade.entry_bar, trade.exit_bar, trade.exit_reason = h.entry_bar, bar, exit_reason
    trade.quantity, trade.entry_price, trade.fees = h.side * h.entry_units, h.entry_prices / h.entry_units, h.fees
    trade.dividends = h.dividends
    trade.pnl = h.side * (exit_value - h.entry_value) - h.fees + h.dividends
    trade.return_ = trade.pnl / h.basis if h.basis > 0 else NAN
    trade.mae, trade.mfe = h.mae, h.mfe


cdef inline int read_rows(const int64_t* rows, Py_ssize_t width, Py_ssize_t count, int64_t[:, ::1] table) except -1:
    # One column of the table a field, floats bit by bit.
    cdef Py_ssize_t row, column
    if table.shape[0] != width or table.shape[1] != count:
        raise ValueError("the table does not fit the rows")
    for row in range(count):
        for column in range(width):
            table[column, row] = rows[row * width + column]
    return 0

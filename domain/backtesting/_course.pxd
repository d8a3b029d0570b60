# cython: language_level=3
"""What happens to the account in a bar, in order."""

from libc.math cimport NAN, fabs, isinf
from libc.stdint cimport int64_t

from domain.backtesting._books cimport ruin
from domain.backtesting._costs cimport noise
from domain.backtesting._events cimport take_events
from domain.backtesting._exits cimport check_margin, liquidate, protect
from domain.backtesting._records cimport NEXT_CLOSE, NEXT_OPEN, SAME_CLOSE, Holding, see
from domain.backtesting._state cimport State
from domain.backtesting._targets cimport fill_targets


# Lenders count calendar time: a weekend costs three days.
cdef inline double years_of(double nanoseconds) noexcept nogil:
    return nanoseconds / (365.0 * 86_400.0 * 1e9)


cdef inline int64_t fundings_before(int64_t nanoseconds) noexcept nogil:
    # How many full eight hours lie before a time, rounded up: the funding at that very time is not in it.
    cdef int64_t period = 8 * 3_600 * 1_000_000_000
    cdef int64_t whole = nanoseconds // period  # rounded to zero
    return whole + (nanoseconds > whole * period)


cdef inline Py_ssize_t rest(State* s, Py_ssize_t i, Py_ssize_t stop, const double* row) noexcept nogil:
    # A short cut through the steps below for a cash account, long or flat, while nothing is
    # decided, due or owed: most bars of most runs. Answers with the first bar it does not cover;
    # that bar may have been looked at in part, and looking twice changes nothing.
    cdef Py_ssize_t j, columns = s.columns
    cdef const double* close = s.close + i * columns
    cdef const double* high = s.high + i * columns
    cdef const double* low = s.low + i * columns
    cdef double* equity_curve = s.equity_curve
    cdef double* cash_curve = s.cash_curve
    cdef double* exposure_curve = s.exposure_curve
    cdef Holding* holdings = s.holdings
    cdef Holding* h
    cdef double cash = s.cash, value, equity, total = 0.0
    if s.pending > 0 or cash < 0 or s.short_value > 0 or s.rates != NULL:
        return i
    if s.next_event < s.event_count and s.event_where[2 * s.next_event] < stop:
        stop = s.event_where[2 * s.next_event]
    for j in range(columns):
        if s.attends and s.holdings[j].quantity != 0:
            return i
    while i < stop:
        value = 0.0
        for j in range(columns):
            h = &holdings[j]
            if row[j] == row[j]:
                break
            if close[j] == close[j]:
                h.last_close = close[j]
                if h.quantity != 0:
                    see(h, low[j])
                    see(h, high[j])
            if h.quantity != 0:
                value += h.quantity * h.last_close
        else:
            equity = cash + value
            if equity > 0:
                total += equity
                equity_curve[i] = equity
                cash_curve[i] = cash
                exposure_curve[i] = value / equity
                i += 1
                close += columns
                high += columns
                low += columns
                row += columns
                continue
        break
    s.equity_sum += total
    return i


cdef inline void open_bar(State* s, Py_ssize_t i) noexcept nogil:
    cdef int trading = s.ruined_bar < 0
    s.at_close = False
    if s.rates != NULL:
        # The rate of this row may be younger than its open: the one before it is the last that was known.
        s.rate = s.rates + (i - 1 if i > 0 else 0) * s.columns
    if i > 0 and (s.cash < 0 or s.short_value > 0 or s.funding_rate != 0):
        charge_financing(s, i)
    if s.next_event < s.event_count:
        take_events(s, i)
    if trading and s.protects:
        protect(s, i, True)
    if s.called_bar >= 0:
        liquidate(s, i)
    if trading and s.pending > 0 and s.fill == NEXT_OPEN:
        fill_targets(s, i, s.open + i * s.columns, True)


cdef inline void close_bar(State* s, Py_ssize_t i) noexcept nogil:
    cdef int trading = s.ruined_bar < 0
    cdef Py_ssize_t filled
    if trading and s.protects:
        protect(s, i, False)
    watch(s, i)
    if trading and s.pending > 0 and s.fill == NEXT_CLOSE:
        fill_targets(s, i, s.close + i * s.columns, False)
    elif trading and s.pending > 0 and s.fill == NEXT_OPEN and s.open_time != NULL:
        # What the open came too early for: the close is the first price after the decision.
        filled = s.filled_count
        fill_targets(s, i, s.close + i * s.columns, False)
        s.filled_late += s.filled_count - filled


cdef inline void end_bar(State* s, Py_ssize_t i, const double* row) noexcept nogil:
    take_over(s, i, row)
    if s.pending > 0 and s.fill == SAME_CLOSE:
        fill_targets(s, i, s.close + i * s.columns, False)
    mark(s, i)


cdef inline void charge_financing(State* s, Py_ssize_t i) noexcept nogil:
    cdef double elapsed = <double> (s.close_time[i] - s.close_time[i - 1])
    cdef double years = years_of(elapsed)
    cdef double due = s.short_value * s.borrow_rate * years
    if s.cash < 0:
        due += -s.cash * s.margin_rate * years
    if s.funding_rate != 0:
        # Longs pay shorts while the rate is positive: who holds at midnight, eight and sixteen, and not
        # who sold before. What falls on a close is paid by who held at that close.
        due += s.net_value * s.funding_rate * <double> (
            fundings_before(s.close_time[i]) - fundings_before(s.close_time[i - 1])
        )
    s.cash -= due
    s.financing += due


cdef inline void watch(State* s, Py_ssize_t i) noexcept nogil:
    # What is held at this point was held through the bar, or from its open on, but for what an
    # order opened inside it.
    cdef Py_ssize_t j, cell = i * s.columns
    cdef Holding* h
    s.at_close = True
    if s.rates != NULL:
        s.rate = s.rates + cell
    for j in range(s.columns):
        if s.close[cell + j] == s.close[cell + j]:
            h = &s.holdings[j]
            h.last_close = s.close[cell + j]
            if h.quantity != 0 and h.entered_inside == i:
                see(h, h.last_close)
            elif h.quantity != 0:
                see(h, s.low[cell + j])
                see(h, s.high[cell + j])


cdef inline void take_over(State* s, Py_ssize_t i, const double* row) noexcept nogil:
    cdef Py_ssize_t j
    cdef double total = 0.0
    cdef Holding* h
    for j in range(s.columns):
        if row[j] != row[j]:
            continue
        if isinf(row[j]):
            s.infinite_target_bar = i
            return
        total += fabs(row[j])
        s.decisions += 1
        if s.ruined_bar >= 0:
            continue
        h = &s.holdings[j]
        if h.pending != h.pending:
            s.pending += 1
        h.pending = row[j]
        h.decided_bar = i
    if total > s.max_leverage * (1.0 + noise()):
        s.rows_over_leverage += 1


cdef inline void mark(State* s, Py_ssize_t i) noexcept nogil:
    cdef Py_ssize_t j
    cdef double value = 0.0, gross = 0.0, short_value = 0.0, worth, equity
    for j in range(s.columns):
        if s.holdings[j].quantity != 0:
            worth = s.holdings[j].last_close
            if s.rate != NULL:
                worth *= s.rate[j]
            worth *= s.holdings[j].quantity
            value += worth
            gross += fabs(worth)
            if worth < 0:
                short_value -= worth
    equity = s.cash + value
    s.short_value, s.net_value = short_value, value
    s.equity_sum += equity
    s.equity_curve[i] = equity
    s.cash_curve[i] = s.cash
    if s.maintenance == s.maintenance:
        check_margin(s, i, equity, gross)
    if equity > 0:
        s.exposure_curve[i] = gross / equity
    else:
        s.exposure_curve[i] = NAN if gross > 0 else 0.0
        ruin(s, i)

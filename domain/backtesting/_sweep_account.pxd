# cython: language_level=3
"""The account of the sweep: one instrument, moved from fill to fill.

The arithmetic of a fill is that of `Account` with one instrument, operation by operation.
"""

from libc.math cimport fabs, isfinite
from libc.stdint cimport int64_t
from libc.string cimport memset

from domain.backtesting._costs cimport affordable, commission_of, fill_price, noise, round_down
from domain.backtesting._lanes cimport lanes_values
from domain.backtesting._records cimport (
    SAME_CLOSE, SIGNAL, Holding, Trade, add_to, begin_trip, end_trip, take_from,
)
from domain.backtesting._sweep_state cimport Run, Span, Tally


cdef inline double nanoseconds_per_year() noexcept nogil:
    return 365.0 * 86_400.0 * 1e9


cdef inline void live_through(Run* run, const int64_t* row, const double* weight, Py_ssize_t decisions) noexcept nogil:
    cdef Py_ssize_t k, i = 0, at
    cdef bint fresh = False
    begin_run(run)
    for k in range(decisions):
        at = fill_row(run, row[k])
        if at >= run.rows or run.stopped:
            break
        if k + 1 < decisions and row[k + 1] < at + (run.fill == SAME_CLOSE):
            continue  # replaced before it could fill
        hold(run, i, at, fresh)
        i = at
        fresh = False
        if run.stopped:
            break
        if at > 0:
            charge(run, at)
        fill(run, at, weight[k])
        # What is owed now is counted when the account is next valued.
        run.short_value = 0.0
        fresh = True
    hold(run, i, run.rows, fresh)


cdef inline void begin_run(Run* run) noexcept nogil:
    memset(&run.held, 0, sizeof(Holding))
    memset(&run.tally, 0, sizeof(Tally))
    run.held.lot = run.lot
    run.cash = run.initial_cash
    run.short_value = run.fees = run.slippage = run.financing = run.traded = run.equity_sum = 0.0
    run.span_count = run.rows_held = 0
    run.loss_row = -1
    run.stopped = False


cdef inline Py_ssize_t fill_row(Run* run, Py_ssize_t decided) noexcept nogil:
    # The first bar at or after the earliest row the decision can fill on.
    cdef Py_ssize_t earliest = decided if run.fill == SAME_CLOSE else decided + 1
    if run.next_bar == NULL or earliest > run.rows:
        return earliest
    return run.next_bar[earliest]


cdef inline void charge(Run* run, Py_ssize_t i) noexcept nogil:
    cdef double years, due
    if run.cash < 0 or run.short_value > 0:
        years = <double> (run.close_time[i] - run.close_time[i - 1]) / nanoseconds_per_year()
        due = run.short_value * run.borrow_rate * years
        if run.cash < 0:
            due += -run.cash * run.margin_rate * years
        run.cash -= due
        run.financing += due


cdef inline void hold(Run* run, Py_ssize_t start, Py_ssize_t stop, bint fresh) noexcept nogil:
    # Value the account at the close of rows start <= i < stop. `fresh` says that row `start` has
    # been charged and filled already.
    cdef Py_ssize_t i, count = stop - start
    cdef double quantity = run.held.quantity
    if count <= 0:
        return
    if run.cash < 0 or quantity < 0 or run.short_value > 0 or (quantity == 0 and run.cash == 0):
        hold_in_debt(run, start, stop, fresh)
        return
    if quantity != 0:
        run.equity_sum += lanes_values(run.mark + start, run.cash, quantity, run.equity + start, count)
        run.rows_held += count
        note_span(run, start, stop - 1)
        return
    # Where nobody asks for the levels in between, the two ends will do.
    run.equity[start] = run.equity[stop - 1] = run.cash
    if run.every_level:
        for i in range(start, stop):
            run.equity[i] = run.cash
    run.equity_sum += run.cash * count
    if fresh:
        note_span(run, start, start)


cdef inline void hold_in_debt(Run* run, Py_ssize_t start, Py_ssize_t stop, bint fresh) noexcept nogil:
    # Money or shares are owed, so that every bar charges something and may be the last one.
    cdef Py_ssize_t i
    cdef double quantity = run.held.quantity, worth, equity
    for i in range(start, stop):
        if i > 0 and not (fresh and i == start):
            charge(run, i)
        worth = quantity * run.mark[i] if quantity != 0 else 0.0
        equity = run.cash + worth
        run.short_value = -worth if worth < 0 else 0.0
        run.equity[i] = equity
        run.equity_sum += equity
        run.rows_held += quantity != 0
        if not equity > 0:
            run.stopped = True
            if run.loss_row < 0:
                run.loss_row = i
    note_span(run, start, stop - 1)


cdef inline void note_span(Run* run, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    # Rows become return periods; spans do not overlap, and those that touch are one.
    cdef Span* before = &run.spans[run.span_count - 1]
    if run.period != NULL:
        first, last = run.period[first], run.period[last]
    if run.span_count > 0 and first <= before.last + 1:
        if last > before.last:
            before.last = last
        return
    run.spans[run.span_count].first, run.spans[run.span_count].last = first, last
    run.span_count += 1


cdef inline void fill(Run* run, Py_ssize_t i, double target) noexcept nogil:
    cdef Holding* h = &run.held
    cdef double reference = run.price[i], equity = run.cash, wanted, left, gross, scale
    if h.quantity != 0:
        equity += h.quantity * reference
    if equity <= 0:
        run.stopped = True
        return
    wanted = reduce(run, i, reference, target, equity)
    if wanted > 0:
        left, gross = run.cash, 0.0
        if h.quantity != 0:
            left += h.quantity * reference
            gross += fabs(h.quantity) * reference
        left = run.max_leverage * left - gross
        if left < 0:
            left = 0.0
        scale = left / wanted if wanted > left else 1.0
        increase(run, i, reference, 1.0 if target > 0 else -1.0, wanted * scale, left, equity)


cdef inline double reduce(Run* run, Py_ssize_t i, double reference, double target, double equity) noexcept nogil:
    # Sell what is too much; the answer is the money wanted for what is too little.
    cdef Holding* h = &run.held
    cdef double desired = target * equity
    cdef double current = h.quantity * reference
    cdef double quantity
    if h.quantity != 0 and desired * current <= 0:
        give_up(run, i, reference, fabs(h.quantity))
        return fabs(desired)
    if fabs(desired - current) <= noise() * equity:
        return 0.0
    if fabs(desired) > fabs(current):
        return fabs(desired) - fabs(current)
    quantity = round_down((fabs(current) - fabs(desired)) / reference, h.lot)
    if quantity > fabs(h.quantity):
        quantity = fabs(h.quantity)
    if quantity > 0:
        give_up(run, i, reference, quantity)
    return 0.0


cdef inline void give_up(Run* run, Py_ssize_t i, double reference, double quantity) noexcept nogil:
    cdef double side = -1.0 if run.held.quantity > 0 else 1.0
    book(run, i, side, quantity, reference)


cdef inline void increase(Run* run, Py_ssize_t i, double reference, double side, double share, double left, double equity
) noexcept nogil:
    cdef double quantity, by_power, volume = run.volume[i]
    if not share > noise() * equity:
        return
    quantity = affordable(&run.costs, share, 1.0, reference, side, volume)
    by_power = affordable(&run.costs, left, run.max_leverage, reference, side, volume)
    quantity = round_down(by_power if by_power < quantity else quantity, run.lot)
    if quantity > 0:
        book(run, i, side, quantity, reference)


cdef inline void book(Run* run, Py_ssize_t i, double side, double quantity, double reference) noexcept nogil:
    cdef Holding* h = &run.held
    cdef double price = fill_price(&run.costs, reference, side, quantity, run.volume[i])
    cdef double commission = commission_of(&run.costs, quantity, price)
    run.cash -= side * quantity * price + commission
    run.fees += commission
    run.slippage += quantity * fabs(price - reference)
    run.traded += quantity * price
    if h.quantity == 0:
        begin_trip(h, i)
    h.fees += commission
    if h.quantity * side >= 0:
        add_to(h, side, quantity, price, price)
        return
    take_from(h, side, quantity, price, price)
    if fabs(h.quantity) <= noise() * h.lot:
        h.quantity = 0.0
    if h.quantity == 0:
        note_trade(run, i)


cdef inline void note_trade(Run* run, Py_ssize_t i) noexcept nogil:
    cdef Trade trade
    cdef Tally* t = &run.tally
    end_trip(&run.held, &trade, i, SIGNAL, 1.0)
    t.count += 1
    t.pnl += trade.pnl
    t.bars += i - trade.entry_bar
    if trade.pnl > 0:
        t.won += 1
        t.gain += trade.pnl
    elif trade.pnl < 0:
        t.lost += 1
        t.loss -= trade.pnl
    if not isfinite(trade.return_):
        return
    if t.defined == 0 or trade.return_ > t.best:
        t.best = trade.return_
    if t.defined == 0 or trade.return_ < t.worst:
        t.worst = trade.return_
    run.trade_return[t.defined] = trade.return_
    t.defined += 1
    t.returns += trade.return_
    if trade.pnl > 0:
        t.winners += 1
        t.mean_win += trade.return_
    elif trade.pnl < 0:
        t.losers += 1
        t.mean_loss += trade.return_

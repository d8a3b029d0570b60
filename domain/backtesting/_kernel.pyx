# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""The simulated account, compiled. Only arrays go in and out; `reference.py` is the same in plain Python.

Money is float64 here: a simulation measures, it does not keep books. Every formula is written in the
same order of operations as in the reference, so that both round, and therefore floor, alike.

What the account is lies in `_state.pxd`; what it does, by idea, in `_course.pxd` (a bar, in order),
`_targets.pxd` (weights become orders), `_exits.pxd` (protection and margin calls), `_events.pxd` (splits,
dividends, delistings) and `_books.pxd` (fills and records). Here is what Python sees of it.
"""

cimport cython
from libc.math cimport INFINITY, NAN, fabs
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from domain.backtesting._books cimport rate_of, record_order, record_trade, trade, volume_left
from domain.backtesting._course cimport close_bar, end_bar, open_bar, rest
from domain.backtesting._events cimport split_ratio
from domain.backtesting._records cimport STILL_OPEN, Holding, Order, Trade, read_rows
from domain.backtesting._state cimport State
from domain.backtesting._targets cimport list_pending


@cython.final
cdef class Account:
    """Cash, holdings, orders and trades of one simulation, moved bar by bar."""

    cdef object _kept_alive
    cdef State state

    def __cinit__(
        self,
        const int64_t[::1] close_time,
        const int64_t[:, ::1] open_time,
        const double[:, ::1] open,
        const double[:, ::1] high,
        const double[:, ::1] low,
        const double[:, ::1] close,
        const double[:, ::1] volume,
        const double[::1] lots,
        double[::1] equity,
        double[::1] cash,
        double[::1] exposure,
        *,
        const double[:, ::1] rates,
        const double[::1] conversion,
        const int64_t[:, ::1] event_where,
        const double[:, ::1] event_what,
        const double[::1] tier_from,
        const double[::1] tier_rates,
        const int64_t[::1] tier_period,
        double initial_cash,
        int fill,
        bint limits_fill_at_touch,
        double max_leverage,
        double maintenance_margin,
        double max_volume_share,
        double stop_loss,
        double take_profit,
        double commission_fixed,
        double commission_per_share,
        double commission_rate,
        double commission_rate_passive,
        double commission_minimum,
        double commission_maximum,
        double adverse_rate,
        double impact_rate,
        double borrow_rate,
        double margin_rate,
        double funding_rate,
    ):
        cdef Py_ssize_t j, rows = close.shape[0], columns = close.shape[1]
        cdef State* s = &self.state
        if rows == 0 or columns == 0:
            raise ValueError("an account needs at least one bar of one instrument")
        if not (
            close_time.shape[0] == open.shape[0] == high.shape[0] == low.shape[0] == volume.shape[0]
            == equity.shape[0] == cash.shape[0] == exposure.shape[0] == rows
            and open.shape[1] == high.shape[1] == low.shape[1] == volume.shape[1] == lots.shape[0]
            == conversion.shape[0] == columns
            and event_where.shape[0] == event_what.shape[0] and event_where.shape[1] == event_what.shape[1] == 2
            and tier_from.shape[0] == tier_rates.shape[0] and tier_period.shape[0] in (0, rows)
        ):
            raise ValueError("arrays of an account differ in shape")
        # None given: no bar can open before a decision that waits for it.
        if open_time.shape[0] > 0:
            if open_time.shape[0] != rows or open_time.shape[1] != columns:
                raise ValueError("arrays of an account differ in shape")
            s.open_time = &open_time[0, 0]
        if rates.shape[0] > 0:
            if rates.shape[0] != rows or rates.shape[1] != columns:
                raise ValueError("arrays of an account differ in shape")
            s.rates = s.rate = &rates[0, 0]
        self._kept_alive = (
            close_time, open_time, open, high, low, close, volume, equity, cash, exposure, rates, event_where,
            event_what, tier_from, tier_rates, tier_period,
        )
        s.close_time, s.open, s.high = &close_time[0], &open[0, 0], &high[0, 0]
        s.low, s.close, s.volume = &low[0, 0], &close[0, 0], &volume[0, 0]
        s.equity_curve, s.cash_curve = &equity[0], &cash[0]
        s.exposure_curve = &exposure[0]
        s.rows, s.columns = rows, columns
        s.cash, s.fill, s.limits_fill_at_touch = initial_cash, fill, limits_fill_at_touch
        s.max_leverage, s.maintenance = max_leverage, maintenance_margin
        s.max_volume_share = max_volume_share
        s.stop_loss, s.take_profit = stop_loss, take_profit
        s.protects = stop_loss == stop_loss or take_profit == take_profit
        s.attends = s.protects or funding_rate != 0
        s.borrow_rate, s.margin_rate, s.funding_rate = borrow_rate, margin_rate, funding_rate
        s.no_costs.maximum = INFINITY
        s.active_costs = s.no_costs
        s.active_costs.fixed, s.active_costs.per_share = commission_fixed, commission_per_share
        s.active_costs.rate, s.active_costs.minimum = commission_rate, commission_minimum
        s.active_costs.maximum = commission_maximum
        if tier_from.shape[0] > 0:
            s.active_costs.tiers = tier_from.shape[0]
            s.active_costs.tier_from, s.active_costs.tier_rates = &tier_from[0], &tier_rates[0]
        # A limit order waits in the book: it pays neither spread nor slippage, and the maker's rate.
        s.passive_costs = s.active_costs
        if commission_rate_passive == commission_rate_passive:
            s.passive_costs.rate, s.passive_costs.tiers = commission_rate_passive, 0
        s.active_costs.adverse, s.active_costs.impact = adverse_rate, impact_rate
        if tier_period.shape[0] > 0:
            s.tier_period = &tier_period[0]
        if event_where.shape[0] > 0:
            s.event_count = event_where.shape[0]
            s.event_where, s.event_what = &event_where[0, 0], &event_what[0, 0]
            for j in range(s.event_count):
                if not (0 <= event_where[j, 0] < rows and 0 <= event_where[j, 1] < columns):
                    raise ValueError("an event lies outside the panel")
        s.infinite_target_bar = s.ruined_bar = s.called_bar = s.first_margin_call_bar = -1
        s.holdings = <Holding*> calloc(columns, sizeof(Holding))
        s.quoted = <double*> calloc(4 * columns, sizeof(double))
        s.cut = <int*> calloc(columns, sizeof(int))
        if s.holdings == NULL or s.quoted == NULL or s.cut == NULL:
            raise MemoryError
        s.reference = s.quoted + columns
        s.budget = s.reference + columns
        s.asked = s.budget + columns
        for j in range(columns):
            s.holdings[j].lot, s.holdings[j].conversion = lots[j], conversion[j]
            s.holdings[j].entered_inside = s.holdings[j].added_inside = s.holdings[j].volume_bar = -1
            s.holdings[j].last_close = s.holdings[j].pending = s.asked[j] = NAN

    def __dealloc__(self):
        free(self.state.holdings)
        free(self.state.quoted)
        free(self.state.cut)
        free(self.state.orders)
        free(self.state.trades)

    def run(self, const double[:, ::1] targets, Py_ssize_t start, Py_ssize_t stop):
        """Live bars start <= i < stop through with these targets (T, N). Releases the GIL."""
        cdef Py_ssize_t i
        if targets.shape[0] != self.state.rows or targets.shape[1] != self.state.columns:
            raise ValueError("targets differ in shape from the bars")
        if not 0 <= start <= stop <= self.state.rows:
            raise ValueError("bars outside the panel")
        with nogil:
            i = start
            while i < stop and self.state.infinite_target_bar < 0:
                i = rest(&self.state, i, stop, &targets[i, 0])
                if i < stop:
                    open_bar(&self.state, i)
                    close_bar(&self.state, i)
                    end_bar(&self.state, i, &targets[i, 0])
                    i += 1
        self._check()

    def begin_bar(self, Py_ssize_t i):
        """Everything that happens in bar i before a decision can be made on it."""
        self._check_bar(i)
        open_bar(&self.state, i)
        close_bar(&self.state, i)

    def open_bar(self, Py_ssize_t i):
        """The first half of `begin_bar`: financing, corporate actions, gap exits, targets due at the open."""
        self._check_bar(i)
        open_bar(&self.state, i)

    def close_bar(self, Py_ssize_t i):
        """The second half: protection inside the bar, the marks of its close, targets due at the close."""
        self._check_bar(i)
        close_bar(&self.state, i)

    def ask(self, Py_ssize_t j, double weight):
        """Note a target for instrument j; `end_bar` takes it over."""
        self._check_column(j)
        self.state.asked[j] = weight

    def end_bar(self, Py_ssize_t i):
        """Take over what was asked, fill it if it fills at this close, and mark the account."""
        cdef Py_ssize_t j
        self._check_bar(i)
        end_bar(&self.state, i, self.state.asked)
        for j in range(self.state.columns):
            self.state.asked[j] = NAN
        self._check()

    def finish(self):
        """After the last bar: list decisions that never traded, and trades that are still open."""
        cdef Py_ssize_t j
        for j in range(self.state.columns):
            if self.state.holdings[j].pending == self.state.holdings[j].pending:
                list_pending(&self.state, j)
            if self.state.holdings[j].quantity != 0:
                record_trade(&self.state, self.state.rows - 1, j, STILL_OPEN)
                self.state.open_trade_count += 1
        self._check()

    def trade(
        self, Py_ssize_t i, Py_ssize_t j, double quantity, double reference, int64_t reason,
        Py_ssize_t decided_bar, bint passive,
    ):
        """Fill an order in bar i at a reference price: the signed units filled, 0.0 for none.

        passive is a limit's price: no spread or slippage, and the maker's commission. Shrinking a
        position is always allowed; what opens or adds is cut to whole lots and to buying power,
        counted at the open before `close_bar` and at the close after it. Nothing left of it is a
        denial, and recorded. Both are cut to `volume_left`, which is no denial: the rest may go on.
        """
        cdef double filled
        self._check_bar(i)
        self._check_column(j)
        if quantity == 0 or not (fabs(quantity) < INFINITY and 0 < reference < INFINITY):
            raise ValueError("an order fills a finite quantity at a positive price")
        filled = trade(&self.state, i, j, quantity, reference, reason, decided_bar, passive)
        self._check()
        return filled

    def list_order(
        self, int64_t decided_bar, int64_t i, Py_ssize_t j, int64_t status, int64_t reason, int64_t denial,
        double quantity,
    ):
        """A row for an order that ended unfilled, or waits at the end (i is -1 then)."""
        cdef Order* order
        self._check_column(j)
        order = record_order(&self.state, decided_bar, i, j, status, denial, quantity)
        if order != NULL:
            order.reason = reason
        self._check()

    def volume_left(self, Py_ssize_t i, Py_ssize_t j):
        """Units, in whole lots, that may still be filled in bar i; infinite without a volume cap."""
        self._check_bar(i)
        self._check_column(j)
        return volume_left(&self.state, i, j)

    def split_ratio(self, Py_ssize_t i, Py_ssize_t j):
        """New shares for each old one from the open of bar i on; 1.0 when nothing is split then."""
        return split_ratio(&self.state, i, j)

    def position(self, Py_ssize_t j):
        """Units of instrument j held now."""
        self._check_column(j)
        return self.state.holdings[j].quantity

    def average(self, Py_ssize_t j):
        """Average price paid for what is held, in the instrument's currency; 0.0 when nothing is."""
        self._check_column(j)
        return self.state.holdings[j].average if self.state.holdings[j].quantity != 0 else 0.0

    def last_close(self, Py_ssize_t j):
        """Last known close, in the instrument's currency; NaN before the first."""
        self._check_column(j)
        return self.state.holdings[j].last_close

    @property
    def equity(self):
        """Value of the account now, every holding at its last known close."""
        cdef Py_ssize_t j
        cdef double value = 0.0
        for j in range(self.state.columns):
            if self.state.holdings[j].quantity != 0:
                value += self.state.holdings[j].quantity * (self.state.holdings[j].last_close * rate_of(&self.state, j))
        return self.state.cash + value

    @property
    def limits_fill_at_touch(self):
        return bool(self.state.limits_fill_at_touch)

    @property
    def order_count(self):
        return self.state.order_count

    @property
    def trade_count(self):
        return self.state.trade_count

    @property
    def open_trade_count(self):
        return self.state.open_trade_count

    @property
    def filled_count(self):
        return self.state.filled_count

    @property
    def denied_count(self):
        return self.state.denied_count

    @property
    def pending_count(self):
        return self.state.pending_count

    @property
    def decisions(self):
        return self.state.decisions

    @property
    def rows_over_leverage(self):
        return self.state.rows_over_leverage

    @property
    def entry_bar_exits(self):
        return self.state.entry_bar_exits

    @property
    def filled_late(self):
        return self.state.filled_late

    @property
    def cut_by_volume(self):
        return self.state.cut_by_volume

    @property
    def infinite_target_bar(self):
        return self.state.infinite_target_bar

    @property
    def ruined_bar(self):
        return self.state.ruined_bar

    @property
    def margin_calls(self):
        return self.state.margin_calls

    @property
    def first_margin_call_bar(self):
        return self.state.first_margin_call_bar

    @property
    def cash(self):
        return self.state.cash

    @property
    def fees(self):
        return self.state.fees

    @property
    def slippage(self):
        return self.state.slippage

    @property
    def financing(self):
        return self.state.financing

    @property
    def dividends(self):
        return self.state.dividends

    @property
    def traded(self):
        return self.state.traded

    @property
    def equity_sum(self):
        return self.state.equity_sum

    @property
    def first_margin_shortfall(self):
        return self.state.first_margin_shortfall

    def read_orders(self, int64_t[:, ::1] table):
        """Write all orders into a table of shape (fields of `Order`, order_count), floats bit by bit."""
        read_rows(<const int64_t*> self.state.orders, sizeof(Order) // 8, self.state.order_count, table)

    def read_trades(self, int64_t[:, ::1] table):
        """The same for trades; the last `open_trade_count` are still open."""
        read_rows(<const int64_t*> self.state.trades, sizeof(Trade) // 8, self.state.trade_count, table)

    cdef int _check(self) except -1:
        if self.state.out_of_memory:
            raise MemoryError
        return 0

    cdef int _check_bar(self, Py_ssize_t i) except -1:
        if not 0 <= i < self.state.rows:
            raise IndexError(i)
        return 0

    cdef int _check_column(self, Py_ssize_t j) except -1:
        if not 0 <= j < self.state.columns:
            raise IndexError(j)
        return 0

# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""The simulated account, compiled. Only arrays go in and out; `reference.py` is the same in plain Python.

Money is float64 here: a simulation measures, it does not keep books. Every formula is written in the
same order of operations as in the reference, so that both round, and therefore floor, alike.
"""

cimport cython
from libc.math cimport INFINITY, NAN, fabs, isinf
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, realloc

from domain.backtesting._costs cimport Costs, affordable, commission_of, fill_price, money_needed, noise, round_down
from domain.backtesting._records cimport (
    DENIED, FILLED, NEXT_CLOSE, NEXT_OPEN, NO_BUYING_POWER, NOT_DENIED, PENDING, ROUNDS_TO_ZERO, SAME_CLOSE,
    STILL_OPEN, STOP_LOSS, TAKE_PROFIT, SIGNAL, Holding, Order, Trade, add_to, begin_trip, end_trip, see,
    take_from,
)

cdef double NANOSECONDS_PER_YEAR = 365.0 * 86_400.0 * 1e9
cdef double NOISE = noise()


def first_unusable_bar(
    const double[:, ::1] open,
    const double[:, ::1] high,
    const double[:, ::1] low,
    const double[:, ::1] close,
    int64_t[::1] missing,
):
    """Flat index of the first bar with a price that is not positive and finite, or -1.

    A bar whose four prices are all NaN is missing, which is allowed; `missing` (N,) counts them.
    """
    cdef Py_ssize_t i, j, unusable = -1, rows = close.shape[0], columns = close.shape[1]
    cdef double o, h, l, c
    with nogil:
        for i in range(rows):
            for j in range(columns):
                o, h, l, c = open[i, j], high[i, j], low[i, j], close[i, j]
                if l > 0 and h >= l and o > 0 and c > 0 and h < INFINITY and o < INFINITY and c < INFINITY:
                    continue
                if o == o or h == h or l == l or c == c:
                    unusable = i * columns + j
                    break
                missing[j] += 1
            if unusable >= 0:
                break
    return unusable


def buy_and_hold(const double[:, ::1] close, double initial_cash, double[::1] value):
    """Value of equal shares of the cash, each spent at the instrument's first close, without costs.

    A share waits as cash until its instrument has a bar; NaN before the first bar of any.
    """
    cdef Py_ssize_t i, j, rows = close.shape[0], columns = close.shape[1]
    cdef double share = initial_cash / columns
    cdef double waiting = initial_cash, units = 0.0, last = NAN, price
    cdef double* holdings
    if columns == 1:
        with nogil:
            for i in range(rows):
                price = close[i, 0]
                if price == price:
                    last = price
                    if units == 0:
                        units = share / price
                value[i] = units * last
        return
    holdings = <double*> calloc(2 * columns, sizeof(double))
    if holdings == NULL:
        raise MemoryError
    with nogil:
        for i in range(rows):
            value[i] = 0.0
            for j in range(columns):
                price = close[i, j]
                if price == price:
                    holdings[2 * j + 1] = price
                    if holdings[2 * j] == 0:
                        holdings[2 * j] = share / price
                        waiting -= share
                value[i] += holdings[2 * j] * holdings[2 * j + 1]
            value[i] = value[i] + waiting if value[i] > 0 else NAN
    free(holdings)


@cython.final
cdef class Account:
    """Cash, holdings, orders and trades of one simulation, moved bar by bar."""

    cdef object _kept_alive
    cdef const int64_t* close_time
    cdef const int64_t* open_time
    cdef const double* open
    cdef const double* high
    cdef const double* low
    cdef const double* close
    cdef const double* volume
    cdef double* equity_curve
    cdef double* cash_curve
    cdef double* exposure_curve
    cdef Py_ssize_t rows, columns
    cdef int fill, protects, out_of_memory
    cdef double max_leverage, stop_loss, take_profit
    cdef double borrow_rate, margin_rate
    cdef Costs costs
    cdef Holding* holdings
    cdef double* reference
    cdef double* budget
    cdef double* asked
    cdef Order* orders
    cdef Trade* trades
    cdef Py_ssize_t order_room, trade_room
    cdef double short_value
    cdef Py_ssize_t pending
    cdef readonly Py_ssize_t order_count, trade_count, open_trade_count
    cdef readonly Py_ssize_t filled_count, denied_count, pending_count
    cdef readonly Py_ssize_t decisions, rows_over_leverage, entry_bar_exits, filled_late
    cdef readonly Py_ssize_t infinite_target_bar, ruined_bar
    cdef readonly double cash, fees, slippage, financing, traded, equity_sum

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
        double initial_cash,
        int fill,
        double max_leverage,
        double stop_loss,
        double take_profit,
        double commission_fixed,
        double commission_per_share,
        double commission_rate,
        double commission_minimum,
        double adverse_rate,
        double impact_rate,
        double borrow_rate,
        double margin_rate,
    ):
        cdef Py_ssize_t j, rows = close.shape[0], columns = close.shape[1]
        if rows == 0 or columns == 0:
            raise ValueError("an account needs at least one bar of one instrument")
        if not (
            close_time.shape[0] == open.shape[0] == high.shape[0] == low.shape[0] == volume.shape[0]
            == equity.shape[0] == cash.shape[0] == exposure.shape[0] == rows
            and open.shape[1] == high.shape[1] == low.shape[1] == volume.shape[1] == lots.shape[0] == columns
        ):
            raise ValueError("arrays of an account differ in shape")
        # None given: no bar can open before a decision that waits for it.
        if open_time.shape[0] > 0:
            if open_time.shape[0] != rows or open_time.shape[1] != columns:
                raise ValueError("arrays of an account differ in shape")
            self.open_time = &open_time[0, 0]
        self._kept_alive = (close_time, open_time, open, high, low, close, volume, equity, cash, exposure)
        self.close_time, self.open, self.high = &close_time[0], &open[0, 0], &high[0, 0]
        self.low, self.close, self.volume = &low[0, 0], &close[0, 0], &volume[0, 0]
        self.equity_curve, self.cash_curve = &equity[0], &cash[0]
        self.exposure_curve = &exposure[0]
        self.rows, self.columns = rows, columns
        self.cash, self.fill, self.max_leverage = initial_cash, fill, max_leverage
        self.stop_loss, self.take_profit = stop_loss, take_profit
        self.protects = stop_loss == stop_loss or take_profit == take_profit
        self.costs = Costs(
            commission_fixed, commission_per_share, commission_rate, commission_minimum, adverse_rate, impact_rate
        )
        self.borrow_rate, self.margin_rate = borrow_rate, margin_rate
        self.infinite_target_bar = self.ruined_bar = -1
        self.holdings = <Holding*> calloc(columns, sizeof(Holding))
        self.reference = <double*> calloc(3 * columns, sizeof(double))
        if self.holdings == NULL or self.reference == NULL:
            raise MemoryError
        self.budget = self.reference + columns
        self.asked = self.budget + columns
        for j in range(columns):
            self.holdings[j].lot = lots[j]
            self.holdings[j].last_close = self.holdings[j].pending = self.asked[j] = NAN

    def __dealloc__(self):
        free(self.holdings)
        free(self.reference)
        free(self.orders)
        free(self.trades)

    # ------------------------------------------------------------------ what Python sees

    def run(self, const double[:, ::1] targets, Py_ssize_t start, Py_ssize_t stop):
        """Live bars start <= i < stop through with these targets (T, N). Releases the GIL."""
        cdef Py_ssize_t i
        if targets.shape[0] != self.rows or targets.shape[1] != self.columns:
            raise ValueError("targets differ in shape from the bars")
        if not 0 <= start <= stop <= self.rows:
            raise ValueError("bars outside the panel")
        with nogil:
            i = start
            while i < stop and self.infinite_target_bar < 0:
                i = self._rest(i, stop, &targets[i, 0])
                if i < stop:
                    self._begin(i)
                    self._end(i, &targets[i, 0])
                    i += 1
        self._check()

    def begin_bar(self, Py_ssize_t i):
        """Everything that happens in bar i before a decision can be made on it."""
        if not 0 <= i < self.rows:
            raise IndexError(i)
        self._begin(i)

    def ask(self, Py_ssize_t j, double weight):
        """Note a target for instrument j; `end_bar` takes it over."""
        if not 0 <= j < self.columns:
            raise IndexError(j)
        self.asked[j] = weight

    def end_bar(self, Py_ssize_t i):
        """Take over what was asked, fill it if it fills at this close, and mark the account."""
        cdef Py_ssize_t j
        if not 0 <= i < self.rows:
            raise IndexError(i)
        self._end(i, self.asked)
        for j in range(self.columns):
            self.asked[j] = NAN
        self._check()

    def finish(self):
        """After the last bar: list decisions that never traded, and trades that are still open."""
        cdef Py_ssize_t j
        for j in range(self.columns):
            if self.holdings[j].pending == self.holdings[j].pending:
                self._list_pending(j)
            if self.holdings[j].quantity != 0:
                self._record_trade(self.rows - 1, j, STILL_OPEN)
                self.open_trade_count += 1
        self._check()

    def position(self, Py_ssize_t j):
        """Units of instrument j held now."""
        if not 0 <= j < self.columns:
            raise IndexError(j)
        return self.holdings[j].quantity

    @property
    def equity(self):
        """Value of the account now, every holding at its last known close."""
        cdef Py_ssize_t j
        cdef double value = 0.0
        for j in range(self.columns):
            if self.holdings[j].quantity != 0:
                value += self.holdings[j].quantity * self.holdings[j].last_close
        return self.cash + value

    def read_orders(self, int64_t[:, ::1] table):
        """Write all orders into a table of shape (fields of `Order`, order_count), floats bit by bit."""
        _read_rows(<const int64_t*> self.orders, sizeof(Order) // 8, self.order_count, table)

    def read_trades(self, int64_t[:, ::1] table):
        """The same for trades; the last `open_trade_count` are still open."""
        _read_rows(<const int64_t*> self.trades, sizeof(Trade) // 8, self.trade_count, table)

    cdef int _check(self) except -1:
        if self.out_of_memory:
            raise MemoryError
        return 0

    # ------------------------------------------------------------------ the course of a bar

    cdef Py_ssize_t _rest(self, Py_ssize_t i, Py_ssize_t stop, const double* row) noexcept nogil:
        # A short cut through the steps below for a cash account, long or flat, while nothing is
        # decided, due or owed: most bars of most runs. Answers with the first bar it does not cover;
        # that bar may have been looked at in part, and looking twice changes nothing.
        cdef Py_ssize_t j, columns = self.columns
        cdef const double* close = self.close + i * columns
        cdef const double* high = self.high + i * columns
        cdef const double* low = self.low + i * columns
        cdef double cash = self.cash, value, equity, total = 0.0
        cdef Holding* h
        if self.pending > 0 or cash < 0 or self.short_value > 0:
            return i
        for j in range(columns):
            if self.protects and self.holdings[j].quantity != 0:
                return i
        while i < stop:
            value = 0.0
            for j in range(columns):
                h = &self.holdings[j]
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
                    self.equity_curve[i] = equity
                    self.cash_curve[i] = cash
                    self.exposure_curve[i] = value / equity
                    i += 1
                    close += columns
                    high += columns
                    low += columns
                    row += columns
                    continue
            break
        self.equity_sum += total
        return i

    cdef void _begin(self, Py_ssize_t i) noexcept nogil:
        cdef int trading = self.ruined_bar < 0
        cdef Py_ssize_t filled
        if i > 0 and (self.cash < 0 or self.short_value > 0):
            self._charge_financing(i)
        if trading and self.protects:
            self._protect(i, True)
        if trading and self.pending > 0 and self.fill == NEXT_OPEN:
            self._fill(i, self.open + i * self.columns, True)
            trading = self.ruined_bar < 0
        if trading and self.protects:
            self._protect(i, False)
        self._watch(i)
        if trading and self.pending > 0 and self.fill == NEXT_CLOSE:
            self._fill(i, self.close + i * self.columns, False)
        elif trading and self.pending > 0 and self.fill == NEXT_OPEN and self.open_time != NULL:
            # What the open came too early for: the close is the first price after the decision.
            filled = self.filled_count
            self._fill(i, self.close + i * self.columns, False)
            self.filled_late += self.filled_count - filled

    cdef void _end(self, Py_ssize_t i, const double* row) noexcept nogil:
        self._take_over(i, row)
        if self.pending > 0 and self.fill == SAME_CLOSE:
            self._fill(i, self.close + i * self.columns, False)
        self._mark(i)

    cdef void _charge_financing(self, Py_ssize_t i) noexcept nogil:
        # Lenders count calendar time: a weekend costs three days.
        cdef double years = <double> (self.close_time[i] - self.close_time[i - 1]) / NANOSECONDS_PER_YEAR
        cdef double due = self.short_value * self.borrow_rate * years
        if self.cash < 0:
            due += -self.cash * self.margin_rate * years
        self.cash -= due
        self.financing += due

    cdef void _watch(self, Py_ssize_t i) noexcept nogil:
        # What is held at this point was held through the bar, or from its open on.
        cdef Py_ssize_t j, cell = i * self.columns
        cdef Holding* h
        for j in range(self.columns):
            if self.close[cell + j] == self.close[cell + j]:
                h = &self.holdings[j]
                h.last_close = self.close[cell + j]
                if h.quantity != 0:
                    see(h, self.low[cell + j])
                    see(h, self.high[cell + j])

    cdef void _take_over(self, Py_ssize_t i, const double* row) noexcept nogil:
        cdef Py_ssize_t j
        cdef double total = 0.0
        cdef Holding* h
        for j in range(self.columns):
            if row[j] != row[j]:
                continue
            if isinf(row[j]):
                self.infinite_target_bar = i
                return
            total += fabs(row[j])
            self.decisions += 1
            if self.ruined_bar >= 0:
                continue
            h = &self.holdings[j]
            if h.pending != h.pending:
                self.pending += 1
            h.pending = row[j]
            h.decided_bar = i
        if total > self.max_leverage * (1.0 + NOISE):
            self.rows_over_leverage += 1

    cdef void _mark(self, Py_ssize_t i) noexcept nogil:
        cdef Py_ssize_t j
        cdef double value = 0.0, gross = 0.0, short_value = 0.0, worth, equity
        for j in range(self.columns):
            if self.holdings[j].quantity != 0:
                worth = self.holdings[j].quantity * self.holdings[j].last_close
                value += worth
                gross += fabs(worth)
                if worth < 0:
                    short_value -= worth
        equity = self.cash + value
        self.short_value = short_value
        self.equity_sum += equity
        self.equity_curve[i] = equity
        self.cash_curve[i] = self.cash
        if equity > 0:
            self.exposure_curve[i] = gross / equity
        else:
            self.exposure_curve[i] = NAN if gross > 0 else 0.0
            self._ruin(i)

    cdef void _ruin(self, Py_ssize_t i) noexcept nogil:
        # Nobody lends to an account that is worth nothing: it trades no more.
        cdef Py_ssize_t j
        if self.ruined_bar < 0:
            self.ruined_bar = i
        for j in range(self.columns):
            self.holdings[j].pending = NAN
        self.pending = 0

    # ------------------------------------------------------------------ targets become orders

    cdef bint _is_due(self, Py_ssize_t i, Py_ssize_t j, const double* price, bint at_open) noexcept nogil:
        # Venues close at different times: the next bar of one may have opened before the bar of
        # another, which the decision was made on, had closed. Nobody trades at a price of the past.
        cdef Holding* h = &self.holdings[j]
        if h.pending != h.pending or price[j] != price[j]:
            return False
        if not at_open or self.open_time == NULL:
            return True
        return self.open_time[i * self.columns + j] >= self.close_time[h.decided_bar]

    cdef void _fill(self, Py_ssize_t i, const double* price, bint at_open) noexcept nogil:
        cdef Py_ssize_t j, due = 0
        cdef double equity = self.cash, wanted = 0.0, left, gross = 0.0, scale
        cdef Holding* h
        for j in range(self.columns):
            h = &self.holdings[j]
            due += self._is_due(i, j, price, at_open)
            self.reference[j] = price[j] if price[j] == price[j] else h.last_close
            if h.quantity != 0:
                equity += h.quantity * self.reference[j]
        if due == 0:
            return
        if equity <= 0:
            self._ruin(i)
            return
        # Sales raise the money that purchases need, so everything that shrinks goes first.
        for j in range(self.columns):
            self.budget[j] = 0.0
            if self._is_due(i, j, price, at_open):
                self.budget[j] = self._reduce(i, j, equity)
                wanted += self.budget[j]
        if wanted > 0:
            left = self.cash
            for j in range(self.columns):
                h = &self.holdings[j]
                if h.quantity != 0:
                    left += h.quantity * self.reference[j]
                    gross += fabs(h.quantity) * self.reference[j]
            left = self.max_leverage * left - gross
            if left < 0:
                left = 0.0
            # Too little for all: everyone gets the same share, whatever the order of instruments.
            scale = left / wanted if wanted > left else 1.0
            for j in range(self.columns):
                if self.budget[j] > 0:
                    left -= self._increase(i, j, self.budget[j], self.budget[j] * scale, left, equity)
        for j in range(self.columns):
            if self._is_due(i, j, price, at_open):
                self.holdings[j].pending = NAN
                self.pending -= 1

    cdef double _reduce(self, Py_ssize_t i, Py_ssize_t j, double equity) noexcept nogil:
        # Sell what is too much; the answer is the money wanted for what is too little.
        cdef Holding* h = &self.holdings[j]
        cdef double desired = h.pending * equity
        cdef double current = h.quantity * self.reference[j]
        cdef double quantity
        if h.quantity != 0 and desired * current <= 0:
            self._book_reduction(i, j, fabs(h.quantity))
            return fabs(desired)
        if fabs(desired - current) <= NOISE * equity:
            return 0.0
        if fabs(desired) > fabs(current):
            return fabs(desired) - fabs(current)
        quantity = round_down((fabs(current) - fabs(desired)) / self.reference[j], h.lot)
        if quantity > fabs(h.quantity):
            quantity = fabs(h.quantity)
        if quantity > 0:
            self._book_reduction(i, j, quantity)
        return 0.0

    cdef void _book_reduction(self, Py_ssize_t i, Py_ssize_t j, double quantity) noexcept nogil:
        cdef Holding* h = &self.holdings[j]
        cdef double side = -1.0 if h.quantity > 0 else 1.0
        see(h, self.reference[j])
        self._book(
            i, j, h.decided_bar, side, quantity, self.reference[j],
            fill_price(&self.costs, self.reference[j], side, quantity, self.volume[i * self.columns + j]), SIGNAL,
        )

    cdef double _increase(
        self, Py_ssize_t i, Py_ssize_t j, double budget, double share, double left, double equity
    ) noexcept nogil:
        # Buy (or sell short) what the share pays for; the answer is the buying power used.
        cdef Holding* h = &self.holdings[j]
        cdef double side = 1.0 if h.pending > 0 else -1.0
        cdef double reference = self.reference[j]
        cdef double volume = self.volume[i * self.columns + j]
        cdef double quantity = 0.0, by_power
        if share > NOISE * equity:
            quantity = affordable(&self.costs, share, 1.0, reference, side, volume)
            by_power = affordable(&self.costs, left, self.max_leverage, reference, side, volume)
            quantity = round_down(by_power if by_power < quantity else quantity, h.lot)
        if quantity > 0:
            self._book(
                i, j, h.decided_bar, side, quantity, reference,
                fill_price(&self.costs, reference, side, quantity, volume), SIGNAL,
            )
            return money_needed(&self.costs, quantity, self.max_leverage, reference, side, volume)
        quantity = round_down(affordable(&self.costs, budget, 1.0, reference, side, volume), h.lot)
        if quantity > 0:
            self._record_order(h.decided_bar, i, j, DENIED, NO_BUYING_POWER, side * quantity)
        elif h.quantity == 0:
            self._record_order(h.decided_bar, i, j, DENIED, ROUNDS_TO_ZERO, 0.0)
        return 0.0

    cdef void _list_pending(self, Py_ssize_t j) noexcept nogil:
        # The fill price is not known yet; the last close stands in for it.
        cdef Holding* h = &self.holdings[j]
        cdef double delta = 0.0, quantity
        if h.last_close > 0:
            delta = h.pending * self.equity_curve[self.rows - 1] / h.last_close - h.quantity
        quantity = fabs(h.quantity) if h.pending == 0 else round_down(fabs(delta), h.lot)
        if quantity > 0 or (h.quantity == 0 and h.pending != 0):
            self._record_order(
                h.decided_bar, -1, j, PENDING, NOT_DENIED, quantity if delta > 0 else 0.0 - quantity
            )

    # ------------------------------------------------------------------ protective exits

    cdef void _protect(self, Py_ssize_t i, bint at_open) noexcept nogil:
        # Pessimistic: when one bar touches both levels, the stop is taken; a limit fills only when
        # price trades through it, for at the level itself others are first in the queue.
        cdef Py_ssize_t j, cell = i * self.columns
        cdef Holding* h
        cdef double side, stop, take, opening, worst, best
        for j in range(self.columns):
            h = &self.holdings[j]
            if h.quantity == 0 or self.close[cell + j] != self.close[cell + j]:
                continue
            # Seen from the position: multiplied by its side, lower is always worse.
            side = 1.0 if h.quantity > 0 else -1.0
            opening = side * self.open[cell + j]
            worst = opening if at_open else side * (self.low[cell + j] if side > 0 else self.high[cell + j])
            best = opening if at_open else side * (self.high[cell + j] if side > 0 else self.low[cell + j])
            stop = side * (h.average * (1.0 - side * self.stop_loss))
            take = side * (h.average * (1.0 + side * self.take_profit))
            if not at_open and (worst <= stop or best > take):
                see(h, self.open[cell + j])
            if worst <= stop:
                self._exit(i, j, side * (opening if opening < stop else stop), STOP_LOSS)
            elif best > take:
                see(h, side * worst)
                self._exit(i, j, side * (opening if opening > take else take), TAKE_PROFIT)

    cdef void _exit(self, Py_ssize_t i, Py_ssize_t j, double reference, int64_t reason) noexcept nogil:
        cdef Holding* h = &self.holdings[j]
        cdef double side = -1.0 if h.quantity > 0 else 1.0
        cdef double quantity = fabs(h.quantity)
        cdef double price = reference
        if reason == STOP_LOSS:
            price = fill_price(&self.costs, reference, side, quantity, self.volume[i * self.columns + j])
        if h.pending * h.quantity > 0:
            # That decision was made before the exit; it must not buy back what was just stopped.
            h.pending = NAN
            self.pending -= 1
        if h.entry_bar == i:
            self.entry_bar_exits += 1
        see(h, reference)
        self._book(i, j, i, side, quantity, reference, price, reason)

    # ------------------------------------------------------------------ bookkeeping

    cdef void _book(
        self, Py_ssize_t i, Py_ssize_t j, int64_t decided_bar, double side, double quantity,
        double reference, double price, int64_t reason,
    ) noexcept nogil:
        cdef Holding* h = &self.holdings[j]
        cdef double commission = commission_of(&self.costs, quantity, price)
        cdef double slippage = quantity * fabs(price - reference)
        cdef Order* order
        self.cash -= side * quantity * price + commission
        self.fees += commission
        self.slippage += slippage
        self.traded += quantity * price
        order = self._record_order(decided_bar, i, j, FILLED, NOT_DENIED, side * quantity)
        if order != NULL:
            order.reason, order.price = reason, price
            order.commission, order.slippage = commission, slippage
            order.held = h.quantity + side * quantity
            if fabs(order.held) <= NOISE * h.lot:
                order.held = 0.0
        if h.quantity == 0:
            begin_trip(h, i)
        h.fees += commission
        if h.quantity * side >= 0:
            add_to(h, side, quantity, price)
            return
        take_from(h, side, quantity, price)
        if fabs(h.quantity) <= NOISE * h.lot:
            h.quantity = 0.0
        if h.quantity == 0:
            self._record_trade(i, j, reason)

    cdef void _record_trade(self, Py_ssize_t i, Py_ssize_t j, int64_t exit_reason) noexcept nogil:
        if self.trade_count == self.trade_room and not self._grow_trades():
            return
        self.trades[self.trade_count].instrument = j
        end_trip(&self.holdings[j], &self.trades[self.trade_count], i, exit_reason)
        self.trade_count += 1

    cdef Order* _record_order(
        self, int64_t decided_bar, int64_t bar, int64_t instrument, int64_t status, int64_t denial,
        double quantity,
    ) noexcept nogil:
        cdef Order* order
        if self.order_count == self.order_room and not self._grow_orders():
            return NULL
        order = &self.orders[self.order_count]
        self.order_count += 1
        self.filled_count += status == FILLED
        self.denied_count += status == DENIED
        self.pending_count += status == PENDING
        order.decided_bar, order.bar, order.instrument = decided_bar, bar, instrument
        order.held = self.holdings[instrument].quantity
        order.status, order.reason, order.denial = status, SIGNAL, denial
        order.quantity, order.price, order.commission, order.slippage = quantity, NAN, 0.0, 0.0
        return order

    cdef bint _grow_orders(self) noexcept nogil:
        cdef Py_ssize_t room = 2 * self.order_room + 64
        cdef Order* grown = <Order*> realloc(self.orders, room * sizeof(Order))
        if grown == NULL:
            self.out_of_memory = 1
            return False
        self.orders, self.order_room = grown, room
        return True

    cdef bint _grow_trades(self) noexcept nogil:
        cdef Py_ssize_t room = 2 * self.trade_room + 64
        cdef Trade* grown = <Trade*> realloc(self.trades, room * sizeof(Trade))
        if grown == NULL:
            self.out_of_memory = 1
            return False
        self.trades, self.trade_room = grown, room
        return True


cdef int _read_rows(const int64_t* rows, Py_ssize_t width, Py_ssize_t count, int64_t[:, ::1] table) except -1:
    cdef Py_ssize_t row, column
    if table.shape[0] != width or table.shape[1] != count:
        raise ValueError("the table does not fit the rows")
    for row in range(count):
        for column in range(width):
            table[column, row] = rows[row * width + column]
    return 0

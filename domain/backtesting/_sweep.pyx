# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""Many runs of one strategy on one instrument, compiled: from fill to fill, not from bar to bar.

What an account is worth changes its course only where it trades, so each combination costs its few
fills and a pass over the bars on which it holds something. The arithmetic of a fill is `Account`'s
with one instrument, operation by operation: equity and trades are equal to the last bit. Sums that
statistics are made of are taken in another order than in `domain.performance`.
"""

cimport cython
from libc.math cimport INFINITY, isfinite, isinf
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from domain.backtesting._lanes cimport lanes_sum
from domain.backtesting._sweep_account cimport live_through
from domain.backtesting._sweep_state cimport BENCHMARK, COLUMN_COUNT, MONTHS, TAILS, Run, Span
from domain.backtesting._sweep_statistics cimport measure

GROUPS = {"tails": TAILS, "months": MONTHS, "benchmark": BENCHMARK}
# In the order of the rows in `_sweep_state`.
COLUMNS = (
    "final_equity", "total_return", "annual_return", "volatility", "sharpe", "probabilistic_sharpe",
    "sortino", "calmar", "max_drawdown", "max_drawdown_days", "time_under_water", "skew", "kurtosis",
    "value_at_risk_95", "conditional_value_at_risk_95", "tail_ratio", "best_month", "worst_month",
    "exposure", "turnover", "trades", "open_trades", "win_rate", "profit_factor", "expectancy", "sqn",
    "kelly", "average_bars_held", "best_trade", "worst_trade", "fees_paid", "slippage_paid",
    "financing_paid", "benchmark_return", "excess_return", "alpha", "beta", "correlation",
    "information_ratio", "periods_per_year", "return_periods",
)
GROUP_OF = {
    **dict.fromkeys(("value_at_risk_95", "conditional_value_at_risk_95", "tail_ratio"), "tails"),
    **dict.fromkeys(("best_month", "worst_month"), "months"),
    **dict.fromkeys(
        ("benchmark_return", "excess_return", "alpha", "beta", "correlation", "information_ratio"), "benchmark"
    ),
}


@cython.final
cdef class Sweep:
    """The bars and terms that all combinations share, and room for one run at a time."""

    cdef object _kept_alive
    cdef Run shared
    cdef Py_ssize_t room

    def __cinit__(
        self,
        const int64_t[::1] close_time,
        const double[::1] price,
        const double[::1] mark,
        const double[::1] volume,
        const int64_t[::1] next_bar,
        const int64_t[::1] period,
        const int64_t[::1] closing,
        const int64_t[::1] day,
        const int64_t[::1] month,
        const double[::1] market,
        *,
        Py_ssize_t late_by,
        double market_return,
        bint has_benchmark,
        int groups,
        double initial_cash,
        double periods_per_year,
        int fill,
        double lot,
        double max_leverage,
        double commission_fixed,
        double commission_per_share,
        double commission_rate,
        double commission_minimum,
        double adverse_rate,
        double impact_rate,
        double borrow_rate,
        double margin_rate,
    ):
        cdef Run* run = &self.shared
        cdef Py_ssize_t rows = price.shape[0], periods = day.shape[0]
        if rows == 0 or periods == 0:
            raise ValueError("a sweep needs at least one bar")
        if not (close_time.shape[0] == mark.shape[0] == volume.shape[0] == rows) or (
            next_bar.shape[0] not in (0, rows + 1)
            or period.shape[0] not in (0, rows)
            or (period.shape[0] > 0) != (closing.shape[0] > 0)
            or closing.shape[0] not in (0, periods)
            or (closing.shape[0] == 0 and periods != rows)
        ):
            raise ValueError("arrays of a sweep differ in shape")
        self._kept_alive = (close_time, price, mark, volume, next_bar, period, closing, day, month, market)
        run.close_time, run.price, run.mark, run.volume = &close_time[0], &price[0], &mark[0], &volume[0]
        run.day = &day[0]
        if next_bar.shape[0] > 0:
            run.next_bar = &next_bar[0]
        if period.shape[0] > 0:
            run.period, run.closing = &period[0], &closing[0]
        run.rows, run.periods = rows, periods
        run.months, run.market_periods, run.late_by = month.shape[0] - 1, market.shape[0], late_by
        run.groups = groups if has_benchmark else groups & ~BENCHMARK
        if month.shape[0] > 0:
            run.month = &month[0]
        if run.market_periods > 0:
            run.market = &market[0]
        run.market_return = market_return
        run.initial_cash, run.periods_per_year = initial_cash, periods_per_year
        run.fill, run.lot, run.max_leverage = fill, lot, max_leverage
        # What is not named here is 0, as all of a new object is: no tiers, no conversion of currencies.
        run.costs.fixed, run.costs.per_share = commission_fixed, commission_per_share
        run.costs.rate, run.costs.minimum = commission_rate, commission_minimum
        run.costs.maximum, run.costs.adverse, run.costs.impact = INFINITY, adverse_rate, impact_rate
        run.borrow_rate, run.margin_rate = borrow_rate, margin_rate
        run.level = <double*> malloc((4 * (periods + 1) + rows + run.market_periods + 8) * sizeof(double))
        if run.level == NULL:
            raise MemoryError
        run.moved = run.level + periods + 1
        run.scratch = run.moved + periods + 1
        run.dense = run.scratch + periods + 1
        run.equity = run.level + 1 if run.period == NULL else run.dense + periods + 1
        self._centre_market()

    def __dealloc__(self):
        free(self.shared.level)
        free(self.shared.trade_return)
        free(self.shared.spans)

    def run(
        self,
        const int64_t[::1] offset,
        const int64_t[::1] row,
        const double[::1] weight,
        Py_ssize_t first,
        Py_ssize_t last,
        double[:, ::1] table,
        double[:, ::1] returns,
        unsigned char[::1] unfit,
    ):
        """Carry out combinations first <= k < last, whose decisions are offset[k] to offset[k + 1].

        table (COLUMN_COUNT, K) takes the statistics, NaN where undefined; returns (K, n) the returns
        of every period, or has no row. unfit[k] is set where only the step-by-step engine can tell
        what happens: a weight that is infinite, or money beyond what a float holds.
        """
        cdef Run* run = &self.shared
        cdef Py_ssize_t k, i, most = 0, runs = offset.shape[0] - 1
        cdef bint fits
        if not 0 <= first <= last <= runs or table.shape[0] != COLUMN_COUNT or table.shape[1] != runs:
            raise ValueError("the table does not fit the combinations")
        if unfit.shape[0] != runs or (returns.shape[0] > 0 and (
            returns.shape[0] != runs or returns.shape[1] != run.periods
        )):
            raise ValueError("the tables do not fit the combinations")
        for k in range(first, last):
            most = max(most, offset[k + 1] - offset[k])
        self._make_room(most)
        run.every_level = returns.shape[0] > 0 or run.period != NULL or (run.groups & (MONTHS | BENCHMARK)) != 0
        with nogil:
            for k in range(first, last):
                fits = True
                for i in range(offset[k], offset[k + 1]):
                    fits = fits and not isinf(weight[i])
                if fits:
                    live_through(run, &row[0] + offset[k], &weight[0] + offset[k], offset[k + 1] - offset[k])
                if not fits or not isfinite(run.equity_sum):
                    unfit[k] = 1
                    continue
                measure(run, &table[0, k], runs, &returns[k, 0] if returns.shape[0] > 0 else NULL)

    cdef int _make_room(self, Py_ssize_t decisions) except -1:
        cdef Run* run = &self.shared
        cdef Py_ssize_t room = 2 * decisions + 64
        if self.room >= decisions + 4:
            return 0
        free(run.trade_return)
        free(run.spans)
        self.room = 0
        run.trade_return = <double*> malloc(room * sizeof(double))
        run.spans = <Span*> malloc(room * sizeof(Span))
        if run.trade_return == NULL or run.spans == NULL:
            raise MemoryError
        self.room = room
        return 0

    cdef void _centre_market(self):
        # The market is the same for every combination: its deviations from the mean are kept.
        cdef Run* run = &self.shared
        cdef Py_ssize_t i, count = run.market_periods
        cdef double* centred = run.level + 4 * (run.periods + 1) + run.rows
        if count == 0:
            return
        run.market_mean = lanes_sum(run.market, count) / count
        run.market_variance = 0.0
        for i in range(count):
            centred[i] = run.market[i] - run.market_mean
            run.market_variance += centred[i] * centred[i]
        run.market_variance /= count
        run.market = centred

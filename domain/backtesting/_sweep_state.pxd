# cython: language_level=3
"""What the compiled sweep keeps: bars and terms that all combinations share, and the run in hand."""

from libc.stdint cimport int64_t

from domain.backtesting._costs cimport Costs
from domain.backtesting._records cimport Holding

# What is asked for beyond the statistics that one pass gives.
cdef enum:
    TAILS = 1
    MONTHS = 2
    BENCHMARK = 4

# The rows of the table of statistics; `_sweep.COLUMNS` names them in this order.
cdef enum:
    FINAL_EQUITY, TOTAL_RETURN, ANNUAL_RETURN, VOLATILITY, SHARPE, PROBABILISTIC_SHARPE, SORTINO, CALMAR,
    MAX_DRAWDOWN, MAX_DRAWDOWN_DAYS, TIME_UNDER_WATER, SKEW, KURTOSIS, VALUE_AT_RISK, CONDITIONAL_VALUE_AT_RISK,
    TAIL_RATIO, BEST_MONTH, WORST_MONTH, EXPOSURE, TURNOVER, TRADES, OPEN_TRADES, WIN_RATE, PROFIT_FACTOR,
    EXPECTANCY, SQN, KELLY, AVERAGE_BARS_HELD, BEST_TRADE, WORST_TRADE, FEES_PAID, SLIPPAGE_PAID,
    FINANCING_PAID, BENCHMARK_RETURN, EXCESS_RETURN, ALPHA, BETA, CORRELATION, INFORMATION_RATIO,
    PERIODS_PER_YEAR, RETURN_PERIODS, COLUMN_COUNT


cdef struct Tally:
    # Closed trades of one run.
    Py_ssize_t count, won, lost, defined, winners, losers
    double pnl, gain, loss, bars, returns, best, worst, mean_win, mean_loss


cdef struct Span:
    # Return periods first <= p <= last in which the account may have moved.
    Py_ssize_t first
    Py_ssize_t last


cdef struct Run:
    # Rows are bars, periods are those that returns are measured over; NULL where every bar is one.
    Py_ssize_t rows
    Py_ssize_t periods
    const int64_t* close_time
    const double* price  # that decisions are filled at
    const double* mark  # last known close
    const double* volume
    const int64_t* next_bar  # from each row on; NULL where every row has one
    const int64_t* period  # of each row
    const int64_t* closing  # last row of each period
    const int64_t* day  # each period ends on
    const int64_t* month  # positions in `level` at which months begin and end
    Py_ssize_t months
    # Returns of the benchmark, centred.
    const double* market
    Py_ssize_t market_periods
    Py_ssize_t late_by
    double market_mean
    double market_variance
    double market_return
    # Terms.
    int fill
    int groups
    bint every_level  # or only those at which something ends
    double initial_cash
    double max_leverage
    double borrow_rate
    double margin_rate
    double periods_per_year
    double lot
    Costs costs
    # Room for one run: value at each bar's close and at each period's, the initial cash first.
    double* equity
    double* level
    double* moved  # returns of the periods in `spans`, one after the other
    double* scratch
    double* dense
    double* trade_return
    Span* spans
    Py_ssize_t span_count
    # The account.
    Holding held
    Tally tally
    double cash
    double short_value
    double fees
    double slippage
    double financing
    double traded
    double equity_sum
    Py_ssize_t rows_held
    Py_ssize_t loss_row  # the first row on which nothing was left, -1 for none
    bint stopped

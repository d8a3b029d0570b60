# cython: language_level=3
"""Everything one account is: the bars it lives through, its terms, what it holds, and what happened."""

from libc.stdint cimport int64_t

from domain.backtesting._costs cimport Costs
from domain.backtesting._records cimport Holding, Order, Trade


cdef struct State:
    const int64_t* close_time
    const int64_t* open_time
    const double* open
    const double* high
    const double* low
    const double* close
    const double* volume
    double* equity_curve
    double* cash_curve
    double* exposure_curve
    Py_ssize_t rows, columns
    int fill, protects, attends, at_close, out_of_memory
    double max_leverage, stop_loss, take_profit, maintenance, max_volume_share
    double borrow_rate, margin_rate, funding_rate
    Costs active_costs, passive_costs, no_costs
    const double* rates  # (T, N) money of the account for one unit of the instrument's currency
    const double* rate  # the row of `rates` that holds now; NULL where all are 1
    const int64_t* tier_period
    int64_t period
    const int64_t* event_where
    const double* event_what
    Py_ssize_t event_count, next_event
    Py_ssize_t called_bar
    Holding* holdings
    double* quoted
    double* reference
    double* budget
    double* asked
    int* cut  # which target volume cut short in the fill under way
    Order* orders
    Trade* trades
    Py_ssize_t order_room, trade_room
    double short_value, net_value
    Py_ssize_t pending
    int limits_fill_at_touch
    Py_ssize_t order_count, trade_count, open_trade_count
    Py_ssize_t filled_count, denied_count, pending_count
    Py_ssize_t decisions, rows_over_leverage, entry_bar_exits, filled_late, cut_by_volume
    Py_ssize_t infinite_target_bar, ruined_bar, margin_calls, first_margin_call_bar
    double cash, fees, slippage, financing, dividends, traded, equity_sum, first_margin_shortfall

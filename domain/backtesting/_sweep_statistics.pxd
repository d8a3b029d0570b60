# cython: language_level=3
"""Statistics of the run in hand, as `domain.performance` defines them; sums are taken in another order."""

from libc.math cimport NAN, erfc, fabs, isfinite, pow, sqrt
from libc.string cimport memcpy, memset

from domain.backtesting._lanes cimport lanes_against, lanes_are_between, lanes_moments, lanes_returns, lanes_sum
from domain.backtesting._select cimport order_statistics
from domain.backtesting._sweep_state cimport *


cdef inline double no_spread() noexcept nogil:
    # Spreads below this are rounding; the same as in `domain.performance.returns`.
    return 1e-14


cdef inline double tail() noexcept nogil:
    return 0.05


cdef inline void measure(Run* run, double* out, Py_ssize_t step, double* returns) noexcept nogil:
    cdef Py_ssize_t p, n = run.periods
    cdef double final_equity = run.equity[run.rows - 1], annual, mean_equity
    cdef double* level = run.level
    cdef bint ruined = run.loss_row >= 0
    for p in range(COLUMN_COUNT):
        out[p * step] = NAN
    level[0] = run.initial_cash
    if run.period != NULL:
        for p in range(n):
            level[p + 1] = run.equity[run.closing[p]]
    if returns != NULL:
        for p in range(n):
            returns[p] = level[p + 1] / level[p] - 1.0
    if ruined:
        # A broker would have ended it there: from that period on nothing is left.
        p = run.loss_row if run.period == NULL else run.period[run.loss_row]
        memset(level + p + 1, 0, (n - p) * sizeof(double))
    annual = -1.0 if ruined else compounded(level[n] / level[0], run.periods_per_year / n)
    mean_equity = run.equity_sum / run.rows
    out[FINAL_EQUITY * step] = final_equity
    out[TOTAL_RETURN * step] = final_equity / level[0] - 1.0
    out[ANNUAL_RETURN * step] = annual
    out[EXPOSURE * step] = <double> run.rows_held / run.rows
    if mean_equity > 0:
        out[TURNOVER * step] = run.traded / mean_equity / (<double> n / run.periods_per_year)
    out[FEES_PAID * step], out[SLIPPAGE_PAID * step] = run.fees, run.slippage
    out[FINANCING_PAID * step] = run.financing
    out[PERIODS_PER_YEAR * step], out[RETURN_PERIODS * step] = run.periods_per_year, n
    measure_falls(run, out, step, annual)
    measure_trades(run, out, step)
    if not ruined:
        measure_risk(run, out, step)
    if run.groups & MONTHS:
        measure_months(run, out, step)
    if run.groups & BENCHMARK:
        measure_against(run, out, step, final_equity, ruined)


cdef inline void measure_risk(Run* run, double* out, Py_ssize_t step) noexcept nogil:
    cdef Py_ssize_t s, count, moved = 0, still, n = run.periods
    cdef double mean, second, third, fourth, deviation, per_period, skew, kurtosis, variance
    cdef double year = sqrt(run.periods_per_year)
    cdef double[5] sums
    cdef double[3] central
    if n < 2:
        return
    memset(sums, 0, sizeof(sums))
    for s in range(run.span_count):
        count = run.spans[s].last - run.spans[s].first + 1
        lanes_returns(run.level + run.spans[s].first, run.moved + moved, count, sums)
        moved += count
    still = n - moved
    mean = sums[0] / n
    if 2.0 * n * mean * mean < sums[1]:
        second = sums[1] / n - mean * mean
        third = sums[2] / n - mean * (3.0 * sums[1] / n - 2.0 * mean * mean)
        fourth = sums[3] / n - mean * (
            4.0 * sums[2] / n - mean * (6.0 * sums[1] / n - 3.0 * mean * mean)
        )
    else:
        # Powers about zero say nothing of a spread that is small beside the mean.
        lanes_moments(run.moved, mean, moved, central)
        second = (central[0] + still * (mean * mean)) / n
        third = (central[1] - still * (mean * mean * mean)) / n
        fourth = (central[2] + still * (mean * mean * mean * mean)) / n
    deviation = sqrt(second * n / (n - 1))
    out[VOLATILITY * step] = 0.0
    if deviation > no_spread():
        skew = third / (second * sqrt(second))
        kurtosis = fourth / (second * second)
        per_period = mean / deviation
        out[VOLATILITY * step] = deviation * year
        out[SKEW * step], out[KURTOSIS * step] = skew, kurtosis
        out[SHARPE * step] = per_period * year
        variance = 1.0 - skew * per_period + (kurtosis - 1.0) / 4.0 * per_period * per_period
        if variance > 0.0:
            out[PROBABILISTIC_SHARPE * step] = 0.5 * erfc(
                -(per_period * sqrt(<double> (n - 1)) / sqrt(variance)) / sqrt(2.0)
            )
    if sqrt(sums[4] / n) > no_spread():
        out[SORTINO * step] = mean / sqrt(sums[4] / n) * year
    if run.groups & TAILS:
        measure_tails(run, out, step, moved)


cdef inline void measure_tails(Run* run, double* out, Py_ssize_t step, Py_ssize_t moved) noexcept nogil:
    cdef Py_ssize_t last = run.periods - 1
    cdef double low_place = tail() * last, high_place = (1.0 - tail()) * last
    cdef Py_ssize_t below = <Py_ssize_t> low_place, above = <Py_ssize_t> high_place
    cdef double[5] found
    cdef double low, high
    order_statistics(run.moved, moved, run.periods, below, above, run.scratch, found)
    low = found[0] + (found[1] - found[0]) * (low_place - below)
    high = found[2] + (found[3] - found[2]) * (high_place - above)
    out[VALUE_AT_RISK * step] = low
    out[CONDITIONAL_VALUE_AT_RISK * step] = found[4] / (below + 1)
    if fabs(low) > no_spread():
        out[TAIL_RATIO * step] = fabs(high) / fabs(low)


cdef inline void measure_falls(Run* run, double* out, Py_ssize_t step, double annual) noexcept nogil:
    cdef const double* level = run.level
    cdef Py_ssize_t s, i, stop, position = 0, under = 0, n = run.periods
    cdef Py_ssize_t top = 0, deepest_top = -1, recovered = n
    cdef int is_top, is_deepest = 0
    # Only a bar at or below `least` of the peak can be deeper than the deepest fall so far.
    cdef double peak = level[0], deepest = 0.0, least = 1.0 - 1e-16, fall
    for s in range(run.span_count + 1):
        # Between spans the level stands where it was.
        i = run.spans[s].first + 1 if s < run.span_count else n + 1
        if i - 1 > position:
            if level[position] < peak:
                under += i - 1 - position
            else:
                top = i - 1
            position = i - 1
        if s == run.span_count:
            break
        i = run.spans[s].first + 1
        stop = run.spans[s].last + 2
        while i < stop:
            # Most of the time nothing new happens: neither a peak nor a deeper fall.
            if i + 8 <= stop and lanes_are_between(level + i, peak, peak * least):
                under += 8
                i += 8
                continue
            for i in range(i, min(i + 8, stop)):
                # No branch on the peak: whether a bar makes a new one is anybody's guess.
                is_top = level[i] >= peak
                top = i if is_top else top
                peak = level[i] if is_top else peak
                under += 1 - is_top
                if is_top & is_deepest:
                    recovered, is_deepest = i, 0
                if level[i] <= peak * least:
                    fall = level[i] / peak - 1.0
                    if fall < deepest:
                        deepest, deepest_top, recovered, is_deepest = fall, top, n, 1
                        least = (deepest + 1.0) * (1.0 + 1e-15)
            i += 1
        position = run.spans[s].last + 1
    out[TIME_UNDER_WATER * step] = <double> under / n
    out[MAX_DRAWDOWN * step] = deepest
    if deepest_top >= 0:
        out[MAX_DRAWDOWN_DAYS * step] = day_of(run, recovered) - day_of(run, deepest_top)
        if annual == annual:
            out[CALMAR * step] = annual / -deepest


cdef inline double day_of(Run* run, Py_ssize_t position) noexcept nogil:
    return <double> run.day[position - 1 if position > 0 else 0]


cdef inline void measure_months(Run* run, double* out, Py_ssize_t step) noexcept nogil:
    cdef Py_ssize_t m
    cdef double before, value, best = NAN, worst = NAN
    for m in range(run.months):
        before = run.level[run.month[m]]
        if run.month[m + 1] > run.month[m] and before > 0.0:
            value = run.level[run.month[m + 1]] / before - 1.0
            if not best >= value:
                best = value
            if not worst <= value:
                worst = value
    out[BEST_MONTH * step], out[WORST_MONTH * step] = best, worst


cdef inline void measure_trades(Run* run, double* out, Py_ssize_t step) noexcept nogil:
    cdef Tally* t = &run.tally
    cdef double mean, spread = 0.0, payoff, rate
    cdef Py_ssize_t i
    out[TRADES * step], out[OPEN_TRADES * step] = t.count, run.held.quantity != 0
    if t.count == 0:
        return
    out[WIN_RATE * step] = <double> t.won / t.count
    if t.loss > 0:
        out[PROFIT_FACTOR * step] = t.gain / t.loss
    out[EXPECTANCY * step] = t.pnl / t.count
    out[AVERAGE_BARS_HELD * step] = t.bars / t.count
    if t.defined > 0:
        out[BEST_TRADE * step], out[WORST_TRADE * step] = t.best, t.worst
    if t.defined > 1:
        mean = t.returns / t.defined
        for i in range(t.defined):
            spread += (run.trade_return[i] - mean) * (run.trade_return[i] - mean)
        spread = sqrt(spread / (t.defined - 1))
        if spread > no_spread():
            out[SQN * step] = mean / spread * sqrt(<double> t.defined)
    if t.winners > 0 and t.losers > 0:
        payoff = (t.mean_win / t.winners) / -(t.mean_loss / t.losers)
        rate = <double> t.winners / t.defined
        out[KELLY * step] = rate - (1.0 - rate) / payoff


cdef inline void measure_against(Run* run, double* out, Py_ssize_t step, double final_equity, bint ruined) noexcept nogil:
    cdef Py_ssize_t s, moved = 0, count = run.periods - run.late_by
    cdef double start = run.level[run.late_by], mean, variance, beta, gap
    cdef double* returns = run.dense + run.late_by
    cdef double[3] sums
    out[BENCHMARK_RETURN * step] = run.market_return
    if start > 0:
        out[EXCESS_RETURN * step] = final_equity / start - 1.0 - run.market_return
    if ruined or count < 2 or count != run.market_periods:
        return
    memset(run.dense, 0, run.periods * sizeof(double))
    for s in range(run.span_count):
        memcpy(
            run.dense + run.spans[s].first, run.moved + moved,
            (run.spans[s].last - run.spans[s].first + 1) * sizeof(double),
        )
        moved += run.spans[s].last - run.spans[s].first + 1
    mean = lanes_sum(returns, count) / count
    lanes_against(returns, mean, run.market, count, sums)
    variance = sums[2] / count
    if run.market_variance > no_spread() * no_spread():
        beta = sums[0] / count / run.market_variance
        out[BETA * step] = beta
        out[ALPHA * step] = compounded(1.0 + mean - beta * run.market_mean, run.periods_per_year)
        if variance > no_spread() * no_spread():
            beta = sums[0] / count / sqrt(variance) / sqrt(run.market_variance)
            out[CORRELATION * step] = min(max(beta, -1.0), 1.0)
    gap = sqrt(sums[1] / (count - 1))
    if gap > no_spread():
        out[INFORMATION_RATIO * step] = (mean - run.market_mean) / gap * sqrt(run.periods_per_year)


cdef inline double compounded(double growth, double exponent) noexcept nogil:
    # growth ** exponent - 1; NaN where that is no finite number.
    cdef double value
    if growth < 0.0:
        return NAN
    value = pow(growth, exponent)
    return value - 1.0 if isfinite(value) else NAN

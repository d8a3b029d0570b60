# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Loops of the indicators, one instrument at a time, arrays in and out.

The indicator kernels take gap-free columns (see `domain.features.columns`); the signal kernels take
whole panels and skip NaN themselves. Every value at row t is made from rows 0..t. The order of the
floating-point operations is part of the contract: the incremental twins repeat it step by step.
"""

from libc.math cimport NAN, fabs, log

from domain.features._blocks cimport block_differences, block_errors, block_means
from domain.features._exact cimport Sum, add, replace, square, mean_of, variance_of

ctypedef unsigned char uint8

# So many rows at a time go through the running sums, then through what needs no row before it.
cdef enum:
    BLOCK = 256


cdef inline const double* leaving(
    const double* x, Py_ssize_t start, Py_ssize_t rows, Py_ssize_t window, double* scratch
) noexcept nogil:
    # What leaves the window on each row from `start` on; nothing, until it is full.
    cdef Py_ssize_t i
    if start >= window:
        return x + start - window
    for i in range(rows):
        scratch[i] = x[start + i - window] if start + i >= window else 0.0
    return scratch


cdef inline void run_on(
    Sum* total, const double* differences, double* highs, Py_ssize_t rows,
    const double* errors, double* lows, Py_ssize_t rows_before,
) noexcept nogil:
    # The running sum of one block beside what rounding took from the block before it: each row of
    # either waits for the row before, and so both wait at the same time.
    cdef double high = total.high
    cdef double low = total.low
    cdef Py_ssize_t both = min(rows, rows_before)
    cdef Py_ssize_t i
    highs[0] = high
    for i in range(both):
        high = high + differences[i]
        highs[i + 1] = high
        low = low + errors[i]
        lows[i] = low
    for i in range(both, rows):
        high = high + differences[i]
        highs[i + 1] = high
    for i in range(both, rows_before):
        low = low + errors[i]
        lows[i] = low
    total.high = high
    total.low = low


def sma(const double[::1] x, double[::1] out, Py_ssize_t window):
    """The mean of the last `window` values, rounded once."""
    cdef double highs[2][BLOCK + 1]
    cdef double errors[2][BLOCK]
    cdef double lows[BLOCK]
    cdef double differences[BLOCK]
    cdef double scratch[BLOCK]
    cdef double count = window
    cdef Py_ssize_t n = x.shape[0]
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t rows
    cdef Py_ssize_t rows_before = 0
    cdef int now = 0
    cdef Sum total
    total.high = total.low = 0.0
    with nogil:
        # The same steps as `replace` and `mean_of`, block by block; the last turn has rows before it only.
        while start < n or rows_before > 0:
            rows = max(min(BLOCK, n - start), 0)
            if rows > 0:
                block_differences(
                    &x[start], leaving(&x[0], start, rows, window, scratch), differences, errors[now], rows
                )
            run_on(&total, differences, highs[now], rows, errors[1 - now], lows, rows_before)
            block_errors(highs[now], differences, errors[now], rows)
            if rows_before > 0:
                block_means(highs[1 - now] + 1, lows, count, 1.0 / count, &out[start - BLOCK], rows_before)
            start += BLOCK
            rows_before = rows
            now = 1 - now
        for start in range(min(window - 1, n)):
            out[start] = NAN


def moments(const double[::1] x, double[::1] mean, double[::1] variance, Py_ssize_t window, int ddof):
    """Mean and variance of the last `window` values; equal values have a variance of exactly 0."""
    cdef double high[BLOCK]
    cdef double low[BLOCK]
    cdef double square_high[BLOCK]
    cdef double square_low[BLOCK]
    cdef double moved[BLOCK]
    cdef double count = window
    cdef double share = 1.0 / count
    cdef double scale = 1.0 / (count * (window - ddof))
    cdef double dropped
    cdef Py_ssize_t n = x.shape[0]
    cdef Py_ssize_t equal = 0
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t rows
    cdef Py_ssize_t i
    cdef Py_ssize_t t
    cdef Sum values
    cdef Sum squares
    cdef Sum new
    cdef Sum old
    values.high = values.low = squares.high = squares.low = 0.0
    with nogil:
        while start < n:
            rows = min(BLOCK, n - start)
            for i in range(rows):
                t = start + i
                dropped = x[t - window] if t >= window else 0.0
                new = square(x[t])
                old = square(dropped)
                replace(&values, x[t], dropped)
                replace(&squares, new.high, old.high)
                squares.low += new.low - old.low
                equal = equal + 1 if t > 0 and x[t] == x[t - 1] else 1
                high[i] = values.high
                low[i] = values.low
                square_high[i] = squares.high
                square_low[i] = squares.low
                moved[i] = 0.0 if equal >= window else 1.0
            for i in range(rows):
                mean[start + i] = mean_of(high[i], low[i], count, share)
            for i in range(rows):
                variance[start + i] = (
                    variance_of(high[i], low[i], square_high[i], square_low[i], count, scale) * moved[i]
                )
            start += rows
        for t in range(min(window - 1, n)):
            mean[t] = NAN
            variance[t] = NAN


def ema(const double[::1] x, double[::1] out, Py_ssize_t window, Py_ssize_t first, double rate):
    """Exponential average from row `first` on, seeded there with the mean of `window` values."""
    cdef Py_ssize_t t
    cdef Py_ssize_t n = x.shape[0]
    cdef double average
    cdef Sum total
    total.high = 0.0
    total.low = 0.0
    with nogil:
        for t in range(min(first, n)):
            out[t] = NAN
        if n > first:
            for t in range(first - window + 1, first + 1):
                add(&total, x[t], 0.0)
            average = mean_of(total.high, total.low, window, 1.0 / window)
            out[first] = average
            for t in range(first + 1, n):
                average = average + (x[t] - average) * rate
                out[t] = average


def rsi(const double[::1] x, double[::1] out, Py_ssize_t window):
    """Wilder's relative strength index, 0 to 100; 50 where nothing moved."""
    cdef Py_ssize_t t
    cdef Py_ssize_t n = x.shape[0]
    cdef double rate = 1.0 / <double>window
    cdef double change
    cdef double up
    cdef double down
    cdef double gain = 0.0
    cdef double loss = 0.0
    cdef Sum gains
    cdef Sum losses
    gains.high = gains.low = losses.high = losses.low = 0.0
    with nogil:
        for t in range(n):
            if t == 0:
                out[0] = NAN
                continue
            change = x[t] - x[t - 1]
            up = change if change > 0.0 else 0.0
            down = -change if change < 0.0 else 0.0
            if t <= window:
                add(&gains, up, 0.0)
                add(&losses, down, 0.0)
                out[t] = NAN
                if t < window:
                    continue
                gain = mean_of(gains.high, gains.low, window, rate)
                loss = mean_of(losses.high, losses.low, window, rate)
            else:
                gain = gain + (up - gain) * rate
                loss = loss + (down - loss) * rate
            out[t] = 100.0 * (gain / (gain + loss)) if gain + loss > 0.0 else 50.0


def atr(
    const double[::1] high, const double[::1] low, const double[::1] close, double[::1] out, Py_ssize_t window
):
    """Wilder's average true range, in price units."""
    cdef Py_ssize_t t
    cdef Py_ssize_t n = high.shape[0]
    cdef double rate = 1.0 / <double>window
    cdef double span
    cdef double up
    cdef double down
    cdef double average = 0.0
    cdef Sum total
    total.high = 0.0
    total.low = 0.0
    with nogil:
        for t in range(n):
            if t == 0:
                out[0] = NAN
                continue
            span = high[t] - low[t]
            up = fabs(high[t] - close[t - 1])
            down = fabs(low[t] - close[t - 1])
            span = up if up > span else span
            span = down if down > span else span
            if t <= window:
                add(&total, span, 0.0)
                out[t] = NAN
                if t == window:
                    average = mean_of(total.high, total.low, window, rate)
                    out[t] = average
            else:
                average = average + (span - average) * rate
                out[t] = average


def extreme(const double[::1] x, double[::1] out, double[::1] tail, Py_ssize_t window, double sign):
    """Highest (sign 1) or lowest (sign -1) of the last `window` values, in constant time a row.

    van Herk (1992) and Gil and Werman (1993): the window spans the end of one block of `window`
    rows and the beginning of the next; the extremes of both parts are running ones. `tail`
    (window,) is scratch.
    """
    cdef Py_ssize_t t
    cdef Py_ssize_t i
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t stop
    cdef Py_ssize_t n = x.shape[0]
    cdef double best
    cdef double value
    with nogil:
        while start < n:
            stop = min(start + window, n)
            best = sign * x[start]
            for t in range(start, stop):
                value = sign * x[t]
                best = value if value > best else best
                i = t - start + 1
                if i == window:
                    out[t] = sign * best
                elif start == 0:
                    out[t] = NAN
                else:
                    out[t] = sign * (tail[i] if tail[i] > best else best)
            if stop - start == window:
                best = sign * x[stop - 1]
                for i in range(window - 1, -1, -1):
                    value = sign * x[start + i]
                    best = value if value > best else best
                    tail[i] = best
            start = stop


def log_returns(const double[::1] x, double[::1] out):
    """log(x[t + 1] / x[t]); one value fewer than x."""
    cdef Py_ssize_t t
    with nogil:
        for t in range(1, x.shape[0]):
            out[t - 1] = log(x[t] / x[t - 1])


def cross(
    const double[:, ::1] a,
    const double[:, ::1] b,
    double[:, ::1] out,
    double above,
    double below,
    double neither,
):
    """`above` on the bar where a passes b upwards, `below` where downwards, else `neither`."""
    cdef Py_ssize_t t
    cdef Py_ssize_t j
    cdef double gap
    cdef double last
    with nogil:
        for j in range(a.shape[1]):
            last = 0.0
            for t in range(a.shape[0]):
                gap = a[t, j] - b[t, j]
                out[t, j] = neither
                if gap == gap:
                    if gap > 0.0 and last < 0.0:
                        out[t, j] = above
                    elif gap < 0.0 and last > 0.0:
                        out[t, j] = below
                    last = gap


def hold(const uint8[:, ::1] enter, const uint8[:, ::1] leave, double[:, ::1] out, double weight):
    """`weight` on the bar that enters, 0 on the bar that leaves, NaN in between."""
    cdef Py_ssize_t t
    cdef Py_ssize_t j
    cdef bint may_be_flat
    cdef bint may_be_held
    with nogil:
        for j in range(enter.shape[1]):
            may_be_flat = True
            may_be_held = True
            for t in range(enter.shape[0]):
                out[t, j] = NAN
                if leave[t, j]:
                    if may_be_held:
                        out[t, j] = 0.0
                    may_be_flat = True
                    may_be_held = False
                elif enter[t, j]:
                    if may_be_flat:
                        out[t, j] = weight
                    may_be_flat = False
                    may_be_held = True

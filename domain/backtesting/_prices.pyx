# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""What bars tell before anybody trades on them: whether they can be used, and what holding them brings."""

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free


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

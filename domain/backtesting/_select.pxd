# cython: language_level=3
"""Values of a given rank, without sorting everything."""


cdef inline double _median(double a, double b, double c) noexcept nogil:
    if a < b:
        return b if b < c else (c if a < c else a)
    return a if a < c else (c if b < c else b)


cdef inline Py_ssize_t _split(double* x, Py_ssize_t low, Py_ssize_t stop, double pivot, bint with_equals) noexcept nogil:
    # Lomuto's partition without a branch: returns are in no order, and a processor that has to guess
    # on which side of the pivot each belongs is wrong half of the time.
    cdef Py_ssize_t i, j = low
    cdef double value
    if with_equals:
        for i in range(low, stop):
            value = x[i]
            x[i] = x[j]
            x[j] = value
            j += value <= pivot
    else:
        for i in range(low, stop):
            value = x[i]
            x[i] = x[j]
            x[j] = value
            j += value < pivot
    return j


cdef inline void _place(double* x, Py_ssize_t count, Py_ssize_t rank) noexcept nogil:
    # Quickselect: afterwards x[rank] is in its place, nothing before it is larger and nothing after
    # it smaller.
    cdef Py_ssize_t low = 0, stop = count, border
    cdef double pivot
    while stop - low > 1:
        pivot = _median(x[low], x[low + (stop - low) // 2], x[stop - 1])
        border = _split(x, low, stop, pivot, False)
        if rank < border:
            stop = border
            continue
        low = border
        border = _split(x, low, stop, pivot, True)
        if rank < border:
            return  # among values equal to the pivot
        low = border


cdef inline double _smallest(const double* x, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    cdef double least = x[0]
    for i in range(1, count):
        if x[i] < least:
            least = x[i]
    return least


cdef inline double _ranked(
    double* negative, Py_ssize_t negatives, double* positive, Py_ssize_t positives, Py_ssize_t zeros,
    Py_ssize_t rank, Py_ssize_t* placed,
) noexcept nogil:
    # The value of this rank where the signs are kept apart. `placed` is the rank placed last in the
    # same part, whose right side therefore holds what comes after it; -1 for none.
    cdef double* part = negative
    cdef Py_ssize_t count = negatives
    if rank >= negatives:
        if rank < negatives + zeros or rank >= negatives + zeros + positives:
            return 0.0
        part, count, rank = positive, positives, rank - negatives - zeros
    if placed[0] >= 0 and rank == placed[0] + 1:
        return _smallest(part + rank, count - rank)
    _place(part, count, rank)
    placed[0] = rank
    return part[rank]


cdef inline void order_statistics(
    const double* x, Py_ssize_t count, Py_ssize_t total, Py_ssize_t below, Py_ssize_t above,
    double* scratch, double* found,
) noexcept nogil:
    # Of `count` values and total - count zeros: those of the ranks below, below + 1, above and
    # above + 1 (none beyond the last), and the sum of the ranks up to `below`.
    cdef Py_ssize_t i, negatives = 0, positives = 0, zeros, last = total - 1, placed
    cdef double* positive
    cdef double sum = 0.0
    for i in range(count):
        # Written always and kept only where it belongs: a branch on the sign of a return is guessed
        # wrongly every other time.
        scratch[negatives] = x[i]
        negatives += x[i] < 0.0
    positive = scratch + negatives
    for i in range(count):
        positive[positives] = x[i]
        positives += x[i] > 0.0
    zeros = total - negatives - positives
    placed = -1
    found[0] = _ranked(scratch, negatives, positive, positives, zeros, below, &placed)
    found[1] = _ranked(scratch, negatives, positive, positives, zeros, min(below + 1, last), &placed)
    for i in range(min(below + 1, negatives)):
        sum += scratch[i]
    for i in range(below + 1 - negatives - zeros):
        sum += positive[i]
    found[4] = sum
    placed = -1
    found[2] = _ranked(scratch, negatives, positive, positives, zeros, above, &placed)
    found[3] = _ranked(scratch, negatives, positive, positives, zeros, min(above + 1, last), &placed)

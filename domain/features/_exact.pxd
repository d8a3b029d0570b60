# cython: language_level=3
"""Sums, means and variances in twice the working precision: rounded once, at the end."""

# Dekker's 2**27 + 1: it cuts a double in two halves whose products are exact.
cdef enum:
    SPLITTER = 134217729


cdef struct Sum:
    # The value is high + low, unevaluated: `low` collects what rounding took from `high`.
    double high
    double low


cdef inline void add(Sum* total, double value, double error) noexcept nogil:
    # Knuth's two-sum: `value + error` goes in, nothing is lost.
    cdef double high = total.high + value
    cdef double seen = high - total.high
    total.low += error + ((total.high - (high - seen)) + (value - seen))
    total.high = high


cdef inline void replace(Sum* total, double new, double old) noexcept nogil:
    cdef double difference = new - old
    cdef double seen = difference - new
    add(total, difference, (new - (difference - seen)) - (old + seen))


cdef inline Sum normalised(double high, double low) noexcept nogil:
    cdef Sum result
    result.high = high + low
    cdef double seen = result.high - high
    result.low = (high - (result.high - seen)) + (low - seen)
    return result


cdef inline Sum product(double a, double b) noexcept nogil:
    # Dekker's exact product without a fused multiply-add.
    cdef double cut = SPLITTER * a
    cdef double a_high = cut - (cut - a)
    cdef double a_low = a - a_high
    cut = SPLITTER * b
    cdef double b_high = cut - (cut - b)
    cdef double b_low = b - b_high
    cdef Sum result
    result.high = a * b
    result.low = ((a_high * b_high - result.high) + a_high * b_low + a_low * b_high) + a_low * b_low
    return result


cdef inline Sum square(double a) noexcept nogil:
    cdef double cut = SPLITTER * a
    cdef double a_high = cut - (cut - a)
    cdef double a_low = a - a_high
    cdef Sum result
    result.high = a * a
    result.low = ((a_high * a_high - result.high) + 2.0 * a_high * a_low) + a_low * a_low
    return result


cdef inline double mean_of(double total_high, double total_low, double count, double share) noexcept nogil:
    # One Newton step with an exact residual gives the mean rounded once. `share` is 1 / count.
    cdef double high = total_high + total_low
    cdef double low = total_low - (high - total_high)
    cdef double mean = high * share
    cdef double cut = SPLITTER * mean
    cdef double mean_high = cut - (cut - mean)
    cdef double residual = ((high - mean_high * count) - (mean - mean_high) * count) + low
    return mean + residual * share


cdef inline double variance_of(
    double sum_high, double sum_low, double square_high, double square_low, double count, double scale
) noexcept nogil:
    # (n * sum of squares - square of the sum) * scale, in twice the working precision: in plain
    # doubles the subtraction leaves noise when the mean is large against the deviation.
    cdef Sum s = normalised(sum_high, sum_low)
    cdef Sum q = normalised(square_high, square_low)
    cdef Sum first = product(q.high, count)
    cdef Sum second = square(s.high)
    cdef Sum gap
    gap.high = first.high - second.high
    cdef double seen = gap.high - first.high
    gap.low = (first.high - (gap.high - seen)) - (second.high + seen)
    gap.low += (first.low + q.low * count) - (second.low + 2.0 * s.high * s.low)
    cdef double numerator = gap.high + gap.low
    return (numerator if numerator > 0.0 else 0.0) * scale

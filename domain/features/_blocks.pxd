# cython: language_level=3
"""Loops over a block of rows in which no row waits for another.

Plain enough for the compiler to take several rows at once. Every value is made by the same operations
in the same order whatever the instruction set, so the machine changes the speed and not a bit.
"""

cdef extern from *:
    """
    #include <stddef.h>
    #include <string.h>

    /* Compiled twice, for AVX2 and for every x86-64; the machine picks when the module is loaded. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
    #define FOR_EACH_MACHINE __attribute__((target_clones("avx2", "default")))
    #else
    #define FOR_EACH_MACHINE
    #endif
    #if defined(__GNUC__)
    #define ALONE __restrict__
    #else
    #define ALONE
    #endif

    /* What enters a window less what leaves it, and the rounding error of that (Knuth's two-sum). */
    FOR_EACH_MACHINE
    static void block_differences(
        const double* ALONE entering, const double* ALONE leaving, double* ALONE difference,
        double* ALONE error, ptrdiff_t rows
    ) {
        for (ptrdiff_t i = 0; i < rows; i++) {
            double gap = entering[i] - leaving[i], seen = gap - entering[i];
            difference[i] = gap;
            error[i] = (entering[i] - (gap - seen)) - (leaving[i] + seen);
        }
    }

    /* What rounding took when each difference was added to the sum before it: total has rows + 1. */
    FOR_EACH_MACHINE
    static void block_errors(
        const double* ALONE total, const double* ALONE difference, double* ALONE error, ptrdiff_t rows
    ) {
        for (ptrdiff_t i = 0; i < rows; i++) {
            double seen = total[i + 1] - total[i];
            error[i] = error[i] + ((total[i] - (total[i + 1] - seen)) + (difference[i] - seen));
        }
    }

    /* Sums high + low over count, rounded once: one Newton step with an exact residual. */
    FOR_EACH_MACHINE
    static void block_means(
        const double* ALONE high_sum, const double* ALONE low_sum, double count, double share,
        double* ALONE out, ptrdiff_t rows
    ) {
        for (ptrdiff_t i = 0; i < rows; i++) {
            double high = high_sum[i] + low_sum[i], low = low_sum[i] - (high - high_sum[i]);
            double mean = high * share, cut = 134217729.0 * mean, mean_high = cut - (cut - mean);
            double residual = ((high - mean_high * count) - (mean - mean_high) * count) + low;
            out[i] = mean + residual * share;
        }
    }
    """
    void block_differences(
        const double* entering, const double* leaving, double* difference, double* error, Py_ssize_t rows
    ) noexcept nogil
    void block_errors(
        const double* total, const double* difference, double* error, Py_ssize_t rows
    ) noexcept nogil
    void block_means(
        const double* high_sum, const double* low_sum, double count, double share, double* out, Py_ssize_t rows
    ) noexcept nogil

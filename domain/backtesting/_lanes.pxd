# cython: language_level=3
"""Loops over one array at a time, four values a step.

Sums are kept in four lanes and joined at the end in one order, so that a wider instruction set
changes the speed and not the result.
"""

cdef extern from *:
    """
    #include <stddef.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #endif

    /* Compiled twice, for AVX2 and for every x86-64; the machine picks when the module is loaded. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
    #define LANES_FOR_EACH_MACHINE __attribute__((target_clones("avx2", "default")))
    #else
    #define LANES_FOR_EACH_MACHINE
    #endif

    #if defined(__GNUC__)
    typedef double lanes __attribute__((vector_size(32)));
    typedef long long lane_bits __attribute__((vector_size(32)));
    #define LANES_LOAD(target, from) memcpy(&(target), (from), 32)
    #define LANES_STORE(to, from) memcpy((to), &(from), 32)
    #define LANES_ALL(x) ((lanes){(x), (x), (x), (x)})
    #else
    #error "this engine is compiled with GCC or Clang"
    #endif

    /* Value of an account that holds `quantity` at these prices; the answer is their sum. */
    LANES_FOR_EACH_MACHINE
    static double lanes_values(
        const double* price, double cash, double quantity, double* value, ptrdiff_t count
    ) {
        lanes total = LANES_ALL(0.0), held = LANES_ALL(quantity), money = LANES_ALL(cash), x;
        double sum;
        ptrdiff_t i = 0;
        for (; i + 4 <= count; i += 4) {
            LANES_LOAD(x, price + i);
            x = money + held * x;
            LANES_STORE(value + i, x);
            total += x;
        }
        sum = (total[0] + total[1]) + (total[2] + total[3]);
        for (; i < count; i++) {
            value[i] = cash + quantity * price[i];
            sum += value[i];
        }
        return sum;
    }

    /* Simple returns between count + 1 levels. Added to the sums: of the first four powers, and of
       squared negative returns. */
    LANES_FOR_EACH_MACHINE
    static void lanes_returns(const double* level, double* out, ptrdiff_t count, double* sums) {
        lanes one = LANES_ALL(0.0), two = one, three = one, four = one, down = one, before, r, s;
        ptrdiff_t i = 0;
        double square;
        for (; i + 4 <= count; i += 4) {
            LANES_LOAD(before, level + i);
            LANES_LOAD(r, level + i + 1);
            r = r / before - LANES_ALL(1.0);
            LANES_STORE(out + i, r);
            one += r;
            s = r * r;
            two += s;
            three += s * r;
            four += s * s;
            down += (lanes)((lane_bits)(r < LANES_ALL(0.0)) & (lane_bits)s);
        }
        sums[0] += (one[0] + one[1]) + (one[2] + one[3]);
        sums[1] += (two[0] + two[1]) + (two[2] + two[3]);
        sums[2] += (three[0] + three[1]) + (three[2] + three[3]);
        sums[3] += (four[0] + four[1]) + (four[2] + four[3]);
        sums[4] += (down[0] + down[1]) + (down[2] + down[3]);
        for (; i < count; i++) {
            out[i] = level[i + 1] / level[i] - 1.0;
            square = out[i] * out[i];
            sums[0] += out[i];
            sums[1] += square;
            sums[2] += square * out[i];
            sums[3] += square * square;
            if (out[i] < 0.0) sums[4] += square;
        }
    }

    /* Sums of the second, third and fourth powers about the mean. */
    LANES_FOR_EACH_MACHINE
    static void lanes_moments(const double* x, double mean, ptrdiff_t count, double* sums) {
        lanes two = LANES_ALL(0.0), three = two, four = two, centre = LANES_ALL(mean), d, s;
        double a, b;
        ptrdiff_t i = 0;
        for (; i + 4 <= count; i += 4) {
            LANES_LOAD(d, x + i);
            d -= centre;
            s = d * d;
            two += s;
            three += s * d;
            four += s * s;
        }
        sums[0] = (two[0] + two[1]) + (two[2] + two[3]);
        sums[1] = (three[0] + three[1]) + (three[2] + three[3]);
        sums[2] = (four[0] + four[1]) + (four[2] + four[3]);
        for (; i < count; i++) {
            a = x[i] - mean;
            b = a * a;
            sums[0] += b;
            sums[1] += b * a;
            sums[2] += b * b;
        }
    }

    /* Against a market whose returns are centred already: sums of the product and of the squared gap. */
    LANES_FOR_EACH_MACHINE
    static void lanes_against(
        const double* x, double mean, const double* market, ptrdiff_t count, double* sums
    ) {
        lanes product = LANES_ALL(0.0), gap = product, square = product, centre = LANES_ALL(mean), d, m;
        double a, b;
        ptrdiff_t i = 0;
        for (; i + 4 <= count; i += 4) {
            LANES_LOAD(d, x + i);
            LANES_LOAD(m, market + i);
            d -= centre;
            square += d * d;
            product += d * m;
            d -= m;
            gap += d * d;
        }
        sums[0] = (product[0] + product[1]) + (product[2] + product[3]);
        sums[1] = (gap[0] + gap[1]) + (gap[2] + gap[3]);
        sums[2] = (square[0] + square[1]) + (square[2] + square[3]);
        for (; i < count; i++) {
            a = x[i] - mean;
            b = a - market[i];
            sums[0] += a * market[i];
            sums[1] += b * b;
            sums[2] += a * a;
        }
    }

    /* Whether all of 8 values lie below `upper` and above `lower`. */
    static inline int lanes_are_between(const double* x, double upper, double lower) {
    #if defined(__SSE2__)
        __m128d high = _mm_set1_pd(upper), low = _mm_set1_pd(lower), out;
        __m128d a = _mm_loadu_pd(x), b = _mm_loadu_pd(x + 2), c = _mm_loadu_pd(x + 4), d = _mm_loadu_pd(x + 6);
        out = _mm_or_pd(
            _mm_or_pd(
                _mm_or_pd(_mm_cmpge_pd(a, high), _mm_cmpge_pd(b, high)),
                _mm_or_pd(_mm_cmpge_pd(c, high), _mm_cmpge_pd(d, high))
            ),
            _mm_cmple_pd(_mm_min_pd(_mm_min_pd(a, b), _mm_min_pd(c, d)), low)
        );
        return _mm_movemask_pd(out) == 0;
    #else
        int k;
        for (k = 0; k < 8; k++) if (x[k] >= upper || x[k] <= lower) return 0;
        return 1;
    #endif
    }

    LANES_FOR_EACH_MACHINE
    static double lanes_sum(const double* x, ptrdiff_t count) {
        lanes total = LANES_ALL(0.0), v;
        double sum;
        ptrdiff_t i = 0;
        for (; i + 4 <= count; i += 4) {
            LANES_LOAD(v, x + i);
            total += v;
        }
        sum = (total[0] + total[1]) + (total[2] + total[3]);
        for (; i < count; i++) sum += x[i];
        return sum;
    }
    """
    double lanes_values(
        const double* price, double cash, double quantity, double* value, Py_ssize_t count
    ) noexcept nogil
    void lanes_returns(const double* level, double* out, Py_ssize_t count, double* sums) noexcept nogil
    void lanes_moments(const double* x, double mean, Py_ssize_t count, double* sums) noexcept nogil
    void lanes_against(
        const double* x, double mean, const double* market, Py_ssize_t count, double* sums
    ) noexcept nogil
    double lanes_sum(const double* x, Py_ssize_t count) noexcept nogil
    bint lanes_are_between(const double* x, double upper, double lower) noexcept nogil

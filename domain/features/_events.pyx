# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# distutils: extra_compile_args = -O3 -ffp-contract=off
"""Where lines cross and conditions turn, for many pairs of them at once.

Only the few rows where something happens are written. A pair answers with the rows that `_rolling.cross`
or `_rolling.hold` would fill, and the loops stop before a pair whose rows may not fit.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc

cdef extern from *:
    """
    #include <stdint.h>
    #if defined(__x86_64__) && defined(__GNUC__)
    #include <immintrin.h>
    #elif defined(__SSE2__)
    #include <emmintrin.h>
    #endif

    /* Bit k of a word says whether a[k] < b[k], for as many whole words of 64 as there are values. */
    static void below_portably(const double* a, const double* b, Py_ssize_t words, uint64_t* out) {
        Py_ssize_t w;
        int k;
        for (w = 0; w < words; w++, a += 64, b += 64) {
            uint64_t bits = 0;
    #if defined(__SSE2__)
            for (k = 0; k < 64; k += 2)
                bits |= (uint64_t)_mm_movemask_pd(_mm_cmplt_pd(_mm_loadu_pd(a + k), _mm_loadu_pd(b + k))) << k;
    #else
            for (k = 0; k < 64; k++) bits |= (uint64_t)(a[k] < b[k]) << k;
    #endif
            out[w] = bits;
        }
    }

    #if defined(__x86_64__) && defined(__GNUC__)
    __attribute__((target("avx2")))
    static void below_with_avx2(const double* a, const double* b, Py_ssize_t words, uint64_t* out) {
        Py_ssize_t w;
        int k;
        for (w = 0; w < words; w++, a += 64, b += 64) {
            uint64_t bits = 0;
            for (k = 0; k < 64; k += 4)
                bits |= (uint64_t)_mm256_movemask_pd(
                    _mm256_cmp_pd(_mm256_loadu_pd(a + k), _mm256_loadu_pd(b + k), _CMP_LT_OQ)) << k;
            out[w] = bits;
        }
    }
    #endif

    static void below(const double* a, const double* b, Py_ssize_t count, uint64_t* out) {
        Py_ssize_t words = count / 64, i;
    #if defined(__x86_64__) && defined(__GNUC__)
        if (__builtin_cpu_supports("avx2")) below_with_avx2(a, b, words, out);
        else
    #endif
        below_portably(a, b, words, out);
        if (count % 64) out[words] = 0;
        for (i = 64 * words; i < count; i++) out[words] |= (uint64_t)(a[i] < b[i]) << (i % 64);
    }

    #if defined(__GNUC__)
    #define lowest_bit(x) __builtin_ctzll(x)
    #else
    static inline int lowest_bit(uint64_t x) { int k = 0; while (!(x & 1)) { x >>= 1; k++; } return k; }
    #endif
    """
    void below(const double* a, const double* b, Py_ssize_t count, uint64_t* out) noexcept nogil
    int lowest_bit(uint64_t bits) noexcept nogil


def first_numbers(const double[:, ::1] lines, int64_t[::1] first):
    """The first row of each line (K, T) that is a number, T where none is."""
    cdef Py_ssize_t line, i, rows = lines.shape[1]
    with nogil:
        for line in range(lines.shape[0]):
            i = 0
            while i < rows and lines[line, i] != lines[line, i]:
                i += 1
            first[line] = i


def crossings(
    const double[:, ::1] fast,
    const double[:, ::1] slow,
    const int64_t[::1] begin,
    const int64_t[::1] which_fast,
    const int64_t[::1] which_slow,
    const double[::1] above_weight,
    const double[::1] below_weight,
    int64_t[::1] row,
    double[::1] weight,
    int64_t[::1] offset,
    Py_ssize_t start,
):
    """Rows where the fast line of a pair crosses its slow one, from pair `start` on.

    fast, slow  lines (F, T) and (S, T), without a hole from row begin[pair] on
    above_weight, below_weight  what to write where the fast line has passed upwards, and downwards
    offset      (K + 1,), of which [start] is given: where in `row` and `weight` each pair begins

    Answers with the first pair that was not done for lack of room.
    """
    cdef Py_ssize_t pair = start, used = offset[start], rows = fast.shape[1], pairs = which_fast.shape[0]
    cdef Py_ssize_t first, word, i
    cdef const double* a
    cdef const double* b
    cdef uint64_t turns, before
    cdef uint64_t* bits = <uint64_t*> malloc((rows // 64 + 1) * sizeof(uint64_t))
    if bits == NULL:
        raise MemoryError
    with nogil:
        while pair < pairs and used + rows <= row.shape[0]:
            first = begin[pair]
            if first < rows:
                a, b = &fast[which_fast[pair], first], &slow[which_slow[pair], first]
                below(a, b, rows - first, bits)
                before = bits[0] & 1  # what stood before the first row is not known: no cross there
                for word in range((rows - first + 63) // 64):
                    turns = bits[word] ^ ((bits[word] << 1) | before)
                    before = bits[word] >> 63
                    while turns:
                        i = word * 64 + lowest_bit(turns)
                        turns &= turns - 1
                        if i >= rows - first:
                            break
                        # Strict on both sides: lines that were or are equal have not crossed.
                        if a[i] < b[i]:
                            if a[i - 1] > b[i - 1]:
                                row[used], weight[used] = first + i, below_weight[pair]
                                used += 1
                        elif a[i] > b[i]:
                            row[used], weight[used] = first + i, above_weight[pair]
                            used += 1
            pair += 1
            offset[pair] = used
    free(bits)
    return pair


def holds(
    const uint64_t[:, ::1] enter,
    const uint64_t[:, ::1] leave,
    const int64_t[::1] which_enter,
    const int64_t[::1] which_leave,
    double share,
    Py_ssize_t rows,
    int64_t[::1] row,
    double[::1] weight,
    int64_t[::1] offset,
    Py_ssize_t start,
):
    """Rows where a position begins (`share`) and ends (0), from pair `start` on.

    enter, leave  conditions as bits, 64 rows a word, the first row in the lowest bit; the bits
                  after the last row are 0
    The rest is as in `crossings`; the rule is that of `_rolling.hold`.
    """
    cdef Py_ssize_t pair, used = offset[start], pairs = which_enter.shape[0]
    cdef Py_ssize_t words = enter.shape[1], word
    cdef const uint64_t* going_in
    cdef const uint64_t* going_out
    cdef uint64_t wanted, ahead
    cdef bint may_be_flat, may_be_held
    cdef int k
    pair = start
    with nogil:
        while pair < pairs and used + rows <= row.shape[0]:
            going_in, going_out = &enter[which_enter[pair], 0], &leave[which_leave[pair], 0]
            may_be_flat = may_be_held = True
            for word in range(words):
                ahead = <uint64_t> -1
                while True:
                    wanted = 0
                    if may_be_held:
                        wanted |= going_out[word]
                    if may_be_flat:
                        wanted |= going_in[word] & ~going_out[word]
                    wanted &= ahead
                    if wanted == 0:
                        break
                    k = lowest_bit(wanted)
                    may_be_flat = (going_out[word] >> k) & 1
                    may_be_held = not may_be_flat
                    row[used] = word * 64 + k
                    weight[used] = 0.0 if may_be_flat else share
                    used += 1
                    if k == 63:
                        break
                    ahead = <uint64_t> -1 << (k + 1)
            pair += 1
            offset[pair] = used
    return pair

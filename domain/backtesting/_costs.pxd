# cython: language_level=3
"""What trading costs, and what a sum of money buys once costs are paid. Mirrors `reference.Market`."""

from libc.math cimport fabs, floor, sqrt

# Differences below this share of equity, or of a lot, are rounding of floats and not intent.
cdef inline double noise() noexcept nogil:
    return 1e-9


cdef struct Costs:
    # Rates are fractions of the reference price; adverse is half the spread plus slippage.
    double fixed
    double per_share
    double rate
    double minimum
    double adverse
    double impact


cdef inline double adverse_rate(const Costs* costs, double quantity, double side, double volume) noexcept nogil:
    cdef double rate = costs.adverse
    if costs.impact > 0:
        # Without a volume to compare with, the order is taken to be all of it.
        rate += costs.impact * sqrt(quantity / volume) if volume > 0 else costs.impact
    # Nobody pays to have a share taken: a sale brings nothing at worst.
    return 1.0 if side < 0 and rate > 1.0 else rate


cdef inline double fill_price(
    const Costs* costs, double reference, double side, double quantity, double volume
) noexcept nogil:
    return reference * (1.0 + side * adverse_rate(costs, quantity, side, volume))


cdef inline double commission_of(const Costs* costs, double quantity, double price) noexcept nogil:
    cdef double commission = costs.fixed + costs.per_share * quantity + costs.rate * quantity * price
    return costs.minimum if costs.minimum > commission else commission


cdef inline double money_needed(
    const Costs* costs, double quantity, double cost_weight, double reference, double side, double volume
) noexcept nogil:
    # Costs lower equity, and with it the exposure allowed, `cost_weight` times.
    cdef double price = fill_price(costs, reference, side, quantity, volume)
    cdef double paid = commission_of(costs, quantity, price) + quantity * fabs(price - reference)
    return quantity * reference + cost_weight * paid


cdef inline double affordable(
    const Costs* costs, double money, double cost_weight, double reference, double side, double volume
) noexcept nogil:
    # Largest quantity whose position and costs together need no more than the money.
    cdef double adverse = adverse_rate(costs, 0.0, side, volume)
    cdef double price = reference * (1.0 + side * adverse)
    cdef double unit = reference * (1.0 + cost_weight * adverse)
    cdef double most = (money - cost_weight * costs.fixed) / (
        unit + cost_weight * (costs.per_share + costs.rate * price)
    )
    cdef double at_minimum = (money - cost_weight * costs.minimum) / unit
    cdef double least = 0.0, middle
    cdef int halving
    if at_minimum < most:
        most = at_minimum
    if most <= 0:
        return 0.0
    if costs.impact > 0 and volume > 0:
        # Impact grows with the quantity itself, so the answer is searched for below the start.
        for halving in range(64):
            middle = 0.5 * (least + most)
            if money_needed(costs, middle, cost_weight, reference, side, volume) <= money:
                least = middle
            else:
                most = middle
        most = least
    return most


cdef inline double round_down(double quantity, double lot) noexcept nogil:
    # A lot of zero stands for an instrument that trades in any fraction.
    if lot == 0:
        return quantity
    return floor(quantity / lot + noise()) * lot

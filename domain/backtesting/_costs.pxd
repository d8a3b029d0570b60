# cython: language_level=3
"""What trading costs, and what a sum of money buys once costs are paid. Mirrors `reference_market.Market`.

Prices here are in the account's currency."""

from libc.math cimport INFINITY, ceil, fabs, floor, sqrt

# Differences below this share of equity, or of a lot, are rounding of floats and not intent.
cdef inline double noise() noexcept nogil:
    return 1e-9


cdef struct Costs:
    # Rates are fractions of the reference price; adverse is half the spread plus slippage. maximum is a
    # share of the notional, infinite for none. Above each of `tier_from` the notional of the tier period
    # pays `tier_rates` instead of `rate`; `traded` is what the period has seen so far. conversion is of
    # the instrument in hand: the share of the notional that changing currency costs.
    double fixed
    double per_share
    double rate
    double minimum
    double maximum
    double adverse
    double impact
    double conversion
    double traded
    Py_ssize_t tiers
    const double* tier_from
    const double* tier_rates


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


cdef inline double slice_of(double notional, double before, double lower, double upper) noexcept nogil:
    # How much of a notional that follows what was traded before lies between two thresholds.
    cdef double begin = before if before > lower else lower
    cdef double end = before + notional if before + notional < upper else upper
    return end - begin if end > begin else 0.0


cdef inline double by_tiers(const Costs* costs, double notional) noexcept nogil:
    cdef Py_ssize_t tier
    cdef double upper
    cdef double commission = costs.rate * slice_of(notional, costs.traded, 0.0, costs.tier_from[0])
    for tier in range(costs.tiers):
        upper = costs.tier_from[tier + 1] if tier + 1 < costs.tiers else INFINITY
        commission += costs.tier_rates[tier] * slice_of(notional, costs.traded, costs.tier_from[tier], upper)
    return commission


cdef inline double commission_of(const Costs* costs, double quantity, double price) noexcept nogil:
    cdef double commission = costs.fixed + costs.per_share * quantity
    if costs.tiers > 0:
        commission += by_tiers(costs, quantity * price)
    else:
        commission += costs.rate * quantity * price
    if costs.minimum > commission:
        commission = costs.minimum
    if costs.maximum * quantity * price < commission:
        commission = costs.maximum * quantity * price
    return commission + costs.conversion * quantity * price


cdef inline double money_needed(
    const Costs* costs, double quantity, double cost_weight, double reference, double side, double volume
) noexcept nogil:
    # Costs lower equity, and with it the exposure allowed, `cost_weight` times.
    cdef double price = fill_price(costs, reference, side, quantity, volume)
    cdef double paid = commission_of(costs, quantity, price) + quantity * fabs(price - reference)
    return quantity * reference + cost_weight * paid


cdef inline double lowest_rate(const Costs* costs) noexcept nogil:
    cdef Py_ssize_t tier
    cdef double lowest = costs.rate
    for tier in range(costs.tiers):
        if costs.tier_rates[tier] < lowest:
            lowest = costs.tier_rates[tier]
    return lowest


cdef inline double affordable(
    const Costs* costs, double money, double cost_weight, double reference, double side, double volume
) noexcept nogil:
    # Largest quantity whose position and costs together need no more than the money.
    cdef double adverse = adverse_rate(costs, 0.0, side, volume)
    cdef double price = reference * (1.0 + side * adverse)
    cdef double unit = reference * (1.0 + cost_weight * adverse)
    cdef double most = (money - cost_weight * costs.fixed) / (
        unit + cost_weight * (costs.per_share + (lowest_rate(costs) + costs.conversion) * price)
    )
    cdef double at_minimum = (money - cost_weight * costs.minimum) / (unit + cost_weight * costs.conversion * price)
    cdef double least = 0.0, at_maximum, middle
    cdef int halving
    if at_minimum < most:
        most = at_minimum
    if costs.maximum < INFINITY:
        at_maximum = money / (unit + cost_weight * (costs.maximum + costs.conversion) * price)
        if at_maximum > most:
            most = at_maximum
    if most <= 0:
        return 0.0
    if costs.tiers > 0 or (costs.impact > 0 and volume > 0):
        # Impact grows with the quantity itself and tiers bend the line: searched for below the start.
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


cdef inline double round_up(double quantity, double lot) noexcept nogil:
    if lot == 0:
        return quantity
    return ceil(quantity / lot - noise()) * lot

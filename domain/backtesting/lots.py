"""The step in which quantities of each instrument are traded."""

from collections.abc import Sequence

from domain.backtesting.model import QuantityRule
from domain.market.instruments import Instrument

FRACTIONAL = 0.0
"""The lot of an instrument that trades in any fraction."""


def lot_sizes(instruments: Sequence[Instrument], rule: QuantityRule) -> list[float]:
    """Smallest quantity step of each instrument, in units; FRACTIONAL where any quantity goes."""
    return [FRACTIONAL if _is_fractional(one, rule) else float(one.lot_size) for one in instruments]


def _is_fractional(instrument: Instrument, rule: QuantityRule) -> bool:
    if rule is QuantityRule.INSTRUMENT:
        return instrument.fractional
    return rule is QuantityRule.FRACTIONAL

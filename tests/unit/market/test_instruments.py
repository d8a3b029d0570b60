from decimal import Decimal

import pytest

from domain.errors import InvalidInput
from domain.market.instruments import Instrument


def test_an_id_joins_symbol_and_venue() -> None:
    assert Instrument("BTC/USDT", "BINANCE").id == "BTC/USDT.BINANCE"


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        Instrument("A B", "", currency="", tick_size=Decimal(0), lot_size=Decimal(-1))

    paths = [problem.path for problem in refusal.value.problems]
    assert paths == [("symbol",), ("venue",), ("currency",), ("tick_size",), ("lot_size",)]

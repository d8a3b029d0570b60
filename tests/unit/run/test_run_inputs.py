"""What a run reads: its hash, its currency, its seed, and what adjustment does to numbers of shares."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from domain.backtesting.inputs import data_hash, read_inputs
from domain.errors import InvalidInput
from domain.market.corporate_actions import Dividend, Split
from domain.market.instruments import AssetClass, Instrument
from tests.kit.backtests import a_spec
from tests.kit.runs import BarsInMemory, carried_out, closes_at, walk

SHARE = Instrument("TEST", "XNAS")
OTHER = Instrument("OTHER", "XNAS")
YEN = Instrument("7203", "XTKS", currency="JPY")
BARS, OTHER_BARS = walk(SHARE, closes_at(21, weeks=10), 1), walk(OTHER, closes_at(21, weeks=10), 2)
# Monday of the third week, of the fourth, and of a week after the run.
SPLIT, DIVIDEND, LATER = (
    Split(date(2020, 1, 20), 2.0),
    Dividend(date(2020, 1, 27), 1.0),
    Split(date(2020, 4, 6), 3.0),
)


def _warnings(*actions: Split | Dividend, share: Instrument = SHARE, **changes: Any) -> list[str]:
    bars = replace(BARS, instrument=share)
    outcome, _ = carried_out(a_spec(**changes), bars, actions=actions)
    return [warning for warning in outcome.warnings if "adjusted" in warning]


def test_whole_lots_over_a_split_are_told_to_be_counted_in_adjusted_shares() -> None:
    assert _warnings(SPLIT, DIVIDEND, LATER) == [
        "Prices are adjusted for 1 split and 1 dividend up to 2020-03-13; whole lots are counted in adjusted shares."
    ]


def test_every_cost_that_counts_shares_is_named() -> None:
    told = _warnings(
        SPLIT, DIVIDEND, Split(date(2020, 2, 3), 2.0), costs={"commission_per_share": 0.01, "impact_bps": 5}
    )
    (sentence,) = told
    assert sentence == (
        "Prices are adjusted for 2 splits and 1 dividend up to 2020-03-13; "
        "whole lots, commissions per share and impact costs are counted in adjusted shares."
    )


def test_a_commission_per_share_alone_is_reason_enough() -> None:
    told = _warnings(
        DIVIDEND, sizing={"quantity": "fractional"}, costs={"commission_per_share": 0.01}, end="2020-02-28"
    )
    assert told == [
        "Prices are adjusted for 1 dividend up to 2020-02-28; commissions per share are counted in adjusted shares."
    ]


@pytest.mark.parametrize(
    ("actions", "changes"),
    [
        ([], {}),
        ([LATER], {}),
        ([DIVIDEND], {"adjustment": "none"}),
        ([DIVIDEND], {"adjustment": "splits"}),
        ([SPLIT, DIVIDEND], {"sizing": {"quantity": "fractional"}}),
        # What counts in money is the same on any footing, and volume is restated by splits.
        ([SPLIT, DIVIDEND], {"sizing": {"quantity": "fractional"}, "costs": {"commission_fixed": 1}}),
        ([SPLIT], {"sizing": {"quantity": "fractional"}, "costs": {"impact_bps": 5}}),
        ([SPLIT], {"start": "2020-01-20"}),
        ([SPLIT], {"end": "2020-01-19"}),
    ],
)
def test_nothing_is_said_where_adjustment_counts_no_shares(
    actions: list[Split | Dividend], changes: dict[str, Any]
) -> None:
    assert _warnings(*actions, **changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"lot_size": Decimal(100)},
        {"fractional": True},
        {"currency": "EUR"},
        {"tick_size": Decimal("0.05")},
        {"asset_class": AssetClass.CRYPTO},
    ],
)
def test_a_fact_of_the_instrument_that_decides_the_result_changes_the_hash(changes: dict[str, Any]) -> None:
    assert data_hash([replace(BARS, instrument=replace(SHARE, **changes))]) != data_hash([BARS])


def test_the_hash_covers_the_benchmark_and_nothing_that_decides_nothing() -> None:
    assert len({data_hash(*given) for given in _SEEN}) == len(_SEEN)
    same = replace(SHARE, name="Test Inc.", lot_size=Decimal("1.00"))
    assert data_hash([replace(BARS, instrument=same)]) == data_hash([BARS])


_SEEN = (([BARS],), ([BARS], OTHER_BARS), ([BARS, OTHER_BARS],), ([BARS], BARS.take(slice(0, 20))))


def test_a_run_is_marked_with_the_hash_of_its_benchmark_too() -> None:
    spec = a_spec(benchmark=OTHER.id)
    dearer = replace(OTHER_BARS, close=OTHER_BARS.close * np.linspace(1.0, 1.1, len(OTHER_BARS)))
    one, other = (carried_out(spec, BARS, bars)[0].provenance.data_hash for bars in (OTHER_BARS, dearer))
    assert one == data_hash([BARS], OTHER_BARS)
    assert one != other


def test_prices_that_no_stored_pair_converts_are_refused_with_the_pair_to_import() -> None:
    yen = replace(BARS, instrument=YEN)
    with pytest.raises(InvalidInput) as fault:
        read_inputs(BarsInMemory([BARS, yen]), a_spec(instruments=(SHARE.id, YEN.id)))
    assert fault.value.message == (
        "instruments: 7203.XTKS has prices in JPY; to convert them for a USD account, import 1d bars of the pair "
        "JPY/USD or USD/JPY, as an instrument of class fx"
    )
    inputs = read_inputs(BarsInMemory([yen]), a_spec(instruments=(YEN.id,), currency="JPY"))
    assert inputs.conditions.rates is None


def test_a_benchmark_that_no_stored_pair_converts_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"benchmark: 7203\.XTKS has prices in JPY; to convert them"):
        carried_out(a_spec(benchmark=YEN.id), BARS, replace(BARS, instrument=YEN))


def test_a_seed_repeats_a_run_and_another_seed_is_another_run() -> None:
    def equity(seed: int) -> list[float]:
        _, curve = carried_out(a_spec(strategy="dice", parameters={}, seed=seed), BARS)
        return [float(value) for value in curve.equity]

    assert equity(7) == equity(7)
    assert equity(7) != equity(8)

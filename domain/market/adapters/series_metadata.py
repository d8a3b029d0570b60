"""The instrument and the corporate actions of a stored series, as text in its file's metadata."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.market.corporate_actions import CorporateAction, Dividend, Split
from domain.market.instruments import AssetClass, Instrument

_KEY = "agentic_trader.series"
_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Description:
    """What a stored series is of, and what happened to it. Actions are in order of ex-date."""

    instrument: Instrument
    actions: tuple[CorporateAction, ...]


def merged(known: Sequence[CorporateAction], newer: Sequence[CorporateAction]) -> tuple[CorporateAction, ...]:
    """Actions of both, oldest first, at most one of a kind a day; a split before a dividend.

    Within one delivery the dividends of a day add up (a regular and a special one) and its splits
    multiply. What is newer replaces what was known of that day, because vendors correct amounts.
    """
    actions = (_one_a_day(known) | _one_a_day(newer)).values()
    return tuple(sorted(actions, key=lambda action: (action.ex_date, isinstance(action, Dividend))))


def _one_a_day(actions: Sequence[CorporateAction]) -> dict[tuple[date, type], CorporateAction]:
    combined: dict[tuple[date, type], CorporateAction] = {}
    for action in actions:
        day = (action.ex_date, type(action))
        before = combined.get(day)
        if isinstance(action, Split) and isinstance(before, Split):
            combined[day] = Split(action.ex_date, before.ratio * action.ratio)
        elif isinstance(action, Dividend) and isinstance(before, Dividend):
            combined[day] = Dividend(action.ex_date, before.amount + action.amount)
        else:
            combined[day] = action
    return combined


def encode(description: Description) -> dict[str, str]:
    """Key and value for the metadata of a Parquet file."""
    content = {
        "layout": _LAYOUT,
        "instrument": {
            **asdict(description.instrument),
            "tick_size": str(description.instrument.tick_size),
            "lot_size": str(description.instrument.lot_size),
        },
        "actions": [_encode_action(action) for action in description.actions],
    }
    return {_KEY: json.dumps(content, sort_keys=True)}


def decode(metadata: Mapping[str, str]) -> Description:
    """Raises KeyError or ValueError for a file that was not written by `encode`."""
    content = json.loads(metadata[_KEY])
    if content["layout"] != _LAYOUT:
        raise ValueError(f"layout {content['layout']} is not known")
    fields: dict[str, Any] = content["instrument"]
    instrument = Instrument(
        **{
            **fields,
            "asset_class": AssetClass(fields["asset_class"]),
            "tick_size": Decimal(fields["tick_size"]),
            "lot_size": Decimal(fields["lot_size"]),
        }
    )
    return Description(instrument, tuple(_decode_action(action) for action in content["actions"]))


def _encode_action(action: CorporateAction) -> dict[str, str | float]:
    if isinstance(action, Split):
        return {"kind": "split", "ex_date": action.ex_date.isoformat(), "ratio": action.ratio}
    return {"kind": "dividend", "ex_date": action.ex_date.isoformat(), "amount": action.amount}


def _decode_action(fields: Mapping[str, Any]) -> CorporateAction:
    ex_date = date.fromisoformat(fields["ex_date"])
    if fields["kind"] == "split":
        return Split(ex_date, float(fields["ratio"]))
    return Dividend(ex_date, float(fields["amount"]))

"""What a run reads before it begins: the bars it trades, what it is compared with, and their hash."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.model import BacktestSpec
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput
from domain.market.adjustment import adjusted
from domain.market.bars import Bars, Panel
from domain.market.instruments import InstrumentId
from domain.market.ports import BarStore
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, eq=False)
class RunInputs:
    """All data that decides a result.

    panel      the aligned bars that are traded
    benchmark  (T,) last known close of the benchmark at each row, NaN before its first; None when
               the spec names none
    series     the adjusted bars the panel was aligned from, for warnings; not cut by `take`
    data_hash  of everything that was read, as `Provenance` describes it; "" for made-up bars
    """

    panel: Panel
    benchmark: FloatArray | None = None
    series: tuple[Bars, ...] = ()
    data_hash: str = ""

    def __len__(self) -> int:
        return len(self.panel)

    def take(self, rows: slice) -> "RunInputs":
        """A contiguous run of rows, without copying."""
        benchmark = None if self.benchmark is None else self.benchmark[rows]
        return RunInputs(self.panel.take(rows), benchmark, self.series, self.data_hash)


def read_inputs(store: BarStore, spec: BacktestSpec) -> RunInputs:
    """Everything a completed spec names. Raises InvalidInput as `read_panel` and `read_benchmark` do."""
    panel, series = read_panel(store, spec)
    benchmark = read_benchmark(store, spec, panel)
    closes = None if benchmark is None else last_known_close(benchmark, panel)
    return RunInputs(panel, closes, tuple(series), data_hash(series, benchmark))


def read_panel(store: BarStore, spec: BacktestSpec) -> tuple[Panel, list[Bars]]:
    """The aligned, adjusted bars of a spec, and the series they were aligned from.

    Raises InvalidInput when fewer than two bars lie in the period, and for prices in another
    currency than the account's.
    """
    series = [_read_bars(store, spec, instrument) for instrument in spec.instruments]
    for bars in series:
        _check_currency("instruments", bars, spec)
    panel = Panel.align(series)
    if len(panel) < 2:  # noqa: PLR2004 - one bar to decide on and one to trade on
        raise InvalidInput.at(
            "from", message=f"the period holds {len(panel)} bars; a backtest needs two at least"
        )
    return panel, series


def read_benchmark(store: BarStore, spec: BacktestSpec, panel: Panel) -> Bars | None:
    """The benchmark's adjusted bars up to the end of the panel; None when the spec names none.

    Raises InvalidInput for prices in another currency than the account's.
    """
    if spec.benchmark is None:
        return None
    bars = _read_bars(store, spec, spec.benchmark)
    _check_currency("benchmark", bars, spec)
    return bars.between(None, int(panel.close_time[-1]))


def data_hash(series: Sequence[Bars], benchmark: Bars | None = None) -> str:
    """SHA-256 over all of the data that decides a result, as `Provenance` describes it."""
    parts = [_with_facts(bars) for bars in series]
    if benchmark is not None:
        parts.append(f"benchmark|{_with_facts(benchmark)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def last_known_close(bars: Bars, panel: Panel) -> FloatArray:
    """The last close known at each row of the panel, (T,); NaN before the first."""
    if len(bars) == 0:
        return np.full(len(panel), np.nan)
    known = np.searchsorted(bars.close_time, panel.close_time, "right") - 1
    return np.where(known >= 0, bars.close[np.maximum(known, 0)], np.nan)


def series_key(spec: BacktestSpec, instrument: str) -> SeriesKey:
    return SeriesKey(spec.source or "", InstrumentId(instrument), Timeframe.parse(spec.timeframe))


def _read_bars(store: BarStore, spec: BacktestSpec, instrument: str) -> Bars:
    key = series_key(spec, instrument)
    bars = store.read(key, None, spec.end_time)
    # Adjust with the bar before the start at hand, so that a dividend on the first day counts.
    view = adjusted(bars, store.actions(key), spec.adjustment, spec.end)
    return view if spec.start_time is None else view.between(to_nanoseconds(spec.start_time))


def _check_currency(field: str, bars: Bars, spec: BacktestSpec) -> None:
    """A price in one currency is not an amount in another, and nothing here converts it."""
    instrument = bars.instrument
    if instrument.currency != spec.currency:
        raise InvalidInput.at(
            field,
            message=f"{instrument.id} has prices in {instrument.currency}, which cannot be "
            f"{'compared with' if field == 'benchmark' else 'traded in'} a {spec.currency} account yet",
        )


def _with_facts(bars: Bars) -> str:
    """The digest of the bars with what else about their instrument decides a result."""
    one = bars.instrument
    tick, lot = one.tick_size.normalize(), one.lot_size.normalize()
    return f"{bars.digest()}|{one.asset_class}|{one.currency}|{tick}|{lot}|{one.fractional}"

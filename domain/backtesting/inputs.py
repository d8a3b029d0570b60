"""What a run reads before it begins: the bars it trades, what it is compared with, and their hash."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.arrays import FloatArray
from domain.backtesting.booking import booked, delistings
from domain.backtesting.conditions import PLAIN, Conditions, InstrumentEvents
from domain.backtesting.exchange import RateSeries, foreign_to, last_known_close, rates_of, read_rate
from domain.backtesting.model import BacktestSpec
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput
from domain.market.adjustment import adjusted
from domain.market.bars import Bars, Panel
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import InstrumentId
from domain.market.ports import BarStore
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, eq=False)
class RunInputs:
    """All data that decides a result.

    panel       the aligned bars that are traded
    benchmark   (T,) last known close of the benchmark at each row, in account currency, NaN before its
                first; None when the spec names none
    series      the adjusted bars the panel was aligned from, for warnings; not cut by `take`
    data_hash   of everything that was read, as `Provenance` describes it; "" for made-up bars
    conditions  rates of exchange, corporate actions and delistings of the panel
    """

    panel: Panel
    benchmark: FloatArray | None = None
    series: tuple[Bars, ...] = ()
    data_hash: str = ""
    conditions: Conditions = PLAIN

    def __len__(self) -> int:
        return len(self.panel)

    @property
    def seen(self) -> Panel:
        """What a vectorised strategy is given: the panel, or its total-return view (`RestatedView`)."""
        view = self.conditions.view
        return self.panel if view is None else view.panel

    def on(self, panel: Panel) -> "RunInputs":
        """The same terms for other bars of the same shape, made up from `seen`: rates of exchange stay,
        actions and delistings are no longer those of these bars, and nothing is compared with."""
        rates, foreign = self.conditions.rates, self.conditions.foreign
        return RunInputs(panel, conditions=PLAIN if rates is None else Conditions(rates, foreign=foreign))

    def take(self, rows: slice) -> "RunInputs":
        """A contiguous run of rows, without copying."""
        benchmark = None if self.benchmark is None else self.benchmark[rows]
        conditions = self.conditions.take(rows, len(self))
        return RunInputs(self.panel.take(rows), benchmark, self.series, self.data_hash, conditions)


def read_inputs(store: BarStore, spec: BacktestSpec) -> RunInputs:
    """Everything a completed spec names. Raises InvalidInput as `read_panel` and `read_benchmark` do, and
    for prices in another currency that no stored pair converts."""
    panel, series = read_panel(store, spec)
    rates, pairs = rates_of(store, spec, series, panel)
    conditions = Conditions(rates, foreign=None if rates is None else foreign_to(spec.currency, panel))
    if spec.adjustment is Adjustment.BOOKED:
        whole = [_read_whole(store, spec, bars.instrument.id) for bars in series]
        events, view = booked(
            spec, whole, panel, lambda bars: store.actions(series_key(spec, bars.instrument.id))
        )
        conditions = replace(conditions, events=events, view=view)
    benchmark = read_benchmark(store, spec, panel)
    rate = None if benchmark is None else read_rate(store, spec, benchmark, "benchmark")
    closes = None if benchmark is None else last_known_close(benchmark, panel)
    if benchmark is not None and closes is not None and rate is not None:
        compared = benchmark.close_time[benchmark.close_time >= panel.close_time[0]]
        rate.require_recent(compared, benchmark.instrument, "benchmark")
        closes, pairs = closes * rate.known_at(panel), (*pairs, rate)
    known = data_hash(series, benchmark, pairs, conditions.events)
    if spec.close_delisted:
        conditions = replace(conditions, events=conditions.events.together(delistings(panel)))
    return RunInputs(panel, closes, tuple(series), known, PLAIN if conditions.is_plain else conditions)


def read_panel(store: BarStore, spec: BacktestSpec) -> tuple[Panel, list[Bars]]:
    """The aligned, adjusted bars of a spec, and the series they were aligned from.

    Raises InvalidInput when fewer than two bars lie in the period.
    """
    series = [_read_bars(store, spec, instrument, spec.adjustment) for instrument in spec.instruments]
    panel = Panel.align(series)
    if len(panel) < 2:  # noqa: PLR2004 - one bar to decide on and one to trade on
        raise InvalidInput.at(
            "from", message=f"the period holds {len(panel)} bars; a backtest needs two at least"
        )
    return panel, series


def read_benchmark(store: BarStore, spec: BacktestSpec, panel: Panel) -> Bars | None:
    """The benchmark's bars up to the end of the panel, in its own currency; None when the spec names none.

    Where actions are booked its dividends are put back, for nobody books them.
    """
    if spec.benchmark is None:
        return None
    is_booked = spec.adjustment is Adjustment.BOOKED
    adjustment = Adjustment.TOTAL_RETURN if is_booked else spec.adjustment
    return _read_bars(store, spec, spec.benchmark, adjustment).between(None, int(panel.close_time[-1]))


def data_hash(
    series: Sequence[Bars],
    benchmark: Bars | None = None,
    pairs: Sequence[RateSeries] = (),
    events: InstrumentEvents | None = None,
) -> str:
    """SHA-256 over all of the data that decides a result, as `Provenance` describes it."""
    parts = [_with_facts(bars) for bars in series]
    if events is not None and len(events):
        sha = hashlib.sha256(events.where.astype("<i8").tobytes())
        sha.update(events.what.astype("<f8").tobytes())
        parts.append(f"actions|{sha.hexdigest()}")
    parts += [f"rate|{pair.currency}|{_with_facts(pair.bars)}" for pair in pairs]
    if benchmark is not None:
        parts.append(f"benchmark|{_with_facts(benchmark)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def series_key(spec: BacktestSpec, instrument: str) -> SeriesKey:
    return SeriesKey(spec.source or "", InstrumentId(instrument), Timeframe.parse(spec.timeframe))


def _read_bars(store: BarStore, spec: BacktestSpec, instrument: str, adjustment: Adjustment) -> Bars:
    bars = _read_whole(store, spec, instrument)
    # Adjust with the bar before the start at hand, so that a dividend on the first day counts.
    view = adjusted(bars, store.actions(series_key(spec, instrument)), adjustment, spec.end)
    return view if spec.start_time is None else view.between(to_nanoseconds(spec.start_time))


def _read_whole(store: BarStore, spec: BacktestSpec, instrument: str) -> Bars:
    return store.read(series_key(spec, instrument), None, spec.end_time)


def _with_facts(bars: Bars) -> str:
    """The digest of the bars with what else about their instrument decides a result."""
    one = bars.instrument
    tick, lot = one.tick_size.normalize(), one.lot_size.normalize()
    return f"{bars.digest()}|{one.asset_class}|{one.currency}|{tick}|{lot}|{one.fractional}"

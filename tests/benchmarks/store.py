"""How fast a range of stored bars is read."""

import tempfile
from pathlib import Path

from domain.clock import from_nanoseconds
from domain.market.adapters.parquet_store import ParquetBarStore
from domain.market.bars import Bars
from domain.market.series import SeriesKey
from tests.benchmarks.data import minutes
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import best_wall_ms

STORED, READ = 1_000_000, 10_000
FIRST = 495_000  # in the middle, and not where a row group begins


def rows() -> list[Row]:
    bars = _stored_bars()
    start, end = (from_nanoseconds(bars.close_time[row]) for row in (FIRST, FIRST + READ - 1))
    key = SeriesKey("synthetic", bars.instrument.id, bars.timeframe)
    with tempfile.TemporaryDirectory() as folder:
        store = ParquetBarStore(Path(folder))
        store.upsert(key.source, bars)
        if len(store.read(key, start, end)) != READ:
            raise RuntimeError("the range read is not the one asked for")
        read = best_wall_ms(lambda: store.read(key, start, end), 20)
    return [
        Row(
            f"store: read {READ:,} bars of one symbol among {STORED:,}",
            "ms",
            read,
            10.0,
            note="Wall clock; the file lies in the page cache.",
        )
    ]


def _stored_bars() -> Bars:
    panel = minutes(STORED)
    columns = (getattr(panel, name)[:, 0] for name in ("open", "high", "low", "close", "volume"))
    return Bars(panel.instruments[0], panel.timeframe, panel.close_time, *columns)

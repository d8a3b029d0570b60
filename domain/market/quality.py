"""Quality checks on bars before they are stored. Corrupt data is worse than no data."""

from dataclasses import dataclass

from domain.arrays import FloatArray, TimeArray

@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """Columns as a source delivered them: any order, duplicates and NaN allowed. Shape (T,) each.

    close_time is UTC nanoseconds.
    """

    close_time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        return int(self.close_time.shape[0])

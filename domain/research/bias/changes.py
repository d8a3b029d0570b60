"""Past values that changed, gathered over many cuts of the same run."""

from dataclasses import dataclass, field

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.market.bars import Panel
from domain.research.bias.futures import Way
from domain.research.bias.model import BarChange, BiasKind
from domain.research.bias.subject import ORDERS, TARGET, Observation, same

_MOST_LISTED = 20
_LATE = 0.75
_HALF = 0.5


@dataclass(slots=True, eq=False)
class _Tally:
    """Of one subject. back (T, C) holds how far before its cut a changed value lies, 0 unchanged."""

    back: IntArray
    then: FloatArray
    ways: set[Way] = field(default_factory=set)
    reaches: list[tuple[int, int]] = field(default_factory=list)


class Changes:
    """Compares decisions and indicators with those of the whole run."""

    def __init__(self, whole: Observation) -> None:
        self._whole = whole
        self._columns = whole.columns
        self._tallies: dict[str, _Tally] = {}

    @property
    def subjects(self) -> tuple[str, ...]:
        """What changed: decisions first, then indicators by name."""
        return tuple(sorted(self._tallies, key=lambda name: (name != TARGET, name != ORDERS, name)))

    def compare(self, then: Observation, row: int, way: Way) -> None:
        """Note every value up to this row that is not the same to the last bit."""
        for name, table in then.columns.items():
            now = self._columns.get(name)
            # One that is missing on either side was made on another path through the code.
            if now is not None and now.shape[1] == table.shape[1]:
                known = table[: row + 1]
                self._note(name, ~same(now[: row + 1], known), known, row, way)
        if self._whole.orders:
            pairs = zip(self._whole.orders[: row + 1], then.orders[: row + 1], strict=True)
            changed = np.array([[one != other] for one, other in pairs])
            self._note(ORDERS, changed, np.full(changed.shape, np.nan), row, way)

    def kind(self, name: str) -> BiasKind:
        """What the pattern of changes says about the cause."""
        tally = self._tallies[name]
        if tally.ways == {Way.CUT}:
            return BiasKind.RANDOM_ORDER if self._whole.drew else BiasKind.LENGTH_OF_DATA
        if name in {TARGET, ORDERS} and any(map(self._is_whole, self._tallies)):
            return BiasKind.WHOLE_SAMPLE
        return BiasKind.WHOLE_SAMPLE if self._is_whole(name) else BiasKind.FUTURE_BARS

    def reach(self, name: str) -> int:
        """How far back the farthest change lies, in bars."""
        return int(self._tallies[name].back.max())

    def count(self, name: str) -> int:
        """Values that changed, each counted once."""
        return int(np.count_nonzero(self._tallies[name].back))

    def listed(self, name: str) -> tuple[BarChange, ...]:
        """The first changes by time."""
        tally = self._tallies[name]
        now = self._columns.get(name, np.full(tally.then.shape, np.nan))
        return first_changes(self._whole.panel, tally.back, now, tally.then)

    def _note(self, name: str, changed: BoolArray, then: FloatArray, row: int, way: Way) -> None:
        if not changed.any():
            return
        shape = (len(self._whole.panel), changed.shape[1])
        tally = self._tallies.setdefault(
            name, _Tally(np.zeros(shape, dtype=np.int64), np.full(shape, np.nan))
        )
        tally.ways.add(way)
        tally.reaches.append((row, row + 1 - int(changed.any(axis=1).argmax())))
        back = (row + 1 - np.arange(row + 1))[:, np.newaxis]
        before = tally.back[: row + 1]
        # The value that is shown is the first that was found: the one of data cut off, if there is.
        tally.then[: row + 1] = np.where(changed & (before == 0), then, tally.then[: row + 1])
        tally.back[: row + 1] = np.where(changed, np.maximum(before, back), before)

    def _is_whole(self, name: str) -> bool:
        """Whether even late in the run, changes reach over half of the past."""
        reaches = self._tallies[name].reaches
        late = _LATE * max(row for row, _ in reaches)
        return any(row >= late and reach > _HALF * (row + 1) for row, reach in reaches)


def first_changes(panel: Panel, back: IntArray, now: FloatArray, then: FloatArray) -> tuple[BarChange, ...]:
    """The first changed values by time; back (T, C) is how far back a changed value lies, 0 unchanged."""
    has_instruments = back.shape[1] == len(panel.instruments)
    return tuple(
        BarChange(
            time=int(panel.close_time[row]),
            instrument=panel.instruments[column].id if has_instruments else None,
            now=_number(now[row, column]),
            then=_number(then[row, column]),
            bars_back=int(back[row, column]),
        )
        for row, column in np.argwhere(back)[:_MOST_LISTED]
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

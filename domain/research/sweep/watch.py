"""Following a sweep while its chunks come in: what is best so far, and when patience runs out."""

from collections.abc import Mapping
from typing import Any

from domain.research.model import Chunk, Direction, SweepSpec
from domain.research.sweep.chunks import scores_of


class SweepWatch:
    """Hears chunks in the order of the plan; implements `Watch`."""

    def __init__(self, spec: SweepSpec) -> None:
        self.best: float | None = None
        self._patience = spec.patience
        self._sign = 1.0 if spec.objectives[0].direction is Direction.MAXIMISE else -1.0
        self._block: list[Chunk] = []
        self._values: list[Mapping[str, Any]] = []
        self._without_gain = 0

    def hear(self, chunk: Chunk, values: Mapping[str, Any]) -> bool:
        """Patience is counted combination by combination, and acted on at the end of a block."""
        self._block.append(chunk)
        self._values.append(values)
        if len(self._block) < chunk.work["parts"]:
            return False
        enough = False
        for score in scores_of(self._block, self._values)[:, 0].tolist():
            if score == score and (self.best is None or self._sign * score > self._sign * self.best):  # noqa: PLR0124 - not NaN
                self.best, self._without_gain = score, 0
            else:
                self._without_gain += 1
            enough = enough or (self._patience is not None and self._without_gain >= self._patience)
        self._block, self._values = [], []
        return enough

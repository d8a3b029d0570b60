"""The table of the deepest drawdowns."""

from dataclasses import dataclass

from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import Figure, Tone
from domain.performance.model import Drawdown, PerformanceTables


@dataclass(frozen=True, slots=True)
class DrawdownRow:
    """`share` is the depth over that of the deepest, 1 to 20, for the bar beside the figure."""

    rank: int
    depth: Figure
    start: str
    trough: str
    end: Figure
    length: str
    share: int


def drawdown_rows(tables: PerformanceTables) -> tuple[DrawdownRow, ...]:
    """Deepest first, numbered as on the equity chart."""
    deepest = min((drawdown.depth for drawdown in tables.drawdowns), default=-1.0)
    return tuple(_row(rank, drawdown, deepest) for rank, drawdown in enumerate(tables.drawdowns, start=1))


def _row(rank: int, drawdown: Drawdown, deepest: float) -> DrawdownRow:
    return DrawdownRow(
        rank,
        Figure(formatting.percent(drawdown.depth, signed=True), Tone.of(drawdown.depth)),
        formatting.day(drawdown.start),
        formatting.day(drawdown.trough),
        Figure.undefined("Not recovered by the end of the data")
        if drawdown.end is None
        else Figure(formatting.day(drawdown.end)),
        formatting.counted(drawdown.days, "day", "days"),
        max(1, round(drawdown.depth / deepest * 20)) if deepest < 0 else 1,
    )

"""Which tint a value gets: as strong as it is far from the middle, on one scale for both sides.

Blue stands for better and orange for worse than the middle; the two differ for every kind of colour
vision, and the value is written in the cell or beside it, so that colour only repeats it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = 7
_MIDDLE = {"profit_factor": 1.0, "tail_ratio": 1.0, "probabilistic_sharpe": 0.5, "win_rate": 0.5}
"""Where neither good nor bad is; 0 for every other statistic that has both sides."""
_ONE_SIDED = frozenset(
    {
        "final_equity", "volatility", "exposure", "turnover", "trades", "open_trades", "average_bars_held", "kurtosis",
        "fees_paid", "slippage_paid", "max_drawdown_days", "time_under_water", "beta",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tints:
    """The scale of one map.

    middle   the value without a tint: where good turns into bad, or the lowest value of a statistic
             that has no such point
    reach    how far from the middle the strongest tint is
    turned   lower is better, so that blue is below the middle
    """

    middle: float
    reach: float
    low: float
    high: float
    turned: bool = False

    @classmethod
    def of(cls, statistic: str, values: Iterable[float], *, lower_is_better: bool = False) -> "Tints":
        """The scale that holds every value; the farthest one on either side sets both."""
        known = list(values)
        low, high = (min(known), max(known)) if known else (0.0, 0.0)
        middle = low if statistic in _ONE_SIDED else _MIDDLE.get(statistic, 0.0)
        reach = max(abs(high - middle), abs(low - middle))
        # Of one-sided statistics more is a stronger tint, not a better one.
        return cls(middle, reach, low, high, lower_is_better and statistic not in _ONE_SIDED)

    def css(self, value: float) -> str:
        """The class of a cell: "better-1" to "better-7", "worse-1" to "worse-7", or "middle"."""
        share = (value - self.middle) / self.reach if self.reach > 0 else 0.0
        level = min(LEVELS, round(abs(share) * LEVELS))
        if level == 0:
            return "middle"
        return f"{'better' if (share > 0) is not self.turned else 'worse'}-{level}"

    def steps(self) -> tuple[tuple[str, float], ...]:
        """Class and value of each tint that values of the map can have, from the lowest value up."""
        marks = (self.middle + self.reach * level / LEVELS for level in range(-LEVELS, LEVELS + 1))
        half = self.reach / LEVELS / 2
        inside = [mark for mark in marks if self.low - half <= mark <= self.high + half]
        return tuple((self.css(mark), mark) for mark in inside)

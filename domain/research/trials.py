"""Trials of a strategy, in a form that can be added up chunk by chunk. Free of numpy."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharpeSample:
    """Trials in a form that can be added up: how many, and the spread of their Sharpe ratios per period.

    defined counts those whose Sharpe ratio is; mean and squares (the sum of squared distances from
    the mean) are of these.
    """

    count: int = 0
    defined: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, sharpes: Iterable[float | None]) -> "SharpeSample":
        """Sharpe ratios per period, None where undefined."""
        values = list(sharpes)
        known = [value for value in values if value is not None]
        if not known:
            return cls(len(values))
        mean = sum(known) / len(known)
        return cls(len(values), len(known), mean, sum((value - mean) ** 2 for value in known))

    def merged(self, other: "SharpeSample") -> "SharpeSample":
        """Both together, by the pairwise rule of Chan, Golub, LeVeque (1979)."""
        count, defined = self.count + other.count, self.defined + other.defined
        if defined == 0:
            return SharpeSample(count)
        shift = other.mean - self.mean
        return SharpeSample(
            count,
            defined,
            self.mean + shift * other.defined / defined,
            self.squares + other.squares + shift * shift * self.defined * other.defined / defined,
        )

    @property
    def variance(self) -> float | None:
        """With ddof 1; None below two."""
        return self.squares / (self.defined - 1) if self.defined > 1 else None

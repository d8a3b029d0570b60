"""What weights must keep to, and the nearest weights that do.

Weights are shares of equity, negative short. The sum of all is net exposure, the sum of their sizes
gross exposure; what net exposure leaves of one is cash.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.portfolio.projection import Feasible, nearest

TOLERANCE = 1e-9
"""Weights that miss a limit by less keep to it: half a cent in five million."""


@dataclass(frozen=True, slots=True)
class Group:
    """Instruments whose weights together lie in [minimum, maximum]: a sector, a country, a currency.

    members are column numbers.
    """

    name: str
    members: tuple[int, ...]
    minimum: float = -np.inf
    maximum: float = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Constraints:
    """Limits that can all be kept at once; `of` refuses those that cannot.

    lower, upper  (N,) least and most of each instrument
    net           least and most of the sum of all
    gross         most of the sum of sizes
    groups        no instrument is in two of them
    """

    lower: FloatArray
    upper: FloatArray
    net: tuple[float, float]
    gross: float
    groups: tuple[Group, ...]

    @classmethod
    def of(
        cls,
        count: int,
        *,
        minimum: float | FloatArray = 0.0,
        maximum: float | FloatArray = 1.0,
        net: tuple[float, float] = (1.0, 1.0),
        gross: float = np.inf,
        groups: Sequence[Group] = (),
    ) -> "Constraints":
        """Limits for `count` instruments; the defaults are long only and fully invested.

        Raises InvalidInput that names the limit that cannot be kept with the ones before it, in the
        order: instruments, groups, net, gross.
        """
        lower, upper = (
            np.broadcast_to(np.asarray(one, dtype=np.float64), count) for one in (minimum, maximum)
        )
        made = cls(lower, upper, net, gross, tuple(groups))
        made._check()
        return made

    def project(self, weights: FloatArray) -> FloatArray:
        """The weights (N,) nearest to these that keep every limit, by the sum of squared differences.

        Weights that keep them already are returned as they are. Raises InvalidInput for weights that
        are not finite numbers.
        """
        if weights.shape != self.lower.shape or not bool(np.isfinite(weights).all()):
            raise InvalidInput(f"Constraints of {len(self.lower)} instruments need as many finite weights.")
        if self.excess(weights) <= 0.0:
            return weights
        return nearest(weights, self._feasible())

    def excess(self, weights: FloatArray) -> float:
        """By how much the worst broken limit is broken; 0 when all are kept."""
        sums = [(float(weights[list(group.members)].sum()), group) for group in self.groups]
        total = float(weights.sum())
        return max(
            0.0,
            float((self.lower - weights).max(initial=0.0)),
            float((weights - self.upper).max(initial=0.0)),
            *(max(group.minimum - value, value - group.maximum) for value, group in sums),
            self.net[0] - total,
            total - self.net[1],
            float(np.abs(weights).sum()) - self.gross,
        )

    def _check(self) -> None:
        if bool((~(self.lower <= self.upper)).any()):
            column = int(np.argmax(~(self.lower <= self.upper)))
            raise InvalidInput(
                f"Instrument {column} cannot have a weight of at least {self.lower[column]:.6g} "
                f"and at most {self.upper[column]:.6g}."
            )
        reachable = self._check_groups()
        least, most = self.net
        if not (least <= most and least <= reachable[1] + TOLERANCE and most >= reachable[0] - TOLERANCE):
            raise InvalidInput(
                f"Net exposure cannot be from {least:.6g} to {most:.6g}: the limits of instruments and "
                f"groups leave {reachable[0]:.6g} to {reachable[1]:.6g}."
            )
        smallest = self._smallest_gross()
        if not self.gross >= smallest - TOLERANCE:
            raise InvalidInput(
                f"Gross exposure cannot be {self.gross:.6g} at most: the other limits need {smallest:.6g}."
            )

    def _check_groups(self) -> tuple[float, float]:
        """Least and most that all weights can sum to."""
        named = [member for group in self.groups for member in group.members]
        if len(set(named)) < len(named) or any(not 0 <= member < len(self.lower) for member in named):
            raise InvalidInput("An instrument can be in one group only, and must be one of the portfolio's.")
        alone = np.setdiff1d(np.arange(len(self.lower)), named)
        least, most = float(self.lower[alone].sum()), float(self.upper[alone].sum())
        for group in self.groups:
            members = list(group.members)
            low = max(float(self.lower[members].sum()), group.minimum)
            high = min(float(self.upper[members].sum()), group.maximum)
            if not low <= high + TOLERANCE:
                raise InvalidInput(
                    f"Group '{group.name}' cannot have a weight from {group.minimum:.6g} to "
                    f"{group.maximum:.6g}: its instruments can have {self.lower[members].sum():.6g} to "
                    f"{self.upper[members].sum():.6g}."
                )
            least, most = least + low, most + high
        return least, most

    def _smallest_gross(self) -> float:
        """The least gross exposure that all other limits allow.

        From the smallest weights that each instrument may have, a group or the whole is moved towards
        its limit; every step away from there adds its own size.
        """
        smallest = np.clip(0.0, self.lower, self.upper)
        total, moved = float(smallest.sum()), 0.0
        for group in self.groups:
            own = float(smallest[list(group.members)].sum())
            step = min(max(own, group.minimum), group.maximum) - own
            total, moved = total + step, moved + abs(step)
        needed = min(max(total, self.net[0]), self.net[1]) - total
        return float(np.abs(smallest).sum()) + moved + abs(needed)

    def _feasible(self) -> Feasible:
        group_of: IntArray = np.full(len(self.lower), len(self.groups), dtype=np.int64)
        for number, group in enumerate(self.groups):
            group_of[list(group.members)] = number
        # The last group holds whatever is in none, and has no limits.
        minimum = np.array([group.minimum for group in self.groups] + [-np.inf])
        maximum = np.array([group.maximum for group in self.groups] + [np.inf])
        return Feasible(self.lower, self.upper, group_of, minimum, maximum, self.net, self.gross)

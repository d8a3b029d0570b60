"""Where a walk-forward chooses parameters and where it trades them, as rows of the bars."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.errors import InvalidInput
from domain.research.model import WalkForwardSpec, WindowScheme

SHORTEST_LAST = 0.5
"""A last window with fewer than this share of `test_bars` tells too little to be traded."""


@dataclass(frozen=True, slots=True)
class Window:
    """Rows [train_start, train_end) to choose on, [test_start, test_end) to trade; the rows between
    the two are the embargo, which is neither."""

    number: int
    train_start: int
    train_end: int
    test_start: int
    test_end: int

    @property
    def train(self) -> slice:
        return slice(self.train_start, self.train_end)

    @property
    def test(self) -> slice:
        return slice(self.test_start, self.test_end)

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Window":
        return cls(**values)


def windows(spec: WalkForwardSpec, bars: int) -> tuple[Sequence[Window], Sequence[str]]:
    """The windows of this many bars, test rows end to end, and a note for each thing left out.

    The last window may be shorter than `test_bars`. Raises InvalidInput when the bars do not hold
    two windows: one says nothing about how the choice holds up when it is made again.
    """
    first_test = spec.train_bars + spec.embargo_bars
    needed = first_test + spec.test_bars + _shortest(spec)
    if bars < needed:
        raise InvalidInput.at(
            "trainBars",
            message=f"a walk-forward of {_described(spec)} needs {needed} bars at least and there are {bars}; "
            "choose shorter windows or a longer period",
        )
    found: list[Window] = []
    for number, start in enumerate(range(first_test, bars, spec.test_bars)):
        end = min(start + spec.test_bars, bars)
        if end - start < min(spec.test_bars, _shortest(spec)):
            break
        train_end = start - spec.embargo_bars
        train_start = 0 if spec.scheme is WindowScheme.ANCHORED else train_end - spec.train_bars
        found.append(Window(number, train_start, train_end, start, end))
    return tuple(found), tuple(_left_out(found, bars))


def _shortest(spec: WalkForwardSpec) -> int:
    return max(2, round(spec.test_bars * SHORTEST_LAST))


def _left_out(found: Sequence[Window], bars: int) -> Sequence[str]:
    rest = bars - found[-1].test_end
    if rest == 0:
        return ()
    if rest == 1:
        return ("The last bar is too little for a window of its own and is left out.",)
    return (f"The last {rest} bars are too few for a window of their own and are left out.",)


def _described(spec: WalkForwardSpec) -> str:
    embargo = f", {spec.embargo_bars} of embargo" if spec.embargo_bars else ""
    return f"{spec.train_bars} bars to choose on{embargo} and {spec.test_bars} to trade"

"""Whatever one combination's strategy does, the others are run and its row says what it was."""

from typing import Literal

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.research.model import SweepSpec, read
from domain.research.sweep.program import SweepProgram
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy
from tests.kit.research import a_run, bars_returning, carried_out, laboratory


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class OfItsOwn(BaseException):
    """Not even an Exception."""


class Faulty(VectorisedStrategy):
    """Does what its parameter says."""

    name = "faulty"

    class Parameters(StrategyParameters):
        how: Literal[
            "holds", "exits", "own", "unprintable", "memory", "shape", "object", "text", "nothing", "infinite", "nan"
        ] = "holds"  # fmt: skip

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        held = np.full(bars.shape, 0.5)
        answers = {
            "shape": held[:-1], "object": held.astype(object), "text": "buy", "nothing": None,
            "infinite": held * np.inf, "nan": held * np.nan,
        }  # fmt: skip
        faults = {
            "exits": SystemExit(3),
            "own": OfItsOwn("x"),
            "unprintable": Unprintable(),
            "memory": MemoryError(),
        }
        how = self.parameters.how
        if how in faults:
            raise faults[how]
        answer: FloatArray = answers.get(how, held)  # type: ignore[assignment]  # wrong on purpose
        return answer


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exits", "The strategy stopped with SystemExit: 3."),
        ("own", "The strategy stopped with OfItsOwn: x."),
        ("memory", "There was not enough memory for it."),
        ("unprintable", "stopped with"),
        ("shape", "shape (9, 1), not (8, 1)."),
        ("object", "must answer with an array of floats, not object."),
        ("text", "must answer with an array of floats, not str."),
        ("nothing", "must answer with an array of floats, not NoneType."),
        ("infinite", "asks for an infinite weight"),
    ],
)
def test_a_combination_that_fails_says_why_and_the_others_go_on(how: str, reason: str) -> None:
    where = laboratory(
        bars_returning([0.0, 0.01, -0.01, 0.02, 0.0, 0.01, -0.02, 0.01, 0.0]), strategies=[Faulty]
    )
    spec = read(SweepSpec, {"base": a_run("faulty"), "space": {"how": {"values": ["holds", how]}}})
    outcome, warnings = carried_out(SweepProgram(), spec, where)
    assert (outcome["runs"], outcome["failed"]) == (2, 1)
    (failure,) = outcome["failures"]
    assert reason in failure["reason"]
    assert outcome["best"][0]["parameters"] == {"how": "holds"}
    assert warnings == ("1 of 2 runs failed; the failures say why.",)


def test_weights_that_are_all_undefined_are_a_run_without_trades() -> None:
    where = laboratory(bars_returning([0.0, 0.01, -0.01, 0.02]), strategies=[Faulty])
    spec = read(SweepSpec, {"base": a_run("faulty"), "space": {"how": {"values": ["nan"]}}})
    outcome, warnings = carried_out(SweepProgram(), spec, where)
    assert (outcome["failed"], outcome["best"]) == (0, [None])
    assert warnings == ("No combination has a sharpe, so there is no best one.",)


def test_an_interruption_is_nobody_s_failure() -> None:
    class Interrupted(Faulty):
        name = "interrupted"

        def target(self, bars: Panel) -> FloatArray:
            raise KeyboardInterrupt

    where = laboratory(bars_returning([0.0, 0.01, -0.01]), strategies=[Interrupted])
    with pytest.raises(KeyboardInterrupt):
        where.many(a_run("interrupted"), [{"how": "holds"}])

"""A Bayesian search learns from what it was told, and never repeats itself."""

import math

import pytest

from domain.errors import MissingExtra
from domain.research.adapters.optuna_sampler import OptunaSampler
from domain.research.model import SearchMethod
from domain.research.sweep.constraints import parsed
from domain.research.sweep.program import SweepProgram
from domain.research.sweep.sampling import Candidates
from domain.research.sweep.space import Axis, AxisKind, Space
from tests.kit.studies import a_sweep
from tests.kit.study_workers import a_laboratory

SPACE = Space(
    (
        Axis("x", AxisKind.INTEGER, 40, low=0.0, high=39.0, step=1),
        Axis("y", AxisKind.INTEGER, 40, low=0.0, high=39.0, step=1),
        Axis("kind", AxisKind.CHOICE, 3, ("a", "b", "c")),
    )
)
CANDIDATES = Candidates(
    SPACE, parsed(["x != y"], {"x": 0, "y": 0, "kind": "a"}), {}, SearchMethod.RANDOM, seed=3
)
Told = list[tuple[tuple[int, ...], tuple[float, ...]]]


def score(levels: tuple[int, ...]) -> float:
    """Best at (30, 10, b)."""
    x, y, kind = levels
    return -((x - 30) ** 2) - (y - 10) ** 2 - (0 if kind == 1 else 200)


def searched(rounds: int, seed: int = 0) -> Told:
    told: Told = []
    for _ in range(rounds):
        for levels in OptunaSampler().ask(CANDIDATES, told, [True], 16, seed):
            told.append((tuple(levels), (score(tuple(levels)),)))
    return told


def test_it_finds_better_combinations_than_it_began_with() -> None:
    told = searched(6)
    began, ended = told[:16], told[-16:]
    assert sum(s[0] for _, s in ended) / 16 > sum(s[0] for _, s in began) / 16 + 100
    assert max(s[0] for _, s in told) > -60


def test_nothing_is_tried_twice_and_constraints_hold() -> None:
    told = [levels for levels, _ in searched(4)]
    assert len(set(told)) == len(told) == 64
    assert all(x != y for x, y, _ in told)


def test_the_same_seed_and_the_same_results_ask_for_the_same() -> None:
    told = searched(1)
    first, again, other = (OptunaSampler().ask(CANDIDATES, told, [True], 8, seed) for seed in (7, 7, 8))
    assert first == again != other


def test_combinations_without_a_score_are_lived_with() -> None:
    told: Told = [((at, at + 1, 0), (math.nan, 1.0)) for at in range(16)]
    assert len(OptunaSampler().ask(CANDIDATES, told, [True, False], 4, 0)) == 4


def test_a_space_that_is_used_up_ends_the_search() -> None:
    small = Candidates(Space(SPACE.axes[2:]), (), {}, SearchMethod.RANDOM)
    told: Told = [((0,), (1.0,)), ((1,), (2.0,))]
    assert OptunaSampler().ask(small, told, [True], 4, 0) == [(2,)]
    assert OptunaSampler().ask(small, [*told, ((2,), (0.0,))], [True], 4, 0) == []


def test_a_program_without_a_sampler_says_what_is_missing() -> None:
    base = {"strategy": "moody", "instruments": ["TEST.XNAS"], "source": "sample"}
    with pytest.raises(MissingExtra, match="Bayesian search needs an extra"):
        SweepProgram().plan(a_sweep(base=base, method="bayesian", samples=5), a_laboratory())

"""Which combinations are tried: all of a grid in order, or a sample without repeats, by the seed."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.research.model import SearchMethod, SweepSpec
from domain.research.sweep.constraints import parsed
from domain.research.sweep.sampling import Candidates, shuffled
from domain.research.sweep.search import Search
from domain.research.sweep.space import Axis, AxisKind, Space
from domain.strategies.catalogue.sma_cross import SmaCross
from tests.kit.studies import a_sweep

SCHEMA = SmaCross.Parameters.model_json_schema()
FAST = {"low": 1, "high": 12}
SLOW = {"low": 2, "high": 25}


def a_space(*levels: int) -> Space:
    return Space(
        tuple(
            Axis(f"p{at}", AxisKind.INTEGER, count, low=0.0, high=count - 1.0, step=1)
            for at, count in enumerate(levels)
        )
    )


def candidates(method: SearchMethod, *levels: int, **changes: Any) -> Candidates:
    return Candidates(a_space(*levels), (), {}, method, **changes)


def a_search(**changes: Any) -> tuple[SweepSpec, Search]:
    spec = a_sweep(**({"space": {"fast": FAST, "slow": SLOW}} | changes))
    return spec, Search.of(spec, SCHEMA)


def tried(search: Search) -> list[tuple[int, ...]]:
    """Every combination of a search, in its order, as fast and slow."""
    extent = search.extent()
    found: list[Any] = []
    for stretch in search.stretches(extent, 7):
        _, levels = search.stratified(extent.strata).taken(stretch.first, stretch.stop, extent.repeated)
        assert len(levels) == stretch.combinations
        found += [(one["fast"], one["slow"]) for one in search.candidates.combinations(levels)]
    assert len(found) == extent.combinations
    return found


def test_a_grid_goes_through_the_last_parameter_fastest() -> None:
    assert candidates(SearchMethod.GRID, 2, 3).levels(0, 6).tolist() == [
        [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2],
    ]  # fmt: skip


def test_some_of_a_grid_are_evenly_spaced() -> None:
    assert candidates(SearchMethod.GRID, 10, samples=4).levels(0, 4)[:, 0].tolist() == [0, 2, 5, 7]


@given(size=st.integers(1, 3_000), seed=st.integers(0, 2**63 - 1), stream=st.integers(0, 20))
def test_shuffling_leaves_nothing_out_and_doubles_nothing(size: int, seed: int, stream: int) -> None:
    places = shuffled(np.arange(size, dtype=np.uint64), size, seed, stream)
    assert sorted(places.tolist()) == list(range(size))


def test_shuffling_is_the_same_on_every_machine() -> None:
    found = shuffled(np.arange(8, dtype=np.uint64), 1_000_003, 42, 0)
    assert found.tolist() == [
        742577,
        355612,
        13424,
        840180,
        871847,
        495621,
        493200,
        95602,
    ]  # a stored study must be resumable for ever


def test_a_shuffle_is_spread_evenly() -> None:
    size = 4_096
    places = shuffled(np.arange(size, dtype=np.uint64), size, 7, 0)
    correlation = np.corrcoef(np.arange(size), places)[0, 1]
    assert abs(correlation) < 0.05
    halves = np.bincount(places[: size // 2] * 8 // size, minlength=8)
    assert halves.min() > 200  # 256 expected in each eighth


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(0, 2**32))
def test_a_random_search_of_everything_is_the_grid_in_another_order(levels: list[int], seed: int) -> None:
    found = candidates(SearchMethod.RANDOM, *levels, seed=seed)
    grid = candidates(SearchMethod.GRID, *levels).levels(0, found.count).tolist()
    assert sorted(found.levels(0, found.count).tolist()) == sorted(grid)


@given(st.integers(1, 200), st.integers(0, 2**32))
def test_a_latin_hypercube_uses_every_stratum_of_every_parameter_once(strata: int, seed: int) -> None:
    found = candidates(
        SearchMethod.LATIN_HYPERCUBE, strata, 1_000 * strata, 3 * strata, seed=seed, strata=strata
    )
    levels = found.levels(0, strata)
    assert sorted(levels[:, 0].tolist()) == list(range(strata))
    assert sorted((levels[:, 1] // 1_000).tolist()) == list(range(strata))
    assert sorted((levels[:, 2] // 3).tolist()) == list(range(strata))


@settings(max_examples=40)
@given(st.sampled_from(list(SearchMethod)), st.integers(0, 50), st.integers(0, 60))
def test_a_stretch_can_be_made_without_those_before_it(method: SearchMethod, first: int, length: int) -> None:
    found = candidates(method, 11, 13, seed=5, strata=143)
    stop = min(first + length, 143)
    whole = found.levels(0, 143)
    assert found.levels(min(first, stop), stop).tolist() == whole[min(first, stop) : stop].tolist()


def test_a_space_too_large_to_be_numbered_is_sampled_without_repeats() -> None:
    levels = candidates(SearchMethod.RANDOM, *([2**20 + 1] * 5), seed=1).levels(0, 5_000)
    assert len(np.unique(levels, axis=0)) == 5_000
    assert abs(levels.mean() / 2**20 - 0.5) < 0.01


def test_constraints_may_name_what_is_not_varied() -> None:
    space = a_space(5)
    found = Candidates(space, parsed(["p0 < limit"], {"p0": 0, "limit": 3}), {"limit": 3}, SearchMethod.GRID)
    assert found.valid(0, 5)[0].tolist() == [0, 1, 2]


def test_a_constrained_grid_is_every_combination_that_meets_the_constraint_in_order() -> None:
    _, search = a_search(constraints=["slow - fast >= 10 and fast % 5 == 0"])
    expected = [(f, s) for f in range(1, 13) for s in range(2, 26) if s - f >= 10 and f % 5 == 0]
    assert tried(search) == expected


@pytest.mark.parametrize("method", [SearchMethod.RANDOM, SearchMethod.LATIN_HYPERCUBE])
def test_a_sample_has_the_size_asked_for_meets_the_constraints_and_has_no_repeats(
    method: SearchMethod,
) -> None:
    _, search = a_search(method=method, samples=40, constraints=["fast < slow"], seed=3)
    found = tried(search)
    assert len(found) == len(set(found)) == 40
    assert all(fast < slow for fast, slow in found)


@settings(max_examples=15)
@given(
    st.sampled_from([SearchMethod.RANDOM, SearchMethod.LATIN_HYPERCUBE]),
    st.integers(0, 2**62),
    st.integers(1, 60),
)
def test_the_seed_alone_decides_a_sample(method: SearchMethod, seed: int, samples: int) -> None:
    first, again = (tried(a_search(method=method, samples=samples, seed=seed)[1]) for _ in range(2))
    assert first == again
    other = tried(a_search(method=method, samples=samples, seed=seed + 1)[1])
    assert samples < 5 or first != other


@pytest.mark.parametrize("method", [SearchMethod.RANDOM, SearchMethod.LATIN_HYPERCUBE])
def test_more_samples_than_there_are_combinations_is_all_of_them_and_says_so(method: SearchMethod) -> None:
    _, search = a_search(method=method, samples=5_000, constraints=["fast < slow"])
    extent = search.extent()
    every = {(f, s) for f in range(1, 13) for s in range(2, 26) if f < s}
    assert set(tried(search)) <= every
    assert extent.combinations == len(tried(search)) <= len(every)
    assert extent.notes[0].startswith(f"Only {extent.combinations:,} different combinations of the 5,000")
    if method is SearchMethod.RANDOM:
        assert set(tried(search)) == every


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"constraints": ["fast > 100"]}, "constraints: no combination of the space meets them all"),
        ({"method": "random"}, "samples: say how many combinations a random search tries"),
        (
            {"space": {"fast": {"low": 1, "high": 5_000}, "slow": {"low": 2, "high": 10_000}}, "method": "random",
             "samples": 10, "constraints": ["fast > 5000"]},
            "constraints: no combination of the space meets them all",
        ),
        ({"method": "latin_hypercube", "samples": 1_000_001}, "samples: a Latin hypercube has 1,000,000 at most"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_carried_out_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        a_search(**changes)[1].extent()
    assert str(refused.value).startswith(message)

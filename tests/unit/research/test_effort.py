"""How work is cut: the same way everywhere, in pieces worth handing over."""

import pytest

from domain.research.sweep.effort import Effort, Form

WAYS: list[tuple[Form, bool]] = [("vectorised", True), ("vectorised", False), ("event", False)]


@pytest.mark.parametrize(("form", "together"), WAYS)
@pytest.mark.parametrize("bars", [250, 2_148, 100_000, 5_000_000])
@pytest.mark.parametrize("total", [10, 994, 9_900, 1_000_000])
def test_a_chunk_is_worth_handing_over_and_soon_done(
    form: Form, together: bool, bars: int, total: int
) -> None:
    effort = Effort(bars, form, together)
    runs = effort.runs_a_chunk(total)
    seconds = runs * effort.seconds
    assert runs == 1 or seconds <= 0.5
    # Cutting into an even number of equal chunks may halve the least there is to hand over.
    assert runs in {1, total} or runs >= total // 2 or seconds >= 0.025 or effort.seconds > 0.025


@pytest.mark.parametrize("total", [9_900, 98_903, 1_000_000])
def test_chunks_are_even_in_number_so_that_two_workers_end_together(total: int) -> None:
    runs = Effort(2_148, "vectorised", decided_together=True).runs_a_chunk(total)
    chunks = -(-total // runs)
    assert chunks % 2 == 0
    assert chunks * runs - total < chunks


def test_an_account_costs_time_however_few_runs_are_made_in_it() -> None:
    effort = Effort(40, "vectorised", decided_together=True)
    runs = effort.runs_a_chunk(1_000_000)
    assert 50 <= effort.accounts_a_chunk(1, runs) <= 200
    assert effort.accounts_a_chunk(runs, runs) == 1
    assert effort.seconds_of(1, accounts=1_000) > 1_000 * effort.seconds_of(1) * 0.999 > 1.0

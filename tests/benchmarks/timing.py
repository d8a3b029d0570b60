"""Measuring: CPU of this process, best of several, after a warm-up."""

import gc
import time
from collections.abc import Callable


def best_cpu_ms(work: Callable[[], object], repeats: int = 7) -> float:
    """Least CPU milliseconds of one call; threads of this process count, so nobody hides work."""
    return _best_ms(work, repeats, time.process_time)


def best_wall_ms(work: Callable[[], object], repeats: int = 7) -> float:
    """Least wall-clock milliseconds of one call, for work that other processes do."""
    return _best_ms(work, repeats, time.perf_counter)


def _best_ms(work: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    work()
    best = float("inf")
    for _ in range(repeats):
        gc.collect()
        began = clock()
        work()
        best = min(best, clock() - began)
    return best * 1_000


def best_cpu_ms_of_many(work: Callable[[], object], calls: int, repeats: int = 5) -> float:
    """For work shorter than the clock's step: the mean over `calls`, best of `repeats`."""

    def batch() -> None:
        for _ in range(calls):
            work()

    return _best_ms(batch, repeats, time.process_time) / calls

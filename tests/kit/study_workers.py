"""Workers for studies over made-up bars, and a strategy whose moods are everything that can go wrong.

Importable, so that worker processes can be spawned with it.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from pydantic import Field

from domain.arrays import FloatArray
from domain.backtesting.adapters.worker_pool import Handler
from domain.features.moving_averages import sma
from domain.features.signals import cross_weights
from domain.market.bars import Bars, Panel
from domain.market.instruments import Instrument
from domain.research.adapters.optuna_sampler import OptunaSampler
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.adapters.time_limit import AlarmTimeLimit
from domain.research.carrying_out import StudyWork
from domain.research.laboratory import Laboratory
from domain.research.model import StudyKind
from domain.research.program import Program
from domain.research.sweep.program import SweepProgram
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.bars import random_bars
from tests.kit.runs import BarsInMemory

FOREVER_SECONDS = 3_600
COMBINATION_SECONDS = 0.3
RAISES, ENDLESS, KILLS_ITS_WORKER_ONCE, KILLS_EVERY_WORKER, SLEEPS = 5, 6, 7, 8, 9


class Moody(VectorisedStrategy):
    """A moving average cross in a good mood."""

    name = "moody"
    marker: Path | None = None

    class Parameters(StrategyParameters):
        fast: int = Field(3, ge=1, le=500)
        slow: int = Field(10, ge=2, le=500)
        mood: int = Field(0, ge=0, le=9)

    @property
    def lookback(self) -> int:
        return int(self.parameters.slow) + 1

    def target(self, bars: Panel) -> FloatArray:
        mood = self.parameters.mood
        if mood == RAISES:
            raise ZeroDivisionError("no luck")
        if mood == ENDLESS:
            while True:
                pass
        if mood == SLEEPS:
            time.sleep(FOREVER_SECONDS)
        if mood == KILLS_EVERY_WORKER or (mood == KILLS_ITS_WORKER_ONCE and self._has_not_killed_yet()):
            os.kill(os.getpid(), signal.SIGKILL)
        fast, slow = sma(bars.close, self.parameters.fast), sma(bars.close, self.parameters.slow)
        return cross_weights(fast, slow, allow_short=False)

    def _has_not_killed_yet(self) -> bool:
        """A worker dies once for each folder and slow average."""
        assert self.marker is not None
        mark = self.marker / f"killed-{self.parameters.slow}"
        if mark.exists():
            return False
        mark.touch()
        return True


def some_bars(seed: int = 0, count: int = 200) -> tuple[Bars, ...]:
    """Two instruments."""
    return (
        random_bars(count, seed, instrument=Instrument("TEST", "XNAS")),
        random_bars(count, seed + 1, instrument=Instrument("OTHER", "XNAS")),
    )


def a_laboratory(seed: int = 0, limit: AlarmTimeLimit | None = None) -> Laboratory:
    strategies = StrategyRegistry()
    strategies.add(Moody, "tests")
    return Laboratory(BarsInMemory(some_bars(seed)), strategies, limit)


def programs() -> dict[StudyKind, Program[Any]]:
    return {StudyKind.SWEEP: SweepProgram(OptunaSampler())}


def make_worker(folder: Path, combination_seconds: float = COMBINATION_SECONDS) -> Handler:
    """A worker whose files lie in the folder. The file `seed` in it chooses the bars of the next study."""
    Moody.marker = folder
    limit = AlarmTimeLimit(combination_seconds)

    def laboratory() -> Laboratory:
        seed = folder / "seed"
        return a_laboratory(int(seed.read_text()) if seed.exists() else 0, limit)

    return StudyWork(
        programs=programs(), laboratory_for=lambda _: laboratory(), results=ParquetResultStore(folder)
    )

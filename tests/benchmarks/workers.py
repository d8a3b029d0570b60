"""What a second worker brings: one sweep through the whole platform on one process, and on two."""

import os
import tempfile
import threading
import time
from pathlib import Path

from domain.market.timeframe import DAILY
from domain.research.model import StudyKind, StudyProgress, StudyStatus, SweepSpec, read
from functions.bootstrap import compose
from functions.settings import Settings
from tests.benchmarks.rows import Row

PAIRS = {"fast": {"low": 1, "high": 300}, "slow": {"low": 301, "high": 800}}
"""150,000 of them: some three seconds of work for one worker."""
WARM_UP = {"fast": {"low": 1, "high": 20}, "slow": {"low": 100, "high": 399}}
REPEATS = 3
LEAST = 1.8


def worker_rows() -> list[Row]:
    """How many times faster two workers are, wall clock; the machine should have nothing else to do."""
    one, two = (best_seconds(workers) for workers in (1, 2))
    load = os.getloadavg()[0]
    return [
        Row(
            "150,000 SMA pairs x GOOG through the platform: two workers",
            "times", one / two, LEAST, at_least=True,
            note=f"One worker took {one:.2f} s, two took {two:.2f} s; the load of the machine was {load:.1f}.",
        )
    ]  # fmt: skip


def best_seconds(workers: int) -> float:
    """Of the sweep from its start to its end, on workers that are warm."""
    with tempfile.TemporaryDirectory() as folder:
        application = compose(Settings(data_folder=Path(folder), workers=workers))
        try:
            application.upgrade_database()
            application.services.market().import_bars(application.workspace_id, "sample", ["GOOG"], DAILY)
            ended = threading.Event()

            def hear(progress: StudyProgress) -> None:
                if progress.status.is_final:
                    ended.set()

            application.listen_to_studies(hear)

            def seconds(space: object) -> float:
                ended.clear()
                base = {"strategy": "sma_cross", "instruments": ["GOOG"], "source": "sample"}
                spec = read(SweepSpec, {"base": base, "space": space, "confirmed_runs": 1_000_000})
                began = time.perf_counter()
                study = application.services.studies.start(application.workspace_id, StudyKind.SWEEP, spec)
                ended.wait()
                took = time.perf_counter() - began
                found = application.services.studies.get(application.workspace_id, study.id)
                if found.status is not StudyStatus.COMPLETED:
                    raise RuntimeError(found.failure)
                return took

            seconds(WARM_UP)
            return min(seconds(PAIRS) for _ in range(REPEATS))
        finally:
            application.close()

"""`make bench`: prints a table, writes build/bench.json, and fails when an engine disagrees."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import agreement, api, cancelling, engine, events, growth, store, sweeps, workers
from tests.benchmarks.rows import save, show


def main() -> int:
    machine = {
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "backtesting", "vectorbt", "raptorbt")},
    }
    print("\n".join(f"{name}: {value}" for name, value in machine.items()), end="\n\n")
    modules = (engine, sweeps, events, growth, store, api, cancelling)
    rows = [*(row for module in modules for row in module.rows()), *workers.worker_rows()]
    print(show(rows), end="\n\n")
    proofs = agreement.agreements()
    print("\n".join(str(proof) for proof in proofs))
    save(rows, machine, Path("build/bench.json"))
    print("\nwritten: build/bench.json")
    return 0 if all(proof.holds for proof in proofs) else 1


if __name__ == "__main__":
    sys.exit(main())

"""One measured figure, and how a list of them is shown and kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured. `limit` is the most `ours` may be, in the same unit, or the least where
    `at_least` says so; ratio says how many times the best peer ours is better, None without peers."""

    name: str
    unit: str
    ours: float
    limit: float
    peers: dict[str, float] = field(default_factory=dict)
    note: str = ""
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        if not self.peers or not self.ours:
            return None
        return self.ours / max(self.peers.values()) if self.at_least else min(self.peers.values()) / self.ours

    @property
    def reached(self) -> bool:
        return self.ours >= self.limit if self.at_least else self.ours <= self.limit


def show(rows: Sequence[Row]) -> str:
    """A table for a terminal."""
    lines = [f"{'work':<58}{'ours':>10}{'limit':>10}  {'unit':<6}{'ratio':>8}  peers"]
    for row in rows:
        peers = ", ".join(f"{name} {value:,.2f}" for name, value in row.peers.items())
        ratio = "" if row.ratio is None else f"{row.ratio:,.1f}x"
        missed = "BELOW LIMIT" if row.at_least else "ABOVE LIMIT"
        flag = "" if row.reached else f"  {missed}"
        lines.append(
            f"{row.name:<58}{row.ours:>10,.3g}{row.limit:>10,.3g}  {row.unit:<6}{ratio:>8}  {peers}{flag}"
        )
        if row.note:
            lines.append(f"    {row.note}")
    return "\n".join(lines)


def save(rows: Sequence[Row], machine: dict[str, str], path: Path) -> None:
    """Write `build/bench.json`: the machine, and a row each with name, unit, ours, peers, ratio, limit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = [asdict(row) | {"ratio": row.ratio, "reached": row.reached} for row in rows]
    path.write_text(json.dumps({"machine": machine, "rows": table}, indent=2) + "\n", encoding="utf-8")

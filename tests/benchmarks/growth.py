"""How cost grows with bars and with combinations: both straight lines, drawn on logarithmic axes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from domain.strategies.registry import StrategyRegistry
from tests.benchmarks.data import goog, large_grid, minutes
from tests.benchmarks.engine import run_with
from tests.benchmarks.rows import Row
from tests.benchmarks.sweeps import sweep
from tests.benchmarks.timing import best_cpu_ms

BARS = (31_250, 62_500, 125_000, 250_000, 500_000, 1_000_000)
COMBINATIONS = (600, 1_200, 2_400, 4_800, 9_600)
STEEPEST = 1.15
_WIDTH, _HEIGHT, _MARGIN = 640, 400, 60


def rows(drawing: Path = Path("build/growth.svg")) -> list[Row]:
    """The slopes of the two lines, 1 where twice the work takes twice the time; draws both."""
    strategy, everything = StrategyRegistry().create("sma_cross", {}), large_grid()
    by_bars = [best_cpu_ms(lambda n=n: run_with(strategy, minutes().take(slice(0, n))), 5) for n in BARS]
    by_runs = [best_cpu_ms(lambda n=n: sweep(goog(), _evenly(everything, n)), 5) for n in COMBINATIONS]
    lines = {"one run, by bars": (BARS, by_bars), "sweep of GOOG, by combinations": (COMBINATIONS, by_runs)}
    drawing.parent.mkdir(parents=True, exist_ok=True)
    drawing.write_text(_drawn(lines), encoding="utf-8")
    return [
        Row(f"growth of the cost of {name} (log-log slope)", "slope", _slope(*line), STEEPEST)
        for name, line in lines.items()
    ]


def _evenly(pairs: Sequence[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    return [pairs[int(place)] for place in np.linspace(0, len(pairs) - 1, count)]


def _slope(sizes: Sequence[int], costs: Sequence[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def _drawn(lines: dict[str, tuple[Sequence[int], Sequence[float]]]) -> str:
    """An SVG with both axes logarithmic; size to the right, milliseconds upwards."""
    sizes = np.log10([size for line in lines.values() for size in line[0]])
    costs = np.log10([cost for line in lines.values() for cost in line[1]])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_MARGIN}" y="20">CPU milliseconds (up) by bars or combinations (right), both logarithmic</text>',
    ]
    for colour, (name, line) in zip(("#1f5fa8", "#b3541e"), lines.items(), strict=True):
        x = _scaled(np.log10(line[0]), sizes, _MARGIN, _WIDTH - _MARGIN)
        y = _scaled(np.log10(line[1]), costs, _HEIGHT - _MARGIN, _MARGIN)
        points = " ".join(f"{right:.1f},{up:.1f}" for right, up in zip(x, y, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{right:.1f}" cy="{up:.1f}" r="3" fill="{colour}"><title>{size:,}: {cost:.2f} ms</title></circle>'
            for right, up, size, cost in zip(x, y, *line, strict=True)
        ]
        label = f"{name}: slope {_slope(*line):.2f}"
        parts.append(f'<text x="{x[0]:.0f}" y="{y[0] - 10:.0f}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _scaled(values: np.ndarray, among: np.ndarray, low: float, high: float) -> np.ndarray:
    return low + (values - among.min()) / (among.max() - among.min()) * (high - low)

"""How much of the best combination's Sharpe ratio is luck, in one sentence."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.overfitting.sharpe import SharpeEstimate
from domain.research.evaluation.luck_checks import Tried, sharpe_findings
from domain.research.evaluation.verdict import Check
from domain.research.model import Answer, Finding
from domain.research.table import Table
from domain.research.trials import SharpeSample

COLUMNS = ("combination", "sharpe", "periods_per_year")


def luck_of_the_best(outcome: Mapping[str, Any], table: Table) -> Finding:
    """The deflated Sharpe ratio of the best combination against all that were tried, as a check.

    The variance is that of the rows' Sharpe ratios per period. Over several accounts the moments of the
    best one's returns are not known, so nothing is said but that.
    """
    best = outcome["best"][0]
    if best is None:
        return _unclear("No combination could be ranked, so there is no Sharpe ratio to take luck from.")
    if outcome["runs"] != outcome["combinations"]:
        return _unclear(
            f"{outcome['combinations']:,} combinations were tried. Each ran in several accounts, whose mean has no "
            "deflated Sharpe ratio: start an evaluation of the one you choose."
        )
    tried = Tried(outcome["combinations"], variance(table))
    year = int(best["statistics"]["periods_per_year"] or 1)
    findings = sharpe_findings(_estimate(best["statistics"], year), year, tried)
    return next(one for one in findings if one.check == Check.DEFLATED_SHARPE)


def variance(table: Table) -> float | None:
    """Of the Sharpe ratios per period (ddof 1); None below two that are defined."""
    sharpe = np.asarray(table["sharpe"], dtype=np.float64)
    per_period: FloatArray = sharpe / np.sqrt(np.asarray(table["periods_per_year"], dtype=np.float64))
    return SharpeSample.of(None if not np.isfinite(one) else one for one in per_period.tolist()).variance


def _estimate(statistics: Mapping[str, Any], year: int) -> SharpeEstimate | None:
    sharpe, skew, kurtosis = (statistics[name] for name in ("sharpe", "skew", "kurtosis"))
    if sharpe is None or skew is None or kurtosis is None:
        return None
    return SharpeEstimate(sharpe / year**0.5, int(statistics["return_periods"]), skew, kurtosis)


def _unclear(sentence: str) -> Finding:
    return Finding(Check.DEFLATED_SHARPE, Answer.UNCLEAR, sentence)

"""Our weights beside those of skfolio and of a general convex solver, and skfolio's own by name."""

import importlib
from types import ModuleType

import cvxpy as cp
import numpy as np
import pytest
from skfolio import RiskMeasure
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.moments import EmpiricalCovariance
from skfolio.optimization import (
    HierarchicalRiskParity,
    InverseVolatility,
    MeanRisk,
    ObjectiveFunction,
    RiskBudgeting,
)
from skfolio.prior import EmpiricalPrior
from skfolio.seriation import HierarchicalSeriation

from domain.arrays import FloatArray
from domain.errors import InvalidInput, MissingExtra
from domain.portfolio.adapters.skfolio import optimisers, skfolio_weights
from domain.portfolio.constraints import Constraints, Group
from domain.portfolio.covariance import sample
from domain.portfolio.hierarchical import bisected
from domain.portfolio.kelly import capped_kelly
from domain.portfolio.maximum_sharpe import maximum_sharpe
from domain.portfolio.minimum_variance import minimum_variance
from domain.portfolio.naive import inverse_volatility
from domain.portfolio.risk_parity import risk_parity
from tests.kit.portfolio import market_returns

RETURNS = market_returns(250, 12, seed=1)
COVARIANCE = sample(RETURNS)
PRIOR = EmpiricalPrior(covariance_estimator=EmpiricalCovariance(ddof=1))
EXACT = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}
TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12}
ZEROS, ONES = np.zeros(12), np.ones(12)


def solved(objective: cp.Minimize, constraints: list[cp.Constraint], weights: cp.Variable) -> FloatArray:
    cp.Problem(objective, constraints).solve(solver="CLARABEL", **EXACT)
    return np.asarray(weights.value, dtype=np.float64)


@pytest.mark.parametrize(("least", "most"), [(0.0, 1.0), (0.0, 0.15), (0.02, 0.3)])
def test_minimum_variance(least: float, most: float) -> None:
    x = cp.Variable(12)
    expected = solved(
        cp.Minimize(cp.quad_form(x, cp.psd_wrap(COVARIANCE * 1e4))),
        [x >= least, x <= most, cp.sum(x) == 1],
        x,
    )

    ours = minimum_variance(COVARIANCE, np.full(12, least), np.full(12, most))

    np.testing.assert_allclose(ours, expected, atol=1e-8)
    theirs = MeanRisk(min_weights=least, max_weights=most, prior_estimator=PRIOR, solver_params=TIGHT)
    np.testing.assert_allclose(ours, theirs.fit(RETURNS).weights_, atol=1e-5)


@pytest.mark.parametrize(("least", "most"), [(0.0, 1.0), (0.02, 0.2)])
def test_maximum_sharpe(least: float, most: float) -> None:
    returns = RETURNS + 0.001
    mean = returns.mean(axis=0)
    y, size = cp.Variable(12), cp.Variable()
    scaled = solved(
        cp.Minimize(cp.quad_form(y, cp.psd_wrap(COVARIANCE * 1e4))),
        [y >= least * size, y <= most * size, cp.sum(y) == size, (mean * 1e3) @ y == 1, size >= 0],
        y,
    )

    ours = maximum_sharpe(mean, COVARIANCE, np.full(12, least), np.full(12, most))

    np.testing.assert_allclose(ours, scaled / scaled.sum(), atol=1e-8)
    theirs = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_RATIO,
        risk_measure=RiskMeasure.STANDARD_DEVIATION,
        min_weights=least,
        max_weights=most,
        prior_estimator=PRIOR,
        solver_params=TIGHT,
    )
    np.testing.assert_allclose(ours, theirs.fit(returns).weights_, atol=1e-5)


def test_kelly_under_a_cap() -> None:
    mean = RETURNS.mean(axis=0) + 0.002
    x = cp.Variable(12)
    expected = solved(
        cp.Minimize(0.5e4 * cp.quad_form(x, cp.psd_wrap(COVARIANCE)) - 0.5e4 * mean @ x),
        [x >= 0, x <= 0.8, cp.sum(x) <= 2],
        x,
    )

    ours = capped_kelly(mean, COVARIANCE, ZEROS, ONES * 0.8, fraction=0.5, leverage=2.0)

    np.testing.assert_allclose(ours, expected, atol=1e-8)


def test_risk_parity_and_inverse_volatility() -> None:
    budgeted = RiskBudgeting(
        risk_measure=RiskMeasure.STANDARD_DEVIATION, prior_estimator=PRIOR, solver_params=TIGHT
    )

    np.testing.assert_allclose(risk_parity(COVARIANCE), budgeted.fit(RETURNS).weights_, atol=1e-5)
    np.testing.assert_allclose(
        inverse_volatility(np.diagonal(COVARIANCE)),
        InverseVolatility(prior_estimator=PRIOR).fit(RETURNS).weights_,
        rtol=1e-10,
    )


def test_hierarchical_risk_parity_along_one_order() -> None:
    # The two may turn branches of the same tree round; along one order, weights are the same.
    seriation = HierarchicalSeriation(
        hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE),
        optimal_ordering=False,
    )
    theirs = HierarchicalRiskParity(prior_estimator=PRIOR, seriation_estimator=seriation).fit(RETURNS)

    order = np.asarray(theirs.seriation_estimator_.ordering_, dtype=np.int64)

    np.testing.assert_allclose(bisected(COVARIANCE, order), theirs.weights_, rtol=1e-9)


def test_projection_onto_groups_and_gross_exposure() -> None:
    rng = np.random.default_rng(4)
    groups = [Group("a", (0, 1, 2), -0.1, 0.2), Group("b", (3, 4), 0.1, 0.5)]
    for gross in (np.inf, 1.4, 1.05):
        wanted = rng.normal(0.0, 0.6, 8)
        limits = Constraints.of(8, minimum=-0.4, maximum=0.6, net=(0.5, 1.0), gross=gross, groups=groups)
        x = cp.Variable(8)
        asked = [x >= -0.4, x <= 0.6, cp.sum(x) >= 0.5, cp.sum(x) <= 1.0]
        asked += [cp.sum(x[list(g.members)]) >= g.minimum for g in groups]
        asked += [cp.sum(x[list(g.members)]) <= g.maximum for g in groups]
        if np.isfinite(gross):
            asked.append(cp.norm1(x) <= gross)

        expected = solved(cp.Minimize(cp.sum_squares(x - wanted)), asked, x)

        np.testing.assert_allclose(limits.project(wanted), expected, atol=1e-7)


def test_any_optimiser_of_skfolio_by_name() -> None:
    assert {"MeanRisk", "RiskBudgeting", "HierarchicalEqualRiskContribution"} <= set(optimisers())
    assert "BaseOptimization" not in optimisers()

    plain = skfolio_weights("EqualWeighted", RETURNS)
    tails = skfolio_weights("MeanRisk", RETURNS, {"risk_measure": "cvar", "max_weights": 0.25})

    np.testing.assert_allclose(plain, 1 / 12)
    assert tails.sum() == pytest.approx(1.0, abs=1e-6)
    assert tails.max() <= 0.25 + 1e-6


@pytest.mark.parametrize(
    ("optimiser", "options", "message"),
    [
        ("Sharpest", {}, "optimiser: 'Sharpest' is not one of BenchmarkTracker"),
        ("MeanRisk", {"risk_measure": "LUCK"}, "options.risk_measure: 'LUCK' is not one of"),
        ("MeanRisk", {"luck": 1}, "MeanRisk found no weights: .*luck"),
        ("MeanRisk", {"max_weights": 0.01}, "MeanRisk found no weights"),
    ],
)
def test_what_skfolio_cannot_do_is_said_in_one_sentence(
    optimiser: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        skfolio_weights(optimiser, RETURNS, options)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)

    with pytest.raises(MissingExtra, match=r"pip install -e '\.\[ml\]'"):
        skfolio_weights("MeanRisk", RETURNS)

"""Logistic regression whose penalty spares columns, against scikit-learn and a general minimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from gliomanet.models.ridge_logistic import RidgeLogistic


def drawn(cases=120, columns=6, classes=2, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(cases, columns))
    score = x[:, :classes] * 1.5 + generator.normal(size=(cases, classes))
    return x, score.argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("strength", [1e-3, 1.0, 100.0])
def test_with_every_column_penalised_it_is_scikit_learns(classes, strength):
    x, y = drawn(classes=classes)
    ours = RidgeLogistic(strength).fit(x, y)
    theirs = LogisticRegression(C=strength, class_weight="balanced", tol=1e-10, max_iter=20_000).fit(x, y)
    assert ours.coef_ == pytest.approx(theirs.coef_, abs=1e-5)
    assert ours.predict_proba(x) == pytest.approx(theirs.predict_proba(x), abs=1e-6)


def test_spared_columns_are_those_of_the_written_out_objective():
    x, y = drawn()
    x[:, 5] = x[:, 5] * 0.3 + y
    weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))

    def objective(beta):
        p = expit(x @ beta[:-1] + beta[-1])
        loss = -(weight * np.where(y == 1, np.log(p), np.log1p(-p))).sum()
        return 0.05 * loss + 0.5 * (beta[:5] ** 2).sum()  # neither column 5 nor the intercept

    expected = minimize(objective, np.zeros(7), method="BFGS", options={"gtol": 1e-8}).x
    fitted = RidgeLogistic(0.05, unpenalised=(5,)).fit(x, y)
    assert fitted.coef_[0] == pytest.approx(expected[:-1], abs=1e-4)
    assert fitted.intercept_[0] == pytest.approx(expected[-1], abs=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_spared_column_is_the_limit_of_one_that_is_scaled_up(classes):
    x, y = drawn(classes=classes)
    large = x * np.where(np.arange(6) == 2, 1e3, 1.0)
    theirs = LogisticRegression(C=0.01, class_weight="balanced", solver="newton-cholesky", tol=1e-10).fit(large, y)
    ours = RidgeLogistic(0.01, unpenalised=(2,)).fit(x, y)
    assert ours.predict_proba(x) == pytest.approx(theirs.predict_proba(large), abs=1e-4)


def test_classes_that_a_spared_column_separates_have_a_fit_all_the_same():
    x, y = drawn(60)
    x[:, 0] = np.where(y == 1, 2.0, -2.0)
    fitted = RidgeLogistic(0.1, unpenalised=(0,)).fit(x, y)
    assert np.isfinite(fitted.coef_).all()
    assert fitted.score(x, y) == 1.0


def test_a_single_class_is_refused():
    with pytest.raises(ValueError, match="two classes"):
        RidgeLogistic().fit(np.zeros((3, 1)), np.zeros(3))

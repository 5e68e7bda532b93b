"""Distance in deep features: a known normal distribution, features once each, and no age among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.patient.trust.deep import DeepSpread, deep_vectors


def table(values: np.ndarray, **more) -> pd.DataFrame:
    """Rows of two tasks whose first feature is the same."""
    rows = []
    for number, of_case in enumerate(values):
        for task, (a, b) in {"grade": of_case[:2], "idh": of_case[[0, 2]]}.items():
            rows.append(
                {"case_id": f"c{number:04d}", "task": task, "z0": a, "z1": b, "z_age": 70.0, "fold": "0", **more}
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def training() -> np.ndarray:
    mixing = np.array([[1.0, 0, 0], [2.0, 0.5, 0], [0, 0, 100.0]])
    return np.random.default_rng(2).normal(size=(2000, 3)) @ mixing.T + np.array([5.0, 0, -3])


def test_features_are_taken_once_and_clinical_data_never(training):
    spread = DeepSpread.of(deep_vectors(table(training)))
    assert len(spread.columns) == 3  # z0 of both tasks is one feature
    assert not any("age" in name for name in spread.columns)


def test_distance_is_mahalanobis_over_the_root_of_the_features(training):
    spread = DeepSpread.of(deep_vectors(table(training)))
    asked = np.array([[5.0, 0, -3], [5.0, 1.5, -3], [5.0, 0, 297]])
    by_hand = np.sqrt(
        np.einsum("ij,jk,ik->i", asked - [5, 0, -3], np.linalg.inv(np.cov(training.T)), asked - [5, 0, -3]) / 3
    )
    np.testing.assert_allclose(spread.distances(deep_vectors(table(asked))), by_hand, rtol=0.1, atol=0.05)
    assert by_hand[1] > 1.5  # 1.5 along the narrow direction is as far as 300 along the broad one


def test_nothing_is_told_of_few_cases_or_of_features_that_never_differ(training):
    assert DeepSpread.of(deep_vectors(table(training[:9]))) is None
    assert DeepSpread.of(deep_vectors(table(np.ones((20, 3))))) is None

import numpy as np
import pytest
from scipy.stats import pearsonr, rankdata, spearmanr
from statsmodels.stats.multitest import multipletests

from gliomanet.explanation.association import correlate, discovery_rates

ONE = np.full(400, "A")


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    deep = rng.normal(size=(40, 3))
    return deep, np.exp(deep[:, :1] + rng.normal(size=(40, 4))), np.exp(rng.normal(size=40))


def test_without_volume_it_is_scipys(drawn):
    deep, radiomic, _ = drawn
    found = correlate(deep, radiomic, None, ONE[: len(deep)])
    for i in range(3):
        for j in range(4):
            expected = spearmanr(deep[:, i], radiomic[:, j])
            assert found.rho[i, j] == pytest.approx(expected.statistic)
            assert found.p[i, j] == pytest.approx(expected.pvalue)
            assert found.pearson[i, j] == pytest.approx(pearsonr(deep[:, i], radiomic[:, j]).statistic)


def test_partial_coefficient_by_the_textbook(drawn):
    deep, radiomic, volume = drawn
    a, b, v = rankdata(deep[:, 0]), rankdata(radiomic[:, 0]), rankdata(volume)
    ab, av, bv = np.corrcoef(a, b)[0, 1], np.corrcoef(a, v)[0, 1], np.corrcoef(b, v)[0, 1]
    expected = (ab - av * bv) / np.sqrt((1 - av**2) * (1 - bv**2))
    assert correlate(deep, radiomic, volume, ONE[: len(deep)]).rho[0, 0] == pytest.approx(expected)


def test_what_only_volume_explains_disappears():
    rng = np.random.default_rng(1)
    volume = np.exp(rng.normal(size=400))
    deep, radiomic = np.log(volume) + 0.5 * rng.normal(size=400), volume * np.exp(0.5 * rng.normal(size=400))
    plain, partial = (correlate(deep[:, None], radiomic[:, None], v, ONE).rho[0, 0] for v in (None, volume))
    assert plain > 0.7
    assert abs(partial) < 0.15


def test_constant_features_and_volume_itself_are_not_estimable(drawn):
    deep, radiomic, volume = drawn
    radiomic[:, 1], radiomic[:, 2] = 3.3, volume
    found = correlate(deep, radiomic, volume, ONE[: len(deep)])
    assert np.isnan(found.rho[:, 1:3]).all()
    assert np.isfinite(found.rho[:, [0, 3]]).all()


def test_missing_values_leave_out_the_case_for_that_feature_only(drawn):
    deep, radiomic, _ = drawn
    radiomic[:5, 0], radiomic[:37, 1] = np.nan, np.nan
    found = correlate(deep, radiomic, None, ONE[: len(deep)])
    assert found.rho[0, 0] == pytest.approx(spearmanr(deep[5:, 0], radiomic[5:, 0]).statistic)
    assert np.isnan(found.rho[:, 1]).all()
    assert found.rho[0, 2] == pytest.approx(spearmanr(deep[:, 0], radiomic[:, 2]).statistic)


def test_discovery_rates_skip_what_is_not_estimable():
    p = np.array([[0.01, np.nan], [0.04, 0.03]])
    found = discovery_rates(p)
    assert np.isnan(found[0, 1])
    np.testing.assert_allclose(found[~np.isnan(p)], multipletests([0.01, 0.04, 0.03], method="fdr_bh")[1])
    assert np.isnan(discovery_rates(np.full((2, 2), np.nan))).all()

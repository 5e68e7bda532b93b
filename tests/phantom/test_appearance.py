import numpy as np
import pytest

from gliomanet.labels.who import LEGAL_STATES, WhoState
from gliomanet.phantom.appearance import GRADE_SHARES, SITES, Spread, draw_appearance, rule_of


@pytest.mark.parametrize("state", LEGAL_STATES)
def test_every_diagnosis_has_a_rule_whose_draws_stay_in_range(state):
    rng = np.random.default_rng(0)
    for _ in range(50):
        rule = rule_of(state, rng)
        appearance = draw_appearance(rule, rng)
        for name, value in vars(appearance).items():
            spread = getattr(rule, name)
            assert spread.low <= value <= spread.high
        assert set(rule.sites) <= set(SITES)
        assert sum(rule.sites.values()) == pytest.approx(1)


def test_grade_shares_sum_to_one():
    assert all(sum(shares.values()) == pytest.approx(1) for shares in GRADE_SHARES.values())


def test_a_state_outside_who_2021_is_refused():
    with pytest.raises(ValueError, match="no diagnosis of WHO 2021; allowed"):
        rule_of(WhoState("wildtype", "codeleted", "4"), np.random.default_rng(0))


def test_a_logarithmic_spread_has_its_mean_as_median():
    rng = np.random.default_rng(0)
    draws = [Spread(10, 0.5, 0, 1000, log=True).draw(rng) for _ in range(4000)]
    assert np.median(draws) == pytest.approx(10, rel=0.05)


def means(state):
    rng = np.random.default_rng(3)
    draws = [draw_appearance(rule_of(state, rng), rng) for _ in range(300)]
    return {name: np.mean([getattr(d, name) for d in draws]) for name in vars(draws[0])}


def test_the_rules_say_what_radiologists_expect():
    glioblastoma = means(WhoState("wildtype", "intact", "4"))
    astrocytoma = means(WhoState("mutant", "intact", "2"))
    oligodendroglioma = means(WhoState("mutant", "codeleted", "2"))
    for lower in (astrocytoma, oligodendroglioma):
        assert glioblastoma["necrosis"] > lower["necrosis"] + 0.2
        assert glioblastoma["enhancing"] > lower["enhancing"] + 0.3
        assert glioblastoma["oedema_ratio"] > 2 * lower["oedema_ratio"]
    assert astrocytoma["mismatch"] > 0.4 > 0.1 > max(oligodendroglioma["mismatch"], glioblastoma["mismatch"])
    assert oligodendroglioma["margin_mm"] > 2 * astrocytoma["margin_mm"]
    assert oligodendroglioma["calcification"] > 4 * astrocytoma["calcification"]

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neuroCombat import neuroCombat

from gliomanet.models.combat import Combat

FEATURES = [f"t1_glcm_f{i}" for i in range(30)]


def planted(n=120, seed=0, shift=3.0, factor=2.5):
    """Centre B sees every feature shifted and stretched; the label, balanced over centres, moves feature 0 by 2."""
    generator = np.random.default_rng(seed)
    center = np.array(["A", "B"] * (n // 2))
    label = np.array([0, 0, 1, 1] * (n // 4))
    values = generator.normal(size=(n, len(FEATURES)))
    values[:, 0] += 2 * label
    of_b = center == "B"
    values[of_b] = values[of_b] * factor + shift
    values[:, 1] *= 1e6
    return pd.DataFrame(values, columns=FEATURES), center, label


def gap(table, center):
    """Difference of centre means in pooled deviations, and ratio of deviations, means over features."""
    a, b = table[center == "A"], table[center == "B"]
    spread = np.sqrt((a.var() + b.var()) / 2)
    return float(((a.mean() - b.mean()).abs() / spread).mean()), float((b.std() / a.std()).mean())


def test_a_planted_centre_effect_goes_and_a_balanced_label_effect_stays():
    table, center, label = planted()
    harmonised = Combat.fit(table, center).transform(table, center)
    before, after = gap(table, center), gap(harmonised, center)
    effects = [np.corrcoef(t[FEATURES[0]], label)[0, 1] for t in (table, harmonised)]
    print(
        f"centre gap {before[0]:.2f} → {after[0]:.3f} SD, ratio of deviations {before[1]:.2f} → {after[1]:.2f}, "
        f"label correlation {effects[0]:.2f} → {effects[1]:.2f}"
    )
    assert before[0] > 1.0
    assert before[1] > 2.0
    assert after[0] < 0.15
    assert after[1] < 1.2
    within = np.mean([np.corrcoef(table[FEATURES[0]][center == c], label[center == c])[0, 1] for c in "AB"])
    assert effects[1] == pytest.approx(within, abs=0.05)
    assert effects[1] > effects[0] + 0.15
    other, their_center, _ = planted(seed=1)  # cases that the fit has not seen, of centres that it has
    assert gap(Combat.fit(table, center).transform(other, their_center), their_center)[0] < 0.3


def test_training_cases_become_what_neurocombat_makes_of_them():
    table, center, _ = planted()
    theirs = neuroCombat(table.to_numpy().T, pd.DataFrame({"batch": center}), "batch")["data"].T
    np.testing.assert_allclose(Combat.fit(table, center).transform(table, center), theirs, rtol=1e-9, atol=1e-9)


@given(st.integers(2, 4), st.integers(0, 100))
def test_each_case_is_harmonised_by_itself_and_other_centres_pass(centers, seed):
    generator = np.random.default_rng(seed)
    center = np.repeat([f"c{i}" for i in range(centers)], 6)
    table = pd.DataFrame(generator.normal(size=(len(center), 4)), columns=list("abcd"))
    fitted = Combat.fit(table, center)
    whole = fitted.transform(table, center)
    one = fitted.transform(table.iloc[[3]], center[[3]])
    np.testing.assert_array_equal(whole.iloc[[3]], one)
    pd.testing.assert_frame_equal(fitted.transform(table, ["elsewhere"] * len(table)), table)
    # affine and rising: within a centre, no case changes its rank
    first = center == "c0"
    assert (np.argsort(table["a"][first]).to_numpy() == np.argsort(whole["a"][first]).to_numpy()).all()


def test_what_is_missing_stays_missing_and_what_is_constant_as_it_is():
    table, center, _ = planted(40)
    table = table.assign(constant=7.1, nowhere=np.nan, age=np.arange(40.0))
    table.iloc[3, 2] = np.nan
    table.iloc[5, 2] = np.inf
    fitted = Combat.fit(table.drop(columns="age"), center)
    assert fitted.columns == tuple(FEATURES)
    found = fitted.transform(table, center)
    assert np.isnan(found.iloc[3, 2])
    assert np.isfinite(np.delete(found[FEATURES].to_numpy()[:, 2], [3, 5])).all()
    pd.testing.assert_frame_equal(found[["constant", "nowhere", "age"]], table[["constant", "nowhere", "age"]])
    fewer = fitted.transform(table[FEATURES[3:5]], center)  # a table that lacks columns
    pd.testing.assert_frame_equal(fewer, found[FEATURES[3:5]])


def test_missing_values_do_not_dilute_their_centres_shift():
    table, center, _ = planted(120, shift=5.0)
    gaps = table.copy()
    gaps.iloc[1::4, 2] = np.nan  # half of centre B
    assert Combat.fit(gaps, center).shift[1, 2] == pytest.approx(Combat.fit(table, center).shift[1, 2], rel=0.15)


def test_nothing_is_printed_and_the_unseen_are_named(capsys):
    table, center, _ = planted(40)
    fitted = Combat.fit(table, center)
    assert capsys.readouterr().out == ""
    assert fitted.centers == ("A", "B")
    assert fitted.unseen(["C", "A", "Ö", "C"]) == ["C", "Ö"]
    assert "fitted on the training cases of A, B. Cases of other" in fitted.note()
    assert "passed unchanged" in fitted.note()


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (slice(0, None, 2), FEATURES, "training cases of at least two centres, found: A 20"),
        (slice(0, 0), FEATURES, "training cases of at least two centres, found: none"),
        ([0, 2, 4, 1], FEATURES, "at least 2 training cases of every centre, found: A 3, B 1"),
        (slice(None), FEATURES[:1], "at least 2 radiomic features that differ .* found: t1_glcm_f0"),
        (slice(None), [], "at least 2 radiomic features that differ .* found: none"),
    ],
)
def test_what_cannot_be_harmonised_says_so(rows, columns, message):
    table, center, _ = planted(40)
    with pytest.raises(ValueError, match=message):
        Combat.fit(table.loc[:, columns].iloc[rows], center[rows])

"""Distance in radiomic features: a known distribution, another extractor's scale, what lacks, and a whole judgement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.modalities import MODALITIES
from gliomanet.patient.trust.features import FeatureSpread, feature_columns, feature_vectors, modalities_lacking
from gliomanet.patient.trust.judge import judge
from gliomanet.patient.trust.reference import TrustReference

NAMES = [f"{modality}_firstorder_F{number}" for modality in ("t1c", "flair") for number in range(4)]
CASES = 300


def features(rng: np.random.Generator, count: int, prefix: str) -> pd.DataFrame:
    """Features that go together, on unlike scales."""
    common = rng.normal(size=(count, 1))
    values = 50 + (common + rng.normal(size=(count, len(NAMES)))) * np.logspace(-2, 3, len(NAMES))
    table = pd.DataFrame(values, columns=NAMES)
    table.insert(0, "case_id", [f"{prefix}{number:04d}" for number in range(count)])
    return table


@pytest.fixture(scope="module")
def reference() -> TrustReference:
    table = features(np.random.default_rng(3), CASES, "secret-").assign(center="A")
    ids = table["case_id"].to_numpy()
    parts = []
    for fold in "01":
        part = np.where(np.arange(CASES) % 2 == int(fold), "validation", "train")
        parts.append(pd.DataFrame({"center": "A", "case_id": ids, "patient_id": ids, "fold": fold, "part": part}))
    none = pd.DataFrame(columns=["center", "case_id"])
    return TrustReference.fit(none, pd.concat(parts, ignore_index=True), {}, {"chain": table})


def said(reference, row: pd.DataFrame, modalities=MODALITIES):
    return judge(reference, {}, modalities, {}, lacks={}, features=row)


def test_good_cases_alarm_as_often_as_is_stated(reference):
    new = features(np.random.default_rng(4), 400, "n")
    found = [said(reference, new.iloc[[place]]) for place in range(len(new))]
    assert found[0].false_alarms == 0.05
    assert [(one.of, one.model) for one in found[0].distances] == [("radiomic features", "chain")]
    assert 0.02 < np.mean([one.verdict != "usable" for one in found]) < 0.09


def test_another_extractor_s_scale_is_not_to_be_used_and_the_feature_is_named(reference):
    row = features(np.random.default_rng(5), 1, "n")
    row["t1c_firstorder_F0"] *= 2
    trust = said(reference, row)
    assert trust.verdict == "do not use"
    assert [one.code for one in trust.reasons] == ["trust.features_far", *["trust.feature"] * 3]
    assert vars(trust.reasons[1])["values"]["feature"] == "t1c_firstorder_F0"
    assert trust.distances[0].p == pytest.approx(1 / (CASES + 1))


def test_a_case_without_a_modality_s_features_is_told_and_not_judged_by_them(reference):
    row = features(np.random.default_rng(5), 1, "n")
    row[[name for name in NAMES if name.startswith("flair")]] = np.nan
    row["t1c_firstorder_F0"] *= 2
    trust = said(reference, row, ("t1c",))
    assert (trust.verdict, trust.distances[0].counts) == ("not judged", False)
    (note,) = [one for one in trust.notes if one.code == "trust.features_do_not_count"]
    assert vars(note)["values"] == {"model": "chain", "modalities": ("flair",)}


def test_a_case_without_a_mask_has_no_such_distance(reference):
    assert said(reference, pd.DataFrame(columns=["case_id"])).distances == ()
    assert said(reference, features(np.random.default_rng(5), 1, "n")[["case_id"]]).distances == ()


def test_missing_cells_are_put_to_the_training_median():
    table = features(np.random.default_rng(6), 100, "c").set_index("case_id")
    table.iloc[3, 2] = np.nan
    spread = FeatureSpread.of(table)
    filled = table.fillna(table.median())
    np.testing.assert_allclose(spread.distances(table), spread.distances(filled))
    assert FeatureSpread.of(table.iloc[:9]) is None
    assert FeatureSpread.of(pd.DataFrame(index=range(20))) is None


def test_clinical_inputs_and_answers_of_members_are_no_features():
    assert feature_columns(["age", "sex", "logit(net, idh)", "t1c_firstorder_Mean"]) == ["t1c_firstorder_Mean"]


def test_features_are_those_that_a_model_takes_ratios_and_shapes_too():
    table = pd.DataFrame(
        {
            "case_id": ["a", "b"],
            "t1c-flair_logratio_Mean": [1.0, np.nan],
            "mask_shape_MeshVolume": [100.0, np.nan],
            "t1c_firstorder_Mean": [1.0, 2.0],
        }
    )
    vectors = feature_vectors(table, ["t1c-flair_logratio_Mean", "mask_shape_log(MeshVolume)"])
    assert vectors.index.tolist() == ["a"]
    np.testing.assert_allclose(vectors.to_numpy(), [[1.0, np.log(100.0)]])
    assert modalities_lacking(vectors) == []
    assert modalities_lacking(vectors.assign(**{"t1c-flair_logratio_Mean": np.nan})) == ["t1c", "flair"]


def test_a_bundle_keeps_it_to_the_last_bit_and_names_no_case(reference, tmp_path):
    reference.write(tmp_path)
    row = features(np.random.default_rng(7), 1, "n")
    assert said(TrustReference.read(tmp_path), row) == said(reference, row)
    assert b"secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())

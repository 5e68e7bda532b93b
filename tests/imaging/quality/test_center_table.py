import json

import numpy as np
import pytest

from gliomanet.errors import StudyStopError
from gliomanet.imaging.quality.center_table import METRICS, collect_qc, robust_z
from gliomanet.tables.cohort import IMAGE_QUALITY


def _case(folder, case_id, status="ok", reason="", **qc):
    path = folder / case_id
    path.mkdir()
    qc = {"atlas_similarity": 0.1, "brain_volume_ml": 1400.0, "flags": [], **qc}
    record = {
        "case_id": case_id,
        "center": "Here",
        "status": status,
        "reason": reason,
        "modalities": ["t1c", "t2"],
        "qc": qc,
    }
    (path / "preprocess.json").write_text(json.dumps(record))
    return path


def test_rows_are_in_order_and_complete(tmp_path):
    table = collect_qc([_case(tmp_path, "b", tumour_volume_ml=12.5), _case(tmp_path, "a")], 1.0)
    assert list(table.columns) == IMAGE_QUALITY.names()
    assert list(METRICS) == IMAGE_QUALITY.names()[4:-5]
    assert table["case_id"].tolist() == ["a", "b"]
    assert table.loc[1, "tumour_volume_ml"] == 12.5
    assert np.isnan(table.loc[0, "similarity_t2"])
    assert table.loc[0, "modalities"] == "t1c,t2"
    assert table["decision"].tolist() == ["keep", "keep"]
    assert table["decided_by"].tolist() == ["pipeline", "pipeline"]


def test_outliers_are_flagged_with_their_z(tmp_path):
    paths = [
        _case(tmp_path, f"c{i}", brain_volume_ml=1400.0 + 10 * i, atlas_similarity=0.1 + 0.001 * i) for i in range(8)
    ]
    paths.append(_case(tmp_path, "large", brain_volume_ml=2200.0, atlas_similarity=0.5))
    table = collect_qc(paths, 0.5).set_index("case_id")
    assert "brain_volume_ml is an outlier (robust z" in table.loc["large", "flags"]
    assert "atlas_similarity" not in table.loc["large", "flags"]  # more alike than the others is no defect
    assert table.loc["large", "decision"] == "review"
    assert (table.drop(index="large")["flags"] == "").all()


@pytest.mark.parametrize(
    ("qc", "words"),
    [
        ({"residual_shift_t2_mm": 14.0}, "residual_shift_mm is 14, allowed: at most 5: the modality may not lie"),
        ({"similarity_t2": 0.03, "similarity_t2_before": 0.02}, "similarity_t2 is 0.03, allowed: at least 0.04"),
        ({"similarity_t2": 0.1, "similarity_t2_before": 0.15}, "coregistration_gain is -0.05, allowed: at least -0.01"),
        ({"rim_outside": 0.6}, "rim_outside is 0.6, allowed: at most 0.5: brain lies outside the mask"),
        ({"rim_inside": 0.1}, "rim_inside is 0.1, allowed: at least 0.25: more than brain lies inside"),
        ({"mask_atlas_dice": 0.7}, "mask_atlas_dice is 0.7, allowed: at least 0.85"),
        ({"coverage_t2": 0.8, "coverage_t1c": 1.0}, "coverage is 0.8, allowed: at least 0.95"),
        ({"brain_volume_ml": 800.0}, "brain_volume_ml is 800, allowed: at least 900"),
        ({"tumour_outside_brain": 0.3}, "tumour_outside_brain is 0.3, allowed: at most 0.1"),
    ],
)
def test_a_single_case_is_flagged_by_bounds_that_need_no_centre(tmp_path, qc, words):
    row = collect_qc([_case(tmp_path, "a", **qc)], 1.0).loc[0]
    assert words in row["flags"]
    assert row["decision"] == "review"


def test_the_worst_modality_counts(tmp_path):
    qc = {"residual_shift_t1_mm": 0.0, "residual_shift_t2_mm": 2.0, "similarity_t1": 0.3, "similarity_t1_before": 0.1}
    row = collect_qc([_case(tmp_path, "a", **qc, similarity_t2=0.2, similarity_t2_before=0.195)], 1.0).loc[0]
    assert row["residual_shift_mm"] == 2.0
    assert row["coregistration_gain"] == pytest.approx(0.005)
    assert row["flags"] == ""


def test_what_preprocessing_said_is_not_said_twice(tmp_path):
    said = {"flags": ["t2 covers 80% of the brain"], "flagged_metrics": ["coverage"]}
    case = _case(tmp_path, "a", coverage_t2=0.8, **said)
    assert collect_qc([case], 1.0).loc[0, "flags"] == "t2 covers 80% of the brain"


def test_a_person_overrides_and_the_policy_decides_the_rest(tmp_path):
    paths = [
        _case(tmp_path, "bad", rim_outside=0.9),
        _case(tmp_path, "seen", rim_outside=0.9),
        _case(tmp_path, "open", rim_outside=0.9),
        _case(tmp_path, "fine"),
        _case(tmp_path, "not_for_us"),
        _case(tmp_path, "lost", "failed", "NaN in t1"),
    ]
    person = {"seen": ("keep", "mask is fine"), "not_for_us": ("exclude", "recurrence"), "open": ("review", "ask")}
    for review, expected in (("keep", "review"), ("exclude", "exclude")):
        table = collect_qc(paths, 0.5, person, review).set_index("case_id")
        assert table["decision"].to_dict() == {
            "bad": expected,
            "seen": "keep",
            "open": "review",
            "fine": "keep",
            "not_for_us": "exclude",
            "lost": "exclude",
        }
        assert table.loc["seen", ["decided_by", "decision_reason"]].tolist() == ["person", "mask is fine"]
        assert table.loc["lost", "decision_reason"] == "preprocessing: failed"


def test_too_few_cases_end_the_study_with_every_reason(tmp_path):
    paths = [
        _case(tmp_path, "a"),
        _case(tmp_path, "b", "failed", "NaN in t1"),
        _case(tmp_path, "c", "dropped", "t2 missing"),
    ]
    with pytest.raises(StudyStopError) as caught:
        collect_qc(paths, 0.8)
    problem = caught.value.problem
    assert (problem.rule, problem.center) == ("too_few_cases_left", "Here")
    assert "1 of 3" in problem.found
    assert "80%" in problem.found
    assert problem.action.endswith("\n  - b: failed: NaN in t1\n  - c: dropped: t2 missing")
    assert collect_qc(paths, 0.3)["reason"].tolist() == ["", "NaN in t1", "t2 missing"]


def test_robust_z_of_a_hand_computed_sample():
    np.testing.assert_allclose(
        robust_z(np.array([1.0, 2, 3, 4, 10, np.nan])), 0.6745 * np.array([-2, -1, 0, 1, 7, np.nan])
    )
    assert not robust_z(np.array([1.0, 5.0])).any()


def test_every_bound_has_its_meaning():
    assert all(f.meaning for f in METRICS.values() if np.isfinite([f.least, f.most]).any() or f.bad_side)

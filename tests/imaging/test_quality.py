import json

import numpy as np
import pytest

from gliomanet.imaging.errors import StudyStopError
from gliomanet.imaging.quality import COLUMNS, collect_qc, robust_z


def _case(folder, case_id, status="ok", reason="", **qc):
    path = folder / case_id
    path.mkdir()
    qc = {"atlas_similarity": 0.1, "brain_volume_ml": 1400.0, "flags": [], **qc}
    record = {
        "case_id": case_id,
        "center": "Here",
        "status": status,
        "reason": reason,
        "contrasts": ["t1c", "t2"],
        "qc": qc,
    }
    (path / "preprocess.json").write_text(json.dumps(record))
    return path


def test_rows_are_in_order_and_complete(tmp_path):
    table = collect_qc([_case(tmp_path, "b", tumour_volume_ml=12.5), _case(tmp_path, "a")], 1.0)
    assert tuple(table.columns) == COLUMNS
    assert table["case_id"].tolist() == ["a", "b"]
    assert table.loc[1, "tumour_volume_ml"] == 12.5
    assert np.isnan(table.loc[0, "similarity_t2"])
    assert table.loc[0, "contrasts"] == "t1c,t2"


def test_outliers_are_flagged_with_their_z(tmp_path):
    paths = [
        _case(tmp_path, f"c{i}", brain_volume_ml=1400.0 + 10 * i, atlas_similarity=0.1 + 0.001 * i) for i in range(8)
    ]
    paths.append(_case(tmp_path, "large", brain_volume_ml=2200.0, atlas_similarity=0.5))
    table = collect_qc(paths, 0.5).set_index("case_id")
    assert "brain_volume_ml is an outlier (robust z" in table.loc["large", "flags"]
    assert "atlas_similarity" not in table.loc["large", "flags"]  # more alike than the others is no defect
    assert (table.drop(index="large")["flags"] == "").all()


def test_too_few_cases_end_the_study_with_every_reason(tmp_path):
    paths = [
        _case(tmp_path, "a"),
        _case(tmp_path, "b", "failed", "NaN in t1"),
        _case(tmp_path, "c", "dropped", "t2 missing"),
    ]
    with pytest.raises(
        StudyStopError, match=r"(?s)centre Here: 1 of 3 .*80%.*- b: failed: NaN in t1\n  - c: dropped: t2 missing"
    ):
        collect_qc(paths, 0.8)
    assert collect_qc(paths, 0.3)["reason"].tolist() == ["", "NaN in t1", "t2 missing"]


def test_robust_z_of_a_hand_computed_sample():
    np.testing.assert_allclose(
        robust_z(np.array([1.0, 2, 3, 4, 10, np.nan])), 0.6745 * np.array([-2, -1, 0, 1, 7, np.nan])
    )
    assert not robust_z(np.array([1.0, 5.0])).any()

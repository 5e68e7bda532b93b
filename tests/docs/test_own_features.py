"""The page's own table of features is read as the page says."""

from __future__ import annotations

import yaml

from gliomanet.audit.tables import audit_study
from gliomanet.cohort.read_center import center_source
from gliomanet.config.load import load_study
from gliomanet.radiomics.table import wide_features
from tests.docs.blocks import ROOT, blocks_of

PAGE = ROOT / "docs/your-study/sources.md"


def test_a_hospitals_table_of_features_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tables = [block for block in blocks_of(PAGE) if block.title.startswith("tables/")]
    assert len(tables) == 2
    for block in tables:
        (tmp_path / block.title).parent.mkdir(exist_ok=True)
        (tmp_path / block.title).write_text(block.text)
    studies = [yaml.safe_load(block.text) for block in blocks_of(PAGE) if block.language == "yaml"]
    study = load_study(
        next(values for values in studies if "WARD" in values["centers"] and len(values["centers"]) == 1)
    )

    (wrong,) = [f for f in audit_study(study) if f.severity == "fatal"]
    assert "'R132H' is no known spelling" in wrong.found

    patients = tmp_path / "tables/ward-patients.csv"
    patients.write_text(patients.read_text().replace("R132H", "mutant"))
    cases, features = center_source("WARD", study).read_with_features()
    assert cases[["case_id", "age", "sex", "idh", "grade"]].to_numpy().tolist() == [
        ["W-01", 61.0, "F", "wildtype", "4"],
        ["W-02", 38.0, "M", "mutant", ""],
    ]
    named = {"t1c_firstorder_Mean", "t1c_glcm_wavelet-LLH_Contrast", "mask_shape_MeshVolume"}
    assert set(features.columns) == {"case_id", "region"} | named
    assert wide_features(features).set_index("case_id").loc["W-02", "whole_mask_shape_MeshVolume"] == 30870

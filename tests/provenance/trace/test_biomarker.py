"""A biomarker's row leads to each centre's effect, computed again, and to the deep features and fits behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.explanation.consistency import class_effect
from gliomanet.layout import Layout
from gliomanet.provenance.finished import FinishedStudy
from gliomanet.provenance.trace.trace import trace
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.explanation import BIOMARKERS
from gliomanet.tables.io import read_table, write_table
from tests.provenance.conftest import write_study

FEATURE = "t1c_firstorder_Mean"


@pytest.fixture
def linked(tmp_path):
    """A finished study with one biomarker, whose effects are those of its features."""
    results = write_study(tmp_path / "results")
    layout, cases, effects = Layout(results), read_table(results / "cohort/cases.tsv"), {}
    for number, (center, rows) in enumerate(cases.groupby("center")):
        positive = (rows["idh"] == "mutant").to_numpy()
        values = np.round(np.random.default_rng(number).normal(size=len(rows)) + positive, 6)
        table = pd.DataFrame({"case_id": rows["case_id"], "region": "whole", FEATURE: values})
        write_table(table, layout.radiomics(str(center)), RADIOMICS, exact=True)
        effects[f"effect_{center}"] = class_effect(positive, values, 3).effect
    names = BIOMARKERS.names(center=("A", "X"))
    row = dict.fromkeys(names) | {"scenario": "main", "task": "idh", "feature": FEATURE, "modality": "t1c"}
    row |= {"region": "whole", "deep_features": "0:z3, 1:z7", "status": "kept", "reason": "same", **effects}
    write_table(pd.DataFrame([row], columns=names), layout.biomarkers("net"), BIOMARKERS)
    return results


def test_effects_are_those_of_the_features_now(linked):
    steps = {one.title.split(",")[0]: one for one in trace(FinishedStudy.find(linked), [FEATURE, "net"]).steps}
    effects = steps["Effects computed again now"]
    assert effects.facts["result"] == "equal to the stored row"
    assert effects.table["center"].tolist() == ["A", "X"]
    assert effects.table["n"].tolist() == [24, 16]
    assert (effects.table["stored"] != "").all()
    deep = steps["Deep features that it is linked to"].table
    assert deep.to_dict("list") == {"fold": ["0", "1"], "deep_feature": ["z3", "z7"]}
    assert steps["Trained models"].table["fold"].tolist() == ["0", "1"]


def test_a_shape_on_a_logarithmic_scale_is_derived_again(linked):
    layout = Layout(linked)
    for center in ("A", "X"):
        table = read_table(layout.radiomics(center))
        shape = np.exp(table.pop(FEATURE)).rename("mask_shape_MeshVolume")
        write_table(table.join(shape), layout.radiomics(center), RADIOMICS, exact=True)
    rows = read_table(layout.biomarkers("net")).assign(feature="mask_shape_log(MeshVolume)", modality="mask")
    rows["deep_features"] = "0:mask_shape_log(MeshVolume)"
    write_table(rows, layout.biomarkers("net"), BIOMARKERS)
    _, effects, read, *_ = trace(FinishedStudy.find(linked), ["biomarkers", "mask_shape_log(MeshVolume)"]).steps
    assert effects.facts["result"] == "equal to the stored row"
    assert read.title == "Inputs that it is linked to"


def test_a_changed_feature_is_seen(linked):
    path = linked / "radiomics/X.tsv"
    table = read_table(path)
    write_table(table.assign(**{FEATURE: -table[FEATURE]}), path, exact=True)
    effects = trace(FinishedStudy.find(linked), ["biomarkers", FEATURE]).steps[1]
    assert effects.differs
    assert effects.facts["result"] == "DIFFERS from the stored row"

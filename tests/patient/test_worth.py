"""The worth of inputs: what groups add to a case's answer, by the models' own way with what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gliomanet.bundle.read import Bundle
from gliomanet.files.nifti import read_written_nifti
from gliomanet.patient.answers import Computing, PreparedCase, ask
from gliomanet.patient.attribution import attribute_voxels
from gliomanet.patient.attribution_picture import draw_attribution
from gliomanet.patient.worth import worth_of_inputs
from tests.bundled_study import CENTER
from tests.patient.test_answers import HOW, answering, case

__all__ = ["case"]
CALLED = {"idh": "mutant", "grade": "4"}


def test_a_stack_s_modalities_shape_and_age_add_up_to_its_answer(stack_bundle, tiny_study, case):
    bundle = Bundle.open(stack_bundle)
    models = {name: one.model_copy(update={"flips": "none"}) for name, one in bundle.description.models.items()}
    plain = Bundle(bundle.folder, bundle.description.model_copy(update={"models": models}), bundle.digest)
    rows = ask(plain, case, HOW).rows
    for one in worth_of_inputs(bundle, case, CALLED, HOW):
        told = rows[(rows["task"] == one.task) & (rows["class"] == one.called)]
        assert one.all_known == pytest.approx(told["raw_probability"].iloc[0], abs=1e-12)
        assert sum(one.groups.values()) == pytest.approx(one.all_known - one.nothing_known)
        assert set(one.groups) == {"t1", "t1c", "t2", "flair", "shape", "age"}  # whose sex is not known
        assert all(np.abs(list(one.groups.values())) < 1)


def test_what_is_not_known_has_no_worth(stack_bundle, tiny_study, case):
    bare = PreparedCase(case.row.assign(age=np.nan, sex="F"), case.root, pd.DataFrame(columns=["case_id"]))
    (idh,) = worth_of_inputs(Bundle.open(stack_bundle), bare, {"idh": "mutant"}, HOW)
    assert set(idh.groups) == {"t1c", "flair", "sex"}
    chain = answering("chain", stack_bundle, tiny_study)
    (idh,) = worth_of_inputs(chain, case, {"idh": "mutant"}, HOW)
    assert set(idh.groups) == {"t1", "t1c", "t2", "flair", "shape", "age"}
    assert worth_of_inputs(answering("net", stack_bundle, tiny_study), case, CALLED, HOW) == ()


def test_maps_and_pictures_of_a_stack_are_its_network_s(stack_bundle, tiny_study, case, tmp_path):
    folder = tmp_path / CENTER / case.case_id
    folder.mkdir(parents=True)
    for path in case.folder.glob("*.nii.gz"):
        (folder / path.name).write_bytes(path.read_bytes())
    own = PreparedCase(case.row, tmp_path, case.features)
    outline = folder / "tumour_mask.nii.gz"
    found = attribute_voxels(Bundle.open(stack_bundle), own, CALLED, Computing(), outline)
    assert [(one.task, one.called, one.model) for one in found] == [("idh", "mutant", "net"), ("grade", "4", "net")]
    for one in found:
        values = np.asarray(
            read_written_nifti(tmp_path / CENTER / case.case_id / one.file.removeprefix("atlas/")).dataobj
        )
        assert values.dtype == np.float32
        assert one.additivity_gap == pytest.approx(values.sum(dtype=float) - (one.evidence - one.start), abs=1e-4)
        assert sum(one.by_modality.values()) == pytest.approx(values.sum(dtype=float), abs=1e-4)
        assert one.in_brain == pytest.approx(1)
        assert 0 < one.in_tumour < 1
        assert 0 < one.tumour_share_of_brain < 1
    before = draw_attribution(folder, found[0], tmp_path / "a.png", outline=outline).read_bytes()
    assert draw_attribution(folder, found[0], tmp_path / "b.png", outline=outline).read_bytes() == before
    assert draw_attribution(folder, found[0], tmp_path / "c.png", outline=None).read_bytes() != before

"""Parts of a result by themselves: diagnoses, volumes, names of features, and the state of images."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gliomanet.bundle.description import BundleDescription, BundledModel, CenterOfStudy
from gliomanet.bundle.references import References
from gliomanet.cohort.dicom.convert import ConvertedSeries
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.reading import Modality
from gliomanet.imaging.volume import Volume as Image
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.patient.compose import warnings_of
from gliomanet.patient.diagnosis import ASTROCYTOMA, GLIOBLASTOMA, LEGACY, OLIGODENDROGLIOMA, UNGRADED, compatible_types
from gliomanet.patient.given import take
from gliomanet.patient.measured import beside_study, under_known_names
from gliomanet.patient.outlines import volumes
from gliomanet.patient.state import find_state
from gliomanet.patient.statements.statement import state as said
from gliomanet.patient.trust.said import Trust
from gliomanet.radiomics.ratios import with_ratios


def rows(**mutant_codeleted_high) -> pd.DataFrame:
    found = []
    for task, p in mutant_codeleted_high.items():
        names = DEFAULT_TASKS[task].class_names
        found += [{"task": task, "class": names[0], "probability": 1 - p}]
        found += [{"task": task, "class": names[1], "probability": p}]
    return pd.DataFrame(found)


def test_types_are_those_of_the_classification_and_no_contradiction():
    types = compatible_types(rows(idh=0.9, codel_1p19q=0.2, grade=0.5), DEFAULT_TASKS)
    assert next(iter(types)) == ASTROCYTOMA
    assert set(types) == {GLIOBLASTOMA, ASTROCYTOMA, OLIGODENDROGLIOMA, LEGACY}
    assert sum(types.values()) == pytest.approx(1)
    # by hand: products of the answers, without wildtype codeleted and without an oligodendroglioma of grade 4
    by_hand = {ASTROCYTOMA: 0.9 * 0.8, OLIGODENDROGLIOMA: 0.9 * 0.2 * 0.5, GLIOBLASTOMA: 0.1 * 0.8 * 0.5}
    by_hand[LEGACY] = 0.1 * 0.8 * 0.5
    for name, value in by_hand.items():
        assert types[name] == pytest.approx(value / sum(by_hand.values())), name


CALM = Trust(verdict="usable", reasons=(), checks=(), distances=(), false_alarms=None, notes=())


def asked(center: str, *, of_study: bool, stage: str = "supervised") -> list[str]:
    """Codes of the warnings of a case of a centre, of a bundle that A trained and that tested on B."""
    parts = {"A": ("train", "trained"), "B": ("external", "tested"), "U": ("unlabelled", "neither")}
    settings = {"source": "nifti", "cases": 3, "preprocessing": {}}
    centers = {
        name: CenterOfStudy.model_validate({"role": role, "part": part, **settings})
        for name, (role, part) in parts.items()
    }
    model = BundledModel(kind="cmtlnet", stage=stage, folds=("0",), segmenting_folds=(), flips="none", passes=0)
    description = BundleDescription.model_construct(
        centers=centers, models={"net": model}, simulated=("A",), has_images=True
    )
    bundle = SimpleNamespace(description=description)
    return [one.code for one in warnings_of(bundle, CALM, center=center, of_study=of_study, fast=False)]


def test_a_case_that_the_models_learnt_from_is_told_right_after_what_is_simulated():
    assert asked("A", of_study=True) == ["simulated", "warning.training_case"]
    assert asked("A", of_study=False) == ["simulated", "warning.training_center"]
    for center in ("B", "U", "new"):
        assert asked(center, of_study=center != "new") == ["simulated"]
    assert asked("U", of_study=True, stage="pseudo_label") == ["simulated", "warning.training_case"]


def test_no_type_is_named_by_one_task_alone():
    assert compatible_types(rows(idh=0.9), {"idh": DEFAULT_TASKS["idh"]}) == {}
    two = {name: DEFAULT_TASKS[name] for name in ("idh", "grade")}
    assert compatible_types(rows(idh=0.9, grade=0.1), two) == {}


def test_a_wildtype_glioma_of_a_grade_that_nobody_asked_for_is_one_entry():
    two = {name: DEFAULT_TASKS[name] for name in ("idh", "codel_1p19q")}
    types = compatible_types(rows(idh=0.1, codel_1p19q=0.2), two)
    assert next(iter(types)) == UNGRADED
    assert set(types) == {UNGRADED, ASTROCYTOMA, OLIGODENDROGLIOMA}
    by_hand = {UNGRADED: 0.9 * 0.8, ASTROCYTOMA: 0.1 * 0.8, OLIGODENDROGLIOMA: 0.1 * 0.2}
    for name, value in by_hand.items():
        assert types[name] == pytest.approx(value / sum(by_hand.values())), name


def test_volumes_are_the_scanner_s_and_sides_the_atlas_s(tmp_path):
    on_atlas, affine = np.zeros((5, 4, 4), np.uint8), np.diag([2.0, 2, 2, 1])
    affine[:3, 3] = [-4, 0, 0]  # x of the slices: -4, -2, 0, 2, 4
    on_atlas[1, 1, 1], on_atlas[2, 1, 1], on_atlas[3, 1, 1:3] = 4, 1, 2
    on_file = np.zeros((3, 3, 3), np.uint8)
    on_file[1] = 2
    write_nifti(on_atlas, affine, tmp_path / "atlas.nii.gz")
    write_nifti(on_file, np.diag([-10.0, 10, 10, 1]), tmp_path / "file.nii.gz")
    found = {one.region: one for one in volumes(tmp_path / "atlas.nii.gz", tmp_path / "file.nii.gz", parts_told=True)}
    assert found["whole"].volume_ml == 9
    assert found["whole"].on_atlas_ml == pytest.approx(4 * 0.008)
    assert found["whole"].left_share == pytest.approx(1.5 / 4)  # the middle slice counts half
    assert found["enhancing"].left_share == 1
    assert found["oedema"].left_share == 0
    assert found["core"].volume_ml == 0
    alone = list(volumes(tmp_path / "atlas.nii.gz", tmp_path / "file.nii.gz", parts_told=False))
    assert [one.region for one in alone] == ["whole"]


def test_the_mask_s_shape_has_the_names_of_tables_that_measured_it_once_a_modality():
    own = pd.DataFrame({"case_id": ["p"], "mask_shape_Sphericity": [0.5], "t1c_firstorder_Mean": [1.0]})
    named = under_known_names(own, ["t1c_shape_Sphericity", "flair_shape_Sphericity", "t1c_shape_Unheard"])
    assert named["flair_shape_Sphericity"].tolist() == [0.5]
    assert "t1c_shape_Unheard" not in named


def test_a_ratio_of_equal_contrasts_is_shown_and_one_of_two_below_the_least_is_not():
    values = {"t1_firstorder_Maximum": 3.0, "t1c_firstorder_Maximum": 3.0}
    below = {"t1_firstorder_Median": -0.3, "t1c_firstorder_Median": 0.01}
    case = with_ratios(pd.DataFrame({"case_id": ["p"], **{name: [one] for name, one in (values | below).items()}}))
    features = tuple(name for name in case if name != "case_id")
    known = References(features, (), np.zeros((6, 0, 5), np.float32), np.zeros((6, 0), np.int32), {})
    (shown,) = beside_study(case, SimpleNamespace(references=known))
    assert (shown.feature, shown.value) == ("t1-t1c_logratio_Maximum", 0.0)


def head(*, skull: bool, seed: int = 0) -> Modality:
    rng = np.random.default_rng(seed)
    array = np.zeros((40, 40, 40), np.float32)
    array[8:32, 8:32, 8:32] = 100 + 10 * rng.normal(size=(24, 24, 24))
    if skull:
        array += 1 + rng.random(array.shape).astype(np.float32)
    affine = np.diag([4.5, 4.5, 4.5, 1])
    image = Image.of(array, affine)
    return Modality(image, image.grid, "RAS", 0.0, ())


def test_an_image_with_skull_is_registered_and_stripped_by_the_study_s_own_method():
    study = Preprocessing(brain_extraction="none", coregistration=False)
    raw = find_state({"t1": head(skull=True), "t1c": head(skull=True)}, study)
    assert (raw.settings.brain_extraction, raw.settings.coregistration) == ("builtin", True)
    assert raw.found[0].code == "prepared.not_stripped"
    assert raw.found[0].model_dump()["values"]["modalities"] == ("t1", "t1c")
    chosen = find_state({"t1": head(skull=True)}, Preprocessing(brain_extraction="hd-bet"))
    assert chosen.settings.brain_extraction == "hd-bet"


def test_stripped_images_on_one_another_are_taken_as_they_are():
    state = find_state({"t1": head(skull=False), "t1c": head(skull=False)}, Preprocessing(spacing_mm=3))
    assert (state.settings.brain_extraction, state.settings.coregistration) == ("none", False)
    assert state.settings.spacing_mm == 3
    assert state.found[1] == said("prepared.aligned", reference="t1c")


def test_dicom_series_are_told_and_a_given_file_goes_before(tmp_path, monkeypatch):
    def converted(folder, out, case_id):
        out.mkdir(parents=True)
        table = "series\tfile\twords\ttaken_as\twhy\n3\tt2.nii.gz\tt2\tt2\ttiming\n4\t\t\t\tlocaliser\n"
        (out / "series.tsv").write_text(table)
        (out / "t2.nii.gz").write_bytes(b"from DICOM")
        return {"t2": ConvertedSeries(out / "t2.nii.gz", "1.2.3")}

    monkeypatch.setattr("gliomanet.patient.given.convert_case", converted)
    (tmp_path / "own.nii.gz").write_bytes(b"own")
    given = take("p", {"t2": tmp_path / "own.nii.gz"}, tmp_path, None, tmp_path / "scratch")
    assert given.files["t2"] == tmp_path / "own.nii.gz"
    assert given.notes[0] == "DICOM series 3: taken as t2 (timing)"
    assert given.notes[1] == "DICOM series 4: not used (localiser)"
    assert "taken from the file" in given.notes[2]
    assert given.series == {}
    assert take("p", {}, tmp_path, None, tmp_path / "other").series == {"t2": "1.2.3"}

import hashlib

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from gliomanet.config.sources import PhantomSource, Scanner, Shortcut
from gliomanet.phantom.center import flair_mark, simulate_case, simulate_center, write_image
from gliomanet.phantom.ids import case_ids
from gliomanet.phantom.patients import plan_center
from gliomanet.tables.cohort import PHANTOM_CASES

SOURCE = PhantomSource(
    cases=3, scanner=Scanner(voxel_mm=(4, 4, 4), oblique_degrees=8), missing_modalities=0.6, missing_labels=0.4
)


def digests(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


@pytest.fixture(scope="module")
def center(tmp_path_factory):
    folder = tmp_path_factory.mktemp("center") / "A"
    lines = []
    simulate_center("A", SOURCE, 1, folder, lines.append)
    return folder, lines


def test_the_table_names_the_files_that_are_there(center):
    folder, lines = center
    table = pd.read_csv(folder / "cases.tsv", sep="\t", dtype=str, keep_default_na=False)
    assert list(table.columns) == PHANTOM_CASES.names()
    assert table["case_id"].tolist() == case_ids("A", SOURCE)
    assert len(lines) == 3
    assert "A-001 (1 of 3)" in lines[0]
    named = {name for column in ("t1", "t1c", "t2", "flair", "tumour_mask") for name in table[column] if name}
    assert named == set(digests(folder)) - {"cases.tsv"}
    assert (table["brain_mask"] == "").all()
    assert (table[["t1", "t2", "flair"]] == "").any(axis=None)
    assert (table["t1c"] != "").all()


def test_unknown_labels_are_empty_and_known_ones_the_patients(center):
    table = pd.read_csv(center[0] / "cases.tsv", sep="\t", dtype=str, keep_default_na=False)
    for patient, row in zip(plan_center("A", SOURCE, 1), table.to_dict("records"), strict=True):
        for label, value in patient.state._asdict().items():
            assert row[label] == ("" if label in patient.missing_labels else value)
        assert int(row["age"]) == patient.age
        assert row["sex"] in ("M", "F")


def test_the_same_arguments_give_the_same_bytes(center, tmp_path):
    simulate_center("A", SOURCE, 1, tmp_path, lambda line: None)
    assert digests(tmp_path) == digests(center[0])


def test_a_case_alone_is_the_same_as_in_its_centre(center):
    patient = plan_center("A", SOURCE, 1)[2]
    alone = simulate_case("A", patient, SOURCE, 1)["t1c"]
    written = nib.load(center[0] / "A-003" / "t1c.nii.gz")
    assert np.array_equal(np.asarray(written.dataobj), alone.voxels)
    assert np.allclose(written.affine, alone.affine, atol=1e-4)
    assert written.header.get_xyzt_units()[0] == "mm"
    assert nib.aff2axcodes(written.affine) == ("R", "A", "S")
    assert np.allclose(written.get_qform(), written.get_sform(), atol=1e-3)


def test_another_seed_gives_another_centre(center):
    patient = plan_center("A", SOURCE, 2)[0]
    other = simulate_case("A", patient, SOURCE, 2)["t1c"]
    first = np.asarray(nib.load(center[0] / "A-001" / "t1c.nii.gz").dataobj)
    assert other.voxels.shape != first.shape or not np.array_equal(other.voxels, first)


def test_the_gzip_header_holds_no_time_and_no_name(center, tmp_path):
    image = simulate_case("A", plan_center("A", SOURCE, 1)[0], SOURCE, 1)["tumour_mask"]
    write_image(image, tmp_path / "x.nii.gz")
    head = (tmp_path / "x.nii.gz").read_bytes()[:10]
    assert head[3] == 0
    assert head[4:8] == b"\0\0\0\0"


def test_only_the_shortcuts_value_is_marked():
    source = PhantomSource(cases=20, shortcut=Shortcut(label="idh", value="mutant", strength=0.3))
    for patient in plan_center("A", source, 1):
        assert flair_mark(patient, source) == (0.3 if patient.state.idh == "mutant" else 0)
        assert flair_mark(patient, source.model_copy(update={"shortcut": None})) == 0


@pytest.mark.parametrize("idh", ["mutant", "wildtype"])
def test_a_shortcut_changes_flair_inside_the_tumours_it_marks_and_nothing_else(idh):
    plain = PhantomSource(cases=20, scanner=Scanner(voxel_mm=(5, 5, 5), noise=0))
    marking = plain.model_copy(update={"shortcut": Shortcut(label="idh", value="mutant", strength=0.35)})
    patient = next(p for p in plan_center("A", plain, 1) if p.state.idh == idh)
    assert patient == next(p for p in plan_center("A", marking, 1) if p.state.idh == idh)
    without, with_mark = (simulate_case("A", patient, source, 1) for source in (plain, marking))
    for name in ("t1", "t1c", "t2", "tumour_mask"):
        assert np.array_equal(without[name].voxels, with_mark[name].voxels), name
    difference = with_mark["flair"].voxels.astype(float) - without["flair"].voxels
    inside = without["tumour_mask"].voxels > 0
    if idh == "wildtype":
        assert not difference.any()
        return
    assert difference[inside].mean() > 0.5 * 0.35 * 400  # some is lost where a voxel holds little tumour
    # Beyond the slice profile's reach, about two voxels, nothing changes.
    assert not difference[~ndimage.binary_dilation(inside, iterations=3)].any()

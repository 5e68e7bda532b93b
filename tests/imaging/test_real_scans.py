"""Two real patients: a head with skull on thick oblique slices, and a z-scored one that lacks two modalities."""

import numpy as np
import pytest

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.mask_codes import contradiction
from gliomanet.imaging.mask_layout import LEAST_BARE_OEDEMA, tumour_layout
from gliomanet.imaging.volume import Volume, resample, resample_labels
from gliomanet.mask_conventions import NAMED
from tests.imaging.conftest import dice, run, to_native, volume_of


def test_the_brain_of_a_real_head_agrees_with_hd_bet(shared_data, tmp_path):
    folder = shared_data / "real-mri" / "TCGA-FG-6692" / "native"
    row = {"case_id": "TCGA-FG-6692", "center": "TCGA"}
    # Two of the four modalities: each more costs seconds, and moves the Dice in its third decimal.
    row |= {name: str(folder / f"{name}.nii.gz") for name in ("t1", "t1c")} | {"t2": "", "flair": ""}
    record = run(row, Preprocessing(spacing_mm=6, missing_modality="mark"), tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert record["qc"]["flags"] == []
    found = volume_of(tmp_path / "a" / "brain_mask.nii.gz")
    carried = resample(found.with_array(found.array > 0), *to_native(record, "t1c")) > 0.5
    assert dice(carried, volume_of(folder / "t1c_brain_mask_hdbet.nii.gz").array > 0) >= 0.95
    assert record["qc"]["similarity_t1"] > 1.5 * record["qc"]["similarity_t1_before"]


def test_a_real_z_scored_case_without_two_modalities_goes_through(shared_data, tmp_path):
    folder = shared_data / "real-mri" / "brats_2013_pat0005"
    row = {"case_id": "pat0005", "center": "BraTS", "t1": "", "t2": ""}
    row |= {name: str(folder / f"{name}.nii.gz") for name in ("t1c", "flair", "brain_mask")}
    row |= {"tumour_mask": str(folder / "tumour_expert.nii.gz"), "mask_codes": "brats-2013"}
    settings = Preprocessing(spacing_mm=6, bias_correction=False, coregistration=False, brain_extraction="supplied")
    record = run(row, settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert record["modalities"] == ["t1c", "flair"]
    assert "missing: t1, t2; marked absent" in record["steps"]
    assert any(step.startswith("t1c: background -3.4") for step in record["steps"])
    supplied = volume_of(folder / "brain_mask.nii.gz")
    written = volume_of(tmp_path / "a" / "brain_mask.nii.gz")
    carried = resample(Volume(written.array.astype(np.float32), written.grid), *to_native(record, "t1c")) > 0.5
    assert dice(carried, supplied.array > 0.5) > 0.95
    tumour = volume_of(folder / "tumour_expert.nii.gz").array
    back = resample_labels(volume_of(tmp_path / "a" / "tumour_mask.nii.gz"), *to_native(record, "t1c"))
    assert dice(back > 0, tumour > 0) > 0.85


@pytest.mark.parametrize(
    ("mask", "convention"),
    [
        ("BraTS2021_00495/tumour_expert", "brats"),
        ("TCGA-FG-6692/sri24/tumour_consensus", "brats"),
        ("TCGA-DU-7294/sri24/tumour_consensus", "brats"),
        ("brats_2013_pat0005/tumour_expert", "brats-2013"),
    ],
)
def test_real_masks_contradict_their_codes_only_where_these_are_exchanged(mask, convention, shared_data):
    found = volume_of(shared_data / "real-mri" / f"{mask}.nii.gz")
    codes = found.with_array(np.asarray(found.array).astype(np.uint8))
    declared = NAMED[convention]
    assert contradiction(codes, declared) is None
    assert tumour_layout(codes, declared).bare_oedema > LEAST_BARE_OEDEMA + 0.15
    exchanged = codes.with_array(np.array([0, 2, 1, 3, 4], np.uint8)[codes.array])
    problem = contradiction(exchanged, declared)
    assert problem is not None
    assert "interpolated" not in problem.action
    assert tumour_layout(exchanged, declared).bare_oedema < LEAST_BARE_OEDEMA - 0.3

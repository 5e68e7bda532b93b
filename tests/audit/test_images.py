"""Each defect planted in a copy of a good case: found, named, of the right severity; and nothing said of the good one."""

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.audit.center_images import inspect_center
from gliomanet.audit.fingerprint import Fingerprint, fingerprint_case, voxel_digest
from gliomanet.audit.images import inspect_case
from gliomanet.config.preprocessing import Preprocessing
from gliomanet.imaging.registration.head_pose import Fit
from gliomanet.imaging.volume import Volume
from gliomanet.tables.cohort import FINDINGS, IMAGE_FILES, TUMOUR_VOLUMES
from tests.imaging.conftest import STRIPPED, tumour_of, turned

REGISTERED = Preprocessing(brain_extraction="none")
BUILTIN = Preprocessing()


def said(row, settings=STRIPPED):
    return {(one.severity, one.rule) for one in inspect_case(row, settings)[0]}


def worst(row, settings=STRIPPED):
    """Findings above a note."""
    return {(severity, rule) for severity, rule in said(row, settings) if severity != "note"}


def with_value(array, value, inside=None):
    changed = array.astype(np.float32).copy()
    place = (2, 3, 4) if inside is None else tuple(np.argwhere(inside)[5000])
    changed[place] = value
    return changed


@pytest.fixture(autouse=True)
def _without_poses(monkeypatch):
    """The search for a head's pose takes a second a case, and says nothing of these defects."""
    monkeypatch.setattr(
        "gliomanet.audit.images.find_poses", lambda modalities: dict.fromkeys(modalities, Fit(np.eye(4), 0.0))
    )
    monkeypatch.setattr(
        "gliomanet.audit.images.fingerprint_case",
        lambda modalities, poses: {
            name: Fingerprint(voxel_digest(one.array), np.zeros(1, np.int8), 0.0) for name, one in modalities.items()
        },
    )


def head_of(array):
    """The brain with something bright around it, up to the border."""
    return np.where(array == 0, 40 + np.arange(array.size).reshape(array.shape) % 17, array).astype(np.float32)


def test_a_good_case_has_no_finding(write_case):
    findings, prints = inspect_case(write_case(), STRIPPED)
    assert findings == []
    assert set(prints) == {"t1", "t1c", "t2", "flair"}


def test_the_fingerprints_are_the_images_own(write_case, modalities, brain, monkeypatch):
    monkeypatch.undo()
    row = write_case(absent=("t1", "t2", "flair"))
    prints = inspect_case(row, STRIPPED)[1]
    direct = fingerprint_case({"t1c": Volume(modalities["t1c"], brain[0].grid)})
    assert prints["t1c"].digest == direct["t1c"].digest
    assert np.array_equal(prints["t1c"].edges, direct["t1c"].edges)


def defect_arrays(modalities, brain):
    t2, mask = modalities["t2"], tumour_of(brain)
    return {
        "NaN": ({"t2": with_value(t2, np.nan)}, "error", "not_finite"),
        "infinite": ({"t2": with_value(t2, np.inf)}, "error", "not_finite"),
        "series": ({"t2": np.stack([t2] * 2, -1)}, "error", "not_three_dimensional"),
        "one volume of four axes": ({"t2": t2[..., None]}, "note", "four_dimensional"),
        "float64": ({"t2": t2.astype(np.float64)}, "note", "float64"),
        "constant": ({"t2": np.full_like(t2, 7)}, "error", "constant_image"),
        "negative": ({"t2": with_value(t2, -1, brain[1])}, "note", "negative_values"),
        "z-scored": ({"t2": ((t2 - 50) / 30).astype(np.float32)}, "note", "background_not_zero"),
        "with skull": ({"t2": head_of(t2)}, "error", "stripped_but_is_not"),
        "copied": ({"t2": modalities["t1"]}, "error", "same_voxels_twice_in_a_case"),
        "codes 1, 2, 3": ({"tumour_mask": np.where(mask == 4, 3, mask)}, "error", "unknown_mask_codes"),
        "binary": ({"tumour_mask": (mask > 0).astype(np.uint8)}, "note", "mask_codes"),
        "codes 0 to 4": (
            {"tumour_mask": np.where((mask == 2) & (np.indices(mask.shape)[0] % 2 == 0), 3, mask)},
            "error",
            "unknown_mask_codes",
        ),
        "code 7": ({"tumour_mask": np.where(mask == 4, 7, mask)}, "error", "unknown_mask_codes"),
        "float mask": ({"tumour_mask": mask.astype(np.float32)}, "note", "float_mask"),
        "soft mask": ({"tumour_mask": mask * np.float32(0.5)}, "error", "image_in_place_of_mask"),
        "empty mask": ({"tumour_mask": np.zeros_like(mask)}, "warning", "empty_tumour_mask"),
        "swapped": ({"tumour_mask": t2, "t2": mask}, "error", "image_and_mask_swapped"),
        "mask on another grid": ({"tumour_mask": mask[:-2]}, "error", "mask_on_a_foreign_grid"),
        "modality on another grid": ({"t2": t2[:-2]}, "error", "grids_differ"),
    }


NAMES = (
    *(
        "NaN",
        "infinite",
        "series",
        "one volume of four axes",
        "float64",
        "constant",
        "negative",
        "z-scored",
        "with skull",
    ),
    *(
        "copied",
        "codes 1, 2, 3",
        "binary",
        "codes 0 to 4",
        "code 7",
        "float mask",
        "soft mask",
        "empty mask",
        "swapped",
    ),
    *("mask on another grid", "modality on another grid"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_defect_is_named(name, write_case, modalities, brain):
    arrays, severity, rule = defect_arrays(modalities, brain)[name]
    findings, _ = inspect_case(write_case(arrays=arrays), STRIPPED)
    assert (severity, rule) in {(one.severity, one.rule) for one in findings}
    if severity == "note":
        assert {one.severity for one in findings} == {"note"}
    for one in findings:
        assert one.case_id == "case-1"
        assert one.center == "Here"
        assert one.found
        assert one.action


def test_the_list_of_defects_is_whole(modalities, brain):
    assert set(NAMES) == set(defect_arrays(modalities, brain))


def disagreeing(path):
    """The file at `path` with a qform that is mirrored against its sform."""
    image = nib.load(path)
    made = nib.Nifti1Image(np.asarray(image.dataobj), image.affine)
    mirrored = image.affine.copy()
    mirrored[0] *= -1
    made.set_sform(image.affine, 2)
    made.set_qform(mirrored, 1)
    nib.save(made, path)


def test_what_reading_warns_of_is_a_warning_of_the_audit_for_images_and_masks(write_case):
    row = write_case()
    disagreeing(row["t2"])
    disagreeing(row["tumour_mask"])
    found = {(one.severity, one.rule, one.file) for one in inspect_case(row, STRIPPED)[0]}
    assert found == {
        ("warning", "orientation_forms_disagree", f"t2: {row['t2']}"),
        ("warning", "orientation_forms_disagree", f"tumour_mask: {row['tumour_mask']}"),
        ("warning", "mask_by_another_reading", f"tumour_mask: {row['tumour_mask']}"),
    }


def test_a_stray_voxel_is_a_warning_that_says_what_to_do(write_case, modalities, brain):
    row = write_case(arrays={"t1c": with_value(modalities["t1c"], 1e6, brain[1])})
    (finding,) = inspect_case(row, STRIPPED)[0]
    assert (finding.severity, finding.rule) == ("warning", "stray_voxels")
    assert finding.action


def test_an_absent_file_and_a_truncated_one(write_case):
    row = write_case()
    Path(row["t1"]).unlink()
    content = Path(row["t2"]).read_bytes()
    Path(row["t2"]).write_bytes(content[: len(content) // 2])
    findings, prints = inspect_case(row, STRIPPED)
    assert {(one.rule, one.file) for one in findings} == {
        ("missing_file", f"t1: {row['t1']}"),
        ("unreadable_file", f"t2: {row['t2']}"),
    }
    assert set(prints) == {"t1c", "flair"}


def test_a_shifted_modality_of_an_aligned_case(write_case, modalities):
    row = write_case(arrays={"t2": np.roll(modalities["t2"], 4, axis=0)})
    findings = [one for one in inspect_case(row, STRIPPED)[0] if one.rule == "declared_aligned_but_not"]
    assert len(findings) == 1
    assert "normalised mutual information grows from" in findings[0].found
    assert findings[0].severity == "error"


def test_grids_tilts_and_orientations_are_notes_where_modalities_are_registered(write_case, modalities, brain):
    affine = brain[0].grid.affine
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    flip[:2, 3] = np.array(modalities["t1"].shape[:2]) - 1
    row = write_case(
        arrays={"t1": modalities["t1"][::-1, ::-1]},
        affines={"t1": affine @ flip, "t2": turned(10, [0, 0, 0]) @ affine},
    )
    findings = {one.rule: one for one in inspect_case(row, REGISTERED)[0]}
    assert set(findings) == {"grids_differ", "oblique", "orientations_differ_in_case"}
    assert {one.severity for one in findings.values()} == {"note"}
    assert "t2 10.0" in findings["oblique"].found
    assert "t1 LPS" in findings["orientations_differ_in_case"].found


@pytest.mark.parametrize(
    ("change", "rule"),
    [((0, 1, 0.8), "skewed_axes"), ((0, 0, 30.0), "absurd_spacing")],
)
def test_headers_that_place_no_image(change, rule, write_case, brain):
    affine = brain[0].grid.affine.copy()
    affine[change[0], change[1]] = change[2]
    row = write_case()
    header = nib.load(row["t2"]).header.copy()
    array = np.asarray(nib.load(row["t2"]).dataobj)
    image = nib.Nifti1Image(array, None, header)
    image.header.set_qform(None, code=0)
    image.header["sform_code"] = 1
    for line, name in enumerate(("srow_x", "srow_y", "srow_z")):
        image.header[name] = affine[line]
    image.header["qform_code"] = 0
    path = Path(row["t2"]).with_suffix("")  # .nii
    image.header["vox_offset"] = 352
    image.header["magic"] = b"n+1"
    path.write_bytes(image.header.binaryblock + bytes(4) + array.tobytes(order="F"))
    assert ("error", rule) in said({**row, "t2": str(path)})


def test_names_that_contradict_the_image(write_case, modalities):
    row = write_case(arrays={"flair": head_of(modalities["flair"])})
    folder = Path(row["t1"]).parent
    t1, flair = folder / "t1_unstripped.nii.gz", folder / "flair_brain.nii.gz"
    shutil.move(row["t1"], t1)
    shutil.move(row["flair"], flair)
    assert worst({**row, "t1": str(t1), "flair": str(flair)}, BUILTIN) == {
        ("warning", "unstripped_name_on_stripped_file"),
        ("warning", "stripped_name_on_unstripped_file"),
    }


def test_a_supplied_brain_mask_that_holds_no_brain(write_case, brain):
    row = write_case(arrays={"brain_mask": tumour_of(brain)})
    assert worst(row, Preprocessing(brain_extraction="supplied")) == {("error", "brain_mask_of_no_brain")}


def test_a_case_without_any_readable_modality_still_has_its_mask_looked_at(write_case, modalities, brain):
    mask = np.where(tumour_of(brain) == 4, 7, tumour_of(brain)) * np.float32(0.5)
    row = write_case(arrays={"tumour_mask": mask}, absent=("t1", "t2", "flair"))
    Path(row["t1c"]).unlink()
    assert worst(row) == {("error", "missing_file"), ("error", "image_in_place_of_mask")}


def test_a_centre_gathers_its_cases_and_names_the_one_stored_otherwise(write_case, modalities, brain):
    affine = brain[0].grid.affine
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = modalities["t1"].shape[0] - 1
    arrays = {name: array[::-1] for name, array in modalities.items()} | {"tumour_mask": tumour_of(brain)[::-1]}
    one_modality = ("t1", "t2", "flair", "tumour_mask")
    rows = [write_case(f"case-{number}", absent=one_modality) for number in (1, 2)]
    placed = dict.fromkeys(arrays, affine @ flip)
    rows.append(write_case("case-3", arrays=arrays, affines=placed, absent=one_modality[:3]))
    table, prints, volumes, files = inspect_center(rows, STRIPPED)
    assert list(table.columns) == FINDINGS.names()
    assert table[["severity", "rule", "case_id"]].to_numpy().tolist() == [
        ["note", "orientation_unlike_center", "case-3"]
    ]
    assert table.at[0, "found"].endswith("t1c LAS (most: RAS)")
    assert list(prints) == ["case-1", "case-2", "case-3"]
    assert list(volumes.columns) == TUMOUR_VOLUMES.names()
    assert volumes[["center", "case_id"]].to_numpy().tolist() == [["Here", f"case-{number}"] for number in (1, 2, 3)]
    assert volumes["tumour_volume_ml"].isna().tolist() == [True, True, False]
    assert volumes["tumour_volume_ml"][2] == pytest.approx((tumour_of(brain) > 0).sum() * 0.064)
    assert list(files.columns) == IMAGE_FILES.names()
    assert files[["case_id", "image"]].to_numpy().tolist() == [
        ["case-1", "t1c"],
        ["case-2", "t1c"],
        ["case-3", "t1c"],
        ["case-3", "tumour_mask"],
    ]
    assert files["orientation"].tolist() == ["RAS", "RAS", "LAS", ""]
    assert files["voxel_mm"].tolist()[0] == " × ".join(f"{size:.4g}" for size in brain[0].grid.spacing)
    assert files["digest"][0] == files["digest"][1] != files["digest"][2]
    # Stored in another direction, and yet the same voxels: the digest is of the image, not of the file.
    assert prints["case-1"]["t1c"].digest == prints["case-3"]["t1c"].digest


def exchanged_of(brain):
    return np.array([0, 2, 1, 0, 4], np.uint8)[tumour_of(brain)]


def test_a_mask_is_read_in_the_convention_of_its_row(write_case, brain):
    nnunet = np.array([0, 2, 1, 0, 3], np.uint8)[tumour_of(brain)]
    row = write_case(arrays={"tumour_mask": nnunet})
    assert ("error", "unknown_mask_codes") in said(row)
    assert said({**row, "mask_codes": "nnunet"}) == {("note", "mask_codes")}
    assert said({**row, "mask_codes": "brats-2023"}) == {("note", "mask_codes"), ("warning", "mask_contradicts_codes")}


def test_masks_that_contradict_their_codes_are_one_warning_where_most_of_a_centre_do(write_case, brain):
    right = write_case("a")
    wrong = [write_case(name, arrays={"tumour_mask": exchanged_of(brain)}) for name in ("b", "c")]

    def contradictions(*rows):
        table, *_ = inspect_center(rows, STRIPPED)
        return table.loc[table["rule"] == "mask_contradicts_codes"]

    (one,) = contradictions(right, *wrong).to_dict("records")
    assert (one["severity"], one["case_id"], one["center"]) == ("warning", "", "Here")
    assert one["found"].startswith("2 of 3 tumour masks")
    assert "nnunet" not in one["action"]  # the codes 1, 2, 4 are none of nnU-Net's
    assert contradictions(right, wrong[0])["case_id"].tolist() == ["b"]
    assert contradictions(right).empty


def test_a_cavity_and_no_enhancing_tumour_in_a_whole_centre_are_another_releases_codes(write_case, brain):
    codes = tumour_of(brain)  # BraTS 2021: 4 enhances

    def rules(*masks):
        rows = [
            {**write_case(arrays={"tumour_mask": mask}), "case_id": name, "mask_codes": "brats-2023"}
            for name, mask in zip("abc", masks, strict=False)
        ]
        table = inspect_center(rows, STRIPPED)[0]
        return table.loc[table["rule"] == "mask_codes_without_enhancing", ["severity", "case_id"]].to_numpy().tolist()

    enhancing = np.where(codes == 4, 3, codes).astype(np.uint8)
    assert rules(codes, codes) == [["warning", ""]]
    assert rules(codes, codes, enhancing) == []
    assert rules(codes) == []  # one scan after surgery may have nothing that enhances

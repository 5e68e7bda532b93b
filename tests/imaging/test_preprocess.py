import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from gliomanet.config.preprocessing import Preprocessing
from gliomanet.files.nifti import write_nifti
from gliomanet.imaging.native_space import mask_to_atlas
from gliomanet.imaging.volume import resample_labels
from tests.imaging.conftest import (
    FAST,
    IN_ATLAS_SPACE,
    MODALITIES,
    STRIPPED,
    dice,
    load,
    run,
    to_atlas,
    to_native,
    tumour_of,
    turned,
    volume_of,
    write_files,
)

POSE = turned(8, [7, -9, 5])
IMAGES = (*MODALITIES, "brain_mask", "tumour_mask")


@pytest.fixture(scope="module")
def posed(brain, modalities, tmp_path_factory):
    """A stripped case in a pose of its own, its files stored from left to right reversed: row, folder, record."""
    affine = POSE @ brain[0].grid.affine
    affine[:3, 3] += affine[:3, 0] * (brain[0].array.shape[0] - 1)
    affine[:3, 0] *= -1
    files = {name: array[::-1].copy() for name, array in {**modalities, "tumour_mask": tumour_of(brain)}.items()}
    folder = tmp_path_factory.mktemp("posed")
    row = write_files(folder / "raw", files, dict.fromkeys(files, affine))
    record = run(row, STRIPPED.model_copy(update={"spacing_mm": 4}), folder / "out")
    assert record["status"] == "ok", record["reason"]
    return row, folder / "out", record


def test_a_case_comes_out_complete_and_normalised(posed):
    _, out, record = posed
    assert (record["case_id"], record["center"], record["reason"]) == ("case-1", "Here", "")
    assert record["modalities"] == list(MODALITIES)
    names = sorted(path.name for path in out.iterdir())
    assert names == sorted([*(f"{name}.nii.gz" for name in IMAGES), "preprocess.json", "evidence.npz"])
    inside = load(out / "brain_mask.nii.gz") > 0
    for name in MODALITIES:
        image = load(out / f"{name}.nii.gz")
        assert image.dtype == np.float32
        assert abs(image[inside].mean()) < 1e-4
        assert image[inside].std() == pytest.approx(1, abs=1e-3)
        assert not image[~inside].any()
    assert set(np.unique(load(out / "tumour_mask.nii.gz"))) == {0, 1, 2, 4}
    assert list(record["intensities"]) == list(MODALITIES)
    assert all(scale["offset"] > 0 < scale["scale"] for scale in record["intensities"].values()), "of what was scanned"


def test_all_images_lie_on_the_grid_that_the_record_names(posed):
    _, out, record = posed
    grid, _ = to_atlas(record, "t1")
    assert grid.spacing == pytest.approx((4, 4, 4))
    for name in IMAGES:
        assert volume_of(out / f"{name}.nii.gz").grid.matches(grid), name


def test_gzip_headers_hold_no_clock_and_no_name(posed):
    raw = (posed[1] / "t1.nii.gz").read_bytes()
    assert raw[3] == 0  # no file name
    assert raw[4:8] == b"\0\0\0\0"  # no time
    assert gzip.decompress(raw)[:4] == (348).to_bytes(4, "little")


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_a_written_file_holds_what_nibabel_would_write(kind, tmp_path):
    array = (np.random.default_rng(0).random((9, 12, 19)) * 9).astype(kind)
    affine = turned(11, [3, -4, 5])
    write_nifti(array, affine, tmp_path / "one.nii.gz")
    image = nib.Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code=2)
    image.set_qform(affine, code=2)
    assert gzip.decompress((tmp_path / "one.nii.gz").read_bytes()) == image.to_bytes()


def test_a_known_pose_is_found_and_recorded_with_the_files_own_grid(posed, brain):
    row, _, record = posed
    points = np.array([[0, 0, 0, 1], [40, 30, 20, 1], [-40, -60, 30, 1], [10, -20, -30, 1.0]])
    for name in MODALITIES:
        found = to_atlas(record, name)[1]
        assert np.abs((found - POSE) @ points.T).max() < 3.0  # mm, at voxels of 4
        assert to_native(record, name)[0].matches(volume_of(row[name]).grid)
        assert record["transforms"][name]["orientation"] == "LAS"
    # measured on the file's own voxels: the affine to the atlas would change it
    assert record["qc"]["tumour_volume_ml"] == pytest.approx((tumour_of(brain) > 0).sum() * 0.064, rel=1e-4)


def test_masks_are_carried_to_the_atlas_and_back_by_the_recorded_matrices(posed, brain):
    row, out, record = posed
    native = volume_of(row["tumour_mask"])
    carried = resample_labels(native, *to_atlas(record, "t1c"))
    written = volume_of(out / "tumour_mask.nii.gz")
    assert (carried != written.array).mean() < 1e-4
    back = resample_labels(written, *to_native(record, "t1c"))
    assert dice(back > 0, native.array > 0) > 0.93
    assert (dice(back == 4, native.array == 4), dice(back == 2, native.array == 2)) > (0.8, 0.8)
    # A mask drawn on the atlas grid and carried with the matrix the wrong way round would not come back.
    wrong = resample_labels(written, to_native(record, "t1c")[0], to_atlas(record, "t1c")[1])
    assert dice(wrong > 0, native.array > 0) < 0.7
    outline = resample_labels(volume_of(out / "brain_mask.nii.gz"), *to_native(record, "t1c"))
    assert dice(outline > 0, brain[1][::-1]) > 0.97


def test_modalities_with_poses_of_their_own_are_brought_together(write_case, brain, tmp_path):
    grid = brain[0].grid
    affines = {"t1": turned(7, [5, 3, -4]) @ grid.affine, "flair": turned(-6, [-4, 6, 2]) @ grid.affine}
    settings = Preprocessing(**FAST, brain_extraction="none")
    record = run(write_case(affines=affines, absent=("t2",)), settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    for name in ("t1", "flair"):
        assert record["qc"][f"similarity_{name}"] > 1.5 * record["qc"][f"similarity_{name}_before"]
        matrix = to_atlas(record, name)[1] @ np.linalg.inv(to_atlas(record, "t1c")[1])
        truth = affines[name] @ np.linalg.inv(grid.affine)
        assert np.abs((matrix - truth) @ [20, -30, 20, 1]).max() < 2.0


def test_a_z_scored_image_with_a_background_is_read_by_its_supplied_mask(write_case, brain, modalities, tmp_path):
    inside = brain[1]
    scored = {n: ((a - a[inside].mean()) / a[inside].std()).astype(np.float32) for n, a in modalities.items()}
    row = write_case(arrays={**scored, "brain_mask": inside.astype(np.float32) * 0.99999997}, absent=("t1", "t2"))
    settings = IN_ATLAS_SPACE.model_copy(update={"brain_extraction": "supplied"})
    record = run(row, settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert any("background" in step and "moved to 0" in step for step in record["steps"])
    assert any(step.startswith("missing: t1, t2") for step in record["steps"])
    assert record["qc"]["brain_volume_ml"] == pytest.approx(inside.sum() * 0.064, rel=1e-5)
    assert not (tmp_path / "a" / "t1.nii.gz").exists()


def test_another_reference_is_taken_where_the_wanted_one_is_missing(write_case, tmp_path):
    record = run(write_case(absent=("t1c",)), IN_ATLAS_SPACE, tmp_path / "a")
    assert record["reference"] == "t2"
    assert "reference: t2, because t1c is missing" in record["steps"]


def test_declared_atlas_space_is_taken_as_it_is(write_case, tmp_path):
    record = run(write_case(), IN_ATLAS_SPACE, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    np.testing.assert_array_equal(record["transforms"]["t1c"]["matrix"], np.eye(4))


def test_images_of_an_earlier_run_do_not_outlive_a_failure(write_case, tmp_path):
    row = write_case()
    assert run(row, IN_ATLAS_SPACE, tmp_path / "a")["status"] == "ok"
    assert run({**row, "t1": "gone.nii.gz"}, IN_ATLAS_SPACE, tmp_path / "a")["status"] == "failed"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["preprocess.json"]


def test_the_record_says_how_each_modality_came(posed, brain):
    qc = posed[2]["qc"]
    assert qc["background"] == dict.fromkeys(MODALITIES, 0.0)
    x, y, z = brain[1].shape
    assert qc["sizes"]["t2"] == {"shape": [x, y, z], "spacing_mm": [4.0, 4.0, 4.0], "orientation": "LAS"}
    assert "similarity_t1c" not in qc  # the reference's own
    for name in ("t1", "t2", "flair"):
        assert qc[f"similarity_{name}"] == qc[f"similarity_{name}_before"] > 0.1  # declared aligned: nothing was moved


@pytest.mark.parametrize("policy", ["mark", "drop", "refuse"])
def test_a_failed_conversion_is_the_cases_reason(policy, tmp_path):
    settings = STRIPPED.model_copy(update={"missing_modality": policy})
    reason = "case case-1: folder ct holds CT images; magnetic resonance is needed"
    row = {"case_id": "case-1", "center": "Here", **dict.fromkeys(MODALITIES, ""), "failure": reason}
    record = run(row, settings, tmp_path)
    assert (record["status"], record["reason"]) == ("failed", reason)


def test_a_rigid_fit_keeps_sizes(write_case, brain, tmp_path):
    """A brain larger by a twentieth stays larger under a rigid fit, and is brought to size by an affine one."""
    larger = np.diag([1.05, 1.05, 1.05, 1]) @ brain[0].grid.affine
    row = write_case(affines=dict.fromkeys((*MODALITIES, "tumour_mask"), larger), absent=("t2", "flair"))
    sizes = {}
    for kind in ("rigid", "affine"):
        record = run(row, STRIPPED.model_copy(update={"atlas_registration": kind}), tmp_path / kind)
        assert f"atlas: {kind} of t1 to MNI152 2009a (nilearn)" in record["steps"]
        sizes[kind] = np.linalg.det(to_atlas(record, "t1")[1][:3, :3])
    assert sizes["rigid"] == pytest.approx(1, abs=1e-9)
    assert sizes["affine"] == pytest.approx(1.05**3, rel=0.05)


@pytest.mark.parametrize("program", ["hd-bet", "synthstrip"])
def test_an_installed_program_is_given_the_reference_as_scanned(program, write_case, brain, tmp_path, monkeypatch):
    asked = []

    def extract_with(name, image, case_id):
        asked.append((name, image.array.copy(), case_id))
        return brain[1]

    monkeypatch.setattr("gliomanet.imaging.preprocess.extract_with", extract_with)
    row = write_case(absent=("t1", "t2", "flair"))
    settings = IN_ATLAS_SPACE.model_copy(update={"brain_extraction": program, "bias_correction": True})
    record = run(row, settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert f"brain: {program} on t1c" in record["steps"]
    assert [(name, case_id) for name, _, case_id in asked] == [(program, "case-1")]
    np.testing.assert_array_equal(asked[0][1], load(row["t1c"]))


def test_a_missing_stripe_is_said_and_flagged(write_case, modalities, tmp_path, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.normalization._white_stripe", lambda *_: "no peak")
    settings = IN_ATLAS_SPACE.model_copy(update={"normalization": "whitestripe"})
    record = run(write_case(absent=("t1", "t2")), settings, tmp_path / "a")
    said = "t1c: WhiteStripe found no white matter (no peak); z-scored instead"
    assert said in record["qc"]["flags"]
    assert said in record["steps"]


def test_a_bug_is_no_defect_of_the_case(write_case, tmp_path, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.preprocess.write_nifti", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(write_case(), IN_ATLAS_SPACE, tmp_path / "a")


def test_a_mask_of_the_whole_tumour_and_one_that_contradicts_its_codes_are_recorded(write_case, brain, tmp_path):
    codes = tumour_of(brain)
    assert run(write_case(), STRIPPED, tmp_path / "out")["tumour_parts_told"] is True
    whole = write_case(arrays={"tumour_mask": (codes > 0).astype(np.uint8) * 255})
    record = run(whole, STRIPPED, tmp_path / "out")
    assert (record["status"], record["tumour_parts_told"], record["qc"]["flags"]) == ("ok", False, [])
    exchanged = write_case(arrays={"tumour_mask": np.array([0, 2, 1, 0, 4], np.uint8)[codes]})
    (flag,) = run(exchanged, STRIPPED, tmp_path / "out")["qc"]["flags"]
    assert flag.startswith("tumour mask may mean something else")
    nnunet = write_case(arrays={"tumour_mask": np.array([0, 2, 1, 0, 3], np.uint8)[codes]})
    record = run({**nnunet, "mask_codes": "nnunet"}, STRIPPED, tmp_path / "out")
    assert record["qc"]["flags"] == []
    assert any("1 → 2 oedema, 2 → 1 core, 3 → 4 enhancing" in step for step in record["steps"])
    assert set(np.unique(load(tmp_path / "out" / "tumour_mask.nii.gz"))) == {0, 1, 2, 4}


def test_a_mask_drawn_by_the_other_form_of_a_header_is_the_same_mask_and_is_flagged(write_case, brain, tmp_path):
    row = write_case()
    plain = run(row, STRIPPED, tmp_path / "plain")
    expected = load(tmp_path / "plain/tumour_mask.nii.gz")
    assert plain["qc"]["flags"] == []
    affine = brain[0].grid.affine
    mirrored = affine.copy()
    mirrored[0] *= -1
    image = nib.Nifti1Image(load(row["t1c"]), affine)
    image.set_sform(affine, 2)
    image.set_qform(mirrored, 1)
    nib.save(image, row["t1c"])
    drawn = nib.Nifti1Image(tumour_of(brain), mirrored)
    nib.save(drawn, row["tumour_mask"])
    record = run(row, STRIPPED, tmp_path / "out")
    assert record["status"] == "ok", record["reason"]
    np.testing.assert_array_equal(load(tmp_path / "out/tumour_mask.nii.gz"), expected)
    assert len(record["qc"]["flags"]) == 2
    assert set(record["qc"]["flags"]) <= set(record["steps"])
    np.testing.assert_allclose(record["transforms"]["t1c"]["other_affines"], [mirrored], atol=1e-4)
    assert "other_affines" not in record["transforms"]["t2"]
    carried = mask_to_atlas(Path(row["tumour_mask"]), tmp_path / "out", "t1c")
    assert dice(carried.array > 0, expected > 0) > 0.99


def test_a_stray_voxel_changes_nothing_else_and_is_flagged(write_case, modalities, brain, tmp_path):
    run(write_case(), STRIPPED, tmp_path / "plain")
    stray = modalities["t1c"].copy()
    stray[tuple(np.argwhere(brain[1])[5000])] = 1e6
    record = run(write_case(arrays={"t1c": stray}), STRIPPED, tmp_path / "out")
    (flag,) = record["qc"]["flags"]
    assert flag in record["steps"]
    expected, found = (load(tmp_path / name / "t1c.nii.gz") for name in ("plain", "out"))
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.999

import gzip
import json
import os

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from gliomanet.imaging.errors import StudyStopError
from gliomanet.imaging.pictures import center_sheet
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.imaging.quality import collect_qc
from gliomanet.study import Preprocessing
from tests.imaging.conftest import MODALITIES, moved, tumour_of, with_skull

FAST = {"spacing_mm": 4, "bias_correction": False}
STRIPPED = Preprocessing(**FAST, coregistration=False, brain_extraction="none")


def run(row, settings, out, seed=1):
    preprocess_case(row, settings, out, seed=seed)
    return json.loads((out / "preprocess.json").read_text())


def load(path):
    return np.asarray(nib.load(path).dataobj)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def turned(degrees, shift):
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = shift
    return matrix


# ---------------------------------------------------------------------------------------- what comes out


def test_stripped_case_comes_out_complete_normalised_and_byte_identical(write_case, tmp_path):
    row = write_case()
    record = run(row, STRIPPED, tmp_path / "a")
    run(row, STRIPPED, tmp_path / "b")
    assert record["status"] == "ok", record["reason"]
    assert record["contrasts"] == list(MODALITIES)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(
        [*(f"{m}.nii.gz" for m in (*MODALITIES, "brain_mask", "tumour_mask")), "preprocess.json", "qc.png"]
    )
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    inside = load(tmp_path / "a" / "brain_mask.nii.gz") > 0
    for name in MODALITIES:
        image = load(tmp_path / "a" / f"{name}.nii.gz")
        assert image.dtype == np.float32
        assert abs(image[inside].mean()) < 1e-4
        assert image[inside].std() == pytest.approx(1, abs=1e-3)
        assert not image[~inside].any()
    assert set(np.unique(load(tmp_path / "a" / "tumour_mask.nii.gz"))) == {0, 1, 2, 4}


def test_gzip_headers_hold_no_clock_and_no_name(write_case, tmp_path):
    run(write_case(), STRIPPED, tmp_path / "a")
    raw = (tmp_path / "a" / "t1.nii.gz").read_bytes()
    assert raw[3] == 0  # no file name
    assert raw[4:8] == b"\0\0\0\0"  # no time
    assert gzip.decompress(raw)[:4] == (348).to_bytes(4, "little")


def test_a_known_pose_is_found_and_masks_can_be_carried_back(write_case, brain, tmp_path):
    pose = turned(8, [7, -9, 5])
    affine = moved(brain[0], pose)[1]
    row = write_case(affines=dict.fromkeys((*MODALITIES, "tumour_mask"), affine))
    record = run(row, STRIPPED, tmp_path / "a")
    found = np.array(record["transforms"]["t1"]["matrix"])
    points = np.array([[0, 0, 0, 1], [40, 30, 20, 1], [-40, -60, 30, 1], [10, -20, -30, 1.0]])
    assert np.abs((found - pose) @ points.T).max() < 3.0  # mm, at voxels of 3
    assert record["qc"]["tumour_volume_ml"] == pytest.approx((tumour_of(brain) > 0).sum() * 0.027, rel=1e-4)
    np.testing.assert_allclose(record["transforms"]["t1"]["affine"], affine, atol=1e-4)


def test_contrasts_with_poses_of_their_own_are_brought_together(write_case, brain, tmp_path):
    affines = {"t1": moved(brain[0], turned(7, [5, 3, -4]))[1], "flair": moved(brain[0], turned(-6, [-4, 6, 2]))[1]}
    settings = Preprocessing(**FAST, brain_extraction="none")
    record = run(write_case(affines=affines), settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    for name in ("t1", "flair"):
        assert record["qc"][f"similarity_{name}"] > 1.5 * record["qc"][f"similarity_{name}_before"]
        matrix = np.array(record["transforms"][name]["matrix"]) @ np.linalg.inv(record["transforms"]["t1c"]["matrix"])
        truth = affines[name] @ np.linalg.inv(brain[0].grid.affine)
        assert np.abs((matrix - truth) @ [20, -30, 20, 1]).max() < 2.0


def test_builtin_extraction_finds_the_brain_under_a_skull(write_case, brain, contrasts, tmp_path):
    inside = brain[1]
    heads = {
        name: with_skull(contrasts[name], inside, scalp)
        for name, scalp in zip(MODALITIES, (110, 110, 60, 70), strict=True)
    }
    settings = Preprocessing(spacing_mm=3)
    record = run(write_case(arrays=heads), settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert record["qc"]["brain_volume_ml"] == pytest.approx(inside.sum() * 0.027, rel=0.12)
    from gliomanet.imaging.atlas import atlas

    assert dice(load(tmp_path / "a" / "brain_mask.nii.gz") > 0, atlas(3.0)[1].array > 0) > 0.95
    assert np.abs((np.array(record["transforms"]["t1"]["matrix"]) - np.eye(4)) @ [30, -30, 20, 1]).max() < 6


def test_a_z_scored_image_with_a_background_is_read_by_its_supplied_mask(write_case, brain, contrasts, tmp_path):
    inside = brain[1]
    scored = {n: ((a - a[inside].mean()) / a[inside].std()).astype(np.float32) for n, a in contrasts.items()}
    row = write_case(arrays={**scored, "brain_mask": inside.astype(np.float32) * 0.99999997}, absent=("t1", "t2"))
    record = run(row, Preprocessing(**FAST, coregistration=False, brain_extraction="supplied"), tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert any("background" in step and "moved to 0" in step for step in record["steps"])
    assert any(step.startswith("missing: t1, t2") for step in record["steps"])
    assert not (tmp_path / "a" / "t1.nii.gz").exists()


def test_another_reference_is_taken_where_the_wanted_one_is_missing(write_case, tmp_path):
    record = run(write_case(absent=("t1c",)), STRIPPED, tmp_path / "a")
    assert record["reference"] == "t2"
    assert "reference: t2, because t1c is missing" in record["steps"]


def test_declared_atlas_space_is_taken_as_it_is(write_case, tmp_path):
    settings = STRIPPED.model_copy(update={"atlas_registration": "none"})
    record = run(write_case(), settings, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    np.testing.assert_array_equal(record["transforms"]["t1c"]["matrix"], np.eye(4))


def test_four_axes_with_one_volume_float64_and_small_negatives_are_read(write_case, contrasts, tmp_path):
    t2 = contrasts["t2"].astype(np.float64).copy()
    t2[tuple(np.argwhere(t2 > 50)[::500].T)] = -3
    record = run(write_case(arrays={"t1": contrasts["t1"][..., None], "t2": t2}), STRIPPED, tmp_path / "a")
    assert record["status"] == "ok", record["reason"]
    assert any("squeezed" in step for step in record["steps"])
    assert any("float64" in step for step in record["steps"])


# --------------------------------------------------------------------------------- what is wrong with it


def defects(contrasts):
    t1 = contrasts["t1"]
    nan = t1.copy()
    nan[20, 20, 20] = np.nan
    noisy_border = t1 + np.random.default_rng(0).random(t1.shape).astype(np.float32) + 1
    codes = np.zeros(t1.shape, np.uint8)
    codes[20:25, 20:25, 20:25] = 9
    return {
        "nan": ({"t1": nan}, r"t1 \(.*\) holds 1 voxels that are NaN"),
        "four axes": ({"t1": np.stack([t1] * 3, -1)}, r"one 3-D volume is allowed"),
        "constant": ({"t1": np.zeros_like(t1)}, r"an image without a brain"),
        "mask as image": ({"t1": (t1 > 0).astype(np.uint8)}, r"a mask in the place of an image"),
        "image as mask": ({"tumour_mask": t1}, r"an image in the place of a mask"),
        "codes": ({"tumour_mask": codes}, r"holds the codes \[0, 9\]; allowed"),
        "not stripped": ({"t1": noisy_border}, r"declared stripped .* of its border voxels are not background"),
        "small": (
            {m: np.where(np.indices(t1.shape)[0] < 18, contrasts[m], 0) for m in MODALITIES},
            r"its volume is \d+ ml",
        ),
        "shifted": ({"t1": np.roll(t1, 3, axis=1)}, r"declared aligned .* when one is shifted by -?8 mm along y"),
        "mask grid": ({"tumour_mask": codes[:-1]}, r"tumour_mask .* which no contrast of the case has"),
        "grids": ({"t1": t1[:, :, :-1]}, r"grids differ"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "nan",
        "four axes",
        "constant",
        "mask as image",
        "image as mask",
        "codes",
        "not stripped",
        "small",
        "shifted",
        "mask grid",
        "grids",
    ],
)
def test_a_defect_is_a_failed_case_with_its_reason(name, write_case, contrasts, tmp_path):
    import re

    arrays, message = defects(contrasts)[name]
    record = run(write_case(arrays=arrays), STRIPPED, tmp_path / "a")
    assert record["status"] == "failed"
    assert re.search(message, record["reason"]), record["reason"]
    assert record["reason"].startswith("case case-1: ")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["preprocess.json"]


def test_corrupt_and_absent_files_are_failed_cases(write_case, tmp_path):
    row = write_case()
    from pathlib import Path

    path = Path(row["t1"])
    path.write_bytes(path.read_bytes()[:2000])
    assert "cannot be read as NIfTI" in run(row, STRIPPED, tmp_path / "a")["reason"]
    path.write_text("not an image")
    assert "cannot be read as NIfTI" in run(row, STRIPPED, tmp_path / "a")["reason"]
    path.unlink()
    assert "does not exist" in run(row, STRIPPED, tmp_path / "a")["reason"]
    assert "no contrast at all" in run({**row, **dict.fromkeys(MODALITIES, "")}, STRIPPED, tmp_path / "a")["reason"]


def test_an_absent_brain_mask_is_named(write_case, tmp_path):
    record = run(write_case(), Preprocessing(**FAST, brain_extraction="supplied"), tmp_path / "a")
    assert "brain_mask is empty, and brain_extraction is supplied" in record["reason"]


def test_the_policy_on_missing_contrasts(write_case, tmp_path):
    row = write_case(absent=("t2",))
    dropped = run(row, STRIPPED.model_copy(update={"missing_contrast": "drop"}), tmp_path / "a")
    assert (dropped["status"], "t2" in dropped["reason"]) == ("dropped", True)
    with pytest.raises(StudyStopError, match="contrasts missing: t2; missing_contrast is refuse"):
        run(row, STRIPPED.model_copy(update={"missing_contrast": "refuse"}), tmp_path / "b")
    assert (tmp_path / "b" / "preprocess.json").exists()


def test_a_bug_is_no_defect_of_the_case(write_case, tmp_path, monkeypatch):
    monkeypatch.setattr("gliomanet.imaging.preprocess.write_nifti", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(write_case(), STRIPPED, tmp_path / "a")


# ---------------------------------------------------------------------------------------- centre, pictures


def test_a_centre_with_a_failed_case_has_its_table_and_sheet(write_case, contrasts, tmp_path):
    good, bad = write_case("good"), write_case("bad", arrays={"t1": np.zeros_like(contrasts["t1"])})
    for row in (good, bad):
        run(row, STRIPPED, tmp_path / row["case_id"])
    folders = [tmp_path / "good", tmp_path / "bad"]
    table = collect_qc(folders, 0.5)
    assert table["status"].tolist() == ["failed", "ok"]
    assert pd.isna(table.loc[0, "atlas_similarity"])
    assert table.loc[1, "atlas_similarity"] > 0
    for name in ("one.png", "two.png"):
        center_sheet(folders, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").stat().st_size > 5000


def test_threads_are_one():
    from gliomanet.imaging.registration import ants_module

    ants_module()
    assert os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] == "1"

import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
import torch

from gliomanet.errors import CaseError
from gliomanet.evaluation.metrics.segmentation import dice, hd95
from gliomanet.models.case_input import load_case, network_input
from gliomanet.networks import build
from gliomanet.networks.outputs import TUMOUR_PARTS, WHOLE_TUMOUR
from gliomanet.prediction.image import load_image_model
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.segment_center import segment_center
from gliomanet.prediction.segmentation import drop_small_pieces, region_codes, segment_case, write_segmentation
from gliomanet.prediction.segmentation_rows import region_rows, regions_of
from gliomanet.tables.prediction import SEGMENTATIONS
from tests.descriptions import image_description, write_description
from tests.phantom_folders import GRID


def written(path: Path, kind: str = "psnet", *, seed: int = 0, shape=(32, 32, 32), bias: float = 0.0) -> Path:
    """An untrained network as training writes one; `bias` is added to its segmentation's logits."""
    path.mkdir(parents=True)
    constructor = {"n_modalities": 2, "tasks": {"idh": 2}, "preset": "tiny", "dropout": 0.2, "segmentation": True}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = build(kind, **constructor)
    last = network.mask if kind == "psnet" else list(network.decoder.logits.modules())[-1]
    last.bias.data += bias
    torch.save(network.state_dict(), path / "weights.pt")
    write_description(path, image_description(kind=kind, constructor=constructor, geometry={"shape": shape}))
    return path


@pytest.fixture(scope="module")
def folds(tmp_path_factory):
    root = tmp_path_factory.mktemp("folds")
    return [written(root / f"fold{k}", seed=k) for k in range(2)]


def probabilities(folder: Path, case: str) -> np.ndarray:
    """(R, 32, 32, 32) of the network alone, on its central crop."""
    model = load_image_model(folder)
    x, available = network_input(load_case("x", Path(case), model.modalities, model.shape, tumour=False), prompt=False)
    with torch.inference_mode():
        return model.network(x, available).segmentation[0].sigmoid().double().numpy()


# -- a case


@pytest.mark.parametrize("kind", ["psnet", "mttunet", "gmmas"])
def test_a_case_is_segmented_on_its_own_grid_inside_the_brain(kind, cohort, tmp_path):
    """The brain (28 × 24 × 22) lies inside the input's central crop: one pass over just that."""
    folder, case = written(tmp_path / "model", kind), cohort.loc[1, "folder"]
    found = segment_case([load_image_model(folder)], "case-01", Path(case))
    mean = np.zeros((len(found.codes.shape) if kind != "psnet" else 1, *GRID))
    mean[:, 2:34, :, :] = probabilities(folder, case)[..., 1:31]  # the grid is 36 × 32 × 30
    regions = WHOLE_TUMOUR if kind == "psnet" else TUMOUR_PARTS
    np.testing.assert_array_equal(found.codes, region_codes(mean, regions) * found.brain)
    assert found.codes.shape == GRID
    assert 0 < (found.codes > 0).sum() <= found.brain.sum() == 28 * 24 * 22
    np.testing.assert_array_equal(
        found.reference, np.asarray(nib.load(f"{case}/tumour_mask.nii.gz").dataobj).astype(np.uint8)
    )


def test_a_brain_larger_than_the_input_is_covered_by_windows(cohort, tmp_path):
    small = load_image_model(written(tmp_path / "model", shape=(24, 32, 32), bias=9.0))
    found = segment_case([small], "case-01", Path(cohort.loc[1, "folder"]))
    np.testing.assert_array_equal(found.codes, found.brain)  # every voxel of it, those beyond the central crop, too


def test_folds_are_averaged_before_anything_is_decided(folds, cohort):
    case = cohort.loc[1, "folder"]
    together = segment_case([load_image_model(fold) for fold in folds], "case-01", Path(case))
    mean = np.zeros((1, *GRID))
    mean[:, 2:34] = ((probabilities(folds[0], case) + probabilities(folds[1], case)) / 2)[..., 1:31]
    np.testing.assert_array_equal(together.codes, (mean[0] > 0.5) * together.brain)
    alone = segment_case([load_image_model(folds[0])], "case-01", Path(case))
    assert not np.array_equal(alone.codes, together.codes)


def test_a_case_without_a_model_or_on_another_grid_is_refused(folds, cohort, tmp_path):
    with pytest.raises(ValueError, match="case x: no model to segment it with; give one at least"):
        segment_case([], "x", tmp_path)
    for name in ("t1c", "t2"):
        nib.save(nib.Nifti1Image(np.ones(GRID, np.float32), np.eye(4)), tmp_path / f"{name}.nii.gz")
    with pytest.raises(ValueError, match=r"case x in .* has grid \(36, 32, 30\) at \(1.0, 1.0, 1.0\) mm"):
        segment_case([load_image_model(folds[0])], "x", tmp_path)
    with pytest.raises(CaseError, match="case x: none of t1c, t2"):
        segment_case([load_image_model(folds[0])], "x", tmp_path / "nowhere")


# -- from probabilities to a mask


def test_the_most_probable_part_above_one_half_is_meant():
    p = np.array([[0.6, 0.5, 0.2, 0.9], [0.7, 0.4, 0.3, 0.1], [0.1, 0.2, 0.51, 0.95]]).reshape(3, 4, 1, 1)
    assert region_codes(p, TUMOUR_PARTS).ravel().tolist() == [2, 0, 4, 4]
    assert region_codes(p[:1], WHOLE_TUMOUR).ravel().tolist() == [1, 0, 0, 1]
    assert region_codes(p, TUMOUR_PARTS).dtype == np.uint8


def pieces() -> np.ndarray:
    codes = np.zeros((20, 20, 20), np.uint8)
    codes[1:5, 1:5, 1:5] = 2  # 64 voxels
    codes[2, 2, 2] = 4
    codes[5, 5, 5] = 1  # touches by a corner: one piece with it
    codes[10:12, 10:12, 10:12] = 4  # 8 voxels, 12 % of 65
    codes[17, 17, 17] = 1  # a voxel, 1.5 %
    return codes


@pytest.mark.parametrize(("share", "kept"), [(0.0, 74), (0.1, 73), (0.2, 65), (1.0, 65)])
def test_pieces_are_kept_by_their_share_of_the_largest(share, kept):
    cleaned = drop_small_pieces(pieces(), share)
    assert (cleaned > 0).sum() == kept
    assert cleaned[2, 2, 2] == 4
    assert cleaned[5, 5, 5] == 1
    np.testing.assert_array_equal(cleaned[cleaned > 0], pieces()[cleaned > 0])


def test_a_clean_up_empties_nothing_and_fills_nothing():
    assert not drop_small_pieces(np.zeros((4, 4, 4), np.uint8), 1.0).any()
    alone = np.zeros((4, 4, 4), np.uint8)
    alone[0, 0, 0] = 4
    np.testing.assert_array_equal(drop_small_pieces(alone, 1.0), alone)


def test_a_file_has_the_affine_of_the_image_and_the_same_bytes_again(tmp_path):
    affine = np.array([[-2.0, 0, 0.1, 90], [0, 2, 0, -120], [-0.1, 0, 2, -70], [0, 0, 0, 1]])
    image = nib.Nifti1Image(np.ones((20, 20, 20), np.float32), affine)
    image.set_sform(affine, 2)
    image.set_qform(affine, 1)
    nib.save(image, tmp_path / "t1c.nii.gz")
    for name in ("one", "two"):
        write_segmentation(pieces(), tmp_path / "t1c.nii.gz", tmp_path / f"{name}.nii.gz")
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()
    read = nib.load(tmp_path / "one.nii.gz")
    np.testing.assert_allclose(read.affine, nib.load(tmp_path / "t1c.nii.gz").affine)
    assert read.get_data_dtype() == np.uint8
    assert (int(read.header["sform_code"]), int(read.header["qform_code"])) == (2, 1)
    np.testing.assert_array_equal(np.asarray(read.dataobj), pieces())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.nii.gz", "t1c.nii.gz", "two.nii.gz"]


# -- scores


def cube(start: int, side: int) -> np.ndarray:
    mask = np.zeros((24, 24, 24), bool)
    mask[start : start + side, 4 : 4 + side, 4 : 4 + side] = True
    return mask


def test_dice_and_hd95_of_shifted_cubes_by_hand():
    same, shifted = cube(4, 10), cube(7, 10)
    assert dice(same, same) == 1
    assert hd95(same, same, (1, 1, 1)) == 0
    assert dice(same, shifted) == pytest.approx(2 * 700 / 2000)
    # The outer face of each cube (100 of its 488 surface voxels) is 3 voxels from the other's, and none is further.
    assert hd95(same, shifted, (1, 1, 1)) == 3
    assert hd95(same, shifted, (2, 1, 1)) == 6
    assert hd95(same, cube(14, 10), (0.5, 0.5, 0.5)) == 5


def test_percentile_leaves_out_a_stray_voxel_that_the_maximum_would_not():
    stray = cube(4, 10)
    stray[22, 22, 22] = True
    assert hd95(stray, cube(4, 10), (1, 1, 1)) == 0
    assert hd95(cube(4, 10), stray, (1, 1, 1)) == 0  # whichever comes first


def test_empty_masks_have_a_convention():
    nothing, something = cube(0, 0), cube(4, 2)
    assert (dice(nothing, nothing), hd95(nothing, nothing, (1, 1, 1))) == (1, 0)
    for one, other in ((nothing, something), (something, nothing)):
        assert dice(one, other) == 0
        assert np.isnan(hd95(one, other, (1, 1, 1)))


def segmented(codes, reference):
    from gliomanet.prediction.segmentation import SegmentedCase

    brain = np.ones((24, 24, 24), bool)
    return SegmentedCase(codes, brain, reference, (2.0, 2.0, 1.0))


def test_rows_say_what_is_there_and_what_cannot_be_said():
    codes = np.zeros((24, 24, 24), np.uint8)
    codes[cube(4, 10)], codes[cube(4, 4)] = 2, 1
    wanted = np.where(codes == 1, np.uint8(4), codes)
    rows = {row["region"]: row for row in region_rows(segmented(codes, wanted), regions_of(TUMOUR_PARTS))}
    assert list(rows) == ["whole", "core", "enhancing"]
    assert rows["whole"]["volume_ml"] == pytest.approx(1000 * 4 / 1000)
    assert rows["whole"]["share_of_brain"] == pytest.approx(1000 / 24**3)
    assert rows["core"]["volume_ml"] == pytest.approx(64 * 4 / 1000)
    assert (rows["whole"]["dice"], rows["core"]["dice"], rows["core"]["hd95_mm"]) == (1, 1, 0)
    assert "note" not in rows["core"]
    assert rows["enhancing"]["dice"] == 0
    assert np.isnan(rows["enhancing"]["hd95_mm"])
    assert rows["enhancing"]["note"] == "HD95 not estimable: the segmentation has none of this region"
    (more,) = region_rows(segmented(wanted, codes), ("enhancing",))
    assert more["note"] == "HD95 not estimable: the reference mask has none of this region"


def test_masks_that_tell_no_parts_and_absent_masks_score_no_parts():
    codes = cube(4, 10).astype(np.uint8)
    whole, core, _ = region_rows(segmented(codes, codes), regions_of(TUMOUR_PARTS))
    assert whole["dice"] == 1
    assert "dice" not in core
    assert core["note"] == "the reference mask outlines the whole tumour only"
    (alone,) = region_rows(segmented(codes, None), regions_of(WHOLE_TUMOUR))
    assert alone["note"] == "no reference mask"
    assert "dice" not in alone
    assert alone["volume_ml"] == 4


# -- a centre


def splits_of(cases: pd.DataFrame) -> pd.DataFrame:
    """case-08 validates in fold 0, case-09 in fold 1, case-10 and case-04 (without a mask) are external."""
    rows = []
    for case, parts in {
        "case-10": ("external", "external"),
        "case-08": ("validation", "train"),
        "case-09": ("train", "validation"),
        "case-04": ("external", "external"),
        "case-01": ("train", "train"),
    }.items():
        rows += [{"case_id": case, "center": "here", "fold": str(k), "part": part} for k, part in enumerate(parts)]
    return pd.DataFrame(rows)


@pytest.fixture
def preprocessed(cohort, tmp_path):
    for case in ("case-01", "case-04", "case-08", "case-09", "case-10"):
        shutil.copytree(Path(cohort.loc[0, "folder"]).parent / case, tmp_path / "preprocessed" / "here" / case)
    return tmp_path / "preprocessed"


def members(folds):
    return [Member("supervised", "main", str(k), folder) for k, folder in enumerate(folds)]


def test_a_centres_cases_are_segmented_by_the_folds_that_did_not_learn_from_them(folds, cohort, preprocessed, tmp_path):
    out = tmp_path / "out"
    table = segment_center(members(folds), splits_of(cohort), preprocessed, out, model="ps")
    assert list(table) == SEGMENTATIONS.names()
    assert table["case_id"].tolist() == ["case-04", "case-08", "case-09", "case-10"]
    assert table["fold"].tolist() == ["ensemble", "0", "1", "ensemble"]
    assert table["role"].tolist() == ["external", "validation", "validation", "external"]
    assert table[["model", "stage", "scenario", "center"]].drop_duplicates().to_numpy().tolist() == [
        ["ps", "supervised", "main", "here"]
    ]
    assert table["dice"].isna().tolist() == [True, False, False, False]
    assert table.loc[0, "note"] == "no reference mask"
    assert sorted(path.name for path in out.iterdir()) == [f"case-{n}.nii.gz" for n in ("04", "08", "09", "10")]
    for case, used in {"case-08": folds[:1], "case-09": folds[1:], "case-10": folds}.items():
        codes = segment_case([load_image_model(fold) for fold in used], case, preprocessed / "here" / case).codes
        image = nib.load(out / f"{case}.nii.gz")
        np.testing.assert_array_equal(np.asarray(image.dataobj), codes)
        np.testing.assert_array_equal(image.affine, nib.load(preprocessed / "here" / case / "t1c.nii.gz").affine)
        row = table[table["case_id"] == case].iloc[0]
        assert row["volume_ml"] == pytest.approx((codes > 0).sum() * 0.064)


def test_a_centre_gives_the_same_bytes_again_whatever_the_rows_order(folds, cohort, preprocessed, tmp_path):
    splits = splits_of(cohort)
    for name, rows in {"one": splits, "two": splits.iloc[::-1]}.items():
        table = segment_center(members(folds), rows, preprocessed, tmp_path / name, model="ps", flips="left_right")
        table.to_csv(tmp_path / name / "table.tsv", sep="\t")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 5
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_small_pieces_leave_and_flips_are_asked_for(cohort, preprocessed, tmp_path):
    sparse = members([written(tmp_path / "model", bias=-1.5)])  # some voxels here and there
    splits = splits_of(cohort).iloc[:1]
    volumes = [
        segment_center(sparse, splits, preprocessed, tmp_path, model="ps", **asked)["volume_ml"].iloc[0]
        for asked in ({}, {"min_component_fraction": 1.0}, {"flips": "left_right"})
    ]
    assert volumes[1] < volumes[0]
    assert volumes[2] != volumes[0]


def test_a_case_that_cannot_be_read_is_a_row_with_its_reason(folds, cohort, preprocessed, tmp_path, capsys):
    for name in ("t1c", "t2"):
        (preprocessed / "here" / "case-08" / f"{name}.nii.gz").unlink()
    table = segment_center(members(folds), splits_of(cohort), preprocessed, tmp_path / "out", model="ps")
    lost = table[table["case_id"] == "case-08"].iloc[0]
    assert lost["note"].startswith("not segmented: case case-08: none of t1c, t2 (.nii.gz) is in")
    assert pd.isna(lost["volume_ml"])
    assert not (tmp_path / "out" / "case-08.nii.gz").exists()
    assert "not segmented: case case-08" in capsys.readouterr().out
    assert len(table) == 4


def test_members_of_several_scenarios_and_doubly_validated_cases_are_refused(folds, cohort, preprocessed, tmp_path):
    mixed = [members(folds)[0], Member("supervised", "other", "1", folds[1])]
    with pytest.raises(ValueError, match="one stage and scenario, found supervised/main, supervised/other"):
        segment_center(mixed, splits_of(cohort), preprocessed, tmp_path, model="ps")
    with pytest.raises(ValueError, match="one stage and scenario, found none"):
        segment_center([], splits_of(cohort), preprocessed, tmp_path, model="ps")
    twice = splits_of(cohort)
    twice.loc[twice["case_id"] == "case-08", "part"] = "validation"
    with pytest.raises(ValueError, match="case case-08 of here validates in 2 folds; a case validates in one"):
        segment_center(members(folds), twice, preprocessed, tmp_path, model="ps")

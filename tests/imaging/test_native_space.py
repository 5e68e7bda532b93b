"""Masks between a scanner's grid and the atlas', by what `preprocess.json` holds and nothing else."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gliomanet.errors import CaseError
from gliomanet.imaging.native_space import mask_to_atlas, mask_to_native
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Grid, Volume
from tests.imaging.conftest import dice, turned, volume_of

THICK = np.eye(4)
THICK[:3, :3] = Rotation.from_euler("xz", [13, 6], degrees=True).as_matrix() * [-0.9, 0.9, 5.0]
THICK[:3, 3] = [100, -90, -90]


def case_of(folder: Path, matrix: np.ndarray, shape=(220, 240, 30), affine=THICK, spacing=2.0, **changes) -> Path:
    grid = atlas(spacing)[0].grid
    entry = {"matrix": matrix.tolist(), "shape": list(shape), "affine": affine.tolist(), "orientation": "LAS"}
    place = {"shape": list(grid.shape), "affine": grid.affine.tolist()}
    record = {"case_id": "c-1", "status": "ok", "reason": "", "modalities": ["t1c"]}
    folder.mkdir(parents=True, exist_ok=True)
    record |= {"transforms": {"atlas": place, "t1c": entry}, **changes}
    (folder / "preprocess.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def ball(grid: Grid, centre, radius_mm: float) -> np.ndarray:
    """Codes 2 in a ball, 4 in its core, uint8."""
    index = np.stack(np.indices(grid.shape), -1)
    distance = np.linalg.norm(index @ grid.affine[:3, :3].T + grid.affine[:3, 3] - centre, axis=-1)
    return np.select([distance < 0.6 * radius_mm, distance < radius_mm], [4, 2], 0).astype(np.uint8)


def written(path: Path, codes: np.ndarray, affine: np.ndarray) -> Path:
    nib.save(nib.Nifti1Image(codes, affine), path)
    return path


def test_a_mask_lands_where_the_matrix_says_on_the_files_own_voxels(tmp_path):
    pose = turned(10, [4, -6, 3])
    case = case_of(tmp_path / "case", pose)
    grid, home = atlas(2.0)[0].grid, Grid((220, 240, 30), THICK)
    mask = written(tmp_path / "mask.nii.gz", ball(grid, [20, -10, 20], 28), grid.affine)
    back = mask_to_native(mask, case, "t1c")
    assert back.grid.shape == home.shape
    np.testing.assert_array_equal(back.grid.affine, THICK)
    truth = ball(home, (pose @ [20, -10, 20, 1])[:3], 28)
    assert dice(back.array > 0, truth > 0) > 0.96
    assert set(np.unique(back.array)) == {0, 2, 4}
    wrong = ball(home, (np.linalg.inv(pose) @ [20, -10, 20, 1])[:3], 28)
    assert dice(back.array > 0, wrong > 0) < 0.9


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.tuples(*[st.floats(-0.3, 0.3)] * 3), st.tuples(*[st.floats(-10, 10)] * 3))
def test_to_the_atlas_and_back_is_the_mask_again(tmp_path_factory, turn, shift):
    tmp_path = tmp_path_factory.mktemp("masks")
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(turn).as_matrix() * 1.05
    pose[:3, 3] = shift
    case = case_of(tmp_path / "case", pose, shape=(120, 120, 30), affine=THICK @ np.diag([2, 2, 1, 1]), spacing=1.0)
    home = Grid((120, 120, 30), THICK @ np.diag([2, 2, 1, 1]))
    codes = ball(home, (pose @ [10, -20, 15, 1])[:3], 30)
    there = mask_to_atlas(written(tmp_path / "mask.nii.gz", codes, home.affine), case, "t1c")
    back = mask_to_native(written(tmp_path / "there.nii.gz", there.array, there.grid.affine), case, "t1c")
    assert dice(back.array > 0, codes > 0) > 0.97
    assert dice(back.array == 4, codes == 4) > 0.95


def test_a_mask_stored_in_another_axis_order_is_the_same_mask(tmp_path):
    case = case_of(tmp_path / "case", np.eye(4))
    codes = ball(Grid((220, 240, 30), THICK), [0, 0, 20], 30)
    as_file = mask_to_atlas(written(tmp_path / "a.nii.gz", codes, THICK), case, "t1c")
    flipped = nib.as_closest_canonical(nib.Nifti1Image(codes, THICK))
    nib.save(flipped, tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(mask_to_atlas(tmp_path / "b.nii.gz", case, "t1c").array, as_file.array)


def test_a_mask_that_cannot_be_resampled_is_refused(tmp_path):
    case = case_of(tmp_path / "case", np.eye(4))
    mask = written(tmp_path / "mask.nii.gz", np.zeros((20, 20, 20), np.uint8), np.eye(4))
    failed = case_of(tmp_path / "failed", np.eye(4), status="failed", reason="no brain", transforms={})
    for resample, folder, modality, rule, file in (
        (mask_to_atlas, case, "t1c", "mask_on_a_foreign_grid", mask),
        (mask_to_native, case, "t1c", "mask_on_a_foreign_grid", mask),
        (mask_to_native, case, "t2", "unknown_modality", case / "preprocess.json"),
        (mask_to_native, tmp_path, "t1c", "no_record", tmp_path / "preprocess.json"),
        (mask_to_native, failed, "t1c", "case_without_transforms", failed / "preprocess.json"),
    ):
        with pytest.raises(CaseError) as caught:
            resample(mask, folder, modality)
        assert (caught.value.problem.rule, caught.value.problem.file) == (rule, str(file))


def test_masks_of_a_real_head_survive_the_way_and_back(shared_data, tmp_path):
    """HD-BET's mask of TCGA-FG-6692 and a tumour-like ball on its 5.5 mm slices, over the atlas at 1 mm."""
    path = shared_data / "real-mri" / "TCGA-FG-6692" / "native" / "t1c_brain_mask_hdbet.nii.gz"
    brain = volume_of(path)
    # A pose and sizes as the affine finds them for this head.
    pose = turned(9, [2, 24, 28])
    pose[1:3, :3] = [[-0.2, 0.85, -0.36], [0, 0.39, 0.83]]
    case = case_of(tmp_path / "case", pose, brain.grid.shape, brain.grid.affine, spacing=1.0)
    centre = np.argwhere(brain.array > 0).mean(axis=0)
    place = brain.grid.affine[:3, :3] @ centre + brain.grid.affine[:3, 3] + [25, 10, 10]
    for codes in (brain.array.astype(np.uint8), ball(brain.grid, place, 18)):
        there = mask_to_atlas(written(tmp_path / "mask.nii.gz", codes, brain.grid.affine), case, "t1c")
        back = mask_to_native(written(tmp_path / "there.nii.gz", there.array, there.grid.affine), case, "t1c")
        assert isinstance(back, Volume)
        assert dice(back.array > 0, codes > 0) > 0.97

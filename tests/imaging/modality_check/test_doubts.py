"""Real heads and phantoms: no doubt as they are; named in any other order, and as a copy of one image, whatever it went through."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from scipy import ndimage

from gliomanet.audit.fingerprint import find_poses
from gliomanet.config.sources import PhantomSource, Scanner
from gliomanet.imaging.modality_check.appearance import appearance_of
from gliomanet.imaging.modality_check.copies import COPY, likeness
from gliomanet.imaging.modality_check.doubts import doubts_of
from gliomanet.imaging.modality_check.naming import misnamed
from gliomanet.imaging.reading import read_modality
from gliomanet.imaging.registration.head_pose import Fit, find_pose, pooled
from gliomanet.imaging.volume import Volume, resample
from gliomanet.modalities import MODALITIES
from gliomanet.phantom.center import plan_center, simulate_case

REAL = (
    "BraTS2021_00495",
    "TCGA-DU-7294/sri24",
    "TCGA-FG-6692/sri24",
    "TCGA-FG-6692/native",
    "brats_2013_pat0005",
)


def files_of(images):
    return {name: f"{name}.nii.gz" for name in images}


def doubts(images, poses):
    return {(one.severity, one.rule, one.image) for one in doubts_of(images, poses, files_of(images))}


@pytest.mark.parametrize("name", REAL)
def test_real_modalities_are_named_in_every_order(shared_data, name):
    paths = {one: shared_data / "real-mri" / name / f"{one}.nii.gz" for one in MODALITIES}
    images = {one: read_modality(path, name, one).volume for one, path in paths.items() if path.exists()}
    poses = find_poses(images)
    assert doubts(images, poses) == set()
    seen = {one: appearance_of(image, poses[one]) for one, image in images.items()}
    for order in permutations(seen):
        truth = {one: (held,) for one, held in zip(seen, order, strict=True) if one != held}
        found = misnamed({one: seen[held] for one, held in zip(seen, order, strict=True)})
        assert (dict(found.looks) if found else {}) == truth


def phantoms(skull, count):
    source = PhantomSource(cases=count, scanner=Scanner(voxel_mm=(1.5, 1.5, 3), skull=skull, bias_field=0.25))
    for patient in plan_center("Q", source, 3):
        images = simulate_case("Q", patient, source, 3)
        yield {
            name: Volume.of(images[name].voxels.astype(np.float32), images[name].affine)
            for name in MODALITIES
            if name in images
        }


@pytest.mark.parametrize("skull", [False, True])
def test_phantoms_raise_no_doubt_until_they_are_swapped(skull):
    for images in phantoms(skull, 2):
        poses = find_poses(images)
        assert doubts(images, poses) == set()
        seen = {one: appearance_of(image, poses[one]) for one, image in images.items()}
        for one, other in combinations(seen, 2):
            if {one, other} != {"t1", "t1c"}:  # a tumour need not enhance, and phantoms have no vessels
                found = misnamed({**seen, one: seen[other], other: seen[one]})
                assert {one, other} & {"t2", "flair"} <= set(found.looks) <= {one, other}


def changed_copies(image):
    array, spacing = image.array, np.array(image.grid.spacing)
    shown, top = array != 0, float(np.percentile(array[array != 0], 98))
    rng = np.random.default_rng(0)
    slope = np.exp(np.linspace(-0.3, 0.3, array.shape[0]))[:, None, None]
    cubes = image.grid.isotropic(1.7)
    return {
        "exponent": image.with_array(top * np.clip(array / top, 0, None) ** 0.7),
        "blurred by 1 mm": image.with_array(ndimage.gaussian_filter(array, 1 / spacing) * shown),
        "blurred by 2 mm": image.with_array(ndimage.gaussian_filter(array, 2 / spacing) * shown),
        "shifted by a voxel": image.with_array(np.roll(array, 1, 0)),
        "bias field": image.with_array(array * slope),
        "resampled": Volume(resample(image, cubes), cubes),
        "few grey levels": image.with_array(np.rint(array / top * 60)),
        "little noise": image.with_array((array + rng.normal(0, 0.01 * top, array.shape)) * shown),
    }


def test_copies_of_a_real_image_are_found_and_t1_is_none_of_t1c(shared_data):
    folder = shared_data / "real-mri" / "TCGA-DU-7294" / "sri24"  # hardly enhances: T1 and T1c are as alike as they get
    t1, t1c = (read_modality(folder / f"{one}.nii.gz", "DU", one).volume for one in ("t1", "t1c"))
    pose = find_pose(pooled(t1))
    assert likeness(t1, t1c, pose.matrix)[1] < COPY - 0.15
    poses = {"t1": pose, "t1c": pose}
    for said, copy in changed_copies(t1).items():
        images = {"t1": t1, "t1c": replace(copy, array=copy.array.astype(np.float32))}
        assert doubts(images, poses) == {("warning", "near_copy_in_a_case", "t1c")}, said
    for copy in (t1.array * 1.7, np.rint(t1.array * 0.9), t1.array * 3 - 40):
        images = {"t1": t1, "t1c": t1.with_array(copy.astype(np.float32))}
        assert doubts(images, poses) == {("error", "same_voxels_twice_in_a_case", "t1c")}


NOWHERE = Fit(np.eye(4), 0.0)
"""The pose of a head that the atlas does not explain."""


def copies_of(image):
    """Copies that nothing of the head is needed for, and the rule that each is told by."""
    noise = np.random.default_rng(0).normal(0, 0.01, image.array.shape) * float(np.percentile(image.array, 98))
    shown = image.array != 0
    yield image.array * 2, "same_voxels_twice_in_a_case"
    yield np.rint(image.array * 0.9), "same_voxels_twice_in_a_case"
    yield np.where(shown, image.array * 1.7 + 60, 0), "same_voxels_twice_in_a_case"
    yield (image.array + noise) * shown * 2, "near_copy_in_a_case"


@pytest.mark.parametrize("voxel_mm", [2.0, 4.0])
def test_copies_are_told_where_no_pose_is_believed_and_true_pairs_are_not(voxel_mm):
    source = PhantomSource(cases=2, scanner=Scanner(voxel_mm=(voxel_mm,) * 3))
    for patient in plan_center("Q", source, 3):
        case = simulate_case("Q", patient, source, 3)
        images = {one: Volume.of(case[one].voxels.astype(np.float32), case[one].affine) for one in MODALITIES}
        assert doubts(images, dict.fromkeys(images, NOWHERE)) == set()
        for copy, rule in copies_of(images["t1"]):
            both = {"t1": images["t1"], "t1c": images["t1"].with_array(copy.astype(np.float32))}
            found = doubts(both, dict.fromkeys(both, NOWHERE))
            assert {(one, image) for _, one, image in found} == {(rule, "t1c")}
        if voxel_mm <= 2:  # in larger voxels there is anatomy, and next to no noise
            cubes = images["t1"].grid.isotropic(1.15 * voxel_mm)
            both = {"t1": images["t1"], "t1c": Volume(resample(images["t1"], cubes), cubes)}
            assert doubts(both, dict.fromkeys(both, NOWHERE)) == {("warning", "near_copy_in_a_case", "t1c")}


@pytest.mark.parametrize("name", REAL)
def test_real_modalities_are_no_copies_where_no_pose_is_believed(shared_data, name):
    paths = {one: shared_data / "real-mri" / name / f"{one}.nii.gz" for one in MODALITIES}
    images = {one: read_modality(path, name, one).volume for one, path in paths.items() if path.exists()}
    assert doubts(images, dict.fromkeys(images, NOWHERE)) == set()


def test_an_equal_image_is_an_error_even_where_no_head_is_found():
    noise = Volume.of(np.random.default_rng(0).random((30, 30, 30)).astype(np.float32), np.diag([3.0, 3.0, 3.0, 1.0]))
    poses = {"t1": find_pose(pooled(noise))}
    poses["t2"] = poses["t1"]
    assert doubts({"t1": noise, "t2": noise}, poses) == {("error", "same_voxels_twice_in_a_case", "t2")}

"""The outline's refinement: cuts worked out by hand, and heads whose brain is known and is not the atlas' own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gliomanet.errors import RegistrationError
from gliomanet.imaging.brain_extraction.refinement import refine_brain, signed_distance, smallest_surface
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.imaging.volume import Grid, Volume
from tests.imaging.conftest import dice

NOWHERE = np.zeros((9, 9, 9), bool)


def cut(cost: np.ndarray, weight: float, inside=NOWHERE, outside=NOWHERE) -> np.ndarray:
    start = np.full(cost.shape, 0.5, np.float32)
    weights = (weight, weight, weight)
    return smallest_surface(
        cost.astype(np.float32), weights, start=start, sure_inside=inside, sure_outside=outside, steps=300
    )


def test_without_a_surface_to_pay_for_each_voxel_goes_by_its_cost():
    cost = np.where(np.indices((9, 9, 9)).sum(axis=0) % 2, 1.0, -1.0)
    np.testing.assert_array_equal(cut(cost, 1e-6) > 0.5, cost < 0)


def test_a_lone_voxel_is_given_up_and_a_block_is_kept():
    cost = np.full((9, 9, 9), 1.0)
    cost[1:6, 1:6, 1:6] = -1.0
    cost[7, 7, 7] = -1.0  # worth 1, and its six faces cost more
    found = cut(cost, 0.5) > 0.5
    assert not found[7, 7, 7]
    assert found[2:5, 2:5, 2:5].all()
    assert not found[7:].any()


def test_sure_voxels_stay():
    inside, outside = NOWHERE.copy(), NOWHERE.copy()
    inside[4, 4, 4] = outside[0] = True
    found = cut(np.full((9, 9, 9), 5.0), 1.0, inside, outside)
    assert found[4, 4, 4] == 1
    assert not cut(np.full((9, 9, 9), -5.0), 0.1, inside, outside)[0].any()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 100))
def test_a_share_lies_between_0_and_1_and_falls_where_the_cost_grows(seed):
    cost = np.random.default_rng(seed).normal(0, 1, (9, 9, 9))
    found = cut(cost, 0.7)
    assert found.min() >= 0
    assert found.max() <= 1
    assert cut(cost + 0.5, 0.7).sum() <= found.sum() + 1


def test_signed_distance_is_in_mm_and_negative_inside():
    mask = np.zeros((9, 1, 1), bool)
    mask[3:6] = True
    np.testing.assert_allclose(signed_distance(mask, (2, 1, 1)).ravel(), [6, 4, 2, -2, -4, -2, 2, 4, 6])


def head(spacing: tuple[float, float, float]) -> tuple[list[Volume], np.ndarray]:
    """Two modalities of a brain 3 mm larger than the atlas' in front and 3 mm smaller behind, dark skull, bright scalp."""
    template, mask = atlas(2.0)
    pad = 12
    affine = template.grid.affine.copy()
    affine[:3, 3] -= pad * 2.0
    array, inside = np.pad(template.array, pad), np.pad(mask.array, pad) > 0
    distance = signed_distance(inside, (2, 2, 2))
    ahead = np.indices(array.shape)[1] / array.shape[1]
    brain = distance < np.where(ahead > 0.5, 3.0, -3.0)
    around = signed_distance(brain, (2, 2, 2))
    rng = np.random.default_rng(0)
    tissue = np.where(inside, array, 0.35)
    t1 = np.select([brain, around < 6, around < 14], [tissue, 0.05, 0.9], 0)
    t2 = np.select([brain, around < 6, around < 14], [1.1 - tissue, 0.05, 0.5], 0)
    volumes = []
    for image in (t1, t2):
        noisy = np.abs(ndimage.gaussian_filter(100 * image, 0.5) + rng.normal(0, 3, image.shape)).astype(np.float32)
        volumes.append(Volume.of(noisy, affine))
    step = tuple(round(mm / 2) for mm in spacing)
    thick = affine.copy()
    thick[:3, :3] *= step
    every = tuple(slice(None, None, n) for n in step)
    return [Volume.of(volume.array[every], thick) for volume in volumes], brain[every]


@pytest.mark.parametrize(("spacing", "least"), [((2, 2, 2), 0.97), ((2, 2, 6), 0.96)])
def test_the_outline_moves_to_the_edge_in_the_images(spacing, least):
    modalities, brain = head(spacing)
    template_mask = atlas(2.0)[1]
    outline = Volume.of(np.pad(template_mask.array, 12), modalities[0].grid.affine).array
    outline = outline[tuple(slice(None, None, round(mm / 2)) for mm in spacing)] > 0
    found = refine_brain(modalities, np.eye(4), seed=3)
    assert dice(found, brain) > least > dice(outline, brain) + 0.01
    assert ndimage.label(found)[1] == 1
    np.testing.assert_array_equal(found, ndimage.binary_fill_holes(found))
    np.testing.assert_array_equal(found, refine_brain(modalities, np.eye(4), seed=3))


def test_one_modality_is_enough_and_its_scale_says_nothing():
    modalities, brain = head((2, 2, 6))
    found = refine_brain(modalities[:1], np.eye(4), seed=3)
    assert dice(found, brain) > 0.95
    louder = modalities[0].with_array(modalities[0].array * 8)  # a power of two: no rounding
    np.testing.assert_array_equal(found, refine_brain([louder], np.eye(4), seed=3))


def test_a_stripped_image_keeps_its_brain():
    template, mask = atlas(2.0)
    pad = 12
    affine = template.grid.affine.copy()
    affine[:3, 3] -= pad * 2.0
    inside = np.pad(mask.array, pad) > 0
    image = Volume.of(np.where(inside, 100 * np.pad(template.array, pad) + 5, 0).astype(np.float32), affine)
    found = refine_brain([image], np.eye(4), seed=3)
    assert (found & inside).sum() / inside.sum() > 0.985


def test_an_atlas_outside_the_image_is_said():
    modalities, _ = head((2, 2, 6))
    away = np.eye(4)
    away[0, 3] = 1000
    with pytest.raises(
        RegistrationError, match="the atlas' brain lies outside the image: the registration .* has failed"
    ):
        refine_brain(modalities, away, seed=3)
    tight = Volume(np.ones((20, 20, 20), np.float32), Grid((20, 20, 20), np.diag([2.0, 2, 2, 1])))
    deep = np.eye(4)
    deep[:3, 3] = [-19, -37, -9]  # a cube of 38 mm around the brain's middle
    with pytest.raises(RegistrationError, match="surroundings lie outside the image"):
        refine_brain([tight], deep, seed=3)

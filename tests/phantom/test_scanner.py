import numpy as np
import pytest
from scipy import ndimage

from gliomanet.config.sources import PhantomSource, Scanner
from gliomanet.modalities import MODALITIES
from gliomanet.phantom.anatomy import SPACING_MM, draw_anatomy
from gliomanet.phantom.center import simulate_case
from gliomanet.phantom.patients import plan_center
from gliomanet.phantom.seeds import generator


def scan(index=1, **scanner):
    source = PhantomSource(cases=index, scanner=Scanner(**{"voxel_mm": (5, 5, 5), **scanner}))
    return simulate_case("A", plan_center("A", source, 1)[-1], source, 1)


def spacing(image):
    return np.linalg.norm(image.affine[:3, :3], axis=0)


@pytest.fixture(scope="module")
def stripped():
    return scan(voxel_mm=(2, 3, 4))


@pytest.fixture(scope="module")
def unstripped():
    return scan(voxel_mm=(2, 2, 3), skull=True, oblique_degrees=12)


def test_a_stripped_centre_has_one_grid_of_the_scanners_voxels(stripped):
    assert set(stripped) == {"t1", "t1c", "t2", "flair", "tumour_mask"}
    for image in stripped.values():
        assert spacing(image) == pytest.approx([2, 3, 4])
        assert np.array_equal(image.affine, stripped["t1c"].affine)
        assert image.voxels.shape == stripped["t1c"].voxels.shape
    assert stripped["t1c"].affine[:3, :3] == pytest.approx(np.diag([2, 3, 4]))


def test_the_background_of_a_stripped_image_is_zero_and_the_same_for_all(stripped):
    # Rician noise may round to 0 inside; the outline must agree all the same.
    outlines = [ndimage.binary_fill_holes(stripped[m].voxels > 0) for m in ("t1", "t1c", "t2", "flair")]
    for outline in outlines:
        assert (outline != outlines[0]).mean() < 0.001
        assert not outline[[0, -1]].any()
        assert not outline[:, [0, -1]].any()
        assert not outline[:, :, -1].any()
    assert stripped["t1"].voxels.dtype == np.int16
    assert 200 < np.median(stripped["t1"].voxels[outlines[0]]) < 500


@pytest.mark.parametrize("index", [1, 2, 3])
def test_the_background_is_exactly_zero_and_the_tumour_lies_inside_the_drawn_brain(index):
    source = PhantomSource(cases=index, scanner=Scanner(voxel_mm=(4, 4, 5), noise=0.1, oblique_degrees=10))
    patient = plan_center("A", source, 1)[-1]
    images = simulate_case("A", patient, source, 1)
    rng = generator(1, "A", index, "anatomy")
    anatomy = draw_anatomy(patient.location_mm, patient.appearance.mass_effect_mm, False, rng)
    voxels = np.stack(np.indices(images["t1c"].voxels.shape))
    mm = np.tensordot(images["t1c"].affine[:3, :3], voxels, 1) + images["t1c"].affine[:3, 3, None, None, None]
    where = (mm - anatomy.affine[:3, 3, None, None, None]) / SPACING_MM
    brain = ndimage.map_coordinates(anatomy.brain, where, order=1)
    for modality in MODALITIES:
        assert not images[modality].voxels[brain < 0.499].any(), modality
        assert (images[modality].voxels[brain > 0.501] > 0).mean() > 0.97, modality
    mask = images["tumour_mask"].voxels
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) <= {0, 1, 2, 4}
    assert (mask > 0).sum() > 50
    assert (brain[mask > 0] > 0.499).all()


def test_an_unstripped_centre_has_a_grid_a_modality_and_thicker_slices(unstripped):
    reference = unstripped["t1c"]
    assert np.array_equal(unstripped["tumour_mask"].affine, reference.affine)
    assert spacing(reference) == pytest.approx([2, 2, 3])
    for modality in ("t1", "t2", "flair"):
        assert not np.allclose(unstripped[modality].affine, reference.affine)
        assert 3 < spacing(unstripped[modality])[2] <= 6
    corner = unstripped["t1"].voxels[:4, :4, -4:]
    assert corner.min() >= 0
    assert 0 < corner.mean() < 60  # air: noise, not nothing


def test_oblique_grids_are_rotations(unstripped):
    for image in unstripped.values():
        axes = image.affine[:3, :3] / spacing(image)
        assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)
        assert np.linalg.det(axes) == pytest.approx(1)
        angle = np.rad2deg(np.arccos((np.trace(axes) - 1) / 2))
        assert 0.5 < angle < 25


def test_motion_moves_the_other_modalities_by_a_few_millimetres(unstripped):
    def middle(image):
        # a cap above the eyes, so that the grids' different lower ends do not count
        index = np.argwhere(image.voxels > 120)
        mm = index @ image.affine[:3, :3].T + image.affine[:3, 3]
        return mm[mm[:, 2] > 20].mean(0)

    shift = np.linalg.norm(middle(unstripped["t1"]) - middle(unstripped["t1c"]))
    assert shift < 12


def test_noise_bias_and_gain_do_what_their_names_say():
    clean = scan(noise=0, bias_field=0)["t1"].voxels.astype(float)
    noisy = scan(noise=0.1, bias_field=0)["t1"].voxels.astype(float)
    biased = scan(noise=0, bias_field=0.5)["t1"].voxels.astype(float)
    strong = scan(noise=0, bias_field=0, gain=2.0)["t1"].voxels.astype(float)
    brain = clean > 200
    assert np.std((noisy - clean)[brain]) == pytest.approx(0.1 * 400, rel=0.3)
    ratio = biased[brain] / clean[brain]
    assert 1.2 < ratio.max() / ratio.min() < np.e * 1.05
    units = np.median(clean[brain] ** 2 / np.maximum(strong[brain], 1))
    assert strong[brain] == pytest.approx(clean[brain] ** 2 / units, rel=0.02)

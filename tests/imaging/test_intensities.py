"""Intensities that no MR image has, planted in heads that have none of them."""

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from gliomanet.errors import CaseError
from gliomanet.imaging import intensities
from gliomanet.imaging.normalization import normalize
from gliomanet.imaging.reading import read_modality

SHAPE = (40, 44, 36)
AFFINE = np.diag([4.0, 4, 4, 1])
INDEX = np.indices(SHAPE)
DISTANCE = np.sqrt(sum(((INDEX[axis] - size / 2) / (0.4 * size)) ** 2 for axis, size in enumerate(SHAPE)))
INSIDE = DISTANCE < 1
PLACE = (20, 22, 18)


def brain(seed=0):
    """A stripped brain: smooth tissue from 300 to 1000, 0 around it."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), 2)
    tissue = 600 + 130 * noise / noise.std() + 15 * np.random.default_rng(seed + 1).normal(size=SHAPE)
    return np.where(INSIDE, np.clip(tissue, 200, 1100), 0).astype(np.float32)


def head(seed=0):
    """The brain in a bright rim, with noisy air around it."""
    rim = (DISTANCE >= 1) & (DISTANCE < 1.12)
    air = np.abs(np.random.default_rng(seed).normal(0, 8, SHAPE))
    return np.where(INSIDE, brain(seed), np.where(rim, 1400 + 40 * air, air)).astype(np.float32)


def wrapped(array, bits=16):
    """Brightest twentieth of the tissue beyond the largest signed integer, read as signed."""
    signed, unsigned = (np.int16, np.uint16) if bits == 16 else (np.int8, np.uint8)
    top = 2.0 ** (bits - 1)
    scaled = array / np.percentile(array[array > 0], 95) * top
    return np.clip(np.rint(scaled), 0, 2 * top - 1).astype(unsigned).view(signed)


def ct():
    rim = (DISTANCE >= 1) & (DISTANCE < 1.12)
    tissue = np.random.default_rng(0).normal(35, 12, SHAPE)
    return np.rint(np.where(INSIDE, tissue, np.where(rim, 1200, -1000))).astype(np.int16)


def with_values(array, count, value):
    changed = array.astype(np.float32)
    places = np.argwhere(INSIDE)
    changed[tuple(places[:: len(places) // count][:count].T)] = value
    return changed


def read(tmp_path, array, slope=None):
    image = nib.Nifti1Image(array, AFFINE)
    path = tmp_path / "t1c.nii"
    nib.save(image, path)
    if slope is not None:  # the integers as they are, with a scaling beside them
        whole = bytearray(path.read_bytes())
        whole[112:120] = np.array(slope, "<f4").tobytes()
        path.write_bytes(whole)
    return read_modality(path, "P-7", "t1c")


GOOD = {
    "brain": brain,
    "head": head,
    "z-scored around 0": lambda: np.where(INSIDE, (brain() - 600) / 130, 0).astype(np.float32),
    "z-scored with its background": lambda: ((brain() - 300) / 280).astype(np.float32),
    "unsigned 16 bit to its end": lambda: np.rint(brain() / brain().max() * 65535).astype(np.uint16),
    "8 bit to its end": lambda: np.rint(brain() / brain().max() * 255).astype(np.uint8),
    "a region painted in one value": lambda: np.where(DISTANCE < 0.4, 1500, brain()).astype(np.float32),
    "clipped at its 99.9th percentile": lambda: np.minimum(brain(), np.percentile(brain()[INSIDE], 99.9)),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_image_is_read_as_it_is_without_a_word(name, tmp_path):
    array = GOOD[name]().astype(np.float32)
    modality = read(tmp_path, GOOD[name]())
    np.testing.assert_array_equal(modality.volume.array, array - np.float32(modality.background))
    assert [note.rule for note in modality.notes if note.severity == "warning"] == []


def test_integers_that_a_scaling_spreads_over_their_whole_range_are_not_wrapped(tmp_path):
    image = nib.Nifti1Image(head(), AFFINE)
    image.set_data_dtype(np.int16)  # nibabel then stores values from -32768 to 32767, and a slope
    nib.save(image, tmp_path / "t1c.nii")
    read_array = read_modality(tmp_path / "t1c.nii", "P-7", "t1c").volume.array
    np.testing.assert_allclose(read_array, head(), atol=0.05)


FALSE = {
    "unsigned 16 bit as signed": (lambda: wrapped(brain()), None, "wrapped_integers"),
    "unsigned 16 bit as signed, a head": (lambda: wrapped(head()), None, "wrapped_integers"),
    "unsigned 16 bit as signed, kept as float": (lambda: wrapped(brain()).astype(np.float32), None, "wrapped_integers"),
    "unsigned 16 bit as signed, and scaled": (lambda: wrapped(brain()), (0.37, 12), "wrapped_integers"),
    "unsigned 8 bit as signed": (lambda: wrapped(brain(), bits=8), None, "wrapped_integers"),
    "negative of a brain": (lambda: brain().max() - brain(), None, "inverted_image"),
    "negative of a head": (lambda: head().max() - head(), None, "inverted_image"),
    "brain times -1": (lambda: -brain(), None, "inverted_image"),
    "CT": (ct, None, "ct_image"),
    "CT in a padded square": (lambda: np.where(INDEX[0] < 6, -2000, ct()).astype(np.int16), None, "ct_image"),
    "CT with 1024 added": (lambda: (ct() + 1024).astype(np.int16), None, "ct_image"),
    "CT with 1024 added and more bone": (lambda: np.where(ct() == 1200, 2500, ct() + 1024), None, "ct_image"),
}


@pytest.mark.parametrize("name", FALSE)
def test_intensities_that_cannot_be_put_right_are_an_error(name, tmp_path):
    make, slope, rule = FALSE[name]
    with pytest.raises(CaseError) as caught:
        read(tmp_path, make().astype(np.int16) if name.startswith("CT") else make(), slope)
    assert caught.value.problem.rule == rule
    assert caught.value.problem.action


@pytest.mark.parametrize(
    ("count", "value"), [(1, 1e6), (1, -1e6), (10, 60_000), (40, 1e30), (300, 20_000)], ids=lambda one: f"{one:g}"
)
def test_stray_voxels_are_brought_in_counted_and_placed(count, value, tmp_path):
    modality = read(tmp_path, with_values(brain(), count, value))
    (note,) = (note for note in modality.notes if note.severity == "warning")
    assert note.rule == "stray_voxels"
    assert f"{count} voxel" in note.text
    x, y, z = np.argwhere(with_values(brain(), count, value) == np.float32(value))[0] * 4
    assert f"({x}, {y}, {z})" in note.text
    array = modality.volume.array
    assert brain().min() <= array.min()
    assert array.max() <= brain().max()
    assert np.corrcoef(array[INSIDE], brain()[INSIDE])[0, 1] > (0.98 if count < 100 else 0.9)


LOST = {
    "cut at the 60th percentile": (
        lambda: np.minimum(brain(), np.percentile(brain()[INSIDE], 60)),
        "saturated_image",
        "40.0%",
    ),
    "12 bit and too bright": (
        lambda: np.minimum(np.rint(brain() * 5), 4095).astype(np.int16),
        "saturated_image",
        "4095",
    ),
    "window of a picture": (
        lambda: np.clip((brain() - 560) / (brain().max() - 560) * 255, 0, 255).astype(np.uint8),
        "saturated_image",
        "256 grey values",
    ),
    "two axial slices lost": (lambda: np.where(np.isin(INDEX[2], (17, 18)), 0, brain()), "empty_slices", "2 axial"),
    "a sagittal slice of one value": (lambda: np.where(INDEX[0] == 20, 500, brain()), "empty_slices", "1 sagittal"),
    "one voxel in twenty too bright": (
        lambda: np.where(INSIDE & (INDEX.sum(axis=0) % 20 == 0), 1e6, brain()),
        "squeezed_intensities",
        "nine of ten",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_intensities_that_were_lost_are_a_warning(name, tmp_path):
    make, rule, part = LOST[name]
    array = make()
    modality = read(tmp_path, array if array.dtype.kind != "f" else array.astype(np.float32))
    (note,) = (note for note in modality.notes if note.severity == "warning")
    assert note.rule == rule
    assert part in note.text


@pytest.mark.parametrize("how", ["zscore", "whitestripe"])
def test_single_voxels_do_not_rule_the_scale_of_a_brain(how):
    expected = normalize(brain(), INSIDE, how, "t1")
    assert expected.flag is None
    stray = brain()
    stray[PLACE] = 1e6
    found = normalize(stray, INSIDE, how, "t1")
    others = INSIDE.copy()
    others[PLACE] = False
    np.testing.assert_allclose(found.array[others], expected.array[others], atol=0.02)
    assert found.array[PLACE] == found.array[others].max()
    assert found.flag is not None
    assert "1 voxel" in found.flag


def test_the_z_score_of_a_good_brain_is_the_plain_one():
    values = brain()[INSIDE].astype(np.float64)
    plain = ((values - values.mean()) / values.std()).astype(np.float32)
    np.testing.assert_allclose(normalize(brain(), INSIDE, "zscore", "t1").array[INSIDE], plain, rtol=0, atol=1e-6)


def test_bounds_of_equal_values_are_none():
    assert intensities.bounds_of(np.ones(100)) is None
    assert intensities.bounds_of(np.empty(0)) is None

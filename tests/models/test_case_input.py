from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.errors import CaseError
from gliomanet.models.case_input import brain_intensities, crop_or_pad, load_case, network_input
from gliomanet.models.nyul import CommonHistogram

GRID = (34, 32, 30)
UNUSABLE: dict[str, tuple[dict[str, np.ndarray], str, str]] = {
    "no modality of the model": ({"flair": np.ones(GRID, np.float32)}, "", "no_modality_of_the_model"),
    "two grids": (
        {"t1c": np.ones(GRID, np.float32), "brain_mask": np.ones((9, 9, 9), np.uint8)},
        "brain_mask.nii.gz",
        "grids_differ",
    ),
    "four axes": ({"t1c": np.ones((*GRID, 2), np.float32)}, "t1c.nii.gz", "not_three_dimensional"),
    "not finite": ({"t1c": np.full(GRID, np.nan, np.float32)}, "t1c.nii.gz", "not_finite"),
}
"""Volumes of a case, the file that is wrong, and the rule."""
sizes = st.tuples(*[st.integers(1, 9)] * 3)


def save(folder: Path, name: str, data: np.ndarray, spacing: float = 2.0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(data, np.diag([spacing] * 3 + [1])), folder / f"{name}.nii.gz")


def case(folder: Path, **volumes: np.ndarray) -> Path:
    for name, data in volumes.items():
        save(folder, name, data)
    return folder


def load(folder: Path, *, tumour: bool = True):
    return load_case("p1", folder, ("t1c", "t2"), (32, 32, 32), tumour=tumour)


@pytest.mark.parametrize(
    ("length", "target", "expected"),
    [(5, 3, [2, 3, 4]), (5, 2, [2, 3]), (3, 5, [0, 1, 2, 3, 0]), (3, 4, [1, 2, 3, 0]), (3, 3, [1, 2, 3])],
)
def test_crop_and_pad_keep_the_centre(length, target, expected):
    array = np.arange(1, length + 1)[:, None, None]
    assert crop_or_pad(array, (target, 1, 1)).ravel().tolist() == expected


@given(sizes, sizes)
def test_padding_then_cropping_gives_the_array_back(shape, more):
    array = np.random.default_rng(0).normal(size=(2, *shape))
    larger = tuple(a + 2 * b for a, b in zip(shape, more, strict=True))
    np.testing.assert_array_equal(crop_or_pad(crop_or_pad(array, larger), shape), array)


def test_too_few_axes_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 3\) has fewer axes than the target \(2, 2, 2\)"):
        crop_or_pad(np.ones((3, 3)), (2, 2, 2))


def test_a_case_is_read_in_the_models_order_and_absent_modalities_are_zero(tmp_path):
    brain = np.ones(GRID, np.uint8)
    tumour = np.zeros(GRID, np.uint8)
    tumour[17, 16, 15] = 4
    found = load(case(tmp_path, t2=np.full(GRID, 2, np.float32), brain_mask=brain, tumour_mask=tumour))
    assert found.available.tolist() == [False, True]
    assert found.image.shape == (2, 32, 32, 32)
    assert found.image.dtype == np.float16
    assert not found.image[0].any()
    assert found.image[1, :, :, 1:31].min() == 2
    assert np.argwhere(found.tumour).tolist() == [[16, 16, 16]]
    assert (found.grid, found.spacing_mm) == (GRID, (2.0, 2.0, 2.0))


def test_without_brain_mask_the_brain_is_where_the_image_is_not_zero(tmp_path):
    image = np.zeros(GRID, np.float32)
    image[10:20, 10:20, 10:20] = -1
    assert load(case(tmp_path, t1c=image)).brain.sum() == 1000


HISTOGRAM = CommonHistogram((0.0, 50.0, 100.0), (-1.0, 0.0, 4.0))


def test_intensities_inside_the_brain_are_mapped_and_0_outside(tmp_path):
    brain = np.zeros(GRID, np.uint8)
    brain[10:20, 10:20, 10:20] = 1
    image = np.full(GRID, 99, np.float32)  # outside, and no landmark
    image[brain > 0] = np.linspace(0, 20, 1000) ** 3
    folder = case(tmp_path, t2=image, brain_mask=brain)
    found = load_case(
        "p1", folder, ("t1c", "t2"), (32, 32, 32), tumour=False, histograms={"t1c": HISTOGRAM, "t2": HISTOGRAM}
    )
    inside = found.image[1][found.brain].astype(float)
    assert (inside.min(), inside.max()) == (-1.0, 4.0)
    assert np.median(inside) == pytest.approx(0, abs=1e-2)
    assert not found.image[1][~found.brain].any()
    assert not found.image[0].any()
    assert found.available.tolist() == [False, True]
    assert brain_intensities("p1", folder, ("t1c", "t2"))["t2"].max() == 8000


def test_what_cannot_be_mapped_names_case_and_file(tmp_path):
    folder = case(tmp_path, t1c=np.ones(GRID, np.float32))
    with pytest.raises(CaseError) as caught:
        load_case("p1", folder, ("t1c",), (32, 32, 32), tumour=False, histograms={"t1c": HISTOGRAM})
    problem = caught.value.problem
    assert (problem.rule, problem.case, problem.file) == ("no_common_histogram", "p1", str(folder / "t1c.nii.gz"))


@pytest.mark.parametrize("mask", [None, np.zeros(GRID, np.uint8)], ids=["absent", "empty"])
def test_a_tumour_mask_that_says_nothing_is_none(tmp_path, mask):
    volumes = {"t1c": np.ones(GRID, np.float32)} | ({} if mask is None else {"tumour_mask": mask})
    assert load(case(tmp_path, **volumes)).tumour is None


def test_prediction_reads_no_tumour_mask(tmp_path):
    folder = case(tmp_path, t1c=np.ones(GRID, np.float32), tumour_mask=np.ones(GRID, np.uint8))
    assert load(folder, tumour=False).tumour is None


def test_network_input_is_the_masked_image_and_the_brain(tmp_path):
    brain = np.zeros(GRID, np.uint8)
    brain[10:20, 10:20, 10:20] = 1
    x, available = network_input(load(case(tmp_path, t1c=np.ones(GRID, np.float32), brain_mask=brain)))
    assert x.shape == (1, 3, 32, 32, 32)
    assert x.dtype == torch.float32
    torch.testing.assert_close(x[:, 0], x[:, 2])
    assert x[:, 2].sum() == 1000
    assert available.tolist() == [[True, False]]


@pytest.mark.parametrize("defect", UNUSABLE)
def test_what_cannot_be_read_names_case_and_file(defect, tmp_path):
    volumes, file, rule = UNUSABLE[defect]
    folder = case(tmp_path / "p1", **volumes)
    with pytest.raises(CaseError) as caught:
        load(folder)
    problem = caught.value.problem
    assert (problem.rule, problem.case, problem.file) == (rule, "p1", str(folder / file) if file else "")
    assert file or str(folder) in problem.found

"""Two passes: a network finds the tumour in the whole grid, and decides on the crop around what it found."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
import torch
from torch import nn

from gliomanet.networks.outputs import WHOLE_TUMOUR, Outputs
from gliomanet.prediction.image import ImageModel, looked_at
from gliomanet.prediction.segmentation import segment_case

GRID, SHAPE = (40, 36, 32), (16, 16, 16)


class Finder(nn.Module):
    """Segments what is brighter than a threshold, and keeps what it saw."""

    REGIONS = WHOLE_TUMOUR
    PROMPT_CHANNELS = 0

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold, self.weight, self.drop = threshold, nn.Parameter(torch.zeros(())), nn.Dropout(0.99)
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor, available: torch.Tensor, *, segment: bool = True) -> Outputs:
        self.seen.append(x)
        return Outputs({}, {}, segmentation=self.drop(100 * (x[:, :1] - self.threshold)))


def model(threshold: float = 3.0, crop_from: str = "segmentation") -> ImageModel:
    return ImageModel(
        Finder(threshold).eval(), ("t1c", "t2"), (), "tumour", crop_from, SHAPE, {}, 0.0, GRID, (2.0, 2.0, 2.0), None
    )


@pytest.fixture
def folder(tmp_path):
    """A head with a bright tumour far from its centre, which T1c alone shows."""
    image = np.random.default_rng(0).uniform(0.5, 1, GRID).astype(np.float32)
    tumour = np.zeros(GRID, np.uint8)
    tumour[28:36, 4:12, 20:28] = 4
    for name, array in (
        ("t1c", image + 9 * (tumour > 0)),
        ("t2", image),
        ("tumour_mask", tumour),
        ("brain_mask", np.ones(GRID, np.uint8)),
    ):
        nib.save(nib.Nifti1Image(array, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / f"{name}.nii.gz")
    return tmp_path


@pytest.mark.parametrize("crop_from", ["segmentation", "mask"])
def test_the_network_decides_on_the_crop_around_the_tumour(folder, crop_from):
    case = looked_at(model(crop_from=crop_from), "p", folder, threads=1)
    assert case.image.shape == (2, *SHAPE)
    assert (case.image[0] > 3).sum() == 8**3, "all of the tumour is in it"
    assert abs(np.argwhere(case.image[0] > 3).mean(axis=0) - 7.5).max() <= 4, "and near its middle, or the grid's end"


def test_where_nothing_is_found_the_central_crop_is_taken_aloud(folder, capsys):
    case = looked_at(model(threshold=99.0), "p", folder, threads=1)
    assert "case p: the first pass finds no tumour" in capsys.readouterr().out
    assert (case.image[0] > 3).sum() < 8**3


def test_the_first_pass_draws_nothing_and_leaves_the_network_as_it_was(folder):
    finder = model()
    finder.network.drop.train()
    case = looked_at(finder, "p", folder, threads=1)
    assert (case.image[0] > 3).sum() == 8**3
    assert (finder.network.drop.training, finder.network.training) == (True, False)


def test_modalities_that_are_not_looked_at_do_not_find_it(folder, capsys):
    """The tumour is to be seen in T1c alone."""
    case = looked_at(model(), "p", folder, only=["t2"], threads=1)
    assert "finds no tumour" in capsys.readouterr().out
    assert case.available.tolist() == [False, True]
    assert not case.image[0].any()


@pytest.mark.parametrize("crop_from", ["segmentation", "mask"])
def test_a_segmentation_is_the_crops_on_the_whole_grid(folder, crop_from):
    found = segment_case([model(crop_from=crop_from)], "p", folder)
    np.testing.assert_array_equal(found.codes > 0, found.reference > 0)
    assert found.codes.shape == GRID


def test_a_segmentation_without_the_mask_that_places_it_is_made_aloud(folder, capsys):
    (folder / "tumour_mask.nii.gz").unlink()
    found = segment_case([model(crop_from="mask")], "p", folder)
    assert found.reference is None
    assert "case p: no tumour mask to crop around; its central crop is taken" in capsys.readouterr().out

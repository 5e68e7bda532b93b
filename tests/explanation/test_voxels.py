"""Integrated gradients by voxel: exact where the answer is known by hand, and adding up where a network answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from gliomanet.explanation.voxels import attribute, blurred, path
from gliomanet.files.nifti import write_nifti
from gliomanet.models.case_input import load_case
from gliomanet.networks import build
from gliomanet.networks.image_network import ImageNetwork
from gliomanet.networks.outputs import TaskOutputs
from gliomanet.prediction.image import ImageModel

GRID, WINDOW = (13, 12, 11), (6, 6, 6)


class Weighted(ImageNetwork):
    """The evidence is a power of a weighted sum of the voxels."""

    NAME, PRESETS = "weighted", {"one": None}

    def __init__(self, shape, power=1):
        super().__init__(n_modalities=2, tasks={"idh": 2}, preset="one", dropout=0.0)
        self.deep_feature_size, self.power = 1, power
        draws = torch.Generator().manual_seed(0)
        self.weight = nn.Parameter(torch.randn(2, *shape, generator=draws) / 10)

    def forward(self, x, available, *, segment=True):
        total = (x * self.weight).sum(dim=(1, 2, 3, 4))[:, None] ** self.power
        return TaskOutputs({"idh": torch.cat([-total, total], 1)}, {"idh": total})

    def last_layers(self):
        return None


def model(network, shape=GRID, **how) -> ImageModel:
    how = {"crop": "centre", "crop_from": None} | how
    rest = {"classes": {"idh": ("wildtype", "mutant")}, "dropout": 0.0, "grid": GRID, "spacing_mm": (5.0,) * 3}
    return ImageModel(network.eval(), ("t1c", "flair"), (), shape=shape, histograms=None, **rest, **how)


@pytest.fixture
def case(tmp_path):
    rng, affine = np.random.default_rng(1), np.diag([5.0, 5, 5, 1])
    brain, tumour = np.zeros(GRID, np.uint8), np.zeros(GRID, np.uint8)
    brain[2:12, 1:11, 1:10], tumour[8:11, 2:5, 2:5] = 1, 4
    for name in ("t1c", "flair"):
        write_nifti((rng.normal(size=GRID) * brain).astype(np.float32), affine, tmp_path / f"{name}.nii.gz")
    write_nifti(brain, affine, tmp_path / "brain_mask.nii.gz")
    write_nifti(tumour, affine, tmp_path / "tumour_mask.nii.gz")
    return pd.DataFrame([{"case_id": "p", "folder": str(tmp_path)}])


def away_of(case) -> np.ndarray:
    whole = load_case("p", Path(case["folder"].iloc[0]), ("t1c", "flair"), GRID, tumour=False)
    return whole.image.astype(np.float32) * whole.brain - blurred(whole)


def test_the_path_integrates_what_a_polynomial_is():
    assert sum(weight for _, weight in path(16)) == pytest.approx(1)
    assert sum(weight * share**5 for share, weight in path(3)) == pytest.approx(1 / 6)


def test_a_linear_answer_is_attributed_exactly(case):
    network = Weighted(GRID)
    found = attribute(model(network), case, {"idh": "mutant", "grade": "4"}, threads=1, steps=2)
    assert list(found) == ["idh"]
    by_hand = 2 * network.weight.detach().numpy() * away_of(case)  # of two classes that answer ∓ the sum
    np.testing.assert_allclose(found["idh"].by_voxel, by_hand.sum(axis=0), atol=1e-5)
    assert found["idh"].by_channel["flair"] == pytest.approx(by_hand[1].sum(), abs=1e-4)
    assert found["idh"].by_voxel.sum() == pytest.approx(found["idh"].output - found["idh"].base, abs=1e-4)
    other = attribute(model(network), case, {"idh": "wildtype"}, threads=1, steps=2)
    np.testing.assert_allclose(other["idh"].by_voxel, -found["idh"].by_voxel, atol=1e-6)


def test_a_curved_answer_adds_up(case):
    found = attribute(model(Weighted(GRID, power=3)), case, {"idh": "mutant"}, threads=1, steps=2)["idh"]
    assert found.by_voxel.sum() == pytest.approx(found.output - found.base, abs=1e-4)


@pytest.mark.parametrize(("crop", "start"), [("centre", (3, 3, 2)), ("tumour", (7, 1, 1))])
def test_a_map_lies_where_the_network_looked(case, crop, start):
    network = Weighted(WINDOW)
    how = {"crop": crop, "crop_from": "mask" if crop == "tumour" else None}
    found = attribute(model(network, WINDOW, **how), case, {"idh": "mutant"}, threads=1, steps=2)["idh"]
    window = tuple(slice(low, low + size) for low, size in zip(start, WINDOW, strict=True))
    outside = found.by_voxel.copy()
    outside[window] = 0
    assert not outside.any()
    assert found.by_voxel[window].any()
    assert found.by_voxel.sum() == pytest.approx(found.output - found.base, abs=1e-4)


def test_a_network_that_crops_by_itself_adds_up_since_its_crop_stays(case):
    torch.manual_seed(0)
    how = {"tasks": {"idh": 2}, "segmentation": True, "preset": "tiny", "dropout": 0.0, "crop": 16}
    network = build("gmmas", n_modalities=2, **how)
    found = attribute(model(network, (32, 32, 32)), case, {"idh": "mutant"}, threads=1, steps=8)["idh"]
    gap = found.by_voxel.sum() - (found.output - found.base)
    assert abs(gap) < 0.02 * np.abs(found.by_voxel).sum()

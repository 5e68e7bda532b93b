import pytest
import torch

from gliomanet.training.recipes.cmtlnet import non_tumour_samples, tumour_samples


@pytest.fixture
def volumes():
    image = torch.arange(1.0, 65).reshape(1, 1, 4, 4, 4).repeat(3, 1, 1, 1, 1)
    brain = torch.ones(3, 1, 4, 4, 4)
    brain[:, :, 0] = 0
    tumour = torch.zeros(3, 1, 4, 4, 4)
    tumour[:, :, 2, 2, 2] = 1
    return image, brain, tumour


def test_the_three_tumour_samples(volumes):
    image, brain, tumour = volumes
    x = tumour_samples(image, brain, tumour, torch.tensor([0, 1, 2]))
    for case, (region, mask) in enumerate([(brain, brain), (brain, tumour), (tumour, brain)]):
        torch.testing.assert_close(x[case], torch.cat([image * region, mask], dim=1)[case])


def test_the_two_non_tumour_samples(volumes):
    image, brain, tumour = volumes
    rest = brain - tumour
    x = non_tumour_samples(image, brain, tumour, torch.tensor([0, 1, 1]))
    for case, (region, mask) in enumerate([(rest, brain), (brain, rest), (brain, rest)]):
        torch.testing.assert_close(x[case], torch.cat([image * region, mask], dim=1)[case])


def test_a_tumour_outside_the_brain_is_no_negative_mask(volumes):
    image, brain, _ = volumes
    x = non_tumour_samples(image, brain, torch.ones_like(brain), torch.tensor([1, 1, 1]))
    assert x[:, -1].min() == 0


@pytest.mark.parametrize("choice", [0, 1, 2])
def test_an_empty_mask_leaves_the_brain_only(volumes, choice):
    image, brain, tumour = volumes
    x = tumour_samples(image, brain, torch.zeros_like(tumour), torch.tensor([choice] * 3))
    torch.testing.assert_close(x, torch.cat([image * brain, brain], dim=1))

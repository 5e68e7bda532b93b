import pytest
import torch

from gliomanet.learning.augmentation import Augmentation, affine_matrices, augment

STILL = Augmentation(degrees=0, shift=0, scale=0, gain=0, offset=0, noise=0)


@pytest.fixture
def batch():
    draws = torch.Generator().manual_seed(0)
    brain = torch.zeros(4, 1, 12, 16, 10)
    brain[:, :, 2:10, 3:13, 2:8] = 1
    tumour = torch.zeros_like(brain)
    tumour[:, :, 3:6, 4:8, 3:6] = 1
    image = torch.randn(4, 2, 12, 16, 10, generator=draws) * brain
    image[0, 1] = 0
    return image, torch.cat([brain, tumour], dim=1)


def test_the_same_seed_gives_the_same_batch_and_another_another(batch):
    first, again, other = (augment(*batch, seed)[0] for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_absent_contrasts_and_the_outside_stay_zero(batch):
    image, masks = augment(*batch, 3)
    assert not image[0, 1].any()
    assert not (image * (1 - masks[:, :1])).any()
    assert set(masks.unique().tolist()) <= {0.0, 1.0}


def test_without_amounts_a_case_is_itself_or_its_mirror_image(batch):
    image, masks = augment(*batch, 1, STILL)
    flipped = 0
    for case in range(4):
        mirrored = not torch.allclose(image[case], batch[0][case], atol=1e-5)
        flipped += mirrored
        wanted, wanted_masks = (t[case].flip(1) if mirrored else t[case] for t in batch)
        torch.testing.assert_close(image[case], wanted, atol=1e-5, rtol=0)
        assert torch.equal(masks[case], wanted_masks)
    assert 0 < flipped < 4


def test_a_turn_keeps_lengths_in_voxels_whatever_the_axes_lengths():
    size = (12, 16, 10)
    turn = Augmentation(degrees=40, shift=0, scale=0)
    theta = affine_matrices(8, size, torch.Generator().manual_seed(0), turn)[:, :, :3]
    extent = torch.tensor([10.0, 16.0, 12.0])
    in_voxels = theta * extent[None, :, None] / extent[None, None, :]
    torch.testing.assert_close(in_voxels @ in_voxels.transpose(1, 2), torch.eye(3).repeat(8, 1, 1), atol=1e-5, rtol=0)


def test_amounts_stay_inside_their_limits():
    shift = affine_matrices(50, (8, 8, 8), torch.Generator().manual_seed(0), Augmentation(shift=0.05))[:, :, 3]
    assert 0.03 < shift.abs().max() <= 0.05

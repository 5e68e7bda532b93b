import pytest
import torch

from gliomanet.training.data.augmentation import Augmentation, affine_matrices, augment, bend_contrast, thick_slices

STILL = Augmentation(degrees=0, shift=0, scale=0, gain=0, offset=0, bend=0, slices=1, noise=0)


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


def test_absent_modalities_and_the_outside_stay_zero(batch):
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


def test_a_power_of_one_gives_back_a_z_scored_image_and_others_keep_its_order():
    draws = torch.Generator().manual_seed(1)
    brain = torch.zeros(6, 6, 6)
    brain[1:5, 1:5, 1:5] = 1
    image = torch.randn(2, 6, 6, 6, generator=draws)
    inside = image[:, brain > 0]
    image[:, brain > 0] = (inside - inside.mean(1, keepdim=True)) / inside.std(1, keepdim=True)
    image = image * brain
    assert torch.allclose(bend_contrast(image, brain, torch.ones(2)), image, atol=1e-5)
    bent = bend_contrast(image, brain, torch.tensor([0.6, 1.6]))
    for before, after in zip(image[:, brain > 0], bent[:, brain > 0], strict=True):
        assert torch.equal(before.argsort(), after.argsort())
        assert abs(float(after.mean())) < 1e-5
        assert float(after.std()) == pytest.approx(1, abs=1e-4)
    assert not (bent * (1 - brain)).any()


def test_an_absent_modality_cannot_be_bent():
    brain = torch.ones(4, 4, 4)
    assert not bend_contrast(torch.zeros(1, 4, 4, 4), brain, torch.tensor([1.5])).any()


def test_thick_slices_average_pairs_of_voxels_along_one_axis():
    image = torch.arange(5.0)[None, :, None, None].expand(1, 5, 2, 2)
    assert thick_slices(image, 1, 2)[0, :, 0, 0].tolist() == [0.5, 0.5, 2.5, 2.5, 4.0]
    assert torch.equal(thick_slices(image, 2, 2), image)


def test_ratio_maps_move_with_the_case_and_keep_their_values(batch):
    """A map of ones inside the brain stays one, whatever happens to the modalities' intensities."""
    image, masks = batch
    whole = torch.cat([image, masks[:, :1]], dim=1)
    seen, moved = augment(whole, masks, 5, Augmentation(degrees=0, scale=0, shift=0, slices=1), ratio_maps=1)
    assert torch.equal(seen[:, 2], moved[:, 0])
    assert not torch.equal(seen[:, :2], whole[:, :2])

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gliomanet.networks.blocks.head_net import HeadMaps, HeadNet
from gliomanet.networks.gmmas import GMMAS, PRESETS

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}


def network(*, seed=0, **changes) -> GMMAS:
    arguments = {"n_modalities": 2, "tasks": TASKS, "segmentation": True, "preset": "tiny"}
    torch.manual_seed(seed)
    return GMMAS(**(arguments | changes))


def batch(n, *, n_modalities=2, shape=(32, 32, 32), seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, n_modalities, *shape, generator=generator), torch.ones(n, n_modalities, dtype=torch.bool)


def millions(*modules: nn.Module) -> float:
    return sum(p.numel() for module in modules for p in module.parameters()) / 1e6


# ------------------------------------------------------------------------------------------------ shapes


@pytest.mark.parametrize(
    ("n_modalities", "tasks", "segmentation", "shape", "crop"),
    [
        (4, TASKS, True, (32, 32, 32), None),
        (1, {"idh": 2}, True, (64, 32, 64), None),  # cropped to (48, 32, 48)
        (2, {"type": 4, "mgmt": 2}, False, (64, 32, 32), 16),
        (3, {}, True, (32, 64, 32), 24),
    ],
)
def test_shapes(n_modalities, tasks, segmentation, shape, crop):
    net = network(n_modalities=n_modalities, tasks=tasks, segmentation=segmentation, crop=crop).eval()
    with torch.no_grad():
        outputs = net(*batch(2, n_modalities=n_modalities, shape=shape))
    assert {t: v.shape for t, v in outputs.logits.items()} == {t: (2, k) for t, k in tasks.items()}
    assert {t: v.shape for t, v in outputs.features.items()} == dict.fromkeys(tasks, (2, net.deep_feature_size))
    half = tuple(size // 2 for size in shape)
    assert (outputs.segmentation.shape if segmentation else outputs.segmentation) == (
        (2, 3, *shape) if segmentation else None
    )
    assert (outputs.coarse.shape if segmentation else outputs.coarse) == ((2, 3, *half) if segmentation else None)
    assert outputs.corners.shape == (2, 3)
    assert outputs.corners.dtype == torch.int64
    assert outputs.shares.shape == (2, n_modalities)
    assert not outputs.shares.requires_grad


@pytest.mark.parametrize("preset", ["paper", "slim"])
def test_large_presets_take_the_papers_volume(preset):
    centres = torch.tensor([[80.0, 90.0, 70.0]])
    with torch.device("meta"):
        net = network(n_modalities=4, preset=preset).eval()
        x, available = torch.empty(1, 4, 160, 192, 160), torch.ones(1, 4, dtype=torch.bool)
        outputs = net(x, available, centres=centres)
        levels, deep = net.encoder(torch.empty(1, PRESETS[preset].encoder.channels[0], 128, 128, 128))
    assert outputs.segmentation.shape == (1, 3, 160, 192, 160)
    assert outputs.corners.tolist() == [[16, 26, 6]]
    assert levels[-1].shape == (1, 128, 16, 16, 16)
    assert deep.shape == (1, PRESETS[preset].encoder.tokens, 16, 16, 16)


# -------------------------------------------------------------------------------------------------- size


def test_paper_preset_has_the_papers_parameter_counts():
    with torch.device("meta"):
        net = network(n_modalities=4, tasks={"idh": 2, "codel_1p19q": 2, "grade": 2, "mgmt": 2}, preset="paper")
    assert millions(net.head) == pytest.approx(13.2, rel=0.01)
    assert millions(net.stem, net.encoder, net.fusion) == pytest.approx(33.3, rel=0.01)
    assert millions(net.decoder) == pytest.approx(3.7, rel=0.01)
    assert millions(net.classifier) == pytest.approx(18.1, rel=0.01)
    assert millions(net) == pytest.approx(68.2, rel=0.01)


@pytest.mark.parametrize(("preset", "least", "most"), [("slim", 12, 18), ("tiny", 0.3, 1)])
def test_smaller_presets_are_smaller(preset, least, most):
    with torch.device("meta"):
        assert least < millions(network(preset=preset)) < most


# -------------------------------------------------------------------------------------------------- crop


def with_coarse_tumour(net, at, *, shape, side=4):
    """Make the head net see a cube of tumour around these voxels of its grid, one a case, and nothing else."""
    real = net.head.forward

    def planted(x, available):
        maps = real(x, available)
        coarse = torch.full_like(maps.coarse, -5)
        for case, (d, h, w) in enumerate(at):
            coarse[case, 1, d : d + side, h : h + side, w : w + side] = 5
        return HeadMaps(coarse=coarse, middle=maps.middle, decoded=maps.decoded)

    net.head.forward = planted
    return batch(len(at), shape=shape)


def test_the_crop_lies_around_the_coarse_tumour_and_inside_the_volume():
    net = network(crop=32).eval()
    # the planted cubes' centres in the volume: (32, 40, 28) and (4, 60, 4), as edges between voxels
    x, available = with_coarse_tumour(net, [(14, 18, 12), (0, 28, 0)], shape=(64, 64, 64))
    with torch.no_grad():
        assert net(x, available).corners.tolist() == [[16, 24, 12], [0, 32, 0]]


def test_without_any_coarse_tumour_the_crop_is_the_middle():
    net = network(crop=32).eval()
    nn.init.zeros_(net.head.logits[-1].weight)
    nn.init.constant_(net.head.logits[-1].bias, -1)
    x, available = batch(2, shape=(64, 32, 96))
    with torch.no_grad():
        assert net(x, available).corners.tolist() == [[16, 0, 32]] * 2
        assert network(crop=32, segmentation=False).eval()(x, available).corners.tolist() == [[16, 0, 32]] * 2


def test_the_segmentation_is_the_decoders_inside_and_the_head_nets_outside():
    net = network(crop=32).eval()
    x, available = batch(2, shape=(64, 64, 64))
    with torch.no_grad():
        outputs = net(x, available, centres=torch.tensor([[0.0, 20.0, 63.0], [31.5, 31.5, 31.5]]))
    assert outputs.corners.tolist() == [[0, 4, 32], [16, 16, 16]]
    enlarged = F.interpolate(outputs.coarse, scale_factor=2, mode="trilinear", align_corners=False)
    differs = (outputs.segmentation != enlarged).any(dim=1)
    expected = torch.zeros_like(differs)
    expected[0, :32, 4:36, 32:] = expected[1, 16:48, 16:48, 16:48] = True
    assert torch.equal(differs, expected)


def test_outside_the_crop_only_the_head_net_looks():
    net = network(crop=32).eval()
    x, available = batch(1, shape=(64, 64, 64))
    centres = torch.tensor([[15.0, 15.0, 15.0]])
    nn.init.zeros_(net.fusion.merge.weight)  # the head net's way to the classifier
    other = x.clone()
    other[..., 40:] = 3
    with torch.no_grad():
        assert torch.equal(
            net(x, available, centres=centres).logits["idh"], net(other, available, centres=centres).logits["idh"]
        )


def test_a_moved_volume_gives_the_moved_answer():
    """Head net aside, what is seen does not depend on where in the volume the crop lies."""
    net = network(crop=32).eval()
    nn.init.zeros_(net.fusion.merge.weight)
    x, available = batch(1, shape=(64, 64, 64))
    moved = x.roll((8, -5), dims=(2, 4))
    with torch.no_grad():
        first = net(x, available, centres=torch.tensor([[30.0, 31.0, 32.0]]))
        second = net(moved, available, centres=torch.tensor([[38.0, 31.0, 27.0]]))
    assert torch.equal(first.logits["grade"], second.logits["grade"])


def test_another_crop_than_the_presets_interpolates_the_positions():
    net = network(crop=32).eval()
    assert net.encoder.transformer.positions.shape[2:] == (6, 6, 6)
    with torch.no_grad():
        assert torch.isfinite(net(*batch(1)).logits["idh"]).all()


# ---------------------------------------------------------------------------------------------- head net


def test_the_head_net_can_be_trained_alone():
    net = network().train()
    x, available = batch(2)
    available[0, 0] = False
    coarse = net.coarse_outputs(x, available)
    assert coarse.shape == (2, 3, 16, 16, 16)
    coarse.square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.head.parameters())
    assert all(p.grad is None for name, p in net.named_parameters() if not name.startswith("head."))


def test_a_frozen_head_net_is_bit_equal_after_training_steps():
    net = network().train()
    net.freeze_head()
    x, available = batch(2)
    before = copy.deepcopy(net.state_dict())
    optimiser = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=0.01)
    for _ in range(2):
        optimiser.zero_grad()
        outputs = net(x, available)
        (outputs.logits["idh"].sum() + outputs.segmentation.sum()).backward()
        optimiser.step()
    changed = {name for name, value in net.state_dict().items() if not torch.equal(before[name], value)}
    assert changed
    assert not [name for name in changed if name.startswith("head.")]
    assert not outputs.coarse.requires_grad


def test_a_head_net_without_regions_is_an_encoder():
    with torch.device("meta"):
        head = HeadNet(2, channels=(4, 4, 4, 4, 8), blocks=(1,) * 5, up_blocks=(1,) * 4, regions=0)
        maps = head(torch.empty(1, 2, 32, 64, 32), torch.ones(1, 2, dtype=torch.bool))
    assert maps.coarse is None
    assert maps.decoded == ()
    assert maps.middle.shape == (1, 8, 1, 2, 1)


# ---------------------------------------------------------------------------------------- fusion and tasks


def test_modality_significance_is_what_the_stem_has_learned():
    net = network(n_modalities=4)
    torch.testing.assert_close(net.modality_significance(), torch.full((4,), 0.25))
    with torch.no_grad():
        net.stem.significance.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    torch.testing.assert_close(net.modality_significance(), torch.tensor([1.0, 2.0, 3.0, 4.0]).softmax(0))
    x, available = batch(1, n_modalities=4)
    available[0, 3] = False
    shares = net.eval()(x, available).shares
    torch.testing.assert_close(shares[0, :3], torch.tensor([1.0, 2.0, 3.0]).softmax(0))
    assert shares[0, 3] == 0


def test_every_task_is_decided_from_the_maps_of_all():
    net = network().train()
    net(*batch(2)).logits["idh"].square().sum().backward()
    of_tasks = net.classifier.deep[0].weight.grad.unflatten(0, (len(TASKS), -1))
    assert (of_tasks.abs().sum(dim=(1, 2, 3, 4, 5)) > 0).all()


# -------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("crop", [0, 20, -8])
def test_a_crop_that_does_not_fit_the_encoder_is_refused(crop):
    with pytest.raises(ValueError, match=f"crop={crop}; it must be a multiple of 8 voxels"):
        network(crop=crop)


def test_centres_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"`centres` has shape \(3,\); it must be \(2, 3\): one voxel per case"):
        network()(*batch(2), centres=torch.zeros(3))


def test_a_head_net_without_regions_has_no_coarse_segmentation():
    with pytest.raises(ValueError, match="segmentation=False: its head net has no coarse segmentation"):
        network(segmentation=False).coarse_outputs(*batch(1))


def test_coarse_outputs_check_their_input():
    with pytest.raises(ValueError, match="multiple of 32"):
        network().coarse_outputs(*batch(1, shape=(16, 32, 32)))

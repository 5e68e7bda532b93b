import pytest
import torch
from torch import nn

from gliomanet.networks.blocks.residual_unet import (
    ResidualBlock,
    ResidualEncoder,
    UpBlock,
    conv_norm_relu,
    group_norm,
    region_logits,
)


@pytest.mark.parametrize(("channels", "parts", "groups"), [(2, 1, 1), (4, 1, 2), (16, 1, 8), (128, 1, 8), (96, 3, 24)])
def test_no_group_has_fewer_than_two_channels_or_reaches_across_parts(channels, parts, groups):
    norm = group_norm(channels, parts=parts)
    assert norm.num_groups == groups
    assert channels % groups == 0
    assert groups % parts == 0


def test_one_voxel_a_channel_still_has_a_gradient():
    x = torch.randn(1, 32, 1, 1, 1, requires_grad=True)
    (group_norm(32)(x) * torch.randn(32).view(1, 32, 1, 1, 1)).sum().backward()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("bottleneck", [1, 4])
def test_convolutions_keep_the_grid(bottleneck):
    layers = conv_norm_relu(6, 16, bottleneck=bottleneck)
    assert layers(torch.randn(2, 6, 3, 4, 5)).shape == (2, 16, 3, 4, 5)
    assert not any(layer.inplace for layer in layers if isinstance(layer, nn.ReLU))


def test_a_bottleneck_is_cheaper():
    full, narrow = (sum(p.numel() for p in conv_norm_relu(64, 64, bottleneck=n).parameters()) for n in (1, 4))
    assert narrow < full / 10


def test_a_block_of_zero_weights_is_the_identity():
    block = ResidualBlock(4)
    nn.init.zeros_(block.layers[-1].weight)
    x = torch.randn(1, 4, 3, 3, 3)
    assert torch.equal(block(x), x)


def test_every_level_halves_the_grid_and_an_up_block_doubles_it():
    encoder = ResidualEncoder((4, 6, 8), (0, 1, 2))
    maps = encoder(torch.randn(1, 4, 8, 4, 12))
    assert [tuple(level.shape[1:]) for level in maps] == [(4, 8, 4, 12), (6, 4, 2, 6), (8, 2, 1, 3)]
    up = UpBlock(8, 6, blocks=1)(maps[2], maps[1])
    assert up.shape == maps[1].shape
    assert region_logits(6, 3)(up).shape == (1, 3, 4, 2, 6)

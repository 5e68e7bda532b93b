"""CMTLNet's modules, and the encoder of MTTU-Net and GMMAS, against their papers' formulas with the same weights.

Each reference is written here from the formulas alone, on plain functions: a convolution, a batch norm in evaluation mode,
a pooling. Stem, transformer and losses have theirs beside their own tests.
"""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gliomanet.networks import build
from gliomanet.networks.cmtlnet import PRESETS
from gliomanet.networks.image_network import ImageNetwork

TASKS = {"codel_1p19q": 2, "idh": 2, "grade": 3}
SIZE = (64, 32, 96)


@pytest.fixture(scope="module")
def net() -> ImageNetwork:
    """A tiny CMTLNet in which nothing is as it was initialised, least of all the running statistics."""
    torch.manual_seed(0)
    network = build("cmtlnet", n_modalities=2, tasks=TASKS, preset="tiny").eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.normal_(module.bias)
    return network


@pytest.fixture(scope="module")
def x() -> Tensor:
    return torch.randn(2, 3, *SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def maps(net, x):
    with torch.no_grad():
        return net.common(x, torch.ones(2, 2, dtype=torch.bool))


def norm_relu(layer: nn.BatchNorm3d, x: Tensor) -> Tensor:
    shape = (1, -1, 1, 1, 1)
    scaled = (x - layer.running_mean.view(shape)) / (layer.running_var.view(shape) + layer.eps) ** 0.5
    return (scaled * layer.weight.view(shape) + layer.bias.view(shape)).clamp(min=0)


def conv_norm_relu(layers: nn.Sequential, x: Tensor) -> Tensor:
    return norm_relu(layers[1], F.conv3d(x, layers[0].weight, padding=1))


def halved(x: Tensor) -> Tensor:
    return F.max_pool3d(x, kernel_size=3, stride=2, padding=1)


def stem_of(stem: nn.Module, x: Tensor) -> Tensor:
    kernel = stem.conv.weight.shape[-1]
    return halved(norm_relu(stem.norm, F.conv3d(x, stem.conv.weight, stride=2, padding=kernel // 2)))


def densenet_taps(encoder: nn.Module, x: Tensor) -> list[Tensor]:
    """Huang et al. 2017: x_l = H_l([x_0 … x_(l−1)]), H a 1³ and a 3³ convolution, each behind norm and ReLU."""
    taps = []
    for block, ending in zip(encoder.blocks, encoder.endings, strict=True):
        found = [x]
        for layer in block:
            first, _, narrow, second, _, conv = layer.layers
            inner = F.conv3d(norm_relu(first, torch.cat(found, dim=1)), narrow.weight)
            found.append(F.conv3d(norm_relu(second, inner), conv.weight, padding=1))
        x = norm_relu(ending[0], torch.cat(found, dim=1))
        if len(ending) > 2:  # a transition
            x = F.avg_pool3d(F.conv3d(x, ending[2].weight), kernel_size=2)
        taps.append(x)
    return taps


@torch.no_grad()
def test_the_encoders_five_taps(net, x, maps):
    stem = stem_of(net.common.stem, x)
    torch.testing.assert_close(maps.stem, stem, rtol=1e-4, atol=1e-4)
    expected = densenet_taps(net.common.encoder, stem)
    for found, wanted in zip(net.common.encoder(maps.stem), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_the_cascades_refinement_and_the_common_feature(net, maps):
    taps = [maps.stem, *net.common.encoder(maps.stem)]
    levels = net.common.refinement.levels
    refined = halved(conv_norm_relu(levels[0], taps[0]))
    for level, tap in zip(levels[1:3], taps[1:3], strict=True):
        refined = halved(conv_norm_relu(level, torch.cat([refined, tap], dim=1)))
    refined = conv_norm_relu(levels[3], torch.cat([refined, taps[3]], dim=1))
    expected = torch.cat([refined, taps[4]], dim=1)
    torch.testing.assert_close(maps.common, expected, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_the_cosines_of_tumour_perception(net, maps):
    pooled = maps.last.mean(dim=(2, 3, 4))
    direction = net.common.tumour_head.weight
    expected = (pooled / pooled.norm(dim=1, keepdim=True)) @ (direction / direction.norm(dim=1, keepdim=True)).T
    torch.testing.assert_close(net.common.outputs(maps).tumour, expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_unique_encoder_is_a_pass_a_task(net, x, maps):
    unique = net.unique
    own = stem_of(unique.stem, x)
    along = (own * maps.stem).sum(dim=(2, 3, 4), keepdim=True) / (maps.stem**2).sum(dim=(2, 3, 4), keepdim=True)
    projected = (own - along * maps.stem).clamp(min=0)
    found, cosines = unique(x, torch.ones(2, 2, dtype=torch.bool), maps.stem)
    for number, task in enumerate(TASKS):
        one_hot = torch.zeros(2, 3, *projected.shape[2:])
        one_hot[:, number] = 1
        first = F.conv3d(torch.cat([projected, one_hot], dim=1), unique.condition.conv.weight, padding=1)
        level = halved(norm_relu(unique.condition_norm[0], first))
        level = halved(conv_norm_relu(unique.levels[0], level))
        level = halved(conv_norm_relu(unique.levels[1], level))
        level = conv_norm_relu(unique.levels[2], level)
        torch.testing.assert_close(found[number], level, rtol=1e-3, atol=1e-3)
        expected = torch.cosine_similarity(level.mean(dim=(2, 3, 4))[:, None], unique.heads[task].weight, dim=2)
        torch.testing.assert_close(cosines[task], expected, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def test_the_fusion_of_unique_and_common_features(net, x, maps):
    """S = U + C; softmax over the paths of (channel ⊗ spatial); conv(Σ w·F) + conv([U, C]); the unique path as it is."""
    fusion, attention = net.fusion, net.fusion.selection
    unique, _ = net.unique(x, torch.ones(2, 2, dtype=torch.bool), maps.stem)
    logits, features = fusion(unique, maps.common)
    common = conv_norm_relu(fusion.common_path, maps.common)
    width = PRESETS["tiny"].unique[-1]
    for number, task in enumerate(TASKS):
        paths = [unique[number], common]
        total = paths[0] + paths[1]
        squeezed = [total.amax(dim=(2, 3, 4)), total.mean(dim=(2, 3, 4))]
        channel = attention.channel_scores(sum(attention.channel_mlp(vector) for vector in squeezed).sigmoid())
        over_channels = torch.cat([total.amax(dim=1, keepdim=True), total.mean(dim=1, keepdim=True)], dim=1)
        spatial = attention.spatial_scores(attention.spatial_conv(over_channels).sigmoid())
        scores = [channel[:, k * width : (k + 1) * width, None, None, None] * spatial[:, k : k + 1] for k in (0, 1)]
        parts = [score.exp() / (scores[0].exp() + scores[1].exp()) for score in scores]
        selected = parts[0] * paths[0] + parts[1] * paths[1]
        fused = F.conv3d(selected, fusion.selected[0].weight, padding=1)
        fused = fused + F.conv3d(torch.cat(paths, dim=1), fusion.concatenation[0].weight, padding=1)
        deep = norm_relu(fusion.norm[0], fused).mean(dim=(2, 3, 4))
        torch.testing.assert_close(features[task], deep, rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(logits[task], fusion.heads[task](deep), rtol=1e-3, atol=1e-3)


def normed(layer: nn.GroupNorm, x: Tensor) -> Tensor:
    grouped = x.unflatten(1, (layer.num_groups, -1))
    axes = (2, 3, 4, 5)
    mean, variance = grouped.mean(axes, keepdim=True), grouped.var(axes, correction=0, keepdim=True)
    x = ((grouped - mean) / (variance + layer.eps) ** 0.5).flatten(1, 2)
    return (x * layer.weight.view(1, -1, 1, 1, 1) + layer.bias.view(1, -1, 1, 1, 1)).clamp(min=0)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["gmmas", "mttunet"])
def test_the_residual_encoder_and_its_tokens(kind):
    """x + conv(relu(norm(conv(relu(norm(x)))))), a strided convolution between levels; voxels become tokens."""
    torch.manual_seed(0)
    encoder = build(kind, n_modalities=2, tasks={"idh": 2}, preset="tiny", segmentation=True).eval().encoder
    x = torch.randn(2, 4, 16, 8, 24)
    levels, deep = encoder(x)
    for number, level in enumerate(encoder.cnn.levels):
        if number:
            x = F.conv3d(x, encoder.cnn.down[number - 1].weight, stride=2, padding=1)
        for block in level:
            first, _, conv, second, _, last = block.layers
            inner = F.conv3d(normed(first, x), conv.weight, padding=1)
            x = x + F.conv3d(normed(second, inner), last.weight, padding=1)
        torch.testing.assert_close(levels[number], x, rtol=1e-3, atol=1e-3)
    to_tokens, transformer = encoder.to_tokens, encoder.transformer
    x = normed(to_tokens[1], F.conv3d(x, to_tokens[0].weight, padding=1)) + transformer.positions_on((2, 1, 3))
    tokens = torch.stack([x[:, :, d, 0, w] for d in (0, 1) for w in (0, 1, 2)], dim=1)
    for layer in transformer.layers:
        tokens = layer(tokens)
    tokens = transformer.norm(tokens)
    torch.testing.assert_close(deep[:, :, 1, 0, 2], tokens[:, 5], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(deep[:, :, 0, 0, 1], tokens[:, 1], rtol=1e-3, atol=1e-3)

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gliomanet.networks import build
from gliomanet.networks.blocks.convolution import conv_block
from gliomanet.networks.blocks.dense import DenseEncoder
from gliomanet.networks.blocks.fusion import SelectiveFusion
from gliomanet.networks.blocks.heads import CosineHead, TaskHeads
from gliomanet.networks.blocks.inter_task import TaskConditionedConv, orthogonal_component


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# -------------------------------------------------------------------------------------------- projection


@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_the_unique_component_is_orthogonal_and_projecting_again_changes_nothing(seed, scale):
    features, reference = noise(2, 3, 4, 5, 6, seed=seed), scale * noise(2, 3, 4, 5, 6, seed=seed + 1)
    unique = orthogonal_component(features, reference)
    lengths = unique.flatten(2).norm(dim=2) * reference.flatten(2).norm(dim=2)
    cosines = (unique * reference).flatten(2).sum(2) / lengths
    assert cosines.abs().max() < 1e-4
    torch.testing.assert_close(orthogonal_component(unique, reference), unique, rtol=1e-3, atol=1e-4)


def test_a_component_along_the_reference_is_removed_per_sample_and_channel():
    reference = torch.zeros(1, 2, 1, 1, 2)
    reference[0, 0, 0, 0] = torch.tensor([1.0, 0.0])
    reference[0, 1, 0, 0] = torch.tensor([1.0, 1.0])
    features = torch.tensor([[3.0, 4.0], [3.0, 5.0]]).view(1, 2, 1, 1, 2)
    expected = torch.tensor([[0.0, 4.0], [-1.0, 1.0]]).view(1, 2, 1, 1, 2)
    torch.testing.assert_close(orthogonal_component(features, reference), expected, atol=1e-5, rtol=0)


def test_a_dead_reference_takes_nothing_away():
    features = noise(1, 2, 3, 3, 3)
    assert torch.equal(orthogonal_component(features, torch.zeros_like(features)), features)


def test_the_networks_unique_features_are_orthogonal_to_the_frozen_common_stem():
    torch.manual_seed(0)
    net = build("cmtlnet", n_modalities=2, tasks={"idh": 2}, preset="tiny").eval()
    x, available = noise(2, 3, 64, 64, 64), torch.ones(2, 2, dtype=torch.bool)
    with torch.no_grad():
        common, own = net.common.stem(x, available), net.unique.stem(x, available)
        unique = orthogonal_component(own, common)
    inner = (unique * common).flatten(2).sum(2)
    assert (inner.abs() / (own.flatten(2).norm(dim=2) * common.flatten(2).norm(dim=2))).max() < 1e-5
    assert (unique < 0).any()  # before the ReLU


# ------------------------------------------------------------------------------------------ dense encoder


def test_the_dense_encoder_is_monais_densenet():
    from monai.networks.nets import DenseNet

    stages = (2, 3, 2)
    theirs = DenseNet(3, 1, 2, init_features=8, growth_rate=4, block_config=stages, bn_size=2).eval()
    ours = DenseEncoder(8, growth=4, expansion=2, stages=stages).eval()
    ours.load_state_dict(_under_our_names(theirs.features, ours))
    x = noise(2, 8, 16, 16, 16)
    expected = x
    for name, part in theirs.features.named_children():
        if not name.endswith("0"):
            expected = part(expected)
    torch.testing.assert_close(ours(x)[-1], torch.relu(expected))
    assert [tap.shape[1] for tap in ours(x)] == list(ours.tap_channels)


def _under_our_names(features, ours):
    """MONAI's weights: in the same order as ours within the dense blocks, and within what ends each stage."""
    parts = dict(features.named_children())
    blocks = [v for name, part in parts.items() if name.startswith("denseblock") for v in part.state_dict().values()]
    endings = [parts["transition1"], parts["transition2"], parts["norm5"]]
    values = [*blocks, *(v for part in endings for v in part.state_dict().values())]
    return dict(zip(ours.state_dict(), values, strict=True))


# ------------------------------------------------------------------------------------------------- others


@pytest.mark.parametrize("bottleneck", [1, 4])
def test_conv_block_keeps_the_grid(bottleneck):
    assert conv_block(6, 8, bottleneck=bottleneck)(noise(2, 6, 4, 5, 6)).shape == (2, 8, 4, 5, 6)


def test_a_bottleneck_saves_parameters():
    full, narrow = (sum(p.numel() for p in conv_block(64, 64, bottleneck=b).parameters()) for b in (1, 4))
    assert narrow < full / 10


def test_the_task_conditioned_convolution_is_a_pass_a_task():
    torch.manual_seed(0)
    layer = TaskConditionedConv(4, 5, n_tasks=3)
    features = noise(2, 4, 4, 3, 5)
    passes = []
    for task in range(3):
        one_hot = torch.zeros(2, 3, 4, 3, 5)
        one_hot[:, task] = 1
        passes.append(layer.conv(torch.cat([features, one_hot], dim=1)))
    torch.testing.assert_close(layer(features), torch.cat(passes))
    assert not torch.allclose(passes[0], passes[1])


def test_selective_fusion_weights_are_shares():
    torch.manual_seed(0)
    layer = SelectiveFusion(8)
    paths = noise(2, 2, 8, 3, 4, 5)
    weights = layer.weights(paths)
    assert weights.shape == paths.shape
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 8, 3, 4, 5))
    assert weights.std() > 0
    torch.testing.assert_close(layer(paths), weights[:, 0] * paths[:, 0] + weights[:, 1] * paths[:, 1])


def test_fusing_equal_paths_gives_the_path():
    torch.manual_seed(0)
    path = noise(2, 8, 2, 2, 2)
    torch.testing.assert_close(SelectiveFusion(8)(torch.stack([path, path], dim=1)), path)


def test_cosine_head_ignores_lengths():
    torch.manual_seed(0)
    head, x = CosineHead(6, 3), noise(4, 6)
    torch.testing.assert_close(head(x), head(10 * x))
    expected = torch.cosine_similarity(x[:, None], head.weight[None], dim=2)
    torch.testing.assert_close(head(x), expected)


def test_cosine_head_of_a_zero_vector_is_zero_and_differentiable():
    head, x = CosineHead(6, 3), torch.zeros(1, 6, requires_grad=True)
    head(x).sum().backward()
    assert torch.equal(head(x), torch.zeros(1, 3))
    assert torch.isfinite(x.grad).all()


def test_tasks_may_be_named_like_members_of_a_module():
    heads = TaskHeads({"type": 2, "keys": 3}, lambda k: nn.Linear(4, k))
    assert {task: v.shape for task, v in heads(noise(5, 4)).items()} == {"type": (5, 2), "keys": (5, 3)}

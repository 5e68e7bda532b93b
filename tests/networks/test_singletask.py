import pytest
import torch

from gliomanet.networks import build
from gliomanet.networks.cmtlnet import CMTLNet
from gliomanet.networks.singletask import SingleTaskNet


def network(*, seed=0, **changes) -> SingleTaskNet:
    arguments = {"n_modalities": 2, "tasks": {"grade": 3}, "preset": "tiny"}
    torch.manual_seed(seed)
    return SingleTaskNet(**(arguments | changes))


@pytest.mark.parametrize(
    ("preset", "n_modalities", "tasks", "shape"),
    [
        ("tiny", 2, {"idh": 2}, (32, 32, 32)),
        ("tiny", 4, {"type": 4}, (64, 32, 96)),
        ("slim", 1, {"mgmt": 2}, (160, 192, 160)),
        ("paper", 4, {"grade": 3}, (160, 192, 160)),
    ],
)
def test_shapes(preset, n_modalities, tasks, shape):
    with torch.device("meta" if preset != "tiny" else "cpu"), torch.no_grad():
        net = network(preset=preset, n_modalities=n_modalities, tasks=tasks).eval()
        outputs = net(torch.zeros(2, n_modalities, *shape), torch.ones(2, n_modalities, dtype=torch.bool))
    ((task, k),) = tasks.items()
    assert {t: v.shape for t, v in outputs.logits.items()} == {task: (2, k)}
    assert {t: v.shape for t, v in outputs.features.items()} == {task: (2, net.deep_feature_size)}
    assert outputs.segmentation is outputs.coarse is outputs.corners is outputs.shares is None


def test_dropout_is_on_the_deep_feature_alone():
    """What `draws_deep_features_only` promises to stochastic passes."""
    net = network(dropout=0.5).eval()
    assert net.draws_deep_features_only()
    net.dropout.train()
    assert [m for m in net.modules() if isinstance(m, torch.nn.Dropout)] == [net.dropout]
    given = torch.randn(2, 2, 32, 32, 32), torch.ones(2, 2, dtype=torch.bool)
    with torch.no_grad():
        first, second = net(*given), net(*given)
    assert torch.equal(first.features["grade"], second.features["grade"])
    assert not torch.equal(first.logits["grade"], second.logits["grade"])


@pytest.mark.parametrize("preset", ["paper", "slim", "tiny"])
def test_the_encoder_is_cmtlnets(preset):
    with torch.device("meta"):
        common = CMTLNet(n_modalities=2, tasks={"idh": 2}, preset=preset).common
        net = network(preset=preset)
    for mine, its in ((net.stem, common.stem), (net.encoder, common.encoder)):
        assert {k: v.shape for k, v in mine.state_dict().items()} == {k: v.shape for k, v in its.state_dict().items()}
    assert net.deep_feature_size == common.encoder.tap_channels[-1]


def test_paper_preset_has_the_papers_encoder():
    with torch.device("meta"):
        net = network(preset="paper")
    assert sum(p.numel() for p in net.parameters()) / 1e6 == pytest.approx(11.3, rel=0.01)


def test_the_masks_channel_is_where_a_modality_that_is_there_is_not_zero():
    net = network().eval()
    seen = []
    net.stem.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    x = torch.zeros(1, 2, 32, 32, 32)
    x[0, 0, :8] = 1
    x[0, 1, 4:16] = -2
    with torch.no_grad():
        net(x, torch.tensor([[True, True]]))
        net(x, torch.tensor([[True, False]]))
    both, first = (inputs[0, 2, :, 0, 0] for inputs in seen)
    assert both.tolist() == [1.0] * 16 + [0.0] * 16
    assert first.tolist() == [1.0] * 8 + [0.0] * 24


def test_more_than_one_task_is_refused():
    with pytest.raises(ValueError, match="exactly one task, found 2: idh, grade; make one network per task"):
        network(tasks={"idh": 2, "grade": 3})


@pytest.mark.parametrize("kind", ["cmtlnet", "singletask"])
def test_channels_of_feature_maps_are_dropped_whole_and_change_the_deep_feature(kind):
    torch.manual_seed(0)
    net = build(kind, tasks={"grade": 3}, preset="tiny", modalities=2, feature_dropout=0.5).eval()
    assert not net.draws_deep_features_only()
    channels = 2 + net.PROMPT_CHANNELS
    given = torch.randn(2, channels, 32, 32, 32), torch.ones(2, 2, dtype=torch.bool)
    with torch.no_grad():
        still = net(*given).features["grade"]
        assert torch.equal(still, net(*given).features["grade"])
        for module in net.modules():
            module.training = isinstance(module, torch.nn.Dropout3d)
        drawn = [net(*given).features["grade"] for _ in range(2)]
    assert not torch.equal(*drawn)
    assert {name.split(".")[0] for name in net.state_dict()}.isdisjoint({"drop_channels"})

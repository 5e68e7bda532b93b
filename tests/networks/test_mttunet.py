import pytest
import torch

from gliomanet.networks.mttunet import PRESETS, MTTUNet

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}


def network(*, seed=0, **changes) -> MTTUNet:
    arguments = {"n_modalities": 2, "tasks": TASKS, "segmentation": True, "preset": "tiny"}
    torch.manual_seed(seed)
    return MTTUNet(**(arguments | changes))


@pytest.mark.parametrize(
    ("preset", "n_modalities", "tasks", "segmentation", "shape"),
    [
        ("tiny", 4, TASKS, True, (24, 32, 16)),
        ("tiny", 1, {"idh": 2}, False, (48, 48, 48)),
        ("tiny", 3, {}, True, (16, 16, 16)),
        ("slim", 4, TASKS, True, (160, 192, 160)),
        ("paper", 4, {"idh": 2}, True, (128, 128, 128)),
    ],
)
def test_shapes(preset, n_modalities, tasks, segmentation, shape):
    with torch.device("meta" if preset != "tiny" else "cpu"), torch.no_grad():
        net = network(preset=preset, n_modalities=n_modalities, tasks=tasks, segmentation=segmentation).eval()
        outputs = net(torch.zeros(2, n_modalities, *shape), torch.ones(2, n_modalities, dtype=torch.bool))
    assert {t: v.shape for t, v in outputs.logits.items()} == {t: (2, k) for t, k in tasks.items()}
    assert {t: v.shape for t, v in outputs.features.items()} == dict.fromkeys(tasks, (2, PRESETS[preset].hidden))
    assert (outputs.segmentation is not None) == segmentation
    if segmentation:
        assert outputs.segmentation.shape == (2, 3, *shape)
    assert outputs.coarse is outputs.corners is outputs.shares is None


@pytest.mark.parametrize(("preset", "least", "most"), [("paper", 34, 36), ("slim", 8, 13), ("tiny", 0.1, 0.5)])
def test_number_of_parameters_in_millions(preset, least, most):
    with torch.device("meta"):
        net = network(n_modalities=4, preset=preset)
    assert least < sum(p.numel() for p in net.parameters()) / 1e6 < most


def test_the_tasks_see_the_average_and_the_maximum_of_every_level():
    net = network().eval()
    x, available = torch.randn(2, 2, 16, 16, 16), torch.ones(2, 2, dtype=torch.bool)
    with torch.no_grad():
        levels, deep = net.encoder(net.stem(x, available))
        pooled = [torch.cat([maps.flatten(2).mean(2), maps.flatten(2).amax(2)], dim=1) for maps in (*levels, deep)]
        features = net(x, available).features["idh"]
        torch.testing.assert_close(features, net.hidden["idh"](torch.cat(pooled, dim=1)))


def test_an_absent_modality_differs_from_a_zero_one_once_its_bias_is_learned():
    net = network().eval()
    torch.nn.init.normal_(net.stem.absent_bias)
    x, available = torch.randn(1, 2, 16, 16, 16), torch.ones(1, 2, dtype=torch.bool)
    x[:, 0] = 0
    absent = available.clone()
    absent[0, 0] = False
    with torch.no_grad():
        assert not torch.equal(net(x, available).logits["idh"], net(x, absent).logits["idh"])

import pytest
import torch

from gliomanet.networks.outputs import WHOLE_TUMOUR
from gliomanet.networks.psnet import PRESETS, PSNet

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}


def network(*, seed=0, **changes) -> PSNet:
    arguments = {"n_modalities": 2, "tasks": TASKS, "segmentation": True, "preset": "tiny"}
    torch.manual_seed(seed)
    return PSNet(**(arguments | changes))


@pytest.mark.parametrize(
    ("preset", "n_modalities", "tasks", "segmentation", "shape"),
    [
        ("tiny", 4, TASKS, True, (24, 24, 24)),
        ("tiny", 1, {"idh": 2}, False, (25, 31, 40)),
        ("tiny", 3, {}, True, (26, 35, 24)),
        ("slim", 4, TASKS, True, (160, 192, 160)),
        ("paper", 4, TASKS, True, (197, 233, 189)),
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
        assert outputs.segmentation.shape == (2, len(WHOLE_TUMOUR), *shape)
    assert outputs.coarse is outputs.corners is outputs.shares is None


def test_paper_preset_has_the_papers_levels():
    with torch.device("meta"):
        net = network(preset="paper").eval()
        maps = net.levels(torch.empty(1, 2, 192, 216, 168), torch.ones(1, 2, dtype=torch.bool))
    down = [(32, 192, 216, 168), (64, 64, 72, 56), (128, 32, 36, 28), (256, 16, 18, 14), (512, 8, 9, 7)]
    assert [tuple(level.shape[1:]) for level in maps] == down + down[-2::-1]
    assert net.first_down[0].kernel_size == (9, 9, 9)
    assert net.first_down[0].stride == (3, 3, 3)
    assert net.hidden["idh"][0].in_features == 1472  # 32 + … + 512, and 256 + … + 32 again
    assert net.dropout.p == 0.25


@pytest.mark.parametrize(("preset", "least", "most"), [("paper", 24, 27), ("slim", 5, 8), ("tiny", 0.1, 0.6)])
def test_number_of_parameters_in_millions(preset, least, most):
    with torch.device("meta"):
        net = network(n_modalities=4, preset=preset)
    assert least < sum(p.numel() for p in net.parameters()) / 1e6 < most


def test_the_tasks_are_decided_from_the_maximum_of_every_level():
    net = network().eval()
    x, available = torch.randn(2, 2, 24, 24, 24), torch.ones(2, 2, dtype=torch.bool)
    with torch.no_grad():
        pooled = torch.cat([maps.flatten(2).amax(2) for maps in net.levels(x, available)], dim=1)
        torch.testing.assert_close(net(x, available).features["grade"], net.hidden["grade"](pooled))


def test_every_level_is_dropped_out_before_it_is_pooled_and_handed_on():
    net = network().train()
    seen = []
    net.dropout.register_forward_hook(lambda _, given, made: seen.append(made))
    x, available = torch.randn(1, 2, 24, 24, 24), torch.ones(1, 2, dtype=torch.bool)
    with torch.no_grad():
        torch.manual_seed(1)
        net(x, available)
        torch.manual_seed(1)
        levels = net.levels(x, available)
    assert [maps.ndim for maps in seen[:10]] == [5] * 9 + [2]  # all levels, and their maxima together
    for found, made in zip(levels, seen[10:], strict=True):
        assert found is made
    kept = seen[9].count_nonzero() / seen[9].numel()
    assert 0.5 < kept < 1


def test_an_odd_size_is_segmented_up_to_its_last_voxel():
    net = network().train()
    x = torch.randn(1, 2, 25, 28, 30, requires_grad=True)
    net(x, torch.ones(1, 2, dtype=torch.bool)).segmentation[..., -1, -1, -1].sum().backward()
    assert x.grad[..., -1, -1, -1].abs().sum() > 0

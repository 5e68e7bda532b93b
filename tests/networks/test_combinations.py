"""Every image network in every preset, with every subset of the modalities and every subset of the tasks."""

from itertools import combinations

import pytest
import torch

from gliomanet.modalities import MODALITIES
from gliomanet.networks import IMAGE_NETWORKS, build

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}
SEGMENTING = ("gmmas", "mttunet", "psnet")
SUBSETS = [subset for size in range(1, 5) for subset in combinations(MODALITIES, size)]
assert len(SUBSETS) == 15


def task_subsets(name: str) -> list[tuple[str, ...]]:
    """Singletask has one task; a network that segments may have none."""
    sizes = (1,) if name == "singletask" else range(0 if name in SEGMENTING else 1, 4)
    return [subset for size in sizes for subset in combinations(TASKS, size)]


def network(name, *, tasks, modalities, preset="tiny", segmentation=None):
    torch.manual_seed(0)
    segmentation = name in SEGMENTING if segmentation is None else segmentation
    tasks = {task: TASKS[task] for task in tasks}
    return build(name, tasks=tasks, preset=preset, modalities=modalities, segmentation=segmentation)


# ------------------------------------------------------------------------------------------- parameters

# kind, preset, modalities, tasks of two classes, whether it segments → millions of parameters
PARAMETERS = [
    ("cmtlnet", "paper", 2, 3, False, 324.5),  # the authors' network, counted by them; theirs within 1 %
    ("cmtlnet", "slim", 2, 3, False, 20.0),
    ("cmtlnet", "tiny", 2, 3, False, 1.38),
    ("gmmas", "paper", 4, 4, True, 68.2),  # so is this, with its four tasks
    ("gmmas", "slim", 4, 4, True, 14.26),
    ("gmmas", "tiny", 4, 4, True, 0.691),
    ("mttunet", "paper", 4, 3, True, 34.9),
    ("mttunet", "slim", 4, 3, True, 10.8),
    ("mttunet", "tiny", 4, 3, True, 0.285),
    ("psnet", "paper", 4, 3, True, 25.6),
    ("psnet", "slim", 4, 3, True, 6.41),
    ("psnet", "tiny", 4, 3, True, 0.374),
    ("singletask", "paper", 4, 1, False, 11.33),
    ("singletask", "slim", 4, 1, False, 11.33),  # the dense encoder of CMTLNet's slim preset is the paper's
    ("singletask", "tiny", 4, 1, False, 0.0414),
]
assert {(row[0], row[1]) for row in PARAMETERS} == {(n, p) for n in IMAGE_NETWORKS for p in ("paper", "slim", "tiny")}


@pytest.mark.parametrize(("name", "preset", "modalities", "tasks", "segmentation", "expected"), PARAMETERS)
def test_parameter_counts(name, preset, modalities, tasks, segmentation, expected):
    with torch.device("meta"):
        net = build(
            name,
            tasks={f"task{n}": 2 for n in range(tasks)},
            preset=preset,
            modalities=modalities,
            segmentation=segmentation,
        )
    assert sum(p.numel() for p in net.parameters()) / 1e6 == pytest.approx(expected, rel=0.01)


# ----------------------------------------------------------------------------------- shapes and gradients


def check(name, net, tasks, n_modalities, absent=()):
    generator = torch.Generator().manual_seed(1)
    prompt = net.PROMPT_CHANNELS
    x = torch.randn(2, n_modalities + prompt, 32, 32, 32, generator=generator)
    available = torch.ones(2, n_modalities, dtype=torch.bool)
    available[1, list(absent)] = False
    outputs = net.train()(x, available)
    assert {task: tuple(v.shape) for task, v in outputs.logits.items()} == {task: (2, TASKS[task]) for task in tasks}
    assert {task: v.shape for task, v in outputs.features.items()} == dict.fromkeys(tasks, (2, net.deep_feature_size))
    loss = sum((v.square().sum() for v in outputs.logits.values()), x.new_zeros(()))
    if getattr(outputs, "segmentation", None) is not None:
        assert outputs.segmentation.shape == (2, len(net.REGIONS), 32, 32, 32)
        loss = loss + outputs.segmentation.square().mean()
    loss.backward()
    gradients = {key: p.grad for key, p in net.named_parameters() if p.grad is not None}
    assert gradients
    assert all(torch.isfinite(g).all() for g in gradients.values())
    assert any(g.abs().sum() > 0 for g in gradients.values())
    return gradients


@pytest.mark.parametrize("name", IMAGE_NETWORKS)
@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_every_subset_of_the_modalities(name, subset):
    tasks = task_subsets(name)[-1]
    check(name, network(name, tasks=tasks, modalities=subset), tasks, len(subset), absent=range(1, len(subset)))


@pytest.mark.parametrize(("name", "tasks"), [(name, tasks) for name in IMAGE_NETWORKS for tasks in task_subsets(name)])
def test_every_subset_of_the_tasks(name, tasks):
    net = network(name, tasks=tasks, modalities=("t1c", "t2"))
    gradients = check(name, net, tasks, 2)
    assert {task for task in TASKS if any(f".task_{task}." in key for key in gradients)} == set(tasks)


@pytest.mark.parametrize("name", SEGMENTING)
def test_classes_without_segmentation(name):
    net = network(name, tasks=TASKS, modalities=("t1c", "t2"), segmentation=False)
    check(name, net, TASKS, 2)
    assert net(torch.randn(2, 2, 32, 32, 32), torch.ones(2, 2, dtype=torch.bool)).segmentation is None

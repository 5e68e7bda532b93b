"""What every network that yields `Outputs` promises, whatever is inside."""

import math
from dataclasses import fields

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from gliomanet.networks import gmmas, mttunet, psnet, singletask

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}
# the class, its tasks here, whether it segments, the smallest input that its strides allow
NETWORKS = {
    "gmmas": (gmmas.GMMAS, TASKS, True, 32),
    "mttunet": (mttunet.MTTUNet, TASKS, True, 24),
    "psnet": (psnet.PSNet, TASKS, True, 24),
    "singletask": (singletask.SingleTaskNet, {"idh": 2}, False, 32),
}
every_network = pytest.mark.parametrize("name", NETWORKS)
segmenting = pytest.mark.parametrize("name", ["gmmas", "mttunet", "psnet"])


def network(name, *, seed=0, **changes):
    kind, tasks, segmentation, _ = NETWORKS[name]
    arguments = {"n_modalities": 3, "tasks": tasks, "preset": "tiny", "dropout": 0.2}
    arguments |= {"segmentation": True} if segmentation else {}
    torch.manual_seed(seed)
    return kind(**(arguments | changes))


def batch(name, n, *, n_modalities=3, seed=1, size=None):
    generator = torch.Generator().manual_seed(seed)
    side = size or NETWORKS[name][3]
    x = torch.randn(n, n_modalities, side, side, side, generator=generator)
    return x, torch.ones(n, n_modalities, dtype=torch.bool)


def tensors_of(outputs) -> dict[str, Tensor]:
    found = {}
    for field in fields(outputs):
        value = getattr(outputs, field.name)
        if isinstance(value, dict):
            found |= {f"{field.name}.{task}": tensor for task, tensor in value.items()}
        elif value is not None:
            found[field.name] = value
    return found


def total(outputs):
    """A scalar that every output with a gradient takes part in."""
    generator = torch.Generator().manual_seed(2)
    parts = [t for t in tensors_of(outputs).values() if t.requires_grad]
    return sum((t * torch.randn(t.shape, generator=generator)).mean() for t in parts)


# --------------------------------------------------------------------------------------------- gradients


@every_network
def test_every_parameter_gets_a_finite_gradient(name):
    net = network(name).train()
    x, available = batch(name, 4)
    available[0, 0] = available[1, 1] = available[2, 2] = False
    total(net(x, available)).backward()
    for parameter_name, parameter in net.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert torch.isfinite(parameter.grad).all(), parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@segmenting
@pytest.mark.parametrize(("tasks", "segmentation"), [({}, True), ({"mgmt": 2}, True), ({"mgmt": 2}, False)])
def test_any_subset_of_tasks_uses_all_that_was_built_for_it(name, tasks, segmentation):
    net = network(name, tasks=tasks, segmentation=segmentation).train()
    x, available = batch(name, 2)
    available[0, 0] = available[1, 1] = available[0, 2] = False
    outputs = net(x, available)
    assert outputs.logits.keys() == outputs.features.keys() == net.heads().keys() == tasks.keys()
    assert (outputs.segmentation is None) != segmentation
    total(outputs).backward()
    assert [parameter_name for parameter_name, p in net.named_parameters() if p.grad is None] == []


# ----------------------------------------------------------------------------------------- absent modalities


@every_network
@pytest.mark.parametrize("content", [7.5, math.nan, math.inf])
def test_an_absent_modality_has_exactly_no_influence_and_no_gradient(name, content):
    net = network(name).eval()
    results, gradients = [], []
    for filling in (0.0, content):
        x, available = batch(name, 2)
        available[0, 1] = False
        x[0, 1] = filling
        x.requires_grad_()
        net.zero_grad()
        outputs = net(x, available)
        total(outputs).backward()
        assert torch.equal(x.grad[0, 1], torch.zeros_like(x.grad[0, 1]))
        assert x.grad[0, 0].abs().sum() > 0
        results.append(tensors_of(outputs))
        gradients.append({n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None})
    for first, second in (results, gradients):
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first)


@every_network
def test_a_modality_that_is_there_has_influence(name):
    net = network(name).eval()
    x, available = batch(name, 1)
    fewer = available.clone()
    fewer[0, 1] = False
    with torch.no_grad():
        assert not torch.equal(net(x, available).logits["idh"], net(x, fewer).logits["idh"])


# -------------------------------------------------------------------------------------------- what it says


@every_network
def test_heads_give_the_logits_from_the_deep_features(name):
    net = network(name).eval()
    with torch.no_grad():
        outputs = net(*batch(name, 2))
    heads = net.heads()
    assert list(heads) == list(outputs.logits) == list(NETWORKS[name][1])
    for task, k in NETWORKS[name][1].items():
        weight, bias = heads[task]
        assert weight.shape == (k, net.deep_feature_size)
        assert outputs.features[task].shape == (2, net.deep_feature_size)
        torch.testing.assert_close(F.linear(outputs.features[task], weight, bias), outputs.logits[task])


@every_network
def test_a_case_is_predicted_alike_in_any_order_and_any_batch(name):
    net = network(name).eval()
    x, available = batch(name, 3)
    available[2, 0] = False
    order = torch.tensor([2, 0, 1])
    with torch.no_grad():
        together, permuted, alone = net(x, available), net(x[order], available[order]), net(x[2:], available[2:])
    for key, value in tensors_of(together).items():
        torch.testing.assert_close(value[order], tensors_of(permuted)[key], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(value[2:], tensors_of(alone)[key], rtol=1e-4, atol=1e-5)


@every_network
def test_evaluation_is_deterministic_and_training_is_not(name):
    net = network(name, dropout=0.5).eval()
    x, available = batch(name, 2)
    with torch.no_grad():
        first, again = tensors_of(net(x, available)), tensors_of(net(x, available))
        net.train()
        torch.manual_seed(1)
        stochastic, other = net(x, available).logits["idh"], net(x, available).logits["idh"]
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(stochastic, other)


@every_network
def test_the_seed_alone_decides_the_first_weights(name):
    first, again, other = (network(name, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@every_network
@pytest.mark.filterwarnings("ignore:TF32 acceleration on top of oneDNN")  # torch's own, on switching oneDNN off
def test_half_precision_stays_finite(name):
    net = network(name).train()
    x, available = batch(name, 2)
    available[0, 0] = False
    # torch's own kernels: oneDNN's bf16 weight gradient of a 3³ convolution reads memory that nobody wrote, on 2³ maps
    with torch.backends.mkldnn.flags(enabled=False):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = net(x, available)
        assert all(torch.isfinite(value).all() for value in tensors_of(outputs).values())
        total(outputs).backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)


@every_network
def test_overfits_eight_cases(name):
    tasks = {"idh": 2} if name == "singletask" else {"idh": 2, "grade": 3}
    net = network(name, n_modalities=1, tasks=tasks, dropout=0.0)
    x, available = batch(name, 8, n_modalities=1)
    targets = {"idh": torch.tensor([0, 1, 0, 1, 1, 0, 0, 1]), "grade": torch.tensor([0, 1, 2, 0, 2, 2, 1, 0])}
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(60):
        net.train()
        optimiser.zero_grad()
        logits = net(x, available).logits
        loss = sum(F.cross_entropy(logits[task], targets[task]) for task in tasks)
        loss.backward()
        optimiser.step()
        if loss < 0.05 and name != "singletask":  # its batch norm's running statistics take the whole time to follow
            break
    with torch.no_grad():
        logits = net.eval()(x, available).logits
    for task in tasks:
        assert torch.equal(logits[task].argmax(1), targets[task])


# -------------------------------------------------------------------------------------------------- errors


@every_network
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preset": "huge"}, "has no preset 'huge'; known: paper, slim, tiny"),
        ({"n_modalities": 0}, "needs at least one modality, found n_modalities=0"),
        ({"tasks": {"idh": 1}}, "task 'idh' has 1 classes"),
        ({"dropout": 1.0}, "dropout=1.0; it must be a rate from 0 to less than 1"),
        ({"dropout": -0.1}, "dropout=-0.1"),
    ],
)
def test_wrong_arguments_are_refused(name, change, message):
    with pytest.raises(ValueError, match=message):
        network(name, **change)


@every_network
def test_a_network_with_nothing_to_learn_is_refused(name):
    segments = NETWORKS[name][2]
    mend = ", or segmentation=True" if segments else ""
    with pytest.raises(ValueError, match=f"{name} has nothing to learn: give at least one task{mend}$"):
        network(name, tasks={}, **({"segmentation": False} if segments else {}))


@every_network
def test_wrong_channels_are_refused(name):
    x, _ = batch(name, 1, n_modalities=2)
    with pytest.raises(ValueError, match=rf"\(1, 2, .*; {name} takes \(batch, 3, D, H, W\)"):
        network(name)(x, torch.ones(1, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"takes \(batch, 3, D, H, W\)"):
        network(name)(torch.zeros(3, 32, 32, 32), torch.ones(1, 3, dtype=torch.bool))


@every_network
@pytest.mark.parametrize(
    "flags", [torch.ones(1, 3), torch.ones(1, 2, dtype=torch.bool), torch.ones(3, dtype=torch.bool)]
)
def test_wrong_availability_is_refused(name, flags):
    x, _ = batch(name, 1)
    with pytest.raises(ValueError, match=r"must be bool \(1, 3\): one flag per case and modality"):
        network(name)(x, flags)


@every_network
def test_a_case_without_any_modality_is_refused(name):
    x, available = batch(name, 3)
    available[1] = False
    with pytest.raises(ValueError, match=rf"1 of 3 cases of the batch \(at \[1\], counted from 0\); {name} needs"):
        network(name)(x, available)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("gmmas", (32, 48, 32), r"\(32, 48, 32\) does not fit the strides of gmmas.*multiple of 32"),
        ("gmmas", (32, 32, 0), "multiple of 32"),
        ("mttunet", (24, 24, 20), r"\(24, 24, 20\) does not fit the strides of mttunet.*multiple of 8"),
        ("psnet", (24, 23, 24), r"\(24, 23, 24\) does not fit the strides of psnet.*at least 24"),
        ("singletask", (16, 32, 32), r"\(16, 32, 32\) does not fit the strides of singletask.*multiple of 32"),
    ],
)
def test_a_size_that_the_strides_do_not_allow_is_refused(name, shape, message):
    with pytest.raises(ValueError, match=message):
        network(name)(torch.zeros(1, 3, *shape), torch.ones(1, 3, dtype=torch.bool))


@every_network
def test_no_prompt_channel_and_strides_that_are_enough(name):
    kind, _, segmentation, side = NETWORKS[name]
    assert kind.PROMPT_CHANNELS == 0
    assert side % kind.STRIDE == 0
    assert bool(kind.REGIONS) == segmentation

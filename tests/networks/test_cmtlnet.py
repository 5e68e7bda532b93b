import copy
import math

import pytest
import torch
from torch import nn

from gliomanet.networks import build
from gliomanet.networks.cmtlnet import PRESETS, CMTLNet
from gliomanet.training.losses.losses import cosface, masked_cross_entropy

TASKS = {"idh": 2, "codel_1p19q": 2, "grade": 3}


def network(*, n_modalities=2, tasks=TASKS, preset="tiny", dropout=0.2, seed=0) -> CMTLNet:
    torch.manual_seed(seed)
    return build("cmtlnet", n_modalities=n_modalities, tasks=tasks, preset=preset, dropout=dropout)


def batch(n, *, n_modalities=2, shape=(32, 32, 32), seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, n_modalities + 1, *shape, generator=generator), torch.ones(n, n_modalities, dtype=torch.bool)


def total(outputs):
    """A scalar that every output, and so every parameter of the phase, takes part in."""
    tensors = [t for field in vars(outputs).values() for t in (field.values() if isinstance(field, dict) else [field])]
    generator = torch.Generator().manual_seed(2)
    return sum((t * torch.randn(t.shape, generator=generator)).sum() for t in tensors)


def millions(*modules: nn.Module) -> float:
    return sum(p.numel() for module in modules for p in module.parameters()) / 1e6


# ------------------------------------------------------------------------------------------------ shapes


@pytest.mark.parametrize(
    ("preset", "n_modalities", "tasks", "shape"),
    [
        ("tiny", 2, TASKS, (32, 32, 32)),
        ("tiny", 4, TASKS, (64, 32, 96)),
        ("tiny", 1, {"idh": 2}, (64, 64, 64)),
        ("tiny", 3, {"grade": 3, "type": 2}, (32, 64, 32)),
        ("slim", 2, {"idh": 2, "grade": 2}, (32, 32, 32)),
    ],
)
def test_shapes(preset, n_modalities, tasks, shape):
    net = network(preset=preset, n_modalities=n_modalities, tasks=tasks).eval()
    x, available = batch(2, n_modalities=n_modalities, shape=shape)
    with torch.no_grad():
        common, unique = net.common_outputs(x, available), net(x, available)
    assert common.tumour.shape == (2, 2)
    assert {t: v.shape for t, v in common.joint.items()} == {t: (2, k + 1) for t, k in tasks.items()}
    assert {t: v.shape for t, v in common.within.items()} == {t: (2, k) for t, k in tasks.items()}
    assert {t: v.shape for t, v in unique.unique.items()} == {t: (2, k) for t, k in tasks.items()}
    assert {t: v.shape for t, v in unique.logits.items()} == {t: (2, k) for t, k in tasks.items()}
    assert {t: v.shape for t, v in unique.features.items()} == dict.fromkeys(tasks, (2, net.deep_feature_size))
    for cosines in (*common.joint.values(), *common.within.values(), *unique.unique.values()):
        assert cosines.abs().max() <= 1 + 1e-6


def test_paper_preset_has_the_papers_maps():
    with torch.device("meta"):
        net = build("cmtlnet", n_modalities=2, tasks=TASKS, preset="paper").eval()
        x, available = torch.empty(1, 3, 160, 192, 160), torch.ones(1, 2, dtype=torch.bool)
        maps = net.common(x, available)
        taps = [tap.shape[1:] for tap in net.common.encoder(maps.stem)]
        unique, _ = net.unique(x, available, maps.stem)
    assert maps.stem.shape == (1, 64, 40, 48, 40)
    assert taps == [(128, 20, 24, 20), (256, 10, 12, 10), (512, 5, 6, 5), (1024, 5, 6, 5)]
    assert maps.common.shape == (1, 2048, 5, 6, 5)
    assert unique.shape == (3, 1, 1024, 5, 6, 5)


# -------------------------------------------------------------------------------------------------- size


def test_paper_preset_has_the_papers_parameter_counts():
    with torch.device("meta"):
        net = build("cmtlnet", n_modalities=2, tasks={"codel_1p19q": 2, "idh": 2, "grade": 2}, preset="paper")
    common = net.common
    encoder = millions(common.stem, common.encoder)
    assert encoder == pytest.approx(11.3, rel=0.01)
    assert millions(common) - encoder == pytest.approx(150.6, rel=0.01)
    assert millions(net.unique) == pytest.approx(18.9, rel=0.01)
    assert millions(net.fusion) == pytest.approx(143.7, rel=0.01)
    assert millions(net) == pytest.approx(324.5, rel=0.01)


def test_smaller_presets_are_smaller():
    with torch.device("meta"):
        slim, tiny = (build("cmtlnet", n_modalities=2, tasks=TASKS, preset=preset) for preset in ("slim", "tiny"))
    assert 15 < millions(slim) < 30
    assert millions(tiny) < 2


# --------------------------------------------------------------------------------------------- gradients


def test_every_parameter_of_the_common_phase_gets_a_gradient():
    net = network().train()
    x, available = batch(4)
    available[0, 0] = available[1, 1] = False
    total(net.common_outputs(x, available)).backward()
    for name, parameter in net.common.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert all(p.grad is None for module in (net.unique, net.fusion) for p in module.parameters())


def test_every_trainable_parameter_of_the_unique_phase_gets_a_gradient():
    net = network().train()
    net.freeze_common()
    x, available = batch(4, shape=(64, 64, 64))
    available[0, 0] = available[1, 1] = False
    total(net.unique_outputs(x, available)).backward()
    trainable = {name: p for name, p in net.named_parameters() if p.requires_grad}
    assert not any(name.startswith("common.") for name in trainable)
    for name, parameter in trainable.items():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert all(p.grad is None for p in net.common.parameters())


def test_frozen_common_part_is_bit_equal_after_training_steps():
    net = network().train()
    x, available = batch(4)
    total(net.common_outputs(x, available)).backward()  # gradients left behind by the common phase
    net.freeze_common()
    before = copy.deepcopy(net.state_dict())
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)
    optimiser.zero_grad()
    for _ in range(3):
        net.train()
        optimiser.zero_grad()
        total(net.unique_outputs(x, available)).backward()
        optimiser.step()
    after = net.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert not [name for name in changed if name.startswith("common.")]
    assert "unique.stem.norm.running_mean" in changed
    assert "fusion.heads.by_task.task_idh.weight" in changed
    assert net.training
    assert not any(module.training for module in net.common.modules())


def test_an_unfrozen_common_part_learns_in_the_unique_phase():
    net = network().train()
    x, available = batch(4)
    total(net.unique_outputs(x, available)).backward()
    assert net.common.stem.conv.weight.grad.abs().sum() > 0


# ----------------------------------------------------------------------------------------- absent modalities


@pytest.mark.parametrize("content", [0.0, 7.5, math.nan, math.inf])
def test_an_absent_modality_has_exactly_no_influence(content):
    net = network().eval()
    x, available = batch(2)
    available[0, 1] = False
    other = x.clone()
    other[0, 1] = content
    with torch.no_grad():
        first, second = net(x, available), net(other, available)
        first_common, second_common = net.common_outputs(x, available), net.common_outputs(other, available)
    for task in TASKS:
        assert torch.equal(first.logits[task], second.logits[task])
        assert torch.equal(first.features[task], second.features[task])
        assert torch.equal(first_common.joint[task], second_common.joint[task])


def test_an_absent_modality_differs_from_a_zero_one_once_its_bias_is_learned():
    net = network().eval()
    nn.init.normal_(net.common.stem.absent_bias)
    x, available = batch(1)
    x[:, 0] = 0
    absent = available.clone()
    absent[0, 0] = False
    with torch.no_grad():
        assert not torch.equal(net(x, available).logits["idh"], net(x, absent).logits["idh"])


def test_the_mask_channel_is_never_absent():
    net = network().eval()
    x, available = batch(1)
    other = x.clone()
    other[:, -1] += 1
    with torch.no_grad():
        none = torch.zeros_like(available)
        assert not torch.equal(net(x, none).logits["idh"], net(other, none).logits["idh"])


# -------------------------------------------------------------------------------------------- what it says


def test_heads_give_the_logits_from_the_deep_features():
    net = network().eval()
    x, available = batch(3)
    with torch.no_grad():
        outputs = net(x, available)
    heads = net.heads()
    assert list(heads) == list(TASKS)
    for task, k in TASKS.items():
        weight, bias = heads[task]
        assert weight.shape == (k, net.deep_feature_size)
        assert bias.shape == (k,)
        torch.testing.assert_close(outputs.features[task] @ weight.T + bias, outputs.logits[task])


def test_a_case_is_predicted_alike_in_any_batch():
    net = network().eval()
    x, available = batch(3)
    with torch.no_grad():
        together, alone = net(x, available), net(x[1:2], available[1:2])
    for task in TASKS:
        torch.testing.assert_close(together.logits[task][1:2], alone.logits[task], rtol=1e-4, atol=1e-5)


def test_the_seed_alone_decides_the_first_weights():
    first, again, other = network(seed=3).state_dict(), network(seed=3).state_dict(), network(seed=4).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["common.stem.conv.weight"], other["common.stem.conv.weight"])


def test_half_precision_stays_finite_and_cosines_stay_float32():
    net = network().train()
    x, available = batch(4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        common, unique = net.common_outputs(x, available), net.unique_outputs(x, available)
    assert common.joint["idh"].dtype == unique.unique["idh"].dtype == torch.float32
    assert torch.isfinite(total(common) + total(unique))


def test_no_relu_works_in_place():
    assert not any(module.inplace for module in network().modules() if isinstance(module, nn.ReLU))


def test_overfits_eight_random_samples():
    net = network(n_modalities=1, tasks={"idh": 2, "grade": 3}, dropout=0.0)
    x, available = batch(8, n_modalities=1)
    targets = {"idh": torch.tensor([0, 1, 0, 1, 1, 0, -1, 0]), "grade": torch.tensor([0, 1, 2, 0, -1, 2, 1, 0])}

    def fit(loss_of, parameters, steps):
        optimiser = torch.optim.Adam(parameters, lr=3e-3)
        for _ in range(steps):
            net.train()
            optimiser.zero_grad()
            loss_of().backward()
            optimiser.step()

    def common_loss():
        outputs = net.common_outputs(x, available)
        return sum(cosface(outputs.within[task], targets[task], scale=64, margin=0.5) for task in targets)

    def unique_loss():
        outputs = net.unique_outputs(x, available)
        return sum(
            masked_cross_entropy(outputs.logits[task], targets[task])
            + cosface(outputs.unique[task], targets[task], scale=64, margin=0.5)
            for task in targets
        )

    fit(common_loss, net.common.parameters(), 50)
    with torch.no_grad():
        within = net.eval().common_outputs(x, available).within
    net.freeze_common()
    fit(unique_loss, [p for p in net.parameters() if p.requires_grad], 50)
    with torch.no_grad():
        logits = net.eval()(x, available).logits
    for outputs in (within, logits):
        for task, target in targets.items():
            known = target >= 0
            assert torch.equal(outputs[task].argmax(1)[known], target[known])


# -------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("size", [(48, 64, 64), (64, 64, 16), (0, 32, 32)])
def test_a_size_that_the_strides_do_not_allow_is_refused(size):
    x, available = batch(1, shape=size)
    with pytest.raises(ValueError, match=rf"\({size[0]}, {size[1]}, {size[2]}\).*multiple of 32"):
        network()(x, available)


def test_wrong_channels_are_refused():
    x, available = batch(1, n_modalities=3)
    with pytest.raises(ValueError, match=r"\(1, 4, 32, 32, 32\).*\(batch, 3, D, H, W\)"):
        network().common_outputs(x, available)


@pytest.mark.parametrize("flags", [torch.ones(1, 2), torch.ones(1, 3, dtype=torch.bool)])
def test_wrong_availability_is_refused(flags):
    x, _ = batch(1)
    with pytest.raises(ValueError, match=r"must be bool \(1, 2\)"):
        network()(x, flags)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preset": "huge"}, "no preset 'huge'; known: paper, slim, tiny"),
        ({"n_modalities": 0}, "n_modalities=0"),
        ({"tasks": {}}, "at least one task"),
        ({"tasks": {"idh": 1}}, "task 'idh' has 1 classes"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        network(**change)


def test_presets_are_named_in_the_configuration():
    from typing import get_args

    from gliomanet.config.image_models import CmtlnetModel

    assert get_args(CmtlnetModel.model_fields["preset"].annotation) == tuple(PRESETS)

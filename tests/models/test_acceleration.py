import copy

import pytest
import torch
from torch import nn

from gliomanet.models.acceleration import Acceleration, accelerate, recomputed_blocks, stored_plainly
from gliomanet.networks import IMAGE_NETWORKS, build

SIZE = 32


def network_of(kind: str, *, dtype=torch.float32, dropout: bool = True, segmentation: bool = True) -> nn.Module:
    torch.manual_seed(1)
    segments = {} if kind in ("cmtlnet", "singletask") else {"segmentation": segmentation}
    tasks = {"idh": 2} if kind == "singletask" else {"idh": 2, "grade": 3}
    network = build(kind, tasks=tasks, preset="tiny", modalities=2, **segments).train().to(dtype)
    for module in network.modules():
        if isinstance(module, nn.Dropout) and not dropout:
            module.p = 0.0
    return network


def step(network: nn.Module, *, dtype=torch.float32) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
    """Loss, gradients and buffers after one forward and backward pass of all that the network yields."""
    torch.manual_seed(2)
    x = torch.randn(2, 2 + network.PROMPT_CHANNELS, SIZE, SIZE, SIZE, dtype=dtype)
    available = torch.tensor([[True, True], [True, False]])
    outputs = network(x, available)
    loss = sum(logits.square().sum() for logits in outputs.logits.values())
    if hasattr(outputs, "unique"):
        common = network.common_outputs(x, available)
        loss = loss + sum(c.square().sum() for c in (common.tumour, *common.joint.values(), *common.within.values()))
    elif outputs.segmentation is not None:
        loss = loss + outputs.segmentation.square().mean()
    loss.backward()
    gradients = [p.grad if p.grad is not None else torch.zeros(()) for p in network.parameters()]
    return loss.detach(), gradients, list(network.buffers())


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
def test_checkpointing_changes_no_bit_of_a_step_and_moves_statistics_once(kind):
    plain = network_of(kind)
    checkpointed = copy.deepcopy(plain)
    accelerate(checkpointed, Acceleration(checkpointed=True))
    assert list(checkpointed.state_dict()) == list(plain.state_dict())
    for one, other in zip(step(plain), step(checkpointed), strict=True):
        if isinstance(one, list):
            assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
        else:
            assert torch.equal(one, other)


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
def test_checkpointing_keeps_fewer_maps_for_the_backward_pass(kind):
    kept = []
    for how in (Acceleration(), Acceleration(checkpointed=True)):
        network = network_of(kind)
        accelerate(network, how)
        sizes: dict[int, int] = {}

        def keep(tensor: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        x = torch.randn(2, 2 + network.PROMPT_CHANNELS, SIZE, SIZE, SIZE)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            outputs = network(x, torch.ones(2, 2, dtype=torch.bool))
        kept.append(sum(sizes.values()) - sum(p.nbytes for p in network.parameters()))
        del outputs
    assert kept[1] < 0.75 * kept[0]


def test_a_copy_of_a_checkpointed_network_uses_its_own_weights():
    network = network_of("singletask")
    accelerate(network, Acceleration(checkpointed=True))
    twin = copy.deepcopy(network)
    step(twin)
    assert all(p.grad is None for p in network.parameters())
    assert all(p.grad is not None for p in twin.parameters())


def test_evaluation_and_frozen_parts_are_not_computed_twice(monkeypatch):
    network = network_of("cmtlnet")
    accelerate(network, Acceleration(checkpointed=True))
    network.freeze_common()
    network.train()
    seen = []
    monkeypatch.setattr(
        "gliomanet.models.acceleration.checkpoint", lambda run, *x, **_: [seen.append(run.args[0]), run(*x)][1]
    )
    available = torch.ones(2, 2, dtype=torch.bool)
    network(torch.randn(2, 3, SIZE, SIZE, SIZE), available)
    assert seen
    assert not {id(block) for block in seen} & {id(block) for block in recomputed_blocks(network.common)}
    seen.clear()
    with torch.no_grad():
        network(torch.randn(2, 3, SIZE, SIZE, SIZE), available)
    network.eval()(torch.randn(2, 3, SIZE, SIZE, SIZE), available)
    assert not seen


@pytest.mark.parametrize("kind", ["cmtlnet", "mttunet"])  # every kind of layer, in double precision
def test_channels_last_is_the_same_network_and_is_stored_as_the_plain_one(kind):
    plain = network_of(kind, dtype=torch.float64, dropout=False)  # dropout is drawn in the order of the memory
    other = copy.deepcopy(plain)
    accelerate(other, Acceleration(channels_last=True))
    convolutions = [module for module in other.modules() if isinstance(module, nn.Conv3d)]
    assert all(m.weight.is_contiguous(memory_format=torch.channels_last_3d) for m in convolutions)
    for one, same in zip(step(plain, dtype=torch.float64)[1], step(other, dtype=torch.float64)[1], strict=True):
        torch.testing.assert_close(one, same, rtol=1e-6, atol=1e-9)
    stored_plainly(other)
    assert all(value.is_contiguous() for value in other.state_dict().values())


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
@pytest.mark.parametrize("segmentation", [False, True])
def test_all_that_is_compiled_is_there_and_the_weights_keep_their_names(kind, segmentation, monkeypatch):
    compiled = []
    monkeypatch.setattr(nn.Module, "compile", lambda module: compiled.append(module))
    network = network_of(kind, segmentation=segmentation)
    if not segmentation and hasattr(network, "decoder"):
        assert network.decoder is None
    names = list(network.state_dict())
    accelerate(network, Acceleration(compiled=True))
    wanted = set(getattr(network, "COMPILED_PARTS", ("",))) - (set() if segmentation else {"decoder"})
    assert {name for name, module in network.named_modules() if module in compiled} == wanted
    assert list(network.state_dict()) == names


def test_compilation_and_checkpointing_exclude_each_other():
    with pytest.raises(ValueError, match="a compiled network decides by itself what it computes again: choose compile"):
        Acceleration(compiled=True, checkpointed=True)

import copy

import torch
from torch import nn

from gliomanet.training.recipes.weight_average import WeightAverage


def network() -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2), nn.Conv3d(2, 1, 1))
    net[2].requires_grad_(False)
    return net


def step(net: nn.Module, number: int) -> None:
    with torch.no_grad():
        for weight in (weight for weight in net.parameters() if weight.requires_grad):
            weight.add_(number)
        net(torch.randn(3, 1, 2, 2, 2, generator=torch.Generator().manual_seed(number)))


def test_the_average_is_the_formulas_of_weights_and_of_running_statistics():
    net = network()
    expected, average = copy.deepcopy(net.state_dict()), WeightAverage(net, 0.3)
    for t in (1, 2, 3, 4):
        step(net, t)
        average.update()
        decay = min(0.3, (1 + t) / (10 + t))  # 2/11, 3/12, then .3
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                expected[name] = decay * expected[name] + (1 - decay) * value
    average.give()
    for name in ("0.weight", "1.bias", "1.running_var", "1.running_mean"):
        torch.testing.assert_close(net.state_dict()[name], expected[name])
    assert net.state_dict()["1.num_batches_tracked"] == 4


def test_what_is_not_trained_is_no_part_of_it():
    net = network()
    assert not [name for name in WeightAverage(net, 0.9).values if name.startswith("2.")]


def test_the_network_has_the_average_for_a_while_and_its_own_bits_afterwards():
    net = network()
    average = WeightAverage(net, 0.9)
    step(net, 1)
    average.update()
    own = copy.deepcopy(net.state_dict())
    with average.given():
        assert torch.equal(net[0].weight, average.values["0.weight"])
        assert not torch.equal(net[0].weight, own["0.weight"])
    assert all(torch.equal(value, own[name]) for name, value in net.state_dict().items())


def test_a_resumed_average_goes_on_to_the_same_bits():
    net, other = network(), network()
    average = WeightAverage(net, 0.9)
    step(net, 1)
    average.update()
    other.load_state_dict(net.state_dict())
    resumed = WeightAverage(other, 0.9)
    resumed.load(copy.deepcopy(average.state()))
    for each, of_it in ((net, average), (other, resumed)):
        step(each, 2)
        of_it.update()
    assert all(torch.equal(value, resumed.values[name]) for name, value in average.values.items())

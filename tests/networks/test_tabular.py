import pytest
import torch

from gliomanet.networks import build

TASKS = {"idh": 2, "grade": 3}


def network(**change):
    torch.manual_seed(0)
    return build("tabular_net", **{"n_features": 7, "tasks": TASKS, "hidden": (16, 8), "dropout": 0.3, **change})


@pytest.mark.parametrize("hidden", [(16, 8), (5,)])
def test_shapes_and_heads(hidden):
    net = network(hidden=hidden).eval()
    x = torch.randn(4, 7, generator=torch.Generator().manual_seed(1))
    logits, features = net(x)
    assert {task: value.shape for task, value in logits.items()} == {"idh": (4, 2), "grade": (4, 3)}
    assert features.shape == (4, net.deep_feature_size) == (4, hidden[-1])
    for task, (weight, bias) in net.heads().items():
        torch.testing.assert_close(features @ weight.T + bias, logits[task])


def test_a_case_is_predicted_alike_in_any_batch_while_training():
    net = network(dropout=0.0).train()
    x = torch.randn(4, 7, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(net(x)[0]["idh"][2:3], net(x[2:3])[0]["idh"])


def test_dropout_leaves_the_deep_feature_of_a_one_layer_trunk_alone():
    net = network(hidden=(32,)).train()
    x = torch.randn(4, 7, generator=torch.Generator().manual_seed(1))
    (first, z), (second, again) = net(x), net(x)
    assert torch.equal(z, again)
    assert not torch.equal(first["idh"], second["idh"])


def test_every_parameter_gets_a_gradient():
    net = network(dropout=0.0)
    logits, _ = net(torch.randn(16, 7, generator=torch.Generator().manual_seed(1)))
    sum(value.square().sum() for value in logits.values()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_features": 0}, "n_features=0"),
        ({"hidden": ()}, r"hidden=\(\)"),
        ({"hidden": (8, 0)}, r"hidden=\(8, 0\)"),
        ({"tasks": {}}, "at least one task"),
        ({"tasks": {"idh": 1}}, "task 'idh' has 1 classes"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        network(**change)


def test_a_wrong_input_is_refused():
    with pytest.raises(ValueError, match=r"\(4, 6\); this tabular_net takes \(batch, 7\)"):
        network()(torch.zeros(4, 6))

import pytest
import torch

from gliomanet.config.models import GmmasModel
from gliomanet.networks import build
from gliomanet.training.losses.losses import soft_dice
from gliomanet.training.recipes.gmmas import FrozenHeadPhase, HeadPhase, WholePhase, coarse_targets, plan
from gliomanet.training.recipes.phase import brain_masked
from tests.training.recipes.test_multitask import MISSING, batch

TASKS = ("idh",)
GIVEN = batch([[0], [1]], [True, False], size=32)


def network():
    torch.manual_seed(0)
    return build("gmmas", preset="tiny", modalities=2, tasks={"idh": 2}, segmentation=True, dropout=0.0)


def phase_of(make, net, **settings):
    return make(net, plan(GmmasModel(**settings), TASKS, 1).settings)


@pytest.mark.parametrize(
    ("settings", "phases"),
    [
        ({"pretraining_epochs": 3, "epochs": 4}, ((HeadPhase, 3), (FrozenHeadPhase, 4))),
        ({"pretraining_epochs": 0, "epochs": 4}, ((WholePhase, 4),)),
        ({"pretraining_epochs": 0, "epochs": 4, "segmentation": False}, ((WholePhase, 4),)),
    ],
)
def test_the_head_net_comes_first_where_the_settings_say_so(settings, phases):
    assert plan(GmmasModel(**settings), TASKS, 1).phases == phases


def test_the_first_phase_trains_the_head_net_on_masks_alone():
    net = network()
    phase = phase_of(HeadPhase, net)
    phase.loss(GIVEN, 0).backward()
    assert all((p.grad is not None) == name.startswith("head.") for name, p in net.named_parameters())
    relabelled = GIVEN._replace(labels=torch.full((2, 1), MISSING))
    assert phase.loss(relabelled, 0) == phase.loss(GIVEN, 0)
    assert phase.examine(GIVEN)[1] == {}


def test_a_head_net_that_was_trained_alone_does_not_move_again():
    net = network()
    phase = phase_of(FrozenHeadPhase, net)
    phase.begin()
    before = {key: value.clone() for key, value in net.head.state_dict().items()}
    optimiser = phase.configure_optimizers()
    phase.loss(GIVEN, 0).backward()
    optimiser.step()
    assert all(torch.equal(value, before[key]) for key, value in net.head.state_dict().items())
    assert net.training


def test_without_the_first_phase_the_coarse_segmentation_counts_as_well():
    net = network()
    phase = phase_of(WholePhase, net, pretraining_epochs=0)
    outputs = net(brain_masked(GIVEN), GIVEN.available)
    targets, known = phase._targets(GIVEN)
    coarse = soft_dice(outputs.coarse, *coarse_targets(targets, known))
    fine = soft_dice(outputs.segmentation, targets, known)
    assert torch.equal(phase.segmentation_loss(outputs, targets, known), fine + coarse)
    phase.loss(GIVEN, 0).backward()
    assert all(p.grad is not None for p in net.head.logits.parameters())


def test_coarse_targets_are_where_half_of_the_voxels_are():
    targets = torch.zeros(1, 1, 4, 2, 2, dtype=torch.bool)
    targets[0, 0, :2, 0] = True  # half of the first eight voxels
    targets[0, 0, 2, 0] = True  # a quarter of the others
    coarse, known = coarse_targets(targets, torch.tensor([True]))
    assert coarse.flatten().tolist() == [True, False]
    assert known.tolist() == [True]

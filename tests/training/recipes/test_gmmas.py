import pytest
import torch

from gliomanet.config.image_models import GmmasModel
from gliomanet.networks import build
from gliomanet.training.losses.losses import soft_dice
from gliomanet.training.recipes.gmmas import FrozenHeadPhase, HeadPhase, WholePhase, coarse_targets, plan
from gliomanet.training.recipes.shown_batch import brain_masked
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
        ({"pretraining_epochs": 3, "epochs": 4}, ((HeadPhase, 3), (WholePhase, 4))),
        ({"pretraining_epochs": 3, "epochs": 4, "head_net": "frozen"}, ((HeadPhase, 3), (FrozenHeadPhase, 4))),
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


def test_the_head_net_alone_has_an_optimiser_of_its_own():
    model = GmmasModel(pretraining_learning_rate=2e-4, pretraining_weight_decay=0.03, gradient_clip=1.0)
    recipe = plan(model, TASKS, 1).settings
    alone, together = (make(network(), recipe).optimisation for make in (HeadPhase, WholePhase))
    assert (alone.learning_rate, alone.weight_decay) == (2e-4, 0.03)
    assert (together.learning_rate, together.weight_decay) == (model.learning_rate, model.weight_decay)
    assert (alone.optimizer, alone.schedule, alone.gradient_clip) == ("adamw", "polynomial", 1.0)


def test_a_frozen_head_net_does_not_move_again():
    net = network()
    phase = phase_of(FrozenHeadPhase, net)
    phase.begin()
    before = {key: value.clone() for key, value in net.head.state_dict().items()}
    optimiser = phase.configure_optimizers()
    phase.loss(GIVEN, 0).backward()
    optimiser.step()
    assert all(torch.equal(value, before[key]) for key, value in net.head.state_dict().items())
    assert net.training


def test_a_head_net_that_learns_on_adds_its_own_dice_beside_the_weighted_losses():
    net = network().eval()  # no dropout: two passes are one
    phase, frozen = (phase_of(make, net) for make in (WholePhase, FrozenHeadPhase))
    outputs = net(brain_masked(GIVEN), GIVEN.available)
    coarse = soft_dice(outputs.coarse, *coarse_targets(*phase._targets(GIVEN)))
    whole, without = phase.loss(GIVEN, 0), frozen.loss(GIVEN, 0)
    assert whole.item() - without.item() == pytest.approx(coarse.item(), rel=1e-4)
    assert phase.progress() - frozen.progress() == pytest.approx(coarse.item(), rel=1e-4)
    assert phase.examine(GIVEN)[0].item() == pytest.approx(whole.item(), rel=1e-4)
    whole.backward()
    assert all(p.grad is not None for p in net.head.logits.parameters())


def test_without_segmentation_there_is_no_dice_to_add():
    net = build("gmmas", preset="tiny", modalities=2, tasks={"idh": 2}, segmentation=False, dropout=0.0).eval()
    phase = phase_of(WholePhase, net, pretraining_epochs=0, segmentation=False)
    assert phase.further_loss(net(brain_masked(GIVEN), GIVEN.available), GIVEN) == 0


def test_coarse_targets_are_where_half_of_the_voxels_are():
    targets = torch.zeros(1, 1, 4, 2, 2, dtype=torch.bool)
    targets[0, 0, :2, 0] = True  # half of the first eight voxels
    targets[0, 0, 2, 0] = True  # a quarter of the others
    coarse, known = coarse_targets(targets, torch.tensor([True]))
    assert coarse.flatten().tolist() == [True, False]
    assert known.tolist() == [True]

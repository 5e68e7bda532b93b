import math
from dataclasses import replace

import pytest
import torch

from gliomanet.config.image_models import CmtlnetModel
from gliomanet.labels.joint_decoding import combinations_of
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks.cmtlnet import CMTLNet, CommonOutputs, UniqueOutputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.recipes.cmtlnet import CommonPhase, Recipe, UniquePhase, inference_prompt, plan
from gliomanet.training.recipes.optimisation import Optimisation

RECIPE = Recipe(("idh", "grade"), Optimisation(1e-3), scale=4, margin=0.1, augmentation=True, seed=1)


class Uninformed(torch.nn.Module):
    """Stands in for the network: the same answer for every case, and a note of what it was given."""

    def common_outputs(self, x, available):
        self.seen, self.available = x, available
        n = len(x)
        cosines = {"idh": torch.zeros(n, 3), "grade": torch.zeros(n, 3)}
        return CommonOutputs(torch.zeros(n, 2), cosines, {task: c[:, :2] for task, c in cosines.items()})

    def unique_outputs(self, x, available):
        self.seen = x
        two = {"idh": torch.zeros(len(x), 2), "grade": torch.zeros(len(x), 2)}
        return UniqueOutputs(two, two, two)


def batch(labels: list[list[int]], has_tumour: list[bool]) -> Batch:
    n = len(labels)
    image = torch.randn(n, 2, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(n, 2, 8, 8, 8)
    masks[:, 0, 1:7, 1:7, 1:7] = 1
    masks[torch.tensor(has_tumour), 1, 2:4, 2:4, 2:4] = 1
    return Batch(image, masks, torch.ones(n, 2, dtype=torch.bool), torch.tensor(labels), 0)


def margin_term(classes: int) -> float:
    """CosFace of cosines 0: −log of exp(−sm) / (exp(−sm) + K − 1)."""
    hit = math.exp(-RECIPE.scale * RECIPE.margin)
    return -math.log(hit / (hit + classes - 1))


def test_the_common_loss_is_the_sum_of_its_unit_weighted_terms():
    phase = CommonPhase(Uninformed(), RECIPE)
    loss = phase.loss(batch([[0, 1], [1, 0], [MISSING, 1]], [True, True, False]), 0)
    assert loss.item() == pytest.approx(margin_term(2) + 2 * margin_term(3) + 2 * margin_term(2), rel=1e-5)


def test_the_unique_loss_is_the_sum_of_its_unit_weighted_terms():
    loss = UniquePhase(Uninformed(), RECIPE).loss(batch([[0, 1], [1, MISSING]], [True, True]), 0)
    assert loss.item() == pytest.approx(2 * margin_term(2) + 2 * math.log(2), rel=1e-5)


def test_the_joint_likelihood_is_that_of_the_fused_answers():
    combinations = combinations_of({name: DEFAULT_TASKS[name] for name in RECIPE.tasks})
    joint = replace(RECIPE, joint_likelihood_weight=2.0, combinations=combinations)
    given = batch([[0, 1], [1, MISSING], [MISSING, MISSING]], [True] * 3)
    for step in (0, None):
        with_it, without = (UniquePhase(Uninformed(), recipe).loss(given, step) for recipe in (joint, RECIPE))
        # every combination of IDH and grade is possible: one of four fits the first case, two fit the second
        assert with_it.item() - without.item() == pytest.approx(2 * (math.log(4) + math.log(2)) / 2, rel=1e-5)
    common = [CommonPhase(Uninformed(), recipe).loss(given, 0) for recipe in (joint, RECIPE)]
    assert common[0] == common[1]


def test_cases_without_a_mask_give_no_non_tumour_sample():
    network = Uninformed()
    given = batch([[0, 1], [1, 0], [1, 1]], [True, False, True])
    CommonPhase(network, RECIPE).loss(given, 0)
    assert len(network.seen) == 5
    torch.testing.assert_close(network.seen[1], inference_prompt(given)[1])
    CommonPhase(network, RECIPE).loss(batch([[0, 1], [1, 0]], [False, False]), 0)
    assert len(network.seen) == 2


def test_the_common_phase_draws_its_prompts_in_training_and_none_in_validation():
    network = Uninformed()
    given = batch([[0, 1]] * 8, [True] * 8)
    phase = CommonPhase(network, RECIPE)
    phase.loss(given, None)
    torch.testing.assert_close(network.seen[:8], inference_prompt(given))
    phase.loss(given, 0)
    first = network.seen
    assert not torch.equal(first[:8], inference_prompt(given))
    phase.loss(given, 0)
    assert torch.equal(network.seen, first)
    phase.loss(given, 1)
    assert not torch.equal(network.seen, first)


@pytest.mark.parametrize("step", [None, 0, 1])
def test_the_unique_phase_sees_what_inference_sees_and_no_tumour_mask(step):
    network = Uninformed()
    given = batch([[0, 1]] * 8, [True] * 8)
    UniquePhase(network, RECIPE).loss(given, step)
    image, brain = given.image, given.masks[:, :1]
    torch.testing.assert_close(network.seen, torch.cat([image * brain, brain], dim=1))


def test_unknown_labels_move_no_head():
    torch.manual_seed(0)
    network = CMTLNet(n_modalities=2, tasks={"idh": 2, "grade": 2}, preset="tiny").train()
    given = batch([[0, MISSING], [1, MISSING]], [True, True])
    grown = given._replace(
        image=torch.nn.functional.interpolate(given.image, size=32),
        masks=torch.nn.functional.interpolate(given.masks, size=32),
    )
    UniquePhase(network, RECIPE).loss(grown, 0).backward()
    assert network.fusion.heads["idh"].weight.grad.abs().max() > 0
    assert network.fusion.heads["grade"].weight.grad.abs().max() == 0


def test_phases_come_in_their_order():
    planned = plan(CmtlnetModel(common_epochs=3, unique_epochs=2, margin=0.2), ("idh",), seed=4)
    assert [(phase.name, epochs) for phase, epochs in planned.phases] == [("common", 3), ("unique", 2)]
    assert (planned.settings.margin, planned.settings.seed, planned.settings.tasks) == (0.2, 4, ("idh",))

import math
from dataclasses import replace

import pytest
import torch

from gliomanet.config.image_models import image_model
from gliomanet.labels.joint_decoding import combinations_of
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks import build
from gliomanet.networks.outputs import Outputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.losses.distillation import Distillation, with_reduced_cases
from gliomanet.training.losses.losses import region_targets, soft_dice
from gliomanet.training.recipes.multitask import MultitaskPhase, Recipe, dice_scores, plan, singletask_plan
from gliomanet.training.recipes.not_finite import NotFiniteError
from gliomanet.training.recipes.optimisation import Optimisation
from gliomanet.training.recipes.registry import plan_of
from gliomanet.training.recipes.shown_batch import brain_masked

TASKS = ("idh", "grade")
RECIPE = Recipe(
    tasks=TASKS,
    optimisation=Optimisation(1e-3, weight_decay=0.1),
    augmentation=True,
    seed=1,
    segmentation=True,
)


class Uninformed(torch.nn.Module):
    """Stands in for a network: the same answer for every case, and a note of what it was given."""

    REGIONS = ((1, 2, 4),)

    def __init__(self, logit: float = 0.0) -> None:
        super().__init__()
        self.logit = torch.nn.Parameter(torch.tensor(logit))

    def forward(self, x, available):
        self.seen = x
        logits = {"idh": torch.zeros(len(x), 2), "grade": torch.zeros(len(x), 3)}
        return Outputs(logits, logits, segmentation=self.logit.expand(len(x), 1, *x.shape[2:]))


def batch(labels, has_tumour, *, modalities=2, size=8, code=2) -> Batch:
    n, third = len(labels), size // 4
    image = torch.randn(n, modalities, size, size, size, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(n, 2, size, size, size)
    masks[:, 0, 1:-1, 1:-1, 1:-1] = 1
    masks[torch.tensor(has_tumour), 1, third : 2 * third, third : 2 * third, third : 2 * third] = code
    return Batch(image, masks, torch.ones(n, modalities, dtype=torch.bool), torch.tensor(labels), 0)


def dice_term(p: float, voxels: int = 8**3, tumour: int = 2**3) -> float:
    return 1 - (2 * p * tumour + 1) / (p * voxels + tumour + 1)


GIVEN = batch([[0, 1], [1, MISSING], [MISSING, 2]], [True, False, True])


def test_the_loss_is_the_weighted_sum_of_its_terms():
    terms = {"idh": math.log(2), "grade": math.log(3), "segmentation": dice_term(0.5)}
    fixed = replace(RECIPE, task_weights={"idh": 2.26, "segmentation": 0.5})
    loss = MultitaskPhase(Uninformed(), fixed).loss(GIVEN, 0)
    weights = {"idh": 2.26, "grade": 1.0, "segmentation": 0.5}
    assert loss.item() == pytest.approx(sum(weights[t] * v for t, v in terms.items()), rel=1e-5)
    uncertain = replace(RECIPE, weighting="uncertainty")
    assert MultitaskPhase(Uninformed(), uncertain).loss(GIVEN, 0).item() == pytest.approx(
        sum(terms.values()) / 2, rel=1e-5
    )


def test_the_network_sees_the_brain_alone():
    network = Uninformed()
    MultitaskPhase(network, RECIPE).loss(GIVEN, 0)
    assert torch.equal(network.seen, GIVEN.image * GIVEN.masks[:, :1])


def test_classes_of_a_batch_have_an_equal_say():
    class Sure(Uninformed):
        def forward(self, x, available):
            outputs = super().forward(x, available)
            logits = {**outputs.logits, "idh": torch.tensor([[9.0, 0.0]]).expand(len(x), 2)}
            return replace(outputs, logits=logits)

    unbalanced = batch([[0, MISSING]] * 3 + [[1, MISSING]], [False] * 4)
    loss = MultitaskPhase(Sure(), RECIPE).loss(unbalanced, 0).item()
    right, wrong = math.log1p(math.exp(-9)), math.log1p(math.exp(9))
    assert loss == pytest.approx((right + wrong) / 2, rel=1e-5)


@pytest.mark.parametrize("name", ["gmmas", "mttunet", "psnet"])
def test_unknown_labels_and_masks_move_no_head(name):
    torch.manual_seed(0)
    network = build(name, preset="tiny", modalities=2, tasks={"idh": 2, "grade": 3}, segmentation=True, dropout=0.0)
    phase = MultitaskPhase(network.train(), replace(RECIPE, weighting="uncertainty"))
    phase.loss(batch([[0, MISSING], [1, MISSING]], [False, False], size=32), 0).backward()
    head = {"gmmas": "decoder", "mttunet": "decoder", "psnet": "mask"}[name]
    heads = network.classifier.heads if name == "gmmas" else network.task_heads
    assert heads["idh"].weight.grad.abs().max() > 0
    assert not heads["grade"].weight.grad.any()
    assert not heads["grade"].bias.grad.any()
    assert all(p.grad is None or not p.grad.any() for p in getattr(network, head).parameters())
    assert phase.weighting.log_variances.grad.tolist()[1:] == [0.0, 0.0]
    assert phase.weighting.log_variances.grad[0] != 0


def test_a_mask_of_the_whole_tumour_teaches_no_parts():
    network = Uninformed()
    network.REGIONS = ((1,), (2,), (4,))
    binary = batch([[0, 1]], [True], code=1)
    outputs = Outputs({t: torch.zeros(1, 3) for t in TASKS}, {}, segmentation=torch.zeros(1, 3, 8, 8, 8))
    losses, known = MultitaskPhase(network, RECIPE).terms(binary, outputs)
    assert known.tolist() == [True, True, False]
    assert losses[2] == 0


def test_learnt_weights_are_not_decayed_and_are_part_of_the_state():
    phase = MultitaskPhase(Uninformed(), replace(RECIPE, weighting="uncertainty"))
    optimiser = phase.configure_optimizers()
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.1, 0.0]
    for step in range(3):
        optimiser.zero_grad()
        phase.loss(GIVEN, step).backward()
        optimiser.step()
    saved = phase.state()
    again = MultitaskPhase(Uninformed(), replace(RECIPE, weighting="uncertainty"), state=saved)
    again.configure_optimizers()
    assert again.weighting.log_variances.abs().min() > 0
    assert torch.equal(again.weighting.log_variances, phase.weighting.log_variances)
    assert len(MultitaskPhase(Uninformed(), RECIPE).configure_optimizers().param_groups) == 1


def test_the_learning_rate_follows_the_losses_as_they_are():
    phase = MultitaskPhase(Uninformed(), replace(RECIPE, weighting="uncertainty"))
    phase.loss(GIVEN, 0)
    phase.loss(batch([[0, 1], [1, 2]], [False, False]), 1)
    with torch.no_grad():
        phase.weighting.log_variances.fill_(-3.0)  # what is weighted is another number now
    assert phase.progress() == pytest.approx(math.log(2) + math.log(3) + dice_term(0.5), rel=1e-5)
    figures = phase.metrics()
    assert figures["train/loss/segmentation"] == pytest.approx(dice_term(0.5), rel=1e-5)
    assert figures["train/weight/grade"] == pytest.approx(math.exp(3) / 2)


def test_a_term_that_no_batch_had_a_label_of_has_no_figure():
    phase = MultitaskPhase(Uninformed(), RECIPE)
    phase.loss(batch([[0, MISSING], [1, MISSING]], [False, False]), 0)
    assert phase.progress() == pytest.approx(math.log(2), rel=1e-5)
    assert "train/loss/grade" not in phase.metrics()


def test_validation_is_one_pass_and_tells_the_dice():
    phase = MultitaskPhase(Uninformed(9.0), RECIPE)
    loss, scores = phase.examine(GIVEN)
    assert list(scores) == ["idh", "grade"]
    assert loss.item() == pytest.approx(
        math.log(2) + math.log(3) + dice_term(torch.tensor(9.0).sigmoid().item()), rel=1e-4
    )
    phase.loss(GIVEN, 0)
    assert phase.metrics()["validation/dice"] == pytest.approx(2 * 8 / (512 + 8))


def test_dice_of_nothing_found_where_nothing_is_is_one():
    logits, targets = torch.full((2, 1, 2, 2, 2), -1.0), torch.zeros(2, 1, 2, 2, 2, dtype=torch.bool)
    targets[1, 0, 0] = True
    assert dice_scores(logits, targets, torch.tensor([True, True])).tolist() == [[1.0], [0.0]]
    assert dice_scores(logits, targets, torch.tensor([False, False])).shape == (0, 1)


def test_plans_follow_the_settings():
    model = image_model({"kind": "psnet", "epochs": 7, "task_weights": {"idh": 2}, "modality_dropout": 0.3})
    planned = plan(model, TASKS, 5)
    assert planned.phases == ((MultitaskPhase, 7),)
    assert planned.settings.terms == ("idh", "grade", "segmentation")
    assert (planned.settings.task_weights, planned.settings.modality_dropout) == ({"idh": 2}, 0.3)
    one = {"idh": DEFAULT_TASKS["idh"]}
    single = plan_of(image_model({"kind": "singletask", "tasks": ["idh"], "epochs": 3}), one, 5)
    assert single == singletask_plan(image_model({"kind": "singletask", "tasks": ["idh"], "epochs": 3}), ("idh",), 5)
    assert (single.settings.terms, single.settings.weighting) == (("idh",), "fixed")


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas", "mttunet", "psnet"])
def test_the_joint_likelihood_is_planned_where_it_is_asked_for(kind):
    asked = plan_of(image_model({"kind": kind, "joint_likelihood_weight": 0.5}), DEFAULT_TASKS, 5)
    without = plan_of(image_model({"kind": kind}), DEFAULT_TASKS, 5)
    assert (asked.settings.joint_likelihood_weight, asked.settings.combinations) == (
        0.5,
        combinations_of(DEFAULT_TASKS),
    )
    assert (without.settings.joint_likelihood_weight, without.settings.combinations) == (0.0, None)
    assert replace(asked.settings, joint_likelihood_weight=0.0, combinations=None) == without.settings


@pytest.mark.parametrize("weighting", ["fixed", "uncertainty"])
def test_the_joint_likelihood_comes_to_the_weighted_losses(weighting):
    recipe = replace(RECIPE, segmentation=False, weighting=weighting, tasks=("idh", "codel_1p19q"))
    tasks = {name: DEFAULT_TASKS[name] for name in recipe.tasks}
    joint = replace(recipe, joint_likelihood_weight=0.25, combinations=combinations_of(tasks))

    class TwoTasks(Uninformed):
        def forward(self, x, available):
            logits = {task: self.logit.expand(len(x), 2) for task in recipe.tasks}
            return Outputs(logits, logits)

    given = batch([[0, 0], [1, MISSING], [MISSING, MISSING]], [True] * 3)
    phase, plain = MultitaskPhase(TwoTasks(), joint), MultitaskPhase(TwoTasks(), recipe)
    # three combinations of equal mass; the first case fits one of them, the second two; each has a weight of 1
    expected = 0.25 * (math.log(3) + math.log(3 / 2)) / 2
    assert phase.loss(given, 0).item() - plain.loss(given, 0).item() == pytest.approx(expected, rel=1e-5)
    assert phase.examine(given)[0].item() - plain.examine(given)[0].item() == pytest.approx(expected, rel=1e-5)
    assert phase.progress() - plain.progress() == pytest.approx(expected, rel=1e-5)
    assert len(phase._metrics.joint) == 1  # of training steps alone
    assert not plain._metrics.joint


@pytest.mark.parametrize(
    "distillation", [Distillation(0.7, 2.0, 0.3), Distillation(contrastive_weight=0.3), Distillation(0.7)]
)
def test_the_learning_rate_follows_the_distillation_as_it_is_minimised(distillation):
    class Featured(Uninformed):
        deep_feature_size = 4

        def forward(self, x, available):
            outputs = super().forward(x, available)
            seen = x.mean(dim=(2, 3, 4)).repeat(1, 2) * torch.tensor([9.0, 5.0, -2.0, 1.0])
            return replace(
                outputs, logits={"idh": seen[:, :2], "grade": seen[:, :3]}, features=dict.fromkeys(TASKS, seen)
            )

    phase = MultitaskPhase(Featured(), replace(RECIPE, distillation=distillation))
    losses = []
    for step in range(2):
        whole = batch([[0, 1], [1, 2]], [True, True])
        both = with_reduced_cases(whole._replace(image=whole.image * (1 + step)), 0.5, step)
        losses.append(phase.loss(both, step).item())
    assert phase.progress() == pytest.approx(sum(losses) / 2, rel=1e-5)  # no weight is learnt here
    assert phase.progress() - sum(phase._mean_terms().values()) > 0.01


@pytest.mark.parametrize("name", ["gmmas", "mttunet", "psnet"])
def test_the_joint_likelihood_teaches_the_head_of_an_unknown_label(name):
    torch.manual_seed(0)
    tasks = {task: DEFAULT_TASKS[task] for task in ("idh", "codel_1p19q")}
    network = build(name, preset="tiny", modalities=2, tasks=dict.fromkeys(tasks, 2), dropout=0.0)
    recipe = replace(RECIPE, segmentation=False, tasks=tuple(tasks), joint_likelihood_weight=1.0)
    phase = MultitaskPhase(network.train(), replace(recipe, combinations=combinations_of(tasks)))
    heads = network.classifier.heads if name == "gmmas" else network.task_heads
    phase.loss(batch([[MISSING, MISSING], [MISSING, MISSING]], [True, True], size=32), 0).backward()
    assert not any(parameter.grad.any() for parameter in heads.parameters())
    phase.loss(batch([[0, MISSING], [1, MISSING]], [True, True], size=32), 1).backward()
    assert heads["codel_1p19q"].bias.grad.abs().max() > 0


def test_regions_of_the_network_are_what_is_segmented():
    network = build("mttunet", preset="tiny", modalities=2, tasks={"idh": 2}, segmentation=True).eval()
    given = batch([[0], [1]], [True, True], size=32)
    given.masks[:, 1, 16, 16, 16] = 4
    phase = MultitaskPhase(network, replace(RECIPE, tasks=("idh",)))
    with torch.no_grad():
        outputs = network(brain_masked(given), given.available)
        losses, _ = phase.terms(given, outputs)
        expected = soft_dice(outputs.segmentation, *region_targets(given.masks[:, 1:], ((1,), (2,), (4,))))
    assert losses[1] == expected


def test_a_loss_that_is_no_number_says_where_and_what_to_do():
    phase = MultitaskPhase(Uninformed(math.nan), RECIPE)
    with pytest.raises(NotFiniteError, match="the loss is nan in epoch 1 .phase tasks., step 1: .*segmentation nan"):
        phase.training_step(GIVEN, 0)

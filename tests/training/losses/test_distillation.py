"""Whole cases teach reduced ones: the terms against their formulas, and what they must not touch."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gliomanet.labels.vocabulary import MISSING
from gliomanet.networks import IMAGE_NETWORKS, build
from gliomanet.networks.outputs import Outputs
from gliomanet.training.data.batches import Batch
from gliomanet.training.losses.distillation import (
    Distillation,
    SubsetDistillation,
    contrastive_loss,
    feature_distillation,
    feature_spread,
    halves,
    logit_distillation,
    with_reduced_cases,
)
from gliomanet.training.recipes.cmtlnet import CommonPhase, UniquePhase
from gliomanet.training.recipes.cmtlnet import Recipe as CmtlnetRecipe
from gliomanet.training.recipes.gmmas import HeadPhase
from gliomanet.training.recipes.multitask import MultitaskPhase, Recipe
from gliomanet.training.recipes.optimisation import Optimisation

BOTH = Distillation(distillation_weight=0.7, temperature=2.0, contrastive_weight=0.3)
TASKS = ("idh", "grade")
COMMON = {"tasks": TASKS, "optimisation": Optimisation(1e-3), "augmentation": True, "seed": 1}
COMMON |= {"modality_dropout": 0.3}
flags = st.lists(st.lists(st.booleans(), min_size=3, max_size=3).filter(any), min_size=1, max_size=5)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def batch(available, labels=None, *, size=8) -> Batch:
    """Cases with the modalities given, 0 where absent and outside the brain; each has a tumour of two parts."""
    available = torch.tensor(available)
    n = len(available)
    masks = torch.zeros(n, 2, size, size, size)
    masks[:, 0, 1:-1, 1:-1, 1:-1] = 1
    masks[:, 1, 2:4, 2:4, 2:4] = 2
    masks[:, 1, 4:6, 2:4, 2:4] = 4
    image = normal(*available.shape, size, size, size) * masks[:, :1] * available[:, :, None, None, None]
    labels = [[0, 1], [1, 0]] * (n // 2) + [[0, 1]] * (n % 2) if labels is None else labels
    return Batch(image, masks, available, torch.tensor(labels), 0)


def phase_of(kind: str, distillation: Distillation, *, tasks=TASKS):
    """The adapted phase of a tiny network without dropout, in training mode."""
    torch.manual_seed(0)
    made = {"segmentation": True} if kind in ("gmmas", "mttunet", "psnet") else {}
    network = build(kind, preset="tiny", modalities=2, tasks=dict.fromkeys(tasks, 2), **made, dropout=0.0)
    for module in network.modules():  # the transformers' own
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    settings = COMMON | {"tasks": tasks, "distillation": distillation}
    if kind == "cmtlnet":
        phase = UniquePhase(network, CmtlnetRecipe(**settings, scale=4, margin=0.1))
    else:
        phase = MultitaskPhase(network, Recipe(**settings, **made))
    phase.begin()
    return phase


def gradients(phase) -> dict[str, torch.Tensor]:
    return {name: p.grad.clone() for name, p in phase.named_parameters() if p.grad is not None}


# ------------------------------------------------------------------------------------- the two views


@given(flags, st.floats(0, 0.99), st.integers(0, 99))
def test_the_second_half_is_the_first_with_fewer_modalities(available, rate, seed):
    whole = batch(available)
    both = with_reduced_cases(whole, rate, seed)
    n = len(available)
    assert both.views == 2
    assert all(torch.equal(of_both[:n], own) for of_both, own in zip(both[:4], whole[:4], strict=True))
    assert torch.equal(both.masks[n:], whole.masks)
    assert torch.equal(both.labels[n:], whole.labels)
    kept = both.available[n:]
    assert kept.any(dim=1).all()
    assert not (kept & ~whole.available).any()
    several = whole.available.sum(dim=1) > 1
    assert torch.equal((kept != whole.available).any(dim=1), several)
    assert torch.equal(both.image[n:][kept], whole.image[kept])
    assert not both.image[n:][~kept].any()
    assert torch.equal(with_reduced_cases(whole, rate, seed).available, both.available)


# ------------------------------------------------------------------------------------- the terms


def test_logits_are_distilled_by_the_divergence_of_softened_classes():
    teacher, student = np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [3.0, 0.0]])
    p, q = (np.exp(v / 2) / np.exp(v / 2).sum(axis=1, keepdims=True) for v in (teacher, student))
    expected = 4 * (p * np.log(p / q)).sum(axis=1).mean()
    found = logit_distillation(torch.tensor(teacher), torch.tensor(student), 2.0)
    assert found.item() == pytest.approx(expected, rel=1e-5)
    assert logit_distillation(torch.tensor(teacher), torch.tensor(teacher), 2.0) == 0


def test_the_gradient_of_distilled_logits_hardly_depends_on_the_temperature():
    """Hinton et al. 2015, equation 4: (student − teacher) / (K · N) for centred logits and a large T."""
    teacher = torch.tensor([[0.1, -0.1, 0.0]])
    for temperature in (50.0, 500.0):
        student = torch.tensor([[0.2, -0.3, 0.1]], requires_grad=True)
        logit_distillation(teacher, student, temperature).backward()
        torch.testing.assert_close(student.grad, (student.detach() - teacher) / 3, rtol=0, atol=1e-3)


def test_features_are_distilled_by_their_direction():
    teacher = torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    assert feature_distillation(teacher, torch.tensor([[0.0, 2.0], [30.0, 40.0]])).item() == pytest.approx(0.5)
    assert feature_distillation(teacher, -teacher).item() == pytest.approx(2.0)


def test_the_contrastive_loss_is_simsiams_plus_one():
    z1, z2, p1, p2 = (normal(5, 7, seed=seed).double() for seed in range(4))

    def negative_cosine(p, z):
        p, z = p.numpy(), z.numpy()
        return -np.mean((p * z).sum(axis=1) / np.linalg.norm(p, axis=1) / np.linalg.norm(z, axis=1))

    expected = 1 + negative_cosine(p1, z2) / 2 + negative_cosine(p2, z1) / 2
    assert contrastive_loss(z1, z2, p1, p2).item() == pytest.approx(expected, rel=1e-5)
    assert contrastive_loss(z1, z2, 3 * z2, z1).item() == pytest.approx(0, abs=1e-6)


def test_neither_teachers_nor_targets_get_a_gradient():
    for loss, n_targets in (
        (lambda t, s: logit_distillation(t, s, 2.0), 1),
        (feature_distillation, 1),
        (contrastive_loss, 2),
    ):
        given_ = [normal(4, 6, seed=seed).requires_grad_() for seed in range(2 * n_targets)]
        loss(*given_).backward()
        targets, learners = given_[:n_targets], given_[n_targets:]
        assert all(one.grad is None for one in targets)
        assert all(one.grad.abs().max() > 0 for one in learners)


def test_features_of_nothing_have_finite_gradients():
    """A ReLU may leave a case with a deep feature of zeros."""
    dead = torch.zeros(2, 4, requires_grad=True)
    (feature_distillation(normal(2, 4), dead) + contrastive_loss(normal(2, 4), dead, dead, dead)).backward()
    assert torch.isfinite(dead.grad).all()
    assert feature_spread(dead.detach()) == 0


def test_the_spread_tells_a_collapse():
    assert feature_spread(torch.tensor([[1.0, 2.0]]) * torch.tensor([[1.0], [7.0], [0.1]])) == pytest.approx(
        0, abs=1e-6
    )
    assert feature_spread(normal(4000, 16)).item() == pytest.approx(1, abs=0.01)


def test_terms_are_summed_over_the_tasks_and_weighted():
    adapter = SubsetDistillation(TASKS, 6, BOTH, seed=3)
    logits = {task: normal(8, 2, seed=number).requires_grad_() for number, task in enumerate(TASKS)}
    features = {task: normal(8, 6, seed=9 + number).requires_grad_() for number, task in enumerate(TASKS)}
    added, figures = adapter(logits, features)
    distilled = sum(
        logit_distillation(*halves(logits[task]), 2.0) + feature_distillation(*halves(features[task])) for task in TASKS
    )
    contrasted = sum(
        contrastive_loss(*halves(features[task]), *halves(adapter.predictors[task](features[task]))) for task in TASKS
    )
    assert added.item() == pytest.approx((0.7 * distilled + 0.3 * contrasted).item(), rel=1e-5)
    assert figures["loss/distillation"].item() == pytest.approx(distilled.item(), rel=1e-5)
    assert figures["loss/contrast"].item() == pytest.approx(contrasted.item(), rel=1e-5)
    spread = np.mean([feature_spread(features[task][:4]).item() for task in TASKS])
    assert figures["feature_std"].item() == pytest.approx(spread, rel=1e-5)
    assert not any(figure.requires_grad for figure in figures.values())


def test_only_reduced_cases_learn_from_distillation():
    logits = {"idh": normal(8, 2).requires_grad_()}
    features = {"idh": normal(8, 6).requires_grad_()}
    SubsetDistillation(("idh",), 6, Distillation(distillation_weight=1.0), seed=3)(logits, features)[0].backward()
    for values in (logits["idh"], features["idh"]):
        assert not values.grad[:4].any()
        assert values.grad[4:].abs().amin(dim=1).max() > 0


def test_a_term_of_no_weight_is_not_computed_nor_told():
    logits, features = {"idh": normal(4, 2)}, {"idh": normal(4, 6)}
    alone = SubsetDistillation(("idh",), 6, Distillation(distillation_weight=1.0), seed=3)
    assert not list(alone.parameters())
    assert set(alone(logits, features)[1]) == {"feature_std", "loss/distillation"}
    assert set(SubsetDistillation(("idh",), 6, Distillation(contrastive_weight=1.0), seed=3)(logits, features)[1]) == {
        *("feature_std", "loss/contrast")
    }


def test_predictors_depend_on_their_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = SubsetDistillation(TASKS, 16, BOTH, seed=3)
    assert torch.equal(torch.rand(3), expected)  # nobody else's draws are moved
    again, other = (SubsetDistillation(TASKS, 16, BOTH, seed=seed) for seed in (3, 4))
    pairs = list(zip(first.parameters(), again.parameters(), strict=True))
    assert len(pairs) == 2 * 5
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


# ------------------------------------------------------------------------------------- in the phases


class Told(torch.nn.Module):
    """Stands in for a network: certainty that falls with each modality that a case lacks."""

    REGIONS = ((1, 2, 4),)
    deep_feature_size = 2

    def forward(self, x, available):
        said = available.sum(dim=1)[:, None] * torch.tensor([1.0, 0.0])
        return Outputs(dict.fromkeys(TASKS, said), dict.fromkeys(TASKS, said))


def test_labels_teach_both_passes_alike():
    whole = batch([[True] * 3] * 2, [[0, MISSING], [0, MISSING]])
    both = with_reduced_cases(whole, 0.5, 1)
    recipe = Recipe(**COMMON, distillation=Distillation(distillation_weight=1e-9))
    lost = both.available[2:].sum(dim=1).double()
    expected = (math.log1p(math.exp(-3)) + torch.log1p(torch.exp(-lost)).mean().item()) / 2
    assert MultitaskPhase(Told(), recipe).loss(both, 0).item() == pytest.approx(expected, rel=1e-5)


def test_a_batch_of_one_view_is_learnt_and_validated_as_ever():
    given_ = batch([[True, True]] * 4, size=32)
    for kind in ("psnet", "cmtlnet"):
        adapted, plain = phase_of(kind, BOTH), phase_of(kind, Distillation())
        assert plain.distiller is None
        assert "distillation" not in plain.companions()
        for step in (0, None):
            assert adapted.loss(given_, step) == plain.loss(given_, step)
        assert adapted._metrics.of_distillation() == {}


def test_the_other_phases_take_modalities_away_as_ever():
    for made in (HeadPhase, CommonPhase):
        assert made(Told(), Recipe(**COMMON, distillation=BOTH)).distiller is None


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
def test_a_case_that_lost_nothing_has_nothing_to_learn_from_itself(kind):
    phase = phase_of(kind, Distillation(distillation_weight=1.0), tasks=("idh",))
    both = with_reduced_cases(batch([[True, False], [False, True]], [[0], [1]], size=32), 0.5, 1)
    phase.loss(both, 0)
    assert phase._metrics.of_distillation()["train/loss/distillation"] == pytest.approx(0, abs=1e-5)
    reduced = with_reduced_cases(batch([[True, True], [True, True]], [[0], [1]], size=32), 0.5, 1)
    phase.loss(reduced, 0)
    assert phase._metrics.of_distillation()["train/loss/distillation"] > 1e-5


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas"])
def test_absent_modalities_have_no_influence(kind):
    both = with_reduced_cases(batch([[True, True], [True, False]], size=32), 0.5, 1)
    present = both.available[:, :, None, None, None]
    found = []
    for image in (both.image, torch.where(present, both.image, 7.0)):
        phase = phase_of(kind, BOTH)
        loss = phase.loss(both._replace(image=image), 0)
        loss.backward()
        found.append((loss.detach(), gradients(phase)))
    (loss, expected), (other, again) = found
    assert loss == other
    assert expected.keys() == again.keys()
    assert all(torch.equal(expected[name], again[name]) for name in expected)


@pytest.mark.parametrize("kind", ["cmtlnet", "psnet"])
def test_unknown_labels_move_no_head_in_either_pass(kind):
    # contrastive learning ends at the deep features, so that only labels can move a head
    phase = phase_of(kind, Distillation(contrastive_weight=1.0))
    both = with_reduced_cases(batch([[True, True]] * 2, [[0, MISSING], [1, MISSING]], size=32), 0.5, 1)
    phase.loss(both, 0).backward()
    heads = phase.network.fusion.heads if kind == "cmtlnet" else phase.network.task_heads
    assert heads["idh"].weight.grad.abs().max() > 0
    assert not heads["grade"].weight.grad.any()
    assert phase.distiller.predictors["grade"][0].weight.grad.abs().max() > 0


def test_both_views_of_a_case_differ_by_their_modalities_alone():
    seen = []
    phase = phase_of("cmtlnet", BOTH)
    outputs = phase.network.unique_outputs
    phase.network.unique_outputs = lambda x, available: seen.append(x) or outputs(x, available)
    both = with_reduced_cases(batch([[True, True]] * 8, size=32), 0.5, 1)
    phase.loss(both, 0)
    whole, reduced = halves(seen[0])
    kept = torch.cat([both.available[8:], torch.ones(8, 1, dtype=torch.bool)], dim=1)[:, :, None, None, None]
    assert torch.equal(reduced, torch.where(kept, whole, 0.0))
    assert torch.equal(whole[:, -1:], both.masks[:8, :1])  # the brain, which inference knows, and no tumour


def test_what_is_learnt_beside_the_network_is_in_the_state_and_not_decayed():
    phase = phase_of("psnet", BOTH)
    phase.recipe = replace(phase.recipe, optimisation=Optimisation(1e-3, weight_decay=0.1))
    optimiser = phase.configure_optimizers()
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.1, 0.0]
    with torch.no_grad():
        phase.distiller.predictors["idh"][0].weight.fill_(0.5)
    again = MultitaskPhase(phase.network, phase.recipe, state=phase.state())
    again.configure_optimizers()
    assert (again.distiller.predictors["idh"][0].weight == 0.5).all()
    assert not [name for name in phase.network.state_dict() if "predictor" in name]

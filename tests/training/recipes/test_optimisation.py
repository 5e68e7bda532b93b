import math
from dataclasses import replace

import pytest
import torch

from gliomanet.config.image_models import image_model
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.training.recipes.optimisation import Optimisation, next_epoch, optimisation_of
from gliomanet.training.recipes.registry import plan_of
from tests.training.recipes.test_multitask import GIVEN, RECIPE, MultitaskPhase, Uninformed

PLAIN = Optimisation(learning_rate=0.1)
SINGLE = {"kind": "singletask", "tasks": ["idh"]}


def rates(how: Optimisation, losses: list[float]) -> list[float]:
    """The learning rate of every epoch of a phase whose training losses are these."""
    optimizer = how.optimizer_of([{"params": [torch.nn.Parameter(torch.ones(1))]}])
    scheduler = how.scheduler_of(optimizer, len(losses))
    found = []
    for loss in losses:
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        next_epoch(scheduler, loss)
    return found


def test_the_rate_decays_by_the_papers_formulas_to_zero():
    epochs = 7
    polynomial = [0.1 * (1 - e / epochs) ** 0.9 for e in range(epochs)]
    cosine = [0.1 * (1 + math.cos(math.pi * e / epochs)) / 2 for e in range(epochs)]
    for schedule, expected in (("polynomial", polynomial), ("cosine", cosine), ("constant", [0.1] * epochs)):
        assert rates(replace(PLAIN, schedule=schedule), [1.0] * epochs) == pytest.approx(expected)


def test_on_a_plateau_of_the_training_loss_the_rate_falls_to_its_floor():
    how = replace(PLAIN, plateau_factor=0.7, plateau_patience=2, plateau_floor=0.06)
    losses = [3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    expected = [0.1] * 5 + [0.07] * 4 + [0.06] * 3
    assert rates(how, losses) == pytest.approx(expected)
    tiny = replace(PLAIN, learning_rate=1e-8, plateau_patience=0, plateau_floor=0.0)
    assert rates(tiny, [1.0, 1.0, 1.0]) == pytest.approx([1e-8, 1e-8, 0.7e-8])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"kind": "cmtlnet"}, Optimisation(1e-4, 2e-5, "adam", "plateau", 0.7, 8, 1e-6)),
        (SINGLE, Optimisation(1e-4, 2e-5, "adam", "plateau", 0.7, 8, 1e-6)),
        ({"kind": "gmmas"}, Optimisation(1e-5, 1e-3, "adamw", "polynomial")),
        ({"kind": "mttunet"}, Optimisation(2e-4, 1e-5, "amsgrad", "polynomial")),
        ({"kind": "psnet"}, Optimisation(1e-5, 1.0, "adamw", "plateau", 0.25, 5, 1e-11)),
    ],
)
def test_each_networks_default_is_its_authors(model, expected):
    assert optimisation_of(image_model(model)) == expected


@pytest.mark.parametrize("kind", ["cmtlnet", "gmmas", "mttunet", "psnet", "singletask"])
def test_every_key_reaches_the_recipe(kind):
    wanted = Optimisation(3e-4, 0.2, "amsgrad", "cosine", 0.4, 3, 1e-5, gradient_clip=2.0, ema_decay=0.9)
    own = SINGLE if kind == "singletask" else {"kind": kind}
    assert (
        plan_of(image_model({**own, **vars(wanted)}), {"idh": DEFAULT_TASKS["idh"]}, 1).settings.optimisation == wanted
    )


@pytest.mark.parametrize(("name", "amsgrad"), [("adam", False), ("amsgrad", True), ("adamw", False)])
def test_the_optimiser_is_the_one_named(name, amsgrad):
    optimizer = replace(PLAIN, optimizer=name, weight_decay=0.5).optimizer_of([{"params": [torch.nn.Parameter()]}])
    assert (type(optimizer).__name__, optimizer.defaults["amsgrad"]) == (
        "AdamW" if name == "adamw" else "Adam",
        amsgrad,
    )
    assert optimizer.defaults["weight_decay"] == 0.5


def test_only_long_gradients_are_shortened_and_all_by_one_factor():
    phase = MultitaskPhase(Uninformed(), replace(RECIPE, optimisation=replace(PLAIN, gradient_clip=5.0)))
    phase.further = torch.nn.Parameter(torch.zeros(1))
    for given, expected in ((6.0, (3.0, 4.0)), (0.6, (0.6, 0.8))):
        phase.network.logit.grad, phase.further.grad = torch.tensor(given), torch.tensor([given * 4 / 3])
        phase.on_before_optimizer_step(None)
        found = (phase.network.logit.grad.item(), phase.further.grad.item())
        assert found == pytest.approx(expected, rel=1e-5)


def test_a_resumed_schedule_goes_on_where_it_was():
    recipe = replace(RECIPE, optimisation=replace(PLAIN, schedule="polynomial"))

    def after(epochs: int, state=None) -> MultitaskPhase:
        phase = MultitaskPhase(Uninformed(), recipe, epochs=5, state=state)
        optimizer = phase.configure_optimizers()
        for _ in range(epochs):
            phase.loss(GIVEN, 0).backward()
            optimizer.step()
            next_epoch(phase.scheduler, 1.0)
        return phase

    resumed = after(2, after(2).state())
    assert resumed.optimizer.param_groups[0]["lr"] == after(4).optimizer.param_groups[0]["lr"]
    assert resumed.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.2**0.9)

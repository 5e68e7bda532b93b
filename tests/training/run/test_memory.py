"""Memory that does not hold a batch: parts of it, whose gradients add up; and cases that are too large by themselves."""

import json
from functools import partial

import pytest
import torch

from gliomanet.errors import ProblemError
from gliomanet.models.devices import Device, told_of_memory
from gliomanet.networks import IMAGE_NETWORKS, build
from gliomanet.seeds import derive_seed
from gliomanet.training.distributed.launcher import launch
from gliomanet.training.recipes import cmtlnet
from gliomanet.training.recipes.optimisation import Optimisation
from gliomanet.training.recipes.phase import Phase
from gliomanet.training.run import image as module
from gliomanet.training.run.memory import MemoryExceededError, Split, train_in_parts
from tests.training.run.test_image_networks import TASKS, name_of, settings, train

FULL = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"


@pytest.fixture
def memory(monkeypatch):
    """More cases than this at once, with their gradients, find the memory full."""

    def holds(cases: int) -> None:
        checked = Phase._checked_loss

        def limited(self, batch):
            if len(batch.case_ids) > cases:
                raise torch.OutOfMemoryError(FULL)
            return checked(self, batch)

        monkeypatch.setattr(Phase, "_checked_loss", limited)

    return holds


@pytest.fixture
def by_themselves(monkeypatch):
    """What makes a case's gradient hang on its neighbours, or on a draw per part, taken away; plain gradient descent."""
    for layer in (torch.nn.BatchNorm3d, torch.nn.Dropout):
        monkeypatch.setattr(layer, "forward", lambda self, x: x)
    monkeypatch.setattr(cmtlnet, "TUMOUR_PROMPTS", 1)
    monkeypatch.setattr(cmtlnet, "NON_TUMOUR_PROMPTS", 1)
    monkeypatch.setattr(Optimisation, "optimizer_of", lambda self, groups: torch.optim.SGD(groups, self.learning_rate))


def weights_of(out) -> dict[str, torch.Tensor]:
    return torch.load(out / "weights.pt", weights_only=True)


def figures(out) -> dict[tuple[str, int], float]:
    told = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    return {(event["name"], event["step"]): event["value"] for event in told if event["event"] == "metric"}


OWN = {
    "cmtlnet": {"contrastive_weight": 0.5, "distillation_weight": 0.5, "joint_likelihood_weight": 0.5},
    "gmmas": {"pretraining_epochs": 1, "epochs": 1, "contrastive_weight": 0.5, "distillation_weight": 0.5},
    "mttunet": {"epochs": 1},
    "psnet": {"epochs": 1, "joint_likelihood_weight": 0.5},
    "singletask": {"epochs": 1},
}
"""With every term that a loss may have."""


@pytest.mark.parametrize("kind", IMAGE_NETWORKS)
def test_parts_move_the_weights_as_the_whole_batch_does(kind, cohort, tmp_path, by_themselves, memory, capsys):
    """Every recipe, with augmentation and modalities that go; labels and masks are unknown in some cases.

    Gradients are shortened, as a whole batch's are, and weights averaged.
    """
    changes = {"dropout": 0, "learning_rate": 1e-3, "gradient_clip": 0.5, "ema_decay": 0.5}
    if kind in ("cmtlnet", "singletask"):
        changes["feature_dropout"] = 0  # drawn for each part anew, as dropout is
    model = settings(kind, **changes, steps_per_epoch=1, **OWN[kind])
    cases = cohort[cohort["part"] == "train"]
    whole = train(cases, tmp_path / "whole", model)
    memory(2)
    parted = train(cases, tmp_path / "parted", model)
    assert json.loads((parted / "model.json").read_text())["computed"]["batch_parts"] > 1
    assert "going on from the newest checkpoint in 2 parts, whose gradients add up" in capsys.readouterr().out
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(1, "weights"))
        start = build(kind, **json.loads((whole / "model.json").read_text())["constructor"]).state_dict()
    found, wanted = weights_of(parted), weights_of(whole)
    moved = torch.cat([(wanted[name] - start[name]).flatten() for name in wanted]).double()
    apart = torch.cat([(found[name] - wanted[name]).flatten() for name in wanted]).double()
    assert moved.norm() > 0
    assert apart.norm() / moved.norm() < 1e-3
    for name, value in figures(whole).items():
        assert figures(parted)[name] == pytest.approx(value, rel=1e-3, abs=1e-4), name


def test_it_is_told_in_the_events_and_a_killed_job_goes_on_in_as_many_parts(cohort, tmp_path, memory, monkeypatch):
    monkeypatch.setattr(module, "discard_scratch", lambda _: None)
    memory(2)
    model = settings("gmmas", pretraining_epochs=0, epochs=2)
    out = train(cohort, tmp_path, model)
    told = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
    params = {key: value for event in told if event["event"] == "params" for key, value in event["values"].items()}
    assert (params["batch_parts"], params["cases_at_once"]) == (2, 2)
    wanted = (out / "weights.pt").read_bytes()
    for name in ("weights.pt", "model.json"):
        (out / name).unlink()
    monkeypatch.undo()  # memory enough, and a checkpoint of all epochs: nothing is left but to write
    again = train(cohort, tmp_path, model)
    assert (again / "weights.pt").read_bytes() == wanted
    assert json.loads((again / "model.json").read_text())["computed"]["batch_parts"] == 2


@pytest.mark.parametrize("kind", ["gmmas", "cmtlnet"])
def test_where_the_smallest_part_is_too_large_the_job_says_what_to_do(cohort, tmp_path, memory, kind):
    memory(0)
    with pytest.raises(ProblemError) as caught:
        train(cohort, tmp_path, settings(kind))
    problem = caught.value.problem
    assert problem.rule == "memory_exceeded"
    assert f"the memory of CPU does not hold {1 if kind == 'gmmas' else 2} of the 4 cases of a batch" in problem.found
    assert FULL in problem.found
    assert "compute.gradient_checkpointing: true" in problem.action


def full_on_one_process(request: module.Request) -> None:
    forward = torch.nn.Conv3d.forward

    def limited(self, x):
        if len(x) > 1 and torch.is_grad_enabled() and torch.distributed.get_rank() == 1:
            raise torch.OutOfMemoryError(FULL)
        return forward(self, x)

    torch.nn.Conv3d.forward = limited
    module.read_and_train(request)


def test_two_processes_halve_together_where_one_finds_its_memory_full(cohort, tmp_path, monkeypatch):
    model = settings("gmmas", pretraining_epochs=0, epochs=1, steps_per_epoch=1)
    request = module.Request(
        cases=cohort, tasks=TASKS, model=model, name=name_of("gmmas"), seed=1, code="c0", threads=2,
        devices=(Device("cpu"),) * 2, precision="32-true", out=tmp_path / "out", scratch=tmp_path / "scratch",
        pseudo_labels=None, cache=None, acceleration=module.AS_IT_IS,
    )  # fmt: skip

    def attempt(parts: int) -> None:
        work = partial(full_on_one_process, module.replace(request, parts=parts))
        launch(work, request.devices, "gmmas, fold 0")

    train_in_parts(attempt, "gmmas, fold 0", "2 × CPU")
    assert json.loads((tmp_path / "out" / "model.json").read_text())["computed"]["batch_parts"] == 2


def test_parts_halve_until_they_fit_and_batch_norm_keeps_two_cases():
    tried = []

    def attempt(cases: int, most: int, parts: int) -> None:
        tried.append(split := Split(cases, min(parts, most), most))
        if split.parts < most:
            raise MemoryExceededError(split, "full")

    train_in_parts(partial(attempt, 7, 7), "m", "A")
    assert [(split.parts, split.at_once) for split in tried] == [(1, 7), (2, 4), (4, 2), (7, 1)]
    norm = torch.nn.Sequential(torch.nn.Conv3d(1, 1, 1), torch.nn.BatchNorm3d(1))
    assert (Split.of(norm, 7, 8).parts, Split.of(norm[:1], 7, 8).parts) == (3, 7)


def test_a_case_that_is_too_large_by_itself_is_named():
    with pytest.raises(ProblemError) as caught, told_of_memory("case P-1", torch.device("cuda", 0)):
        raise torch.OutOfMemoryError(FULL)
    assert caught.value.problem.rule == "memory_exceeded"
    assert caught.value.problem.found == f"the memory of cuda:0 does not hold case P-1 ({FULL})"
    with pytest.raises(RuntimeError, match="^something else$"), told_of_memory("case P-1", torch.device("cuda", 0)):
        raise RuntimeError("something else")

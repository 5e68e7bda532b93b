"""A training that computes no numbers any more stops, says where, and leaves the checkpoint from before."""

import pytest
import torch

from gliomanet.errors import ProblemError
from gliomanet.training.recipes.cmtlnet import UniquePhase
from gliomanet.training.recipes.multitask import MultitaskPhase
from gliomanet.training.recipes.phase import Phase
from tests.training.run.test_image_networks import events, settings, train

MODEL = settings("psnet", epochs=3)
NAN = float("nan")


def stopped(cohort, folder, model=MODEL) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        train(cohort, folder, model)
    return caught.value


def test_a_loss_is_told_with_its_place_its_terms_and_its_cases(cohort, tmp_path, monkeypatch, capsys):
    terms = MultitaskPhase.terms

    def poisoned(self, batch, outputs):
        losses, known = terms(self, batch, outputs)
        if self.epoch == 1 and batch.step == 1 and self.trainer.training:
            self.term("idh", losses[0] * NAN)
            return losses * torch.tensor([NAN, 1, 1]), known
        return losses, known

    with monkeypatch.context() as patch:
        patch.setattr(MultitaskPhase, "terms", poisoned)
        problem = stopped(cohort, tmp_path).problem
        assert problem.rule == "not_finite_in_training"
        where = (
            "psnet, stage supervised, fold 0: the loss is nan in epoch 2 (phase tasks), step 2: terms of the loss: idh"
        )
        assert problem.found.startswith(where + " nan, codel_1p19q ")
        named = problem.found.partition("cases of the batch: ")[2].split(", ")
        assert len(named) == 4
        assert set(named) <= {f"case-{number:02}" for number in range(8)}
        assert "lower learning_rate of psnet (now 0.001)" in problem.action
        assert "precision" not in problem.action  # it is 32 already
        # Again: from the checkpoint of the epoch before, into the same end.
        assert str(stopped(cohort, tmp_path)) == str(problem)
        assert "resumed after 1 epochs" in capsys.readouterr().out
    out = train(cohort, tmp_path, MODEL)
    assert [event["epochs_done"] for event in events(out) if event["event"] == "resume"] == [1]


def test_a_gradient_is_caught_before_it_reaches_the_weights(cohort, tmp_path, monkeypatch):
    backward = Phase.on_before_optimizer_step

    def infinite(self, optimizer):
        if self.epoch == 1:
            next(self.network.parameters()).grad.fill_(float("inf"))
        return backward(self, optimizer)

    monkeypatch.setattr(Phase, "on_before_optimizer_step", infinite)
    assert "the gradient of network." in stopped(cohort, tmp_path).problem.found


def test_a_weight_never_gets_into_a_checkpoint(cohort, tmp_path, monkeypatch, capsys):
    """A learning rate too large for a number: the last step of an epoch, which no further loss would tell of."""
    end = Phase.on_train_epoch_end

    def spoilt(self):
        if self.epoch == 1:
            with torch.no_grad():
                next(self.network.parameters()).fill_(NAN)
        end(self)

    with monkeypatch.context() as patch:
        patch.setattr(Phase, "on_train_epoch_end", spoilt)
        assert "the weight network." in stopped(cohort, tmp_path).problem.found
    train(cohort, tmp_path, MODEL)
    assert "resumed after 1 epochs" in capsys.readouterr().out


def test_every_recipe_names_its_terms(cohort, tmp_path, monkeypatch):
    model = settings("cmtlnet", distillation_weight=0.5)
    with_distillation = UniquePhase.with_distillation
    monkeypatch.setattr(UniquePhase, "with_distillation", lambda *given: with_distillation(*given) * NAN)
    found = stopped(cohort, tmp_path, model).problem.found
    for term in ("joint likelihood", "idh, unique", "idh", "codel_1p19q, unique", "codel_1p19q", "distillation"):
        assert f"{term} " in found, term


def test_a_validation_loss_counts_as_well(cohort, tmp_path, monkeypatch):
    examine = MultitaskPhase.examine

    def poisoned(self, batch):
        loss, scores = examine(self, batch)
        return loss * NAN, scores

    monkeypatch.setattr(MultitaskPhase, "examine", poisoned)
    found = stopped(cohort, tmp_path).problem.found
    assert "the validation loss is nan in epoch 1" in found
    assert "case-08, case-09" in found

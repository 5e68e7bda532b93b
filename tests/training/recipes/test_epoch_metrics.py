import numpy as np
import torch
from torch.nn import functional as F

from gliomanet.labels.vocabulary import MISSING
from gliomanet.training.recipes.epoch_metrics import EpochMetrics


def test_validation_figures_leave_out_tasks_of_one_class():
    right = F.one_hot(torch.tensor([0, 1, 1, 0]), 2)
    gathered = EpochMetrics(
        validation_losses=[torch.tensor(8.0)],
        labels=[torch.tensor([[0, 1], [1, 1], [1, MISSING], [0, 1]])],
        scores=[{"idh": right, "grade": right}],
    )
    figures = gathered.of_validation(("idh", "grade"))
    assert figures == {"validation/loss": 2.0, "validation/mcc/idh": 1.0}
    assert np.isfinite(figures["validation/loss"])
    assert EpochMetrics().of_validation(("idh",)) == {}


def test_means_are_of_the_steps_and_of_what_was_gathered_alone():
    gathered = EpochMetrics(losses=[torch.tensor(1.0), torch.tensor(2.0)])
    assert gathered.of_training() == {"train/loss": 1.5}
    assert gathered.of_distillation() == {}
    gathered.pasted, gathered.joint = [torch.tensor(0.5)], [torch.tensor(3.0)]
    gathered.distillation = [{"loss/contrast": torch.tensor(-1.0)}, {"loss/contrast": torch.tensor(0.0)}]
    assert gathered.of_training() == {"train/loss": 1.5, "train/loss/joint": 3.0, "train/pasted": 0.5}
    assert gathered.of_distillation() == {"train/loss/contrast": -0.5}

"""SHAP values of a network's inputs by expected gradients: sampled, so that the additivity gap is a finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shap
import torch
from torch import Tensor, nn

from gliomanet.explanation.attribution import Attribution, additivity_gap
from gliomanet.explanation.deep_features import EVIDENCE
from gliomanet.explanation.explainers.permutation import explain_any
from gliomanet.explanation.input_shap import InputShap
from gliomanet.models.devices import torch_threads
from gliomanet.models.tabular import TabularModel
from gliomanet.models.tabular_net import NetEnsemble

SAMPLES = 200
"""Draws of a background case and a point on the way from it, for each explained case."""


class _Evidence(nn.Module):
    """The networks' mean evidence for the last class of a task: its logit minus the mean of the others'."""

    def __init__(self, networks: list[nn.Module], task: str) -> None:
        super().__init__()
        self.networks, self.task = nn.ModuleList(networks), task

    def forward(self, x: Tensor) -> Tensor:
        """(cases, inputs) → (cases, 1)."""
        logits = torch.stack([network(x)[0][self.task] for network in self.networks]).mean(0)
        return logits[:, -1:] - logits[:, :-1].mean(1, keepdim=True)


def explain(fitted: TabularModel, task: str, table: pd.DataFrame, background: pd.DataFrame, seed: int) -> InputShap:
    """SHAP values of the inputs for a task's log-odds. Arguments are those of `explainers.linear.explain`.

    Source: Erion et al., Nat Mach Intell 3:620 (2021), 10.1038/s42256-021-00343-w (expected gradients).
    """
    if not isinstance(fitted, NetEnsemble):
        return explain_any(fitted, task, table, background, seed)
    model = _Evidence(list(fitted.networks()), task).eval()
    x, over = fitted.tensor(table), fitted.tensor(background)
    with torch_threads(1):
        values = shap.GradientExplainer(model, over, batch_size=SAMPLES).shap_values(
            x, nsamples=SAMPLES, rseed=seed % 2**32
        )
        with torch.no_grad():
            base, output = float(model(over).mean()), model(x)[:, 0].double().numpy()
    found = np.asarray(values, dtype=np.float64).reshape(x.shape)
    gap = additivity_gap(found, base, output)
    attribution = Attribution(found, base, gap)
    return InputShap(fitted.columns, x.double().numpy(), attribution, "shap.GradientExplainer", EVIDENCE)

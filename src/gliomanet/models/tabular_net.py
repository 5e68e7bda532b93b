"""An ensemble of fitted multi-task networks on features. Unpickled wherever it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from gliomanet.models.combat import Combat
from gliomanet.models.devices import torch_threads
from gliomanet.models.tabular import TabularInputs, TabularModel
from gliomanet.networks.tabular import TabularNet
from gliomanet.uncertainty.probabilities import softmax


@dataclass(frozen=True)
class NetEnsemble(TabularModel):
    """Networks of different seeds whose logits are averaged: in the deep features together, one linear head a task.

    Attributes:
        inputs: What the networks take.
        classes: Task → class names, in the order of the class axis.
        arguments: Constructor arguments of `TabularNet`, the same for every member.
        members: One state a member: parameter → array.
        harmonization: What tables must go through before they are given to this model's methods.
    """

    inputs: TabularInputs
    classes: Mapping[str, tuple[str, ...]]
    arguments: Mapping[str, Any]
    members: Sequence[Mapping[str, NDArray[np.float32]]]
    harmonization: Combat | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs of every task."""
        return self.inputs.columns

    def heads(self) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Task → weight (K, F) and bias (K,), so that the ensemble's logits are `weight @ z + bias`."""
        each = [network.heads() for network in self.networks()]
        size = len(each)
        return {
            task: (
                np.concatenate([heads[task][0].double().numpy() for heads in each], axis=1) / size,
                sum((heads[task][1].double().numpy() for heads in each), np.zeros(1)) / size,
            )
            for task in self.classes
        }

    @torch_threads(1)
    def deep_features(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """(cases, members × width) trunk outputs, member after member."""
        x = self.tensor(table)
        with torch.no_grad():
            return np.concatenate([network(x)[1].double().numpy() for network in self.networks()], axis=1)

    def predict(self, table: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Task → (cases, classes) probabilities."""
        z = self.deep_features(table)
        return {task: softmax(z @ weight.T + bias) for task, (weight, bias) in self.heads().items()}

    @torch_threads(1)
    def stochastic_passes(self, table: pd.DataFrame, passes: int, seed: int) -> dict[str, NDArray[np.float64]]:
        """Task → (passes, cases, classes) probabilities with dropout on, the members taking turns."""
        x = self.tensor(table)
        networks = self.networks()
        drawn: dict[str, list[NDArray[np.float64]]] = {task: [] for task in self.classes}
        # Dropout draws from torch's generator alone; it is put back for whoever draws next.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(seed)
            for number in range(passes):
                logits = networks[number % len(networks)].train()(x)[0]
                for task in self.classes:
                    drawn[task].append(softmax(logits[task].double().numpy()))
        return {task: np.stack(values) for task, values in drawn.items()}

    def tensor(self, table: pd.DataFrame) -> torch.Tensor:
        """(cases, inputs) as the networks read them."""
        return torch.from_numpy(self.inputs.transform(table).astype(np.float32))

    def networks(self) -> list[TabularNet]:
        """The members, in evaluation mode."""
        networks = []
        with torch.random.fork_rng(devices=[]):  # a constructor draws first weights, which are replaced
            for state in self.members:
                network = TabularNet(**self.arguments)
                network.load_state_dict({name: torch.from_numpy(np.asarray(values)) for name, values in state.items()})
                networks.append(network.eval())
        return networks

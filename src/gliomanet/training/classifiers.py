"""Fitting scikit-learn classifiers, one per task, on the cases whose label is known; by themselves or as a chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gliomanet.models.classifier_chain import Chain, ChainedModels
from gliomanet.models.tabular import SklearnModels, TabularInputs, TabularModel
from gliomanet.models.void_features import Void
from gliomanet.tracking.event_log import EventLog
from gliomanet.training.strength import STRENGTHS, choose_strength
from gliomanet.training.training_set import Fit, TrainingSet, check_classes, check_inputs, known_of

if TYPE_CHECKING:
    from gliomanet.config.feature_models import ClassifierModel
    from gliomanet.labels.tasks import Task
    from gliomanet.models.artifact import Strength
    from gliomanet.models.combat import Combat

Make = Callable[[Any, TabularInputs, float | None, int], Any]
"""A model's settings, the inputs, a strength (`None`: the model's own) and a seed → a classifier not fitted yet."""

Part = tuple[TabularInputs, Any]
"""Inputs and fitted classifier of one task."""


def fit_with(make: Make) -> Callable[..., Fit]:
    """A function that fits one classifier per task; its arguments are those of `tabular_net.fit`."""

    def fit(
        data: TrainingSet,
        tasks: Mapping[str, Task],
        model: ClassifierModel,
        seed: int,
        log: EventLog,
        harmonization: Combat | None,
    ) -> Fit:
        return _Fitting(make, data, tasks, model, seed, harmonization).all(log)

    return fit


@dataclass(frozen=True)
class _Fitting:
    """Everything that the classifiers of one model are fitted with."""

    make: Make
    data: TrainingSet
    tasks: Mapping[str, Task]
    model: ClassifierModel
    seed: int
    harmonization: Combat | None

    @property
    def chain(self) -> Chain | None:
        return Chain.of(self.tasks) if self.model.classifier_chain == "who" else None

    def all(self, log: EventLog) -> Fit:
        targets = {task: self.target(task) for task in self.tasks}
        check_classes(targets, self.tasks, among="; a chain learns 1p/19q from mutants" if self.chain else "")
        parts: dict[str, Part] = {}
        dropped: dict[str, dict[str, Void]] = {}
        strengths: dict[str, Strength] = {}
        order = dict.fromkeys((*(self.chain.order if self.chain else ()), *self.tasks))
        for task in order:
            everyone = np.ones(len(self.data.rows), dtype=bool)
            inputs, dropped[task] = self.inputs(task, everyone)
            check_inputs({task: inputs}, self.model.inputs)
            if getattr(self.model, "C", None) == "auto":
                strengths[task] = self.strength(task, strengths)
            parts[task] = self.part(task, everyone, inputs, strengths[task].C if task in strengths else None)
            known = known_of(targets[task])
            accuracy = parts[task][1].score(inputs.transform(self.rows(task)[known]), targets[task][known])
            log.metric(f"train/accuracy/{task}", float(accuracy), 0)
            if task in strengths:
                log.metric(f"train/C/{task}", strengths[task].C, 0)
        parts = {task: parts[task] for task in self.tasks}
        return Fit(
            self.joined(parts),
            {task: part[0] for task, part in parts.items()},
            {task: dropped[task] for task in self.tasks},
            {task: int(known_of(target).sum()) for task, target in targets.items()},
            {task: strengths[task] for task in self.tasks if task in strengths},
        )

    def rows(self, task: str) -> pd.DataFrame:
        """The inputs that a task's classifier may take."""
        return self.data.rows if self.chain is None else self.chain.rows(task, self.data.rows, self._idh())

    def target(self, task: str) -> NDArray[np.int64]:
        """The classes that it learns, `MISSING` where nothing."""
        own = self.data.targets[task]
        return own if self.chain is None else self.chain.target(task, own, self._idh())

    def inputs(self, task: str, teaching: NDArray[np.bool_]) -> tuple[TabularInputs, dict[str, Void]]:
        """The inputs of a task's classifier, as its labelled cases show them, and the features dropped."""
        known = teaching & self.data.fitting & known_of(self.target(task))
        return TabularInputs.fit(self.rows(task)[known], limit=self.model.clip or np.inf)

    def part(self, task: str, teaching: NDArray[np.bool_], inputs: TabularInputs, strength: float | None) -> Part:
        """A classifier fitted on some of the cases."""
        known = teaching & known_of(self.target(task))
        estimator = self.make(self.model, inputs, strength, self.seed)
        return inputs, estimator.fit(inputs.transform(self.rows(task)[known]), self.target(task)[known])

    def strength(self, task: str, strengths: Mapping[str, Strength]) -> Strength:
        """A strength for one task, judged by what the model will say: of a link by the chain's answer."""
        chained = self.chain is not None and task in self.chain.order[1:]
        before = self.chain.first if self.chain is not None and chained else None

        def path(teaching: NDArray[np.bool_], tested: NDArray[np.bool_]) -> Iterator[NDArray[np.float64]] | None:
            if not all(self._has_classes(name, teaching) for name in (task, before) if name):
                return None
            parts = {}
            if before:
                parts[before] = self.part(before, teaching, self.inputs(before, teaching)[0], strengths[before].C)
            inputs, rows = self.inputs(task, teaching)[0], self.data.rows[tested]
            models = (self.joined({**parts, task: self.part(task, teaching, inputs, each)}) for each in STRENGTHS)
            return (model.predict(rows)[task] for model in models)

        return choose_strength(self.data.targets[task], self.data.centers, self.data.patients, self.seed, path)

    def joined(self, parts: Mapping[str, Part]) -> TabularModel:
        """The classifiers of some tasks as one model."""
        inputs, estimators = ({task: part[place] for task, part in parts.items()} for place in (0, 1))
        classes = {task: self.tasks[task].class_names for task in parts}
        models = SklearnModels(inputs, classes, estimators, self.harmonization)
        return models if self.chain is None else ChainedModels(models, self.chain)

    def _has_classes(self, task: str, teaching: NDArray[np.bool_]) -> bool:
        known = teaching & known_of(self.target(task))
        return len(np.unique(self.target(task)[known])) == len(self.tasks[task].class_names)

    def _idh(self) -> NDArray[np.int64]:
        assert self.chain is not None
        return self.data.targets[self.chain.first]

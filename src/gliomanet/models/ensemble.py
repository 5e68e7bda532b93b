"""The description of a model's decisions, `calibration/<model>.json`: what belongs to all of its folds together.

A fold's `model.json` says what the fold is. How its and the other folds' probabilities are read stands here, since it
is learnt from the validation cases of all of them: temperatures, thresholds, and the calibration cases of prediction
sets. Whoever ships a model ships both. No case is named in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from gliomanet.errors import ModelError, Problem
from gliomanet.files.atomic import write_json
from gliomanet.uncertainty.conformal import Calibration, quantile


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FoldCases(_Part):
    """Validation cases of one fold that are known to be of one class.

    Attributes:
        probability: the class's raw probability in each, by that fold's model, ascending.
        weight: one over the number of the patient's cases of the class.
    """

    probability: tuple[float, ...]
    weight: tuple[float, ...]


class ClassDecision(_Part):
    """Ground of a class's prediction sets.

    Attributes:
        patients: calibration patients.
        quantile: the least raw probability by one model that brings the class into the set; 0: it is in every set.
        folds: fold → its calibration cases.
    """

    patients: int
    quantile: float
    folds: dict[str, FoldCases]

    @classmethod
    def of(cls, folds: Mapping[str, FoldCases], level: float) -> Self:
        """The decision that a class's calibration cases make at a level."""
        everyone = _together(folds.values())
        return cls(patients=everyone.patients, quantile=quantile(everyone, level), folds=dict(folds))

    def calibration(self, *folds: str) -> Calibration:
        """The calibration cases of some folds together, or of all; folds without any have none."""
        return _together(self.folds[fold] for fold in folds or self.folds if fold in self.folds)


class TaskDecision(_Part):
    """The decision of one task.

    Attributes:
        temperature: of external cases, where a single fit predicts them: the mean of several folds is not scaled.
        threshold: calibrated probability of the positive class from which it is called; `None`: not chosen, or a task
            of more than two classes.
        classes: class → what its prediction sets are made from.
    """

    temperature: float
    threshold: float | None
    classes: dict[str, ClassDecision]


class ScenarioDecisions(_Part):
    """Decisions of the fits of one stage and scenario.

    Attributes:
        folds: the folds whose validation cases everything here is from.
        tasks: task → how it is decided.
    """

    folds: tuple[str, ...]
    tasks: dict[str, TaskDecision]


class EnsembleDescription(_Part):
    """The way from a model's probabilities to decisions.

    Attributes:
        model: name of the model in the study.
        level: share of the cases of each class whose prediction set is to hold it.
        stages: stage → scenario → decisions.
    """

    model: str
    level: float
    stages: dict[str, dict[str, ScenarioDecisions]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a description.

        Raises:
            ModelError: the file is missing, no JSON, or has an unknown or a missing key or another value.
        """
        again = "run the job that writes it again"
        try:
            return cls.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise ModelError([Problem("is missing", again, file=str(path))]) from None
        except ValidationError as error:
            problems = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
            raise ModelError(Problem(said, again, key=key, file=str(path)) for key, said in problems) from None
        except ValueError as error:
            raise ModelError([Problem(f"is no JSON ({error})", again, file=str(path))]) from None

    def write(self, path: Path) -> None:
        """Write it as indented JSON, atomically."""
        write_json(path, self.model_dump(mode="json"))

    def of(self, stage: str, scenario: str) -> ScenarioDecisions:
        """Decisions of a stage and scenario.

        Raises:
            ValueError: there are none.
        """
        found: Mapping[str, ScenarioDecisions] = self.stages.get(stage, {})
        if scenario not in found:
            raise ValueError(
                f"model {self.model}, stage {stage}, scenario {scenario}: no decisions are described; describe the "
                "ensemble of this model again"
            )
        return found[scenario]


def _together(folds: Iterable[FoldCases]) -> Calibration:
    """Calibration cases of folds, ordered by their probability."""
    pairs = [pair for cases in folds for pair in zip(cases.probability, cases.weight, strict=True)]
    probability, weight = np.array(sorted(pairs), dtype=np.float64).reshape(-1, 2).T
    return Calibration(probability, weight)

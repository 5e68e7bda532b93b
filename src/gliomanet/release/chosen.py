"""The model of a finished study that a bundle is made of: its scenario, its fits, and the members of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gliomanet.bundle.description import BundledModel
from gliomanet.config.load import load_study
from gliomanet.config.split import Fold, Scenario
from gliomanet.config.study import Study
from gliomanet.errors import CohortError, Problem
from gliomanet.pipeline.plan import Plan
from gliomanet.provenance.finished import FinishedStudy


@dataclass(frozen=True)
class Chosen:
    """One model of a finished study, in one scenario.

    Attributes:
        finished: the study.
        study: its configuration.
        model: the model that answers.
        scenario: the scenario whose fits travel.
    """

    finished: FinishedStudy
    study: Study
    model: str
    scenario: Scenario

    @classmethod
    def find(cls, finished: FinishedStudy, model: str, scenario: str | None) -> Chosen:
        """Choose.

        Args:
            finished: the study.
            model: of the study.
            scenario: of the study; `None` where it has one only.

        Raises:
            CohortError: no such model or scenario, or several scenarios and none named.
        """
        study = load_study(finished.record.study)
        file = str(finished.layout.study())
        if model not in study.models:
            action = f"its models are {', '.join(study.models)}"
            raise _refused(Problem(f"the study has no model {model!r}", action, file=file, rule="no_such_model"))
        scenarios = {one.name: one for one in Plan(study).scenarios}
        if scenario is None and len(scenarios) > 1:
            found = f"the study trained {model} in {len(scenarios)} scenarios, each on other centres"
            told = "; ".join(f"{one.name} (trained on {', '.join(one.train)})" for one in scenarios.values())
            raise _refused(Problem(found, f"choose one by --scenario: {told}", file=file, rule="several_scenarios"))
        name = next(iter(scenarios)) if scenario is None else scenario
        if name not in scenarios:
            action = f"its scenarios are {', '.join(scenarios)}"
            raise _refused(Problem(f"the study has no scenario {name!r}", action, file=file, rule="no_such_scenario"))
        return cls(finished, study, model, scenarios[name])

    @cached_property
    def plan(self) -> Plan:
        return Plan(self.study)

    @cached_property
    def folds(self) -> list[Fold]:
        """The folds of its scenario."""
        return [fold for fold in self.plan.folds.values() if fold.scenario == self.scenario.name]

    @cached_property
    def members(self) -> tuple[str, ...]:
        """Of a stack, the models whose answers it takes."""
        return tuple(self.plan.stages_of_members(self.model)) if self.model in self.plan.stacks else ()

    @cached_property
    def models(self) -> dict[str, BundledModel]:
        """The models that travel: the members, then the one that answers."""
        return {name: self._bundled(name) for name in (*self.members, self.model)}

    @property
    def simulated(self) -> tuple[str, ...]:
        """Training centres whose patients are phantoms."""
        return tuple(name for name in self.scenario.train if self.study.centers[name].source.kind == "phantom")

    def _bundled(self, model: str) -> BundledModel:
        settings, refit = self.study.models[model], self.plan.is_refitted(model)
        validating = tuple(fold.id for fold in self.folds if not fold.is_refit)
        segments = model in self.plan.segmenting_models
        members = self.members if model == self.model else ()
        return BundledModel(
            kind=settings.kind,
            stage=self.plan.final_stage(model),
            folds=tuple(fold.id for fold in self.folds if fold.is_refit) if refit else validating,
            segmenting_folds=validating if segments else (),
            flips=self.plan.flips_of(model),
            passes=self.study.prediction.passes if model in self.plan.networks else 0,
            members=members,
            takes=(
                *getattr(settings, "modalities", ()),
                *(f"answers of {member}" for member in members),
                *getattr(settings, "inputs", ()),
                *getattr(settings, "clinical", ()),
            ),
        )


def _refused(problem: Problem) -> CohortError:
    return CohortError([problem], where="what a bundle is made of")

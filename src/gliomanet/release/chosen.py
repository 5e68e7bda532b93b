"""The model of a finished study that a bundle is made of: its scenario, its fits, and the members of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gliomanet.bundle.description import BundledModel
from gliomanet.config.feature_models import StackModel
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
        partners: the study's models that answer beside it.
    """

    finished: FinishedStudy
    study: Study
    model: str
    scenario: Scenario
    partners: tuple[str, ...] = ()

    @classmethod
    def find(
        cls, finished: FinishedStudy, model: str, scenario: str | None, partners: tuple[str, ...] | None = None
    ) -> Chosen:
        """Choose.

        Args:
            finished: the study.
            model: of the study.
            scenario: of the study; `None` where it has one only.
            partners: of the study; `None`: the one that the study compares the others with.

        Raises:
            CohortError: no such model, partner or scenario, or several scenarios and none named.
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
        return cls(finished, study, model, scenarios[name], _partners(study, model, partners, file))

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
        """The models that travel: the members, the partners, then the one that answers."""
        return {name: self._bundled(name) for name in dict.fromkeys((*self.members, *self.partners, self.model))}

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


def _partners(study: Study, model: str, named: tuple[str, ...] | None, file: str) -> tuple[str, ...]:
    """The models that answer beside it; a stack's own members would have to travel with it."""
    possible = [name for name, one in study.models.items() if name != model and not isinstance(one, StackModel)]
    if named is None:
        return tuple(name for name in possible if name == study.evaluation.reference)
    if unknown := [name for name in named if name not in possible]:
        action = f"the study's models that can are {', '.join(possible) or 'none'}"
        found = f"{', '.join(unknown)} cannot answer beside {model}"
        raise _refused(Problem(found, action, file=file, rule="no_such_partner"))
    return tuple(dict.fromkeys(named))


def _refused(problem: Problem) -> CohortError:
    return CohortError([problem], where="what a bundle is made of")

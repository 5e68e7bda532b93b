"""Networks and baselines on features, and stacks of other models, as a study names them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from gliomanet.config.types import (
    JOINT_LIKELIHOOD,
    Clinical,
    Dropout,
    Identifier,
    Positive,
    Section,
    Stage,
    Stages,
    each_once,
)

Input = Literal["radiomics", "ratios", "shape", "texture", "age", "sex"]
Inputs = Annotated[tuple[Input, ...], Field(min_length=1), AfterValidator(each_once)]
Harmonization = Literal["none", "combat"]
HARMONIZATION = (
    "`combat`: radiomic features are harmonised across the training centres; centres that no fit has seen cannot be."
)
SupervisedOnly = Annotated[tuple[Literal["supervised"], ...], AfterValidator(each_once)]


class FeatureModel(Section):
    """Settings that all models on features share."""

    kind: str
    inputs: Inputs = Field(
        ("radiomics", "age"),
        description="Inputs taken from a case. `radiomics`: every measured feature; `ratios`: log ratios between contrasts "
        "(needs `radiomics.ratios`); `shape`: six of the mask, sizes as logarithms; `texture`: the measured texture alone; "
        "`age`; `sex`.",
    )
    clip: Positive | None = Field(
        None, description="Standard deviations from the training mean beyond which inputs are cut; empty: none are."
    )
    harmonization: Harmonization = Field("none", description=HARMONIZATION)
    stages: tuple[Stage, ...]
    refit: bool = Field(
        True, description="External centres are predicted by a fit on all training cases, not by the folds."
    )


class TabularNetModel(FeatureModel):
    """A multi-task network on radiomic features and age: shared trunk, one head per task, masked losses."""

    kind: Literal["tabular_net"] = Field("tabular_net", description="Feature network.")
    clip: Positive | None = Field(
        3.0,
        description="Standard deviations from the training mean beyond which inputs are cut: what other scanners' features "
        "say there would be an extrapolation; empty: none are.",
    )
    stages: Stages = Field(("supervised",), description="Training stages to run.")
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (64, 32), min_length=1, description="Widths of the trunk; the last is the deep feature."
    )
    dropout: Dropout = Field(0.3, description="After every layer of the trunk.")
    epochs: int = Field(150, ge=1, description="Passes over all training cases.")
    learning_rate: float = Field(1e-3, gt=0, description="Of AdamW.")
    weight_decay: float = Field(1e-2, ge=0, description="Of AdamW.")
    joint_likelihood_weight: float = Field(0.0, ge=0, description=JOINT_LIKELIHOOD)
    ensemble: int = Field(5, ge=1, description="Networks of different seeds whose logits are averaged.")


class ClassifierModel(FeatureModel):
    """Settings of the models that have a classifier of their own for each task."""

    classifier_chain: Literal["none", "who"] = Field(
        "none",
        description="`who`: a probabilistic classifier chain along the WHO classification. IDH is answered first; "
        "P(1p/19q codeleted) = P(mutant) · P(codeleted | mutant), learnt from mutants alone; grade is learnt with IDH as "
        "a further input, and its answers for mutant and for wildtype are mixed by P(mutant).",
    )


class LogisticModel(ClassifierModel):
    """Logistic regression, one per task: median imputation, standardised features, balanced class weights.

    Age, sex and the intercept are outside the penalty.
    """

    kind: Literal["logistic"] = Field("logistic", description="Logistic regression.")
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    C: Positive | Literal["auto"] = Field(
        0.01,
        description="Inverse strength of the L2 penalty, which spares age and sex. `auto`: the strongest penalty whose AUC "
        "comes within 0.003 of the best, on training centres left out one after the other where two or more have "
        "every class, else in five folds of patients; for each task, and in each fold of the study anew.",
    )


class ExtraTreesModel(ClassifierModel):
    """Extremely randomised trees, one forest per task."""

    kind: Literal["extra_trees"] = Field("extra_trees", description="Tree ensemble.")
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")
    n_estimators: int = Field(500, ge=1, description="Trees per forest.")
    min_samples_leaf: int = Field(3, ge=1, description="Least number of cases per leaf.")


class StackModel(Section):
    """Stacking: what other models of the study say of a case, and the patient's clinical data, in one logistic regression per task.

    It learns from the members' predictions of their validation cases alone: each case's by the fold that did not train
    on it. An external case's are averaged over the folds, as log-odds. Age, sex and the intercept are outside the penalty.
    """

    refit: ClassVar[bool] = True
    """External centres are predicted by the fit on the validation cases of all folds."""
    harmonization: ClassVar[Harmonization] = "none"
    clip: ClassVar[float | None] = None

    kind: Literal["stack"] = Field("stack", description="Stacking of other models.")
    members: Annotated[tuple[Identifier, ...], Field(min_length=1), AfterValidator(each_once)] = Field(
        description="Models of the study whose last stage's predictions are stacked. A case that some of them do not "
        "predict is taken with the training median in their place; the job's log names it.",
    )
    clinical: Clinical = Field(
        ("age", "sex"),
        description="Of the patient, beside the members: `age`, `sex`. Where one is not known the training median stands for it; "
        "the job's log names the case.",
    )
    C: Positive = Field(1.0, description="Inverse strength of the L2 penalty on the members, which spares age and sex.")
    stages: SupervisedOnly = Field(("supervised",), description="Training stages to run.")

"""The answers of a bundle's models on one preprocessed case, by the study's own functions.

The case is to each of the study's fits as an external case of the study is, so that its numbers are those of the
pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from gliomanet.bundle.description import BundleDescription
from gliomanet.bundle.read import Bundle
from gliomanet.evaluation.statistics.shapley import shapley_values
from gliomanet.modalities import modalities_of
from gliomanet.model_kinds import IMAGE_KINDS
from gliomanet.models.devices import choose_device
from gliomanet.models.ensemble import ClassDecision, EnsembleDescription, ScenarioDecisions
from gliomanet.models.tabular_inputs import CLINICAL
from gliomanet.patient.statements.statement import Statement, state, technical
from gliomanet.prediction.calibration import ALL
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.joint_decoding import with_joint
from gliomanet.prediction.modality_subsets import predict_subsets
from gliomanet.prediction.predict_center import predict_center
from gliomanet.prediction.prediction_sets import with_sets
from gliomanet.prediction.segmentation import SegmentedCase, segment_case
from gliomanet.prediction.stack import predict_stack
from gliomanet.seeds import derive_seed
from gliomanet.tables.prediction import ENSEMBLE

NEW = "new"
"""The centre of a case that is of none of the study's."""


@dataclass(frozen=True)
class PreparedCase:
    """One case, preprocessed.

    Attributes:
        row: one row: case_id, center, age, sex.
        root: folder of preprocessed centres; the case's lies below at `<center>/<case>`.
        features: its radiomic features as models take them, a row; no row without a tumour mask.
    """

    row: pd.DataFrame
    root: Path
    features: pd.DataFrame

    @property
    def case_id(self) -> str:
        return str(self.row["case_id"].iloc[0])

    @property
    def folder(self) -> Path:
        """Its preprocessed images."""
        return self.root / str(self.row["center"].iloc[0]) / self.case_id


@dataclass(frozen=True)
class Computing:
    """The way to compute.

    Attributes:
        threads: CPU threads; another number may change the last digits.
        gpus: 1 to compute on a GPU.
        fast: the first fold alone, without mirror images and attribution.
        explain: maps of voxels and the worth of inputs.
    """

    threads: int = 1
    gpus: int = 0
    fast: bool = False
    explain: bool = True


@dataclass(frozen=True)
class Answers:
    """The answers of the model.

    Attributes:
        rows: rows of `PREDICTIONS` of the ensemble, a row per task and class; none where it cannot say anything.
        notes: what the study's functions say of the case: inputs that are not known, why it was left out.
        folds: rows of `FOLD_PREDICTIONS` of every model of the bundle, which stay with the result.
        deep: model → rows of `DEEP_FEATURES`, of the models that have such features.
    """

    rows: pd.DataFrame
    notes: tuple[Statement, ...]
    folds: pd.DataFrame
    deep: Mapping[str, pd.DataFrame]


def ask(bundle: Bundle, case: PreparedCase, how: Computing) -> Answers:
    """Predict a case with the bundle's model, its partners and, of a stack, its members."""
    said, deep = StringIO(), dict[str, pd.DataFrame]()
    description, wanted = bundle.description, bundle.description.answers
    with redirect_stdout(said):
        rows = {name: _fold_rows(bundle, name, case, how, deep) for name in wanted.members}
        if wanted.members:
            rows[description.model] = _stack_rows(bundle, case, pd.concat(rows.values(), ignore_index=True))
        else:
            rows[description.model] = _fold_rows(bundle, description.model, case, how, deep)
        decisions = _decisions(bundle, how)
        combined = combine_predictions(rows[description.model], _temperatures(decisions, description))
        if len(combined):
            combined = with_joint(with_sets(combined, decisions), description.tasks)
            combined = combined[combined["fold"] == ENSEMBLE].reset_index(drop=True)
    with redirect_stdout(StringIO()):  # what a partner lacks is no lack of the answer
        others = [name for name in description.partners if name not in rows]
        beside = {name: _fold_rows(bundle, name, case, how, {}) for name in others}
    folds = pd.concat([*rows.values(), *beside.values()], ignore_index=True)
    # What a stack prints of these facts is said by `_unknown_facts`, once and in every language.
    twice = {f"not known: case {case.case_id}: {fact}; the training median stands for it" for fact in CLINICAL}
    printed = [line for line in dict.fromkeys(said.getvalue().splitlines()) if line not in twice]
    return Answers(combined, (*map(technical, printed), *_unknown_facts(description, case)), folds, deep)


def _unknown_facts(description: BundleDescription, case: PreparedCase) -> Iterator[Statement]:
    """A statement on each of age and sex that is not known and that the model, or a member, takes.

    Networks on images say it themselves.
    """
    models = {name: description.models[name] for name in (description.model, *description.answers.members)}
    for fact in CLINICAL:
        value = case.row[fact].iloc[0]
        taking = [name for name, of in models.items() if fact in of.takes and of.kind not in IMAGE_KINDS]
        if taking and (pd.isna(value) or value == ""):
            yield state("note.unknown_fact", fact=fact, model=taking[0])


def segment(bundle: Bundle, case: PreparedCase, how: Computing) -> tuple[str, SegmentedCase] | None:
    """The model that segments, and the tumour as it does; `None` where no model of the bundle does."""
    description = bundle.description
    names = (description.model, *description.answers.members)
    model = next((name for name in names if description.models[name].segmenting_folds), None)
    if model is None:
        return None
    device = choose_device(how.gpus).torch
    networks = bundle.segmenting(model)[: 1 if how.fast else None]
    for network in networks:
        network.network.to(device)
    with redirect_stdout(StringIO()):  # the same words as of the classes, which stand in the notes
        segmented = segment_case(
            networks,
            case.case_id,
            case.folder,
            flips="none" if how.fast else description.models[model].flips,
            min_component_fraction=description.min_component_fraction,
            threads=how.threads,
            device=device,
        )
    return model, segmented


def worth_of_modalities(
    bundle: Bundle, case: PreparedCase, called: Mapping[str, str], how: Computing
) -> dict[str, dict[str, float]]:
    """Task → modality → Shapley value of the called class's raw probability; of networks on images alone.

    The value of no modality at all is the class's share among the calibration patients, what the training centres tell
    without an image. So a task's values sum to the raw probability less that share: that of no mirror images, in which
    no subset is seen.

    Args:
        bundle: the bundle.
        case: the case.
        called: task → class.
        how: the way to compute.
    """
    description = bundle.description
    if description.answers.kind not in IMAGE_KINDS or how.fast:
        return {}
    given = case.row.assign(folder=str(case.folder))
    with redirect_stdout(StringIO()):
        tables = [
            predict_subsets(member.fit, given, threads=how.threads, gpus=how.gpus)
            for member in bundle.members(description.model)
        ]
    means = pd.concat(tables).groupby(["task", "class", "subset"])["probability"].mean()
    of = bundle.decisions.of(description.answers.stage, description.scenario)
    worth = {}
    for task, label in called.items():
        patients = {name: one.patients for name, one in of.tasks[task].classes.items()}
        prior = patients[label] / max(sum(patients.values()), 1)
        values = {frozenset(modalities_of(str(subset))): float(p) for subset, p in means[task, label].items()}
        worth[task] = shapley_values({frozenset[str](): prior} | values)
    return worth


def _fold_rows(
    bundle: Bundle, model: str, case: PreparedCase, how: Computing, deep: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    """A model's rows, fold by fold; its deep features are put into `deep`."""
    of = bundle.description.models[model]
    members = bundle.members(model)[: 1 if how.fast else None]
    on_images = of.kind in IMAGE_KINDS
    rows, features = predict_center(
        members,
        _splits(case, [member.fold for member in members]),
        case.row,
        model=model,
        kind=of.kind,
        preprocessed=case.root if on_images else None,
        features=None if on_images else case.features,
        threads=how.threads,
        gpus=how.gpus,
        passes=0 if how.fast else of.passes,
        seed=derive_seed(bundle.description.seed, "predict", model, str(case.row["center"].iloc[0])),
        flips="none" if how.fast else of.flips,
    )
    if len(features):
        deep[model] = features
    return rows


def _stack_rows(bundle: Bundle, case: PreparedCase, predictions: pd.DataFrame) -> pd.DataFrame:
    description = bundle.description
    members = bundle.members(description.model)
    stages = {name: description.models[name].stage for name in description.answers.members}
    splits = _splits(case, [member.fold for member in members])
    return predict_stack(members, splits, case.row, predictions, stages, description.tasks, model=description.model)


def _splits(case: PreparedCase, folds: list[str]) -> pd.DataFrame:
    """The case as an external one of every fold."""
    keys = case.row[["case_id", "center"]]
    return pd.concat([keys.assign(fold=fold, part="external") for fold in folds], ignore_index=True)


def _decisions(bundle: Bundle, how: Computing) -> EnsembleDescription:
    """The model's decisions; with one fold alone those that its own validation cases make."""
    whole, answers = bundle.decisions, bundle.description.answers
    if not how.fast or answers.members:
        return whole
    scenario = bundle.description.scenario
    of, fold = whole.of(answers.stage, scenario), answers.folds[0]
    if fold not in of.folds:  # a fit on all training cases has no validation cases of its own
        return whole
    tasks = {
        task: decision.model_copy(
            update={
                "classes": {
                    name: ClassDecision.of({f: c for f, c in one.folds.items() if f == fold}, whole.level)
                    for name, one in decision.classes.items()
                }
            }
        )
        for task, decision in of.tasks.items()
    }
    own = ScenarioDecisions(folds=(fold,), tasks=tasks)
    return EnsembleDescription(model=whole.model, level=whole.level, stages={answers.stage: {scenario: own}})


def _temperatures(decisions: EnsembleDescription, description: BundleDescription) -> pd.DataFrame | None:
    if not description.calibrated:
        return None
    stage, scenario = description.answers.stage, description.scenario
    names = {"model": description.model, "stage": stage, "scenario": scenario, "fold": ALL}
    tasks = decisions.of(stage, scenario).tasks
    return pd.DataFrame([{**names, "task": name, "temperature": one.temperature} for name, one in tasks.items()])

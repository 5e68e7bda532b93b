"""Made-up finished studies: the tables that a run leaves, evaluated by the evaluation itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gliomanet.cohort.folds import folds_of, scenarios_of
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.evaluation.analyses.performance import evaluate
from gliomanet.evaluation.analyses.segmentation import evaluate_segmentations
from gliomanet.layout import Layout
from gliomanet.models.artifact import NoHarmonization, TabularModelDescription
from gliomanet.seeds import derive_seed
from gliomanet.study_record import StudyRecord
from gliomanet.tables.cohort import CASES, IMAGE_FILES, SPLITS
from gliomanet.tables.evaluation import COMPARISONS, CONFUSION, DECODING, METRICS, SEGMENTATION_METRICS, THRESHOLDS
from gliomanet.tables.io import read_tables, write_table
from gliomanet.tables.prediction import PREDICTIONS, SEGMENTATIONS
from gliomanet.uncertainty.probabilities import entropy

SCHEMAS = {
    "metrics": METRICS,
    "confusion": CONFUSION,
    "comparisons": COMPARISONS,
    "thresholds": THRESHOLDS,
    "decoding": DECODING,
}
SIZES = {"A": 24, "X": 16}
IMAGES = ("t1", "t1c", "t2", "flair")


def configuration(results: Path | str) -> dict[str, Any]:
    phantom = {"kind": "phantom", "cases": 24}
    return {
        "title": "Two centres",
        "results": str(results),
        "centers": {"A": {"role": "train", "source": phantom}, "X": {"role": "external", "source": phantom}},
        "models": {
            "net": {"kind": "logistic"},
            "age": {"kind": "logistic", "inputs": ["age"]},
        },
        "split": {"folds": 2},
        "evaluation": {"resamples": 100},
    }


def cases_table() -> pd.DataFrame:
    rows = []
    for center, size in SIZES.items():
        for number in range(size):
            case = f"{center}-{number + 1:03d}"
            row = dict.fromkeys(CASES.names(), "") | {"case_id": case, "patient_id": case, "center": center}
            row |= {"role": "train" if center == "A" else "external", "age": 40 + number, "sex": "FM"[number % 2]}
            row |= {image: f"hospital/{case}/{image}.nii.gz" for image in IMAGES}
            row |= {"idh": ("wildtype", "mutant")[number % 2], "codel_1p19q": "intact", "grade": "234"[number % 3]}
            row |= {f"{label}_source": "measured" for label in ("idh", "codel_1p19q", "grade")}
            rows.append(row)
    return pd.DataFrame(rows)


def files_table(cases: pd.DataFrame, center: str) -> pd.DataFrame:
    rows = [
        (center, case, image, f"{case}-{image}".ljust(32, "0"), "240 × 240 × 155", "1 × 1 × 1", "RAS")
        for case in cases.loc[cases["center"] == center, "case_id"]
        for image in IMAGES
    ]
    return pd.DataFrame(rows, columns=IMAGE_FILES.names())


def splits_table(cases: pd.DataFrame, study: Study) -> pd.DataFrame:
    rows, every = [], folds_of(scenarios_of(study), study.split.folds)
    for scenario in scenarios_of(study):
        folds = [fold for fold in every if fold.scenario == scenario.name and not fold.is_refit]
        for place, row in enumerate(cases.to_dict("records")):
            for number, fold in enumerate(folds):
                part = "validation" if place % len(folds) == number else "train"
                part = "external" if row["center"] in scenario.external else part
                keep = {key: row[key] for key in ("case_id", "patient_id", "center", "role")}
                rows.append(keep | {"scenario": scenario.name, "fold": fold.id, "part": part})
    return pd.DataFrame(rows, columns=SPLITS.names())


def predictions_table(
    model: str, splits: pd.DataFrame, cases: pd.DataFrame, skill: float, study: Study
) -> pd.DataFrame:
    """Probabilities that lean to the truth by `skill`: of validation cases by their fold, of external ones by all."""
    rng = np.random.default_rng(len(model))
    labels = cases.set_index("case_id")
    used = splits[splits["part"].isin(["validation", "external"])]
    rows = []
    for (scenario, part, case), parts in used.groupby(["scenario", "part", "case_id"], sort=False):
        for name, task in study.tasks.items():
            truth = task.encode(labels.loc[case, task.label])
            p = 1 / (1 + np.exp(-(skill * (1 if truth == 1 else -1) + rng.normal())))
            for fold in [*parts["fold"], *(["ensemble"] if part == "external" else [])]:
                row = {"model": model, "stage": "supervised", "scenario": scenario, "fold": fold, "role": part}
                row |= {"center": labels.loc[case, "center"], "case_id": case, "task": name}
                for share, label in zip((1 - p, p), task.class_names, strict=True):
                    cells = {"class": label, "probability": share, "raw_probability": share, "joint_probability": share}
                    rows.append(row | cells | {"uncertainty": float(entropy([p, 1 - p]))})
    return pd.DataFrame(rows, columns=PREDICTIONS.names())


def segmented_cases(splits: pd.DataFrame) -> pd.DataFrame:
    """Scores of one model's segmentations, case by case."""
    rng = np.random.default_rng(5)
    used = splits[(splits["part"] == "validation") | ((splits["part"] == "external") & (splits["fold"] == "0"))]
    rows = []
    for case in used.to_dict("records"):
        row = {"model": "net", "stage": "supervised", "scenario": "main", "role": case["part"]}
        row |= {"fold": "ensemble" if case["part"] == "external" else case["fold"], "center": case["center"]}
        for region in ("whole", "core"):
            scores = {"volume_ml": 10.0, "share_of_brain": 0.01, "dice": round(rng.uniform(0.4, 1), 4), "hd95_mm": 3.0}
            rows.append(row | {"case_id": case["case_id"], "region": region, "note": ""} | scores)
    return pd.DataFrame(rows, columns=SEGMENTATIONS.names())


def description(model: str, fold: str, tasks: dict[str, Any], **changes: Any) -> TabularModelDescription:
    values = {
        "model": model,
        "stage": "supervised",
        "fold": fold,
        "kind": "logistic",
        "tasks": tasks,
        "joint_likelihood_weight": 0.0,
        "seed": 1,
        "digest": f"digest-of-{model}-{fold}",
        "versions": {"scikit-learn": "1.9.1", "python": "3.11.2"},
        "files": {},
        "settings": {},
        "features": {},
        "dropped_features": {},
        "training_cases": {"idh": 12},
        "harmonization": NoHarmonization(),
        "cases_without_inputs": 0,
    }
    return TabularModelDescription(**(values | changes))


Change = Callable[[dict[str, Any]], None]


def write_study(
    results: Path,
    *,
    configure: Change = lambda values: None,
    edit: Callable[[pd.DataFrame], pd.DataFrame] = lambda cases: cases,
    skills: dict[str, float] | None = None,
    code: str = "c0de",
) -> Path:
    """Write a finished study: `configure` changes its configuration, `edit` its cases, `skills` its models."""
    values = configuration(results)
    configure(values)
    study, layout = load_study(values), Layout(results)
    tasks, cases = dict(study.tasks), edit(cases_table())
    write_table(cases, layout.cases(), CASES)
    splits = splits_table(cases, study)
    write_table(splits, layout.splits(), SPLITS)
    for center in dict.fromkeys(cases["center"]):
        write_table(files_table(cases, center), layout.image_files(center), IMAGE_FILES)
        write_table(cases[cases["center"] == center], layout.case_table(center), CASES)
    skills = {"net": 1.2, "age": 0.3} | (skills or {})
    tables = {model: predictions_table(model, splits, cases, skills.get(model, 0.5), study) for model in study.models}
    for model, table in tables.items():
        write_table(table, layout.predictions(model), PREDICTIONS)
        for fold in dict.fromkeys(splits["fold"]):
            layout.model(model, "supervised", fold).folder.mkdir(parents=True, exist_ok=True)
            description(model, fold, tasks).write(layout.model(model, "supervised", fold).description)
    stored = read_tables([layout.predictions(model) for model in study.models])
    seed = derive_seed(study.seed, "evaluate")
    done = evaluate(stored, cases, tasks, study.evaluation, seed=seed)
    for name, schema in SCHEMAS.items():
        write_table(getattr(done, name), layout.evaluation(name), schema)
    if len(set(splits["scenario"])) == 1:
        scores = segmented_cases(splits)
        for center, rows in scores.groupby("center"):
            write_table(rows, layout.segmentation_scores("net", str(center)), SEGMENTATIONS)
        means = evaluate_segmentations(scores, cases, study.evaluation, seed=seed)
        write_table(means, layout.evaluation("segmentation"), SEGMENTATION_METRICS)
    codes = {"train": dict.fromkeys(study.models, code), "predict_center": dict.fromkeys(study.models, "c0de")}
    files = [layout.cases(), layout.splits(), *(layout.evaluation(name) for name in SCHEMAS)]
    dumped = study.model_dump(mode="json", exclude={"compute", "data_root"})
    fits = [(model, "supervised", fold) for model in study.models for fold in dict.fromkeys(splits["fold"])]
    files += [layout.model(*fit).description for fit in fits]
    record = StudyRecord.of(dumped, codes | {"evaluate": "e0"}, seed, [], fits, files, results)
    record.write(layout.study())
    return results


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up finished study; nobody changes it."""
    return write_study(tmp_path_factory.mktemp("made") / "results")


def leave_one_out(values: dict[str, Any]) -> None:
    """Make a study train on both centres and hold out each."""
    values["centers"]["X"]["role"] = "train"
    values["split"]["design"] = "leave_one_center_out"


@pytest.fixture(scope="session")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up finished study that holds out one centre after the other; nobody changes it."""
    return write_study(
        tmp_path_factory.mktemp("held") / "results",
        configure=leave_one_out,
        edit=lambda cases: cases.assign(role="train"),
    )

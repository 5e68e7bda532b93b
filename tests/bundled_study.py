"""A tiny finished study for bundles: the real code of every job that a bundle stands on, and no training of minutes.

One external phantom patient is simulated and preprocessed; the training cases have made-up features, and made-up
answers of the network, which nobody trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from gliomanet.config.load import load_study
from gliomanet.config.sources import PhantomSource
from gliomanet.config.study import Study
from gliomanet.imaging.preprocess import preprocess_case
from gliomanet.imaging.registration.atlas import atlas
from gliomanet.layout import Layout
from gliomanet.models.member_logits import member_logits
from gliomanet.networks import build
from gliomanet.phantom.center import simulate_center
from gliomanet.pipeline.plan import Plan
from gliomanet.prediction.calibration import fit_temperatures
from gliomanet.prediction.predict_center import Member, predict_center
from gliomanet.prediction.prediction_sets import describe_ensemble
from gliomanet.radiomics.extract import extract_case
from gliomanet.radiomics.table import wide_features
from gliomanet.seeds import derive_seed
from gliomanet.study_record import StudyRecord
from gliomanet.tables.cohort import CASES, RADIOMICS, SPLITS
from gliomanet.tables.io import read_table, read_tables, write_table
from gliomanet.tables.prediction import CALIBRATION, FOLD_PREDICTIONS
from gliomanet.training.tabular import train_tabular_model
from tests.bundled_outcomes import write_outcomes
from tests.descriptions import image_description, write_description
from tests.looks import write_looks

CASE, CENTER, SEED, SPACING = "X-001", "X", 5, 8.0
SCANNER = {"voxel_mm": [4, 4, 4]}
STRIPPED = {"coregistration": False, "brain_extraction": "none"}
CONFIGURATION: dict[str, Any] = {
    "title": "Tiny bundle study",
    "seed": SEED,
    "centers": {
        "A": {"role": "train", "source": {"kind": "phantom", "cases": 24, "scanner": SCANNER}},
        "X": {"role": "external", "source": {"kind": "phantom", "cases": 1, "scanner": SCANNER}},
    },
    "preprocessing": {"spacing_mm": SPACING, "atlas_registration": "rigid", **STRIPPED},
    "split": {"folds": 2},
    "models": {
        "net": {
            "kind": "mttunet",
            "preset": "tiny",
            "modalities": ["t1c", "flair"],
            "input_shape": [32, 32, 32],
            "stages": ["supervised"],
            "test_time_augmentation": "left_right",
        },
        "chain": {"kind": "logistic", "inputs": ["radiomics", "age"], "classifier_chain": "who"},
        "trees": {"kind": "extra_trees", "inputs": ["radiomics", "age"], "n_estimators": 5},
        "features": {"kind": "tabular_net", "inputs": ["radiomics"], "epochs": 2, "ensemble": 2},
        "age": {"kind": "logistic", "inputs": ["age"]},
        "stack": {"kind": "stack", "members": ["net", "chain"]},
    },
    "radiomics": {"bin_width": 1.0},
    "evaluation": {"resamples": 100, "reference": "age"},
}


@dataclass(frozen=True)
class TinyStudy:
    """A finished study on disk.

    Attributes:
        layout: its places.
        study: its configuration.
        images: modality, or `tumour_mask` → file of the external patient.
        age: of the external patient.
    """

    layout: Layout
    study: Study
    images: dict[str, Path]
    age: float

    @property
    def plan(self) -> Plan:
        return Plan(self.study)

    def member(self, model: str, fold: str) -> Member:
        return Member("supervised", "main", fold, self.layout.model(model, "supervised", fold).folder)


def make_study(results: Path) -> TinyStudy:
    """Write the study."""
    study = load_study({**CONFIGURATION, "results": str(results)})
    layout = Layout(results)
    source = PhantomSource.model_validate({**CONFIGURATION["centers"]["X"]["source"]})
    simulate_center(CENTER, source, SEED, layout.phantom(CENTER), report=lambda line: None)
    images = {path.name.removesuffix(".nii.gz"): path for path in (layout.phantom(CENTER) / CASE).iterdir()}
    row = {name: str(path) for name, path in images.items()}
    preprocess_case(
        {**row, "case_id": CASE, "center": CENTER, "mask_codes": "brats"},
        study.preprocessing_of(CENTER),
        layout.case(CENTER, CASE),
        seed=derive_seed(SEED, "preprocess", CENTER, CASE),
    )
    tiny = TinyStudy(layout, study, images, 61.0)
    cases = _write_cases(tiny)
    features = _write_features(tiny, cases)
    for model, settings in study.models.items():
        if settings.kind != "stack":
            _fit(tiny, model, settings, cases, features)
            _predict_training_cases(tiny, model, settings.kind, cases, features)
    _fit_stack(tiny, cases)
    _describe(tiny, cases)
    write_outcomes(layout)
    write_looks(tiny, layout.case(CENTER, CASE), cases)
    fits = tiny.plan.fits()
    values = study.model_dump(mode="json", exclude={"compute", "data_root"})
    files = [layout.cases(), layout.splits()]
    StudyRecord.of(values, {"train": {}}, 1, [], fits, files, results).write(layout.study())
    return tiny


def _write_cases(tiny: TinyStudy) -> pd.DataFrame:
    rng, rows = np.random.default_rng(3), []
    for number in range(24):
        kind = number % 3
        row = dict.fromkeys(CASES.names(), "") | {"case_id": f"A-{number:03d}", "center": "A", "role": "train"}
        row |= {"idh": ("wildtype", "mutant", "mutant")[kind], "codel_1p19q": ("intact", "intact", "codeleted")[kind]}
        row |= {
            "grade": ("4", "3", "2")[kind],
            "age": (60, 48, 52)[kind] + rng.integers(-12, 13),
            "sex": "FM"[number % 2],
        }
        rows.append(row | {"patient_id": row["case_id"]})
    last = dict.fromkeys(CASES.names(), "") | {"case_id": CASE, "patient_id": CASE, "center": CENTER}
    rows.append(last | {"role": "external", "idh": "mutant", "codel_1p19q": "intact", "grade": "3", "age": tiny.age})
    cases = pd.DataFrame(rows)
    write_table(cases, tiny.layout.cases(), CASES)
    keys = cases[["case_id", "patient_id", "center", "role"]]
    parts = []
    for fold in tiny.plan.folds.values():
        place = np.arange(len(cases))
        part = np.where(
            fold.is_refit | (place % 2 != int(fold.id) if not fold.is_refit else True), "train", "validation"
        )
        part = np.where(cases["center"] == CENTER, "external", part)
        parts.append(keys.assign(scenario=fold.scenario, fold=fold.id, part=part))
    write_table(pd.concat(parts)[SPLITS.names()], tiny.layout.splits(), SPLITS)
    return cases


def _write_features(tiny: TinyStudy, cases: pd.DataFrame) -> pd.DataFrame:
    own, _ = extract_case(tiny.layout.case(CENTER, CASE), CASE, tiny.study.radiomics)
    write_table(own, tiny.layout.radiomics(CENTER), RADIOMICS, exact=True)
    columns = [column for column in own if str(column).endswith(("_Mean", "_Skewness", "_Sphericity", "_MeshVolume"))]
    train = cases[cases["center"] == "A"]
    scale = own[columns].to_numpy(float)
    made = scale * (1 + 0.2 * np.random.default_rng(4).normal(size=(len(train), len(columns))))
    made += (train["idh"].to_numpy() == "mutant")[:, None] * 0.05 * scale
    table = pd.concat(
        [
            pd.DataFrame({"case_id": train["case_id"].to_numpy(), "region": "whole"}),
            pd.DataFrame(made, columns=columns),
        ],
        axis=1,
    )
    write_table(table, tiny.layout.radiomics("A"), RADIOMICS, exact=True)
    return wide_features(pd.concat([table, own], ignore_index=True))


def _fit(tiny: TinyStudy, model: str, settings: Any, cases: pd.DataFrame, features: pd.DataFrame) -> None:
    for fold in tiny.plan.folds_of(model):
        folder = tiny.layout.model(model, "supervised", fold).folder
        if settings.kind == "mttunet":
            _untrained(folder, model, fold, tiny)
            continue
        train_tabular_model(
            _rows(tiny, cases, fold).query("part == 'train'"),
            features,
            tiny.study.tasks,
            settings,
            name={"model": model, "stage": "supervised", "fold": fold},
            seed=7,
            code="c",
            out=folder,
        )


def _untrained(folder: Path, model: str, fold: str, tiny: TinyStudy) -> None:
    sizes = {name: len(task.classes) for name, task in tiny.study.tasks.items()}
    constructor = {"n_modalities": 2, "tasks": sizes, "preset": "tiny", "dropout": 0.2, "segmentation": True}
    with torch.random.fork_rng():
        torch.manual_seed(int(fold))
        network = build("mttunet", **constructor)
    folder.mkdir(parents=True)
    torch.save(network.state_dict(), folder / "weights.pt")
    geometry = {"modalities": ("t1c", "flair"), "grid": atlas(SPACING)[0].grid.shape, "spacing_mm": (SPACING,) * 3}
    described = image_description(
        geometry=geometry,
        model=model,
        fold=fold,
        kind="mttunet",
        constructor=constructor,
        tasks=dict(tiny.study.tasks),
    )
    write_description(folder, described)


def _rows(tiny: TinyStudy, cases: pd.DataFrame, fold: str) -> pd.DataFrame:
    splits = pd.read_csv(tiny.layout.splits(), sep="\t", dtype=str)
    own = splits[splits["fold"] == fold][["case_id", "part"]]
    return cases.merge(own, on="case_id").reset_index(drop=True)


def _predict_training_cases(
    tiny: TinyStudy, model: str, kind: str, cases: pd.DataFrame, features: pd.DataFrame
) -> None:
    """Fold predictions of centre A: by the models on features; made up where there would have to be images."""
    train = cases[cases["center"] == "A"]
    splits = pd.read_csv(tiny.layout.splits(), sep="\t", dtype=str)
    splits = splits[splits["center"] == "A"]
    if kind != "mttunet":
        members = [tiny.member(model, fold) for fold in tiny.plan.folds_of(model)]
        rows, _ = predict_center(
            members,
            splits,
            train[["case_id", "center", "age", "sex"]],
            model=model,
            kind=kind,
            preprocessed=None,
            features=features,
            threads=1,
            gpus=0,
        )
    else:
        rng, made = np.random.default_rng(8), []
        for row in splits[splits["part"] == "validation"].to_dict("records"):
            for name, task in tiny.study.tasks.items():
                p = rng.dirichlet([2] * len(task.classes))
                keys = {"model": model, "stage": "supervised", "scenario": "main", "fold": row["fold"], "task": name}
                keys |= {"role": "validation", "center": "A", "case_id": row["case_id"], "pass_std": np.nan}
                made += [keys | {"class": c, "raw_probability": q} for c, q in zip(task.class_names, p, strict=True)]
        rows = pd.DataFrame(made)[FOLD_PREDICTIONS.names()]
    write_table(rows, tiny.layout.fold_predictions(model, "A"), FOLD_PREDICTIONS, exact=True)


def _said(tiny: TinyStudy, *models: str) -> pd.DataFrame:
    return read_tables([tiny.layout.fold_predictions(model, "A") for model in models])


def _fit_stack(tiny: TinyStudy, cases: pd.DataFrame) -> None:
    said, stages = _said(tiny, "net", "chain"), tiny.plan.stages_of_members("stack")
    said = said[said["role"] == "validation"]
    logits = member_logits(said, stages, "main", tiny.study.tasks)
    for fold in tiny.plan.folds_of("stack"):
        train_tabular_model(
            _rows(tiny, cases, fold).query("part == 'train'"),
            logits,
            tiny.study.tasks,
            tiny.study.models["stack"],
            name={"model": "stack", "stage": "supervised", "fold": fold},
            seed=7,
            code="c",
            out=tiny.layout.model("stack", "supervised", fold).folder,
        )
    splits = pd.read_csv(tiny.layout.splits(), sep="\t", dtype=str)
    rows, _ = predict_center(
        [tiny.member("stack", fold) for fold in tiny.plan.folds_of("stack")],
        splits[splits["center"] == "A"],
        cases.loc[cases["center"] == "A", ["case_id", "center", "age", "sex"]],
        model="stack",
        kind="stack",
        preprocessed=None,
        features=logits,
        threads=1,
        gpus=0,
    )
    write_table(rows, tiny.layout.fold_predictions("stack", "A"), FOLD_PREDICTIONS, exact=True)


def _describe(tiny: TinyStudy, cases: pd.DataFrame) -> None:
    train = cases[cases["center"] == "A"]
    for model in tiny.study.models:
        rows = _said(tiny, model)
        temperatures = fit_temperatures(rows, train, tiny.study.tasks)
        write_table(temperatures, tiny.layout.calibration(model), CALIBRATION)
        stored = read_table(tiny.layout.calibration(model))
        level = tiny.study.prediction.set_level
        described = describe_ensemble(model, rows, stored, train, tiny.study.tasks, level=level)
        described.write(tiny.layout.ensemble(model))

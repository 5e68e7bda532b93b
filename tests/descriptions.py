"""Descriptions of trained models, as tests need them: whole, with a few facts of their own."""

from pathlib import Path

import joblib

from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.models.artifact import (
    MODEL_FILE,
    ImageModelDescription,
    ModelDescription,
    TabularModelDescription,
    digests_of,
)
from gliomanet.models.tabular import TabularModel

FIT = {
    "model": "m",
    "stage": "supervised",
    "fold": "0",
    "tasks": {"idh": DEFAULT_TASKS["idh"]},
    "joint_likelihood_weight": 0.0,
    "seed": 1,
    "digest": "d0",
    "versions": {"python": "3.11.9", "torch": "2.13.0"},
    "files": {},
}
GEOMETRY = {
    "shape": (32, 32, 32),
    "modalities": ("t1c", "t2"),
    "ratio_maps": (),
    "crop": "centre",
    "crop_from": None,
    "grid": (36, 32, 30),
    "spacing_mm": (4.0, 4.0, 4.0),
    "intensities": "as_preprocessed",
    "histograms": None,
}
PHASE = {"name": "common", "epochs": 2, "updates": 24, "optimizer": "adam", "learning_rate": 1e-4}
PHASE |= {"weight_decay": 2e-5, "schedule": "plateau", "gradient_clip": None, "ema_decay": 0.0}
PHASE |= {"plateau_factor": 0.7, "plateau_patience": 8, "plateau_floor": 1e-6}
CONSTRUCTOR = {"n_modalities": 2, "tasks": {"idh": 2}, "preset": "tiny", "dropout": 0.2}


def tasks_of(classes: dict[str, tuple[str, ...]]) -> dict[str, Task]:
    return {task: Task(label=task, classes={name: [name] for name in names}) for task, names in classes.items()}


def image_description(*, geometry=(), missing=(), **changes) -> ImageModelDescription:
    """A network on images; `geometry` and `missing` change its input and its training without modalities."""
    values = FIT | {
        "kind": "cmtlnet",
        "constructor": CONSTRUCTOR,
        "input": GEOMETRY | dict(geometry),
        "normalisation": {"by": "preprocessing", "inside_brain": {"t1c": {"mean": 0.0, "std": 1.0}}},
        "missing_modalities": {"modality_dropout": 0.0, "distillation_weight": 0.0, "contrastive_weight": 0.0}
        | dict(missing),
        "phases": [PHASE],
        "tumour_cutmix": 0.0,
        "computed": {
            "device": "CPU",
            "precision": "32-true",
            "acceleration": {"channels_last": False, "compiled": False, "checkpointed": False},
            "batch_parts": 1,
        },
    }
    return ImageModelDescription.model_validate(values | changes)


def tabular_description(**changes) -> TabularModelDescription:
    values = FIT | {
        "kind": "logistic",
        "settings": {"kind": "logistic", "C": 0.01},
        "features": {"idh": ("t1_glcm_Contrast", "age")},
        "dropped_features": {"idh": {}},
        "training_cases": {"idh": 50},
        "harmonization": {"method": "none"},
        "cases_without_inputs": 0,
    }
    return TabularModelDescription.model_validate(values | changes)


def write_description(folder: Path, description: ModelDescription) -> Path:
    """Write a description into a model's folder, made where it is missing, with the digests of what lies in it."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = [name for name in ("weights.pt", "model.joblib", "heads.npz") if (folder / name).is_file()]
    description.model_copy(update={"files": digests_of(folder, beside)}).write(folder / MODEL_FILE)
    return folder / MODEL_FILE


def write_fitted(folder: Path, fitted: TabularModel) -> None:
    """Write a fitted model of the tabular arm, and its description."""
    joblib.dump(fitted, folder / "model.joblib")
    write_description(folder, tabular_description())

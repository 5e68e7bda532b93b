"""A made-up study with every kind of content: a failed case, a missing class, dropped biomarkers, a phantom centre."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gliomanet.cohort.findings import Finding, findings_table
from gliomanet.config.load import load_study
from gliomanet.reporting.study.results import StudyResults
from gliomanet.tables.cohort import VOID_FEATURES

CENTERS = {"north": "train", "south": "train", "east": "external", "west": "external", "lake": "unlabelled"}
SIZES = {"north": 40, "south": 30, "east": 25, "west": 12, "lake": 15}
MODELS = {"cmtlnet": ("supervised", "pseudo_label"), "forest": ("supervised",), "age_only": ("supervised",)}
CLASSES = {"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact", "codeleted"), "grade": ("2", "3", "4")}
METRICS = ("mcc", "mcc_at_threshold", "auc", "balanced_accuracy", "sensitivity", "specificity", "brier", "ece")


def study() -> dict[str, Any]:
    phantom = {"kind": "phantom", "cases": 40}
    grade = {"label": "grade", "classes": {"2": ["2"], "3": ["3"], "4": ["4"]}}
    return load_study(
        {
            "title": "Five centres <and a test>",
            "centers": {
                name: {"role": role, "source": {"kind": "table", "path": "x.tsv"} if name == "west" else phantom}
                for name, role in CENTERS.items()
            },
            "tasks": {
                "idh": {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}},
                "codel_1p19q": {"label": "codel_1p19q", "classes": {"intact": ["intact"], "codeleted": ["codeleted"]}},
                "grade": grade,
            },
            "models": {
                "cmtlnet": {"kind": "cmtlnet", "preset": "tiny"},
                "forest": {"kind": "extra_trees"},
                "age_only": {"kind": "logistic", "inputs": ["age"]},
            },
        }
    ).model_dump()


def cases(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for center, role in CENTERS.items():
        for number in range(SIZES[center]):
            case = f"{center}-{number:03d}"
            row = {"case_id": case, "patient_id": case, "center": center, "role": role}
            row |= {modality: f"{case}/{modality}.nii.gz" for modality in ("t1", "t1c", "t2", "flair")}
            for label, values in CLASSES.items():
                known = role != "unlabelled" and rng.random() > 0.1
                row |= {label: rng.choice(values) if known else "", f"{label}_source": "measured" if known else ""}
            rows.append(row)
    return pd.DataFrame(rows)


def splits(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in table[table["case_id"] != "south-004"].to_dict("records"):
        for fold in ("0", "1", "2"):
            part = {"external": "external", "unlabelled": "unlabelled"}.get(row["role"])
            part = part or ("validation" if int(row["case_id"][-3:]) % 3 == int(fold) else "train")
            keep = {key: row[key] for key in ("case_id", "patient_id", "center", "role")}
            rows.append({**keep, "scenario": "main", "fold": fold, "part": part})
    return pd.DataFrame(rows)


def predictions(parts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One row per case and stage is enough to tell who was predicted."""
    tested = parts[parts["part"].isin(["validation", "external"])].assign(role=parts["part"])
    tested = tested.drop_duplicates(["scenario", "role", "center", "case_id"])
    keys = ["scenario", "role", "center", "case_id"]
    more = {"fold": "ensemble", "task": "idh", "raw_probability": 0.5}
    return {
        model: pd.concat([tested[keys].assign(model=model, stage=stage, **more) for stage in stages])
        for model, stages in MODELS.items()
    }


def calibration() -> pd.DataFrame:
    """Temperatures of two folds and of all, and one task that could not be fitted."""
    rows = []
    for model, stages in MODELS.items():
        for stage in stages:
            for task in CLASSES:
                for fold, value in (("0", 2.1), ("1", 1.9), ("all", 2.04)):
                    values = {"temperature": value, "n": 70, "n_fit": 70, "ece_before": 0.1534, "ece_after": 0.0421}
                    values |= {"nll_before": 0.9127, "nll_after": 0.5312, "note": ""}
                    rows.append(
                        {"model": model, "stage": stage, "scenario": "main", "task": task, "fold": fold, **values}
                    )
    table = pd.DataFrame(rows)
    unknown = (table["model"] == "age_only") & (table["task"] == "grade")
    table.loc[unknown, ["ece_before", "ece_after", "nll_before", "nll_after"]] = np.nan
    table.loc[unknown, ["temperature", "n", "n_fit"]] = [1.0, 0, 0]
    table.loc[unknown, "note"] = "not fitted: 0 labelled cases, at least 30 are needed"
    return table


def qc(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    frame = table[["case_id", "center"]].assign(status="ok", modalities="t1,t1c,t2,flair", flags="", reason="")
    frame["atlas_similarity"] = rng.normal(0.9, 0.02, len(frame))
    frame["similarity_t2"] = rng.normal(0.6, 0.05, len(frame))
    frame["brain_volume_ml"] = rng.normal(1450, 90, len(frame))
    frame["tumour_volume_ml"] = rng.gamma(3, 20, len(frame))
    by_case = frame["case_id"]
    frame.loc[by_case == "north-007", ["modalities", "flags"]] = ["t1c,flair", "brain_volume_ml,atlas_similarity"]
    failed = ["failed", "", "t1c: the border of a stripped image is not empty (12.4 % of its voxels)"]
    frame.loc[by_case == "south-004", ["status", "modalities", "reason"]] = failed
    return frame


def findings() -> pd.DataFrame:
    nan = ("export it again", "t1c: the border of a stripped image is not empty (12.4 % of its voxels)")
    return findings_table(
        [
            Finding("error", "not_stripped", "south", "south-005", "t1c.nii.gz", nan[1], nan[0]),
            Finding(
                "warning", "who_contradiction", "north", "north-003", "", "codeleted, grade 4", "look at the report"
            ),
            Finding("note", "oblique", "north", "north-001", "t1.nii.gz", "tilted by 11 degrees", "nothing to do"),
        ]
    )


def metrics(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    skill = {"idh": 0.6, "codel_1p19q": 0.35, "grade": 0.5}
    for model, stages in MODELS.items():
        for stage in stages:
            for role, centers in (("external", ("east", "west")), ("validation", ("north", "south"))):
                for task in CLASSES:
                    for center in (*centers, "pooled", "summary"):
                        for subset in ("all", "idh=mutant") if task == "codel_1p19q" else ("all",):
                            for metric in METRICS if center != "summary" else ("mcc",):
                                keys = (model, stage, "main", role, center, task, subset, metric)
                                rows.append((*keys, *_estimate(rng, keys, skill[task])))
                for center in (*centers, "pooled"):
                    keys = (model, stage, "main", role, center, "joint", "all", "contradictions_per_1000")
                    rows.append((*keys, 83.3, 25.0, 166.7, 36, np.nan, "3 of 36 cases"))
    columns = ["model", "stage", "scenario", "role", "center", "task", "subset", "metric", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=[*columns, "n", "n_positive", "note"])


def _estimate(rng: np.random.Generator, keys: tuple[str, ...], skill: float) -> tuple[Any, ...]:
    _, _, _, role, center, task, _, metric = keys
    n, positive = {"pooled": 37, "summary": 37}.get(center, 12 if center == "west" else 25), 9
    if center == "west" and task == "codel_1p19q":
        return np.nan, np.nan, np.nan, n, 0, "not estimable: no codeleted case"
    value = rng.normal(skill + (0.15 if role == "validation" else 0), 0.08)
    value, half = (value, 0.25) if metric == "mcc" else (0.5 + value / 2, 0.12)
    note = "random effects over 2 centres: tau2 0.01, I2 0.2" if center == "summary" else ""
    return value, value - half, min(1, value + half), n, np.nan if task == "grade" else positive, note


def confusion(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for model, stages in MODELS.items():
        for stage in stages:
            for role in ("external", "validation"):
                for task, classes in CLASSES.items():
                    for truth in classes:
                        for predicted in classes:
                            n = rng.integers(8, 20) if truth == predicted else rng.integers(0, 6)
                            for center in ("east", "pooled"):
                                rows.append((model, stage, "main", role, center, task, truth, predicted, int(n)))
    columns = ["model", "stage", "scenario", "role", "center", "task", "truth", "predicted", "n"]
    return pd.DataFrame(rows, columns=columns)


def comparisons() -> pd.DataFrame:
    pairs = (("cmtlnet", "forest"), ("cmtlnet", "age_only"), ("forest", "age_only"))
    rows = [
        ("main", "supervised", "supervised", a, b, role, "pooled", task, metric, 0.08, -0.02, 0.19, 0.0004, 0.012)
        for a, b in pairs
        for role in ("external", "validation")
        for task in CLASSES
        for metric in ("mcc", "auc")
    ]
    rows.append(("main", "supervised", "supervised", *pairs[0], "external", "west", "idh", "mcc", *[np.nan] * 5))
    columns = ["scenario", "stage_a", "stage_b", "model_a", "model_b", "role", "center", "task", "metric"]
    return pd.DataFrame(rows, columns=[*columns, "difference", "ci_low", "ci_high", "p", "p_holm"]).assign(note="")


def decoding() -> pd.DataFrame:
    rows = []
    for model, stages in MODELS.items():
        for stage in stages:
            for role, center in (
                ("validation", "pooled"),
                ("external", "east"),
                ("external", "west"),
                ("external", "pooled"),
            ):
                keys = (model, stage, "main", role, center)
                for task in CLASSES:
                    if (center, task) == ("west", "codel_1p19q"):
                        rows.append((*keys, task, "mcc", *[np.nan] * 5, 12, "not estimable: no codeleted case"))
                    else:
                        rows.append(
                            (*keys, task, "mcc", 0.45, 0.48, 0.03, -0.01, 0.07, 37, "2 of 37 decisions changed")
                        )
                for metric, before in (("contradictions_per_1000", 81.1), ("legacy_per_1000", 27.0)):
                    after = 0.0 if metric.startswith("contra") else 54.1
                    values = (before, after, after - before, after - before - 9, after - before + 9)
                    rows.append((*keys, "joint", metric, *values, 37, "3, then 0 of 37 cases"))
    columns = ["model", "stage", "scenario", "role", "center", "task", "metric", "independent", "joint", "difference"]
    return pd.DataFrame(rows, columns=[*columns, "ci_low", "ci_high", "n", "note"])


def biomarkers(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    names = ("firstorder_Mean", "glcm_Contrast", "glszm_LargeAreaHighGrayLevelEmphasis", "shape_Sphericity")
    for task in CLASSES:
        for modality in ("t1c", "flair"):
            for index, name in enumerate(names):
                effect = rng.normal(0.2, 0.08) * (1 if index % 2 else -1)
                kept = index != 3
                reason = "opposite or no direction in south; I2 0.82 above 0.75: effects differ between centres"
                row = {"scenario": "main", "task": task, "feature": f"{modality}_{name}", "modality": modality}
                row |= {"region": "whole", "deep_features": "z3,z17,z40,z41,z55", "rho": 0.52, "q": 0.00002}
                row |= {f"effect_{c}": effect + rng.normal(0, 0.05) for c in ("north", "south", "east", "west")}
                row |= {"summary": effect, "ci_low": effect - 0.08, "ci_high": effect + 0.08, "tau2": 0.001, "i2": 0.12}
                row |= {
                    "status": "kept" if kept else "dropped",
                    "reason": "same direction in 4 centres" if kept else reason,
                    "additivity_gap": 0.0,
                }
                rows.append(row)
    return pd.DataFrame(rows)


def pseudo_labels(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for fold in "012":
        for case in range(15):
            for task, classes in CLASSES.items():
                p = rng.uniform(0.6, 1)
                keys = ("cmtlnet", fold, f"lake-{case:03d}", "lake", task, rng.choice(classes), p, 0.03)
                rows.append((*keys, "yes" if p > 0.9 else "no", "" if p > 0.9 else f"probability {p:.2f} below 0.9"))
    columns = ["model", "fold", "case_id", "center", "task", "label", "probability", "std", "accepted", "reason"]
    return pd.DataFrame(rows, columns=columns)


def recovery() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": "cmtlnet",
            "scenario": "main",
            "task": list(CLASSES),
            "kept": [6, 6, 6],
            "signals": [3, 2, 0],
            "signals_found": [3, 1, 0],
            "shortcuts": [1, 0, 0],
            "shortcuts_rejected": ["1", "", ""],
            "precision": [0.83, 0.5, np.nan],
            "recall": [1.0, 0.5, np.nan],
            "note": ["", "no shortcut was linked to a deep feature: none could be rejected", ""],
        }
    )


def feature_findings() -> pd.DataFrame:
    found = "84 features are the same in every case: t1c_glcm_Contrast and 83 more"
    return findings_table([Finding("warning", "features_constant", "north", "", "", found, "look at the table")])


def void_features() -> pd.DataFrame:
    rows = [("main", f"t1c_glcm_Texture{index}", "one grey level", "", 40, 214) for index in range(20)]
    rows.append(("main", "t1c_shape_Elongation", "duplicate", "flair_shape_Elongation", 40, 214))
    return pd.DataFrame(rows, columns=VOID_FEATURES.names())


@pytest.fixture
def image_study(tmp_path: Path) -> StudyResults:
    """A finished study of images."""
    return make_image_study(tmp_path)


def make_image_study(folder: Path) -> StudyResults:
    rng = np.random.default_rng(1)
    table = cases(rng)
    parts = splits(table)
    sheets = {}
    for center in ("north", "west"):
        sheets[center] = folder / f"{center}.png"
        Image.fromarray(rng.integers(0, 255, (300, 400), dtype=np.uint8)).save(sheets[center])
    return StudyResults(
        study=study(),
        cases=table,
        splits=parts,
        predictions=predictions(parts),
        calibration=calibration(),
        metrics=metrics(rng),
        confusion=confusion(rng),
        comparisons=comparisons(),
        decoding=decoding(),
        audit=findings(),
        feature_findings=feature_findings(),
        void_features=void_features(),
        qc=qc(table, rng),
        sheets=sheets,
        biomarkers={"cmtlnet": biomarkers(rng), "forest": biomarkers(rng).assign(status="dropped")},
        recovery=recovery(),
        pseudo_labels=pseudo_labels(rng),
        versions={"Python": "3.11.9", "torch": "2.13.0"},
    )

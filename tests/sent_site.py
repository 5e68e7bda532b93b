"""A hospital of the tiny study's bundle: its table of cases, and results as `predict` leaves them.

What the tabular models say is theirs, on made-up features; nobody computes an image. So the same rows are those that
the undivided study has of its external centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gliomanet.bundle.read import Bundle
from gliomanet.cohort.site_export import NAME as SITE_NAME
from gliomanet.cohort.site_export import SiteDescription
from gliomanet.files.atomic import write_json
from gliomanet.files.digests import sha256
from gliomanet.patient.export.gather import FEATURES, FOLDS
from gliomanet.patient.result import NAME
from gliomanet.prediction.predict_center import predict_center
from gliomanet.prediction.stack import predict_stack
from gliomanet.radiomics.table import wide_features
from gliomanet.tables.cohort import RADIOMICS
from gliomanet.tables.io import read_table, write_table
from gliomanet.tables.prediction import FOLD_PREDICTIONS
from gliomanet.tables.site import SITE_CASES, SITE_EFFECTS, SITE_PREDICTIONS, SITE_QUALITY
from tests.bundled_study import CENTER, TinyStudy

KINDS = (("wildtype", "intact", "4"), ("mutant", "intact", "3"), ("mutant", "codeleted", "2"))


@dataclass(frozen=True)
class Hospital:
    """A hospital that has predicted its table.

    Attributes:
        cases: its table, as a study would have it: with centre and role.
        table: the same as its file.
        results: folder of the results.
        folds: what the models say of all its cases.
        radiomics: features of all its cases.
    """

    cases: pd.DataFrame
    table: Path
    results: Path
    folds: pd.DataFrame
    radiomics: pd.DataFrame


def make_hospital(tiny: TinyStudy, bundle: Bundle, folder: Path, cases: int = 42) -> Hospital:
    """Write the table and the results of a hospital."""
    rng = np.random.default_rng(11)
    rows = []
    for number in range(cases):
        labels = dict(zip(("idh", "codel_1p19q", "grade"), KINDS[number % 3], strict=True))
        # The last two cases are of one patient; ids sort in no order of the labels.
        identity = {"case_id": f"H-{(number * 17) % 97:03d}", "patient_id": f"H-P{min(number, cases - 2)}"}
        rows.append(identity | labels | {"age": 35 + int(rng.integers(0, 40)), "sex": "FM"[number % 2]})
    table = pd.DataFrame(rows).sort_values("case_id", ignore_index=True)
    folder.mkdir(parents=True, exist_ok=True)
    table.assign(t1c=table["case_id"] + ".nii.gz").to_csv(folder / "cases.tsv", sep="\t", index=False)
    told = {f"{label}_source": "measured" for label in ("idh", "codel_1p19q", "grade")}
    known = table.assign(center=CENTER, role="external", **told)
    radiomics = _features(tiny, known, rng)
    folds = _folds(bundle, known, wide_features(radiomics), rng)
    template = _template(bundle)
    for case_id in known["case_id"]:
        place = folder / "out" / case_id
        write_table(folds[folds["case_id"] == case_id], place / FOLDS, FOLD_PREDICTIONS, exact=True)
        write_table(radiomics[radiomics["case_id"] == case_id], place / FEATURES, RADIOMICS, exact=True)
        digests = {name: sha256(place / name) for name in (FOLDS, FEATURES)}
        quality = [{"metric": "coverage", "value": float(rng.normal()), "low": -1, "high": 1, "outside": False}]
        facts = {"case_id": case_id, "center": CENTER, "age": None, "sex": "", "mask_codes": ""}
        own = {"case": facts, "files": digests}
        own["preparation"] = template["preparation"] | {"quality": quality}
        write_json(place / NAME, template | own)
    return Hospital(known, folder / "cases.tsv", folder / "out", folds, radiomics)


def make_folder(folder: Path, cases: int, labels: Sequence[str] = ("idh", "codel_1p19q", "grade")) -> Path:
    """A folder as a hospital sends it, made up: enough for a study's first look and its jobs' plan."""
    rows = []
    for number in range(cases):
        values = dict(zip(("idh", "codel_1p19q", "grade"), KINDS[number % 3], strict=True))
        row = {"row_key": f"c{number:03d}e1", "patient_key": f"p{number:03d}"} | values
        rows.append(row | {f"{label}_source": "measured" for label in labels})
    cases_table = pd.DataFrame(rows)[SITE_CASES.names(label=list(labels))]
    tables = {SITE_CASES: cases_table}
    tables |= {schema: pd.DataFrame(columns=schema.names()) for schema in (SITE_EFFECTS, SITE_QUALITY)}
    tables[SITE_PREDICTIONS] = pd.DataFrame(columns=SITE_PREDICTIONS.names())
    for schema, table in tables.items():
        write_table(table, folder / schema.paths[0], schema)
    described = SiteDescription(
        gliomanet="0",
        bundle="0" * 64,
        title="t",
        model="logistic",
        scenario="main",
        stages={},
        fits={},
        decisions="",
        labels={"idh": ("wildtype", "mutant"), "codel_1p19q": ("intact", "codeleted"), "grade": ("2", "3", "4")},
        smallest_count=5,
        cases=cases,
        patients=cases,
        left_out={},
        withheld=(),
        simulated=False,
        files={path.name: sha256(path) for path in sorted(folder.glob("*.tsv"))},
    )
    write_json(folder / SITE_NAME, described.model_dump(mode="json"))
    return folder


def _features(tiny: TinyStudy, cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Features around the external phantom's own, with a difference between the classes of IDH."""
    own = read_table(tiny.layout.radiomics(CENTER))
    columns = [c for c in own if str(c).endswith(("_Mean", "_Skewness", "_Sphericity", "_MeshVolume"))]
    scale = own[columns].to_numpy(float)
    made = scale * (1 + 0.2 * rng.normal(size=(len(cases), len(columns))))
    made += (cases["idh"].to_numpy() == "mutant")[:, None] * 0.1 * scale
    keys = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "region": "whole"})
    return pd.concat([keys, pd.DataFrame(made, columns=columns)], axis=1)


def _folds(bundle: Bundle, cases: pd.DataFrame, features: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    description, patients = bundle.description, cases[["case_id", "center", "age", "sex"]]
    rows = {name: _of_model(bundle, name, patients, features, rng) for name in (*description.answers.members, "age")}
    said = pd.concat([rows[name] for name in description.answers.members], ignore_index=True)
    members = bundle.members(description.model)
    splits = _external(patients, [member.fold for member in members])
    stages = {name: description.models[name].stage for name in description.answers.members}
    stack = predict_stack(members, splits, patients, said, stages, description.tasks, model=description.model)
    return pd.concat([*rows.values(), stack], ignore_index=True)


def _of_model(
    bundle: Bundle, model: str, patients: pd.DataFrame, features: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    of = bundle.description.models[model]
    if of.kind == "mttunet":  # made up: there is no image
        keys = {"model": model, "stage": of.stage, "scenario": "main", "role": "external", "center": CENTER}
        made: list[dict[str, Any]] = []
        for fold in of.folds:
            for case_id in patients["case_id"]:
                for name, task in bundle.description.tasks.items():
                    p = rng.dirichlet([2] * len(task.classes))
                    own = keys | {"fold": fold, "case_id": case_id, "task": name, "pass_std": np.nan}
                    made += [own | {"class": c, "raw_probability": q} for c, q in zip(task.class_names, p, strict=True)]
        return pd.DataFrame(made)[FOLD_PREDICTIONS.names()]
    members = bundle.members(model)
    splits = _external(patients, [member.fold for member in members])
    on = {"preprocessed": None, "features": features, "threads": 1, "gpus": 0}
    return predict_center(members, splits, patients, model=model, kind=of.kind, **on)[0]


def _external(patients: pd.DataFrame, folds: Sequence[str]) -> pd.DataFrame:
    return pd.concat(
        [patients[["case_id", "center"]].assign(fold=fold, part="external") for fold in folds], ignore_index=True
    )


def _template(bundle: Bundle) -> dict[str, Any]:
    """What `result.json` holds beside what an export reads."""
    source = {"title": "t", "model": "stack", "scenario": "main", "simulated": True, "fast": False}
    return {
        "schema_version": 2,
        "gliomanet": "0",
        "made_at": "",
        "warnings": [],
        "bundle": source | {"digest": bundle.digest},
        "inputs": [],
        "protocol": [],
        "preparation": {"names_accepted": False, "found": [], "steps": [], "flags": []},
        "tasks": [],
        "compatible_with": [],
        "segmentation": None,
        "features": [],
        "trust": {
            "verdict": "not judged",
            "reasons": [],
            "false_alarms": None,
            "distances": [],
            "checks": [],
            "notes": [],
        },
        "explained": {"asked": False, "attribution": [], "worth_of_inputs": []},
        "vasari": None,
        "not_assessed": [],
        "notes": [],
    }

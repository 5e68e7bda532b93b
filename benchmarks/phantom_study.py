"""The cases of a phantom study, simulated and preprocessed within a process for each core.

Usage: python benchmarks/phantom_study.py CONFIG [--jobs N]

The library does it as the workflow's jobs do, without their hundreds of starts; a case that is there is not made again.
Beside `preprocessed/CENTRE/CASE` it leaves `cohort/cases.tsv` and `splits.tsv` in the study's results.
"""

from __future__ import annotations

import os

for _variable in ("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"  # before ants and numpy are imported

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import joblib  # noqa: E402
import pandas as pd  # noqa: E402
import yaml  # noqa: E402

from gliomanet.cohort.folds import scenarios_of  # noqa: E402
from gliomanet.cohort.splits import development_splits, external_splits  # noqa: E402
from gliomanet.config.load import load_study  # noqa: E402
from gliomanet.config.study import Study  # noqa: E402
from gliomanet.imaging.preprocess import preprocess_case  # noqa: E402
from gliomanet.imaging.record import NAME as RECORD  # noqa: E402
from gliomanet.phantom.center import case_row, simulate_case, write_image  # noqa: E402
from gliomanet.phantom.patients import Patient, plan_center  # noqa: E402
from gliomanet.seeds import derive_seed  # noqa: E402
from gliomanet.tables.io import write_table  # noqa: E402


def make_case(study: Study, center: str, patient: Patient) -> float:
    """Simulate and preprocess one patient; seconds of CPU, 0 for one that is there."""
    out = Path(study.results) / "preprocessed" / center / patient.case_id
    if (out / RECORD).is_file():
        return 0.0
    began = time.process_time()
    raw = Path(study.results) / "raw" / center / patient.case_id
    files = {}
    for name, image in simulate_case(center, patient, study.centers[center].source, study.seed).items():
        files[name] = str(raw / f"{name}.nii.gz")
        write_image(image, raw / f"{name}.nii.gz")
    preprocess_case(
        {**files, "case_id": patient.case_id, "center": center, "mask_codes": "brats"},
        study.preprocessing_of(center),
        out,
        seed=derive_seed(study.seed, "preprocess", center, patient.case_id),
    )
    return time.process_time() - began


def make_tables(study: Study) -> None:
    """Write the table of all cases and the splits of the preprocessed ones."""
    tables, unusable = [], set()
    for name, center in study.centers.items():
        rows = pd.DataFrame([case_row(patient, {}) for patient in plan_center(name, center.source, study.seed)])
        tables.append(rows.assign(center=name, role=center.role).astype(str))
        for case in rows["case_id"]:
            record = json.loads(
                (Path(study.results) / "preprocessed" / name / case / RECORD).read_text(encoding="utf-8")
            )
            if record["status"] != "ok":
                unusable.add((name, case))
                print(f"{case}: {record['reason']}", flush=True)
    cases = pd.concat(tables, ignore_index=True)
    scenarios = scenarios_of(study)
    splits = [
        development_splits(cases, scenarios, study.split.folds, derive_seed(study.seed, "split"), study.tasks, unusable)
    ]
    splits += [
        external_splits(rows, scenarios, study.split.folds, unusable)
        for _, rows in cases[cases["role"] == "external"].groupby("center")
    ]
    write_table(cases, Path(study.results) / "cohort" / "cases.tsv")
    write_table(pd.concat(splits, ignore_index=True), Path(study.results) / "splits.tsv")


def main(config: Path, jobs: int) -> None:
    study = load_study(yaml.safe_load(config.read_text(encoding="utf-8")))
    patients = [(name, each) for name, c in study.centers.items() for each in plan_center(name, c.source, study.seed)]
    spent = joblib.Parallel(n_jobs=jobs)(joblib.delayed(make_case)(study, name, patient) for name, patient in patients)
    made = [seconds for seconds in spent if seconds]
    print(f"{len(made)} of {len(spent)} cases made: {sum(made):.0f} s of CPU")
    make_tables(study)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("--jobs", type=int, default=1, help="cases at a time, a core each")
    asked = parser.parse_args()
    main(asked.config, asked.jobs)

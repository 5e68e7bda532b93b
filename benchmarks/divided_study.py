"""A study and the same study divided: one centre keeps its images, predicts by a bundle and sends tables.

Runs the whole engine twice, on phantoms: once with centre X as images, once with X as the folder that `gliomanet
predict --export` wrote from a bundle of the first run. Then every table of figures of both is compared.

Usage: python benchmarks/divided_study.py FOLDER [--cores 2]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import yaml  # noqa: E402

from gliomanet.layout import Layout  # noqa: E402

EVEN = {"glioblastoma": 1, "astrocytoma": 1, "oligodendroglioma": 1}


def phantom(role: str, cases: int) -> dict[str, Any]:
    return {
        "role": role,
        "source": {"kind": "phantom", "cases": cases, "prevalence": EVEN, "scanner": {"voxel_mm": [3, 3, 3]}},
    }


STUDY: dict[str, Any] = {
    "title": "A study to be divided",
    "centers": {"A": phantom("train", 16), "B": phantom("train", 16), "X": phantom("external", 20)},
    "preprocessing": {"spacing_mm": 6, "coregistration": False, "brain_extraction": "none", "bias_correction": False},
    "split": {"folds": 2},
    "models": {
        "net": {
            "kind": "mttunet",
            "preset": "tiny",
            "modalities": ["t1c", "flair"],
            "input_shape": [32, 32, 32],
            "stages": ["supervised"],
            "epochs": 1,
            "steps_per_epoch": 4,
        },
        "chain": {"kind": "logistic", "inputs": ["radiomics", "age"], "classifier_chain": "who"},
        "age": {"kind": "logistic", "inputs": ["age"]},
        "stack": {"kind": "stack", "members": ["net", "chain"]},
    },
    "explanation": {"min_per_class": 5},
    "evaluation": {"resamples": 200, "reference": "age"},
}


def run(command: list[str], folder: Path) -> float:
    """CPU seconds of a command."""
    before = os.times()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def engine(folder: Path, study: dict[str, Any], cores: int) -> float:
    """Run a study in a copy of the workflow of its own."""
    for part in ("workflow", "src", "envs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder / "Snakefile")
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    return run(["snakemake", "--cores", str(cores), "--configfile", "study.yaml"], folder)


def compared(whole: Path, divided: Path) -> tuple[bool, str]:
    """True where two tables say the same, and what was compared."""
    one, other = (pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False) for path in (whole, divided))
    if list(one) != list(other) or len(one) != len(other):
        return False, f"{len(one)} x {one.shape[1]} and {len(other)} x {other.shape[1]}"
    if "case_id" in one:
        names = [name for name in one if name not in ("case_id", "patient_id")]
        one, other = (table[names].sort_values(names, ignore_index=True) for table in (one, other))
    largest, unlike = 0.0, []
    for name in one:
        a, b = pd.to_numeric(one[name], errors="coerce"), pd.to_numeric(other[name], errors="coerce")
        number = a.notna() & b.notna()
        if (one[name][~number] != other[name][~number]).any():
            unlike.append(name)
        if number.any():
            largest = max(largest, float(np.max(np.abs(a - b)[number])))
    return not unlike and largest < 1e-9, f"{len(one)} rows, largest difference {largest:.1g} {' '.join(unlike)}"


def main() -> None:
    """Run both studies and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="empty folder")
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    folder, start = options.folder.resolve(), time.monotonic()
    whole, divided = folder / "whole", folder / "divided"
    print(f"whole study: {engine(whole, STUDY, options.cores):.0f} s of CPU", flush=True)
    gliomanet = [str(Path(sys.executable).with_name("gliomanet"))]
    cpu = run([*gliomanet, "bundle", "whole/results", "stack", "--out", "stack.bundle"], folder)
    print(f"bundle: {cpu:.0f} s", flush=True)
    table = whole / "results/phantom/X/cases.tsv"
    predicting = ["predict", "--bundle", "stack.bundle", "--cases", str(table), "--out", "hospital", "--center", "X"]
    predicting += ["--no-page", "--no-explain", "--export", "sent", "--yes"]
    print(f"hospital: {run([*gliomanet, *predicting], folder):.0f} s", flush=True)
    sent = {"role": "external", "source": {"kind": "predictions", "path": str(folder / "sent")}}
    study = {**STUDY, "centers": {**STUDY["centers"], "X": sent}}
    print(f"divided study: {engine(divided, study, options.cores):.0f} s", flush=True)
    rows = []
    for part in ("evaluation", "biomarkers", "calibration"):
        for path in sorted((Layout(whole / "results").results / part).rglob("*.tsv")):
            name = path.relative_to(whole / "results")
            other = divided / "results" / name
            same, said = compared(path, other) if other.is_file() else (False, "is not there")
            rows.append((str(name), "equal" if same else "DIFFERS", said))
    for row in rows:
        print("\t".join(row))
    effects = pd.read_csv(folder / "sent/effects.tsv", sep="\t")
    print(f"{len(effects)} effects were sent; {time.monotonic() - start:.0f} s in all")


if __name__ == "__main__":
    main()

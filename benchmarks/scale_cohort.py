"""A cohort of any size for the measurements of scale: case tables, and files of a few bytes in the place of images."""

import json
from pathlib import Path
from typing import Any

import yaml

MODALITIES = ("t1", "t1c", "t2", "flair")
CENTERS = {
    "ALDER": "train",
    "BEECH": "train",
    "CEDAR": "train",
    "DOGWOOD": "train",
    "ELM": "external",
    "FIR": "external",
}
LABELS = (("mutant", "codeleted", "2"), ("mutant", "intact", "3"), ("wildtype", "intact", "4"))
COLUMNS = ("case_id", "patient_id", *MODALITIES, "idh", "codel_1p19q", "grade", "age", "sex")
MODELS: dict[str, dict[str, Any]] = {
    "net": {"kind": "cmtlnet", "preset": "tiny", "input_shape": [32, 32, 32], "stages": ["supervised"]},
    "logistic": {"kind": "logistic"},
}


def make_cohort(folder: Path, cases: int) -> Path:
    """Write a study of so many cases over six centres, once; its file.

    Beside it lies `cohort.json` (centre → case → files), which the bare Snakefile reads.
    """
    study = folder / "study.yaml"
    if study.is_file():
        return study
    cohort: dict[str, dict[str, list[str]]] = {}
    for number, center in enumerate(CENTERS):
        share = range(number, cases, len(CENTERS))
        cohort[center] = _make_center(folder / "hospitals" / center, center, len(share))
    (folder / "cohort.json").write_text(json.dumps(cohort), encoding="utf-8")
    study.write_text(yaml.safe_dump(study_of(folder)), encoding="utf-8")
    return study


def study_of(folder: Path) -> dict[str, Any]:
    """Keys and values of the study, whose tables lie below a folder."""
    tables = {center: folder / "hospitals" / center / "cases.tsv" for center in CENTERS}
    return {
        "title": "As many cases as asked for",
        "centers": {
            center: {"role": role, "source": {"kind": "table", "path": str(tables[center])}}
            for center, role in CENTERS.items()
        },
        "models": MODELS,
        "split": {"folds": 5},
    }


def _make_center(folder: Path, center: str, cases: int) -> dict[str, list[str]]:
    folder.mkdir(parents=True)
    lines, files = ["\t".join(COLUMNS)], {}
    for number in range(cases):
        case = f"{center}-{number:05d}"
        (folder / case).mkdir()
        names = [f"{case}/{modality}.nii.gz" for modality in MODALITIES]
        for name in names:
            (folder / name).write_text(name, encoding="utf-8")
        cells = (*LABELS[number % 3], str(30 + number % 50), "FM"[number % 2])
        lines.append("\t".join((case, f"{case}-P", *names, *cells)))
        files[case] = [str(folder / name) for name in names]
    (folder / "cases.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files

"""Tables with a defect, read as a study's: the rule of the finding, and the fields that say where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gliomanet.config.load import load_study
from gliomanet.config.study import Study

HEADER = "case_id\tpatient_id\tt1\tidh\n"
GOOD = f"{HEADER}a\tP-1\tx1.nii\t0\nb\tP-2\tx2.nii\t1\n"


@dataclass(frozen=True)
class Wrong:
    """One wrong table.

    Attributes:
        rule: rule of the finding.
        text: the table of centre A, whose images are x1.nii to x4.nii in the same folder.
        other: the table of the external centre B, "" for none.
        second: another file, `second.tsv`; "" for none at all.
        keys: keys of the study, given the folder.
    """

    rule: str
    text: str = GOOD
    other: str = ""
    second: str = ""
    keys: Callable[[Path], Mapping[str, Any]] = field(default=lambda folder: {})


def _reference(folder: Path) -> Mapping[str, Any]:
    return {"reference_table": str(folder / "second.tsv")}


def _identities(folder: Path) -> Mapping[str, Any]:
    return {"identities": [str(folder / "second.tsv")]}


def _decisions(folder: Path) -> Mapping[str, Any]:
    return {"quality": {"decisions": str(folder / "second.tsv")}}


WRONG: dict[str, Wrong] = {
    "no case id": Wrong("table_unreadable", "id\tt1\na\tx1.nii\n"),
    "no image": Wrong("table_unreadable", "case_id\tidh\na\t0\n"),
    "unknown column": Wrong("table_unreadable", "case_id\tt1\tidhh\na\tx1.nii\t0\n"),
    "unknown mask codes": Wrong("table_unreadable", "case_id\tt1\tmask_codes\na\tx1.nii\tnn-unet\n"),
    "empty file": Wrong("table_unreadable", ""),
    "no rows": Wrong("table_unreadable", HEADER),
    "ragged row": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\n"),
    "quote not closed": Wrong("table_unreadable", f'{HEADER}a\tP-1\tx1.nii\t"0\nb\tP-2\tx2.nii\t1\n'),
    "text after a quote": Wrong("table_unreadable", f'{HEADER}a\tP-1\tx1.nii\t"0" left\n'),
    "rows in a quoted cell": Wrong("table_unreadable", f'{HEADER}a\tP-1\tx1.nii\t"0\nb\tP-2\tx2.nii\t1"\n'),
    "NUL byte": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\t0\0\n"),
    "cell too long": Wrong("table_unreadable", f"{HEADER}a\t{'P' * 140_000}\tx1.nii\t0\n"),
    "every row too long": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\t0\tx\nb\tP-2\tx2.nii\t1\ty\n"),
    "header again": Wrong("table_unreadable", f"{GOOD}{HEADER}"),
    "title above the header": Wrong("table_unreadable", f"Patients of 2019\n{GOOD}"),
    "title in a wide line": Wrong("table_unreadable", f"Table S1\t\t\t\n{GOOD}"),
    "column without a name": Wrong("table_unreadable", "case_id\tt1\t\na\tx1.nii\tnote\n"),
    "no separator": Wrong("table_unreadable", "case_id t1 idh\na x1.nii 0\n"),
    "failed look-up": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\t#N/A\n"),
    "grade as a date": Wrong("table_unreadable", "case_id\tt1\tgrade\na\tx1.nii\t2-Mar\n"),
    "id with decimals": Wrong("table_unreadable", f"{HEADER}1.0\tP-1\tx1.nii\t0\n2.0\tP-2\tx2.nii\t1\n"),
    "id shortened": Wrong("table_unreadable", f"{HEADER}a\t1.23E+11\tx1.nii\t0\n"),
    "birth year for age": Wrong("table_unreadable", "case_id\tt1\tage\na\tx1.nii\t1961\n"),
    "days before their start": Wrong("table_unreadable", "case_id\tt1\tos_days\na\tx1.nii\t-30\n"),
    "a date for days": Wrong("table_unreadable", "case_id\tt1\tos_days\na\tx1.nii\t43831\n"),
    "event that is none": Wrong("table_unreadable", "case_id\tt1\tos_event\na\tx1.nii\t2\n"),
    "resection in other words": Wrong("table_unreadable", "case_id\tt1\tresection\na\tx1.nii\tdebulked\n"),
    "ECOG for Karnofsky": Wrong("table_unreadable", "case_id\tt1\tkps\na\tx1.nii\t1\n"),
    "path of Windows": Wrong("table_unreadable", f"{HEADER}a\tP-1\tscans\\x1.nii\t0\n"),
    "column twice": Wrong("table_unreadable", "case_id\tt1\tt1\na\tx1.nii\tx2.nii\n"),
    "duplicate id": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\t0\na\tP-2\tx2.nii\t1\n"),
    "id by case only": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\t0\nA\tP-2\tx2.nii\t1\n"),
    "id of no folder": Wrong("table_unreadable", f"{HEADER}a/b\tP-1\tx1.nii\t0\n"),
    "unknown label": Wrong("table_unreadable", f"{HEADER}a\tP-1\tx1.nii\tqueer\n"),
    "age in words": Wrong("table_unreadable", "case_id\tt1\tage\na\tx1.nii\told\n"),
    "row without image": Wrong("table_unreadable", f"{HEADER}a\tP-1\t\t0\n"),
    "another centre": Wrong("table_unreadable", "case_id\tt1\tcenter\na\tx1.nii\tB\n"),
    "unknown scan": Wrong("table_unreadable", "case_id\tt1\tscan\na\tx1.nii\tbefore\n"),
    "no baseline scan": Wrong(
        "table_unreadable", "case_id\tt1\tscan\na\tx1.nii\tfollow_up\nb\tx2.nii\tpost_operative\n"
    ),
    "missing file": Wrong("file_missing", f"{HEADER}a\tP-1\tgone.nii\t0\n"),
    "braces in a file name": Wrong("file_name_with_braces", f"{HEADER}a\tP-1\tx{{1}}.nii\t0\n"),
    "file used twice": Wrong("file_used_twice", f"{HEADER}a\tP-1\tx1.nii\t0\nb\tP-2\tx1.nii\t1\n"),
    "no label": Wrong("no_label_in_a_training_center", "case_id\tt1\na\tx1.nii\n"),
    "patient under two ids": Wrong("patient_under_two_ids", f"{HEADER}a\tP-1\tx1.nii\t0\nb\tp-01\tx2.nii\t1\n"),
    "patient in two centres": Wrong("patient_in_two_centers", other=f"{HEADER}c\tp-01\tx3.nii\t1\n"),
    "case in two centres": Wrong(
        "case_id_in_two_centers", f"{HEADER}1\tP-1\tx1.nii\t0\n", f"{HEADER}1\tP-7\tx3.nii\t1\n"
    ),
    "no reference table": Wrong("reference_table_unusable", keys=_reference),
    "reference table without ids": Wrong("reference_table_unusable", second="idh\n0\n", keys=_reference),
    "reference table of others": Wrong("reference_table_unusable", second="case_id\tidh\nz\t0\n", keys=_reference),
    "reference table of ids": Wrong("reference_table_unusable", second="case_id\na\n", keys=_reference),
    "reference table with a case twice": Wrong(
        "reference_table_unusable", second="case_id\tidh\na\t0\na\t1\n", keys=_reference
    ),
    "reference table without rows": Wrong("reference_table_unusable", second="case_id\tidh\n", keys=_reference),
    "no mapping table": Wrong("mapping_table_unusable", keys=_identities),
    "mapping table of one column": Wrong("mapping_table_unusable", second="x\nA-1\n", keys=_identities),
    "mapping table of ids with decimals": Wrong("mapping_table_unusable", second="A\tx\n1.0\tX-1\n", keys=_identities),
    "mapping table of numbers": Wrong("mapping_table_unusable", second="mine\tyours\n7\t12\n", keys=_identities),
    "no decisions": Wrong("decisions_unusable", keys=_decisions),
    "unknown decision": Wrong(
        "decisions_unusable", second="center\tcase_id\tdecision\nA\ta\texclud\n", keys=_decisions
    ),
    "decision on no case": Wrong(
        "decisions_unusable", second="center\tcase_id\tdecision\nA\tz\tkeep\n", keys=_decisions
    ),
    "decision on no centre": Wrong(
        "decisions_unusable", second="center\tcase_id\tdecision\nZ\ta\tkeep\n", keys=_decisions
    ),
}


def study_of(wrong: Wrong, folder: Path) -> Study:
    """Write the tables, and images that are empty files; the study that reads them."""
    for name in ("x1", "x2", "x3", "x4", "x{1}"):
        (folder / f"{name}.nii").touch()
    keys = dict(wrong.keys(folder))
    centers: dict[str, Any] = {}
    for name, role, text in (("A", "train", wrong.text), ("B", "external", wrong.other)):
        if text or name == "A":
            (folder / f"{name}.tsv").write_text(text)
            centers[name] = {"role": role, "source": {"kind": "table", "path": str(folder / f"{name}.tsv")}}
    if "reference_table" in keys:
        centers["A"]["reference_table"] = keys.pop("reference_table")
    if wrong.second:
        (folder / "second.tsv").write_text(wrong.second)
    return load_study({"centers": centers, "models": {"m": {"kind": "logistic"}}, **keys})

"""The files of cases whose images a job made, by simulation or by conversion, and the reason where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from gliomanet.cohort.findings import Finding, findings_of
from gliomanet.modalities import FILE_COLUMNS, MODALITIES
from gliomanet.tables.io import read_table

FAILURE = "failure.txt"
"""Left in the folder of a case that could not be converted: the reason, which preprocessing passes on."""


FINDINGS_FILE = "findings.tsv"
"""Left there, too: what a person should look at, such as a T1 that may show contrast medium; absent for nothing."""


def simulated_cases(folder: Path) -> dict[str, dict[str, str]]:
    """Case → column → file, of a simulated centre's folder."""
    rows = read_table(folder / "cases.tsv").to_dict("records")
    return {row["case_id"]: {name: str(folder / row[name]) for name in FILE_COLUMNS if row.get(name)} for row in rows}


def converted_case(folder: Path) -> dict[str, str]:
    """Modality → file, of the folder of a converted case; where the conversion failed, `failure` → its reason."""
    failure = folder / FAILURE
    if failure.is_file():
        return {"failure": failure.read_text(encoding="utf-8").strip()}
    files = {name: folder / f"{name}.nii.gz" for name in MODALITIES}
    return {name: str(file) for name, file in files.items() if file.is_file()}


def conversion_findings(folder: Path, center: str, source: Path) -> list[Finding]:
    """Findings that a conversion left in its folder.

    Args:
        folder: the converted case's.
        center: the case's centre.
        source: the DICOM files, which the findings name.
    """
    if failure := converted_case(folder).get("failure"):
        action = "see the reason; exclude the case, or convert it by hand and name its files in a table"
        return [Finding("error", "not_converted", center, folder.name, str(source), failure, action)]
    table = folder / FINDINGS_FILE
    found = findings_of(read_table(table)) if table.is_file() else []
    return [replace(finding, center=center, case_id=folder.name, file=str(source)) for finding in found]


def made_files(folders: Iterable[str | Path]) -> dict[str, dict[str, str]]:
    """Case → column → file, from the folder of a simulated centre or from those of converted cases."""
    paths = [Path(folder) for folder in folders]
    if len(paths) == 1 and (paths[0] / "cases.tsv").is_file():
        return simulated_cases(paths[0])
    return {path.name: converted_case(path) for path in paths}


def with_converted_files(cases: pd.DataFrame, folders: Iterable[str | Path]) -> pd.DataFrame:
    """A case table with the converted files in its columns of modalities.

    Folders are named for their cases; a case without one, whose scan the study does not use, has no files.
    """
    found = made_files(folders)
    files = [found.get(case, {}) for case in cases["case_id"]]
    return cases.assign(**{name: [own.get(name, "") for own in files] for name in MODALITIES})

"""Inspection of a case whose DICOM files no job has converted yet: they are converted for it, and thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gliomanet.audit.images import Inspected, inspect
from gliomanet.cohort.dicom.convert import convert_case
from gliomanet.cohort.findings import Finding
from gliomanet.cohort.generated_files import converted_case
from gliomanet.errors import CaseError

if TYPE_CHECKING:
    from gliomanet.config.preprocessing import Preprocessing


def inspect_dicom(folder: Path, case: Mapping[str, str], settings: Preprocessing) -> Inspected:
    """Convert a case's DICOM files into a temporary folder, as its job will, and inspect what comes out.

    Args:
        folder: its DICOM files.
        case: its row of the centre's case table, without files.
        settings: the centre's preprocessing.

    Returns:
        Findings that name `folder` in the place of the temporary one; of a case that cannot be converted, the reason.
    """
    with tempfile.TemporaryDirectory(prefix="gliomanet-inspect-") as scratch:
        try:
            convert_case(folder, Path(scratch), case["case_id"])
        except CaseError as error:
            problem = error.problem.at(case=case["case_id"], file=str(folder))
            failed = Finding.of(problem, "error", rule="not_converted", center=case.get("center", ""))
            return Inspected([failed], {}, {}, float("nan"))
        inspected = inspect({**case, **converted_case(Path(scratch))}, settings)
    findings = [_of_folder(finding, scratch, folder) for finding in inspected.findings]
    return replace(inspected, findings=findings)


def _of_folder(finding: Finding, scratch: str, folder: Path) -> Finding:
    texts = {name: getattr(finding, name).replace(scratch, str(folder)) for name in ("file", "found", "action")}
    return replace(finding, **texts)

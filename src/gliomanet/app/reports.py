"""A case's reports as they lie in its folder."""

from __future__ import annotations

import json
from pathlib import Path

from gliomanet.case_report.report import Report

FOLDER = "report"
KINDS = ("html", "pdf", "json")
"""Kinds of its files."""

NO_REPORT = "report_missing"
"""Code of the line of progress on a report that could not be written."""


def report_file(case: Path, language: str, kind: str) -> Path:
    """File of a case's report: `html`, `pdf` or `json`."""
    return case / FOLDER / f"case-report.{language}.{kind}"


def read_report(case: Path, language: str) -> Report | None:
    """The report of a case; `None`: none was written in this language."""
    path = report_file(case, language, "json")
    if not path.is_file():
        return None
    return Report.model_validate(json.loads(path.read_text(encoding="utf-8"))["report"])

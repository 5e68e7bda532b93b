"""The first tutorial, typed as it stands. The others read a finished study: tests/workflow/test_whole_study.py has one."""

from __future__ import annotations

import pytest

from gliomanet.tables.io import read_table
from tests.docs.blocks import ROOT, copy_repository, run_page

pytestmark = pytest.mark.slow


def test_a_hospital_becomes_a_study(tmp_path):
    copy_repository(tmp_path, "src", "workflow", "envs", "Snakefile", "config.yaml")
    said = run_page(ROOT / "docs/tutorials/my-hospital.md", tmp_path)
    assert "My hospital: valid" in said
    results = tmp_path / "results/hospital"
    assert (results / "report/index.html").is_file()
    assert (results / "qc/WARD/index.html").is_file()
    assert (read_table(results / "cohort/audit.tsv")["severity"] != "fatal").all()

"""The project's own files: hosted checks call the Makefile, versions agree, a release's text can be cut out."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest
import yaml

import gliomanet
from tests.docs.blocks import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_hosted_checks_call_the_makefile_with_pinned_actions(file):
    workflow = yaml.safe_load(file.read_text())
    assert workflow[True]  # `on:` is read as true by YAML 1.1
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
        else:
            program, target, *_ = step["run"].split()
            assert (program, target in TARGETS) == ("make", True) or program == "gh", step["run"]
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("file", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda file: file.name)
def test_issue_templates_are_forms(file):
    form = yaml.safe_load(file.read_text())
    if file.name == "config.yml":
        assert set(form) == {"blank_issues_enabled"}
        return
    assert {"name", "description", "body"} <= set(form)
    assert all(part["type"] in {"markdown", "textarea", "checkboxes"} and part["attributes"] for part in form["body"])


def test_the_version_is_one():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    released = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert released[0] == "Unreleased"
    assert version == citation == gliomanet.__version__ == released[1]


def test_a_releases_text_is_its_part_of_the_changelog(tmp_path):
    for name in ("Makefile", "CHANGELOG.md", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    good = subprocess.run(["make", "release-notes", f"VERSION={gliomanet.__version__}"], cwd=tmp_path, check=False)
    assert good.returncode == 0
    notes = (tmp_path / "dist/notes.md").read_text()
    assert notes.startswith(f"## {gliomanet.__version__}")
    assert "Unreleased" not in notes
    bad = subprocess.run(["make", "release-notes", "VERSION=9.9.9"], cwd=tmp_path, check=False, capture_output=True)
    assert bad.returncode != 0


def test_the_package_index_of_the_project_lists_its_tools_once():
    lock = [line.split("==")[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()]
    assert len(lock) == len(set(lock))
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
    assert {re.split(r"[\[<>=]", name)[0].lower() for name in extras} <= set(lock)


def test_what_the_fast_tests_leave_out_is_there():
    from tests.conftest import IMAGES

    assert not [name for name in IMAGES if not (ROOT / "tests" / name).exists()]

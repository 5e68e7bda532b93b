"""Each how-to page is followed to the letter, in a copy of the repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks_of, follow

PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
PARTS = ("src", "workflow", "envs", "config", "tests", "docs")
FILES = ("Snakefile", "config.yaml", "pyproject.toml", "README.md", "Makefile", "CHANGELOG.md", "CONTRIBUTING.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".snakemake")
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / "profiles").symlink_to("workflow/profiles")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_works_when_it_is_followed(page, copy):
    blocks = blocks_of(page)
    assert any(block.language == "sh" for block in blocks)
    for block in blocks:
        follow(block, copy)

"""Each how-to page is followed to the letter, in a copy of the repository."""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT, blocks_of, copy_repository, follow

PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))
PARTS = (
    "src",
    "workflow",
    "envs",
    "config",
    "tests",
    "docs",
    "Snakefile",
    "config.yaml",
    "pyproject.toml",
    "README.md",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_works_when_it_is_followed(page, tmp_path):
    copy_repository(tmp_path, *PARTS)
    blocks = blocks_of(page)
    assert any(block.language == "sh" for block in blocks)
    for block in blocks:
        follow(block, tmp_path)

"""Folder trees of empty files: an importer reads names, never images."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest


@pytest.fixture
def make_tree(tmp_path) -> Callable[[Iterable[str]], Path]:
    """Create empty files at these paths below a new folder, and return the folder."""

    def make(paths: Iterable[str]) -> Path:
        folder = tmp_path / "collection"
        folder.mkdir(exist_ok=True)
        for path in paths:
            file = folder / path
            if not file.parent.is_dir():
                file.parent.mkdir(parents=True)
            file.touch()
        return folder

    return make

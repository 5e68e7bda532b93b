"""The letters of Chinese PDFs: there, or refused with what to do."""

from __future__ import annotations

import pytest

from gliomanet.errors import ProblemError
from gliomanet.reporting import chinese_font as module


def test_the_file_of_the_folder_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    (tmp_path / module.NAME).write_bytes(b"letters")
    assert module.chinese_font() == tmp_path / module.NAME


def test_a_missing_font_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    with pytest.raises(ProblemError) as caught:
        module.chinese_font()
    assert caught.value.problem.rule == "no_chinese_font"
    assert "make frontend" in caught.value.problem.action

"""A report that could not be written: its page says why, and offers to write it."""

from pathlib import Path

import pytest

from gliomanet.app.lines import said
from gliomanet.app.pages.views import view_of
from gliomanet.app.queue import work
from gliomanet.app.queue.job import Job
from gliomanet.app.reports import NO_REPORT
from gliomanet.app.store.record import Asked
from gliomanet.errors import Problem, ProblemError
from gliomanet.patient.progress import Line


@pytest.mark.parametrize("language", ["en", "zh"])
def test_its_page_says_why(tmp_path: Path, language: str) -> None:
    lines = (Line.at("reading", "reading t1c"), said(NO_REPORT, language="zh", why="the letters are missing"), "else")
    lines = tuple(one.said if isinstance(one, Line) else one for one in lines)
    page = view_of("report", tmp_path, language, survival=False, lines=lines)
    told = {
        "en": "no case report (zh): the letters are missing",
        "zh": '没有病例报告（zh）：<span lang="en">the letters are missing</span>',
    }
    assert f'<ul class="lines">\n<li>{told[language]}</li>\n</ul>' in page
    assert "reading t1c" not in page
    assert f"report?by=template&amp;lang={language}" in page


def test_a_case_is_done_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(_folder: Path, language: str, **_: object) -> None:
        if language == "zh":
            raise ProblemError(Problem("the letters are missing", "fetch them", rule="no_chinese_font"))

    told: list[str] = []
    monkeypatch.setattr(work, "make_report", made)
    monkeypatch.setattr(work, "opened", lambda folder: folder)
    monkeypatch.setattr(work, "predict", lambda *_, **__: None)
    monkeypatch.setattr(work, "_of_upload", lambda job, report: ({}, None))
    job = Job(folder=tmp_path, bundle=tmp_path, study=None, asked=Asked(), threads=1)
    work.predict_case(job, told.append)
    assert told == ["no case report (zh): the letters are missing; fetch them"]

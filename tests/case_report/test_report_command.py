"""`gliomanet report` with a language model: what a user is told, and what the page says."""

from __future__ import annotations

import json
import time

from typer.testing import CliRunner

from gliomanet.cli.main import app
from tests.case_report.golden import golden
from tests.case_report.stub_model import chat, rephrased, stub


def enforcing(handler, body):
    """A server that holds its model to the schema; the model repeats what it gets."""
    schema = body["response_format"]["json_schema"]["schema"]
    if "word" in schema["properties"]:
        chat({"word": schema["properties"]["word"]["enum"][0]})(handler, body)
    else:
        rephrased(lambda sentences: sentences)(handler, body)


def report_of(folder, *options):
    golden()["no_segmentation"].write(folder / "result.json")
    return CliRunner().invoke(app, ["report", str(folder), *options])


def written_in(folder):
    return json.loads((folder / "case-report.en.json").read_text(encoding="utf-8"))["report"]


def test_a_checked_draft_is_written_and_a_refused_one_is_not(tmp_path):
    with stub(enforcing) as server:
        options = ("--endpoint", server.url, "--model", "m")
        told = report_of(tmp_path, *options)
        assert told.exit_code == 0, told.output
        assert "holds the model to the schema" in " ".join(told.output.split())
        report = written_in(tmp_path)
        assert report["written_by"] == "model"
        assert report["why"] in (tmp_path / "case-report.en.html").read_text(encoding="utf-8")
        server.answer = chat("Hello!")
        told = report_of(tmp_path, *options)
        assert told.exit_code == 0, told.output
        assert "ignores the schema" in " ".join(told.output.split())
        report = written_in(tmp_path)
        assert report["written_by"] == "template"
        assert report["why"] in (tmp_path / "case-report.en.html").read_text(encoding="utf-8")


def test_the_user_sets_how_long_a_model_may_take(tmp_path):
    def slow(handler, body):
        if "word" not in body["response_format"]["json_schema"]["schema"]["properties"]:
            time.sleep(2)
        enforcing(handler, body)

    with stub(slow) as server:
        options = ("--endpoint", server.url, "--model", "m", "--timeout", "0.5")
        told = report_of(tmp_path, *options)
    assert told.exit_code == 0, told.output
    assert "model_timed_out" in told.output
    report = written_in(tmp_path)
    assert report["written_by"] == "template"
    assert "in the time" in report["why"]
    assert report_of(tmp_path, "--endpoint", server.url, "--model", "m", "--timeout", "0").exit_code == 1


def test_another_machine_is_not_called_unasked(tmp_path):
    told = report_of(tmp_path, "--endpoint", "https://model.example/v1", "--model", "m")
    assert told.exit_code == 1
    assert not (tmp_path / "case-report.en.json").exists()

"""The command line says what is wrong in words, and what is right in a line."""

from __future__ import annotations

from typer.testing import CliRunner

from gliomanet.cli import app


def test_validates_the_shipped_study(repository):
    result = CliRunner().invoke(app, ["validate", str(repository / "config.yaml")])
    assert result.exit_code == 0
    assert "valid. Centres: 3 train, 2 external, 1 unlabelled" in result.output


def test_names_all_problems(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "sed: 1\ncenters: {A: {role: train, source: {kind: table, path: none.tsv}}}\nmodels: {m: {kind: logistic}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "sed: no such key; did you mean 'seed'?" in result.output


def test_names_a_missing_table(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "centers: {A: {role: train, source: {kind: table, path: none.tsv}}}\nmodels: {m: {kind: logistic}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "none.tsv" in result.output

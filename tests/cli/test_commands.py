"""The command line says what is wrong in words, and what is right in a line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.tables.io import read_table


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


def test_a_table_may_not_use_a_phantoms_id(tmp_path):
    (tmp_path / "x.nii.gz").touch()
    (tmp_path / "a.tsv").write_text("case_id\tt1\tidh\nP-002\tx.nii.gz\t0\n")
    path = tmp_path / "study.yaml"
    path.write_text(
        f"centers:\n  A: {{role: train, source: {{kind: table, path: {tmp_path / 'a.tsv'}}}}}\n"
        "  P: {role: external, source: {kind: phantom, cases: 2}}\nmodels: {m: {kind: logistic}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "case_id 'P-002' is used by the centres A and P\n    rename one" in result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"seed: 1\ncenters: {A: [1, 2}\n", "line 2: no YAML: expected ',' or ']', but got '}'"),
        (b"seed: 1\n  title: x\n", "line 2: no YAML: mapping values are not allowed here"),
        (b"seed: 1\ntitle: !secret x\n", "line 2: no YAML: could not determine a constructor for the tag '!secret'"),
        (b"# a comment\n- seed: 1\n", "line 2: found a list, where a study is a mapping of keys to values"),
        (b"\njust words\n", "line 2: found only 'just words', where a study is a mapping"),
        (b"seed: 1\ntitle: \xff\n", "line 2: not UTF-8 text; save it as UTF-8"),
        (b"seed: 1\ntitle: a\x00b\n", "line 2: a character that YAML does not allow; remove it"),
    ],
)
def test_a_file_that_is_no_study_is_refused_with_its_line(tmp_path, content, message):
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert f"{path}, {message}" in result.output


def test_an_empty_file_lacks_its_keys(tmp_path):
    path = tmp_path / "study.yaml"
    path.touch()
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "centers: missing, and has no default" in result.output


def test_square_brackets_of_an_error_are_printed(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "centers: {A: {role: train, source: {kind: phantom, cases: 2}}}\n"
        "models: {m: {kind: tabular_net, stages: [pseudo_label]}}\nresults: [a]\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert "results: ['a'] is no text; put it in quotes" in result.output


def tables_of(tmp_path, case_a="A-1", case_b="B-1", label="mutant"):
    (tmp_path / "x.nii.gz").touch()
    for center, case in (("a", case_a), ("b", case_b)):
        (tmp_path / f"{center}.tsv").write_text(f"case_id\tt1\tidh\n{case}\tx.nii.gz\t{label}\n")


def test_imports_a_hospitals_table_with_absolute_files_and_no_role(tmp_path):
    tables_of(tmp_path, label="IDH1 p.R132H")
    out = tmp_path / "out" / "cases.tsv"
    given = ["import", "table", str(tmp_path / "a.tsv"), "--center", "A", "--out", str(out)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert "1 scans of 1 patients; idh mutant 1" in result.output
    rows = [line.split("\t") for line in out.read_text().splitlines()]
    row = dict(zip(*rows, strict=True))
    assert (row["t1"], row["role"], row["idh"]) == (str(tmp_path / "x.nii.gz"), "", "mutant")
    assert (row["idh_raw"], row["scan"]) == ("IDH1 p.R132H", "baseline")
    assert out.with_name("cases.findings.tsv").read_text().startswith("severity\trule\t")


def test_an_import_names_unknown_spellings_with_the_known_ones(tmp_path):
    tables_of(tmp_path, label="perhaps")
    given = ["import", "table", str(tmp_path / "a.tsv"), "--center", "A", "--out", str(tmp_path / "cases.tsv")]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 1
    assert "'perhaps' is no known spelling; allowed: wildtype (wildtype, wild type" in result.output
    assert not (tmp_path / "cases.tsv").exists()


def test_every_finding_goes_into_the_table_that_is_asked_for(tmp_path):
    tables_of(tmp_path, "P-001", "p-1")
    path = tmp_path / "study.yaml"
    path.write_text(
        f"centers:\n  A: {{role: train, source: {{kind: table, path: {tmp_path / 'a.tsv'}}}}}\n"
        f"  B: {{role: external, source: {{kind: table, path: {tmp_path / 'b.tsv'}}}}}\nmodels: {{m: {{kind: logistic}}}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path), "--out", str(tmp_path / "audit.tsv")])
    assert result.exit_code == 1
    assert "fatal" in result.output
    assert (tmp_path / "audit.tsv").read_text().splitlines()[1].startswith("fatal\t")


def test_a_program_that_is_not_installed_is_told_before_any_job(tmp_path, monkeypatch):
    monkeypatch.setenv("GLIOMANET_HD_BET", str(tmp_path / "hd-bet"))
    tables_of(tmp_path)
    path = tmp_path / "study.yaml"
    path.write_text(
        f"centers:\n  A: {{role: train, source: {{kind: table, path: {tmp_path / 'a.tsv'}}}}}\n"
        "preprocessing: {brain_extraction: hd-bet}\nmodels: {m: {kind: logistic}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "hd-bet not found: GLIOMANET_HD_BET is" in result.output


def test_an_import_reads_further_labels(tmp_path):
    (tmp_path / "x.nii").touch()
    table = tmp_path / "cases.tsv"
    table.write_text("case_id\tt1\tmgmt\na\tx.nii\tPositive\nb\tx.nii\tnegative\n")
    arguments = ["import", "table", str(table), "--center", "A", "--out", str(tmp_path / "out.tsv")]
    done = CliRunner().invoke(app, [*arguments, "--label", "mgmt=unmethylated, methylated"])
    assert done.exit_code == 0, done.output
    assert "grade unknown; mgmt unmethylated 1, methylated 1" in done.output
    assert read_table(tmp_path / "out.tsv")["mgmt"].tolist() == ["methylated", "unmethylated"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["mgmt"], "--label mgmt: no name and values; write --label mgmt=unmethylated,methylated"),
        (["m=a,b", "m=a,c"], "--label m=a,c: m is given twice; keep one"),
        (["m=a"], "labels.m: list should have at least 2 items"),
        (["sex=a,b"], "labels.sex: this name is reserved, because it is another column of every case table"),
    ],
)
def test_a_further_label_that_cannot_be_one_is_refused(tmp_path, options, message):
    table = tmp_path / "cases.tsv"
    table.write_text("case_id\tt1\na\tx.nii\n")
    arguments = ["import", "table", str(table), "--center", "A", "--out", str(tmp_path / "out.tsv")]
    done = CliRunner().invoke(app, [*arguments, *(part for option in options for part in ("--label", option))])
    assert done.exit_code == 1
    assert "in what is to be imported:" in done.output
    assert message in done.output

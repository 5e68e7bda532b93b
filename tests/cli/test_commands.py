"""The command line says what is wrong in words, and what is right in a line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from gliomanet.cli.main import app
from gliomanet.config.load import read_study_file
from gliomanet.config.sources import PhantomSource
from gliomanet.errors import StudyError
from gliomanet.phantom.center import simulate_center
from gliomanet.tables.io import read_table
from tests.messages.study_files import WRONG


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
    assert "sed: " in result.output
    assert "'seed'" in result.output


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
    assert "case id in two centers" in result.output
    assert "P-002" in result.output


@pytest.mark.parametrize(("content", "line", "rule"), WRONG)
def test_a_file_that_is_no_study_is_refused_with_its_line(tmp_path, content, line, rule):
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        read_study_file(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.rule) == (str(path), line, rule)
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert str(problem) in result.output


def test_an_empty_file_lacks_its_keys(tmp_path):
    path = tmp_path / "study.yaml"
    path.touch()
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert result.exit_code == 1
    assert "centers: " in result.output
    assert "models: " in result.output


def test_square_brackets_of_an_error_are_printed(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "centers: {A: {role: train, source: {kind: phantom, cases: 2}}}\n"
        "models: {m: {kind: tabular_net, stages: [pseudo_label]}}\nresults: [a]\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path)])
    assert "results: ['a'] " in result.output


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
    assert "'perhaps'" in result.output
    assert "wildtype (wildtype, wild type" in result.output
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


def test_images_are_read_after_tables_on_the_cores_asked_for(tmp_path):
    simulate_center(
        "A", PhantomSource(cases=2, scanner={"voxel_mm": (3, 3, 3)}), 1, tmp_path, report=lambda _line: None
    )
    reference = tmp_path / "volumes.tsv"
    reference.write_text("case_id\ttumour_volume_ml\nA-001\t0.001\nA-002\t0.001\n")
    path = tmp_path / "study.yaml"
    path.write_text(
        f"centers:\n  A: {{role: train, source: {{kind: table, path: {tmp_path / 'cases.tsv'}}}, "
        f"reference_table: {reference}}}\n"
        "preprocessing: {coregistration: false, brain_extraction: none}\nmodels: {m: {kind: logistic}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path), "--images", "--cores", "1"])
    assert "numbers differ from reference table" in result.stdout
    assert "2/2" in result.stderr
    assert "2/2" not in result.stdout  # which may go into a file
    assert CliRunner().invoke(app, ["validate", str(path), "--images", "--cores", "0"]).exit_code == 2


def test_images_are_not_read_before_the_tables_can_be(tmp_path):
    (tmp_path / "a.tsv").write_text("case_id\tt1\nx\tx.nii.gz\textra\n")
    path = tmp_path / "study.yaml"
    path.write_text(
        f"centers:\n  A: {{role: train, source: {{kind: table, path: {tmp_path / 'a.tsv'}}}}}\nmodels: {{m: {{kind: logistic}}}}\n"
    )
    result = CliRunner().invoke(app, ["validate", str(path), "--images"])
    assert result.exit_code == 1
    assert "table unreadable" in result.stdout
    assert "Images are not read" in result.stdout


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
    assert "program missing" in result.output
    assert "GLIOMANET_HD_BET" in result.output


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
    ("options", "key"),
    [
        (["mgmt"], "--label mgmt"),
        (["m=a,b", "m=a,c"], "--label m=a,c"),
        (["m=a"], "labels.m"),
        (["sex=a,b"], "labels.sex"),
    ],
)
def test_a_further_label_that_cannot_be_one_is_refused(tmp_path, options, key):
    table = tmp_path / "cases.tsv"
    table.write_text("case_id\tt1\na\tx.nii\n")
    arguments = ["import", "table", str(table), "--center", "A", "--out", str(tmp_path / "out.tsv")]
    done = CliRunner().invoke(app, [*arguments, *(part for option in options for part in ("--label", option))])
    assert done.exit_code == 1
    assert f"- {key}: " in done.output
    assert not (tmp_path / "out.tsv").exists()


def test_problems_that_end_the_check_are_written_whole(tmp_path):
    study, out = tmp_path / "study.yaml", tmp_path / "findings.tsv"
    centers = "".join(f"  C{n}: {{role: trian, source: {{kind: table, path: c.tsv}}}}\n" for n in range(30))
    study.write_text(f"centers:\n{centers}models: {{age: {{kind: logistic, inputs: [age]}}}}\n")
    assert CliRunner().invoke(app, ["validate", str(study), "--out", str(out)]).exit_code == 1
    found = read_table(out)["found"]
    assert {f"centers.C{n}.role" for n in range(30)} <= {text.split(":")[0] for text in found}

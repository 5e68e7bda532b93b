"""A bundle of a tiny study: what is in it, its check, and everything that a changed or foreign one is refused for."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from gliomanet.bundle.description import EXPECTED, NAME, BundleDescription
from gliomanet.bundle.read import Bundle
from gliomanet.cli.main import app
from gliomanet.errors import CohortError, ModelError
from gliomanet.files.digests import sha256
from gliomanet.patient.trust.reference import TrustReference
from gliomanet.release.check import check_bundle
from gliomanet.release.write import write_bundle


@pytest.fixture
def copied(stack_bundle, tmp_path):
    shutil.copytree(stack_bundle, tmp_path / "copy")
    return tmp_path / "copy"


def rules(error) -> set[str]:
    return {problem.rule for problem in error.value.problems}


def edit(folder, name, change):
    """Change a JSON file of a bundle, and its digest with it, as a forger would."""
    values = json.loads((folder / name).read_text())
    change(values)
    (folder / name).write_text(json.dumps(values))
    if name != NAME:
        edit(folder, NAME, lambda own: own["files"].update({name: sha256(folder / name)}))


def test_a_stack_travels_with_its_members_and_nothing_that_executes(stack_bundle):
    bundle = Bundle.open(stack_bundle)
    assert list(bundle.description.models) == ["net", "chain", "age", "stack"]  # age alone is the study's reference
    assert bundle.description.answers.members == ("net", "chain")
    assert bundle.description.models["net"].segmenting_folds == ("0", "1")
    assert bundle.description.models["chain"].folds == ("all",)
    kinds = {path.suffix for path in stack_bundle.rglob("*") if path.is_file()}
    assert kinds == {".json", ".safetensors", ".md", ".gz", ""}
    assert {"A", "X"} == set(bundle.description.centers)
    assert bundle.description.simulated == ("A",)
    assert set(bundle.decisions.stages["supervised"]) == {"main"}
    assert bundle.references.groups
    trust = TrustReference.read(stack_bundle)
    assert (trust.cases, trust.lacking) == (24, ())
    assert list(trust.deep) == ["net"]
    card = (stack_bundle / "README.md").read_text()
    assert "mean nothing for patients" in card
    assert "patients younger than" in card
    names = [one["name"] for one in json.loads((stack_bundle / "sbom.json").read_text())["components"]]
    assert "torch" in names
    assert names == sorted(names)
    assert not list(stack_bundle.parent.glob(".*partial"))


def test_no_case_of_the_study_is_named_in_it(stack_bundle):
    text = "".join(path.read_text() for path in stack_bundle.rglob("*.json"))
    assert "A-0" not in text
    assert "X-001" not in text


def test_its_check_predicts_the_example_to_equal_numbers(stack_bundle):
    assert check_bundle(stack_bundle).largest_difference == 0


def test_the_check_says_which_number_differs(copied):
    edit(copied, EXPECTED, lambda numbers: numbers.update({"idh mutant probability": 0.123}))
    with pytest.raises(ModelError) as error:
        check_bundle(copied)
    assert rules(error) == {"example_differs"}
    assert "idh mutant probability" in str(error.value)


def test_files_that_are_changed_missing_or_foreign_are_named(copied):
    (copied / "look.json").write_text("{}")
    (copied / "sbom.json").unlink()
    (copied / "models/net/0/model.joblib").write_bytes(b"a pickle")
    with pytest.raises(ModelError) as error:
        Bundle.open(copied)
    assert rules(error) == {"bundle_file_changed", "bundle_file_missing", "foreign_file"}


def test_a_pickle_that_a_forged_bundle_names_is_never_read(copied):
    folder = copied / "models/chain/all"
    (folder / "fitted.json").unlink()
    (folder / "model.joblib").write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")

    def forge(values):
        del values["files"]["models/chain/all/fitted.json"]
        values["files"]["models/chain/all/model.joblib"] = sha256(folder / "model.joblib")

    edit(copied, NAME, forge)
    with pytest.raises(ModelError) as error:
        Bundle.open(copied).members("chain")
    assert rules(error) == {"no_model_in_bundle"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda values: values.update(schema_version=1), "bundle_of_another_version"),
        (lambda values: values.pop("schema_version"), "bundle_of_another_version"),
        (lambda values: values.update(surprise=1), "bundle_key"),
        (lambda values: values["files"].update({"../outside": "0" * 64}), "file_outside_bundle"),
    ],
)
def test_a_description_that_this_version_cannot_read_says_why(copied, change, rule):
    edit(copied, NAME, change)
    with pytest.raises(ModelError) as error:
        Bundle.open(copied)
    assert rules(error) == {rule}


def test_what_is_read_has_a_digest_and_lies_in_the_bundle(copied):
    path = copied / NAME
    values = json.loads(path.read_text())
    (copied / "look.json").unlink()
    values["files"].pop("look.json")
    values["models"]["../../elsewhere/net"] = values["models"]["net"]
    path.write_text(json.dumps(values))
    with pytest.raises(ModelError) as error:
        Bundle.open(copied)
    problems = error.value.problems
    assert {one.rule for one in problems} == {"bundle_part_unnamed"}
    assert problems[0].found == "has no digest of look.json"
    assert all("../../elsewhere/net" in one.found for one in problems[1:])


def test_what_is_no_bundle_says_so(tmp_path):
    with pytest.raises(ModelError) as error:
        Bundle.open(tmp_path)
    assert rules(error) == {"no_bundle"}
    (tmp_path / NAME).write_text("{")
    with pytest.raises(ModelError) as error:
        Bundle.open(tmp_path)
    assert rules(error) == {"damaged_bundle"}


def test_a_model_a_scenario_or_a_place_that_cannot_be_is_refused(tiny_study, stack_bundle, tmp_path):
    results = tiny_study.layout.results
    for model, out, scenario, rule in (
        ("nett", tmp_path / "b", None, "no_such_model"),
        ("net", tmp_path / "b", "without-A", "no_such_scenario"),
        ("net", stack_bundle, None, "bundle_is_there"),
    ):
        with pytest.raises(CohortError) as error:
            write_bundle(results, model, out, scenario=scenario)
        assert rules(error) == {rule}


def test_of_several_scenarios_one_has_to_be_chosen(tiny_study, tmp_path):
    record = json.loads(tiny_study.layout.study().read_text())
    record["study"]["split"]["scenarios"] = [{"name": "again", "train": ["A"], "external": ["X"]}]
    (tmp_path / "results").mkdir()
    (tmp_path / "results/study.json").write_text(json.dumps(record))
    with pytest.raises(CohortError) as error:
        write_bundle(tmp_path / "results", "net", tmp_path / "b")
    assert rules(error) == {"several_scenarios"}
    assert "again (trained on A)" in str(error.value)


def test_the_command_says_what_is_wrong_in_one_sentence(tmp_path):
    done = CliRunner().invoke(app, ["bundle", "check", str(tmp_path)])
    assert done.exit_code == 1
    assert "no bundle" in done.output


def test_the_description_has_no_key_too_many():
    with pytest.raises(ValueError, match="extra"):
        BundleDescription.model_validate({"surprise": 1})


def test_a_file_in_the_place_of_a_bundle_stays(tiny_study, tmp_path):
    (tmp_path / "there").write_text("a file")
    with pytest.raises(CohortError) as error:
        write_bundle(tiny_study.layout.results, "age", tmp_path / "there")
    assert rules(error) == {"bundle_is_there"}
    assert (tmp_path / "there").read_text() == "a file"

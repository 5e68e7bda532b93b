"""The configuration: every error at once, in words, with its key and the nearest one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from gliomanet.cohort.importers import bids, brats, egd, lgg_1p19q, rembrandt, tcga, ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.bids_sessions import _WANTED as SESSION_COLUMNS
from gliomanet.config.labels import RESERVED_LABELS
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.errors import Problem, StudyError
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.tables.schemas import SCHEMAS
from tests.messages.configuration import FEATURES, IDH, WRONG, changed


def problems_of(config: dict[str, Any]) -> list[Problem]:
    with pytest.raises(StudyError) as caught:
        load_study(config)
    return list(caught.value.problems)


@pytest.mark.parametrize(("path", "value", "key", "rule", "names"), WRONG)
def test_every_error_names_its_key_and_what_to_do(path, value, key, rule, names):
    problem = problems_of(changed(path, value))[0]
    assert (problem.key, problem.rule) == (key, rule)
    assert problem.action
    assert all(name in problem.found + problem.action for name in names)


def test_a_tabular_study_has_no_image_model():
    config = changed("centers", {"A": {"role": "train", "source": FEATURES}})
    (problem,) = problems_of(config)
    assert (problem.key, problem.rule) == ("models.net", "image_model_of_feature_tables")


def test_subsets_of_modalities_need_a_model_that_looks_at_images():
    config = changed("models", {"age": {"kind": "logistic"}}) | {"evaluation": {"modality_subsets": True}}
    (problem,) = problems_of(config)
    assert (problem.key, problem.rule) == ("evaluation.modality_subsets", "no_image_model")


def test_all_problems_are_told_at_once():
    config = changed("sed", 1)
    config["centers"]["A"]["role"] = "trian"
    config["models"]["net"]["presett"] = "tiny"
    keys = {problem.key: problem.rule for problem in problems_of(config)}
    assert keys == {"sed": "unknown_key", "centers.A.role": "literal_error", "models.net.presett": "unknown_key"}


def test_a_centre_overrides_preprocessing_key_by_key():
    study = load_study(changed("centers/A/preprocessing", {"brain_extraction": "none"}))
    assert study.preprocessing_of("A").brain_extraction == "none"
    assert study.preprocessing_of("A").spacing_mm == study.preprocessing.spacing_mm
    assert study.preprocessing_of("B").brain_extraction == "builtin"


def test_data_paths_are_filled_in_and_the_variable_wins(monkeypatch):
    monkeypatch.delenv("GLIOMANET_DATA", raising=False)
    study = load_study(changed("data_root", "mine"))
    assert str(study.data_path("{data_root}/a.csv")) == "mine/a.csv"
    assert str(study.data_path("tables/a.csv")) == "tables/a.csv"
    monkeypatch.setenv("GLIOMANET_DATA", "elsewhere")
    assert str(study.data_path("{data_root}/a.csv")) == "elsewhere/a.csv"


def test_every_key_says_what_it_means():
    def unnamed(model: type[BaseModel], prefix: str = "") -> list[str]:
        from gliomanet.config.reference import fields_of

        return [key for key, field in fields_of(model) if not field.description and key.split(".")[-1] != "kind"]

    assert unnamed(Study) == []


MGMT = {"mgmt": ["unmethylated", "methylated"]}


def test_a_further_label_makes_a_task_without_code():
    config = changed("labels", MGMT)
    classes = {"unmethylated": ["unmethylated"], "methylated": ["methylated"]}
    config["tasks"] = {"idh": IDH, "mgmt": {"label": "mgmt", "classes": classes}}
    study = load_study(config)
    assert study.vocabulary == {**VOCABULARY, "mgmt": ("unmethylated", "methylated")}
    assert [study.tasks["mgmt"].encode(value) for value in ("unmethylated", "methylated", "")] == [0, 1, -1]
    assert load_study(study.model_dump(mode="json")) == study


def test_classes_of_a_further_label_hold_its_values_only():
    config = changed("labels", MGMT)
    config["tasks"] = {
        "mgmt": {"label": "mgmt", "classes": {"no": ["unmethylated"], "yes": ["Methylated"]}},
        "typo": {"label": "mgnt", "classes": {"no": ["unmethylated"], "yes": ["methylated"]}},
    }
    of_classes, of_label = problems_of(config)
    assert (of_classes.key, of_classes.rule) == ("tasks.mgmt.classes", "unknown_value")
    assert "Methylated" in of_classes.found
    assert "unmethylated, methylated" in of_classes.action
    assert (of_label.key, of_label.rule) == ("tasks.typo.label", "unknown_label")
    assert "'mgmt'" in of_label.action


def test_no_further_label_can_be_a_column_that_tables_have_already():
    readers = [bids._WANTED, brats._WANTED, egd._WANTED, lgg_1p19q._WANTED, rembrandt._WANTED, tcga._WANTED]
    fixed = [{**module.TABLE.columns, **module.TABLE.extra} for module in (ucsf_pdgm, upenn_gbm, utsw)]
    written = [column.name for schema in SCHEMAS for column in schema.columns]
    taken = set(written).union(SESSION_COLUMNS, *readers, *fixed, ["hidden"])
    assert {name.lower() for name in taken if not name.endswith(("_raw", "_source"))} <= set(RESERVED_LABELS)


def test_a_kind_of_source_is_not_told_as_a_key():
    (problem,) = problems_of(changed("centers/A/source", {"kind": "brats", "folder": "x", "mappping": "y"}))
    assert (problem.key, problem.rule) == ("centers.A.source.mappping", "unknown_key")
    assert "'mapping'" in problem.action

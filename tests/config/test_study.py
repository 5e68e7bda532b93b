"""The configuration: every error at once, in words, with its key and the nearest one."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from gliomanet.cohort.importers import bids, brats, egd, lgg_1p19q, rembrandt, tcga, ucsf_pdgm, upenn_gbm, utsw
from gliomanet.cohort.importers.bids_sessions import _WANTED as SESSION_COLUMNS
from gliomanet.config.labels import RESERVED_LABELS
from gliomanet.config.load import load_study
from gliomanet.config.study import Study
from gliomanet.errors import StudyError
from gliomanet.labels.vocabulary import VOCABULARY
from gliomanet.tables.schemas import SCHEMAS

VALID: dict[str, Any] = {
    "centers": {
        "A": {"role": "train", "source": {"kind": "phantom", "cases": 4}},
        "B": {"role": "external", "source": {"kind": "phantom", "cases": 4}},
        "U": {"role": "unlabelled", "source": {"kind": "phantom", "cases": 4}},
    },
    "models": {"net": {"kind": "cmtlnet", "preset": "tiny", "input_shape": [64, 64, 64]}},
}
PHANTOM = {"role": "train", "source": {"kind": "phantom", "cases": 4}}
IDH = {"label": "idh", "classes": {"wildtype": ["wildtype"], "mutant": ["mutant"]}}
DIAGNOSES = ("glioblastoma", "astrocytoma", "oligodendroglioma")
FEATURES = {"kind": "features", "path": "f.csv", "clinical": "c.csv", "format": "utsw"}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The valid study with one key set."""
    config = copy.deepcopy(VALID)
    *parents, last = path.split("/")
    section = config
    for key in parents:
        section = section.setdefault(key, {})
    section[last] = value
    return config


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sed", 1, "sed: no such key; did you mean 'seed'?"),
        ("models/net/presett", 1, "models.net.presett: no such key; did you mean 'preset'?"),
        ("models/net/qqq", 1, "models.net.qqq: no such key; allowed: augmentation, "),
        ("centers/A/source/case", 3, "centers.A.source.case: no such key; did you mean 'cases'?"),
        ("centers/A/source/scanner", {"voxl_mm": 1}, "centers.A.source.scanner.voxl_mm: no such key; did you mean"),
        ("centers/A/role", "trian", "centers.A.role: input should be 'train', 'external' or 'unlabelled' (found 'trian')"),
        ("centers/A/source", {"kind": "phantom"}, "centers.A.source.cases: missing, and has no default"),
        ("centers/A/preprocessing", {"spacing": 2}, "centers.A.preprocessing.spacing: no such key; did you mean 'spacing_mm'"),
        ("centers/A/role", "external", "centers: no centre has the role train; at least one must"),
        ("centers/A/source", FEATURES, "feature tables and images are mixed"),
        ("split", {"design": "leave_one_center_out"}, "needs at least two centres of role train"),
        ("split", {"scenarios": [{"name": "x", "train": ["Z"]}]}, "'Z' is no centre; centres: A, B, U"),
        ("split", {"scenarios": [{"name": "x", "train": ["B"]}]}, "'B' teaches, so its role must be train"),
        ("split", {"scenarios": [{"name": "x", "train": ["A"], "external": ["A"]}]}, "'A' both teaches and tests"),
        ("split", {"scenarios": [{"name": "leave-one-center-out", "train": ["A"]}]}, "split.scenarios.leave-one-center-out: this name is reserved"),
        ("split", {"scenarios": [{"name": "main", "train": ["A"]}]}, "split.scenarios.main: this name is taken"),
        ("split", {"scenarios": [{"name": "x", "train": ["A"], "external": ["U"]}]}, "split.scenarios.x: centre U is unlabelled and cannot test"),
        ("split", {"scenarios": [{"name": "a/b", "train": ["A"]}]}, "split.scenarios.0.name: 'a/b' cannot be a name; allowed: letters"),
        ("split/folds", 1, "split.folds: input should be greater than or equal to 2 (found 1)"),
        ("centers/cases", PHANTOM, "centers.cases: this name is reserved, because the cases of all centres"),
        ("centers/Cases", PHANTOM, "centers.Cases: this name is reserved"),
        ("centers/pooled", PHANTOM, "centers.pooled: this name is reserved, because tables of figures call all centres together so"),
        ("centers/summary", PHANTOM, "centers.summary: this name is reserved, because tables of figures call the mean"),
        ("centers/a", PHANTOM, "centers.a: differs from 'A' by letter case only; rename one"),
        ("centers", {"a/b": PHANTOM}, "centers: 'a/b' cannot be a name; allowed: letters, digits, '_' and '-'"),
        ("centers", {"..": PHANTOM}, "centers: '..' cannot be a name"),
        ("centers", {1: PHANTOM}, "centers: 1 is no text; put it in quotes"),
        ("models/recovery", {"kind": "logistic"}, "models.recovery: this name is reserved, because the comparison of all networks"),
        ("models/NET", {"kind": "logistic"}, "models.NET: differs from 'net' by letter case only"),
        ("models/a b", {"kind": "logistic"}, "models: 'a b' cannot be a name"),
        ("tasks/joint", IDH, "tasks.joint: this name is reserved, because tables of figures call all tasks together so"),
        ("tasks", {}, "tasks: dictionary should have at least 1 item"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"], "b": []}}}, "class 'b' holds no value of grade; allowed: 2, 3, 4"),
        ("models/m", {"kind": "logistic", "inputs": []}, "models.m.inputs: tuple should have at least 1 item"),
        ("models/m", {"kind": "logistic", "inputs": ["age", "age"]}, "models.m.inputs: must name each value once"),
        ("models/m", {"kind": "extra_trees", "stages": ["supervised"] * 2}, "models.m.stages: must name each value once"),
        ("models/m", {"kind": "tabular_net", "hidden": []}, "models.m.hidden: tuple should have at least 1 item"),
        ("models/m", {"kind": "tabular_net", "hidden": [64, 0]}, "models.m.hidden.1: input should be greater than or equal to 1"),
        ("models/m", {"kind": "tabular_net", "dropout": 1.0}, "models.m.dropout: input should be less than 1 (found 1.0)"),
        ("models/net/dropout", 1.0, "models.net.dropout: input should be less than 1 (found 1.0)"),
        ("models/net/stages", ["supervised", "supervised"], "models.net.stages: must name each value once"),
        ("models/net/stages", [], "models.net.stages: must start with supervised, found []"),
        ("models/net/learning_rate", float("inf"), "models.net.learning_rate: input should be a finite number"),
        ("models/net/modalities", [], "must name each modality once"),
        ("radiomics/regions", {}, "radiomics.regions: dictionary should have at least 1 item"),
        ("radiomics/regions", {"core": []}, "radiomics.regions.core: list should have at least 1 item"),
        ("radiomics/regions", {"core": [1, 3]}, "radiomics.regions.core.1: input should be 1, 2 or 4 (found 3)"),
        ("radiomics/regions", {"a b": [1]}, "radiomics.regions: 'a b' cannot be a name"),
        ("centers/A/source/scanner", {"voxel_mm": [1, 0, 1]}, "centers.A.source.scanner.voxel_mm.1: input should be greater than 0"),
        ("centers/A/source/prevalence", dict.fromkeys(DIAGNOSES, 0), "centers.A.source.prevalence: every weight is 0; at least one"),
        ("prediction/calibration", "platt", "prediction.calibration: input should be 'temperature' or 'none'"),
        ("prediction/passes", 1, "prediction.passes: one pass has no standard deviation; give 0 for none, or at least 2"),
        ("prediction/passes", -1, "prediction.passes: input should be greater than or equal to 0"),
        ("evaluation/confidence", 0, "evaluation.confidence: input should be greater than 0"),
        ("evaluation/confidence", 1, "evaluation.confidence: input should be less than 1"),
        ("compute/gpus", -1, "compute.gpus: input should be greater than or equal to 0"),
        ("compute", {"compile": True, "gradient_checkpointing": True}, "compute: compile and gradient_checkpointing are both true, and a compiled"),
        ("compute", {"compile": True, "gradient_checkpointing": True}, "set one of them to false\n"),
        ("seed", {"a": 1, "b": 2}, "seed: input should be a valid integer (found a section of keys)\n"),
        ("seed", {"a": 1}, "seed: input should be a valid integer (found {'a': 1})\n"),
        ("pseudo_labels/min_probability", 0.9, "pseudo_labels.min_probability: no such key; it is a key of 'rounds'\n"),
        ("pseudo_labels/max_std", 0.1, "pseudo_labels.max_std: no such key; it is a key of 'rounds'\n"),
        ("epochs", 3, "epochs: no such key; allowed: centers, "),
        ("results", "", "results: string should have at least 1 character"),
        ("models/net/input_shape", [60, 64, 64], "must be positive multiples of 32"),
        ("models/net/modalities", ["t1", "t1"], "must name each modality once"),
        ("models/net/stages", ["pseudo_label"], "models.net.stages: must start with supervised"),
        ("tasks", {"mgmt": {"label": "mgmt", "classes": {"a": ["x"], "b": ["y"]}}}, "tasks.mgmt.label: 'mgmt' is not a label column; allowed: idh, codel_1p19q, grade; a further label is named, with its values, in the section labels"),
        ("tasks", {"g": {"label": "Grad", "classes": {"a": ["2"], "b": ["4"]}}}, "tasks.g.label: 'Grad' is not a label column; did you mean 'grade'? a further label"),
        ("tasks", {"g": {"label": "", "classes": {"a": ["2"], "b": ["4"]}}}, "tasks.g.label: string should have at least 1 character"),
        ("tasks", {"m": {"label": "mgmt", "classes": {"a": ["x"], "b": []}}}, "tasks.m: class 'b' holds no value of mgmt; name one, or remove the class"),
        ("labels", {"mgmt": ["methylated"]}, "labels.mgmt: list should have at least 2 items"),
        ("labels", {"mgmt": [0, 1]}, "labels.mgmt.0: 0 is no text; put it in quotes"),
        ("labels", {"mgmt": ["a", "A"]}, "labels.mgmt: 'a' and 'A' are read alike; each value must differ by more than case"),
        ("labels", {"mgmt": ["1", "1.0"]}, "labels.mgmt: '1' and '1.0' are read alike"),
        ("labels", {"mgmt": ["a", "Indeterminate"]}, "labels.mgmt: 'Indeterminate' means unknown in every table, and cannot be a value; leave it out"),
        ("labels", {"mgmt": ["a", ""]}, "labels.mgmt: '' means unknown in every table"),
        ("labels", {"mgmt": ["a", "b "]}, "labels.mgmt: 'b ' holds spaces at its ends, or several in a row; remove them"),
        ("labels", {"mgmt!": ["a", "b"]}, "labels: 'mgmt!' cannot be a name; allowed: letters, digits, '_' and '-'"),
        ("labels", {"IDH": ["a", "b"]}, "labels.IDH: this name is reserved, because the label is built in, with the values wildtype, mutant; choose another"),
        ("labels", {"sex": ["a", "b"]}, "labels.sex: this name is reserved, because it is another column of every case table"),
        ("labels", {"part": ["a", "b"]}, "labels.part: this name is reserved, because splits.tsv has a column of this name"),
        ("labels", {"mgmt_raw": ["a", "b"]}, "labels.mgmt_raw: case tables hold <label>_raw and <label>_source of each label; choose a name with another ending"),
        ("labels", {"mgmt": ["a", "b"], "MGMT": ["a", "b"]}, "labels.MGMT: differs from 'mgmt' by letter case only; rename one"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"], "b": ["5"]}}}, "class 'b' holds '5', which is no value of grade"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"], "b": ["2"]}}}, "grade value '2' is in two classes"),
        ("tasks", {"g": {"label": "grade", "classes": {"a": ["2"]}}}, "needs at least two classes, found 1"),
        ("centers/A/source/shortcut", {"label": "idh", "value": "mutnt"}, "'mutnt' is no value of idh; allowed: wildtype, mutant"),
    ],
)  # fmt: skip
def test_every_error_names_its_key_and_what_to_do(path, value, message):
    with pytest.raises(StudyError) as caught:
        load_study(changed(path, value))
    assert message in f"{caught.value}\n"


def test_a_tabular_study_has_no_image_model():
    config = changed("centers", {"A": {"role": "train", "source": FEATURES}})
    with pytest.raises(StudyError, match="models.net: cmtlnet needs images"):
        load_study(config)


def test_subsets_of_modalities_need_a_model_that_looks_at_images():
    config = changed("models", {"age": {"kind": "logistic"}}) | {"evaluation": {"modality_subsets": True}}
    message = (
        "evaluation.modality_subsets: no model looks at images, so there are no modalities to take away; leave it out"
    )
    with pytest.raises(StudyError, match=message):
        load_study(config)


def test_all_problems_are_told_at_once():
    config = changed("sed", 1)
    config["centers"]["A"]["role"] = "trian"
    config["models"]["net"]["presett"] = "tiny"
    with pytest.raises(StudyError) as caught:
        load_study(config)
    assert len(caught.value.problems) == 3
    assert str(caught.value).startswith("3 problems in the study's configuration:")


def test_a_centre_overrides_preprocessing_key_by_key():
    study = load_study(changed("centers/A/preprocessing", {"brain_extraction": "none"}))
    assert study.preprocessing_of("A").brain_extraction == "none"
    assert study.preprocessing_of("A").spacing_mm == study.preprocessing.spacing_mm
    assert study.preprocessing_of("B").brain_extraction == "builtin"


def test_the_fixed_design_is_one_scenario_with_plain_fold_names():
    study = load_study(changed("split", {"folds": 3}))
    (scenario,) = study.scenarios
    assert (scenario.name, scenario.train, scenario.external) == ("main", ("A",), ("B",))
    assert [fold.id for fold in study.folds] == ["0", "1", "2", "all"]


@given(st.integers(2, 6), st.integers(2, 5))
def test_leave_one_centre_out_never_teaches_what_it_tests(centers, folds):
    config = {
        "centers": {f"C{n}": {"role": "train", "source": {"kind": "phantom", "cases": 4}} for n in range(centers)},
        "models": {"m": {"kind": "logistic"}},
        "split": {"design": "leave_one_center_out", "folds": folds},
    }
    study = load_study(config)
    assert len(study.scenarios) == centers
    assert len(study.folds) == centers * (folds + 1) == len({fold.id for fold in study.folds})
    for fold in study.folds:
        assert not set(fold.train) & set(fold.external)
        assert set(fold.train) | set(fold.external) == set(config["centers"])


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
    with pytest.raises(StudyError) as caught:
        load_study(config)
    of_classes, of_label = caught.value.problems
    message = "class 'yes' holds 'Methylated', which is no value of mgmt; allowed: unmethylated, methylated"
    assert of_classes == f"tasks.mgmt.classes: {message}"
    assert of_label.startswith("tasks.typo.label: 'mgnt' is not a label column; did you mean 'mgmt'?")


def test_no_further_label_can_be_a_column_that_tables_have_already():
    readers = [bids._WANTED, brats._WANTED, egd._WANTED, lgg_1p19q._WANTED, rembrandt._WANTED, tcga._WANTED]
    fixed = [{**module.TABLE.columns, **module.TABLE.extra} for module in (ucsf_pdgm, upenn_gbm, utsw)]
    written = [column.name for schema in SCHEMAS for column in schema.columns]
    taken = set(written).union(SESSION_COLUMNS, *readers, *fixed, ["hidden"])
    assert {name.lower() for name in taken if not name.endswith(("_raw", "_source"))} <= set(RESERVED_LABELS)

"""Stacks: fitted on the members' validation predictions, and what they say of a centre."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from gliomanet.config.feature_models import StackModel
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.models.member_logits import member_column, member_logits
from gliomanet.models.ridge_logistic import RidgeLogistic
from gliomanet.prediction.predict_center import Member
from gliomanet.prediction.stack import predict_stack
from gliomanet.training.tabular import train_tabular_model

TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": DEFAULT_TASKS["grade"]}
STAGES = {"net": "supervised", "trees": "supervised"}
BOTH = StackModel(members=("net", "trees"))


def world(n=120, seed=0, external=False):
    """Cases whose IDH is told by `net` and by age, each by itself; `trees` says nothing."""
    draws = np.random.default_rng(seed)
    idh, grade = draws.integers(0, 2, n), draws.integers(0, 2, n)
    case_ids = [f"{'x' if external else 'a'}{i}" for i in range(n)]
    cases = pd.DataFrame({"case_id": case_ids, "center": "X" if external else "A", "part": "train"})
    cases["idh"] = np.where(idh, "mutant", "wildtype")
    cases["grade"] = np.where(grade, "4", "2")
    cases["age"], cases["sex"] = 60 - 12 * idh + draws.normal(0, 10, n), draws.choice(["F", "M"], n)
    rows = []
    for model in STAGES:
        for fold in ("0", "1"):
            own = np.arange(n) % 2 == int(fold)
            for task, truth in (("idh", idh), ("grade", grade)):
                logit = draws.normal(0, 1, n) + (0.8 * (2 * truth - 1) if model == "net" else 0)
                p = 1 / (1 + np.exp(-logit))
                for label, values in zip(TASKS[task].class_names, (1 - p, p), strict=True):
                    rows.append(
                        pd.DataFrame(
                            {
                                "model": model,
                                "stage": "supervised",
                                "scenario": "main",
                                "fold": fold,
                                "role": "external" if external else "validation",
                                "center": cases["center"],
                                "case_id": case_ids,
                                "task": task,
                                "class": label,
                                "raw_probability": values,
                                "pass_std": np.nan,
                            }
                        )[np.ones(n, bool) if external else own]
                    )
    return cases, pd.concat(rows, ignore_index=True)


def fit(folder, cases, said, model=BOTH, fold="all"):
    table = member_logits(said, STAGES, "main", TASKS)
    name = {"model": "both", "stage": "supervised", "fold": fold}
    train_tabular_model(cases, table, TASKS, model, name=name, seed=1, code="c", out=folder)
    return Member("supervised", "main", fold, folder)


def predict(member, cases, said, part="external"):
    splits = cases[["case_id", "center"]].assign(fold=member.fold, part=part)
    asked = cases[["case_id", "center", "age", "sex"]]
    return predict_stack([member], splits, asked, said, STAGES, TASKS, model="both")


def auc(predictions, cases):
    rows = predictions[(predictions["task"] == "idh") & (predictions["class"] == "mutant")]
    rows = rows.merge(cases[["case_id", "idh"]], on="case_id")
    return roc_auc_score(rows["idh"] == "mutant", rows["raw_probability"])


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    cases, said = world()
    return fit(tmp_path_factory.mktemp("stack"), cases, said)


def test_member_and_age_together_beat_either_alone(fitted):
    cases, said = world(300, 1, external=True)
    both = auc(predict(fitted, cases, said), cases)
    alone = member_logits(said, STAGES, "main", TASKS).merge(cases[["case_id", "idh"]], on="case_id")
    assert both > roc_auc_score(alone["idh"] == "mutant", alone[member_column("net", "idh")]) + 0.01
    assert both > roc_auc_score(cases["idh"] == "mutant", -cases["age"]) + 0.05


def test_the_description_says_what_each_input_weighs(fitted):
    weights = json.loads((fitted.folder / "model.json").read_text())["weights"]
    assert set(weights["idh"]) == {member_column("net", "idh"), member_column("trees", "idh"), "age", "sex"}
    assert weights["idh"][member_column("net", "idh")] > 0.5
    assert weights["idh"]["age"] < -0.5
    assert abs(weights["idh"][member_column("trees", "idh")]) < 0.5


def test_the_penalty_spares_age_and_sex(tmp_path):
    cases, said = world()
    strong = fit(tmp_path, cases, said, StackModel(members=("net", "trees"), C=1e-9))
    weights = json.loads((strong.folder / "model.json").read_text())["weights"]["idh"]
    assert abs(weights[member_column("net", "idh")]) < 1e-6
    age = (cases["age"] - cases["age"].mean()) / cases["age"].std(ddof=0)
    female = (cases["sex"] == "F").astype(float)
    x = np.column_stack([age, (female - female.mean()) / female.std(ddof=0)])
    alone = RidgeLogistic(1e9).fit(x, cases["idh"].map(TASKS["idh"].encode).to_numpy())
    np.testing.assert_allclose([weights["age"], weights["sex"]], alone.coef_[0], rtol=1e-5)


def test_without_clinical_data_a_stack_reads_none(tmp_path):
    cases, said = world()
    member = fit(tmp_path, cases, said, StackModel(members=("net",), clinical=()))
    changed = cases.assign(age=99.0, sex="M")
    pd.testing.assert_frame_equal(
        predict(member, cases, said, "validation"), predict(member, changed, said, "validation")
    )


def test_a_case_without_age_or_without_a_member_is_served_aloud(fitted, capsys):
    cases, said = world(6, 2, external=True)
    cases.loc[0, "age"] = np.nan
    said = said[~((said["model"] == "trees") & (said["case_id"] == "x1"))]
    said = said[said["case_id"] != "x2"]
    found = predict(fitted, cases, said)
    assert set(found["case_id"]) == {"x0", "x1", "x3", "x4", "x5"}
    assert found["raw_probability"].between(0, 1).all()
    assert capsys.readouterr().out.splitlines() == [
        "left out: case x2: none of this model's members is known",
        f"not known: case x1: {member_column('trees', 'idh')}; the training median stands for it",
        "not known: case x0: age; the training median stands for it",
        f"not known: case x1: {member_column('trees', 'grade')}; the training median stands for it",
    ]


def test_a_task_that_no_member_speaks_of_is_learnt_from_age_and_sex_aloud(tmp_path, capsys):
    cases, said = world()
    fit(tmp_path, cases, said[said["task"] == "idh"])
    weights = json.loads((tmp_path / "model.json").read_text())["weights"]
    assert set(weights["grade"]) == {"age", "sex"}
    told = "task grade: no member tells its training cases apart; clinical data answer alone"
    assert told in capsys.readouterr().out.splitlines()


def test_a_fold_never_sees_the_labels_of_its_validation_cases(tmp_path):
    cases, said = world()
    own = np.arange(len(cases)) % 2 == 0
    cases["part"] = np.where(own, "validation", "train")
    other = cases.assign(idh=np.where(own, "mutant", cases["idh"]), age=cases["age"].where(~own, 20.0))
    for folder, table in (("one", cases), ("two", other)):
        (tmp_path / folder).mkdir()
        fit(tmp_path / folder, table, said, fold="0")
    one, two = (json.loads((tmp_path / name / "model.json").read_text()) for name in ("one", "two"))
    assert one["weights"] == two["weights"]
    assert one["training_cases"]["idh"] == (~own).sum()

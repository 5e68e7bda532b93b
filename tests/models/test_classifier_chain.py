"""A classifier chain along the WHO classification: its formulas, and what each link learns from."""

import json

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.models.classifier_chain import Chain, ChainedModels
from gliomanet.models.tabular_inputs import CONDITION
from gliomanet.prediction.tabular import predict_tabular
from gliomanet.training.tabular import train_tabular_model

LOGISTIC = LogisticModel(C=1.0, classifier_chain="who")
NAME = {"model": "m", "stage": "supervised", "fold": "0"}


def gliomas(n=240, seed=0, part="train"):
    """IDH is told by one feature and age, 1p/19q among mutants by another; grade by IDH and a third."""
    generator = np.random.default_rng(seed)
    idh = generator.random(n) < 0.5
    codeleted = idh & (generator.random(n) < 0.4)
    high = np.where(codeleted, False, np.where(idh, generator.random(n) < 0.3, generator.random(n) < 0.9))
    cases = pd.DataFrame(
        {
            "case_id": [f"{part}{i}" for i in range(n)],
            "center": "A",
            "part": part,
            "idh": np.where(idh, "mutant", "wildtype"),
            "codel_1p19q": np.where(codeleted, "codeleted", "intact"),
            "grade": np.where(high, "4", np.where(generator.random(n) < 0.5, "2", "3")),
            "age": 60 - 15 * idh + generator.normal(0, 8, n),
        }
    )
    features = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "t1_firstorder_Mean": 1.5 * idh + generator.normal(size=n),
            "t1_firstorder_Range": 2 * codeleted + 2 * (~idh) * generator.random(n) + generator.normal(size=n),
            "t1_firstorder_Median": 1.5 * high + generator.normal(size=n),
        }
    )
    return cases, features


def fitted(folder, cases, features, model=LOGISTIC, tasks=DEFAULT_TASKS):
    train_tabular_model(cases, features, tasks, model, name=NAME, seed=1, code="c", out=folder)
    return joblib.load(folder / "model.joblib")


def answers(folder, cases, features):
    rows = predict_tabular(folder, cases, features)[0]
    return rows.pivot_table(index="case_id", columns=["task", "class"], values="probability").loc[cases["case_id"]]


@pytest.mark.parametrize(
    "model", [LOGISTIC, ExtraTreesModel(n_estimators=50, classifier_chain="who")], ids=["lr", "et"]
)
def test_the_formulas(tmp_path, model):
    cases, features = gliomas()
    chained = fitted(tmp_path, cases, features, model)
    assert isinstance(chained, ChainedModels)
    tested, theirs = gliomas(30, 1, "validation")
    told = answers(tmp_path, tested, theirs)
    table = theirs.drop(columns="case_id").assign(age=tested["age"])
    mutant = told["idh", "mutant"].to_numpy()
    links = chained.links
    assert told["codel_1p19q", "codeleted"].to_numpy() == pytest.approx(
        mutant * links.answer("codel_1p19q", table)[:, 1]
    )
    given = [links.answer("grade", table.assign(**{CONDITION: value}))[:, 1] for value in (1.0, 0.0)]
    assert told["grade", "4"].to_numpy() == pytest.approx(mutant * given[0] + (1 - mutant) * given[1])
    for task in DEFAULT_TASKS:
        assert told[task].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_links_learn_from_the_cases_that_they_are_about(tmp_path):
    cases, features = gliomas()
    cases.loc[:9, "idh"] = ""
    fitted(tmp_path, cases, features)
    described = json.loads((tmp_path / "model.json").read_text())
    assert described["training_cases"] == {
        "idh": 230,
        "codel_1p19q": int((cases["idh"] == "mutant").sum()),
        "grade": 230,
    }
    assert CONDITION in described["features"]["grade"]
    assert CONDITION not in described["features"]["codel_1p19q"]
    wild = cases["idh"] == "wildtype"
    other = fitted(
        tmp_path / "b", cases, features.assign(t1_firstorder_Range=features["t1_firstorder_Range"] + 9 * wild)
    )
    first = joblib.load(tmp_path / "model.joblib")
    assert np.array_equal(first.links.models["codel_1p19q"].coef_, other.links.models["codel_1p19q"].coef_)


def test_a_feature_that_tells_codeletion_among_mutants_only_helps_the_chain(tmp_path):
    cases, features = gliomas(600)
    tested, theirs = gliomas(600, 1, "validation")
    scores = {}
    for chain in ("none", "who"):
        fitted(tmp_path / chain, cases, features, LogisticModel(C=1.0, classifier_chain=chain))
        told = answers(tmp_path / chain, tested, theirs)
        scores[chain] = roc_auc_score(tested["codel_1p19q"] == "codeleted", told["codel_1p19q", "codeleted"])
    assert scores["who"] > scores["none"]


def test_strengths_are_chosen_by_the_chains_answer_and_written_down(tmp_path):
    cases, features = gliomas(120)
    cases["center"] = np.where(np.arange(120) % 2, "A", "B")
    fitted(tmp_path, cases, features, LogisticModel(C="auto", classifier_chain="who"))
    chosen = json.loads((tmp_path / "model.json").read_text())["strengths"]
    assert set(chosen) == set(DEFAULT_TASKS)
    assert {each["by"] for each in chosen.values()} == {"leaving out A, B in turn"}
    fitted(tmp_path / "again", cases, features, LogisticModel(C="auto", classifier_chain="who"))
    assert (tmp_path / "again/model.joblib").read_bytes() == (tmp_path / "model.joblib").read_bytes()


def test_tasks_in_another_order_and_a_task_beside_the_classification(tmp_path):
    cases, features = gliomas()
    cases["mgmt"] = np.where(np.arange(len(cases)) % 2, "methylated", "unmethylated")
    mgmt = Task(label="mgmt", classes={"no": ["unmethylated"], "yes": ["methylated"]})
    three = Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})
    tasks = {"grade": three, "mgmt": mgmt, "idh": DEFAULT_TASKS["idh"]}
    model = fitted(tmp_path, cases, features, tasks=tasks)
    assert list(model.classes) == list(tasks)
    assert model.chain == Chain("idh", 1, {}, ("grade",))
    plain = fitted(tmp_path / "plain", cases, features, LogisticModel(C=1.0), tasks)
    table = features.drop(columns="case_id").assign(age=cases["age"])
    assert np.array_equal(model.predict(table)["mgmt"], plain.predict(table)["mgmt"])
    assert model.predict(table)["grade"].sum(axis=1) == pytest.approx(1.0)


def test_no_codeleted_mutant_is_told_so(tmp_path):
    cases, features = gliomas()
    with pytest.raises(ValueError, match=r"codel_1p19q: .*codeleted 0; a chain learns 1p/19q from mutants"):
        fitted(tmp_path, cases.assign(idh=cases["idh"].where(cases["codel_1p19q"] == "intact", "")), features)


def test_without_a_task_on_idh_there_is_no_chain():
    assert Chain.of({"grade": DEFAULT_TASKS["grade"]}) is None

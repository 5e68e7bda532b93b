"""Models on features, trained by the product, and explained by the explainer of their kind."""

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.feature_models import ExtraTreesModel, LogisticModel, TabularNetModel
from gliomanet.explanation.attribution import evidence, linear_shap
from gliomanet.explanation.explained import fold_shap, tables_of
from gliomanet.explanation.explainers.permutation import explain_any
from gliomanet.explanation.input_shap import Fit, explain_inputs
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.model_kinds import KINDS, load
from gliomanet.prediction.tabular import inputs_of, load_tabular_model
from gliomanet.training.tabular import train_tabular_model

CASES = 90
MODELS = {
    "logistic": LogisticModel(C=0.1),
    "extra_trees": ExtraTreesModel(n_estimators=20),
    "tabular_net": TabularNetModel(ensemble=2, epochs=40, hidden=(8, 6)),
}
EXACT = {"logistic", "extra_trees"}


@pytest.fixture(scope="module")
def study():
    rng = np.random.default_rng(0)
    ids = [f"c{i:03d}" for i in range(CASES)]
    grade = rng.choice(["2", "3", "4"], CASES)
    cases = pd.DataFrame({"case_id": ids, "center": rng.choice(["A", "B"], CASES), "age": rng.normal(50, 9, CASES)})
    cases = cases.assign(idh=rng.choice(["wildtype", "mutant"], CASES), codel_1p19q="", grade=grade)
    x = rng.normal(size=(CASES, 4))
    x[:, 0] += 2 * (cases["idh"] == "mutant")
    features = pd.DataFrame(x, columns=[f"t1c_glcm_F{j}" for j in range(4)]).assign(case_id=ids)
    parts = np.where(np.arange(CASES) % 3, "train", "validation")
    splits = cases[["case_id", "center"]].assign(scenario="main", fold="0", part=parts)
    tasks = {name: DEFAULT_TASKS[name] for name in ("idh", "grade")}
    return cases, features, splits, tasks


@pytest.fixture(scope="module", params=MODELS)
def explained(request, study, tmp_path_factory):
    cases, features, splits, tasks = study
    folder, kind = tmp_path_factory.mktemp(request.param), request.param
    fold = cases.assign(part=splits["part"])
    name = {"model": "m", "stage": "supervised", "fold": "0"}
    train_tabular_model(fold, features, tasks, MODELS[kind], name=name, seed=1, code="c", out=folder)
    fits = [Fit("main", "0", folder)]
    given = (cases[["case_id", "center", "age"]], features, splits, 3)
    return kind, folder, explain_inputs(fits, load(KINDS[kind].explanation), *given)


def test_validation_cases_alone_are_explained_and_training_cases_are_the_background(study, explained):
    _, _, found = explained
    validation = study[2].query("part == 'validation'")["case_id"].tolist()
    assert [(one.task, one.unit, one.fold) for one in found] == [("idh", "input", "0"), ("grade", "input", "0")]
    for one in found:
        assert one.case_ids.tolist() == validation
        assert one.background == CASES - len(validation)
        assert one.names == (*(f"t1c_glcm_F{j}" for j in range(4)), "age")


def test_values_add_up_to_the_models_own_answer(study, explained):
    kind, folder, found = explained
    fitted = load_tabular_model(folder)
    cases = study[0].set_index("case_id").loc[found[0].case_ids].reset_index()
    p = fitted.predict(inputs_of(fitted, cases, study[1])[0])["idh"]
    output = p[:, 1] if kind == "extra_trees" else np.log(p[:, 1] / p[:, 0])
    one = found[0].attribution
    missed = np.abs(one.values.sum(axis=1) + one.base - output).max()  # noqa: PD011 - an array
    assert one.additivity_gap == pytest.approx(missed, abs=1e-5)
    assert missed < (1e-9 if kind in EXACT else 0.5)


def test_the_informative_input_leads(explained):
    _, _, found = explained
    values, folds = tables_of(found, 0.5)
    unit, (fold,) = fold_shap(values, "main", "idh")
    assert (unit, fold.names[0]) == ("input", "t1c_glcm_F0")
    assert folds.set_index("task").loc["idh", "features"] == 5
    assert folds["explainer"].str.startswith("shap.").all()


def test_linear_explainer_is_the_closed_form(study, explained):
    kind, folder, found = explained
    if kind != "logistic":
        pytest.skip("the closed form is of linear models")
    fitted = load_tabular_model(folder)
    cases, features, splits, _ = study
    train = cases[(splits["part"] == "train").to_numpy()]
    model = fitted.models["idh"]
    weight, bias = evidence(np.vstack([-model.coef_, model.coef_]) / 2, np.array([-1, 1]) * model.intercept_[0] / 2)
    own = fitted.inputs["idh"].transform(inputs_of(fitted, train, features)[0])
    exact = linear_shap(found[0].values, own, weight, bias)
    np.testing.assert_allclose(found[0].attribution.values, exact.values, atol=1e-9)
    assert found[0].attribution.base == pytest.approx(exact.base)


def test_any_model_can_be_explained_by_permutation(study, explained):
    kind, folder, found = explained
    if kind != "logistic":
        pytest.skip("one kind is enough: the explainer knows nothing of it")
    fitted = load_tabular_model(folder)
    cases, features, splits, _ = study
    table = inputs_of(fitted, cases, features)[0]
    train = (splits["part"] == "train").to_numpy()
    one = explain_any(fitted, "idh", table[~train][:8], table[train], 1)
    assert one.attribution.additivity_gap < 1e-6
    assert one.explainer == "shap.PermutationExplainer"
    own, sampled = (each.attribution.values for each in (found[0], one))  # noqa: PD011
    assert np.corrcoef(sampled[:, 0], own[:8, 0])[0, 1] > 0.9


def test_equal_seeds_give_equal_values(study, explained):
    kind, folder, found = explained
    cases, features, splits, _ = study
    again = explain_inputs([Fit("main", "0", folder)], load(KINDS[kind].explanation), cases, features, splits, 3)
    np.testing.assert_array_equal(again[0].attribution.values, found[0].attribution.values)

import numpy as np
import pandas as pd
import pytest

from gliomanet.errors import ModelError
from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.models.ensemble import EnsembleDescription
from gliomanet.prediction.calibration import calibrate, fit_temperatures
from gliomanet.prediction.combine import combine_predictions
from gliomanet.prediction.prediction_sets import describe_ensemble, quantiles, with_sets
from gliomanet.tables.prediction import CENTER_PREDICTIONS, FOLD_PREDICTIONS
from gliomanet.uncertainty.probabilities import softmax

TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
FOLDS, PATIENTS, LEVEL = 3, 90, 0.8


def study(seed=0, cases_each=1, refit=False, scenario="main", stage="supervised"):
    """Fold rows of a model that validates on centre A and predicts X, and the case table of both."""
    rng = np.random.default_rng(seed)
    cases, rows = [], []
    for center, role, patients in (("A", "validation", PATIENTS), ("X", "external", 12)):
        for n in range(patients):
            names = {name: rng.choice(task.class_names) for name, task in TASKS.items()}
            for case in range(cases_each):
                one = {"case_id": f"{center}-{n:03d}-{case}", "patient_id": f"{n:03d}", "center": center}
                cases.append(one | {TASKS[name].label: str(value) for name, value in names.items()})
                for fold in [str(n % FOLDS)] if role == "validation" else ["all"] if refit else map(str, range(FOLDS)):
                    for name, task in TASKS.items():
                        truth = np.array(task.class_names) == names[name]
                        p = softmax(1.5 * truth + rng.normal(0, 1, truth.size))
                        keys = ("m", stage, scenario, fold, role, center, one["case_id"], name)
                        rows += [
                            (*keys, label, value, np.nan) for label, value in zip(task.class_names, p, strict=True)
                        ]
    return pd.DataFrame(rows, columns=FOLD_PREDICTIONS.names()), pd.DataFrame(cases)


def predicted(rows, cases, level=LEVEL):
    temperatures = fit_temperatures(rows, cases, TASKS)
    ensemble = describe_ensemble("m", rows, temperatures, cases, TASKS, level=level)
    return with_sets(combine_predictions(rows, temperatures), ensemble), ensemble


def p_by_hand(rows, cases, row, fit_of):
    """(1 + patients of the class that were no more probable) / (1 + patients), case by case.

    `fit_of`: fold of a calibration case → fold whose probability of the asked case it meets; None: it takes no part.
    """
    label = dict(zip(cases["case_id"], cases[TASKS[row["task"]].label], strict=True))
    patient = dict(zip(cases["case_id"], cases["patient_id"], strict=True))
    of_class = rows[(rows["task"] == row["task"]) & (rows["class"] == row["class"])]
    asked = of_class[of_class["case_id"] == row["case_id"]].set_index("fold")["raw_probability"]
    shares: dict[str, list[bool]] = {}
    for other in of_class[of_class["role"] == "validation"].to_dict("records"):
        fold = fit_of(other["fold"])
        if label[other["case_id"]] == row["class"] and fold is not None:
            shares.setdefault(patient[other["case_id"]], []).append(other["raw_probability"] <= asked[fold])
    return (1 + sum(map(np.mean, shares.values()))) / (1 + len(shares))


@pytest.mark.parametrize("cases_each", [1, 2])
@pytest.mark.parametrize("refit", [False, True])
def test_p_is_the_formula_s_under_the_same_fit(refit, cases_each):
    rows, cases = study(refit=refit, cases_each=cases_each)
    found, _ = predicted(rows, cases)
    assert list(found.columns) == CENTER_PREDICTIONS.names()
    external = found[found["fold"] == "ensemble"].iloc[::7]
    for row in external.to_dict("records"):
        expected = p_by_hand(rows, cases, row, lambda fold: "all" if refit else fold)
        assert row["set_p"] == pytest.approx(expected)
        assert row["in_set"] == ("yes" if expected > 1 - LEVEL + 1e-9 else "no")
    for row in found[found["role"] == "validation"].iloc[::37].to_dict("records"):
        own = row["fold"]
        expected = p_by_hand(rows, cases, row, lambda fold, own=own: None if fold == own else own)
        assert row["set_p"] == pytest.approx(expected)
    single = found[(found["role"] == "external") & (found["fold"] != "ensemble")]
    assert single["set_p"].isna().all()
    assert (single["in_set"] == "").all()


def test_external_labels_and_a_case_s_own_label_have_no_say():
    rows, cases = study()
    before, _ = predicted(rows, cases)
    after, _ = predicted(rows, cases[cases["center"] == "A"])
    pd.testing.assert_frame_equal(before, after)
    changed = cases.copy()
    own = (cases["center"] == "A") & (cases["patient_id"].astype(int) % FOLDS == 0)
    changed.loc[own, "idh"] = changed.loc[own, "idh"].map({"wildtype": "mutant", "mutant": "wildtype"})
    after, _ = predicted(rows, changed)
    mine = (before["fold"] == "0") & (before["role"] == "validation")
    pd.testing.assert_series_equal(before.loc[mine, "set_p"], after.loc[mine, "set_p"])
    others = (before["task"] == "idh") & ~mine & before["set_p"].notna()
    assert (before.loc[others, "set_p"] != after.loc[others, "set_p"]).any()


def test_a_temperature_changes_no_set_of_two_classes():
    rows, cases = study()
    temperatures = fit_temperatures(rows, cases, TASKS)
    scaled = calibrate(rows, temperatures.assign(temperature=2.5)).assign(raw_probability=lambda t: t["probability"])
    before, after = predicted(rows, cases)[0], predicted(scaled[rows.columns], cases)[0]
    for column in ("set_p", "in_set"):
        idh = before["task"] == "idh"
        pd.testing.assert_series_equal(before.loc[idh, column], after.loc[idh, column])


def test_a_class_with_too_few_patients_is_in_every_set_and_says_so():
    rows, cases = study()
    known = cases["grade"] != "3"
    few = cases.copy()
    few.loc[few.index[~known][3:], "grade"] = ""  # three patients of grade 3 are left, four are needed at .8
    found, ensemble = predicted(rows, few)
    inside = found.loc[(found["class"] == "3") & (found["in_set"] != ""), "in_set"]
    assert (inside == "yes").all()
    table = quantiles(ensemble).set_index(["task", "class"])
    assert table.loc[("grade", "3"), ["n_calibration", "quantile"]].tolist() == [3, 0.0]
    assert table.loc[("grade", "4"), "quantile"] > 0


def test_stages_and_scenarios_are_kept_apart():
    first, cases = study()
    later, _ = study(seed=1, stage="pseudo_label", refit=True)
    held_out = first[first["role"] == "validation"].assign(role="external", scenario="without-A")
    held_out = pd.concat([held_out.assign(fold=f"without-A.{k}") for k in range(2)])
    other = first[first["role"] == "validation"].assign(scenario="without-A")
    other = other.assign(center="X", fold="without-A." + (other["fold"].astype(int) % 2).astype(str))
    twin = cases[cases["center"] == "A"].assign(center="X")
    together, _ = predicted(
        pd.concat([first, later, held_out, other]), pd.concat([cases, twin]).drop_duplicates(["center", "case_id"])
    )
    alone, _ = predicted(first, cases)
    mine = together[(together["stage"] == "supervised") & (together["scenario"] == "main")]
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), alone)
    assert together.loc[(together["fold"] == "ensemble"), "in_set"].isin(["yes", "no"]).all()


def test_the_description_holds_all_that_decides_and_names_no_case(tmp_path):
    rows, cases = study()
    _, ensemble = predicted(rows, cases)
    ensemble.write(tmp_path / "m.json")
    assert EnsembleDescription.read(tmp_path / "m.json") == ensemble
    assert "A-0" not in (tmp_path / "m.json").read_text(encoding="utf-8")
    idh = ensemble.of("supervised", "main").tasks["idh"]
    temperatures = fit_temperatures(rows, cases, TASKS).set_index(["task", "fold"])["temperature"]
    assert idh.temperature == temperatures[("idh", "all")]
    assert 0 < idh.threshold < 1
    assert ensemble.of("supervised", "main").tasks["grade"].threshold is None
    with pytest.raises(ValueError, match="no decisions are described"):
        ensemble.of("pseudo_label", "main")
    (tmp_path / "m.json").write_text('{"model": "m", "level": 0.9}', encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        EnsembleDescription.read(tmp_path / "m.json")
    assert [(problem.key, problem.file) for problem in caught.value.problems] == [("stages", str(tmp_path / "m.json"))]


def test_a_case_that_some_folds_have_not_predicted_is_an_error():
    rows, cases = study()
    ensemble = predicted(rows, cases)[1]
    some = rows[~((rows["fold"] == "2") & (rows["role"] == "external"))].reset_index(drop=True)
    with pytest.raises(ValueError, match="lack the predictions of fold 2"):
        with_sets(combine_predictions(some, None), ensemble)


def test_sets_hold_the_class_of_new_patients_as_often_as_promised():
    hits: dict[str, list[bool]] = {}
    for seed in range(12):
        rows, cases = study(seed=seed)
        found, _ = predicted(rows, cases)
        labels = cases.set_index("case_id")
        for row in found[found["fold"] == "ensemble"].to_dict("records"):
            truth = labels.loc[row["case_id"], TASKS[row["task"]].label]
            if truth == row["class"]:
                hits.setdefault(row["task"], []).append(row["in_set"] == "yes")
    for of_task in hits.values():
        n = len(of_task)
        assert np.mean(of_task) > LEVEL - 2.6 * np.sqrt(LEVEL * (1 - LEVEL) / n)

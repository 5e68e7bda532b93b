import numpy as np
import pandas as pd
import pytest

from gliomanet.labels.tasks import DEFAULT_TASKS, Task
from gliomanet.prediction.calibration import calibrate, fit_temperatures
from gliomanet.tables.prediction import CALIBRATION, FOLD_PREDICTIONS
from gliomanet.uncertainty.probabilities import calibration_error, entropy, softmax
from gliomanet.uncertainty.temperature_scaling import fit_temperature, log_loss, tempered

TASKS = {"idh": DEFAULT_TASKS["idh"], "grade": Task(label="grade", classes={"2": ["2"], "3": ["3"], "4": ["4"]})}
FOLDS, EACH = 3, 20
STAGE = "pseudo_label_3"
"""Stages are names here: nothing is known of them."""


def study(factor=3.0, seed=0):
    """Fold rows of one model whose logits are `factor` times what its cases ask for, and the case table."""
    rng = np.random.default_rng(seed)
    cases, rows = [], []
    for center, role, number in (("A", "validation", FOLDS * EACH), ("X", "external", 6)):
        for n in range(number):
            case = {"case_id": f"{center}-{n:02d}", "center": center}
            logits = {name: rng.normal(0, 2, len(task.class_names)) for name, task in TASKS.items()}
            for name, task in TASKS.items():
                case[task.label] = str(rng.choice(task.class_names, p=softmax(logits[name])))
            cases.append(case)
            for fold in range(FOLDS):
                if role == "validation" and n % FOLDS != fold:
                    continue
                for name, task in TASKS.items():
                    p = softmax(factor * (logits[name] + (0.3 * rng.normal() if role == "external" else 0)))
                    for label, value in zip(task.class_names, p, strict=True):
                        keys = ("m", STAGE, "main", str(fold), role, center, case["case_id"], name)
                        rows.append((*keys, label, value, np.nan))
    return pd.DataFrame(rows, columns=FOLD_PREDICTIONS.names()), pd.DataFrame(cases)


def matrix(rows, cases, task, fold=None):
    """Probabilities (N, K) and truth of validation cases, by a way of its own."""
    mine = rows[(rows["role"] == "validation") & (rows["task"] == task)]
    mine = mine if fold is None else mine[mine["fold"].isin(fold)]
    names = list(TASKS[task].class_names)
    p = mine["raw_probability"].to_numpy().reshape(-1, len(names))
    labels = cases.set_index("case_id")[TASKS[task].label]
    truth = [names.index(labels[case]) for case in mine["case_id"].to_numpy().reshape(-1, len(names))[:, 0]]
    return p, np.array(truth)


def test_a_fold_is_scaled_by_the_others_and_external_cases_by_all():
    rows, cases = study()
    table = fit_temperatures(rows, cases, TASKS)
    assert list(table.columns) == CALIBRATION.names()
    assert table["fold"].tolist() == ["0", "1", "2", "all"] * 2
    assert table["stage"].unique().tolist() == [STAGE]
    for row in table.to_dict("records"):
        used = [fold for fold in "012" if fold != row["fold"]]
        p, truth = matrix(rows, cases, row["task"], used)
        assert row["temperature"] == pytest.approx(fit_temperature(np.log(p), truth).value, abs=2e-4)
        assert row["n_fit"] == EACH * len(used)
        assert row["n"] == (FOLDS * EACH if row["fold"] == "all" else EACH)
    assert (table["temperature"] > 1.5).all()


def test_the_figures_are_of_cases_that_a_temperature_has_not_seen():
    rows, cases = study()
    table = fit_temperatures(rows, cases, TASKS).set_index(["task", "fold"])
    for task in TASKS:
        parts = [matrix(rows, cases, task, [fold]) for fold in "012"]
        scaled = [
            tempered(p, table.loc[(task, fold), "temperature"]) for (p, _), fold in zip(parts, "012", strict=True)
        ]
        for fold, (p, truth), after in zip("012", parts, scaled, strict=True):
            row = table.loc[(task, fold)]
            assert row["nll_before"] == pytest.approx(log_loss(p, truth))
            assert row["nll_after"] == pytest.approx(log_loss(after, truth))
        whole, truth = np.vstack(scaled), np.concatenate([truth for _, truth in parts])
        row, ones = table.loc[(task, "all")], np.ones((len(truth), 1))
        assert row["nll_after"] == pytest.approx(log_loss(whole, truth))
        assert row["ece_after"] == pytest.approx(calibration_error(truth, whole, ones)[0])
        assert row["ece_before"] == pytest.approx(calibration_error(truth, np.vstack([p for p, _ in parts]), ones)[0])
        assert row["nll_after"] < row["nll_before"]


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_folds_own_labels_have_no_say_in_its_rows(fold):
    rows, cases = study()
    own = (cases["center"] == "A") & (cases.index % FOLDS == fold)
    changed = cases.copy()
    changed.loc[own, "idh"] = changed.loc[own, "idh"].map({"wildtype": "mutant", "mutant": "wildtype"})
    before, after = (calibrate(rows, fit_temperatures(rows, table, TASKS)) for table in (cases, changed))
    same = (before["fold"] == str(fold)) & (before["role"] == "validation")
    pd.testing.assert_frame_equal(before[same], after[same])
    others = (before["task"] == "idh") & ~same
    assert (before.loc[others, "probability"] != after.loc[others, "probability"]).all()


def test_external_labels_are_not_needed_and_external_rows_not_looked_at():
    rows, cases = study()
    expected = fit_temperatures(rows, cases, TASKS)
    pd.testing.assert_frame_equal(fit_temperatures(rows, cases[cases["center"] == "A"], TASKS), expected)
    inside = rows[rows["role"] == "validation"]
    pd.testing.assert_frame_equal(fit_temperatures(inside, cases, TASKS), expected)
    # a centre that teaches in one scenario and is held out in another: its rows of the second have no say
    held_out = inside.assign(role="external", scenario="without-A")
    both = fit_temperatures(pd.concat([inside, held_out]), cases, TASKS)
    pd.testing.assert_frame_equal(both, expected)


def test_scenarios_stages_and_models_are_kept_apart():
    rows, cases = study()
    inside = rows[rows["role"] == "validation"]
    others = [
        inside.assign(**{key: "other"}, raw_probability=0.5 * inside["raw_probability"] + 0.2)
        for key in ("model", "stage", "scenario")
    ]
    table = fit_temperatures(pd.concat([inside, *others]), cases, TASKS)
    assert len(table) == 4 * len(fit_temperatures(rows, cases, TASKS))
    mine = table[(table[["model", "stage", "scenario"]] != "other").all(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, fit_temperatures(rows, cases, TASKS))


def test_the_order_of_the_rows_does_not_change_a_byte():
    rows, cases = study()
    texts = set()
    for seed in range(3):
        mixed = rows.sample(frac=1, random_state=seed)
        table = fit_temperatures(mixed, cases.sample(frac=1, random_state=seed), TASKS)
        texts.add(table.to_csv() + calibrate(mixed, table.sample(frac=1, random_state=seed)).to_csv())
    assert len(texts) == 1


def test_calibrated_rows_sum_to_one_and_keep_the_choice_of_class():
    rows, cases = study()
    table = fit_temperatures(rows, cases, TASKS)
    found = calibrate(rows, table)
    groups = found.groupby(["fold", "role", "case_id", "task"])
    np.testing.assert_allclose(groups["probability"].sum(), 1)
    assert (groups["probability"].idxmax() == groups["raw_probability"].idxmax()).all()
    case = found[(found["role"] == "external") & (found["fold"] == "1") & (found["task"] == "idh")].head(2)
    t = table.set_index(["task", "fold"]).loc[("idh", "all"), "temperature"]
    assert case["probability"].tolist() == tempered(case["raw_probability"].to_numpy()[None], t)[0].tolist()
    assert case["uncertainty"].tolist() == [entropy(case["probability"].tolist())] * 2


def test_without_calibration_probabilities_are_the_raw_ones():
    rows, _ = study()
    found = calibrate(rows, None)
    assert found["probability"].tolist() == found["raw_probability"].tolist()
    assert (found["uncertainty"] > 0).all()


def test_labels_that_cannot_tell_leave_the_task_as_it_is_with_a_note():
    rows, cases = study()
    table = fit_temperatures(rows, cases.assign(idh="mutant", grade=""), TASKS)
    assert (table["temperature"] == 1).all()
    grade = table[table["task"] == "grade"]
    assert grade[["n", "n_fit"]].to_numpy().tolist() == [[0, 0]] * 4
    assert grade[["ece_before", "ece_after", "nll_before", "nll_after"]].isna().to_numpy().all()
    assert set(grade["note"]) == {"not fitted: 0 labelled cases, at least 30 are needed"}
    notes = table[table["task"] == "idh"].set_index("fold")["note"]
    assert notes["0"] == "not fitted: all 40 labelled cases are of one class"
    assert notes["all"] == "not fitted: all 60 labelled cases are of one class"
    found = calibrate(rows, table)
    assert found["probability"].tolist() == found["raw_probability"].tolist()


def test_cases_of_unknown_label_are_scaled_and_not_counted():
    rows, cases = study()
    cases.loc[:4, "idh"] = ""
    table = fit_temperatures(rows, cases, TASKS).set_index(["task", "fold"])
    assert table.loc[("idh", "all"), "n"] == FOLDS * EACH - 5
    assert table.loc[("grade", "all"), "n"] == FOLDS * EACH
    assert table.loc[("idh", "0"), ["n", "n_fit"]].tolist() == [EACH - 2, 2 * EACH - 3]


def test_no_validation_case_gives_an_empty_table():
    rows, cases = study()
    table = fit_temperatures(rows[rows["role"] == "external"], cases, TASKS)
    assert table.empty
    assert list(table.columns) == CALIBRATION.names()


def test_what_does_not_fit_together_is_named():
    rows, cases = study()
    table = fit_temperatures(rows, cases, TASKS)
    with pytest.raises(
        ValueError,
        match=f"no temperature was fitted for model m, stage {STAGE}, scenario main, task grade, fold all; fit the",
    ):
        calibrate(rows, table[(table["task"] == "idh") | (table["fold"] != "all")])
    with pytest.raises(ValueError, match=f"model m, stage {STAGE}, scenario main, task grade: case A-00 of A is in no"):
        fit_temperatures(rows, cases[cases["case_id"] != "A-00"], TASKS)
    with pytest.raises(ValueError, match="case A-00 of A, fold 0, lacks the probability of a class; needed: 2, 3, 4"):
        fit_temperatures(rows.drop(rows[(rows["task"] == "grade") & (rows["class"] == "3")].index[0]), cases, TASKS)
    with pytest.raises(
        ValueError, match="hold a row twice: model m, stage pseudo_label_3, scenario main, fold 0, role"
    ):
        fit_temperatures(pd.concat([rows, rows.iloc[:1]]), cases, TASKS)

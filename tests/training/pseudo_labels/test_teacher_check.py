from functools import partial

import numpy as np
import pandas as pd
import pytest

from gliomanet.config.feature_models import TabularNetModel
from gliomanet.config.pseudo_labels import PseudoLabels
from gliomanet.labels.tasks import DEFAULT_TASKS
from gliomanet.prediction.tabular_net import tabular_stochastic_passes
from gliomanet.tables.prediction import TEACHER_CHECKS
from gliomanet.training.pseudo_labels.selection import select_pseudo_labels
from gliomanet.training.pseudo_labels.teacher_check import check_teacher, teacher_table
from gliomanet.training.tabular import train_tabular_model

SETTINGS = PseudoLabels(passes=4)
TASK = {"idh": DEFAULT_TASKS["idh"]}


def validation(truth, centers="here", **columns) -> pd.DataFrame:
    """Validation cases v0, v1, …, of classes 0 and 1."""
    labels = ["mutant" if value else "wildtype" for value in truth]
    ids = [f"v{i}" for i in range(len(labels))]
    return pd.DataFrame({"case_id": ids, "center": centers, "part": "validation", "idh": labels, **columns})


def passes_of(called, sure=0.99) -> dict[str, np.ndarray]:
    """(4, N, 2) passes that call these classes, all alike."""
    p = np.where(np.asarray(called) == 1, sure, 1 - sure)
    return {"idh": np.tile(np.stack([1 - p, p], axis=1), (4, 1, 1))}


def check(truth, called, sure=0.99, settings=SETTINGS, **columns):
    return check_teacher([(validation(truth, **columns), passes_of(called, sure))], TASK, settings, 1)["idh"]


def accepted_of(checks, passes) -> int:
    n = passes["idh"].shape[1]
    students = pd.DataFrame({"case_id": [f"u{i}" for i in range(n)], "center": "U", "part": "unlabelled", "idh": ""})
    return int((select_pseudo_labels(students, passes, TASK, SETTINGS, checks)["accepted"] == "yes").sum())


def test_a_good_teacher_passes_with_the_exact_p_of_few_cases():
    truth = [0] * 5 + [1] * 5
    result = check(truth, truth)
    assert (result.cases, result.mcc, result.temperature, result.reason) == (10, 1.0, 1.0, "")
    assert result.p == pytest.approx(1 / 252, abs=0.003)  # one of the 10 over 5 ways to deal the labels
    # Two positives of eight can be right by chance in 1 of 28 ways: enough at 95 %, not at 99 %.
    rare = [0] * 6 + [1] * 2
    assert check(rare, rare).reason == ""
    stricter = SETTINGS.model_copy(update={"teacher_alpha": 0.01})
    assert check(rare, rare, settings=stricter).reason.startswith("teacher not above chance: validation MCC 1.00 of 8")


def test_no_better_than_chance_is_refused_in_so_many_words():
    result = check([0, 1] * 12, [0, 0, 1, 1] * 6)
    assert result.mcc == 0
    assert result.reason == (
        f"teacher not above chance: validation MCC 0.00 of 24 cases (p {result.p:.2g}, at most 0.05 passes)"
    )
    for constant in (0, 1):
        assert check([0, 1] * 12, [constant] * 24).p == 1


def test_validation_cases_of_one_class_or_none_judge_nobody():
    assert (
        check([1] * 6, [1] * 6).reason == "teacher not judged: needs validation cases of two classes, all 6 are mutant"
    )
    unknown = validation([0, 1]).assign(idh="")
    result = check_teacher([(unknown, passes_of([0, 1]))], TASK, SETTINGS, 1)["idh"]
    assert result.reason == "teacher not judged: needs validation cases of two classes, found none"
    without = SETTINGS.model_copy(update={"teacher_alpha": 1})
    assert check([1] * 6, [1] * 6, settings=without).reason == ""
    assert check([0, 1] * 12, [1] * 24, settings=without).reason == ""


def test_cases_without_a_prediction_do_not_count():
    passes = passes_of([0, 0, 1, 1])
    passes["idh"][:, 1] = np.nan
    assert check_teacher([(validation([0, 0, 1, 1]), passes)], TASK, SETTINGS, 1)["idh"].cases == 3


def test_a_teacher_that_knows_the_centres_apart_is_no_better_than_chance():
    """Mutants are frequent in one centre and rare in the other; the teacher calls a centre a class."""
    truth = [0] * 18 + [1] * 2 + [1] * 18 + [0] * 2
    called = [0] * 20 + [1] * 20
    apart = check(truth, called, centers=["A"] * 20 + ["B"] * 20)
    assert apart.mcc == pytest.approx(0.8)
    assert apart.p == 1
    assert check(truth, called).reason == ""  # were they one centre, it would be a good teacher


def test_scans_of_one_patient_count_once():
    truth = [0] * 12 + [1] * 12
    patients = [f"p{i // 12}" for i in range(24)]
    assert check(truth, truth, patient_id=patients).cases == 2
    assert check(truth, truth).reason == ""
    assert "not above chance" in check(truth, truth, patient_id=patients).reason


def test_folds_are_judged_together_and_their_order_is_no_matter():
    truth = [0, 0, 0, 1, 1, 1]
    folds = [
        (validation(truth), passes_of(truth)),
        (validation(truth).assign(case_id=[f"w{i}" for i in range(6)]), passes_of(truth)),
    ]
    together = check_teacher(folds, TASK, SETTINGS, 1)["idh"]
    assert together.cases == 12
    assert together.p < check(truth, truth).p
    # centres are permuted one by one, so only the draws differ
    swapped = check_teacher(folds[::-1], TASK, SETTINGS, 1)["idh"]
    assert swapped == together


def test_certainty_that_validation_does_not_bear_out_is_taken_away():
    truth = [0, 1] * 20
    called = [1 - t if i < 8 else t for i, t in enumerate(truth)]  # 32 of 40 right, and sure of every one
    result = check(truth, called, sure=0.999)
    assert result.reason == ""
    # 80 % right: odds of 4 in place of 999
    assert result.temperature == pytest.approx(np.log(999) / np.log(4), rel=1e-3)
    assert accepted_of({"idh": result}, passes_of([0, 1] * 5, 0.999)) == 0
    # a few cases that are right never make a teacher surer
    assert check(truth, truth, sure=0.6).temperature == 1


def test_teachers_of_noise_label_nothing_however_sure():
    """80 teachers whose classes have nothing to do with the labels, and constant ones."""
    rng = np.random.default_rng(4)
    lucky = accepted = 0
    for number in range(80):
        sure = (0.51, 0.95, 0.9999)[number % 3]
        truth, called = rng.integers(0, 2, 24), rng.integers(0, 2, 24)
        result = check(truth, called, sure)
        lucky += not result.reason
        accepted += accepted_of({"idh": result}, passes_of(rng.integers(0, 2, 10), sure))
    assert 0 < lucky <= 8  # 5 % of 80 are 4, and two standard deviations are 4 more: those are too sure of themselves
    assert accepted == 0
    for constant in (0, 1):
        checks = {"idh": check(rng.integers(0, 2, 24), np.full(24, constant), 0.9999)}
        assert accepted_of(checks, passes_of(np.full(10, constant), 0.9999)) == 0


def tabular(seed: int, n: int = 60):
    """Cases whose feature f0 tells IDH: half train, a third validate, the rest has no label."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    features = pd.DataFrame(rng.normal(size=(n, 6)), columns=[f"f{i}" for i in range(6)])
    features["f0"] += 6 * truth
    ids = [f"c{i}" for i in range(n)]
    parts = ["train"] * 26 + ["validation"] * 20 + ["unlabelled"] * 14
    cases = pd.DataFrame({"case_id": ids, "center": "A", "part": parts, "age": 50.0})
    cases["idh"] = [
        "" if part == "unlabelled" else ("wildtype", "mutant")[t] for part, t in zip(parts, truth, strict=True)
    ]
    return cases, features.assign(case_id=ids), truth


@pytest.mark.parametrize(
    ("epochs", "shuffled", "accepts"), [(300, False, True), (1, False, False), (300, True, False)],
    ids=["trained", "untrained", "shuffled labels learnt by heart"],
)  # fmt: skip
def test_real_networks_label_only_what_they_have_learnt(tmp_path, epochs, shuffled, accepts):
    cases, features, truth = tabular(3)
    teaching = cases["part"] == "train"
    taught = cases.copy()
    if shuffled:
        taught.loc[teaching, "idh"] = np.random.default_rng(1).permutation(cases.loc[teaching, "idh"])
    model = TabularNetModel(
        inputs=["radiomics"], hidden=[32, 16], epochs=epochs, ensemble=1, dropout=0.1, learning_rate=0.01
    )
    name = {"model": "m", "stage": "supervised", "fold": "0"}
    train_tabular_model(taught, features, TASK, model, name=name, seed=1, code="", out=tmp_path)
    passes = partial(tabular_stochastic_passes, tmp_path, features=features, passes=10, seed=2)
    validated, students = (cases[cases["part"] == part] for part in ("validation", "unlabelled"))
    checks = check_teacher([(validated, passes(validated))], TASK, SETTINGS, 1)
    selected = select_pseudo_labels(students, passes(students), TASK, SETTINGS, checks)
    accepted = selected[selected["accepted"] == "yes"]
    assert bool(len(accepted)) == accepts
    if shuffled:  # it is sure of itself: only its validation cases tell
        own = passes(cases[teaching])["idh"].mean(axis=0)
        assert own.max(axis=1).mean() > 0.9
        assert checks["idh"].reason.startswith("teacher not above chance")
    if accepts:
        known = dict(zip(cases["case_id"], truth, strict=True))
        assert [("wildtype", "mutant")[known[c]] for c in accepted["case_id"]] == accepted["label"].tolist()


def test_the_table_of_a_teacher():
    table = teacher_table({"idh": check([0, 1] * 6, [0, 1] * 6), "grade": check([1], [1])}, 2)
    assert list(table.columns) == TEACHER_CHECKS.names()
    assert table[["round", "task", "cases", "passed"]].to_numpy().tolist() == [
        [2, "idh", 12, "yes"],
        [2, "grade", 1, "no"],
    ]


def test_cases_that_are_no_validation_cases_and_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="case v0 is of part 'train'; a teacher is judged by validation cases only"):
        check_teacher([(validation([0, 1]).assign(part="train"), passes_of([0, 1]))], TASK, SETTINGS, 1)
    with pytest.raises(
        ValueError, match=r"validation passes of task 'idh' are \(4, 1, 2\); expected \(passes, 2 cases"
    ):
        check_teacher([(validation([0, 1]), passes_of([0]))], TASK, SETTINGS, 1)

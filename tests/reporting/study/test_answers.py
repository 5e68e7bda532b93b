"""The answer that stands first: the verdict of the declared comparison, or why there is none; never the highest of all."""

from dataclasses import replace

import pandas as pd
import pytest

from gliomanet.reporting.study.answers import answering_rows, answers
from gliomanet.reporting.study.head import question
from tests.reporting.study.sections.test_headline import compared, declared, held_out_study

NAN = float("nan")


def told(results, task: str = "IDH") -> tuple[str, str]:
    """Verdict and sentence of a task, with plain spaces."""
    found = {answer.task: answer for answer in answers(results)}
    return found[task].verdict, found[task].text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_model_that_beats_the_reference_is_told_with_how_much_and_how_sure(image_study):
    verdict, text = told(replace(declared(image_study), comparisons=compared()))
    assert verdict == "yes"
    assert text == (
        "yes: forest beats age_only on unseen centres; difference in AUC +.03 [.01, .05] (.93 against .90), "
        "Holm-adjusted p = .003; in MCC +.05 [−.02, .09], Holm-adjusted p = 1.00; 37 patients, 2 centres."
    )


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"p_holm": 0.2}, "no", "not shown: forest and age_only are not told apart on unseen centres"),
        ({"p_holm": 0.05}, "no", "not shown"),
        ({"p_holm": 0.01, "difference": -0.03}, "worse", "no: forest does worse than age_only on unseen centres"),
        ({"p_holm": NAN}, "no", "p not estimable"),
        ({"difference": NAN, "note": "not estimable: no mutant case"}, "open", "not estimable on unseen centres (no mutant case)"),
        ({"family": "exploratory"}, "open", "not known: forest and age_only were not compared"),
    ],
)  # fmt: skip
def test_what_is_not_shown_is_not_claimed(image_study, changes, verdict, words):
    found, text = told(replace(declared(image_study), comparisons=compared(**changes)))
    assert found == verdict
    assert words in text


def test_the_mcc_decides_where_the_auc_was_not_tested(image_study):
    table = compared(p_holm=0.01)
    table.loc[table["metric"] == "auc", ["ci_low", "ci_high", "p", "p_holm"]] = NAN
    verdict, text = told(replace(declared(image_study), comparisons=table))
    assert verdict == "yes"
    assert (
        "difference in MCC +.05 [−.02, .09] (.93 against .90), Holm-adjusted p = .010; in AUC +.03 without an" in text
    )


def test_a_task_that_the_pair_does_not_share_is_open(image_study):
    assert told(replace(declared(image_study), comparisons=compared()), "1p/19q")[0] == "open"


def test_without_a_declared_model_those_who_beat_the_reference_are_counted(image_study):
    table = pd.concat([compared(), compared(p_holm=0.9).assign(model_a="cmtlnet")])
    verdict, text = told(replace(declared(image_study, primary_model=None), comparisons=table))
    assert verdict == "open"
    assert "of 2 models held against age_only on unseen centres, 1 beats it in AUC after Holm's correction" in text
    assert "forest (AUC +.03 [.01, .05])" in text
    none = replace(declared(image_study, primary_model=None), comparisons=compared(p_holm=0.9))
    assert "of 1 model held against age_only on unseen centres, none beat it" in told(none)[1]


def test_without_a_reference_what_a_model_adds_is_not_known(image_study):
    text = told(declared(image_study, reference=None))[1]
    assert text.startswith("forest has AUC ")
    assert text.endswith("the study declares no reference, so what it adds is not known.")
    assert "neither a model nor a reference" in told(image_study)[1]


def test_without_external_centres_the_question_is_open(image_study):
    inside = image_study.metrics[image_study.metrics["role"] == "validation"]
    results = replace(declared(image_study), metrics=inside, comparisons=compared().head(0))
    assert told(results) == ("open", "not known: the study has no centre that its fits have not seen.")


def test_patients_with_several_cases_are_counted_as_cases(image_study):
    twice = image_study.cases.assign(patient_id="the same")
    assert "37 cases" in told(replace(declared(image_study), cases=twice, comparisons=compared()))[1]


def test_centres_held_out_in_turn_answer_together():
    rows = answering_rows(held_out_study())
    assert set(rows["scenario"]) == {"without-A", "without-B", "leave-one-center-out"}
    other = compared().assign(scenario="from-west")
    assert set(answering_rows(pd.concat([other, compared()]))["scenario"]) == {
        "main"
    }  # of the roles, whatever is first
    together = compared().assign(scenario="leave-one-center-out")
    assert set(answering_rows(pd.concat([compared(), together]))["scenario"]) == {"leave-one-center-out"}


def test_the_question_names_what_was_declared_and_says_that_patients_are_simulated(image_study):
    assert question(declared(image_study).settings) == "Does forest beat age_only on unseen centres?"
    assert (
        question(declared(image_study, primary_model=None).settings)
        == "Does any model beat age_only on unseen centres?"
    )
    phantoms = {name: {"source": {"kind": "phantom"}} for name in ("a", "b")}
    assert (
        question({**image_study.settings, "centers": phantoms}) == "What holds on unseen centres of simulated patients?"
    )

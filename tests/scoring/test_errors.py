"""Tables that cannot be scored: each refused under its rule, with the file and the line."""

from __future__ import annotations

import numpy as np
import pytest

from gliomanet.errors import CohortError, StudyError
from tests.scoring.conftest import LABELS, MUTANT, wide
from tests.scoring.wrong import WRONG


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_with_its_place(name, score):
    wrong = WRONG[name]
    with pytest.raises((CohortError, StudyError)) as caught:
        score(wrong.predictions, wrong.labels, *wrong.options, task=wrong.task)
    assert {problem.rule for problem in caught.value.problems} == {wrong.rule}
    first = caught.value.problems[0]
    assert (first.line, first.case) == (wrong.line, wrong.case)
    assert all(problem.found and problem.action for problem in caught.value.problems)


def test_unmatched_cases_are_named_on_either_side(score):
    predictions = wide().replace("P-00\t", "X-1\t")
    found = {f.rule: f for f in score(predictions).findings if f.severity == "warning"}
    assert found["prediction_without_labels"].found == "1 predicted case has no row of labels: X-1"
    assert found["labels_without_prediction"].found == "1 labelled case has no prediction: P-00"


def test_a_decision_that_is_not_the_likeliest_class_is_told(score):
    rows = "".join(f"P-{n:02d}\t{p}\t{'mutant' if p > 0.4 else 'wildtype'}\n" for n, p in enumerate(MUTANT))
    warned = {f.rule: f for f in score(f"case_id\tidh:mutant\tidh:predicted\n{rows}").findings}
    between = [f"P-{n:02d}" for n, p in enumerate(MUTANT) if 0.4 < p <= 0.5]
    assert all(case in warned["less_likely_class_predicted"].found for case in between)
    assert f"of {len(between)} of 30 cases" in warned["less_likely_class_predicted"].found


def test_ids_without_a_centre_are_refused(score, tmp_path):
    from typer.testing import CliRunner

    from gliomanet.cli.main import app

    for name, text in {"p.tsv": wide(), "l.tsv": LABELS}.items():
        (tmp_path / name).write_text(text)
    given = ["evaluate", str(tmp_path / "p.tsv"), str(tmp_path / "l.tsv"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*given, "--task", "idh=wildtype,mutant", "--center-pattern", r"P-(0)"])
    assert done.exit_code == 1
    assert "line 12, case 'P-10': its id tells no centre" in done.output
    done = CliRunner().invoke(app, [*given, "--center-pattern", "P-"])
    assert done.exit_code == 1
    assert "no pattern with a group" in done.output


def test_of_logits_no_number_is_taken_for_a_sign_of_unknown(score):
    with pytest.raises(CohortError) as caught:
        score(wide(np.log(MUTANT / (1 - MUTANT)).round(3)))
    (action,) = {problem.action for problem in caught.value.problems}
    assert "unknown" not in action

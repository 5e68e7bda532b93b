"""The page of somebody else's predictions: first what was scored, and whether a reference is beaten."""

import re

import numpy as np

from gliomanet.config.analysis import Evaluation
from gliomanet.scoring.evaluate_tables import write_evaluated
from gliomanet.tables.io import read_table
from tests.scoring.conftest import LABELS, MUTANT

NOISE = np.random.default_rng(1).uniform(size=30).round(3)


def page_of(score, folder, table, reference=None):
    settings = Evaluation(resamples=100, reference=reference)
    path = write_evaluated(score(table, LABELS, settings=settings), folder / "out", "Theirs", settings)
    return path.read_text(encoding="utf-8")


def two_models():
    rows = [f"P-{n:02d}\t{name}\t{p}" for name, ps in (("net", MUTANT), ("age", NOISE)) for n, p in enumerate(ps)]
    return "\n".join(["case_id\tmodel\tidh:mutant", *rows])


def test_what_was_scored_comes_first_and_curves_are_drawn(score, tmp_path):
    page = page_of(score, tmp_path, two_models())
    sections = re.findall(r'<section id="([\w-]+)"', page)
    assert sections[:4] == ["scored", "forest", "calibration", "decision-curves"]
    assert "roc" in sections
    assert "Predictions of age and net, scored by the code that scores a study" in page
    assert "<dt>cases</dt><dd>30</dd>" in page
    assert 'class="answers"' not in page


def test_a_reference_is_answered(score, tmp_path):
    page = page_of(score, tmp_path, two_models(), reference="age")
    assert "Does any model beat age?" in page
    answer = re.search(r'<div class="open"><dt>IDH</dt><dd>(.*)</dd>', page)[1]
    assert answer.startswith("Of 1 model held against age, 1 beats it in AUC after Holm&#39;s correction: net (AUC +")
    assert answer.endswith("; 30 patients.")


def test_classes_alone_are_held_against_a_reference_by_mcc(score, tmp_path):
    rows = [
        f"P-{n:02d}\t{name}\t{p >= 0.5:d}" for name, ps in (("net", MUTANT), ("age", NOISE)) for n, p in enumerate(ps)
    ]
    page = page_of(score, tmp_path, "\n".join(["case_id\tmodel\tidh:predicted", *rows]), reference="age")
    assert "it in MCC after Holm" in page
    table = read_table(tmp_path / "out/evaluation/comparisons.tsv").query("family == 'reference'")
    (row,) = table[table["p"].notna()].to_dict("records")
    assert row["metric"] == "mcc"
    assert row["p_holm"] == row["p"]

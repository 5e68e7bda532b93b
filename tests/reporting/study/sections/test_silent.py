"""What says nothing becomes a sentence."""

from dataclasses import replace

import pandas as pd

from gliomanet.reporting.study.sections import contradictions, decoding
from gliomanet.reporting.study.sections.cohort import modalities_of
from gliomanet.reporting.study.sections.comparisons import comparisons_table
from gliomanet.reporting.table import Cell, Column, Table
from tests.reporting.study.sections.test_headline import compared


def contradicting(*values: float) -> pd.DataFrame:
    """A group of cases per value of contradictions per 1,000."""
    rows = [
        (
            "net",
            "supervised",
            "main",
            "external",
            f"c{at}",
            "joint",
            "all",
            "contradictions_per_1000",
            value,
            value,
            value,
            50,
        )
        for at, value in enumerate(values)
    ]
    keys = [
        "model",
        "stage",
        "scenario",
        "role",
        "center",
        "task",
        "subset",
        "metric",
        "value",
        "ci_low",
        "ci_high",
        "n",
    ]
    return pd.DataFrame(rows, columns=keys).assign(n_positive=float("nan"), note="")


def test_rows_without_a_contradiction_are_counted_in_words(image_study):
    results = replace(image_study, metrics=contradicting(0, 0, 0))
    section = contradictions.section(results)
    assert not section.content["table"]
    assert section.content["sentence"].startswith("Contradictions per 1,000: 0 in every group of cases.")
    groups = contradicting(0, 20.0, 0)
    assert "0 in 2 of 3 groups of cases" in contradictions.contradictions_sentence(groups)
    assert [row[2].text for row in contradictions.contradictions_table(groups).rows] == ["c1"]


def test_models_whose_answers_decoding_leaves_are_named(image_study):
    table = image_study.decoding
    still = table["model"] == "age_only"
    table = table.assign(**{c: table[c].mask(still, 0.0) for c in ("difference", "ci_low", "ci_high")})
    assert decoding.unchanged_sentence(table) == "It changes no answer of age_only (external, validation)."
    assert "age_only" not in {row[0].text.split(" ")[0] for row in decoding.decoding_table(table).rows}
    assert decoding.unchanged_sentence(image_study.decoding) == ""


def test_complete_cases_need_no_table_of_missing_modalities(image_study):
    assert modalities_of(image_study)["modalities"]
    whole = image_study.qc.assign(modalities="t1,t1c,t2,flair")
    results = replace(image_study, qc=whole)
    assert modalities_of(results) == {"modalities": None, "complete": True}


def test_empty_columns_are_left_out():
    rows = ((Cell("a"), Cell(), Cell(small="x")), (Cell("b"), Cell(), Cell()))
    table = Table("t", "c", (Column("one"), Column("two"), Column("three")), rows).compact
    assert [column.title for column in table.columns] == ["one", "three"]
    assert [len(row) for row in table.rows] == [2, 2]


def test_the_page_lists_the_comparisons_that_were_asked_for():
    table = comparisons_table(compared())
    assert {row[2].text for row in table.rows} == {"within centres, together"}
    assert "8 further ones" in table.caption

"""The section on missing modalities: legible, complete, and there only where the tables are."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gliomanet.modalities import modality_subsets_of, subset_name
from gliomanet.reporting.study.figures.modality_subsets import subset_matrix, worth_bars
from gliomanet.reporting.study.sections.modality_subsets import cases_sentence, significance_table, subsets_table
from gliomanet.reporting.study.shown_modalities import shown_significance, shown_subsets
from tests.reporting.study.test_page import render

MODELS = {
    "cmtlnet": ("pseudo_label", ("t1c", "t2")),
    "gmmas": ("supervised", ("t1", "t1c", "t2", "flair")),
    "gmmas-adapted": ("supervised", ("t1", "t1c", "t2", "flair")),
}
TASKS = ("idh", "codel_1p19q", "grade")
WEIGHTS = {"t1": 0.1, "t1c": 0.4, "t2": 0.3, "flair": 0.2}


def made_up(*, scenarios=("main",), lacking=False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables as the evaluation writes them; `lacking`: some cases have no FLAIR."""
    rng = np.random.default_rng(0)
    subsets, worth = [], []
    for scenario in scenarios:
        for model, (stage, modalities) in MODELS.items():
            for role, centers in (("external", ("east", "west", "pooled")), ("validation", ("north", "pooled"))):
                for center in centers:
                    for task in TASKS:
                        keys = (model, stage, scenario, role, center)
                        none = center == "west" and task == "codel_1p19q"
                        note, n = ("not estimable: no codeleted case" if none else ""), 37 if center == "pooled" else 20
                        positive = np.nan if task == "grade" else 9
                        for subset in modality_subsets_of(modalities):
                            value = -0.2 + 0.9 * sum(WEIGHTS[c] for c in subset) + rng.normal(0, 0.05)
                            size = n - 4 * (lacking and "flair" in subset)
                            for metric, figure in (("mcc", value), ("auc", 0.5 + value / 2)):
                                bounds = (np.nan,) * 3 if none else (figure, figure - 0.2, figure + 0.2)
                                cells = (subset_name(subset), len(subset), task, metric, *bounds, size, positive, note)
                                subsets.append((*keys, *cells))
                        for modality in modalities:
                            weight = WEIGHTS[modality] if model.startswith("gmmas") else np.nan
                            for metric, scale in (("mcc", 0.7), ("log_likelihood", 0.3)):
                                value = scale * (WEIGHTS[modality] - 0.12)
                                lost = none and metric == "mcc"
                                bounds = (np.nan,) * 3 if lost else (value, value - 0.1, value + 0.1)
                                worth.append((*keys, task, modality, metric, *bounds, weight, n, positive, note * lost))
    keys = ["model", "stage", "scenario", "role", "center"]
    figures = ["ci_low", "ci_high"]
    return (
        pd.DataFrame(
            subsets,
            columns=[*keys, "subset", "n_modalities", "task", "metric", "value", *figures, "n", "n_positive", "note"],
        ),
        pd.DataFrame(
            worth,
            columns=[
                *keys,
                "task",
                "modality",
                "metric",
                "shapley",
                *figures,
                "fusion_weight",
                "n",
                "n_positive",
                "note",
            ],
        ),
    )


def texts(svg: str) -> list[str]:
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if e.text]


def test_the_matrix_has_a_row_a_subset_and_a_cell_a_model_and_task():
    (shown,) = shown_subsets(made_up()[0])
    assert shown.where == "external centres (east, west)"
    found = texts(subset_matrix(shown))
    assert found[:4] == ["T1", "T1c", "T2", "FLAIR"]
    assert {"cmtlnet · pseudo-label", "gmmas · supervised", "gmmas-adapted · supervised"} <= set(found)
    assert found.count("IDH") == 3
    figures = [text for text in found if text.lstrip("\N{MINUS SIGN}").startswith((".", "1."))]
    assert len(figures) == 3 * (3 + 15 + 15)
    assert "n/e" not in found


def test_many_models_are_drawn_in_figures_that_can_be_read():
    table = made_up()[0]
    (shown,) = shown_subsets(pd.concat([table.assign(model=table["model"] + name) for name in ("", "-b")]))
    parts = shown.in_parts()
    assert [len(part.lines) for part in parts] == [4, 2]
    assert [line for part in parts for line in part.lines] == shown.lines
    assert "gmmas-b · supervised" in texts(subset_matrix(parts[1]))
    assert [len(part.lines) for part in shown.in_parts(columns=2)] == [1] * 6


def test_what_is_not_estimable_is_named_in_figure_and_table():
    table, worth = made_up()
    lost = table.assign(value=table["value"].where(table["task"] != "idh"), note="not estimable: no mutant case")
    (shown,) = shown_subsets(lost)
    assert texts(subset_matrix(shown)).count("n/e") == 3 + 15 + 15
    cells = [cell for row in subsets_table(shown, "x").rows for cell in row if cell.kind == "muted"]
    assert {(cell.text, cell.small) for cell in cells} == {("not estimable", "no mutant case")}
    empty = worth.assign(shapley=np.nan, note="not estimable: no mutant case")
    (shown,) = shown_significance(empty)
    assert worth_bars(shown) == ""
    cell = significance_table(shown, "x").rows[-1][-1]
    assert (cell.text, cell.small) == ("not estimable", "no mutant case; weight .20")


def test_tables_hold_intervals_and_weights():
    table, worth = made_up()
    (shown,) = shown_subsets(table)
    rows = subsets_table(shown, "x").rows
    assert len(rows) == 3 + 15 + 15
    assert [row[0].text for row in rows[:2]] == ["T1", "T1"]
    assert rows[-1][0].text == "T1 + T1c + T2 + FLAIR"
    assert rows[-1][2].small.endswith("n 37 (9+)")
    (shown,) = shown_significance(worth)
    last = significance_table(shown, "x").rows[0]
    assert [cell.text for cell in last] == [
        "cmtlnet · pseudo-label",
        "IDH",
        "–",
        ".20 [.10, .30]",
        ".13 [.03, .23]",
        "–",
    ]
    assert "weight" not in last[3].small
    assert significance_table(shown, "x").rows[-1][3].small == "log-likelihood .08; weight .40"


def test_bars_are_named_by_modality_and_drawn_the_same_again():
    (shown,) = shown_significance(made_up()[1])
    found = texts(worth_bars(shown))
    assert [text for text in found if text in ("T1", "T1c", "T2", "FLAIR")] == [
        *("T1c", "T2"),
        *("T1", "T1c", "T2", "FLAIR") * 2,
    ]
    assert worth_bars(shown) == worth_bars(shown)
    (shown,) = shown_subsets(made_up()[0])
    assert subset_matrix(shown) == subset_matrix(shown)


def test_a_reader_is_told_where_rows_differ_in_their_cases():
    assert cases_sentence(shown_subsets(made_up()[0])[0]) == "Every subset is scored on the same cases."
    sentence = cases_sentence(shown_subsets(made_up(lacking=True)[0])[0])
    assert "n is 33 to 37 for IDH, 33 to 37 for 1p/19q and 33 to 37 for Grade, so rows differ" in sentence


def test_without_external_centres_validation_cases_are_shown():
    table = made_up()[0]
    (shown,) = shown_subsets(table[table["role"] == "validation"])
    assert shown.where == "validation cases (north)"


@pytest.mark.parametrize("scenarios", [("main",), ("without-north", "without-south")])
def test_the_section_is_on_the_page_where_the_tables_are(image_study, tmp_path, scenarios):
    subsets, worth = made_up(scenarios=scenarios)
    _, page = render(replace(image_study, modality_subsets=subsets, modality_significance=worth), tmp_path)
    assert "before calibration and without mirror images ( prediction.test_time_augmentation )" in page.text
    assert page.sections.index("modality-subsets") == page.sections.index("decoding") + 1
    assert len(page.identifiers) == len(set(page.identifiers))
    assert page.tables == page.captions
    assert page.unscoped == page.pictures_without_text == 0
    assert "MCC on external centres (east, west)." in page.text
    assert ("without-north" in page.text) == (len(scenarios) > 1)
    assert "modality-subsets" not in render(image_study, tmp_path / "without")[1].sections

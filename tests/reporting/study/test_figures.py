"""Figures: valid SVG with what was measured in it, the same bytes for the same table."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pytest

from gliomanet.reporting.study.figures.biomarkers import biomarker_forest
from gliomanet.reporting.study.figures.confusion import confusion_grid
from gliomanet.reporting.study.figures.forest import forest_plot, marks_sentence
from gliomanet.reporting.study.figures.save import save_figures
from gliomanet.reporting.svg import inline_svg


def texts(svg: str) -> list[str]:
    return [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if element.text]


def test_the_forest_names_every_group_and_says_what_is_not_estimable(image_study):
    found = texts(forest_plot(image_study.metrics))
    bands = ["Validation, all centres", "External, all centres", "External, east", "External, west"]
    assert [text for text in found if text.startswith(("Validation", "External"))] == [
        *bands,
        "External, random effects",
    ]
    assert {"IDH", "1p/19q", "Grade", "cmtlnet · pseudo-label", "n 37 (9+)"} <= set(found)
    assert found.count("not estimable") == 4  # four models and stages, 1p/19q in the centre without a codeleted case


def marks(stage: str) -> set[str]:
    """The shapes of the marks that a forest plot of one estimate draws."""
    row = {"model": "m", "stage": stage, "scenario": "main", "role": "external", "center": "a", "task": "idh"}
    row |= {"subset": "all", "metric": "mcc", "value": 0.5, "ci_low": 0.3, "ci_high": 0.7, "n": 9, "n_positive": 4}
    svg = ET.fromstring(forest_plot(pd.DataFrame([row | {"note": ""}])))
    return {
        path.get("d") for path in svg.iterfind(".//{http://www.w3.org/2000/svg}defs/{http://www.w3.org/2000/svg}path")
    }


def test_each_round_of_pseudo_labels_has_a_mark_of_its_own():
    rounds = ["pseudo_label", *(f"pseudo_label_{number}" for number in range(2, 6))]
    shapes = [frozenset(marks(stage)) for stage in ("supervised", *rounds)]
    assert len(set(shapes[:5])) == 5
    assert shapes[5] == shapes[1]  # the fifth round's is the first's again
    assert marks("last") == marks("supervised")  # another system's stage


def test_the_legend_names_every_mark_in_the_order_of_training():
    stages = ["pseudo_label_2", "supervised", "pseudo_label_5", "pseudo_label"]
    metrics = pd.DataFrame({"stage": stages, "metric": "mcc"})
    assert marks_sentence(metrics) == (
        "Circle: supervised; diamond: pseudo-label and pseudo-label 5; square: pseudo-label 2."
    )
    assert marks_sentence(metrics[metrics["stage"] == "supervised"]) == "Circle: supervised."


def test_a_single_external_centre_is_not_repeated_as_the_pool(image_study):
    metrics = image_study.metrics
    one = metrics[~((metrics["role"] == "external") & (metrics["center"] != "east") & (metrics["center"] != "pooled"))]
    found = texts(forest_plot(one))
    assert "External, east" in found
    assert "External, all centres" not in found


def test_confusion_counts_are_the_pooled_ones_or_the_centres_sum():
    columns = ["model", "stage", "scenario", "role", "center", "task", "truth", "predicted", "n"]
    same = ("m", "supervised", "main", "external")
    rows = [
        (*same, center, "idh", truth, predicted, n)
        for center, counts in {"a": (1, 2, 3, 4), "b": (10, 20, 30, 40)}.items()
        for (truth, predicted), n in zip([("w", "w"), ("w", "m"), ("m", "w"), ("m", "m")], counts, strict=True)
    ]
    table = pd.DataFrame(rows, columns=columns)
    assert {"11", "22", "33", "44"} <= set(texts(confusion_grid(table)))
    pooled = pd.concat([table, table[table["center"] == "b"].assign(center="pooled")])
    assert {"10", "20", "30", "40"} <= set(texts(confusion_grid(pooled)))


def test_only_kept_biomarkers_are_drawn(image_study):
    found = texts(biomarker_forest({"cmtlnet": image_study.biomarkers["cmtlnet"]}))
    assert "T1c GLCM Contrast (whole)" in found
    assert not any("Sphericity" in text for text in found)
    assert {"north", "south", "east", "west"} <= set(found)
    assert biomarker_forest({"forest": image_study.biomarkers["forest"]}) == ""


def test_files_are_written_byte_for_byte_alike_and_also_without_content(image_study, tmp_path):
    first = [path.read_bytes() for path in save_figures(image_study, tmp_path / "a")]
    second = [path.read_bytes() for path in save_figures(image_study, tmp_path / "b")]
    assert first == second
    nothing = replace(image_study, metrics=pd.DataFrame(), confusion=pd.DataFrame(), biomarkers={})
    empty = save_figures(nothing, tmp_path / "c")
    assert [path.name for path in empty] == ["mcc_forest.svg", "confusion.svg", "biomarkers.svg"]
    assert "No biomarker was kept." in texts(empty[2].read_text(encoding="utf-8"))


@pytest.mark.parametrize("prefix", ["one", "two"])
def test_inside_the_page_identifiers_are_the_figures_own(image_study, prefix):
    svg = inline_svg(forest_plot(image_study.metrics), prefix, 'the "figure"')
    identifiers = re.findall(r'\bid="([^"]+)"', svg)
    assert identifiers
    assert all(name.startswith(f"{prefix}-") for name in identifiers)
    used = re.findall(r'href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
    assert set(used) <= set(identifiers)
    assert "http" not in svg
    assert 'aria-label="the &quot;figure&quot;"' in svg
    assert "var(--ink)" in svg

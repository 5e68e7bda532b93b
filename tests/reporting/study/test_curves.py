"""Curves on the page: whose and where, drawn with what was tabulated, and to be had as files."""

import base64
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd

from gliomanet.reporting.study.curves import MOST_CENTERS, curve_panels, shown_rows
from gliomanet.reporting.study.figures.curves import calibration_panel, decision_panel, precision_panel, roc_panel
from gliomanet.reporting.study.sections.calibration import slopes_table
from gliomanet.reporting.svg import DASHES, styles_of
from tests.reporting.study.sections.test_headline import declared

STYLES = styles_of(["forest", "age_only", "cmtlnet"])
KEYS = ("model", "stage", "scenario", "role", "center", "task", "class")


def curve(scenario: str = "main", centers: tuple[str, ...] = ("east", "west", "pooled"), role: str = "external"):
    """Two points of a calibration, decision and ROC curve for three models; all columns in one table."""
    rows = []
    for model in ("forest", "age_only", "cmtlnet"):
        for center in centers:
            for point, share in enumerate((0.2, 0.8), start=1):
                row = dict(zip(KEYS, (model, "supervised", scenario, role, center, "idh", "mutant"), strict=True))
                row |= {"bin": point, "probability": share, "observed": share / 2, "ci_low": 0.05, "ci_high": 0.6}
                row |= {"threshold": share, "net_benefit": 0.3 - share / 4, "treat_all": 0.3 - share}
                row |= {"sensitivity": share, "specificity": 1 - share / 2, "ppv": 0.7 if point > 1 else float("nan")}
                rows.append(row | {"n": 40, "n_positive": 10})
    return pd.DataFrame(rows)


def texts(svg: str) -> list[str]:
    return [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if element.text]


def test_the_declared_pair_is_shown_centre_by_centre(image_study):
    shown = shown_rows(declared(image_study), curve())
    assert set(shown["model"]) == {"forest", "age_only"}
    assert list(dict.fromkeys(shown["center"])) == ["east", "west"]
    assert set(shown_rows(image_study, curve())["model"]) == {"forest", "age_only", "cmtlnet"}


def test_centres_held_out_are_shown_as_they_were_held_out(image_study):
    tables = [curve(f"without-{center}", (center, "pooled")) for center in ("east", "west")]
    tables += [curve("leave-one-center-out", ("pooled",)), curve("from-north", ("west",))]
    shown = shown_rows(declared(image_study), pd.concat(tables))
    assert set(shown["scenario"]) == {"without-east", "without-west"}
    assert set(shown["center"]) == {"east", "west"}


def test_of_many_centres_one_curve_of_all_cases_is_shown(image_study):
    few, many = ([f"c{n}" for n in range(number)] for number in (MOST_CENTERS, MOST_CENTERS + 1))
    assert set(shown_rows(image_study, curve(centers=(*few, "pooled")))["center"]) == set(few)
    table = curve(centers=(*many, "pooled"))
    assert set(shown_rows(image_study, table)["center"]) == {"pooled"}
    (group,) = curve_panels(image_study, table, "decision", "Net benefit", decision_panel)
    assert group.where == "the cases of all external centres together"


def test_a_first_bin_of_one_class_hides_no_curve(image_study):
    table = curve()
    table.loc[table["bin"] == 1, "n_positive"] = 0
    (group,) = curve_panels(declared(image_study), table, "calibration", "Calibration curve", calibration_panel)
    assert len(group.panels) == 2
    assert group.silent == ""


def test_without_external_centres_validation_cases_are_shown_together(image_study):
    shown = shown_rows(declared(image_study), curve(role="validation"))
    assert set(shown["center"]) == {"pooled"}


def test_a_panel_names_the_centre_its_models_and_its_axes(image_study):
    (group,) = curve_panels(declared(image_study), curve(), "decision", "Net benefit", decision_panel)
    assert [figure.name for figure in group.panels] == ["decision-idh-east-mutant", "decision-idh-west-mutant"]
    found = texts(group.panels[0].svg)
    assert {"east (n 40)", "Threshold", "Net benefit", "call all", "call none", "forest", "age_only"} <= set(found)
    assert curve_panels(image_study, None, "roc", "ROC", roc_panel) == []


def test_a_centre_of_one_class_has_a_sentence_in_place_of_a_curve(image_study):
    rows = curve()
    rows.loc[rows["center"] == "west", "n_positive"] = 0
    (group,) = curve_panels(declared(image_study), rows, "roc", "ROC", roc_panel)
    assert [figure.name for figure in group.panels] == ["roc-idh-east-mutant"]
    assert group.silent == "No curve of west: all cases there are of one class."


def test_every_kind_is_drawn_and_nothing_is_drawn_of_nothing():
    rows = curve().query("center == 'east'")
    for draw, axis in (
        (calibration_panel, "Observed share"),
        (roc_panel, "Sensitivity"),
        (precision_panel, "PPV (precision)"),
    ):
        assert axis in texts(draw("a", rows, STYLES))
        assert draw("a", rows.head(0), STYLES) == ""


def test_lines_differ_in_more_than_their_colour():
    assert len({str(style["linestyle"]) for style in STYLES.values()}) == 3
    names = [str(n) for n in range(len(DASHES))]
    assert len({str(style["linestyle"]) for style in styles_of(names).values()}) == len(DASHES)


def test_a_figure_is_to_be_had_with_its_data(image_study):
    (group,) = curve_panels(declared(image_study), curve(), "calibration", "Calibration", calibration_panel)
    (_, svg, picture), (_, tsv, data) = group.panels[0].downloads
    assert (svg, tsv) == ("calibration-idh-east-mutant.svg", "calibration-idh-east-mutant.tsv")
    assert base64.b64decode(picture.partition(",")[2]).decode() == group.panels[0].svg
    table = pd.read_csv(StringIO(base64.b64decode(data.partition(",")[2]).decode()), sep="\t")
    assert table["observed"].tolist() == [0.1, 0.4, 0.1, 0.4]
    assert set(table["center"]) == {"east"}


def test_slopes_are_told_or_why_there_is_none(image_study):
    rows = curve().drop_duplicates(["model", "center"]).assign(slope=0.8, slope_ci_low=0.5, slope_ci_high=1.1)
    rows = rows.assign(intercept=float("nan"), note="not estimable: no wildtype case")
    table = slopes_table(replace(declared(image_study), recalibration=rows))
    cells = [cell.text for cell in table.rows[0]]
    assert cells == ["IDH", "east", "forest", "n 40 (10+)", ".80 [.50, 1.10]", "not estimable"]
    assert table.rows[0][5].small == "no wildtype case"
    note = "3 probabilities of 0 or 1 counted as 1e-06 from it; no intercept: a; no slope: b"
    (row, *_) = slopes_table(replace(declared(image_study), recalibration=rows.assign(slope=np.nan, note=note))).rows
    assert [cell.small for cell in row[4:]] == ["b", "a"]

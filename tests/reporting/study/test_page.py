"""The page: complete, self-contained, honest about what is missing, and the same bytes every time."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from gliomanet.reporting.study.missing_cases import unpredicted_cases
from gliomanet.reporting.study.page import write_report
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.sections.biomarkers import additivity_sentence, recovery_table, searched_sentences

VOID = {"meta", "input", "img", "br", "hr", "link"}
SVG_EMPTY = {"path", "use", "defs", "g", "rect", "image"}


class Outline(HTMLParser):
    """Checks that tags close in order; collects headings' sections, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sections: list[str] = []
        self.identifiers: list[str] = []
        self.loads: list[str] = []
        self.tables = self.captions = 0
        self.unscoped = self.pictures_without_text = 0
        self.words: list[str] = []

    def handle_startendtag(self, tag, attrs):
        self._note(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        self._note(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    def _note(self, tag, attributes):
        if tag == "section" and "id" in attributes:
            self.sections.append(attributes["id"])
        if "id" in attributes:
            self.identifiers.append(attributes["id"])
        self.loads += [attributes[name] for name in ("src", "srcset", "data", "action") if attributes.get(name)]
        if tag == "link" or (tag in ("a", "use", "image") and not attributes.get("href", "#").startswith("#")):
            self.loads.append(str(attributes.get("href")))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in attributes
        self.pictures_without_text += (tag == "img" and not attributes.get("alt")) or (
            tag == "svg" and not attributes.get("aria-label")
        )

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def render(results: StudyResults, folder: Path) -> tuple[str, Outline]:
    write_report(results, folder / "report" / "index.html")
    html = (folder / "report" / "index.html").read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(html)
    outline.close()
    assert not outline.open
    return html, outline


def test_calibration_is_told_where_there_is_one(image_study, tmp_path):
    html, page = render(image_study, tmp_path)
    assert 'id="table-calibration"' in html
    assert "T is fitted on validation cases, never on external ones." in page.text
    html, page = render(replace(image_study, calibration=None), tmp_path)
    assert "calibration" not in page.sections


def test_the_whole_page(image_study, tmp_path):
    html, page = render(image_study, tmp_path)
    assert page.sections == [
        *("headline", "calibration", "cohort", "methods", "audit", "quality", "features", "metrics", "comparisons"),
        *(
            "confusion",
            "contradictions",
            "decoding",
            "biomarkers",
            "pseudo-labels",
            "guidelines",
            "reading",
            "made-with",
        ),
    ]
    # nothing is loaded from elsewhere
    links = {f"../qc/{center}/index.html" for center in ("north", "west")}
    links |= {f"../tracking/compare.html#{task}" for task in image_study.tasks}
    assert links < set(page.loads)
    assert all(address in links or address.startswith("data:") for address in page.loads)
    assert not re.search(r"https?://|@import|url\((?!#)", html)
    # accessible: captions, scopes, texts for pictures, no identifier twice
    assert page.tables == page.captions > 8
    assert page.unscoped == page.pictures_without_text == 0
    assert len(page.identifiers) == len(set(page.identifiers))
    # what a reader must find
    text = page.text
    assert "Five centres <and a test>" in text
    assert "2 training centres (north, south; 70 cases) train" in text
    assert "1 case could not be analysed by every model and is named below." in text
    assert "south-004 south failed t1c: the border of a stripped image is not empty (12.4 % of its voxels)" in text
    assert "not estimable no codeleted case" in text
    assert "Simulated and real patients are mixed. north, south, east and lake are simulated; west is not." in text
    assert "opposite or no direction (6)" in text
    assert "cmtlnet kept 18 of 24 candidates" in text
    assert "Research use only" in text
    # no float garbage, no missing values spelt by a library
    figures = text.split("Configuration, with every default")[0]
    assert not re.search(r"\d\.\d{4,}", figures)
    assert not re.search(r"\b(nan|NaN|None|NaT)\b", figures)


def test_equal_inputs_give_equal_bytes(image_study, tmp_path):
    assert render(image_study, tmp_path / "a")[0] == render(image_study, tmp_path / "b")[0]


def test_a_study_of_features_has_no_empty_sections(image_study, tmp_path):
    kept = ("study", "cases", "splits", "metrics", "confusion")
    study = StudyResults(
        **{name: getattr(image_study, name) for name in kept}, comparisons=image_study.comparisons.head(0)
    )
    _, page = render(study, tmp_path)
    assert page.sections == [
        *(
            "headline",
            "cohort",
            "methods",
            "metrics",
            "confusion",
            "contradictions",
            "guidelines",
            "reading",
            "made-with",
        )
    ]
    assert "south-004 south left out in the case table, in no fold" in page.text
    assert "Pseudo-labels" not in page.text


def test_without_external_centres_the_headline_is_validation_and_says_so(image_study, tmp_path):
    metrics = image_study.metrics
    _, page = render(replace(image_study, metrics=metrics[metrics["role"] == "validation"]), tmp_path)
    assert "No centre tests externally" in page.text
    assert "MCC on validation cases (north, south)" in page.text


def test_several_scenarios_are_told_apart(image_study, tmp_path):
    tables = {name: getattr(image_study, name) for name in ("metrics", "confusion", "comparisons", "splits")}
    both = {name: pd.concat([table, table.assign(scenario="without-north")]) for name, table in tables.items()}
    _, page = render(replace(image_study, **both), tmp_path)
    assert "There are 2 scenarios" in page.text
    assert "scenario without-north." in page.text
    assert "External, east (without-north)" in page.text


def test_an_empty_study_still_has_a_page(image_study, tmp_path):
    nothing = dict.fromkeys(("metrics", "confusion", "comparisons", "splits"), pd.DataFrame())
    _, page = render(StudyResults(image_study.study, image_study.cases, **nothing), tmp_path)
    assert page.sections == ["cohort", "methods", "guidelines", "reading", "made-with"]


def test_a_missing_contact_sheet_is_named(image_study, tmp_path):
    results = replace(image_study, sheets={"north": tmp_path / "gone.png"})
    with pytest.raises(FileNotFoundError, match=r"gone\.png: this centre's contact sheet is missing"):
        write_report(results, tmp_path / "index.html")


def test_a_control_says_that_it_is_one(image_study, tmp_path):
    results = replace(image_study, study={**image_study.study, "shuffle_labels": 1})
    assert "every MCC must be about 0" in render(results, tmp_path)[1].text


def test_cases_that_a_model_could_not_predict_are_named_and_counted(image_study, tmp_path):
    predictions = dict(image_study.predictions)
    for model, gone in {"cmtlnet": ["east-001", "north-002"], "forest": ["east-001", "south-004"]}.items():
        predictions[model] = predictions[model].query(f"case_id not in {gone}")
    _, page = render(replace(image_study, predictions=predictions), tmp_path)
    why = "none of the model's modalities or features is known"
    assert f"east-001 east not predicted by cmtlnet and forest {why}" in page.text
    assert f"north-002 north not predicted by cmtlnet {why}" in page.text
    # one failed before any fold: it is asked of no model
    assert page.text.count("south-004") == 1
    assert "3 cases could not be analysed by every model and are named below." in page.text
    assert "cases not analysed by every model 3" in page.text


def test_a_case_that_only_some_stage_or_scenario_predicted_counts_as_lost(image_study):
    splits, predictions = image_study.splits, image_study.predictions
    assert unpredicted_cases(splits, predictions).empty
    table = predictions["cmtlnet"]
    one_stage = table[(table["case_id"] != "west-003") | (table["stage"] == "supervised")]
    assert unpredicted_cases(splits, {"cmtlnet": one_stage})["case_id"].tolist() == ["west-003"]
    both = pd.concat([splits, splits.assign(scenario="other")])
    found = unpredicted_cases(both, {"age_only": predictions["age_only"]})
    assert set(found["status"]) == {"not predicted by age_only"}
    nobody = unpredicted_cases(splits, {"age_only": predictions["age_only"].head(0)})
    assert len(nobody) == len(splits.query("part in ['validation', 'external']")["case_id"].unique())


def test_a_study_that_loses_nobody_says_so(image_study, tmp_path):
    tables = {name: getattr(image_study, name).query("case_id != 'south-004'") for name in ("cases", "qc")}
    _, page = render(replace(image_study, **tables), tmp_path)
    assert "No case was lost on the way" in page.text
    assert "Every case of the case tables was analysed by every model." in page.text


def test_a_network_without_links_says_how_few_cases_it_had(image_study, tmp_path):
    tables = {**image_study.biomarkers, "cmtlnet": image_study.biomarkers["cmtlnet"].head(0)}
    _, page = render(replace(image_study, biomarkers=tables), tmp_path)
    sizes = image_study.splits.query("part == 'validation'").groupby("fold").size()
    expected = f"({sizes.min()} to {sizes.max()} validation cases per fold), so none was a candidate."
    assert f"No radiomic feature could be linked to a deep feature {expected}" in page.text
    assert "No linked feature met all the conditions." in page.text  # the other model linked some and kept none


def test_planted_truth_that_was_never_a_candidate_is_empty_not_zero(image_study):
    table = recovery_table(image_study.recovery)
    at = [column.title for column in table.columns].index("Shortcuts rejected")
    assert table.columns[at].number
    assert [row[at].text for row in table.rows] == ["1", "", ""]


def test_the_largest_gap_of_the_shap_values_is_told_by_explainer(image_study):
    folds = pd.DataFrame(
        [("input", "shap.GradientExplainer", "log-odds", gap) for gap in (0.01, 0.0123)]
        + [("deep feature", "exact", "log-odds", 0.0)],
        columns=["unit", "explainer", "output", "additivity_gap"],
    )
    assert additivity_sentence(folds) == (
        "How far a case's SHAP values and the base miss its output (inputs, shap.GradientExplainer, of the log-odds: at "
        "most 0.01; deep features, exact, of the log-odds: rounding only (less than 10⁻¹²))."
    )
    assert additivity_sentence(None) == ""


def test_how_much_was_searched_is_told():
    row = {"scenario": "main", "task": "idh", "unit": "input", "folds": 2, "cases": 40, "leading": 3, "features": 12}
    row |= {"pairs": 6, "linked": 3, "kept": 1, "dropped": 0, "not_decidable": 2, "additivity_gap": 0.0}
    assert searched_sentences(pd.DataFrame([row, row | {"task": "grade", "folds": 0}])) == [
        (
            "IDH: 12 radiomic features were tested against 3 leading inputs of 2 folds on 40 validation cases; 3 linked, 1 "
            "kept, 0 dropped, 2 not decidable."
        ),
        "Grade: nothing was explained.",
    ]


def test_the_forest_is_captioned_with_the_marks_of_its_stages(image_study, tmp_path):
    _, page = render(image_study, tmp_path)
    assert "the yardstick. Circle: supervised; diamond: pseudo-label. The line at 0 is chance." in page.text

"""The report by template: every fact once, no number of its own, nothing that no report may claim."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from gliomanet.case_report.fact import LANGUAGES, SECTIONS, Facts
from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.gather.physical import PHYSICAL as FINDINGS
from gliomanet.case_report.reading.sentence import read
from gliomanet.case_report.template.write import write_template
from tests.case_report.golden import CASE_ID, golden

CASES = golden()
PHYSICAL = tuple(FINDINGS)
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
NAMES = re.compile(
    r"1p/19q|IDH1/2|T1/FLAIR|FLAIR|T1c|T1|T2|WHO 2021|CDKN2A/B|H3 K27M|(?:grades?|chromosomes) [\d ,andor]+|\d号|\d ?级"
)
BANNED = {
    "en": [
        r"\b(?:the )?patient (?:has|will|suffers)\b(?! a seizure| had)",
        r"\blife expectancy\b",
        r"\bbenign\b",
        r"(?<!that there is )\bno tumou?r\b(?! voxel)",
        r"\b(?:we|it is) recommend",
        r"\bshould (?:be treated|receive|start|undergo)",
        r"temozolomide|vorasidenib|bevacizumab|lomustine|levetiracetam",
        r"\bis (?:un)?methylated\b",
        r"pseudoprogression",
    ],
    "zh": [
        r"确诊",
        r"良性",
        r"预期寿命",
        r"(?<!这并不说明)(?:没有|无|未见)肿瘤(?!体素)",
        r"建议(?:使用|接受|给予)",
        r"替莫唑胺|伏拉西德尼|贝伐",
        r"假性进展",
    ],
}


@pytest.fixture(scope="module")
def written():
    facts = {name: facts_of(values) for name, values in CASES.items()}
    return {
        name: (one, {language: write_template(one, language) for language in LANGUAGES}) for name, one in facts.items()
    }


def allowed(facts: Facts, ids: tuple[str, ...]) -> set[str]:
    """Numbers that facts hold: their values and laid-down words."""
    of = [facts[one] for one in ids]
    laid = {number for fact in of for text in fact.wording.values() for number in NUMBER.findall(text)}
    places = {
        part for fact in of for codes in fact.terms.values() for code in codes for part in re.findall(r"\d+", code)
    }
    bands = {"50", "60", "70"} if any(fact.kind == "survival" for fact in of) else set()
    chance = {"0.5"} if any(one.startswith("external.") for one in ids) else set()
    return {value.shown for fact in of for value in fact.values} | laid | places | bands | chance


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_stated_once_in_the_order_of_sections(written, name, language):
    facts, reports = written[name]
    told = [one for sentence in reports[language].sentences for one in sentence.fact_ids]
    assert sorted(told) == sorted(facts.ids)
    assert [one.section for one in reports[language].sentences] == sorted(
        (one.section for one in reports[language].sentences), key=SECTIONS.index
    )


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_the_writers_own(written, name, language):
    facts, reports = written[name]
    for sentence in reports[language].sentences:
        bare = sentence.text if any(facts[one].wording for one in sentence.fact_ids) else NAMES.sub(" ", sentence.text)
        assert set(NUMBER.findall(bare)) <= allowed(facts, sentence.fact_ids), sentence


@pytest.mark.parametrize("name", CASES)
def test_both_languages_state_the_same_sentence_by_sentence(written, name):
    facts, reports = written[name]
    assert len(reports["en"].sentences) == len(reports["zh"].sentences)
    for english, chinese in zip(reports["en"].sentences, reports["zh"].sentences, strict=True):
        assert english.fact_ids == chinese.fact_ids
        values = [value for one in english.fact_ids for value in facts[one].values]
        for value in values:
            assert (value.shown in english.text) == (value.shown in chinese.text)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_report_claims_what_none_may(written, name, language):
    text = "\n".join(one.text for one in written[name][1][language].sentences)
    found = [rule for rule in BANNED[language] if re.search(rule, text, re.IGNORECASE)]
    assert not found
    assert CASE_ID not in text


def test_the_rules_find_what_they_are_for():
    claims = [
        "The patient has glioblastoma",
        "life expectancy of a year",
        "a benign lesion",
        "should receive radiotherapy",
    ]
    assert all(any(re.search(rule, one, re.IGNORECASE) for rule in BANNED["en"]) for one in claims)


@pytest.mark.parametrize("name", CASES)
def test_a_side_is_said_as_it_is(written, name):
    facts, reports = written[name]
    if (side := facts.get("side")) is not None:
        (english,) = [one.text for one in reports["en"].sentences if "side" in one.fact_ids]
        (chinese,) = [one.text for one in reports["zh"].sentences if "side" in one.fact_ids]
        words = {
            "left": ("Side: the patient's left", "侧别：患者左侧"),
            "right": ("Side: the patient's right", "侧别：患者右侧"),
            "bilateral": ("Side: near", "侧别：近中线"),
        }
        assert english.startswith(words[side.term("side")][0])
        assert chinese.startswith(words[side.term("side")][1])


def test_abstention_names_no_class_as_the_answer(written):
    _, reports = written["idh_unsure"]
    (text,) = [one.text for one in reports["en"].sentences if one.fact_ids == ("idh.set",)]
    assert text.startswith("IDH: the images do not tell")
    (text,) = [one.text for one in reports["en"].sentences if one.fact_ids == ("type.open",)]
    assert text.startswith("The images do not tell the type")


def test_the_warning_of_simulated_patients_goes_before_every_number(written):
    first = written["simulated"][1]["en"].sentences[:2]
    assert [one.fact_ids for one in first] == [("notice",), ("simulated",)]


def test_a_result_that_is_not_to_be_used_says_so_before_its_estimates(written):
    report = written["do_not_use"][1]["en"]
    assert report.of("banner")[1].fact_ids == ("trust.verdict",)
    assert report.of("estimates")[0].fact_ids == ("estimates.unusable",)


def test_the_report_of_two_heads_says_which_images_and_by_how_much(written):
    _, reports = written["two_heads_cut"]
    *_, cut, heads = reports["en"].of("banner")
    assert cut.text == (
        "The brain reaches the end of the image in FLAIR, with a section of 69 cm², and 3.7 % of the atlas's brain lies "
        "beyond: part of the brain was not imaged."
    )
    assert heads.text.startswith(
        "The images of T1 and T1c do not lie on those of T2 and FLAIR; of T1 and T2, which fit best, 83 % of the places"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["two_heads_cut", "astray_small"])
def test_figures_of_findings_are_read_back_with_their_units(written, name, language):
    """By the reader of the checks that hold a language model's sentences against the facts."""
    facts, reports = written[name]
    units = {"cm²": "area", "ml": "volume", "%": "", "": ""}
    scale = {"cm²": 100, "%": Fraction(1, 100)}
    findings = [one for one in reports[language].of("banner") if one.fact_ids[0].startswith(PHYSICAL)]
    assert len(findings) >= 2
    for sentence in findings:
        (fact,) = (facts[one] for one in sentence.fact_ids)
        told = {(one.value, one.dimension) for one in read(sentence.text, language).numbers}
        assert told == {(Fraction(one.shown) * scale.get(one.unit, 1), units[one.unit]) for one in fact.values}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_verdict_names_no_reason_that_it_does_not_know(written, language):
    """It may rest on the images alone, without any training case to hold them beside."""
    (text,) = [one.text for one in written["astray_small"][1][language].sentences if one.fact_ids == ("trust.verdict",)]
    assert not re.search("learnt|训练", text)


def test_equal_facts_give_equal_reports(written):
    for name, (facts, reports) in written.items():
        assert write_template(facts, "zh") == reports["zh"], name

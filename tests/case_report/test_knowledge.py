"""Published figures and questions: each with its source, and in both languages."""

from __future__ import annotations

import re

import pytest

from gliomanet.case_report.fact import LANGUAGES
from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.gather.types import GRADES_OF_TYPE
from gliomanet.case_report.html import Frame, report_html
from gliomanet.case_report.knowledge.load import published, questions, statements
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.words.read import words
from tests.case_report.golden import golden

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def numbers(text: str) -> list[str]:
    """The numbers of a sentence, sorted: languages order them differently."""
    return sorted(NUMBER.findall(text))


@pytest.mark.parametrize("one", published(), ids=lambda one: one.id)
def test_a_published_figure_says_population_year_and_source(one):
    for language in LANGUAGES:
        text = one.wording[language]
        assert all(value.shown in text for value in one.numbers)
        assert all(source.cite in text for source in one.sources)
    assert all(source.year or source.collection for source in one.sources)
    assert any(value.unit == "patients" for value in one.numbers) or "SEER" in one.en
    assert re.search(r"CI|interval|registry|five-year net survival|too few events", one.en)
    for type_, grades in one.types.items():
        assert set(grades) <= set(GRADES_OF_TYPE[type_])


@pytest.mark.parametrize("one", published(), ids=lambda one: one.id)
def test_both_languages_state_the_same_numbers(one):
    english = one.en.replace("five-year", "").replace("one year", "")
    chinese = one.zh.replace("五年", "").replace("一年", "")
    assert numbers(english) == numbers(chinese)


def test_questions_ask_and_name_their_guideline():
    for one in questions():
        assert "?" in one.en
        assert "？" in one.zh
        assert all(source.year for source in one.sources)
    assert not re.search(r"vorasidenib|temozolomide|lomustine|levetiracetam", " ".join(one.en for one in questions()))


JOURNAL_ALONE = re.compile(r"^(?:Neuro-Oncology|Cancers|Clinical|Journal|Nature|Frontiers)\b")


@pytest.mark.parametrize("one", [*published(), *questions()], ids=lambda one: one.id)
def test_a_source_names_its_authors_body_or_title(one):
    assert not [source.cite for source in one.sources if JOURNAL_ALONE.match(source.cite)]


def test_the_correction_of_a_guideline_is_cited_with_it():
    of_eano = {source for one in questions() for source in one.sources if source.cite.startswith("EANO guideline")}
    assert {(one.correction.year, one.correction.doi) for one in of_eano} == {(2022, "10.1038/s41571-022-00623-3")}
    facts = facts_of(golden()["glioblastoma"])
    frame = Frame("a", "2026-01-01", "0", "m", "s", "d", "r")
    for language in LANGUAGES:
        assert "10.1038/s41571-022-00623-3" in report_html(write_template(facts, language), facts, frame)


@pytest.mark.parametrize("grade", ["2", "3", "4"])
def test_no_grade_of_astrocytoma_rests_on_one_source(grade):
    rows = [one for one in published() if grade in one.types.get("astrocytoma", ())]
    assert len({source for one in rows for source in one.sources if not source.collection}) > 1


def test_every_statement_and_every_word_is_in_both_languages():
    assert all(set(said) == set(LANGUAGES) and all(said.values()) for said in statements().values())

    def keys(tree, path=()):
        return {(*path, key) for key in tree} | {
            one for key, below in tree.items() if isinstance(below, dict) for one in keys(below, (*path, key))
        }

    assert keys(words("en").sentences) == keys(words("zh").sentences)


def test_values_of_sentences_are_the_same_in_both_languages():
    def places(tree, path=()):
        for key, below in tree.items():
            if isinstance(below, dict):
                yield from places(below, (*path, key))
            else:
                yield (*path, key), sorted(re.findall(r"\{(\w+)", str(below)))

    assert dict(places(words("en").sentences)) == dict(places(words("zh").sentences))

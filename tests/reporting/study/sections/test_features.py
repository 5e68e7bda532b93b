"""The section on features: what was left out, counted and named, and what the audit found."""

from dataclasses import replace
from typing import get_args

from gliomanet.models.void_features import Why
from gliomanet.reporting.study.sections.features import WORDS, section, void_sentence, void_table
from gliomanet.tables.cohort import VOID_FEATURES
from tests.reporting.conftest import void_features


def test_what_is_left_out_is_counted_by_reason_and_the_first_named():
    duplicate, flat = void_table(void_features()).rows
    assert [cell.text for cell in duplicate] == [
        "main",
        "another feature but for a factor",
        "1",
        "T1c shape Elongation (as FLAIR shape Elongation)",
    ]
    assert flat[2].text == "20"
    assert flat[3].text.startswith("T1c GLCM Texture0, T1c GLCM Texture1, ")
    assert flat[3].text.endswith(" and 8 more")
    assert void_sentence(void_features()) == (
        "Left out of models, explanation and biomarkers: 21 of 214 features (main)."
    )


def test_the_section_shows_the_audits_warnings_too(image_study):
    content = section(image_study).content
    assert content["findings"].rows[0][2].text == "north"


def test_nothing_to_say_is_no_section(image_study):
    nothing = replace(
        image_study,
        void_features=image_study.void_features.iloc[:0],
        feature_findings=image_study.feature_findings.iloc[:0],
    )
    assert section(nothing) is None


def test_every_reason_why_a_feature_is_void_has_words_and_a_place_in_the_table():
    (why,) = [column for column in VOID_FEATURES.columns if column.name == "why"]
    assert set(WORDS) == set(why.allowed) == set(get_args(Why))

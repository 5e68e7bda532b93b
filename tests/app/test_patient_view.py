"""The patient's view over all golden results: plain, honest, in both languages, and without figures nobody asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gliomanet.app.for_patients.answers import of_ten
from gliomanet.app.pages.patient import patient_content
from gliomanet.app.words import LANGUAGES, app_words
from gliomanet.patient.pictures.picture import Picture
from gliomanet.patient.result import ResultValues
from gliomanet.patient.statements.statement import state
from tests.app.reading_grade import grade, syllables
from tests.case_report.golden import CASE_ID, GBM_NAME, golden, group, outline, result, survival, task, trust

RESULTS = golden()
HARDEST = 8.0


class _Paragraphs(HTMLParser):
    """The texts of paragraphs, items and meanings; citations and headings are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img",):
            self.found.append(dict(attrs)["alt"] or "")
            return
        self.open.append(tag)
        if tag in ("p", "li", "dd", "dt", "h2", "h3", "h4"):
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag  # well formed

    def handle_data(self, data: str) -> None:
        if self.open and "cite" not in self.open and data.strip():
            self.found[-1] += data


def picture(outlined: tuple[str, ...] = ("whole", "enhancing")) -> Picture:
    return Picture(
        file="pictures/atlas_axial.png",
        space="atlas",
        modality="t1c",
        plane="axial",
        slice=60,
        slices=140,
        position_mm=12.0,
        outlined=outlined,
        width=360,
        height=360,
    )


def html(values: ResultValues, language: str = "en", *, asked: bool = False) -> str:
    return patient_content(values, Path("nowhere"), language, survival=asked, picture_address=lambda file: f"/p/{file}")


def texts(values: ResultValues, language: str = "en", *, asked: bool = False) -> list[str]:
    reader = _Paragraphs()
    reader.feed(html(values, language, asked=asked))
    return [" ".join(text.split()) for text in reader.found if text.strip()]


def every() -> Iterator[tuple[str, ResultValues]]:
    yield from RESULTS.items()
    yield "pictured", result(pictures=(picture(),))
    yield "pictured_elsewhere", result(pictures=(picture(()),))


@pytest.mark.parametrize(("name", "values"), list(every()), ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("asked", [False, True])
def test_every_paragraph_is_read_at_grade_8(name: str, values: ResultValues, asked: bool) -> None:
    found = texts(values, asked=asked)
    prose = [text for text in found if text[-1] in ".?!:"]  # headings, and words of the list of words, are none
    hard = {text: round(grade(text), 1) for text in prose if grade(text) > HARDEST}
    assert not hard
    assert grade(*found) < HARDEST


def test_the_grade_is_the_formula() -> None:
    # 6 + 5 words in two sentences, 11 + 1 syllables: .39 · 5.5 + 11.8 · 12/11 − 15.59
    assert grade("The cat sat on the mat. It was a big hotel.") == pytest.approx(0.39 * 5.5 + 11.8 * 12 / 11 - 15.59)
    assert [syllables(word) for word in ("tumour", "glioma", "IDH", "estimate", "diagnosis")] == [2, 3, 3, 3, 4]
    hard = "Multidisciplinary neuro-oncological considerations necessitate histopathological confirmation of aetiology."
    assert grade(hard) > 20


@pytest.mark.parametrize(("name", "values"), list(every()), ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("asked", [False, True])
def test_chinese_is_short_and_chinese(name: str, values: ResultValues, asked: bool) -> None:
    for text in texts(values, "zh", asked=asked):
        latin = set(re.findall(r"[A-Za-z]{2,}", text)) - {"IDH", "MRI"}
        assert not latin or "研究自己的用词" in text or "研究中的另一个问题" in text, text
        for sentence in re.split(r"[。？！：]", text):
            assert len(sentence) <= 50, sentence
            assert all(len(clause) <= 30 for clause in re.split(r"[，；、（）]", sentence)), sentence


def test_languages_have_the_same_keys_and_values() -> None:
    def flat(found: object, key: str = "") -> dict[str, set[str]]:
        if isinstance(found, dict):
            return {name: value for k, one in found.items() for name, value in flat(one, f"{key}.{k}").items()}
        return {key: set(re.findall(r"{(\w+)}", str(found)))}

    english, chinese = (flat(app_words(language, "for_patients").sentences) for language in LANGUAGES)
    assert english == chinese


@pytest.mark.parametrize("name", list(RESULTS))
def test_as_many_paragraphs_in_each_language(name: str) -> None:
    assert len(texts(RESULTS[name])) == len(texts(RESULTS[name], "zh"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(RESULTS))
def test_nobody_is_named(name: str, language: str) -> None:
    assert CASE_ID not in html(RESULTS[name], language, asked=True)


WITH_FIGURES = RESULTS["glioblastoma_with_reference"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_survival_until_asked(language: str) -> None:
    before, after = html(WITH_FIGURES, language), html(WITH_FIGURES, language, asked=True)
    for figure in ("62", "367", "16"):
        assert not re.search(rf"\b{figure}\b|{figure}(?=[人名个])", before), figure
        assert re.search(rf"\b{figure}\b|{figure}(?=[人名个])", after), figure
    assert "survival=shown" in before
    assert "survival=shown" not in after  # the way back
    assert f"?view=patient&amp;lang={language}#groups" in after


@pytest.mark.parametrize("name", ["simulated", "do_not_use"])
@pytest.mark.parametrize("asked", [False, True])
def test_numbers_that_mean_nothing_are_not_shown(name: str, asked: bool) -> None:
    values = RESULTS[name].model_copy(update={"survival": WITH_FIGURES.survival, "pictures": (picture(),)})
    found, say = texts(values, asked=asked), app_words("en", "for_patients")
    assert found[2] == say(f"first.{name}")  # after the page's and the part's headings
    shown = " ".join(found)
    assert "of 10 such people" not in shown
    assert "of 100" not in shown
    assert "about 68 ml" not in shown
    assert say("answers.hidden") in shown
    assert "survival=shown" not in html(values, asked=asked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_not_to_be_used_names_no_comparison_that_was_not_made(language: str) -> None:
    """The images alone may say so, beside no training case."""
    said = app_words(language, "for_patients")("first.do_not_use")
    assert said in " ".join(texts(RESULTS["astray_small"], language))
    assert not re.search("learnt from|unlike|学过|相差", said)


def test_nothing_of_made_up_brains_reassures() -> None:
    say = app_words("en", "for_patients")
    found = texts(RESULTS["simulated"])
    assert say("trust.simulated") in found
    assert say("trust.usable") not in found
    empty = RESULTS["empty_outline"].segmentation
    nothing = texts(result(simulated=True, segmentation=empty, pictures=(picture(()),)))
    assert say("picture.meaningless") in nothing
    assert say("picture.empty") not in nothing


def test_figures_of_made_up_people_are_left_out() -> None:
    real = group(GBM_NAME, 40, 30, 14.0).model_copy(update={"center": "SITE_A"})
    phantom = group(GBM_NAME, 99, 30, 14.0).model_copy(update={"center": "SITE_B"})
    pooled = group(GBM_NAME, 139, 60, 14.0)
    found = survival(real, phantom, pooled).model_copy(update={"simulated": ("SITE_B",)})
    shown = " ".join(texts(result(survival=found), asked=True))
    assert "40 people of any age. They come from SITE_A." in shown
    assert "99 people" not in shown
    assert "139 people" not in shown


def test_an_abstaining_answer_has_no_number() -> None:
    found = " ".join(texts(RESULTS["everything_unsure"]))
    assert found.count("The computer could not tell. It cannot rule out any of these:") == 3
    assert "of 10 such people" not in found
    assert "The computer's best guess" not in found
    assert app_words("en", "for_patients")("type.unsure") in found
    answered = " ".join(texts(RESULTS["glioblastoma"]))
    assert answered.count("of 10 such people") == 3
    assert "The computer's best guess" in answered


def test_an_empty_set_has_no_answer() -> None:
    say = app_words("en", "for_patients")
    found = texts(RESULTS["every_set_empty"])
    assert found.count(say("answers.none")) == 3
    assert say("type.no_answers") in found
    assert say("type.gaps") in texts(RESULTS["idh_set_empty"])


def test_a_set_against_its_threshold_names_nothing() -> None:
    found = texts(RESULTS["threshold_against_set"])
    assert app_words("en", "for_patients")("answers.disagree") in found


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.7, "about 7 of 10 such people, and wrong for about 3"),
        (0.949, "about 9 of 10"),
        (0.95, "more than 9"),
        (0.04, "fewer than 1"),
        (0.44, "about 4 of 10"),
    ],
)
def test_counts_of_people(probability: float, said: str) -> None:
    found = " ".join(point.text for point in of_ten(probability, app_words("en", "for_patients")))
    assert said in found
    assert ("more often than right" in found) == (probability < 0.45)


def test_no_count_of_what_is_no_number() -> None:
    assert not of_ten(float("nan"), app_words("en", "for_patients"))


def test_classes_of_a_study_are_named_as_its_own() -> None:
    found = " ".join(texts(RESULTS["mgmt_asked"]))
    assert "“methylated”. This is the study's own word" in found


def test_grades_in_every_spelling() -> None:
    assert "The computer's best guess: a higher grade." in texts(RESULTS["classes_of_the_study"])
    low = result(tasks=(task("high", (0.9, 0.1), ("2-3",), ("2-3", "4"), "grade"),))
    assert "The computer's best guess: grade 2 or 3." in texts(low)


@pytest.mark.parametrize(
    ("left", "side"),
    [
        *[(1.0, "left"), (0.9, "left"), (0.8, "more_left"), (0.66, "both"), (0.52, "both"), (0.48, "both")],
        *[(0.34, "both"), (0.3, "more_right"), (0.1, "right"), (0.0, "right")],
    ],
)
def test_a_side_is_told_where_the_outline_holds_enough_of_it(left: float, side: str) -> None:
    found = texts(result(segmentation=outline(left=left), pictures=(picture(),)))
    sides = app_words("en", "for_patients").sentences["picture"]["side"]
    assert [key for key, words in sides.items() if words in found] == [side]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", ["case", "center"])
def test_what_taught_the_models_is_told(language: str, of: str) -> None:
    say = app_words(language, "for_patients")
    found = texts(result(warnings=(state(f"warning.training_{of}", center="A"),)), language)
    told = {name for name in ("case", "center") if say(f"trust.learnt_{name}") in found}
    assert told == {of}
    assert say("trust.learnt_case") not in texts(result(), language)


def test_missing_scans_are_told() -> None:
    say = app_words("en", "for_patients")
    found = texts(RESULTS["flair_alone"])
    assert [say(f"scans.names.{name}") in found for name in ("t1", "t1c", "t2", "flair")] == [True] * 4
    assert say("ask.items.missing") in found
    assert say("ask.items.missing") not in texts(RESULTS["glioblastoma"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("look_first", "trust.look_first"),
        ("not_judged", "trust.not_judged"),
        ("fast", "trust.fast"),
        ("fast", "trust.untested"),
        ("features_alone", "trust.from_tables"),
        ("child", "trust.unseen_age"),
        ("nothing_known_of_the_patient", "scans.age_unknown"),
        ("no_segmentation", "picture.nobody"),
        ("empty_outline", "picture.empty"),
        ("tiny_tumour", "picture.size_small"),
        ("glioblastoma_right", "picture.side.right"),
        ("glioblastoma_bilateral", "picture.side.both"),
        ("wildtype_codeleted", "type.none"),
        ("idh_alone", "type.unasked"),
        ("look_first", "trust.names_accepted"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says(name: str, key: str, language: str) -> None:
    values = RESULTS[name]
    if not values.pictures:
        values = values.model_copy(update={"pictures": (picture(),)})
    assert any(app_words(language, "for_patients")(key) in text for text in texts(values, language))


def test_it_never_learnt_from_this_age_or_sex() -> None:
    unseen = (state("never_seen.ages", youngest=20.0, oldest=60.0), state("never_seen.sex", sex="F"))
    say = app_words("en", "for_patients")
    old = texts(result(age=71.0, not_assessed=unseen))
    assert say("trust.unseen_age") in old
    assert say("trust.unseen_sex") in old
    young = texts(result(age=40.0, sex="M", not_assessed=unseen))
    assert say("trust.unseen_age") not in young
    assert say("trust.unseen_sex") not in young
    assert say("trust.unseen_answer") not in young
    assert say("trust.unseen_answer") in texts(
        result(not_assessed=(state("never_seen.class", task="grade", name="3"),))
    )


def test_an_outline_that_a_person_drew_is_measured_even_where_answers_mean_nothing() -> None:
    values = RESULTS["outline_given_whole"].model_copy(update={"trust": trust("do not use", 3)})
    assert any("about 68 ml" in text for text in texts(values))


BANNED = ("benign", "normal", "you have", "do not worry", "you will", "progression", "terminal", "cure")


@pytest.mark.parametrize("name", list(RESULTS))
def test_nothing_is_claimed_that_images_can_not_tell(name: str) -> None:
    found = " ".join(texts(RESULTS[name], asked=True)).lower()
    assert not [word for word in BANNED if re.search(rf"\b{word}\b", found.replace("which type you have", ""))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_inline_for_the_strict_policy(language: str) -> None:
    found = html(result(pictures=(picture(),)), language)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", found)


def test_anchors_are_its_own_and_each_link_has_one() -> None:
    found = html(WITH_FIGURES)
    anchors = re.findall(r'\sid="([^"]+)"', found)
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r'href="[^"]*#([^"]+)"', found)) <= set(anchors)
    assert not {"words", "content", "state", "progress", "place", "lines"} & set(anchors)  # those of the frame


def test_text_of_a_result_is_escaped() -> None:
    values = result(tasks=(task("<b>x</b>", (0.2, 0.8), ("<i>",), ("n", "<i>"), "mgmt"),))
    assert "<i>" not in html(values)
    assert "<b>x</b>" not in html(values)

"""A draft is taken if it says what the template says, and refused for each planted fault."""

from __future__ import annotations

import copy
from functools import cache

import pytest

from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.model.prompt import answer_schema
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.validate import originals_of
from gliomanet.case_report.validate.length import most_characters
from gliomanet.case_report.write import write, write_recorded
from tests.case_report.drafts import FAULTS, PARAPHRASES, paraphrased, rules_of, sentences_of
from tests.case_report.golden import golden
from tests.case_report.stub_model import chat, rephrased, stub

CASES = ("glioblastoma", "oligodendroglioma_right", "everything_unsure", "no_t1c")
LANGUAGES = ("en", "zh")


@cache
def case(name, language):
    facts = facts_of(golden()[name])
    template = write_template(facts, language)
    return facts, template, sentences_of(template, facts, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_the_templates_own_words_are_accepted(name, language):
    facts, template, sentences = case(name, language)
    assert rules_of(sentences, facts, template, language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PARAPHRASES["en"])
def test_honest_paraphrases_are_accepted(kind, language):
    facts, template, sentences = case("glioblastoma", language)
    draft, changed = paraphrased(sentences, language, kind)
    assert changed
    assert rules_of(draft, facts, template, language) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_refused(fault, language):
    planted = 0
    for name in CASES:
        facts, template, sentences = case(name, language)
        changed = FAULTS[fault](copy.deepcopy(sentences), language)
        if changed is not None:
            planted += 1
            assert rules_of(changed, facts, template, language), (name, changed)
    assert planted, "no case has a place for this fault"


def test_a_cut_off_answer_is_refused():
    facts, template, sentences = case("glioblastoma", "en")
    assert rules_of(sentences, facts, template, "en", finish="length") == {"finish_reason"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_accepted_draft_is_the_report_and_says_so(language):
    facts, template, _ = case("glioblastoma", language)
    kind = "synonyms"
    with stub(rephrased(lambda sentences: paraphrased(sentences, language, kind)[0])) as server:
        report = write(facts, language, Endpoint(server.url, "m"))
    assert report.written_by == "model"
    assert report.why
    assert [one.fact_ids for one in report.sentences] == [one.fact_ids for one in template.sentences]
    assert report.sentences != template.sentences
    assert report.of("banner") == template.of("banner")


def test_a_second_attempt_is_told_what_was_wrong():
    facts, _, _ = case("glioblastoma", "en")
    with stub(rephrased(lambda sentences: FAULTS["number"](sentences, "en"))) as server:

        def mend(handler, body):
            change = (lambda s: FAULTS["number"](s, "en")) if len(server.got) == 1 else (lambda s: s)
            rephrased(change)(handler, body)

        server.answer = mend
        written = write_recorded(facts, "en", Endpoint(server.url, "m"))
        assert "number_not_in_facts" in server.got[1]["messages"][-1]["content"]
    assert written.report.written_by == "model"
    assert [one.verdict for one in written.attempts] == ["refused", "accepted"]


@pytest.mark.parametrize(
    "answer", [chat("garbage"), chat({"s1": "Sequences were given."}), rephrased(lambda s: s, "length")]
)
def test_after_two_attempts_the_template_stands_and_says_why(answer, caplog):
    facts, template, _ = case("glioblastoma", "en")
    with stub(answer) as server, caplog.at_level("INFO", "gliomanet.case_report"):
        report = write(facts, "en", Endpoint(server.url, "m"))
        assert len(server.got) == 2
    assert report.written_by == "template"
    assert report.why
    assert report.sentences == template.sentences
    assert len(caplog.records) == 2
    logged = " ".join(one.getMessage() for one in caplog.records)
    assert "67.9" not in logged
    assert "garbage" not in logged
    assert "prompt_sha256" in logged


def test_nothing_that_tells_the_patient_is_sent():
    values = golden()["glioblastoma_over_89"]
    with stub(rephrased(lambda s: s)) as server:
        write(facts_of(values), "en", Endpoint(server.url, "m"))
        sent = str(server.got[0])
    for secret in (values.case.case_id, "2026-11-29", "93", values.bundle.digest):
        assert secret not in sent


def test_the_schema_bounds_each_text_but_lets_every_text_that_the_checks_take_pass():
    facts, template, _ = case("glioblastoma", "en")
    originals = originals_of(template, facts, "en")
    schema = answer_schema(originals)
    assert list(schema["properties"]) == schema["required"] == list(originals)
    for name, one in originals.items():
        bound = schema["properties"][name]["maxLength"]
        assert most_characters(one.text) <= bound < most_characters(one.text) + 100


def test_a_server_that_does_not_answer_is_not_asked_twice():
    facts, template, _ = case("glioblastoma", "en")
    written = write_recorded(facts, "en", Endpoint("http://127.0.0.1:9/v1", "m", timeout=2))
    assert written.report.sentences == template.sentences
    assert [one.rules for one in written.attempts] == [("model_unreachable",)]

"""The whole path with a small real model: it makes real mistakes, and what a user sees is true all the same."""

from __future__ import annotations

import pytest

from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.model.endpoint import Endpoint
from gliomanet.case_report.model.probe import enforces_schema
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.write import write_recorded
from tests.case_report.golden import golden
from tests.case_report.real_model import found, served
from tests.programs import skip_or_fail


@pytest.mark.slow
def test_a_small_model_never_gets_an_unchecked_sentence_on_the_page():
    file, reason = found()
    skip_or_fail("language-model", "" if file else reason)
    facts = facts_of(golden()["no_segmentation"])
    with served(file) as url:
        endpoint = Endpoint(url, "small", timeout=240)
        assert enforces_schema(endpoint) is True
        written = write_recorded(facts, "en", endpoint)
    assert 1 <= len(written.attempts) <= 2
    if written.report.written_by == "template":
        assert written.report.sentences == write_template(facts, "en").sentences
        assert written.report.why
    else:
        assert written.attempts[-1].verdict == "accepted"

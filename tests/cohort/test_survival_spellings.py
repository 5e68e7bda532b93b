"""Ends of survival as spreadsheets write them: a number with a decimal is that number, other words are one message."""

from __future__ import annotations

import pytest

from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.vocabulary import harmonise


@pytest.mark.parametrize(("raw", "value"), [("1.0", "1"), ("0.0", "0"), ("Dead", "1"), ("1:DECEASED", "1"), ("", "")])
def test_an_event_is_read_as_spreadsheets_write_it(raw, value):
    assert harmonise("os_event", raw) == value


@pytest.mark.parametrize(("column", "raw"), [("os_event", "2"), ("os_event", "yes"), ("resection", "1.0")])
def test_a_number_whose_meaning_is_not_known_is_refused_with_what_is_allowed(column, raw):
    with pytest.raises(CellError) as error:
        harmonise(column, raw)
    assert error.value.problem.rule == "unknown_spelling"
    assert "allowed: " in error.value.problem.action

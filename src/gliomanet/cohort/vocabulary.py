"""Spellings of labels, sex, deaths and resections met in hospitals' tables, and the values that they stand for.

`harmonise` is strict: a spelling that is not listed here is an error, because a guess would become a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gliomanet.cohort.read_rows import CellError
from gliomanet.cohort.rewritten_cells import is_date
from gliomanet.errors import Problem
from gliomanet.labels.spellings import MISSING_SPELLINGS, plain
from gliomanet.labels.vocabulary import VOCABULARY, Vocabulary


def _grades() -> dict[str, str]:
    spellings: dict[str, str] = {}
    for grade, roman in (("2", "ii"), ("3", "iii"), ("4", "iv")):
        for number in (grade, roman):
            for prefix in ("", "g", "grade ", "who ", "who grade "):
                spellings[f"{prefix}{number}"] = grade
    return spellings


def _spelt(**values: str) -> dict[str, str]:
    return {spelling: value for value, spellings in values.items() for spelling in spellings.split("|")}


SPELLINGS: dict[str, dict[str, str]] = {
    "idh": _spelt(
        wildtype="wildtype|wild type|wild-type|wt|idhwt|idh-wt|idh wildtype|idh-wildtype|0|not mutated",
        mutant="mutant|mutated|mutation|mut|idhmut|idh-mut|idh mutant|idh-mutant|1|mutated (nos)",
    ),
    "codel_1p19q": _spelt(
        intact="intact|non co-deleted|non-codeleted|non codeleted|non-co-deleted|non-codel|noncodel|n/n|0"
        "|not co-deleted|not codeleted",
        codeleted="codeleted|co-deleted|co-deletion|codeletion|codel|d/d|1",
    ),
    "grade": _grades(),
    "sex": _spelt(F="f|female|woman", M="m|male|man"),
    "os_event": {
        **dict.fromkeys(("0", "alive", "living", "0:living", "censored", "lost to follow-up"), "0"),
        **dict.fromkeys(("1", "dead", "deceased", "died", "1:deceased"), "1"),
    },
    "resection": _spelt(
        gross_total="gross_total|gross total|gross-total|gross total resection|gtr|total|complete",
        subtotal="subtotal|sub-total|subtotal resection|str|partial|partial resection",
        biopsy="biopsy|biopsy only|stereotactic biopsy|bx",
        not_gross_total="not_gross_total|not gross total|less than gross total|no gtr|not gtr",
    ),
}
"""Column → lower-case spelling → value of this project's vocabulary."""

FURTHER_SPELLINGS: dict[str, dict[str, str]] = {
    "mgmt": _spelt(
        unmethylated="unmethylated|un-methylated|non-methylated|not methylated|negative|0",
        methylated="methylated|positive|1",
    ),
}
"""The same for further labels that collections spell otherwise: read where a study gives its label these values.

A study may write the label's name in any case: `MGMT` is `mgmt`.
"""

# UCSF-PDGM names the amino acid change ("IDH1 p.R132H"): any named change is a mutation.
_IDH_VARIANT = re.compile(r"idh[12] p\.[a-z]+\d+[a-z]+")


def harmonise(column: str, raw: str, vocabulary: Vocabulary = VOCABULARY) -> str:
    """The project's value of a raw cell of `column`; "" where unknown.

    Args:
        column: `idh`, `codel_1p19q`, `grade`, `sex`, `os_event`, `resection`, or a further label of the study.
        raw: the cell as found.
        vocabulary: the study's labels.

    Raises:
        CellError: a spelling that is not known; the action holds the allowed ones.
    """
    spelling = plain(raw)
    if spelling in MISSING_SPELLINGS:
        return ""
    if column == "idh" and _IDH_VARIANT.fullmatch(spelling):
        return "mutant"
    try:
        return spellings_of(column, vocabulary)[spelling]
    except KeyError:
        found, action = f"{raw!r} is no known spelling", allowed(column, vocabulary)
        if is_date(raw):
            found = f"{raw!r} is a date, as a spreadsheet makes of 2-3 or 3/4: type it again into a column of text"
        raise CellError(Problem(found, action, rule="unknown_spelling")) from None


def spellings_of(column: str, vocabulary: Vocabulary = VOCABULARY) -> Mapping[str, str]:
    """Plain spelling → value; for a further label its own values, and the words of collections for them."""
    if column in SPELLINGS:
        return SPELLINGS[column]
    values = vocabulary[column]
    further = FURTHER_SPELLINGS.get(column.lower(), {})
    usual = {spelling: value for spelling, value in further.items() if value in values}
    return {**usual, **{plain(value): value for value in values}}


def allowed(column: str, vocabulary: Vocabulary = VOCABULARY) -> str:
    """The spellings of a column, by value, for an error message."""
    by_value: dict[str, list[str]] = {value: [] for value in vocabulary.get(column, ())}
    for spelling, value in spellings_of(column, vocabulary).items():
        by_value.setdefault(value, []).append(spelling)
    values = "; ".join(f"{value} ({_shorten(spellings)})" for value, spellings in by_value.items())
    return f"allowed: {values}; unknown (empty, unknown, NA, -1, NOS/NEC, Not Available, Indeterminate)"


def _shorten(spellings: Iterable[str], most: int = 8) -> str:
    spellings = list(spellings)
    return ", ".join(spellings[:most]) + (", …" if len(spellings) > most else "")

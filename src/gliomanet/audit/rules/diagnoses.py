"""A collection's own words for the diagnosis, held against the labels.

Source of the rules: Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from gliomanet.audit.context import AuditContext
from gliomanet.cohort.findings import Finding

_OTHER_TUMOURS = re.compile(
    r"midline|h3[ -]?k27|h3[ -]?g34|brainstem glioma|dipg|pa?ediatric|pilocytic|pilomyxoid|xanthoastrocytoma"
    r"|ependymoma|ganglio|glioneuronal|neuroglial|neurocytoma|dnet|dysembryoplastic|subependymal|medulloblastoma"
    r"|embryonal|lymphoma|metasta|meningioma|schwannoma|craniopharyngioma|germinoma"
)
_GRADE = re.compile(r"\bgrade[ :]*(iv|iii|ii|i|[1-4])\b")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_WILDTYPE = re.compile(r"idh[12]?[ -]*(?:wild[ -]?type|wt)\b")
_MUTANT = re.compile(r"idh[12]?[ -]*(?:mutant|mutated|mut)\b")
_CODELETED = re.compile(r"1p[/ ]?19q[ -]*(?:co-?del)")
_NOT_CODELETED = re.compile(r"(?:non|not|without)[ -]*(?:1p[/ ]?19q[ -]*)?co-?del|1p[/ ]?19q[ -]*(?:intact|non|not)")


class Words(NamedTuple):
    """Entity and labels that a diagnosis in words names, "" for those it does not.

    Attributes:
        entity: glioblastoma, astrocytoma, oligodendroglioma, oligoastrocytoma, or another tumour's own word.
        idh, codel_1p19q, grade: labels that it spells out.
    """

    entity: str
    idh: str
    codel_1p19q: str
    grade: str


@lru_cache(maxsize=4096)
def read_words(diagnosis: str) -> Words:
    """The entity and the labels that a diagnosis in words names."""
    text = " ".join(diagnosis.lower().replace("–", "-").split())
    other = _OTHER_TUMOURS.search(text)
    if other:
        entity = other[0]
    else:
        entities = {
            "glioblastoma": "glioblastoma",
            "gbm": "glioblastoma",
            "oligoastrocytoma": "oligoastrocytoma",
            "mixed glioma": "oligoastrocytoma",
            "oligodendroglioma": "oligodendroglioma",
            "astrocytoma": "astrocytoma",
        }
        entity = next((name for word, name in entities.items() if word in text), "")
    grade = _GRADE.search(text)
    not_codeleted, codeleted = _NOT_CODELETED.search(text), _CODELETED.search(text)
    return Words(
        entity,
        "wildtype" if _WILDTYPE.search(text) else "mutant" if _MUTANT.search(text) else "",
        "intact" if not_codeleted else "codeleted" if codeleted else "",
        _ROMAN.get(grade[1], grade[1]) if grade else "",
    )


def diagnosis_against_labels(context: AuditContext) -> Iterator[Finding]:
    """A diagnosis that WHO 2021 does not have for adults, or that its labels contradict: warning, one per reason."""
    columns = ["center", "case_id", "diagnosis", "idh", "codel_1p19q", "grade"]
    cases = context.cases.loc[context.cases["diagnosis"] != "", columns]
    for center, case_id, diagnosis, idh, codel, grade in cases.itertuples(index=False):
        for rule, why, action in _reasons(read_words(diagnosis), idh, codel, grade):
            yield Finding("warning", rule, center, case_id, "", f"diagnosis {diagnosis!r}: {why}", action)


_CHECK = "check the diagnosis and the label against the pathology report"
_EARLIER = "keep it knowingly, or re-classify the case by WHO 2021"


def _reasons(words: Words, idh: str, codel: str, grade: str) -> Iterator[tuple[str, str, str]]:
    entity = words.entity
    if entity not in ("", "glioblastoma", "astrocytoma", "oligodendroglioma", "oligoastrocytoma"):
        why = f"{entity}: not an adult-type diffuse glioma, whose labels this study predicts"
        yield "not_an_adult_type_glioma", why, "exclude the case, or keep it knowingly"
        return
    for label, said, held in (
        ("idh", words.idh, idh),
        ("codel_1p19q", words.codel_1p19q, codel),
        ("grade", words.grade, grade),
    ):
        if said and held and said != held:
            yield "diagnosis_against_labels", f"says {label} {said}, but the label is {held}", _CHECK
    idh, codel, grade = words.idh or idh, words.codel_1p19q or codel, words.grade or grade
    match entity:
        case "oligoastrocytoma":
            yield "diagnosis_of_an_earlier_edition", "no diagnosis of WHO 2021 (nor of 2016, once tested)", _EARLIER
        case "astrocytoma":
            if idh == "wildtype":
                why = "an IDH-wildtype astrocytoma of adults is no diagnosis of WHO 2021"
                yield "diagnosis_of_an_earlier_edition", why, _EARLIER
            if codel == "codeleted":
                yield "diagnosis_against_labels", "an astrocytoma is not 1p/19q-codeleted", _CHECK
        case "glioblastoma":
            if idh == "mutant":
                yield (
                    "diagnosis_of_an_earlier_edition",
                    "an IDH-mutant glioblastoma is an astrocytoma of grade 4",
                    _EARLIER,
                )
            if grade in ("2", "3"):
                yield "diagnosis_against_labels", f"a glioblastoma is of grade 4, but the label is {grade}", _CHECK
        case "oligodendroglioma":
            if grade == "4":
                yield "grade_4_oligodendroglioma", "an oligodendroglioma is of grade 2 or 3", _CHECK
            if codel == "intact" or idh == "wildtype":
                found = f"idh is {idh or 'unknown'} and 1p/19q {codel or 'unknown'}"
                why = f"an oligodendroglioma is IDH-mutant and 1p/19q-codeleted, but {found}"
                yield "oligodendroglioma_without_codeletion", why, _EARLIER

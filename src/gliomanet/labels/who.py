"""The diagnoses of WHO CNS5 as states of three labels.

Source: Louis et al., Neuro-Oncology 23:1231 (2021), 10.1093/neuonc/noab106.
"""

from __future__ import annotations

from typing import NamedTuple


class WhoState(NamedTuple):
    """One complete diagnosis in the terms of the three labels."""

    idh: str
    codel_1p19q: str
    grade: str


WHO_LABELS: tuple[str, ...] = WhoState._fields
"""The label columns that the classification speaks of; it says nothing of others."""


LEGAL_STATES: tuple[WhoState, ...] = (
    WhoState("wildtype", "intact", "4"),  # glioblastoma, IDH-wildtype
    WhoState("mutant", "intact", "2"),  # astrocytoma, IDH-mutant
    WhoState("mutant", "intact", "3"),
    WhoState("mutant", "intact", "4"),
    WhoState("mutant", "codeleted", "2"),  # oligodendroglioma, IDH-mutant and 1p/19q-codeleted
    WhoState("mutant", "codeleted", "3"),
)
"""The diagnoses of WHO CNS5."""


LEGACY_STATES: tuple[WhoState, ...] = (
    WhoState("wildtype", "intact", "2"),
    WhoState("wildtype", "intact", "3"),
)
"""Labels of editions before 2021 that are still met in public tables: kept, and flagged."""


def contradiction(idh: str | None, codel_1p19q: str | None, grade: str | None) -> str | None:
    """Reason that the known labels cannot stand together under WHO 2021, or `None` where some legal state fits them.

    Empty labels fit anything. Legacy states are contradictions of the 2021 edition and say so.

    >>> contradiction("mutant", "intact", "3") is None
    True
    >>> contradiction("wildtype", "codeleted", "")
    'idh wildtype, codel_1p19q codeleted: no diagnosis of WHO 2021'
    """
    known = WhoState(idh or "", codel_1p19q or "", grade or "")
    if any(_fits(known, state) for state in LEGAL_STATES):
        return None
    named = ", ".join(f"{label} {value}" for label, value in known._asdict().items() if value)
    if any(_fits(known, state) for state in LEGACY_STATES):
        return f"{named}: a diagnosis of an edition before WHO 2021"
    return f"{named}: no diagnosis of WHO 2021"


def integrated_type(idh: str, codel_1p19q: str, grade: str) -> str:
    """Name of the integrated type with its grade; "" where the labels do not tell it, or contradict each other.

    An IDH-wildtype tumour of grade 2 or 3 is no type of WHO 2021, and keeps a name of its own. An IDH-mutant tumour of
    grade 4 is an astrocytoma where 1p/19q is unknown, since oligodendrogliomas have no grade 4.

    >>> integrated_type("wildtype", "", "4"), integrated_type("mutant", "intact", "3")
    ('glioblastoma, IDH-wildtype, grade 4', 'astrocytoma, IDH-mutant, grade 3')
    """
    match idh, codel_1p19q, grade:
        case "wildtype", "" | "intact", "4":
            return "glioblastoma, IDH-wildtype, grade 4"
        case "wildtype", "" | "intact", "2" | "3":
            return f"IDH-wildtype, grade {grade} (no type of WHO 2021)"
        case "mutant", "codeleted", "2" | "3":
            return f"oligodendroglioma, IDH-mutant, 1p/19q-codeleted, grade {grade}"
        case ("mutant", "intact", "2" | "3" | "4") | ("mutant", "", "4"):
            return f"astrocytoma, IDH-mutant, grade {grade}"
    return ""


def _fits(known: WhoState, state: WhoState) -> bool:
    return all(k in ("", s) for k, s in zip(known, state, strict=True))

"""A guideline's answers as a Markdown file, to be completed by the author."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.study.guidelines.guideline import Answer, Guideline, answered, guidelines, known_facts
from gliomanet.reporting.study.results import StudyResults

GAP = "**Author:**"


def checklist(guideline: Guideline, answers: Sequence[Answer]) -> str:
    """Write the checklist: a row per item, and what is missing in bold."""
    rows = [[a.item.item, a.item.section, a.item.asks, _said(a), _places(a)] for a in answers]
    gaps = sum(bool(answer.missing) for answer in answers)
    return "\n".join(
        [
            f"# {guideline.name}",
            "",
            f"For {guideline.about}: {guideline.source}. Items in own words; see the paper for theirs.",
            "",
            f"The run answers what its files prove; {gaps} of {len(answers)} items want something of the author.",
            "",
            *_table(["Item", "Section", "Asks for", "Answer", "Where"], rows),
            "",
        ]
    )


def write_checklists(results: StudyResults, folder: Path) -> list[Path]:
    """Write `<guideline>.md` for every guideline.

    Args:
        results: the study's tables.
        folder: where to.

    Returns:
        The files.
    """
    facts, written = known_facts(results), []
    for name, guideline in guidelines().items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, checklist(guideline, answered(guideline, facts)).encode())
        written.append(path)
    return written


def _said(answer: Answer) -> str:
    said = [fact.text for fact in answer.facts]
    return " ".join([*said, *([f"{GAP} {answer.missing}"] if answer.missing else [])])


def _places(answer: Answer) -> str:
    found = dict.fromkeys(fact.place for fact in answer.facts)
    return ", ".join(f"report/index.html{place}" if place.startswith("#") else f"`{place}`" for place in found)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]

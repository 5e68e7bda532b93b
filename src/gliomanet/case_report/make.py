"""A case report from a result's folder to its files: HTML, PDF and the facts with the sentences as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gliomanet.case_report.fact import Facts, Language
from gliomanet.case_report.facts import facts_of
from gliomanet.case_report.gather.images import key_pictures
from gliomanet.case_report.html import Frame, report_html
from gliomanet.case_report.pdf import report_pdf
from gliomanet.case_report.report import Report
from gliomanet.case_report.template.write import write_template
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.atomic import write_atomically, write_json
from gliomanet.files.digests import sha256
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.reporting.chinese_font import chinese_font

Writer = Callable[[Facts, Language], Report]


@dataclass(frozen=True)
class Made:
    """A report and its files.

    Attributes:
        report: the sentences.
        facts: that they state.
        frame: provenance and pictures, for `report_fragment`.
        files: that were written.
    """

    report: Report
    facts: Facts
    frame: Frame
    files: tuple[Path, ...]


def make_report(
    folder: Path,
    language: Language = "en",
    *,
    out: Path | None = None,
    writer: Writer = write_template,
    report: Callable[[str], object] = lambda line: None,
) -> Made:
    """Write `case-report.<language>.html`, `.pdf` and `.json`.

    Where the machine lacks the system library that sets PDFs (Pango), the PDF is not written, and `report` is told.

    Args:
        folder: of a result.
        language: `en` or `zh`.
        out: folder for the files; default: the result's.
        writer: of the sentences; the template, unless a language model is to phrase them.
        report: called with a line on what could not be written.

    Raises:
        ProblemError: the folder holds no result, or the letters of a Chinese PDF are missing; nothing is written then.
        ResultError: its `result.json` is of another version.
    """
    source = folder / NAME
    if not source.is_file():
        found, action = f"holds no {NAME}", "name a folder that gliomanet predict wrote"
        raise ProblemError(Problem(found, action, file=str(folder), rule="no_result"))
    if language == "zh":
        chinese_font()  # before anything is written
    values = ResultValues.read(source)
    facts = facts_of(values)
    written, frame = writer(facts, language), frame_of(values, folder)
    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    page, pdf, table = (target / f"case-report.{language}.{kind}" for kind in ("html", "pdf", "json"))
    write_atomically(page, report_html(written, facts, frame).encode())
    write_json(table, {"report": written.content(), "facts": facts.table()})
    printed = report_html(written, facts, frame, medium="print")
    content = report_pdf(printed, identifier=printed.encode())
    if content is None:
        report(f"{pdf.name} is not written: the system library Pango is not installed (Debian: libpangoft2-1.0-0)")
        pdf.unlink(missing_ok=True)
        return Made(written, facts, frame, (page, table))
    write_atomically(pdf, content)
    return Made(written, facts, frame, (page, pdf, table))


def frame_of(values: ResultValues, folder: Path) -> Frame:
    """The provenance of a result and its key pictures."""
    return Frame(
        case_id=values.case.case_id,
        made_at=values.made_at,
        version=values.gliomanet,
        model=values.bundle.model,
        scenario=values.bundle.scenario,
        bundle_digest=values.bundle.digest,
        result_digest=sha256(folder / NAME),
        pictures=key_pictures(values),
        folder=folder,
    )

"""Writing a patient's page and PDF from a folder that `gliomanet predict` wrote."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from gliomanet.files.atomic import write_atomically
from gliomanet.patient.page.context import head_of, sections_of
from gliomanet.patient.page.pdf import pdf_of
from gliomanet.patient.page.plot import Medium
from gliomanet.patient.page.words import Words, words
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.reporting.embed import data_address
from gliomanet.reporting.templating import environment

PAGE, PDF = "page.html", "report.pdf"
PAGES = (PAGE, PDF)


def write_page(folder: Path, *, language: str = "en", report: Callable[[str], object] = lambda line: None) -> None:
    """Write `page.html` and `report.pdf` of a result; an equal result gives equal bytes.

    Where the machine lacks the system library that sets PDFs (Pango), the page is written and the PDF is not, and
    `report` is told.

    Args:
        folder: of `result.json` and its pictures.
        language: of the sentences.
        report: called with a line on what could not be written.

    Raises:
        OSError: the folder holds no `result.json`, or a picture that it names is not there.
    """
    values, say = ResultValues.read(folder / NAME), words(language)
    write_atomically(folder / PAGE, rendered(values, folder, say, Medium.SCREEN).encode())
    found = pdf_of(rendered(values, folder, say, Medium.PRINT), identifier=(folder / NAME).read_bytes())
    if found is None:
        report(f"{PDF} is not written: the system library Pango is not installed (Debian: libpangoft2-1.0-0)")
        (folder / PDF).unlink(missing_ok=True)
        return
    write_atomically(folder / PDF, found)


def rendered(values: ResultValues, folder: Path, say: Words, medium: Medium) -> str:
    """The HTML of a result.

    Args:
        values: the result.
        folder: where its pictures lie.
        say: sentences.
        medium: the page, or what the PDF is set from.
    """
    sections = sections_of(values, folder, say, medium)
    bodies = [
        Markup(environment().get_template(f"patient/{one.name}.html.j2").render(one.content, say=say, medium=medium))
        for one in sections
    ]
    style = (
        environment()
        .get_template("patient/style.css.j2")
        .render(medium=medium, fonts=_fonts(medium), research=say("research"))
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment().get_template("patient/page.html.j2")
    return page.render(
        head_of(values, say),
        sections=list(zip(sections, bodies, strict=True)),
        style=Markup(style),
        style_digest=digest,
        say=say,
        medium=medium,
    )


def _fonts(medium: Medium) -> list[tuple[str, str]]:
    """Weight → address of the letters of the PDF: the copy that travels with matplotlib, the same on every machine."""
    if medium is Medium.SCREEN:
        return []
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = (("normal", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf"))
    return [(weight, data_address("font/ttf", (folder / name).read_bytes())) for weight, name in names]

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
from gliomanet.patient.page.view import Medium, View
from gliomanet.patient.page.words import Words, words
from gliomanet.patient.result import NAME, ResultValues
from gliomanet.patient.statements.sentences import LANGUAGES
from gliomanet.reporting.chinese_font import FAMILIES, chinese_font
from gliomanet.reporting.embed import data_address
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.templating import environment

PAGE, PDF = "page.html", "report.pdf"
PAGES = (PAGE, PDF)


def write_page(folder: Path, *, language: str = "en", report: Callable[[str], object] = lambda line: None) -> None:
    """Write `page.html` and `report.pdf` of a result; an equal result gives equal bytes.

    Where the machine lacks the system library that sets PDFs (Pango), the page is written and the PDF is not, and
    `report` is told.

    Args:
        folder: of `result.json` and its pictures.
        language: `en` or `zh`.
        report: called with a line on what could not be written.

    Raises:
        ResultError: its `result.json` is of another version.
        ProblemError: the letters of a Chinese PDF are missing.
        OSError: the folder holds no `result.json`, or a picture that it names is not there.
    """
    values, say = ResultValues.read(folder / NAME), words(language)
    if language == "zh":
        chinese_font()  # before anything is written
    write_atomically(folder / PAGE, rendered(values, folder, say, Medium.SCREEN).encode())
    found = pdf_of(rendered(values, folder, say, Medium.PRINT), identifier=(folder / NAME).read_bytes())
    if found is None:
        report(f"{PDF} is not written: the system library Pango is not installed (Debian: libpangoft2-1.0-0)")
        (folder / PDF).unlink(missing_ok=True)
        return
    write_atomically(folder / PDF, found)


def language_of(page: Path) -> str:
    """The language that a page was written in; empty where it cannot be told."""
    start = page.read_text(encoding="utf-8")[:200]
    return next((name for name in LANGUAGES if f'<html lang="{words(name)("lang")}">' in start), "")


def rendered(values: ResultValues, folder: Path, say: Words, medium: Medium) -> str:
    """The HTML of a result.

    Args:
        values: the result.
        folder: where its pictures lie.
        say: sentences.
        medium: the page, or what the PDF is set from.
    """
    sections = sections_of(values, say, View(medium, folder))
    style = style_of(medium, say)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment().get_template("patient/page.html.j2")
    return page.render(
        head_of(values, say),
        sections=[(one, body_of(one, say, medium)) for one in sections],
        style=Markup(style),
        style_digest=digest,
        say=say,
        medium=medium,
    )


def body_of(section: Section, say: Words, medium: Medium) -> Markup:
    """The HTML of a section below its heading of level 2."""
    template = environment().get_template(f"patient/{section.name}.html.j2")
    return Markup(template.render(section.content, say=say, medium=medium))


def style_of(medium: Medium, say: Words) -> str:
    """The style sheet of a page, or of what a PDF is set from."""
    print_only = {
        "fonts": _fonts(medium, say.language),
        "research": say("research"),
        "chinese_first": say.language == "zh",
    }
    return environment().get_template("patient/style.css.j2").render(medium=medium, chinese=FAMILIES, **print_only)


def app_style() -> str:
    """The style sheet of sections within the app: of the elements below one of class `doctor`, and of no others.

    The letters are those of the app's own style sheet.
    """
    return environment().get_template("patient/app.css.j2").render()


def _fonts(medium: Medium, language: str) -> list[tuple[str, str, str]]:
    """Family, weight and address of the PDF's letters: those that travel with matplotlib, the same on every machine."""
    if medium is not Medium.PRINT:
        return []
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = (("normal", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf"))
    fonts = [("Page", weight, data_address("font/ttf", (folder / name).read_bytes())) for weight, name in names]
    if language == "zh":
        fonts.append(("Chinese", "normal", data_address("font/woff2", chinese_font().read_bytes())))
    return fonts

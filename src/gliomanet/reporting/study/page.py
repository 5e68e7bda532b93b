"""`results/report/index.html`: the page a reader opens first, one file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gliomanet.files.atomic import write_atomically
from gliomanet.reporting.study.head import head
from gliomanet.reporting.study.results import StudyResults
from gliomanet.reporting.study.section import Section
from gliomanet.reporting.study.sections import SECTIONS
from gliomanet.reporting.templating import environment


def write_report(results: StudyResults, out: Path) -> None:
    """Write the page. Equal results give equal bytes; sections without content are absent.

    Args:
        results: the study's tables.
        out: the HTML file.

    Raises:
        FileNotFoundError: a contact sheet is not there.
    """
    write_atomically(out, render_report(results).encode())


def render_report(results: StudyResults) -> str:
    """Make the page's text; see `write_report`."""
    return render_sections(head(results), [section for make in SECTIONS if (section := make(results)) is not None])


def render_sections(about: Mapping[str, Any], sections: Sequence[Section]) -> str:
    """Make a page's text.

    Args:
        about: variables of the page's template that stand above all sections.
        sections: the sections in their order.
    """
    bodies = [
        Markup(environment().get_template(f"sections/{section.name}.html.j2").render(section.content))
        for section in sections
    ]
    page = environment().get_template("report.html.j2")
    return page.render(about, sections=list(zip(sections, bodies, strict=True)))

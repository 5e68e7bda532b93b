"""A report as HTML: a page of its own under a strict content security policy, or a part of another page."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from gliomanet.case_report.fact import SECTIONS, Facts, Source
from gliomanet.case_report.knowledge.load import cited
from gliomanet.case_report.report import Report
from gliomanet.case_report.words.read import ReportWords, words
from gliomanet.patient.pictures.picture import Picture
from gliomanet.reporting.chinese_font import FAMILIES, chinese_font
from gliomanet.reporting.embed import data_address
from gliomanet.reporting.format import modality_name
from gliomanet.reporting.templating import environment

Medium = Literal["screen", "print"]

_ALARMING = ("simulated", "training_case", "training_center", "trust.further")
"""Facts by which the banner is drawn as a warning, whatever the verdict."""

_TOGETHER = re.compile(r"(?<=\d) (?=%|mm\b|ml\b|×)|(?<=×) (?=\d)")
"""Spaces at which no line may break: a number and its unit, and the sides of a voxel."""


@dataclass(frozen=True)
class Frame:
    """Print beside the sentences, of which no writer and no language model sees anything.

    Attributes:
        case_id: as the result has it.
        made_at: time of the result, so that equal results give equal reports.
        version: of gliomanet.
        model: that answered.
        scenario: that it was trained in.
        bundle_digest: SHA-256 of the bundle's description.
        result_digest: SHA-256 of `result.json`.
        pictures: the key pictures.
        folder: where their files lie.
    """

    case_id: str
    made_at: str
    version: str
    model: str
    scenario: str
    bundle_digest: str
    result_digest: str
    pictures: tuple[Picture, ...] = field(default=())
    folder: Path = field(default=Path())


def report_html(report: Report, facts: Facts, frame: Frame, *, medium: Medium = "screen") -> str:
    """A page that needs nothing else; pictures are in it.

    Args:
        report: the sentences.
        facts: that they state, for the sources.
        frame: provenance and pictures.
        medium: `screen`, or what a PDF is set from.

    Raises:
        ProblemError: the letters of a Chinese PDF are missing.
        OSError: a picture is not there.
    """
    say = words(report.language)
    style = (
        environment()
        .get_template("case_report/style.css.j2")
        .render(
            medium=medium,
            fonts=_fonts(report, medium),
            chinese=FAMILIES,
            research=say("page.research"),
        )
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment().get_template("case_report/page.html.j2")
    content = _content(report, facts, frame, say)
    return page.render(content, style=Markup(style), style_digest=digest, medium=medium)


def report_fragment(report: Report, facts: Facts, frame: Frame) -> Markup:
    """The report as an element of class `case-report`, for a page that brings its own head and style."""
    say = words(report.language)
    template = environment().get_template("case_report/fragment.html.j2")
    return Markup(template.render(_content(report, facts, frame, say)))


def sources_of(facts: Facts) -> tuple[Source, ...]:
    """The sources of all facts, each once, in the order of the report."""
    return tuple(dict.fromkeys(source for fact in facts.facts for source in fact.sources))


def _content(report: Report, facts: Facts, frame: Frame, say: ReportWords) -> dict[str, Any]:
    verdict = facts["trust.verdict"].term("verdict")
    alarming = verdict != "usable" or any(name in facts for name in _ALARMING)
    return {
        "say": say,
        "report": report,
        "frame": frame,
        "writer": say("page.template" if report.written_by == "template" else "page.by_model"),
        "parts": [_part(report, name, say, alarming=alarming and name == "banner") for name in SECTIONS],
        "pictures": [_picture(one, frame.folder, say) for one in frame.pictures],
        "lines": _lines(frame.pictures, say),
        "sources": [_source(one, say) for one in sources_of(facts)],
        "made": [
            say("page.made", version=frame.version, date=frame.made_at[:10]),
            say("page.model", model=frame.model, scenario=frame.scenario),
            say("page.bundle", digest=frame.bundle_digest),
            say("page.result", digest=frame.result_digest),
            say("page.language"),
        ],
    }


def _part(report: Report, name: Any, say: ReportWords, *, alarming: bool) -> dict[str, Any]:
    """A section; a statement that heads it stands before its list."""
    sentences = report.of(name)
    leads = {"prognosis.if", "questions.lead"}
    lead = next((one.text for one in sentences if leads & set(one.fact_ids)), "")
    listed = [_unbroken(one.text) for one in sentences if one.text != lead]
    return {"name": name, "title": say(f"titles.{name}"), "lead": lead, "sentences": listed, "alarming": alarming}


def _unbroken(text: str) -> str:
    """The text with no-break spaces between numbers and their units."""
    return _TOGETHER.sub("\N{NO-BREAK SPACE}", text)


def _source(source: Source, say: ReportWords) -> str:
    corrected = source.correction
    correction = say("page.correction", year=corrected.year, doi=corrected.doi) if corrected else ""
    identifiers = (f"doi:{source.doi}" if source.doi else "", source.pmid, correction)
    return ". ".join(filter(None, (cited(source), *identifiers))) + "."


def _picture(one: Picture, folder: Path, say: ReportWords) -> dict[str, Any]:
    told = {"modality": modality_name(one.modality), "slice": one.slice, "slices": one.slices}
    if one.plane == "axial":
        label = say("page.picture", **told)
    else:
        label = say("page.picture_any", plane=say.name("page.planes", one.plane), **told)
    address = data_address("image/png", (folder / one.file).read_bytes())
    return {"address": address, "label": label, "width": one.width, "height": one.height}


def _lines(pictures: tuple[Picture, ...], say: ReportWords) -> str:
    """The meaning of the lines that are drawn on the pictures."""
    drawn = dict.fromkeys(part for one in pictures for part in one.outlined)
    if not drawn:
        return say("page.no_lines")
    return say("page.lines", lines=say("type.separator").join(say.name("page.line", one.split()[0]) for one in drawn))


def _fonts(report: Report, medium: Medium) -> list[tuple[str, str, str]]:
    """Family, weight and address of a PDF's letters, the same on every machine."""
    if medium == "screen":
        return []
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = (("normal", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf"))
    fonts = [("Page", weight, data_address("font/ttf", (folder / name).read_bytes())) for weight, name in names]
    if report.language == "zh":
        fonts.append(("Chinese", "normal", data_address("font/woff2", chinese_font().read_bytes())))
    return fonts

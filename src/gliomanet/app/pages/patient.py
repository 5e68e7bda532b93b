"""The patient's view of a case: its result in plain language, from `result.json` alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gliomanet.app.for_patients.answers import answers
from gliomanet.app.for_patients.asking import questions
from gliomanet.app.for_patients.groups import groups, reason_for_none
from gliomanet.app.for_patients.part import Part, points
from gliomanet.app.for_patients.scans import doubts, picture, scans
from gliomanet.app.for_patients.standing import standing_of
from gliomanet.app.templating import template
from gliomanet.app.words import app_words
from gliomanet.patient.page.view import Medium, View
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.wording import Wording

STYLE = "patient.css"
"""Style sheet of the view, below `/static/`."""

_TURN = ("team", "urgent", "heavy", "words")


def patient_content(
    values: ResultValues,
    folder: Path,
    language: str,
    *,
    survival: bool,
    picture_address: Callable[[str], str] | None = None,
) -> Markup:
    """The view as a piece of HTML, to stand in a page's `<main>`; links in it are relative to the case's address.

    Figures of survival are not in it at all unless they were asked for.

    Args:
        values: the result.
        folder: of `result.json`, where its pictures lie.
        language: `en` or `zh`.
        survival: True where the person has asked for figures of groups.
        picture_address: a picture's path below the result's folder → its address; `None`: embedded as `data:`.
    """
    address = picture_address or View(Medium.APP, folder).picture
    content = content_of(values, language, survival=survival, picture_address=address)
    return Markup(template("for_patient").render(content))


def content_of(
    values: ResultValues, language: str, *, survival: bool, picture_address: Callable[[str], str]
) -> dict[str, Any]:
    """Variables of the template, see `patient_content`."""
    say = app_words(language, "for_patients")
    on_picture, shown = picture(values, say, picture_address)
    others = groups(values, say, asked_for=survival)
    step = "" if reason_for_none(values, say) else "hide" if survival else "show"
    link = "" if not step else f"?view=patient&lang={language}{'&survival=shown' * (step == 'show')}#groups"
    return {
        "say": say,
        "language": language,
        "first": _first(values, say),
        "parts": {
            "scans": scans(values, say),
            "answers": answers(values, say),
            "trust": doubts(values, say),
            "picture": on_picture,
            "groups": others,
            "turn": Part(
                "turn", say("turn.title"), points(*(say(f"turn.{k}") for k in say.sentences["turn"] if k != "title"))
            ),
        },
        "shown": shown,
        "step": step,
        "link": link,
        "questions": questions(values, say, language=language),
        "terms": tuple(say.sentences["words"]["terms"].values()),
    }


def _first(values: ResultValues, say: Wording) -> Part:
    """The part before all others: that the numbers mean nothing, where they do; then what the page is, and is not."""
    standing = standing_of(values)
    nothing = "" if standing == "told" else say(f"first.{standing}")
    rest = (say(f"first.{name}") for name in ("what", "not", "team", "wrong"))
    return Part("first", say("first.title"), points(nothing, *rest), caution=bool(nothing))

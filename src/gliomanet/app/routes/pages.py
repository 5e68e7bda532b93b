"""The pages: the list of cases, and a case in its views."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from gliomanet.app.intake.names import PARTS
from gliomanet.app.lines import line_html
from gliomanet.app.pages.doctor import app_style
from gliomanet.app.pages.frame import frame, language_of
from gliomanet.app.pages.problem import problem_page, problem_said
from gliomanet.app.pages.views import STYLES, view_of
from gliomanet.app.queue.line import Queue
from gliomanet.app.settings import AppSettings
from gliomanet.app.store.cases import Store, UnknownCaseError
from gliomanet.app.store.record import CaseRecord
from gliomanet.app.study_cases import StudyCases
from gliomanet.app.templating import template
from gliomanet.app.words import app_words, problem_words
from gliomanet.bundle.description import BundleDescription
from gliomanet.patient.page.write import PDF
from gliomanet.reporting.wording import Wording

View = Literal["doctor", "patient", "report"]


def router(
    settings: AppSettings, store: Store, queue: Queue, known: StudyCases | None, bundle: BundleDescription
) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    trained = {name for name in bundle.centers if bundle.learnt_from(name)}

    @routes.get("/")
    def home(request: Request) -> Response:
        language = language_of(request)
        say, words = app_words(language, "home"), app_words(language, "case")
        content = {
            "say": say,
            "language": language,
            "images": PARTS[:-1],
            "cases": [
                {"id": one.id, "label": one.asked.label, "state": one.state, "created_at": one.created_at}
                for one in reversed(store.list())
            ],
            "trained": trained,
            "study": [] if known is None else known.list(),
            "expire_days": settings.expire_days and f"{settings.expire_days:g}",
            "study_title": bundle.title,
            "simulated": bundle.simulated,
            "state_of": lambda one: words(f"state.{one['state']}"),
            "script_words": {
                "lost": say("lost"),
                "states": words.sentences["state"],
                "problems": problem_words(language),
                "in_english": words("in_english"),
            },
        }
        body = Markup(template("home").render(content))
        return HTMLResponse(frame(request, language, say("title"), body, styles=("app.css",), scripts=("home.js",)))

    @routes.get("/cases/{case_id}")
    def case(request: Request, case_id: str, view: View = "doctor") -> Response:
        language = language_of(request)
        say = app_words(language, "case")
        try:
            record = store.state(case_id)
        except UnknownCaseError as error:
            return problem_page(request, 404, error.problem)
        title = record.asked.label or app_words(language, "home")("unnamed", id=case_id[:6])
        shown: dict[str, Any] = {"content": Markup("")}
        styles: tuple[str, ...] = ("app.css",)
        if record.state == "done":
            wanted = request.query_params.get("survival") == "shown"
            shown["content"] = view_of(
                view,
                store.folder(case_id),
                language,
                survival=wanted,
                model=settings.endpoint is not None,
                lines=record.lines,
            )
            styles += STYLES[view]
        content = shown | {
            "say": say,
            "language": language,
            "title": title,
            "one": record,
            "problem": problem_said(record.problem, language) if record.problem else "",
            "lines": [line_html(line, language) for line in record.lines],
            "has_pdf": (store.folder(case_id) / "result" / PDF).is_file(),
            "retriable": record.state in ("failed", "cancelled") and queue.can_compute(record),
            "done": record.state == "done",
            "view": view,
            "state": say(f"state.{record.state}"),
            "place": place_said(record, queue, say),
            "script_words": _script_words(say),
        }
        body = Markup(template("case").render(content))
        scripts = ("case.js", "viewer.js") if record.state == "done" and view == "doctor" else ("case.js",)
        return HTMLResponse(frame(request, language, title, body, styles=styles, scripts=scripts))

    @routes.get("/static/doctor.css")
    def doctor_css() -> Response:
        return Response(app_style(), media_type="text/css")

    return routes


def place_said(record: CaseRecord, queue: Queue, say: Wording) -> str:
    """A sentence on where a case stands; empty of one that is done."""
    if record.state == "done":
        return ""
    if record.state != "queued":
        return say(record.state)
    before = queue.place(record)
    return say("next") if before == 0 else say("place_one") if before == 1 else say("place", n=before)


def _script_words(say: Wording) -> dict[str, Any]:
    """Words that the page's script puts in while it follows the case."""
    names = ("next", "place", "place_one", "running", "failed", "cancelled")
    return {name: say.sentences[name] for name in names} | {"states": say.sentences["state"]}

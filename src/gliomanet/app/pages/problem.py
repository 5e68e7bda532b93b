"""The page of a request that did not work, for browsers; programs are answered with JSON."""

from __future__ import annotations

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from gliomanet.app.pages.frame import frame, language_of
from gliomanet.app.store.record import Told
from gliomanet.app.templating import template
from gliomanet.app.words import app_words
from gliomanet.errors import Problem


def problem_page(request: Request, status: int, problem: Problem) -> HTMLResponse:
    """The page; the program's own sentences, which are English, are marked as such."""
    language = language_of(request)
    say = app_words(language, "case")
    content = {"say": say, "problem": Told.of(problem), "language": language}
    body = Markup(template("problem").render(content))
    return HTMLResponse(frame(request, language, say("problem"), body, styles=("app.css",)), status)

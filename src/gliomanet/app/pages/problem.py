"""The page of a request that did not work, for browsers; programs are answered with JSON."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gliomanet.app.answers import problem_answer
from gliomanet.app.pages.frame import frame, language_of, wants_page
from gliomanet.app.store.record import Told
from gliomanet.app.templating import template
from gliomanet.app.words import app_words, problem_words
from gliomanet.errors import Problem


def told(request: Request, status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a page for a browser, as JSON for a program."""
    if not wants_page(request):
        return problem_answer(status, problem, headers)
    answer = problem_page(request, status, problem)
    answer.headers.update(headers or {})
    return answer


def problem_page(request: Request, status: int, problem: Problem) -> HTMLResponse:
    """The page."""
    language = language_of(request)
    say = app_words(language, "case")
    content = {"say": say, "problem": problem_said(Told.of(problem), language), "language": language}
    body = Markup(template("problem").render(content))
    return HTMLResponse(frame(request, language, say("problem"), body, styles=("app.css",)), status)


def problem_said(problem: Told, language: str) -> Markup:
    """A problem in words: by its rule in the page's language, then in the program's own, English, with its values."""
    own = problem_words(language).get(problem.rule)
    content = {"problem": problem, "own": own, "say": app_words(language, "case"), "language": language}
    return Markup(template("problem_said").render(content))

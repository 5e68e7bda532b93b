"""Reviewer mode: a list of reading sessions, a form a case, and the table of scores. It works without scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import randbelow
from typing import Any, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from gliomanet.app.pages.frame import language_of
from gliomanet.app.pages.problem import problem_said
from gliomanet.app.review.answer import answer_of
from gliomanet.app.review.export import review_tsv
from gliomanet.app.review.scores import MAY_BE_EMPTY, QUESTIONS, RATINGS, Look, Scores
from gliomanet.app.review.session import MOST_SEED, Session, new_session
from gliomanet.app.review.store import Reviews, UnknownReviewError, digest_of
from gliomanet.app.store.record import Told
from gliomanet.app.templating import template
from gliomanet.app.words import app_words
from gliomanet.errors import Problem, ProblemError
from gliomanet.patient.result import ResultValues
from gliomanet.reporting.wording import Wording

VIEWER = "viewer.js"
"""Script that fills the place of the viewer."""


class Frame(Protocol):
    """The frame around a page."""

    def __call__(
        self, request: Request, language: str, title: str, body: Markup, *, scripts: tuple[str, ...] = ()
    ) -> str:
        """A whole page."""


class Wanted(BaseModel):
    """A reading session to make."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: tuple[str, ...]
    reader: str
    seed: int
    second_look: bool = True


@dataclass(frozen=True)
class Pages:
    """The pages of reviewer mode.

    Attributes:
        reviews: the sessions.
        frame: what stands around each page.
    """

    reviews: Reviews
    frame: Frame

    def show(
        self, request: Request, name: str, title: str, content: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """A page of a template."""
        language = language_of(request)
        say = app_words(language, "review")
        body = template(f"review_{name}").render(content, say=say, language=language)
        scripts = (VIEWER,) if name == "case" else ()
        answer = HTMLResponse(self.frame(request, language, title, Markup(body), scripts=scripts), status)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def home(self, request: Request, problem: Problem | None = None, form: FormData | None = None) -> HTMLResponse:
        """The list of sessions, and the form of a new one."""
        say, sessions = _say(request), self.reviews.all()
        scored = {one.id: self._scored(one) for one in sessions}
        told = {
            "reader": str(form.get("reader", "")) if form else "",
            "seed": str(form.get("seed", "")) if form else str(randbelow(MOST_SEED)),
            "chosen": set(form.getlist("case")) if form else set(),
            "second_look": form is None or "second_look" in form,
        }
        content = {
            "sessions": sessions,
            "scored": scored,
            "cases": self.reviews.done_cases(),
            "told": told,
            "problem": problem and problem_said(Told.of(problem), language_of(request)),
        }
        return self.show(request, "home", say("title"), content, 422 if problem else 200)

    def session(self, request: Request, session: Session) -> HTMLResponse:
        """A session: its cases by their numbers."""
        states = []
        for number, case in enumerate(session.order, start=1):
            waits = self.reviews.next_look(session, number)
            state = "done" if waits is None else "half" if waits == "second" else "waiting"
            states.append((number, "gone" if self.reviews.result(case) is None else state))
        content = {"session": session, "states": states, "next": self.reviews.next_case(session)}
        return self.show(request, "session", _say(request)("session_of", reader=session.reader), content)

    def case(
        self,
        request: Request,
        session: Session,
        number: int,
        *,
        form: Mapping[str, str] | None = None,
        wrong: tuple[str, ...] = (),
        already: bool = False,
    ) -> Response:
        """The form of a case at the look that it waits for; the answer is in the page at the second look alone."""
        say, look = _say(request), self.reviews.next_look(session, number)
        result = self.reviews.result(session.order[number - 1])
        if result is None or look is None:
            content = {"session": session, "gone": result is None, "already": already}
            title = say("case_of", number=number, all=len(session.order))
            return self.show(request, "over", title, content, 409 if already else 200)
        values = ResultValues.read(result) if look == "second" else None
        content = {
            "session": session,
            "number": number,
            "case": session.order[number - 1],
            "look": look,
            "answer": None if values is None else answer_of(values, language_of(request)),
            "questions": QUESTIONS,
            "ratings": RATINGS[look],
            "may_be_empty": MAY_BE_EMPTY,
            "told": {"opened_at": datetime.now(UTC).isoformat(timespec="seconds"), **(form or {})},
            "wrong": [(field, field_title(field, say)) for field in wrong],
            "already": already,
        }
        title = say("case_of", number=number, all=len(session.order))
        return self.show(request, "case", title, content, 422 if wrong else 409 if already else 200)

    async def save(self, request: Request, session: Session, number: int, look: Look) -> Response:
        """Save a form, then go to the second look or to the next case."""
        result = self.reviews.result(session.order[number - 1])
        if result is None or look != self.reviews.next_look(session, number):
            return self.case(request, session, number, already=result is not None)
        form = {name: str(value) for name, value in (await request.form()).items()}
        scores, wrong = Scores.from_form(form, look, digest_of(result))
        if scores is None:
            return self.case(request, session, number, form=form, wrong=wrong)
        if not self.reviews.save(session, number, scores):
            return self.case(request, session, number, already=True)
        goes_on = number if self.reviews.next_look(session, number) else self.reviews.next_case(session)
        place = f"/review/{session.id}" + (f"/cases/{goes_on}" if goes_on else "")
        return _go(request, place)

    def _scored(self, session: Session) -> int:
        return sum(self.reviews.next_look(session, number) is None for number in range(1, len(session.order) + 1))


def router(store: Path, frame: Frame) -> APIRouter:
    """The routes of reviewer mode; requests that change something are held against their origin by the app.

    Args:
        store: folder of `cases/` and `reviews/`.
        frame: makes a whole page.
    """
    reviews = Reviews(store)
    pages, routes = Pages(reviews, frame), APIRouter()

    def known(review: str, number: int | None = None) -> Session:
        session = reviews.get(review)
        if number is not None and not 1 <= number <= len(session.order):
            raise UnknownReviewError(review)
        return session

    @routes.get("/review")
    def home(request: Request) -> Response:
        return pages.home(request)

    @routes.post("/review")
    async def make(request: Request) -> Response:
        form = await request.form()
        try:
            session = _made(reviews, _wanted(form))
        except ProblemError as error:
            return pages.home(request, error.problem, form)
        return _go(request, f"/review/{session.id}")

    @routes.post("/api/reviews", status_code=201)
    def make_by_json(wanted: Wanted) -> Response:
        try:
            session = _made(reviews, wanted)
        except ProblemError as error:
            told = error.problem
            return JSONResponse({"rule": told.rule, "found": told.found, "action": told.action}, 422)
        return JSONResponse({"id": session.id, "address": f"/review/{session.id}"}, 201)

    @routes.get("/review/{review}")
    def show(request: Request, review: str) -> Response:
        return _or_missing(lambda: pages.session(request, known(review)))

    @routes.get("/review/{review}/review.tsv")
    def export(review: str) -> Response:
        return _or_missing(lambda: _download(reviews, known(review)))

    @routes.get("/review/{review}/cases/{number}")
    def case(request: Request, review: str, number: int) -> Response:
        return _or_missing(lambda: pages.case(request, known(review, number), number))

    @routes.post("/review/{review}/cases/{number}/{look}")
    async def save(request: Request, review: str, number: int, look: Look) -> Response:
        try:
            return await pages.save(request, known(review, number), number, look)
        except UnknownReviewError:  # also where it was deleted while the form came
            return _missing()

    @routes.post("/review/{review}/delete")
    async def delete(request: Request, review: str) -> Response:
        if (await request.form()).get("confirm") != "yes":
            return _or_missing(lambda: pages.session(request, known(review)))
        return _or_missing(lambda: _deleted(request, reviews, review))

    return routes


def field_title(field: str, say: Wording) -> str:
    """The words that stand beside a field."""
    if field == "comment":
        return say("comment")
    name = field.removesuffix("_confidence")
    title = say.name("questions" if name in QUESTIONS else "ratings", name)
    return title if name == field else f"{title}: {say('confidence')}"


def _say(request: Request) -> Wording:
    return app_words(language_of(request), "review")


def _wanted(form: FormData) -> Wanted:
    seed = str(form.get("seed", "")).strip()
    if not (seed.isascii() and seed.isdigit() and len(seed) < 12):
        found = "the seed is no whole number"
        raise ProblemError(Problem(found, f"take one from 0 to {MOST_SEED}", rule="seed_not_allowed"))
    cases = tuple(str(one) for one in form.getlist("case"))
    reader = str(form.get("reader", ""))
    return Wanted(cases=cases, reader=reader, seed=int(seed), second_look="second_look" in form)


def _made(reviews: Reviews, wanted: Wanted) -> Session:
    session = new_session(wanted.cases, wanted.reader, wanted.seed, second_look=wanted.second_look)
    reviews.add(session)
    return session


def _download(reviews: Reviews, session: Session) -> Response:
    name = quote(f"review_{session.reader}_{session.id[:8]}.tsv")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return Response(review_tsv(reviews, session), media_type="text/tab-separated-values", headers=headers)


def _deleted(request: Request, reviews: Reviews, review: str) -> Response:
    reviews.delete(review)
    return _go(request, "/review")


def _go(request: Request, place: str) -> Response:
    return RedirectResponse(f"{place}?lang={language_of(request)}", 303)


def _or_missing(make: Callable[[], Response]) -> Response:
    try:
        return make()
    except UnknownReviewError:
        return _missing()


def _missing() -> Response:
    told = {"rule": "unknown_review", "found": "there is no such reading session, or no such case in it"}
    return JSONResponse({**told, "action": "go to /review"}, 404)

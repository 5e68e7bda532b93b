"""`/api/cases`: a case made of an upload, its state, and what a person may do with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from gliomanet.app.intake.limits import UploadLimits
from gliomanet.app.intake.receive import receive
from gliomanet.app.lines import line_text
from gliomanet.app.pages.frame import in_same_language, wants_page
from gliomanet.app.queue.line import Queue
from gliomanet.app.store.cases import Store
from gliomanet.app.store.record import Asked, CaseRecord
from gliomanet.app.words import Language
from gliomanet.errors import CaseError, Problem

_TEXTS = ("label", "age", "sex", "mask_codes")


def told(record: CaseRecord, queue: Queue, language: str = "en") -> dict[str, Any]:
    """A case as it is sent.

    Returns:
        `id`, `label`, `source`, `center`, `case`, `state`, `created_at`, `changed_at`, `place` (cases before it; of one
        that waits), `lines` of progress, `problem` (of one that failed).
    """
    return {
        "id": record.id,
        "label": record.asked.label,
        "source": record.asked.source,
        "center": record.asked.center,
        "case": record.asked.case_id,
        "state": record.state,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
        "place": queue.place(record) if record.state == "queued" else None,
        "lines": [line_text(one, language) for one in record.lines],
        "problem": None if record.problem is None else record.problem.model_dump(mode="json"),
    }


def asked_by(fields: Mapping[str, str]) -> Asked:
    """A case as a form asks for it: `label`, `age`, `sex`, `fast`, `accept_names`, `mask_codes`, each may lack.

    Raises:
        CaseError: a field is not allowed.
    """
    texts = {name: re.sub(r"[\x00-\x1f\x7f]", " ", fields.get(name, "")).strip() for name in _TEXTS}
    told: dict[str, Any] = {name: text for name, text in texts.items() if text}
    told |= {name: fields.get(name, "") in ("on", "true", "1") for name in ("fast", "accept_names")}
    try:
        return Asked(**told)
    except ValidationError as error:
        names = ", ".join(sorted({str(one["loc"][0]) for one in error.errors()}))
        action = "give an age of 0 to 120 years, the sex as F or M, and a label of at most 80 characters"
        found = f"a value that is not allowed: {names}"
        raise CaseError(Problem(found, action, rule="malformed_request")) from None


def router(store: Store, queue: Queue) -> APIRouter:
    """The routes."""
    routes, limits = APIRouter(), UploadLimits()

    @routes.post("/api/cases")
    async def create(request: Request) -> Response:
        queue.check_room()
        case_id, folder = await run_in_threadpool(store.begin)
        try:
            got = await receive(
                request.stream(), request.headers.get("content-type", ""), folder / "input/upload", limits
            )
            record = await run_in_threadpool(queue.add, case_id, asked_by(got.fields))
        finally:
            await run_in_threadpool(store.discard, case_id)
        return made(request, record, queue)

    @routes.get("/api/cases")
    def every() -> list[dict[str, Any]]:
        return [told(one, queue) | {"lines": []} for one in store.list()]

    @routes.get("/api/cases/{case_id}")
    def state(case_id: str, lang: Language = "en") -> dict[str, Any]:
        return told(store.state(case_id), queue, lang)

    @routes.post("/api/cases/{case_id}/cancel")
    def cancel(request: Request, case_id: str) -> Response:
        return _changed(request, queue.cancel(case_id), queue)

    @routes.post("/api/cases/{case_id}/retry")
    def retry(request: Request, case_id: str) -> Response:
        return _changed(request, queue.retry(case_id), queue)

    @routes.delete("/api/cases/{case_id}", status_code=204)
    def delete(case_id: str) -> Response:
        queue.delete(case_id)
        return Response(status_code=204)

    @routes.post("/api/cases/{case_id}/delete")
    def delete_by_form(request: Request, case_id: str) -> Response:
        """The same for a page without scripts, whose forms know no DELETE."""
        queue.delete(case_id)
        return RedirectResponse(in_same_language(request, "/"), 303)

    return routes


def made(request: Request, record: CaseRecord, queue: Queue) -> Response:
    """The answer to a case that was made: its page, or 201 and its state."""
    if wants_page(request):
        return RedirectResponse(in_same_language(request, f"/cases/{record.id}"), 303)
    return JSONResponse(told(record, queue), 201, {"Location": f"/api/cases/{record.id}"})


def _changed(request: Request, record: CaseRecord, queue: Queue) -> Response:
    if wants_page(request):
        return RedirectResponse(in_same_language(request, f"/cases/{record.id}"), 303)
    return JSONResponse(told(record, queue))

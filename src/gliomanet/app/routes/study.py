"""`/api/study/cases`: cases of the study, chosen by centre and id."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gliomanet.app.queue.line import Queue
from gliomanet.app.routes.cases import made
from gliomanet.app.store.cases import Store
from gliomanet.app.store.record import Asked
from gliomanet.app.study_cases import StudyCase, StudyCases
from gliomanet.errors import CaseError, Problem
from gliomanet.modalities import MODALITIES


def router(store: Store, queue: Queue, known: StudyCases | None) -> APIRouter:
    """The routes; without a study they say that there is none."""
    routes = APIRouter()

    @routes.get("/api/study/cases")
    def every() -> list[dict[str, Any]]:
        return [] if known is None else [_told(one) for one in known.list()]

    @routes.post("/api/study/cases/{center}/{case}")
    def choose(request: Request, center: str, case: str) -> Response:
        if known is None:
            action = "start the server with --study"
            raise CaseError(Problem("the server shows no study's cases", action, rule="unknown_study_case"))
        chosen = known.get(center, case)
        queue.check_room()
        case_id, _ = store.begin()
        try:
            record = queue.add(case_id, _asked(chosen))
        finally:
            store.discard(case_id)
        return made(request, record, queue)

    return routes


def _told(one: StudyCase) -> dict[str, Any]:
    return {
        "center": one.center,
        "case": one.case_id,
        "modalities": [name for name in MODALITIES if name in one.images],
        "mask": "tumour_mask" in one.images,
        "age": one.age,
        "sex": one.sex,
    }


def _asked(one: StudyCase) -> Asked:
    """The case with its centre and id, so that it gets the numbers that the study's pipeline gave it."""
    label = f"{one.center} {one.case_id}"[:80]
    told = {"age": one.age, "sex": one.sex, "mask_codes": one.mask_codes}
    return Asked(label=label, source="study", center=one.center, case_id=one.case_id, **told)

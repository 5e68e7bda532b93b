"""The app: its parts put together behind the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gliomanet.app.answers import refusal_answer
from gliomanet.app.pages.frame import frame, wants_page
from gliomanet.app.pages.problem import problem_page, told
from gliomanet.app.pages.review import router as review
from gliomanet.app.queue.line import Queue
from gliomanet.app.routes.cases import router as cases
from gliomanet.app.routes.pages import router as pages
from gliomanet.app.routes.report import router as reports
from gliomanet.app.routes.results import Done
from gliomanet.app.routes.results import router as results
from gliomanet.app.routes.study import router as study
from gliomanet.app.security.gate import Gate
from gliomanet.app.security.token import Doorkeeper
from gliomanet.app.settings import AppSettings
from gliomanet.app.start import STATIC, check_disk, checked
from gliomanet.app.store.cases import Store, UnknownCaseError
from gliomanet.app.study_cases import StudyCases
from gliomanet.app.viewer.routes import router as viewer
from gliomanet.app.viewer.slices import forget
from gliomanet.errors import Problem, ProblemError
from gliomanet.files.storage import StorageError

SILENT: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""Nothing of FastAPI's own telemetry: it would log the words of errors, and send to where a variable says."""


def create_app(settings: AppSettings) -> FastAPI:
    """The app of one server; it holds the store until its lifespan is over.

    Raises:
        ProblemError: the store is in use or spoilt, or empty on a full disk.
        ModelError: the bundle cannot be used.
        CaseError: the study has no case table, or is not the bundle's.
        CohortError: the study's record is missing, or of another version.
    """
    bundle = checked(settings.bundle)
    known = None if settings.study is None else StudyCases(settings.study, bundle.description.study)
    store = Store(settings.store, settings.limits.cases, settings.limits.store_bytes)
    check_disk(store)
    queue = Queue(settings, store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store.audit.tell("started", bundle=bundle.digest)
        queue.start()
        yield
        queue.end()
        store.close()

    app = FastAPI(
        title="gliomanet", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan, telemetry=SILENT
    )
    app.state.queue, app.state.store = queue, store
    app.include_router(pages(settings, store, queue, known, bundle.description))
    app.include_router(cases(store, queue))
    app.include_router(study(store, queue, known))
    app.include_router(results(store))
    app.include_router(reports(settings, store))
    app.include_router(viewer(Done(store)))
    store.on_delete.append(forget)
    app.include_router(review(settings.store, frame))
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    app.add_exception_handler(FileNotFoundError, partial(_gone, store))
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(StorageError, _no_storage)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    doorkeeper = Doorkeeper(settings.token, lambda: store.audit.tell("signed_in")) if settings.token else None
    limits = settings.limits
    app.add_middleware(
        Gate,
        hosts=settings.hosts,
        doorkeeper=doorkeeper,
        stall_seconds=limits.stall_seconds,
        at_once=limits.connections,
        uploads="/api/cases",
    )
    return app


async def _gone(store: Store, request: Request, error: Exception) -> Response:
    """A case that was deleted while it was read is not there; any other missing file is a failure of the server."""
    if "case_id" not in request.path_params:
        raise error
    try:
        store.state(request.path_params["case_id"])
    except UnknownCaseError as unknown:
        return told(request, 404, unknown.problem)
    raise error


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    answer = refusal_answer(error)
    return problem_page(request, answer.status_code, error.problem) if wants_page(request) else answer


async def _no_storage(request: Request, error: Exception) -> Response:
    assert isinstance(error, StorageError)
    return told(request, 507, error.problem)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = error.detail
    if isinstance(said, dict) and "rule" in said:  # a part of the app said it in full
        problem = Problem(said.get("found", ""), said.get("action", ""), rule=said["rule"])
        return told(request, error.status_code, problem, error.headers)
    found, rule = {
        404: ("there is nothing at this address", "not_found"),
        405: ("this address does not take such a request", "method_not_allowed"),
    }.get(error.status_code, ("the request cannot be read", "bad_request"))
    problem = Problem(found, "go to the list of cases", rule=rule)
    return told(request, error.status_code, problem, error.headers)


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = sorted({str(one["loc"][-1]) for one in error.errors()})
    found = f"values that are not allowed: {', '.join(fields)}"
    return told(request, 422, Problem(found, "correct them and send the request again", rule="malformed_request"))

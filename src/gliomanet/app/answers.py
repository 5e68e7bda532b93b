"""Answers that are problems: `{rule, found, action}`, the same from every part of the app."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from gliomanet.app.intake.limits import TooLargeError
from gliomanet.app.store.record import Told
from gliomanet.errors import Problem, ProblemError

STATUS = {
    "unknown_case": 404,
    "unknown_study_case": 404,
    "no_such_picture": 404,
    "unknown_volume": 404,
    "old_volume": 404,
    "no_report": 404,
    "no_pdf": 404,
    "no_result_yet": 409,
    "not_cancellable": 409,
    "not_retriable": 409,
    "upload_gone": 409,
    "process_stays": 503,
    "case_in_use": 503,
    "report_at_work": 409,
    "too_slow": 408,
    "queue_full": 429,
    "store_full": 507,
}
"""Rule of a problem → status of the answer; 422 for any other."""

RETRY_SECONDS = 60
"""Seconds that a client is told to wait where the queue is full."""


def problem_answer(status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as JSON."""
    return JSONResponse(Told.of(problem).model_dump(mode="json"), status, headers)


def refusal_answer(error: ProblemError) -> JSONResponse:
    """A problem as JSON with the status of its rule."""
    status = 413 if isinstance(error, TooLargeError) else STATUS.get(error.problem.rule, 422)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in (429, 503) else None
    return problem_answer(status, error.problem, headers)

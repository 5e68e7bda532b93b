"""Answers that are problems: `{rule, found, action}`, the same from every part of the app."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from gliomanet.app.store.record import Told
from gliomanet.errors import Problem


def problem_answer(status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as JSON."""
    return JSONResponse(Told.of(problem).model_dump(mode="json"), status, headers)

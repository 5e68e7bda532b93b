"""`/api/cases/{id}/report`: the case report to download, and to have phrased by the language model."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Literal

from fastapi import APIRouter
from starlette.responses import FileResponse, RedirectResponse, Response

from gliomanet.app.reports import FOLDER, KINDS, report_file
from gliomanet.app.routes.results import result_of
from gliomanet.app.settings import AppSettings
from gliomanet.app.store.cases import Store
from gliomanet.app.words import Language
from gliomanet.case_report.make import make_report
from gliomanet.case_report.template.write import write_template
from gliomanet.case_report.write import write
from gliomanet.errors import CaseError, Problem

_TYPES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


class _OneAtATime:
    """A place for one: a language model takes minutes, and each that waits holds one of the server's few threads."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            found = "another report is being written"
            raise CaseError(Problem(found, "try again in a few minutes", rule="report_at_work"))

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def router(settings: AppSettings, store: Store) -> APIRouter:
    """The routes."""
    routes, at_work, placing = APIRouter(), _OneAtATime(), Lock()

    @routes.get("/api/cases/{case_id}/report.{kind}")
    def download(case_id: str, kind: Literal["html", "pdf"], lang: Language = "en") -> Response:
        result_of(store, case_id)
        path = report_file(store.folder(case_id), lang, kind)
        if not path.is_file():
            action = "the lines of its progress say why; look at the other views"
            raise CaseError(Problem("the case has no such report", action, rule="no_report"))
        return FileResponse(path, media_type=_TYPES[kind], filename=path.name)

    @routes.post("/api/cases/{case_id}/report")
    def phrase(case_id: str, by: Literal["template", "model"] = "template", lang: Language = "en") -> Response:
        if by == "model" and settings.endpoint is None:
            action = "start the server with --endpoint and --endpoint-model"
            raise CaseError(Problem("the server has no language model", action, rule="no_endpoint"))
        writer = partial(write, endpoint=settings.endpoint) if by == "model" else write_template
        alone = at_work if by == "model" else nullcontext()
        with alone, TemporaryDirectory(dir=store.root / "incoming") as beside:
            made = make_report(result_of(store, case_id), lang, out=Path(beside), writer=writer)
            # It may have been deleted meanwhile; two reports that are done at once are not mixed.
            with store.lent(case_id) as folder, placing:
                for kind in KINDS:
                    report_file(folder, lang, kind).unlink(missing_ok=True)
                (folder / FOLDER).mkdir(exist_ok=True)
                for file in made.files:
                    file.replace(folder / FOLDER / file.name)
        return RedirectResponse(f"/cases/{case_id}?view=report&lang={lang}", 303)

    return routes

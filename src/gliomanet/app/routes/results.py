"""Files of a case's result: its pictures, and its page and report to download."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from gliomanet.app.store.cases import Store
from gliomanet.errors import CaseError, Problem
from gliomanet.patient.page.write import PDF

_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.png")


def router(store: Store) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/cases/{case_id}/pictures/{name}")
    def picture(case_id: str, name: str) -> Response:
        path = result_of(store, case_id) / "pictures" / name
        if not _PICTURE.fullmatch(name) or not path.is_file():
            raise CaseError(Problem("there is no such picture", "open the case's page", rule="no_such_picture"))
        return FileResponse(path, media_type="image/png")

    @routes.get("/api/cases/{case_id}/result.json")
    def values(case_id: str) -> Response:
        return FileResponse(
            result_of(store, case_id) / "result.json", media_type="application/json", filename="result.json"
        )

    @routes.get("/api/cases/{case_id}/result.pdf")
    def pdf(case_id: str) -> Response:
        path = result_of(store, case_id) / PDF
        if not path.is_file():
            found, action = "the result has no PDF", "look at its page; this server lacks the library that sets PDFs"
            raise CaseError(Problem(found, action, rule="no_pdf"))
        return FileResponse(path, media_type="application/pdf", filename="result.pdf")

    return routes


@dataclass(frozen=True)
class Done:
    """The folders of the cases that are done, as the viewer asks for them: of no other is there anything to see."""

    store: Store

    def folder(self, case_id: str) -> Path:
        """Folder of a case.

        Raises:
            UnknownCaseError: there is no such case.
            CaseError: it has no result.
        """
        return result_of(self.store, case_id).parent

    def lent(self, case_id: str) -> AbstractContextManager[Path]:
        """The same to write to, see `Store.lent`."""
        self.folder(case_id)
        return self.store.lent(case_id)


def result_of(store: Store, case_id: str) -> Path:
    """Folder of a case's result.

    Raises:
        UnknownCaseError: there is no such case.
        CaseError: it has no result.
    """
    if store.state(case_id).state != "done":
        raise CaseError(Problem("the case has no result yet", "wait until it is done", rule="no_result_yet"))
    return store.folder(case_id) / "result"

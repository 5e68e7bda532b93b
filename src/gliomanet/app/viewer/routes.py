"""The viewer's addresses: manifest, display copies, values, slices and projections; every parameter is checked."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse

from gliomanet.app.viewer.display_copies import Info, copy_path, info_of
from gliomanet.app.viewer.manifest import BLIND, TITLES, manifest_of
from gliomanet.app.viewer.slices import AXES, Drawn, Look, Plane, draw, value_at
from gliomanet.app.viewer.sources import Source, UnknownVolumeError, sources_of
from gliomanet.app.words import Language, app_words
from gliomanet.errors import Problem, ProblemError

_Depends = Depends()
_PRIVATE = {"Cache-Control": "no-store"}
_MOST_OVERLAYS = 8


class Folders(Protocol):
    """A store as the viewer needs it."""

    def folder(self, case_id: str) -> Path:
        """Folder of a case that is done."""

    def lent(self, case_id: str) -> AbstractContextManager[Path]:
        """The same to write to: it is not deleted meanwhile."""


@dataclass(frozen=True)
class _Volumes:
    """The volumes that may be asked for: all of a case, or, blind, its images alone."""

    store: Folders
    blind: bool

    def of(self, case_id: str) -> dict[str, Source]:
        every = sources_of(self.store.folder(case_id))
        return {name: one for name, one in every.items() if one.kind == "image" or not self.blind}

    def copy(self, case_id: str, name: str) -> tuple[Source, Info]:
        source = self.of(case_id).get(name)
        if source is None:
            raise UnknownVolumeError
        with self.store.lent(case_id) as folder:
            return source, info_of(source, folder)


class Pictured:
    """Settings of a picture, from its address."""

    def __init__(
        self,
        low: Annotated[float, Query(description="Value shown black.")],
        high: Annotated[float, Query(description="Value shown white.")],
        invert: bool = False,
        opacity: Annotated[int, Query(ge=0, le=100)] = 40,
        outline: bool = False,
        overlays: Annotated[str, Query(max_length=400, pattern=r"^[a-z0-9,-]*$")] = "",
        size: Annotated[int, Query(ge=64, le=1024)] = 512,
    ) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise _refused("window", "a window's low is not below its high")
        self.overlays = [one for one in overlays.split(",") if one]
        if len(self.overlays) > _MOST_OVERLAYS:
            raise _refused("overlays", f"more than {_MOST_OVERLAYS} overlays")
        self.low, self.high, self.invert, self.size = low, high, invert, size
        self.opacity, self.outline = opacity / 100, outline

    def look(self, *, marks: bool = False, notice: str = "") -> Look:
        """The settings for a drawing."""
        return Look(self.low, self.high, self.invert, self.opacity, self.outline, self.size, marks, notice)


def router(store: Folders) -> APIRouter:
    """The routes of the viewer.

    Args:
        store: where cases lie; its errors go on to the app.
    """
    routes = APIRouter(tags=["viewer"])

    @routes.get("/api/cases/{case_id}/viewer.json")
    def manifest(case_id: str, response: Response, lang: Language = "en", blind: bool = False) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        return manifest_of(store.folder(case_id), case_id, lang, blind=blind)

    routes.include_router(_images(store, blind=False), prefix="/api/cases/{case_id}")
    routes.include_router(_images(store, blind=True), prefix="/api/cases/{case_id}" + BLIND)
    return routes


def _images(store: Folders, *, blind: bool) -> APIRouter:
    """The routes of images; the blind ones know the images alone, and of overlays nothing."""
    routes = APIRouter()
    volumes = _Volumes(store, blind)

    @routes.get("/volumes/{name}.json")
    def info(case_id: str, name: str, response: Response) -> dict[str, Any]:
        response.headers.update(_PRIVATE)
        return volumes.copy(case_id, name)[1].model_dump(mode="json")

    @routes.get("/volumes/{name}.nii.gz")
    def volume(case_id: str, name: str, v: Annotated[str, Query(pattern=r"^[0-9a-f]{16}$")]) -> FileResponse:
        source, found = volumes.copy(case_id, name)
        if v != found.digest:
            raise _refused("old_volume", "the volume was made anew")
        path = copy_path(source, store.folder(case_id))
        return FileResponse(path, media_type="application/octet-stream", headers=_PRIVATE)

    @routes.get("/values")
    def values(
        case_id: str,
        space: Annotated[str, Query(max_length=40)],
        at: Annotated[str, Query(pattern=r"^-?\d{1,4}(\.\d{1,4})?(,-?\d{1,4}(\.\d{1,4})?){2}$")],
        response: Response,
    ) -> dict[str, Any]:
        """Values of the images of a space at a place in RAS mm."""
        response.headers.update(_PRIVATE)
        said = {}
        x, y, z = (float(one) for one in at.split(","))
        for name, source in volumes.of(case_id).items():
            if source.space == space and source.kind == "image":
                one, case = volumes.copy(case_id, name)[1], store.folder(case_id)
                voxel = [sum(row[k] * (x, y, z, 1.0)[k] for k in range(4)) for row in one.inverse[:3]]
                i, j, k = (round(place) for place in voxel)
                said[source.subject] = value_at(one, copy_path(source, case), (i, j, k))
        return said

    @routes.get("/slices/{name}/{plane}/{index}.png")
    def slice_png(case_id: str, name: str, plane: Plane, index: int, shown: Annotated[Pictured, _Depends]) -> Response:
        return _png(volumes, case_id, name, plane, index, shown, shown.look())

    @routes.get("/projections/{name}/{plane}.png")
    def projection(case_id: str, name: str, plane: Plane, shown: Annotated[Pictured, _Depends]) -> Response:
        return _png(volumes, case_id, name, plane, None, shown, shown.look())

    @routes.get("/pictures/{name}/{plane}/{index}.png")
    def saved(
        case_id: str, name: str, plane: Plane, index: int, shown: Annotated[Pictured, _Depends], lang: Language = "en"
    ) -> Response:
        """A slice to keep, with letters, ruler, and a line that says what it is."""
        source = volumes.of(case_id).get(name)
        title = TITLES.get(source.subject, "") if source else ""
        notice = app_words(lang, "viewer")("saved", modality=title, low=f"{shown.low:.3g}", high=f"{shown.high:.3g}")
        answer = _png(volumes, case_id, name, plane, index, shown, shown.look(marks=True, notice=notice))
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{plane}-{index + 1}.png"'
        return answer

    return routes


def _png(
    volumes: _Volumes, case_id: str, name: str, plane: Plane, index: int | None, shown: Pictured, look: Look
) -> Response:
    source, found = volumes.copy(case_id, name)
    case = volumes.store.folder(case_id)
    if source.kind != "image":
        raise _refused("not_an_image", f"{name} is an overlay; name an image")
    if index is not None and not 0 <= index < found.shape[AXES[plane]]:
        allowed = found.shape[AXES[plane]] - 1
        raise _refused("slice", f"slice {index} is not between 0 and {allowed}")
    drawn = []
    for one in shown.overlays:
        of = f"{source.space}-parts" if one in ("enhancing", "core", "oedema", "whole") else one
        of = f"{source.space}-brain" if one == "brain" else of
        overlay, its = volumes.copy(case_id, of)
        if overlay.space != source.space or overlay.kind == "image":
            raise _refused("overlay", f"{one} is no overlay of {source.space}")
        drawn.append(Drawn(one, its.kind, its.digest, copy_path(overlay, case)))
    content = draw(found.model_dump_json(), copy_path(source, case), plane, index, tuple(drawn), look)
    return Response(content, media_type="image/png", headers=_PRIVATE)


def _refused(rule: str, found: str) -> ProblemError:
    return ProblemError(Problem(found, "load the page again", rule=rule))

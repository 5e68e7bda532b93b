"""The names of a phantom centre's cases. Light on purpose: the workflow reads it before any job."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gliomanet.config.sources import PhantomSource


def case_ids(center_id: str, source: PhantomSource) -> list[str]:
    """The ids of a centre's cases, in order, counted from 1: `<center>-001` and so on."""
    return [case_id(center_id, index) for index in range(1, source.cases + 1)]


def case_id(center_id: str, index: int) -> str:
    """The id of the case with this index (from 1)."""
    return f"{center_id}-{index:03d}"

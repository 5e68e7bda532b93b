"""Warnings and notes that readers of tables leave, heard by whoever reads a source or audits a study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gliomanet.cohort.findings import Finding, Severity
from gliomanet.errors import Problem

_HEARD: ContextVar[list[Finding] | None] = ContextVar("heard", default=None)


def remark(problem: Problem, severity: Severity) -> None:
    """Leave a finding for the innermost `heard_remarks`, once; without one it is dropped.

    A table is read in many places, each of which wants rows alone. So a reader says what a person should look at here,
    as Python's `warnings` do, and those who report findings listen.
    """
    repeat([Finding.of(problem, severity)])


def repeat(findings: Iterable[Finding]) -> None:
    """Leave findings that were heard before, such as those of a table that is kept in memory."""
    heard = _HEARD.get()
    if heard is not None:
        heard.extend(finding for finding in dict.fromkeys(findings) if finding not in heard)


@contextmanager
def heard_remarks() -> Iterator[list[Finding]]:
    """The remarks of what is read inside the block, in a list that fills."""
    heard: list[Finding] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)

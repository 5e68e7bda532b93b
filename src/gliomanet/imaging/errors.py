"""What can end a case, and what can end a study."""

from __future__ import annotations


class CaseError(ValueError):
    """A defect of one case's own files: the case is listed as failed with this message, and the others go on."""


class StudyStopError(RuntimeError):
    """The study's own policy forbids going on: a refused missing contrast, or too few cases left at a centre."""

"""Checks of a language model's draft: every check is asked, and a draft with any finding is refused."""

from gliomanet.case_report.validate.draft import originals_of, validate
from gliomanet.case_report.validate.finding import Draft, DraftSentence, Finding

__all__ = ["Draft", "DraftSentence", "Finding", "originals_of", "validate"]

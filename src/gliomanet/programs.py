"""Programs that a study wants and this machine lacks, found before any job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gliomanet.findings import Finding

if TYPE_CHECKING:
    from gliomanet.study import Study

BRAIN_PROGRAMS = ("hd-bet", "synthstrip")


def missing_programs(study: Study) -> list[Finding]:
    """An error for each centre whose brain extraction asks for a program that is not there."""
    wanted = {name: study.preprocessing_of(name).brain_extraction for name in study.centers}
    if not set(wanted.values()) & set(BRAIN_PROGRAMS):
        return []
    from gliomanet.imaging.brain_programs import missing_program  # seconds to import, and few studies need it

    reasons = {center: missing_program(how) for center, how in wanted.items() if how in BRAIN_PROGRAMS}
    return [Finding("error", "program_missing", center, "", "", *_parts(why)) for center, why in reasons.items() if why]


def _parts(sentence: str) -> tuple[str, str]:
    found, _, action = sentence.partition("; ")
    return found, action
